//! The other transfer modes (reference, part 6): thin adaptors on [`super::Broker::download`], which is the stream mode.

mod banded;
mod delays;
mod file;
mod folder;

pub use banded::{Band, BandCallback, BandMessage, BandRequest};
pub use delays::StatusSource;
pub use file::{FileCallback, FileMessage, FileReport, Kept};
pub use folder::{FolderCanceller, FolderTransfer};
