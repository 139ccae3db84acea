//! Replaying a page file: what its chunks make of the page, and what is lost where one of them is damaged.
//!
//! Behind a damaged chunk everything that is whole is regained. Version 2 says of all bytes where they belong. In
//! version 1 a damaged chunk is taken to be as long as its header says; where that cannot be true, and the page has rows,
//! nobody knows how many are missing, and the page ends there.

use std::io;
use std::ops::Range;

use super::PageEnd;
use super::content::{Content, unpacked_length};
use super::extents::{Extents, Place};
use super::frame::{CHUNK_HEADER, Chunk, ChunkKind, ChunkWalk, Gap, Next, SEARCHED_AT_MOST};
use super::writer::{MAX_CHUNKS, MAX_PAGE_BYTES};

/// Gaps between chunks that are passed over in one page; it ends at the next one.
const MAX_GAPS: usize = 4096;
/// Bytes in a chunk of version 2 that say where the others belong.
const PLACE: u64 = 8;

/// What takes the place of lost bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instead {
    /// What the disk gives: most bytes of a damaged chunk are right, and decoders of a device's pictures find their way
    /// again.
    Themselves,
    /// This byte.
    Filled(u8),
}

/// What replaying found.
#[derive(Debug)]
pub(super) struct Replay {
    instead: Instead,
    /// Bytes of the page.
    pub(super) length: u64,
    pub(super) end: Option<PageEnd>,
    /// Whether bytes behind the last whole chunk were left out.
    pub(super) torn: bool,
    /// Whether the bytes do not simply lie one after the other in whole chunks.
    pub(super) scattered: bool,
    /// Whether there was a gap between whole chunks.
    pub(super) has_gaps: bool,
    /// Runs of the page's bytes that are lost.
    pub(super) lost: Vec<Range<u64>>,
    /// Where all bytes lie, when that is wanted.
    pub(super) extents: Option<Extents>,
    /// A gap of which is not known yet what is missing in it.
    open_gap: Option<Gap>,
    /// Whole chunks after the head.
    chunks: u32,
}

impl Replay {
    /// Before the first chunk behind the head.
    pub(super) fn new(instead: Instead) -> Replay {
        Replay {
            instead,
            length: 0,
            end: None,
            torn: false,
            scattered: false,
            has_gaps: false,
            lost: Vec::new(),
            extents: None,
            open_gap: None,
            chunks: 0,
        }
    }

    /// The same, which notes where all bytes lie.
    pub(super) fn with_extents(instead: Instead) -> Replay {
        Replay { extents: Some(Extents::default()), ..Replay::new(instead) }
    }

