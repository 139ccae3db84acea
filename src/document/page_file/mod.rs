//! One page on disk: an append-only file of framed, checksummed chunks (design, section 4).
//!
//! ```text
//!  magic version │ Head │ Append │ Append │ … │ End
//!                         Patch and SetLen only where a stream was moved or cut
//! ```
//!
//! The file is the truth about how far a page came: a reader replays all chunks that are whole. A page whose
//! last chunk is torn ends before it; one with whole chunks behind a bad one is damaged, and has everything but
//! what is lost there. Wire bytes are kept as they came; raw rows are compressed losslessly, each write for
//! itself. This module knows nothing of documents, and of pixels only which are white.

mod content;
mod extents;
mod frame;
mod head;
mod reader;
mod replay;
mod stream;
mod tail;
mod writer;

pub use head::{Origin, PageHead};
pub(super) use reader::head_of;
pub use reader::{PageBytes, PageEnd, PageFile};
pub(super) use stream::io_code;
pub use stream::{OpenPage, PageFileStream};
pub use tail::{PageTail, TailStop};
pub use writer::{MAX_PAGE_BYTES, PageFileWriter, SyncHandle};

/// Why a page file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum PageFileError {
    /// The file system said no.
    #[error("page file: {0}")]
    Io(#[from] std::io::Error),
    /// The file does not begin as a page file.
    #[error("not a page file")]
    NotAPageFile,
    /// A later version of this program wrote it.
    #[error("page file of version {0}, newer than this program")]
    FromTheFuture(u16),
    /// The first chunk, which says what the page is, is damaged or missing.
    #[error("the page file's head is damaged")]
    NoHead,
    /// The page was ended already; nothing more can be written.
    #[error("the page has ended")]
    Ended,
    /// The page would become larger than [`MAX_PAGE_BYTES`] or have too many pieces.
    #[error("the page is too large")]
    TooLarge,
    /// The file is another page's: somebody exchanged files, or put one in another one's place.
    #[error("the file of another page")]
    AnotherPage,
    /// A chunk that was whole before is not any more.
    #[error("the page file is damaged at byte {0}")]
    Damaged(u64),
}
