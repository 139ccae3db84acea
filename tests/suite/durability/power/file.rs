//! A file of the model: what of it is on the disk, and what was done to it since.

use std::collections::VecDeque;

/// A change that is not on the disk yet.
#[derive(Clone)]
pub(super) struct Change {
    serial: u64,
    what: What,
}

#[derive(Clone)]
enum What {
    Write { at: u64, data: Vec<u8> },
    Length(u64),
}

impl Change {
    pub(super) fn apply(&self, bytes: &mut Vec<u8>) {
        match &self.what {
            What::Write { at, data } => {
                let (from, to) = (*at as usize, *at as usize + data.len());
                if bytes.len() < to {
                    bytes.resize(to, 0);
                }
                bytes[from..to].copy_from_slice(data);
            }
            What::Length(length) => bytes.resize(*length as usize, 0),
        }
    }

    /// The bytes it touches, of a file that is this long before it.
    pub(super) fn range(&self, length: usize) -> std::ops::Range<usize> {
        match &self.what {
            What::Write { at, data } => *at as usize..*at as usize + data.len(),
            What::Length(to) => length.min(*to as usize)..length.max(*to as usize),
        }
    }
}

/// A file.
#[derive(Clone, Default)]
pub(super) struct WrittenFile {
    pub(super) on_disk: Vec<u8>,
    pub(super) waiting: Vec<Change>,
    serial: u64,
    syncs: VecDeque<u64>,
}

impl WrittenFile {
    pub(super) fn on_disk(bytes: Vec<u8>) -> WrittenFile {
        WrittenFile { on_disk: bytes, ..WrittenFile::default() }
    }

    pub(super) fn write(&mut self, offset: u64, data: &[u8]) {
        self.push(What::Write { at: offset, data: data.to_vec() });
    }

    pub(super) fn set_len(&mut self, length: u64) {
        self.push(What::Length(length));
    }

    fn push(&mut self, what: What) {
        self.serial += 1;
        self.waiting.push(Change { serial: self.serial, what });
    }

    pub(super) fn sync_begins(&mut self) {
        self.syncs.push_back(self.serial);
    }

    pub(super) fn sync_ends(&mut self, well: bool) {
        let Some(until) = self.syncs.pop_front().filter(|_| well) else { return };
        let behind = self.waiting.partition_point(|change| change.serial <= until);
        for change in self.waiting.drain(..behind) {
            change.apply(&mut self.on_disk);
        }
    }

    /// The bytes as programs see them.
    pub(super) fn now(&self) -> Vec<u8> {
        self.after(self.waiting.len())
    }

    /// The bytes on the disk with so many of the waiting changes made.
    pub(super) fn after(&self, changes: usize) -> Vec<u8> {
        let mut bytes = self.on_disk.clone();
        self.waiting.iter().take(changes).for_each(|change| change.apply(&mut bytes));
        bytes
    }
}