    /// Replays to the page's end, to this place of the file, or to where nothing more can be had.
    pub(super) fn run(&mut self, walk: &mut ChunkWalk, until: u64) -> io::Result<()> {
        let (mut searchable, mut gaps) = (SEARCHED_AT_MOST, 0);
        while self.end.is_none() && self.chunks < MAX_CHUNKS && walk.position() < until {
            let before = walk.position();
            let went_on = match walk.next()? {
                Next::End => return Ok(()),
                Next::Chunk(chunk) => {
                    self.chunks += 1;
                    self.apply(&chunk)
                }
                Next::Bad if gaps == MAX_GAPS => None,
                Next::Bad => {
                    gaps += 1;
                    let places_bytes = walk.places_bytes();
                    walk.pass_gap(&mut searchable)?.and_then(|gap| self.pass(gap, places_bytes))
                }
            };
            if went_on.is_none() {
                walk.jump(before);
                self.torn = true;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Passes over a gap. `None`: nobody knows how much is missing.
    fn pass(&mut self, gap: Gap, places_bytes: bool) -> Option<()> {
        if places_bytes {
            self.open_gap = Some(gap);
        } else {
            let missing = match (gap.said, self.instead) {
                (Some((ChunkKind::Append, _)), _) | (None, Instead::Themselves) => {
                    (gap.to - gap.from).saturating_sub(CHUNK_HEADER as u64)
                }
                (Some((ChunkKind::AppendPacked, begin)), _) => u64::from(unpacked_length(&begin)?),
                // What was to be put elsewhere is as it was, and what was to be cut is there.
                (Some((ChunkKind::Patch | ChunkKind::SetLen, _)), _) => 0,
                _ => return None,
            };
            self.lose(self.length.checked_add(missing)?, Some(gap.from + CHUNK_HEADER as u64..gap.to))?;
        }
        (self.has_gaps, self.scattered) = (true, true);
        Some(())
    }

    /// `None` for a chunk that is whole and impossible.
    fn apply(&mut self, chunk: &Chunk<'_>) -> Option<()> {
        let content = Content::of(chunk.kind, chunk.payload)?;
        self.close_gap(&content)?;
        // Whatever else is in a payload comes before the bytes.
        let stored = |bytes: &[u8]| chunk.payload_at + (chunk.payload.len() - bytes.len()) as u64;
        match content {
            Content::Head => None,
            Content::Append { bytes, .. } => self.put(self.length, bytes.len() as u64, Place::Stored(stored(bytes))),
            Content::Packed { length, packed, .. } => {
                let payload_len = packed.len() as u32;
                let place = Place::Packed { payload_at: stored(packed), payload_len, skip: 0 };
                self.put(self.length, u64::from(length), place)
            }
            Content::Patch { at, bytes } => {
                self.scattered = true;
                self.put(at, bytes.len() as u64, Place::Stored(stored(bytes)))
            }
            Content::SetLen(length) => {
                self.scattered = true;
                self.set_len(length)
            }
            Content::End { end, .. } => {
                self.end = Some(end);
                Some(())
            }
        }
    }

    /// Finds out from the chunk behind a gap what is missing in it. `None` for a chunk that belongs elsewhere though
    /// nothing is missing before it.
    fn close_gap(&mut self, next: &Content<'_>) -> Option<()> {
        let length = match *next {
            Content::Append { at: Some(at), .. } | Content::Packed { at: Some(at), .. } => at,
            Content::End { length: Some(length), .. } => length,
            Content::SetLen(length) if self.open_gap.is_some() => length,
            // Bytes that are put elsewhere tell how long the page was only if they would lie behind its end.
            Content::Patch { at, .. } if self.has_gaps && at > self.length => at,
            _ => return Some(()),
        };
        if length == self.length {
            self.open_gap = None;
            return Some(());
        }
        if !self.has_gaps || self.lost.len() > MAX_GAPS {
            return None;
        }
        if length < self.length {
            self.open_gap = None;
            return self.set_len(length);
        }
        let gap = self.open_gap.take();
        self.lose(length, gap.map(|gap| gap.from + CHUNK_HEADER as u64 + PLACE..gap.to))
    }

    /// What should come next up to this length of the page is lost; `stored` is where it was in the file.
    fn lose(&mut self, until: u64, stored: Option<Range<u64>>) -> Option<()> {
        let from = self.length;
        if from == until {
            return Some(());
        }
        self.lost.push(from..until);
        match (self.instead, stored) {
            (Instead::Filled(byte), _) => self.put(from, until - from, Place::Filled(byte)),
            (Instead::Themselves, Some(stored)) => {
                let there = stored.end.saturating_sub(stored.start).min(until - from);
                self.put(from, there, Place::Stored(stored.start))?;
                self.set_len(until)
            }
            (Instead::Themselves, None) => self.set_len(until),
        }
    }

    fn put(&mut self, at: u64, length: u64, place: Place) -> Option<()> {
        let end = at.checked_add(length).filter(|end| *end <= MAX_PAGE_BYTES)?;
        if let Some(extents) = &mut self.extents {
            extents.write(at, length, place);
        }
        self.length = self.length.max(end);
        Some(())
    }

    fn set_len(&mut self, length: u64) -> Option<()> {
        if length > MAX_PAGE_BYTES {
            return None;
        }
        if let Some(extents) = &mut self.extents {
            extents.set_len(length);
        }
        self.length = length;
        Some(())
    }
}
