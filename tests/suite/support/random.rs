//! Numbers that look random and can be had again.

/// A small generator, seeded, so that every failure can be repeated.
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// For seeds that may be small and close to each other.
    pub(crate) fn seeded(seed: u64) -> Random {
        let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The one number that this kind of generator never leaves.
        Random((mixed ^ (mixed >> 31)).max(1))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

/// A number from the environment, by which a script makes a test longer or has a failure again; or this one.
pub(crate) fn number(name: &str, usual: u64) -> u64 {
    let number = std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(usual);
    println!("{name}={number}");
    number
}
