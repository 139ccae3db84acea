//! Chunks: how they lie in the file, and how they are found again.
//!
//! `kind: u8 │ length: u32 │ CRC32 of kind, length and payload: u32 │ payload`, numbers little endian. From version 2 on
//! the checksum of every chunk but the head begins with the head's: what belongs to another page is no chunk here.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::PageFileError;

/// First bytes of every page file.
const MAGIC: [u8; 8] = *b"LBPAGE\r\n";
/// Version of the format that this program writes. It reads this one and all earlier ones. Since version 2 every chunk
/// says where its bytes belong, so that those behind a damaged one are put in their place.
const VERSION: u16 = 2;
/// The first version that says where bytes belong, and in which checksums begin with the head's.
const PLACED: u16 = 2;
/// Bytes before the first chunk.
pub(super) const FILE_HEADER: u64 = 10;
/// Bytes before a chunk's payload.
pub(super) const CHUNK_HEADER: usize = 9;
/// Bytes of the page in one chunk, at most; longer writes become several chunks.
pub(super) const MAX_PIECE: usize = 1 << 20;
/// A payload that claims more is damage: room for a piece that a compressor made larger, and its header.
const MAX_PAYLOAD: usize = MAX_PIECE + MAX_PIECE / 8 + 64;
/// Bytes read from the file at once.
const READ_AHEAD: usize = 128 << 10;
/// Bytes of a page file that are looked through for the chunks behind damaged headers, all together. What only looks like
/// a chunk counts with all the bytes it claims to have, so that a file made to do harm costs no more.
pub(super) const SEARCHED_AT_MOST: u64 = 32 << 20;

/// What a chunk says. Kinds that do not say where their bytes belong are of version 1.
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
    /// Bytes for the end of the page: `length before: u64 │ bytes`.
    PlacedAppend,
    /// The same, compressed: `length before: u64 │ raw length: u32 │ LZ4 block`.
    PlacedAppendPacked,
    /// The page is over: `length: u64 │ complete: u8 │ rows: u32, or FFFFFFFF`.
    PlacedEnd,
}

/// All kinds with the numbers they have in a file.
const KINDS: [(u8, ChunkKind); 9] = [
    (1, ChunkKind::Head),
    (2, ChunkKind::Append),
    (3, ChunkKind::AppendPacked),
    (4, ChunkKind::Patch),
    (5, ChunkKind::SetLen),
    (6, ChunkKind::End),
    (7, ChunkKind::PlacedAppend),
    (8, ChunkKind::PlacedAppendPacked),
    (9, ChunkKind::PlacedEnd),
];

impl ChunkKind {
    fn code(self) -> u8 {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or(0, |(code, _)| *code)
    }

    fn from_code(code: u8) -> Option<ChunkKind> {
        KINDS.iter().find(|(known, _)| *known == code).map(|(_, kind)| *kind)
    }
}

/// The bytes before the first chunk.
pub(super) fn file_header() -> [u8; FILE_HEADER as usize] {
    let mut header = [0; FILE_HEADER as usize];
    header[..8].copy_from_slice(&MAGIC);
    header[8..].copy_from_slice(&VERSION.to_le_bytes());
    header
}

/// Makes `out` one chunk; `fill` appends the payload, which must not be longer than the format allows. `salt`: see
/// [`ChunkWalk::salt`]. The chunk's checksum comes back.
pub(super) fn build_chunk(out: &mut Vec<u8>, kind: ChunkKind, salt: u32, fill: impl FnOnce(&mut Vec<u8>)) -> u32 {
    out.clear();
    out.resize(CHUNK_HEADER, 0);
    fill(out);
    seal(out, kind, salt)
}

/// Writes the header of a chunk whose payload is in its place already; its checksum comes back.
pub(super) fn seal(chunk: &mut [u8], kind: ChunkKind, salt: u32) -> u32 {
    let Some((header, payload)) = chunk.split_first_chunk_mut::<CHUNK_HEADER>() else { return 0 };
    header[0] = kind.code();
    header[1..5].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    let sum = checksum(salt, &header[..5], payload);
    header[5..9].copy_from_slice(&sum.to_le_bytes());
    sum
}

fn checksum(salt: u32, kind_and_length: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(kind_and_length);
    hasher.update(payload);
    hasher.finalize()
}

/// A whole chunk of a file.
pub(super) struct Chunk<'a> {
    /// What it says.
    pub(super) kind: ChunkKind,
    /// Its checksum.
    pub(super) sum: u32,
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

/// Bytes between two whole chunks that are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// Where it begins in the file.
    pub(super) from: u64,
    /// Where the next whole chunk begins.
    pub(super) to: u64,
    /// What the header in it says, if that is true of its length, and the first bytes behind that: it is one chunk then
    /// whose payload is damaged.
    pub(super) said: Option<(ChunkKind, [u8; 4])>,
}

/// The header of a chunk.
#[derive(Clone, Copy)]
struct Header {
    kind: ChunkKind,
    sum: u32,
    /// Bytes of the chunk, the header included.
    whole: usize,
}

impl Header {
    /// `None` for bytes that begin no chunk.
    fn from(bytes: &[u8]) -> Option<Header> {
        let [kind, l0, l1, l2, l3, s0, s1, s2, s3] = *bytes.first_chunk::<CHUNK_HEADER>()?;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let kind = ChunkKind::from_code(kind).filter(|_| length <= MAX_PAYLOAD)?;
        Some(Header { kind, sum: u32::from_le_bytes([s0, s1, s2, s3]), whole: CHUNK_HEADER + length })
    }
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
    /// What checksums begin with; 0 before the head, and in files of version 1.
    salt: u32,
    version: u16,
}

