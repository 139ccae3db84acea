//! Globally unique identifiers, as formats, categories and events are named.

use std::fmt;

/// 128 bits, written as `fb607b1f-43f3-488b-855b-fb703ec342a6`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(pub u128);

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |from: u32, bits: u32| (self.0 >> from) & ((1 << bits) - 1);
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            part(96, 32),
            part(80, 16),
            part(64, 16),
            part(48, 16),
            part(0, 48)
        )
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_written_in_five_groups() {
        let flatbed = Guid(0xfb607b1f_43f3_488b_855b_fb703ec342a6);
        assert_eq!(flatbed.to_string(), "fb607b1f-43f3-488b-855b-fb703ec342a6");
    }
}
