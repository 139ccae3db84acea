//! What of the changes that were not synced a power cut leaves.
//!
//! Between the two ends, none of them and all of them, the disk has had its own mind: names survive in the order of
//! the changes or any of them, and of each file every sector has what was in it after some of the changes, each
//! its own number. That holds dropped writes, torn ones, and such that overtook others. Its length is
//! one that it once had; what never came are zeros.

use crate::support::random::Random;

use super::file::WrittenFile;

/// Sizes of what a disk writes at once: an old disk's sector, and a new one's or a page of memory.
const SECTORS: [usize; 2] = [512, 4096];

/// Whether names survive in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    /// None, or all.
    Each(bool),
    /// So many per mille of the changes, the first ones: a file system with a journal.
    First(u64),
    /// Any of them: one without.
    Any,
}

/// How a cut goes.
#[derive(Debug)]
pub(crate) struct Survival {
    random: Random,
    names: Names,
    /// `None`: all of a file's changes or none, as with the names.
    sector: Option<usize>,
}

impl Survival {
    /// Nothing that was not synced.
    pub(crate) fn of_nothing() -> Survival {
        Survival { random: Random::seeded(0), names: Names::Each(false), sector: None }
    }

    /// Everything, as when only the program was killed.
    pub(crate) fn of_everything() -> Survival {
        Survival { names: Names::Each(true), ..Survival::of_nothing() }
    }

    /// Something.
    pub(crate) fn at_random(seed: u64) -> Survival {
        let mut random = Random::seeded(seed);
        let names = match random.below(4) {
            0 => Names::Any,
            1 => Names::Each(false),
            2 => Names::Each(true),
            _ => Names::First(random.below(1001)),
        };
        let sector = Some(SECTORS[random.below(2) as usize]);
        Survival { random, names, sector }
    }

    /// Those of the changes of names that are there afterwards.
    pub(super) fn names<'a, T>(&mut self, changes: &'a [T]) -> Vec<&'a T> {
        let survives = |index: usize, random: &mut Random| match self.names {
            Names::Each(each) => each,
            Names::First(part) => (index as u64) < changes.len() as u64 * part / 1000,
            Names::Any => random.below(2) == 0,
        };
        (0..changes.len()).filter(|index| survives(*index, &mut self.random)).map(|index| &changes[index]).collect()
    }

    /// The bytes of a file afterwards.
    pub(super) fn bytes(&mut self, file: &WrittenFile) -> Vec<u8> {
        let changes = file.waiting.len();
        let Some(sector) = self.sector else {
            return if self.names == Names::Each(true) { file.now() } else { file.on_disk.clone() };
        };
        match self.random.below(5) {
            0 => file.on_disk.clone(),
            1 => file.now(),
            2 => file.after(self.random.below(changes as u64 + 1) as usize),
            _ => self.mixed(file, sector),
        }
    }

    fn mixed(&mut self, file: &WrittenFile, sector: usize) -> Vec<u8> {
        let changes = file.waiting.len() as u64;
        let length_after = self.random.below(changes + 1);
        let mut state = file.on_disk.clone();
        let mut mixed = state.clone();
        let mut length = state.len();
        // Of how many changes each sector knows; drawn when the first of them touches it.
        let mut knows: std::collections::BTreeMap<usize, u64> = std::collections::BTreeMap::new();
        for (index, change) in file.waiting.iter().enumerate() {
            let range = change.range(state.len());
            change.apply(&mut state);
            if mixed.len() < state.len() {
                mixed.resize(state.len(), 0);
            }
            for number in range.start / sector..range.end.div_ceil(sector) {
                let known = *knows.entry(number).or_insert_with(|| self.random.below(changes + 1));
                let place = number * sector..((number + 1) * sector).min(state.len());
                if (index as u64) < known && place.start < place.end {
                    mixed[place.clone()].copy_from_slice(&state[place]);
                }
            }
            if index as u64 + 1 == length_after {
                length = state.len();
            }
        }
        mixed.resize(length, 0);
        mixed
    }
}
