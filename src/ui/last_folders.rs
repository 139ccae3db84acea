//! The folders that were used last, one for saving and one for importing: the next window begins there, too. Reading and
//! writing them may wait, so it runs on threads of its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::{Receiver, TryRecvError};
use eframe::egui::Context;
use serde::{Deserialize, Serialize};

use super::save_flow::on_thread;

/// Their file in the data directory.
const FILE: &str = "last-folders.json";
/// The largest file that is read, in bytes.
const LARGEST_FILE: u64 = 64 << 10;
/// A window that closes waits no longer than this for the last folder to be written down.
const CLOSING_LIMIT: Duration = Duration::from_millis(500);

/// The folders. Whether they are still there is found out by whoever uses them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Folders {
    save: Option<PathBuf>,
    import: Option<PathBuf>,
}

/// What the window remembers of folders.
#[derive(Default)]
pub(super) struct LastFolders {
    folders: Folders,
    /// Where they are kept; `None`: nowhere.
    file: Option<PathBuf>,
    reading: Option<Receiver<Folders>>,
    writing: Option<Receiver<()>>,
    /// They changed since they were written.
    is_new: bool,
}

impl LastFolders {
    /// Those that the window before used, as soon as they are read.
    pub(super) fn begin(data_dir: Option<&Path>, ctx: &Context) -> LastFolders {
        let file = data_dir.map(|folder| folder.join(FILE));
        let reading = file.clone().map(|file| on_thread(ctx, move || read(&file)));
        LastFolders { file, reading, ..LastFolders::default() }
    }

    /// Where the last file was saved.
    pub(super) fn for_saving(&self) -> Option<PathBuf> {
        self.folders.save.clone()
    }

    /// Where the last files came from; else where files are saved.
    pub(super) fn for_import(&self) -> Option<PathBuf> {
        self.folders.import.clone().or_else(|| self.for_saving())
    }

    /// A file was saved here.
    pub(super) fn saved_in(&mut self, folder: Option<&Path>) {
        self.is_new |= remember(&mut self.folders.save, folder);
    }

    /// Files were chosen here.
    pub(super) fn imported_from(&mut self, folder: Option<&Path>) {
        self.is_new |= remember(&mut self.folders.import, folder);
    }

    /// Takes what was read, and writes down what is new, one after the other.
    pub(super) fn advance(&mut self, ctx: &Context) {
        if let Some(reading) = &self.reading {
            match reading.try_recv() {
                Ok(Folders { save, import }) => {
                    self.folders.save = self.folders.save.take().or(save);
                    self.folders.import = self.folders.import.take().or(import);
                    self.reading = None;
                }
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => self.reading = None,
            }
        }
        let is_writing = |writing: &Receiver<()>| writing.try_recv() == Err(TryRecvError::Empty);
        if self.writing.as_ref().is_some_and(is_writing) {
            return;
        }
        self.writing = None;
        if let Some(file) = self.file.clone().filter(|_| std::mem::take(&mut self.is_new)) {
            let folders = self.folders.clone();
            self.writing = Some(on_thread(ctx, move || write(&file, &folders)));
        }
    }

    /// The window closes: what is being written is waited for, for a moment.
    pub(super) fn close(&mut self) {
        if let Some(writing) = self.writing.take() {
            // When it takes longer, the folder of the time before is proposed again.
            let _ = writing.recv_timeout(CLOSING_LIMIT);
        }
    }
}

/// Whether it is another folder than before.
fn remember(place: &mut Option<PathBuf>, folder: Option<&Path>) -> bool {
    let folder = folder.filter(|folder| folder.is_absolute() && place.as_deref() != Some(folder));
    folder.is_some_and(|folder| {
        *place = Some(folder.to_path_buf());
        true
    })
}

/// A file that cannot be read or understood says nothing.
fn read(file: &Path) -> Folders {
    let text = File::open(file).and_then(|file| {
        let mut text = Vec::new();
        file.take(LARGEST_FILE).read_to_end(&mut text).map(|_| text)
    });
    text.ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// Writes beside the file and renames. That it cannot be done is no harm that a person need hear of.
fn write(file: &Path, folders: &Folders) {
    let written = || -> io::Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let part = file.with_extension("part");
        let mut fresh = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        fresh.write_all(&serde_json::to_vec_pretty(folders)?)?;
        fs::rename(part, file)
    };
    if let Err(error) = written() {
        tracing::warn!(%error, "the folders that were used last are not written down");
    }
}
