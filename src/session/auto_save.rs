//! Saving by itself: the pages of each job into a folder, as soon as the job has ended.

use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::document::PageId;
use crate::export::{FileFormat, NameTemplate, Naming, SaveOptions, TemplateError};

use super::core::Core;
use super::documents::DocumentChoice;
use super::saving::SaveTask;
use super::snapshot::DocumentTrouble;
use super::{Matter, SaveWish, SessionOptions};

/// Its file in the data directory.
const FILE: &str = "auto-save.json";
/// The largest file that is read, in bytes.
const LARGEST_FILE: u64 = 64 << 10;
/// Jobs whose pages may wait for a save under way; a job takes longer than a save.
const WAITING: usize = 16;

/// Where the pages of a job go, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoSave {
    /// The folder. It is not made: one that is not there, like a disk that is not connected, is told.
    pub folder: PathBuf,
    /// The names of the files, a template without a folder ([`NameTemplate`]).
    pub name: String,
    /// What to write.
    pub format: FileFormat,
}

impl AutoSave {
    /// The template with its folder.
    ///
    /// # Errors
    /// [`TemplateError`]; a name with a folder in it is one.
    pub fn target(&self) -> Result<PathBuf, TemplateError> {
        if self.name.contains('/') {
            return Err(TemplateError::FolderInName);
        }
        let target = self.folder.join(&self.name);
        let is_inside = Path::new(&self.name).parent() == Some(Path::new("")) && target.parent() == Some(&*self.folder);
        if !is_inside {
            return Err(TemplateError::NoName);
        }
        NameTemplate::read(&target).map(|_| target)
    }
}

/// What the session keeps of it.
pub(super) struct AutoSaving {
    /// Where it is kept; `None` for a session that does not save by itself.
    file: Option<PathBuf>,
    wish: Option<Arc<AutoSave>>,
    /// Jobs that wait for the save under way.
    waiting: VecDeque<Vec<PageId>>,
}

impl AutoSaving {
    /// What the last session was told. Only a window's session, whose document lasts, saves by itself.
    pub(super) fn begin(options: &SessionOptions) -> AutoSaving {
        let file = (options.document == DocumentChoice::Last).then(|| options.data_dir.join(FILE));
        let wish = file.as_deref().and_then(load).map(Arc::new);
        AutoSaving { file, wish, waiting: VecDeque::new() }
    }

    pub(super) fn shown(&self) -> Option<Arc<AutoSave>> {
        self.wish.clone()
    }
}

/// A file that cannot be understood says nothing: the person is shown that nothing is saved by itself.
fn load(file: &Path) -> Option<AutoSave> {
    let length = fs::metadata(file).ok()?.len();
    let text = (length <= LARGEST_FILE).then(|| fs::read(file).ok()).flatten()?;
    let wish: Option<AutoSave> = serde_json::from_slice(&text)
        .inspect_err(|error| tracing::warn!(%error, "what is to be saved by itself cannot be read"))
        .ok()?;
    wish.filter(|wish| wish.target().is_ok())
}

fn store(file: &Path, wish: Option<&AutoSave>) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let part = file.with_extension("part");
    let mut fresh = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    fresh.write_all(&serde_json::to_vec_pretty(&wish)?)?;
    fresh.sync_all()?;
    fs::rename(part, file)
}

impl Core {
    pub(super) fn set_auto_save(&mut self, wish: Option<AutoSave>) {
        let stored = self.auto_save.file.as_deref().map_or(Ok(()), |file| store(file, wish.as_ref()));
        if let Err(error) = stored {
            self.notices.add(Matter::Document(DocumentTrouble::Disk(error.kind())));
        }
        self.auto_save.wish = wish.map(Arc::new);
    }

    /// A job has ended: its pages are saved, if somebody wants that.
    pub(super) fn save_by_itself(&mut self, pages: Vec<PageId>) {
        if self.auto_save.wish.is_none() || pages.is_empty() {
            return;
        }
        if self.auto_save.waiting.len() < WAITING {
            self.auto_save.waiting.push_back(pages);
        }
        self.save_what_waits();
    }

    /// Saves the pages of the next job that waits, unless a save is under way.
    pub(super) fn save_what_waits(&mut self) {
        if self.saver.is_busy() {
            return;
        }
        let Some(wish) = self.auto_save.wish.clone() else { return self.auto_save.waiting.clear() };
        let Some(pages) = self.auto_save.waiting.pop_front() else { return };
        let Ok(target) = wish.target() else { return };
        let options = SaveOptions { naming: Naming::Template, ..SaveOptions::of(wish.format) };
        self.save(SaveTask::SaveByItself(SaveWish { target, options: Box::new(options), pages: Some(pages) }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder() {
        let target = |name: &str| {
            let wish = AutoSave { folder: "/scans".into(), name: name.to_owned(), format: FileFormat::Pdf };
            wish.target()
        };
        assert_eq!(target("{date}-{counter}.pdf"), Ok("/scans/{date}-{counter}.pdf".into()));
        for outside in ["../x.pdf", "/etc/x.pdf", "a/x.pdf", "", "..", "."] {
            assert!(target(outside).is_err(), "{outside}");
        }
        assert_eq!(target("../x.pdf"), Err(TemplateError::FolderInName));
        assert_eq!(target("{dat}.pdf"), Err(TemplateError::Unknown("dat".to_owned())));
    }
}
