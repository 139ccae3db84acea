//! Reading a page file: what is in it, and its bytes with bounded memory.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::extents::{Extent, Extents, Place};
use super::frame::{CHUNK_HEADER, ChunkKind, ChunkWalk, END_PAYLOAD, FILE_HEADER, MAX_PIECE, Next};
use super::writer::{MAX_CHUNKS, MAX_PAGE_BYTES};
use super::{PageFileError, PageHead};
use crate::document::regular_file;

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

/// A page file that was replayed until its first bad chunk. Every checksum was looked at.
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
        let mut replay = Replay::default();
        let mut walk = match &memory {
            Some(bytes) => ChunkWalk::in_memory(bytes.clone(), 0)?,
            None => ChunkWalk::from_start(file.clone())?,
        };
        let head = match walk.next()? {
            Next::Chunk(chunk) if chunk.kind == ChunkKind::Head => PageHead::from_bytes(chunk.payload),
            _ => None,
        };
        let head = head.ok_or(PageFileError::NoHead)?;
        let torn = replay.run(&mut walk)?;
        let extents = if replay.moved { Some(Arc::new(Extents::of_file(file.clone(), replay.chunks)?)) } else { None };
        let (end, length, good_until) = (replay.end, replay.length, walk.position());
        Ok(PageFile { file, memory, good_until, head, end, torn, length, extents })
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
        self.end.is_some_and(|end| end.complete)
    }

    /// Whether bytes after the last whole chunk were left out.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Whether something before the page's end was damaged, as far as the file alone can tell: it ends as a page does that was
    /// written to its end, and what lies between is not whole.
    pub fn has_a_hole(&self) -> bool {
        self.end.is_none() && self.torn && ends_with_an_end(&self.file)
    }

    /// Bytes of the page.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The bytes of the page, from the start.
    pub fn bytes(&self) -> PageBytes {
        let walk = || ChunkWalk::at(self.file.clone(), FILE_HEADER);
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

/// Whether the last bytes of a file are a whole chunk that ends a page.
fn ends_with_an_end(file: &Arc<File>) -> bool {
    let end = CHUNK_HEADER as u64 + END_PAYLOAD;
    let at = file.metadata().ok().and_then(|file| file.len().checked_sub(end));
    at.is_some_and(|at| {
        let mut walk = ChunkWalk::at(file.clone(), at);
        matches!(walk.next(), Ok(Next::Chunk(chunk)) if chunk.kind == ChunkKind::End)
    })
}

/// What replaying found.
#[derive(Default)]
struct Replay {
    length: u64,
    end: Option<PageEnd>,
    /// Whole chunks after the head.
    chunks: u32,
    moved: bool,
}

impl Replay {
    /// Replays to the end or the first bad chunk; says whether there was a bad one.
    fn run(&mut self, walk: &mut ChunkWalk) -> io::Result<bool> {
        while self.end.is_none() && self.chunks < MAX_CHUNKS {
            let chunk = match walk.next()? {
                Next::Chunk(chunk) => chunk,
                Next::End => return Ok(false),
                Next::Bad => return Ok(true),
            };
            if self.apply(chunk.kind, chunk.payload).is_none() {
                return Ok(true);
            }
            self.chunks += 1;
        }
        Ok(false)
    }

    /// `None` for a chunk whose content is impossible.
    fn apply(&mut self, kind: ChunkKind, payload: &[u8]) -> Option<()> {
        let longer = match kind {
            ChunkKind::Head => return None,
            ChunkKind::Append => self.length.checked_add(payload.len() as u64)?,
            ChunkKind::AppendPacked => self.length.checked_add(u64::from(unpacked_length(payload)?))?,
            ChunkKind::Patch => {
                self.moved = true;
                let (offset, bytes) = patch(payload)?;
                self.length.max(offset.checked_add(bytes.len() as u64)?)
            }
            ChunkKind::SetLen => {
                self.moved = true;
                u64::from_le_bytes(payload.try_into().ok()?)
            }
            ChunkKind::End => {
                let (complete, rows) = payload.split_first()?;
                let rows = u32::from_le_bytes(rows.try_into().ok()?);
                self.end = Some(PageEnd { complete: *complete == 1, rows: (rows != u32::MAX).then_some(rows) });
                self.length
            }
        };
        if longer > MAX_PAGE_BYTES {
            return None;
        }
        self.length = longer;
        Some(())
    }
}

impl Extents {
    /// The places of all bytes, from the first `chunks` chunks after the head.
    fn of_file(file: Arc<File>, chunks: u32) -> Result<Extents, PageFileError> {
        let mut extents = Extents::default();
        let mut walk = ChunkWalk::from_start(file)?;
        let damaged = |walk: &ChunkWalk| PageFileError::Damaged(walk.position());
        for number in 0..=chunks {
            let at = walk.position();
            let Next::Chunk(chunk) = walk.next()? else { return Err(damaged(&walk)) };
            let place = Place::Stored(chunk.payload_at);
            match chunk.kind {
                _ if number == 0 => {}
                ChunkKind::Append => extents.append(chunk.payload.len() as u64, place),
                ChunkKind::AppendPacked => {
                    let length = unpacked_length(chunk.payload).ok_or(PageFileError::Damaged(at))?;
                    let payload_len = chunk.payload.len() as u32;
                    let place = Place::Packed { payload_at: chunk.payload_at, payload_len, skip: 0 };
                    extents.append(u64::from(length), place);
                }
                ChunkKind::Patch => {
                    let (offset, bytes) = patch(chunk.payload).ok_or(PageFileError::Damaged(at))?;
                    extents.write(offset, bytes.len() as u64, Place::Stored(chunk.payload_at + 8));
                }
                ChunkKind::SetLen => {
                    let length = chunk.payload.try_into().map(u64::from_le_bytes);
                    extents.set_len(length.map_err(|_| PageFileError::Damaged(at))?);
                }
                ChunkKind::Head | ChunkKind::End => {}
            }
        }
        Ok(extents)
    }
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
        match chunk.kind {
            ChunkKind::Append if !chunk.payload.is_empty() => return Ok(Some(chunk.at_hand)),
            ChunkKind::AppendPacked => {
                unpack(chunk.payload, piece).map_err(|()| PageFileError::Damaged(at))?;
                if !piece.is_empty() {
                    return Ok(None);
                }
            }
            ChunkKind::Head | ChunkKind::Append => {}
            ChunkKind::Patch | ChunkKind::SetLen | ChunkKind::End => return Err(PageFileError::Damaged(at)),
        }
    }
}

/// The first bytes of a run, at most one piece.
fn read_run(file: &File, run: Extent, piece: &mut Vec<u8>) -> Result<(), PageFileError> {
    let length = run.length.min(MAX_PIECE as u64) as usize;
    piece.clear();
    match run.place {
        Place::Zeros => piece.resize(length, 0),
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

fn patch(payload: &[u8]) -> Option<(u64, &[u8])> {
    let (offset, bytes) = payload.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*offset), bytes))
}

fn unpacked_length(payload: &[u8]) -> Option<u32> {
    let (length, _) = payload.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length);
    (length as usize <= MAX_PIECE).then_some(length)
}

/// Unpacks a compressed piece; an error when it does not give what it promises.
pub(super) fn unpack(payload: &[u8], piece: &mut Vec<u8>) -> Result<(), ()> {
    let length = unpacked_length(payload).ok_or(())? as usize;
    piece.clear();
    piece.resize(length, 0);
    match lz4_flex::block::decompress_into(&payload[4..], piece) {
        Ok(unpacked) if unpacked == length => Ok(()),
        _ => Err(()),
    }
}