impl ChunkWalk {
    /// At the first chunk of a file whose header is all right.
    pub(super) fn from_start(file: Arc<File>) -> Result<ChunkWalk, PageFileError> {
        ChunkWalk::at(file, 0, 0).behind_header()
    }

    /// The same in a file that is in memory. Chunks up to `checked` are known to be good.
    pub(super) fn in_memory(bytes: Arc<Vec<u8>>, checked: u64) -> Result<ChunkWalk, PageFileError> {
        let filled = bytes.len();
        let walk = ChunkWalk { file: None, at: 0, buffer: bytes, start: 0, filled, checked, salt: 0, version: 0 };
        walk.behind_header()
    }

    /// At a chunk behind the head that is known to begin here. `salt`: see [`ChunkWalk::salt`].
    pub(super) fn at(file: Arc<File>, at: u64, salt: u32) -> ChunkWalk {
        let buffer = Arc::default();
        ChunkWalk { file: Some(file), at, buffer, start: 0, filled: 0, checked: 0, salt, version: 0 }
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
        self.version = version;
        self.advance(FILE_HEADER as usize);
        Ok(self)
    }

    /// Offset of the next chunk.
    pub(super) fn position(&self) -> u64 {
        self.at
    }

    /// Whether the file's version says of all bytes where they belong.
    pub(super) fn places_bytes(&self) -> bool {
        self.version >= PLACED
    }

    /// What checksums behind the head begin with, once that was read.
    pub(super) fn salt(&self) -> u32 {
        self.salt
    }

    /// Reads the next chunk. After [`Next::Bad`] and [`Next::End`] the place stays the same, so that a
    /// file that grows can be asked again.
    pub(super) fn next(&mut self) -> io::Result<Next<'_>> {
        let there = self.available(CHUNK_HEADER)?;
        if there < CHUNK_HEADER {
            return Ok(if there == 0 { Next::End } else { Next::Bad });
        }
        let Some(Header { kind, sum, whole }) = self.whole_chunk()? else { return Ok(Next::Bad) };
        if kind == ChunkKind::Head && self.version >= PLACED {
            self.salt = sum;
        }
        let payload_at = self.at + CHUNK_HEADER as u64;
        let at_hand = self.start + CHUNK_HEADER..self.start + whole;
        self.advance(whole);
        Ok(Next::Chunk(Chunk { kind, sum, payload_at, payload: &self.buffer[at_hand.clone()], at_hand }))
    }

    /// The header of the chunk here, if all of it is there and sound.
    fn whole_chunk(&mut self) -> io::Result<Option<Header>> {
        let Some(header) = self.header()? else { return Ok(None) };
        if self.available(header.whole)? < header.whole {
            return Ok(None);
        }
        if self.file.is_none() && self.at + header.whole as u64 <= self.checked {
            return Ok(Some(header));
        }
        let chunk = &self.buffer[self.start..self.start + header.whole];
        let (kind_and_length, payload) = (&chunk[..5], &chunk[CHUNK_HEADER..]);
        Ok((checksum(self.salt, kind_and_length, payload) == header.sum).then_some(header))
    }

    /// What looks like a header here.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let there = self.available(CHUNK_HEADER)?;
        Ok(Header::from(&self.buffer[self.start..self.start + there]))
    }

    /// Passes over bytes that are no whole chunk, to the next one that is. `None`: there is none within reach, and the
    /// place stays the same. `left` is what may still be searched of the file.
    pub(super) fn pass_gap(&mut self, left: &mut u64) -> io::Result<Option<Gap>> {
        let from = self.at;
        if let Some(bad) = self.header()? {
            let there = self.available(CHUNK_HEADER + 4)?;
            let payload = &self.buffer[self.start + CHUNK_HEADER..self.start + there];
            let said = (bad.kind, payload.first_chunk().copied().unwrap_or_default());
            let to = from + bad.whole as u64;
            self.jump(to);
            if self.whole_chunk()?.is_some() {
                return Ok(Some(Gap { from, to, said: Some(said) }));
            }
        }
        self.jump(from + 1);
        while *left > 0 && self.available(CHUNK_HEADER)? == CHUNK_HEADER {
            let cost = self.header()?.map_or(1, |header| header.whole as u64);
            *left = left.saturating_sub(cost);
            if cost > 1 && self.whole_chunk()?.is_some() {
                return Ok(Some(Gap { from, to: self.at, said: None }));
            }
            self.advance(1);
        }
        self.jump(from);
        Ok(None)
    }

    /// Goes to another place of the file, which may lie behind its end.
    pub(super) fn jump(&mut self, to: u64) {
        // Of a file that is in memory all is in the buffer.
        let buffered_from = if self.file.is_none() { 0 } else { self.at - self.start as u64 };
        let start = to.checked_sub(buffered_from).map(|start| usize::try_from(start).unwrap_or(usize::MAX));
        match start.filter(|start| *start <= self.filled) {
            Some(start) => self.start = start,
            None if self.file.is_none() => self.start = self.filled,
            None => self.look_again(),
        }
        self.at = to;
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
