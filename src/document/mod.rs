//! The `document` module deals with *pages that are kept*: page files, the document's folder, edits
//! as values with undo. It knows no device and no export format.

mod alike;
mod came_from;
mod check;
mod damaged_jpeg;
mod edits;
mod facts;
mod folder;
mod history;
mod intake;
mod kept;
pub mod library;
mod look;
mod page_file;
mod pages;
mod saved;
mod sheet;
mod space;
mod store;
mod times;
mod undo;

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use alike::Alike;
pub use came_from::CameFrom;
pub use check::{Check, DamagedPage, DatabaseFlaw, PageFlaw, lost_since};
pub use edits::{Edit, Part};
pub use facts::{JpegPicture, PageFacts, PictureFacts, encoding_of};
pub use folder::{DocumentFolder, FolderError, LetGo, Recovered, page_path};
pub use intake::PageIntake;
pub use kept::{KeptDocument, Leaving, Trouble};
pub use look::{Look, Rotation, render};
pub use page_file::{
    MAX_PAGE_BYTES, OpenPage, Origin, PageBytes, PageEnd, PageFile, PageFileError, PageFileStream, PageFileWriter,
    PageHead, PageTail, SyncHandle, TailStop,
};
pub use pages::{About, Arrival, Document, Page, PageStage};
pub use saved::{Edition, Unsaved};
pub use sheet::{Sheet, dots_per_inch};
pub use space::{Space, free_space, space_for};
pub use store::{StoreError, VERSION as STORE_VERSION};

/// Names a page within one document; a number is not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PageId(pub u64);

/// Names a document: the name of its folder. Newer ones sort behind older ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(String);

impl DocumentId {
    /// Longest name.
    const MAX_LEN: usize = 64;

    /// A name of letters, digits and hyphens; `None` for any other, so that it is never a path.
    pub fn new(name: &str) -> Option<DocumentId> {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (plain && !name.is_empty() && name.len() <= DocumentId::MAX_LEN).then(|| DocumentId(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Opens a file to read it. What lies in a document's folder under its name and is a pipe or a device is refused:
/// opening or reading it might never end.
fn regular_file(path: &Path) -> io::Result<File> {
    let at_once = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = OpenOptions::new().read(true).custom_flags(at_once).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

/// Creates a file that only its user may read; an error when it exists.
fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}
