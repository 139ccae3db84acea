//! Chunks: how they lie in the file, and how they are found again.
//!
//! `kind: u8 │ length: u32 │ CRC32 of kind, length and payload: u32 │ payload`, numbers little endian.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::PageFileError;

/// First bytes of every page file.
const MAGIC: [u8; 8] = *b"LBPAGE\r\n";
/// Version of the format that this program writes. It reads this one and all earlier ones.
const VERSION: u16 = 1;
/// Bytes before the first chunk.
pub(super) const FILE_HEADER: u64 = 10;
/// Bytes before a chunk's payload.
pub(super) const CHUNK_HEADER: usize = 9;
/// Bytes of the payload that ends a page.
pub(super) const END_PAYLOAD: u64 = 5;
/// Bytes of the page in one chunk, at most; longer writes become several chunks.
pub(super) const MAX_PIECE: usize = 1 << 20;
/// A payload that claims more is damage: room for a piece that a compressor made larger, and its header.
const MAX_PAYLOAD: usize = MAX_PIECE + MAX_PIECE / 8 + 64;
/// Bytes read from the file at once.
const READ_AHEAD: usize = 128 << 10;

/// What a chunk says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChunkKind {
    /// What the page is; the first chunk.
    Head,
    /// Bytes for the end of the page.
    Append,
    /// The same, compressed: `raw length: u32 │ LZ4 block`.
    AppendPacked,
    /// Bytes somewhere else: `offset: u64 │ bytes`.
    Patch,
    /// The page's length from now on: `u64`.
    SetLen,
    /// The page is over: `complete: u8 │ rows: u32, or FFFFFFFF`.
    End,
}

impl ChunkKind {
    const fn code(self) -> u8 {
        match self {
            ChunkKind::Head => 1,
            ChunkKind::Append => 2,
            ChunkKind::AppendPacked => 3,
            ChunkKind::Patch => 4,
            ChunkKind::SetLen => 5,
            ChunkKind::End => 6,
        }
    }

    const fn from_code(code: u8) -> Option<ChunkKind> {
        Some(match code {
            1 => ChunkKind::Head,
            2 => ChunkKind::Append,
            3 => ChunkKind::AppendPacked,
            4 => ChunkKind::Patch,
            5 => ChunkKind::SetLen,
            6 => ChunkKind::End,
            _ => return None,
        })
    }
}

/// The bytes before the first chunk.
pub(super) fn file_header() -> [u8; FILE_HEADER as usize] {
    let mut header = [0; FILE_HEADER as usize];
    header[..8].copy_from_slice(&MAGIC);
    header[8..].copy_from_slice(&VERSION.to_le_bytes());
    header
}

/// Makes `out` one chunk; `fill` appends the payload, which must not be longer than the format allows.
pub(super) fn build_chunk(out: &mut Vec<u8>, kind: ChunkKind, fill: impl FnOnce(&mut Vec<u8>)) {
    out.clear();
    out.resize(CHUNK_HEADER, 0);
    fill(out);
    seal(out, kind);
}

/// Writes the header of a chunk whose payload is in its place already.
pub(super) fn seal(chunk: &mut [u8], kind: ChunkKind) {
    let Some((header, payload)) = chunk.split_first_chunk_mut::<CHUNK_HEADER>() else { return };
    header[0] = kind.code();
    header[1..5].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    let sum = checksum(&header[..5], payload);
    header[5..9].copy_from_slice(&sum.to_le_bytes());
}

fn checksum(kind_and_length: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(kind_and_length);
    hasher.update(payload);
    hasher.finalize()
}

/// A whole chunk of a file.
pub(super) struct Chunk<'a> {
    /// What it says.
    pub(super) kind: ChunkKind,
    /// Where its payload lies in the file.
    pub(super) payload_at: u64,
    /// Its payload.
    pub(super) payload: &'a [u8],
    /// The same as a place for [`ChunkWalk::at_hand`], until the next chunk is asked for.
    pub(super) at_hand: Range<usize>,
}

/// What comes next in a file.
pub(super) enum Next<'a> {
    /// A whole chunk.
    Chunk(Chunk<'a>),
    /// The file ends here, between two chunks.
    End,
    /// The bytes here are no whole chunk: torn while it was written, or damaged.
    Bad,
}

