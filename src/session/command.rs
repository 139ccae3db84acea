//! What a window or a command line can ask of the session.

use std::fmt;
use std::io::Write;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::document::{DocumentId, Edit, PageId};
use crate::export::{FileFormat, SaveOptions};
use crate::import::Password;
use crate::minidriver::{PageLimit, Source};
use crate::raster::PixelWindow;
use crate::session::settings::{ScanSettings, SettingsError};
use crate::units::Area;

use super::profiles::Profile;
use super::{AutoSave, DeviceId, EstimateWish, Placement};

/// A wish. Commands travel down one channel and never block whoever sends them. `Stop` is not here:
/// it must not wait behind other commands, so it is a call of the session's handle.
#[derive(Clone, Debug)]
pub enum Command {
    /// Use this device from now on: open it, ask for what it can do.
    ChooseDevice(DeviceId),
    /// Use the device at this address (`escl:http://…`, `usb:…`, `virtual:…`).
    ChooseAddress(String),
    /// Look whether there is paper in the feeder, if the device is free.
    LookAtFeeder,
    /// Scan with these settings on the chosen device; pages are added to the end of the document.
    Scan(ScanWish),
    /// The same, with the pages put elsewhere.
    ScanTo(ScanWish, Placement),
    /// The next page the device delivers is left out (design, section 3, *Skip*). The number is the
    /// page meant; a press that comes late hits nothing.
    SkipNextPage {
        /// Number of the page in the device's job, from 1.
        page: u32,
    },
    /// Takes [`Command::SkipNextPage`] back, if the page has not begun.
    KeepNextPage,
    /// Answer to [`super::ScanState::Paused`].
    AnswerProblem(ProblemAnswer),
    /// Remove pages; can be undone. A page that is still arriving goes on arriving into its file.
    DeletePages(Vec<PageId>),
    /// Change pages; can be undone.
    Edit(Edit),
    /// Leave the same part of several pages; can be undone as one.
    Crop {
        /// The pages.
        pages: Vec<PageId>,
        /// The part, on the paper as it is seen: cropped and turned as each page is now.
        part: Area,
    },
    /// Make several pages of one: each has a part of it, in pixels of the page as it came. Can be undone.
    Split {
        /// The page.
        page: PageId,
        /// The parts, in order.
        parts: Vec<PixelWindow>,
    },
    /// Call the document something.
    SetTitle(Option<String>),
    /// Call any document something, open here or not; `None`: nothing.
    Rename(DocumentId, Option<String>),
    /// Put the document away, as it is, and take a new one.
    NewDocument,
    /// Put the document away, as it is, and open this one.
    OpenDocument(DocumentId),
    /// Look which documents there are; the snapshot shows them when that is known.
    ListDocuments,
    /// Move a document to the trash.
    ThrowAway(DocumentId),
    /// Take a document out of the trash.
    TakeBack(DocumentId),
    /// Remove for good what lies in the trash.
    EmptyTrash,
    /// Remove one document of the trash for good.
    DeleteForever(DocumentId),
    /// Remove from a document what only its history needs; nothing can be undone then.
    Clean(DocumentId),
    /// Take back the last change.
    Undo,
    /// Make the change taken back again.
    Redo,
    /// Add the pages of files; can be undone as one.
    Import(ImportWish),
    /// Answer to [`super::LockedFile`]: the password to try, or nothing, to leave the file out.
    AnswerPassword {
        /// The number of the question; an answer to an older one says nothing.
        number: u64,
        /// What was typed.
        password: Option<Password>,
    },
    /// Stop importing. Pages of the file under way go, those of files before it stay.
    CancelImport,
    /// Save the document.
    Save(SaveWish),
    /// Pass the document on to somebody who reads along.
    Send(SendWish),
    /// Say what a save would come to, by [`super::Event::Estimated`]. Takes the place of the question before; `None`: no
    /// answer is wanted any more.
    Estimate(Option<EstimateWish>),
    /// Save the pages of each job from now on, as soon as it has ended; or do not any more. Kept for the next start.
    SetAutoSave(Option<AutoSave>),
    /// Stop saving or passing on; the old target stays as it was.
    CancelSave,
    /// Take the document and its page files away for good. For a command line that has saved it.
    DiscardDocument,
    /// Keep settings under a name, in the place of those that had it.
    SaveProfile(Profile),
    /// Forget the settings with this name.
    RemoveProfile(String),
    /// Put away the notice with this number.
    DismissNotice(u64),
}

