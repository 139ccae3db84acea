//! Reading a page file: what is in it, and its bytes with bounded memory.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::content::{Content, unpack};
use super::extents::{Extent, Extents, Place};
use super::frame::{CHUNK_HEADER, ChunkKind, ChunkWalk, MAX_PIECE, Next};
use super::replay::{Instead, Replay};
use super::{PageFileError, PageHead};
use crate::document::regular_file;
use crate::minidriver::PageFormat;

/// How a page ended, as its driver and application saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageEnd {
    /// Whether all of it is there.
    pub complete: bool,
    /// Its rows, when the driver knew them.
    pub rows: Option<u32>,
}

/// Files up to this size are read once and kept in memory by [`PageFile::open_at_once`]: most JPEG pages.
const KEPT_IN_MEMORY: u64 = 8 << 20;
/// Bytes of the payloads that end a page, of version 1 and 2.
const END_PAYLOADS: [u64; 2] = [5, 13];

/// A page file that was replayed. Every checksum was looked at.
#[derive(Clone, Debug)]
pub struct PageFile {
    file: Arc<File>,
    /// The whole file.
    memory: Option<Arc<Vec<u8>>>,
    /// Where the last whole chunk ends.
    good_until: u64,
    head: PageHead,
    end: Option<PageEnd>,
    /// Whether bytes after the last whole chunk were left out.
    torn: bool,
    /// Whether something before the page's end is lost.
    damaged: bool,
    lost: Arc<[Range<u64>]>,
    /// Where the first chunk behind the head begins, and what checksums begin with from there on.
    first: (u64, u32),
    mark: u32,
    length: u64,
    /// Where the bytes lie, if not simply one after the other.
    extents: Option<Arc<Extents>>,
}

impl PageFile {
    /// Opens and replays a file. One that another thread is writing gives what is there now.
    ///
    /// # Errors
    /// [`PageFileError`] when nothing can be said of the page; damage behind its head only ends it early.
    pub fn open(path: &Path) -> Result<PageFile, PageFileError> {
        PageFile::replayed(Arc::new(regular_file(path)?), None)
    }

    /// The same for a page whose bytes are wanted now: a file that is not large is read only once, and
    /// kept in memory for as long as this value.
    ///
    /// # Errors
    /// As [`PageFile::open`].
    pub fn open_at_once(path: &Path) -> Result<PageFile, PageFileError> {
        let file = Arc::new(regular_file(path)?);
        let length = file.metadata()?.len();
        if length > KEPT_IN_MEMORY {
            return PageFile::replayed(file, None);
        }
        let mut bytes = Vec::with_capacity(length as usize);
        (&*file).take(KEPT_IN_MEMORY).read_to_end(&mut bytes)?;
        PageFile::replayed(file, Some(Arc::new(bytes)))
    }

    fn replayed(file: Arc<File>, memory: Option<Arc<Vec<u8>>>) -> Result<PageFile, PageFileError> {
        let mut walk = match &memory {
            Some(bytes) => ChunkWalk::in_memory(bytes.clone(), 0)?,
            None => ChunkWalk::from_start(file.clone())?,
        };
        let (head, mark) = head_at(&mut walk)?;
        let first = (walk.position(), walk.salt());
        let instead = match head.info.format {
            PageFormat::Rows(rows) => Instead::Filled(rows.format.white()),
            _ => Instead::Themselves,
        };
        let mut replay = Replay::new(instead);
        replay.run(&mut walk, u64::MAX)?;
        let (torn, good_until) = (replay.torn, walk.position());
        if replay.scattered {
            walk.jump(first.0);
            replay = Replay::with_extents(instead);
            replay.run(&mut walk, good_until)?;
        }
        let Replay { end, length, has_gaps, lost, extents, .. } = replay;
        let damaged = has_gaps || end.is_none() && torn && ends_with_an_end(&file, first.1);
        let (lost, extents) = (lost.into(), extents.map(Arc::new));
        Ok(PageFile { file, memory, good_until, head, end, torn, damaged, lost, first, mark, length, extents })
    }

    /// What the page is.
    pub fn head(&self) -> &PageHead {
        &self.head
    }

    /// How the page ended; `None` when its end was never written: a crash, or it is still arriving.
    pub fn end(&self) -> Option<PageEnd> {
        self.end
    }

    /// Whether the page ended well and nothing of it is damaged.
    pub fn is_complete(&self) -> bool {
        self.end.is_some_and(|end| end.complete) && !self.damaged
    }

    /// Whether bytes after the last whole chunk were left out.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Whether something before the page's end is damaged, as far as the file alone can tell: there are whole chunks behind
    /// it, or it ends as a page does that was written to its end.
    pub fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// Runs of the page's bytes that are lost, from the start. Of rows they are white, and of anything else what the disk
    /// gives in their place.
    pub fn lost(&self) -> &[Range<u64>] {
        &self.lost
    }

    /// A number that the file of no other page has, but for chance: the checksum of its head.
    pub fn mark(&self) -> u32 {
        self.mark
    }

    /// Bytes of the page.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The bytes of the page, from the start.
    pub fn bytes(&self) -> PageBytes {
        let (first, salt) = self.first;
        let walk = || ChunkWalk::at(self.file.clone(), first, salt);
        let source = match (&self.extents, &self.memory) {
            (Some(extents), _) => Source::Extents { file: self.file.clone(), extents: extents.clone() },
            (None, None) => Source::Chunks(walk()),
            (None, Some(bytes)) => {
                Source::Chunks(ChunkWalk::in_memory(bytes.clone(), self.good_until).unwrap_or_else(|_| walk()))
            }
        };
        PageBytes { source, position: 0, length: self.length, piece: Vec::new(), at_hand: None, taken: 0, there: 0 }
    }
}

