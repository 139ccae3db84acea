//! Where the bytes of a page lie in its file, when its stream was moved or cut.

use std::collections::BTreeMap;

/// Where some bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// They lie in the file at this offset.
    Stored(u64),
    /// They are in the compressed payload at this offset and of this length, after that many others.
    Packed {
        /// Offset of the payload in the file.
        payload_at: u64,
        /// Length of the payload.
        payload_len: u32,
        /// Bytes before them in the unpacked piece.
        skip: u32,
    },
    /// They are all this one.
    Filled(u8),
}

impl Place {
    fn after(self, bytes: u64) -> Place {
        match self {
            Place::Stored(at) => Place::Stored(at + bytes),
            Place::Packed { payload_at, payload_len, skip } => {
                Place::Packed { payload_at, payload_len, skip: skip + bytes as u32 }
            }
            Place::Filled(byte) => Place::Filled(byte),
        }
    }
}

/// A run of bytes of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) length: u64,
    pub(super) place: Place,
}

/// The bytes of a page in order, without gaps or overlaps.
#[derive(Clone, Debug, Default)]
pub(super) struct Extents {
    runs: BTreeMap<u64, Extent>,
    length: u64,
}

impl Extents {
    /// Bytes somewhere; they win over what was there. A gap before them becomes zeros.
    pub(super) fn write(&mut self, offset: u64, length: u64, place: Place) {
        if length == 0 {
            return;
        }
        if offset > self.length {
            self.set_len(offset);
        }
        let end = offset + length;
        self.split_at(offset);
        self.split_at(end);
        let covered: Vec<u64> = self.runs.range(offset..end).map(|(start, _)| *start).collect();
        for start in covered {
            self.runs.remove(&start);
        }
        self.runs.insert(offset, Extent { length, place });
        self.length = self.length.max(end);
    }

    /// Cuts the page, or extends it with zeros.
    pub(super) fn set_len(&mut self, length: u64) {
        if length > self.length {
            self.runs.insert(self.length, Extent { length: length - self.length, place: Place::Filled(0) });
        } else {
            self.split_at(length);
            self.runs.split_off(&length);
        }
        self.length = length;
    }

    /// The run that holds this byte, from that byte on.
    pub(super) fn from(&self, offset: u64) -> Option<Extent> {
        let (start, run) = self.runs.range(..=offset).next_back()?;
        let into = offset - start;
        (into < run.length).then(|| Extent { length: run.length - into, place: run.place.after(into) })
    }

    fn split_at(&mut self, offset: u64) {
        let Some((&start, run)) = self.runs.range_mut(..offset).next_back() else { return };
        let into = offset - start;
        if into < run.length {
            let rest = Extent { length: run.length - into, place: run.place.after(into) };
            run.length = into;
            self.runs.insert(offset, rest);
        }
    }
}