/// A scan, as a person asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanWish {
    /// Where from.
    pub source: Source,
    /// How.
    pub settings: ScanSettings,
    /// How many pages.
    pub pages: PageLimit,
}

/// A scan of which some is left open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanPlan {
    /// Where from; `None`: the feeder when paper lies in it.
    pub source: Option<Source>,
    /// How.
    pub settings: ScanSettings,
    /// How many pages; `None`: one from the flatbed, all from the feeder.
    pub pages: Option<NonZeroU32>,
}

impl ScanPlan {
    /// The scan it comes to, from this source unless it names one.
    pub fn wish(&self, otherwise: Source) -> ScanWish {
        let source = self.source.unwrap_or(otherwise);
        let pages = self.pages.map_or(PageLimit::All, PageLimit::Count);
        ScanWish { source, settings: self.settings.clone(), pages }
    }

    /// Whether some device could do it.
    ///
    /// # Errors
    /// What every device refuses: one page of both sides.
    pub fn check(&self) -> Result<(), SettingsError> {
        match (self.source, self.pages) {
            (Some(Source::Duplex), Some(NonZeroU32::MIN)) => Err(SettingsError::OnePageOfTwo),
            _ => Ok(()),
        }
    }
}

/// What to do about a problem at the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemAnswer {
    /// It is put right: go on inside the same transfer.
    Continue,
    /// Finish with the pages that are there.
    Finish,
}

/// Files to be imported, as a person asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportWish {
    /// The files, in the order in which their pages are wanted.
    pub files: Vec<PathBuf>,
    /// The page that they come behind; `None`: at the end.
    pub after: Option<PageId>,
    /// What opens those of them that need a password.
    pub password: Option<Password>,
    /// Whether somebody answers when one needs another password: the snapshot asks then, and the import waits. Otherwise that
    /// file is refused.
    pub asks: bool,
}

/// A save, as a person asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveWish {
    /// The file to write; with a format of one page per file the name that is numbered.
    pub target: PathBuf,
    /// What to write, and how.
    pub options: Box<SaveOptions>,
    /// Which pages, in this order; `None`: all of the document.
    pub pages: Option<Vec<PageId>>,
}

impl SaveWish {
    /// All pages, as they came, in a file of this format that must not be there yet.
    pub fn of(target: PathBuf, format: FileFormat) -> SaveWish {
        SaveWish { target, options: Box::new(SaveOptions::of(format)), pages: None }
    }

    /// The same, whether the file is there or not. The question was asked before.
    #[must_use]
    pub fn overwriting(mut self, overwrite: bool) -> SaveWish {
        self.options.overwrite = overwrite;
        self
    }
}

/// Passing the document on.
#[derive(Clone, Debug)]
pub struct SendWish {
    /// What to write, and how. Names are of no use here.
    pub options: Box<SaveOptions>,
    /// Where to.
    pub to: Outlet,
}

/// Where a document is passed on to, once. Writing there may take as long as somebody reads; it is
/// left behind when that somebody never reads again.
#[derive(Clone)]
pub struct Outlet(Arc<Mutex<Option<Box<dyn Write + Send>>>>);

impl Outlet {
    /// An outlet that writes here.
    pub fn new(sink: impl Write + Send + 'static) -> Outlet {
        Outlet(Arc::new(Mutex::new(Some(Box::new(sink)))))
    }

    /// What to write to; `None` when it was taken before.
    pub(super) fn take(&self) -> Option<Box<dyn Write + Send>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outlet")
    }
}