/// The head of a page file alone, whatever became of the rest.
///
/// # Errors
/// [`PageFileError`] when nothing can be said of the page.
pub(in crate::document) fn head_of(path: &Path) -> Result<PageHead, PageFileError> {
    let mut walk = ChunkWalk::from_start(Arc::new(regular_file(path)?))?;
    head_at(&mut walk).map(|(head, _)| head)
}

/// The first chunk, and its checksum.
fn head_at(walk: &mut ChunkWalk) -> Result<(PageHead, u32), PageFileError> {
    let head = match walk.next()? {
        Next::Chunk(chunk) if chunk.kind == ChunkKind::Head => {
            PageHead::from_bytes(chunk.payload).map(|head| (head, chunk.sum))
        }
        _ => None,
    };
    head.ok_or(PageFileError::NoHead)
}

/// Whether the last bytes of a file are a whole chunk that ends a page.
fn ends_with_an_end(file: &Arc<File>, salt: u32) -> bool {
    let Ok(length) = file.metadata().map(|file| file.len()) else { return false };
    END_PAYLOADS.into_iter().filter_map(|payload| length.checked_sub(CHUNK_HEADER as u64 + payload)).any(|at| {
        let mut walk = ChunkWalk::at(file.clone(), at, salt);
        let is_end = |kind| matches!(kind, ChunkKind::End | ChunkKind::PlacedEnd);
        matches!(walk.next(), Ok(Next::Chunk(chunk)) if is_end(chunk.kind))
    })
}

/// The bytes of a page. Memory: one chunk. As a [`BufRead`] it gives them without copying.
pub struct PageBytes {
    source: Source,
    position: u64,
    length: u64,
    /// The piece under way, unless it is at hand in the walk.
    piece: Vec<u8>,
    at_hand: Option<Range<usize>>,
    /// How much of the piece was taken, and how much of it there is.
    taken: usize,
    there: usize,
}

enum Source {
    /// One after the other, as the chunks come.
    Chunks(ChunkWalk),
    /// From places all over the file.
    Extents { file: Arc<File>, extents: Arc<Extents> },
}

impl PageBytes {
    /// Makes the next piece ready.
    fn next_piece(&mut self) -> Result<(), PageFileError> {
        self.taken = 0;
        self.there = 0;
        self.at_hand = None;
        let length = match &mut self.source {
            Source::Chunks(walk) => {
                self.at_hand = next_appended(walk, &mut self.piece)?;
                self.at_hand.as_ref().map_or(self.piece.len(), Range::len)
            }
            Source::Extents { file, extents } => {
                let run = extents.from(self.position).ok_or(PageFileError::Damaged(self.position))?;
                read_run(file, run, &mut self.piece)?;
                self.piece.len()
            }
        };
        self.there = length.min(usize::try_from(self.length - self.position).unwrap_or(usize::MAX));
        Ok(())
    }
}

impl BufRead for PageBytes {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.there && self.position < self.length {
            self.next_piece().map_err(|error| match error {
                PageFileError::Io(error) => error,
                other => io::Error::new(io::ErrorKind::InvalidData, other),
            })?;
        }
        let left = self.taken..self.there;
        Ok(match (&self.source, &self.at_hand) {
            (Source::Chunks(walk), Some(place)) => walk.at_hand(place.start + left.start..place.start + left.end),
            _ => &self.piece[left],
        })
    }

    fn consume(&mut self, bytes: usize) {
        let taken = bytes.min(self.there - self.taken);
        self.taken += taken;
        self.position += taken as u64;
    }
}

impl Read for PageBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let left = self.fill_buf()?;
        let taken = left.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&left[..taken]);
        self.consume(taken);
        Ok(taken)
    }
}

/// The bytes of the next chunk that appends some: at hand in the walk, or unpacked into the piece.
fn next_appended(walk: &mut ChunkWalk, piece: &mut Vec<u8>) -> Result<Option<Range<usize>>, PageFileError> {
    loop {
        let at = walk.position();
        let Next::Chunk(chunk) = walk.next()? else { return Err(PageFileError::Damaged(at)) };
        match Content::of(chunk.kind, chunk.payload) {
            Some(Content::Append { bytes, .. }) if !bytes.is_empty() => {
                return Ok(Some(chunk.at_hand.end - bytes.len()..chunk.at_hand.end));
            }
            Some(Content::Packed { packed, .. }) => {
                unpack(packed, piece).map_err(|()| PageFileError::Damaged(at))?;
                if !piece.is_empty() {
                    return Ok(None);
                }
            }
            Some(Content::Head | Content::Append { .. }) => {}
            _ => return Err(PageFileError::Damaged(at)),
        }
    }
}

/// The first bytes of a run, at most one piece.
fn read_run(file: &File, run: Extent, piece: &mut Vec<u8>) -> Result<(), PageFileError> {
    let length = run.length.min(MAX_PIECE as u64) as usize;
    piece.clear();
    match run.place {
        Place::Filled(byte) => piece.resize(length, byte),
        Place::Stored(at) => {
            piece.resize(length, 0);
            file.read_exact_at(piece, at)?;
        }
        Place::Packed { payload_at, payload_len, skip } => {
            let mut payload = vec![0; payload_len as usize];
            file.read_exact_at(&mut payload, payload_at)?;
            unpack(&payload, piece).map_err(|()| PageFileError::Damaged(payload_at))?;
            piece.drain(..(skip as usize).min(piece.len()));
            piece.truncate(length);
        }
    }
    if piece.is_empty() { Err(PageFileError::Damaged(0)) } else { Ok(()) }
}
