//! Writing a page file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::minidriver::PageFormat;

use super::frame::{self, CHUNK_HEADER, ChunkKind, FILE_HEADER, MAX_PIECE, build_chunk, seal};
use super::tail::Growth;
use super::{PageFileError, PageHead, PageTail};

/// Bytes of one page, at most. A colour page of 2 × 2 m at 600 dpi has 7 GB.
pub const MAX_PAGE_BYTES: u64 = 64 << 30;
/// Chunks of one page, at most, so that replaying it has a bound.
pub(super) const MAX_CHUNKS: u32 = 2 << 20;

/// Bytes before those of the page: the page's length before them.
const PLACE: usize = 8;
/// Bytes before the compressed ones: the length they unpack to.
const PACKED_HEADER: usize = 4;

/// Writes one page file. Each call is one write to the file: what it returned from survives the end
/// of this process. Nothing is synced here; see [`PageFileWriter::sync_handle`].
#[derive(Debug)]
pub struct PageFileWriter {
    file: Arc<File>,
    head: PageHead,
    sync: SyncHandle,
    growth: Arc<Growth>,
    /// Bytes of the file that are whole chunks.
    file_len: u64,
    chunks: u32,
    /// Bytes of the page.
    length: u64,
    ended: bool,
    /// What checksums behind the head begin with: the head's.
    salt: u32,
    /// The chunk under way; longer than it when rows are compressed.
    chunk: Vec<u8>,
}

impl PageFileWriter {
    /// Creates the file, private to the user, and writes its head.
    ///
    /// # Errors
    /// [`PageFileError::Io`]; a file of this name that exists already is one.
    pub fn create(path: &Path, head: PageHead) -> Result<PageFileWriter, PageFileError> {
        let file = Arc::new(crate::document::private_file(path)?);
        let folder = path.parent().map(Path::to_path_buf);
        let sync = SyncHandle {
            file: file.clone(),
            folder: Arc::new(FolderSync { path: folder, done: AtomicBool::new(false) }),
        };
        let mut writer = PageFileWriter {
            growth: Growth::start(file.clone()),
            file,
            sync,
            file_len: FILE_HEADER,
            chunks: 0,
            length: 0,
            ended: false,
            salt: 0,
            chunk: Vec::new(),
            head,
        };
        match writer.write_head() {
            Ok(()) => Ok(writer),
            Err(error) => {
                // A file without a head says nothing of a page, and would be a riddle at every later start.
                if let Err(second) = std::fs::remove_file(path) {
                    tracing::warn!(%second, path = %path.display(), "a page file without a head stays");
                }
                Err(error)
            }
        }
    }

    fn write_head(&mut self) -> Result<(), PageFileError> {
        let head = self.head.to_bytes();
        self.salt = build_chunk(&mut self.chunk, ChunkKind::Head, 0, |out| out.extend_from_slice(&head));
        // In one write: a process that is killed leaves an empty file or one with a head.
        let beginning = [&frame::file_header()[..], &self.chunk].concat();
        self.file.write_all_at(&beginning, 0)?;
        self.file_len = beginning.len() as u64;
        self.chunks = 1;
        Ok(())
    }

    /// What the page is.
    pub fn head(&self) -> &PageHead {
        &self.head
    }

    /// See [`super::PageFile::mark`].
    pub fn mark(&self) -> u32 {
        self.salt
    }