/// Walks over the chunks of a file: reading ahead with bounded memory, or through a file that is in
/// memory as a whole.
pub(super) struct ChunkWalk {
    /// `None`: everything there is is in the buffer.
    file: Option<Arc<File>>,
    /// Offset of `buffer[start]` in the file.
    at: u64,
    /// Shared only when the whole file is in it.
    buffer: Arc<Vec<u8>>,
    start: usize,
    filled: usize,
    /// Chunks in memory that end here or before were looked at already.
    checked: u64,
}

impl ChunkWalk {
    /// At the first chunk of a file whose header is all right.
    pub(super) fn from_start(file: Arc<File>) -> Result<ChunkWalk, PageFileError> {
        ChunkWalk::at(file, 0).behind_header()
    }

    /// The same in a file that is in memory. Chunks up to `checked` are known to be good.
    pub(super) fn in_memory(bytes: Arc<Vec<u8>>, checked: u64) -> Result<ChunkWalk, PageFileError> {
        let filled = bytes.len();
        ChunkWalk { file: None, at: 0, buffer: bytes, start: 0, filled, checked }.behind_header()
    }

    /// At a chunk that is known to begin here.
    pub(super) fn at(file: Arc<File>, at: u64) -> ChunkWalk {
        ChunkWalk { file: Some(file), at, buffer: Arc::default(), start: 0, filled: 0, checked: 0 }
    }

    fn behind_header(mut self) -> Result<ChunkWalk, PageFileError> {
        if self.available(FILE_HEADER as usize)? < FILE_HEADER as usize || self.buffer[..8] != MAGIC {
            return Err(PageFileError::NotAPageFile);
        }
        let version = u16::from_le_bytes([self.buffer[8], self.buffer[9]]);
        match version {
            0 => return Err(PageFileError::NotAPageFile),
            known if known <= VERSION => {}
            later => return Err(PageFileError::FromTheFuture(later)),
        }
        self.advance(FILE_HEADER as usize);
        Ok(self)
    }

    /// Offset of the next chunk.
    pub(super) fn position(&self) -> u64 {
        self.at
    }

    /// Reads the next chunk. After [`Next::Bad`] and [`Next::End`] the place stays the same, so that a
    /// file that grows can be asked again.
    pub(super) fn next(&mut self) -> io::Result<Next<'_>> {
        let there = self.available(CHUNK_HEADER)?;
        if there < CHUNK_HEADER {
            return Ok(if there == 0 { Next::End } else { Next::Bad });
        }
        let header = &self.buffer[self.start..self.start + CHUNK_HEADER];
        let length = u32::from_le_bytes([header[1], header[2], header[3], header[4]]) as usize;
        let sum = u32::from_le_bytes([header[5], header[6], header[7], header[8]]);
        let Some(kind) = ChunkKind::from_code(header[0]).filter(|_| length <= MAX_PAYLOAD) else {
            return Ok(Next::Bad);
        };
        let whole = CHUNK_HEADER + length;
        if self.available(whole)? < whole {
            return Ok(Next::Bad);
        }
        let from = self.start;
        let at_hand = from + CHUNK_HEADER..from + whole;
        let known = self.file.is_none() && self.at + whole as u64 <= self.checked;
        if !known && checksum(&self.buffer[from..from + 5], &self.buffer[at_hand.clone()]) != sum {
            return Ok(Next::Bad);
        }
        let payload_at = self.at + CHUNK_HEADER as u64;
        self.advance(whole);
        Ok(Next::Chunk(Chunk { kind, payload_at, payload: &self.buffer[at_hand.clone()], at_hand }))
    }

    /// Bytes of the chunk read last.
    pub(super) fn at_hand(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Forgets what was read ahead, because the file may have grown.
    pub(super) fn look_again(&mut self) {
        self.start = 0;
        self.filled = 0;
    }

    fn advance(&mut self, bytes: usize) {
        self.start += bytes;
        self.at += bytes as u64;
    }

    /// Reads until this many bytes are in the buffer or the file ends; says how many there are.
    fn available(&mut self, wanted: usize) -> io::Result<usize> {
        let there = self.filled - self.start;
        let (Some(file), true) = (&self.file, there < wanted) else { return Ok(there.min(wanted)) };
        // Nobody else has the buffer of a walk through a file.
        let buffer = Arc::make_mut(&mut self.buffer);
        buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        buffer.resize(wanted.max(READ_AHEAD).max(buffer.len()), 0);
        while self.filled < wanted {
            match file.read_at(&mut buffer[self.filled..], self.at + self.filled as u64) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.filled.min(wanted))
    }
}