    /// Bytes of the page so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Appends bytes to the page.
    ///
    /// # Errors
    /// [`PageFileError`]; the page keeps what it had, and perhaps a part of these bytes.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), PageFileError> {
        for piece in bytes.chunks(MAX_PIECE) {
            self.may_grow_to(self.length.saturating_add(piece.len() as u64))?;
            let packed = if matches!(self.head.info.format, PageFormat::Rows(_)) { self.pack(piece) } else { None };
            match packed {
                Some(chunk) => self.write_chunk(chunk)?,
                None => {
                    let place = self.length.to_le_bytes();
                    self.put(ChunkKind::PlacedAppend, |out| {
                        out.extend_from_slice(&place);
                        out.extend_from_slice(piece);
                    })?;
                }
            }
            self.length += piece.len() as u64;
            self.growth.grew(self.file_len);
        }
        Ok(())
    }

    /// Writes bytes at a place of the page; a gap before it becomes zeros.
    ///
    /// # Errors
    /// As [`PageFileWriter::append`].
    pub fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), PageFileError> {
        if offset > self.length && !bytes.is_empty() {
            self.set_len(offset)?;
        }
        if offset == self.length {
            return self.append(bytes);
        }
        let mut at = offset;
        for piece in bytes.chunks(MAX_PIECE) {
            let end = at.saturating_add(piece.len() as u64);
            self.may_grow_to(end)?;
            self.put(ChunkKind::Patch, |out| {
                out.extend_from_slice(&at.to_le_bytes());
                out.extend_from_slice(piece);
            })?;
            self.length = self.length.max(end);
            at = end;
        }
        self.growth.grew(self.file_len);
        Ok(())
    }

    /// Cuts the page, or extends it with zeros.
    ///
    /// # Errors
    /// As [`PageFileWriter::append`].
    pub fn set_len(&mut self, length: u64) -> Result<(), PageFileError> {
        self.may_grow_to(length)?;
        self.put(ChunkKind::SetLen, |out| out.extend_from_slice(&length.to_le_bytes()))?;
        self.length = length;
        self.growth.grew(self.file_len);
        Ok(())
    }

    /// Ends the page. `rows` is the number of rows when the driver knows it. Who follows the file
    /// learns of the end even when it cannot be written.
    ///
    /// # Errors
    /// [`PageFileError`]; the page then counts as partial, with all its bytes.
    pub fn end(&mut self, complete: bool, rows: Option<u32>) -> Result<(), PageFileError> {
        let length = self.length.to_le_bytes();
        let put = self.may_grow_to(self.length).and_then(|()| {
            self.put(ChunkKind::PlacedEnd, |out| {
                out.extend_from_slice(&length);
                out.push(u8::from(complete));
                out.extend_from_slice(&rows.unwrap_or(u32::MAX).to_le_bytes());
            })
        });
        self.ended = true;
        self.growth.ended(self.file_len);
        put
    }

    /// What the session's thread syncs the file with, while another thread writes.
    pub fn sync_handle(&self) -> SyncHandle {
        self.sync.clone()
    }

    /// Follows the page from its first byte while it grows.
    pub fn tail(&self) -> PageTail {
        PageTail::new(self.growth.clone())
    }

    fn may_grow_to(&self, length: u64) -> Result<(), PageFileError> {
        if self.ended {
            return Err(PageFileError::Ended);
        }
        // One chunk is kept for the end.
        let last = u32::from(length > self.length) + 1;
        if length > MAX_PAGE_BYTES || self.chunks + last > MAX_CHUNKS {
            return Err(PageFileError::TooLarge);
        }
        Ok(())
    }

    /// Makes a compressed chunk; its length, or `None` when that saves nothing.
    fn pack(&mut self, piece: &[u8]) -> Option<usize> {
        let (length_at, payload) = (CHUNK_HEADER + PLACE, CHUNK_HEADER + PLACE + PACKED_HEADER);
        let room = payload + lz4_flex::block::get_maximum_output_size(piece.len());
        if self.chunk.len() < room {
            self.chunk.resize(room, 0);
        }
        let packed = lz4_flex::block::compress_into(piece, &mut self.chunk[payload..]).ok()?;
        if packed + PACKED_HEADER >= piece.len() {
            return None;
        }
        self.chunk[CHUNK_HEADER..length_at].copy_from_slice(&self.length.to_le_bytes());
        self.chunk[length_at..payload].copy_from_slice(&(piece.len() as u32).to_le_bytes());
        seal(&mut self.chunk[..payload + packed], ChunkKind::PlacedAppendPacked, self.salt);
        Some(payload + packed)
    }

    fn put(&mut self, kind: ChunkKind, fill: impl FnOnce(&mut Vec<u8>)) -> Result<(), PageFileError> {
        build_chunk(&mut self.chunk, kind, self.salt, fill);
        self.write_chunk(self.chunk.len())
    }

    /// Writes the chunk that is ready. After a failure the file ends with the last whole chunk, so that
    /// later chunks can be found; if it cannot be cut, they simply take the place of the torn one.
    fn write_chunk(&mut self, length: usize) -> Result<(), PageFileError> {
        if let Err(error) = self.file.write_all_at(&self.chunk[..length], self.file_len) {
            if let Err(second) = self.file.set_len(self.file_len) {
                tracing::warn!(%second, "a torn chunk stays at the end of the page file");
            }
            return Err(error.into());
        }
        self.file_len += length as u64;
        self.chunks += 1;
        Ok(())
    }
}

impl Drop for PageFileWriter {
    fn drop(&mut self) {
        self.growth.ended(self.file_len);
    }
}

/// Syncs a page file from another thread than the one that writes it.
#[derive(Clone, Debug)]
pub struct SyncHandle {
    file: Arc<File>,
    folder: Arc<FolderSync>,
}

#[derive(Debug)]
struct FolderSync {
    path: Option<std::path::PathBuf>,
    done: AtomicBool,
}

impl SyncHandle {
    /// Brings what was written so far to the disk; the first time the folder, too, since the file is new.
    ///
    /// # Errors
    /// The file system's.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()?;
        if !self.folder.done.load(Ordering::Acquire) {
            if let Some(path) = &self.folder.path {
                File::open(path)?.sync_all()?;
            }
            self.folder.done.store(true, Ordering::Release);
        }
        Ok(())
    }
}
