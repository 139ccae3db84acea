//! Looking whether a document is what it was: every checksum of every page file, and the database.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use super::kept::{KeptDocument, Trouble};
use super::page_file::{PageFile, PageFileError};
use super::store::Stored;
use super::{Document, FolderError, Page, PageFacts, PageId};

/// What was found of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Pages of the document.
    pub pages: u32,
    /// Pages that only undo brings back; they were looked at, too.
    pub put_aside: u32,
    /// What is wrong with the database.
    pub database: Option<DatabaseFlaw>,
    /// Pages that have lost something, in the order of the document.
    pub damaged: Vec<DamagedPage>,
    /// Why that could not be written down, so that no list tells of it; [`io::ErrorKind::ResourceBusy`]: the document is
    /// open elsewhere.
    pub not_noted: Option<io::ErrorKind>,
    /// What is true of them now, where the database does not know it.
    news: Vec<(PageId, PageFacts)>,
}

/// What is wrong with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseFlaw {
    /// It cannot be read as a whole.
    Damaged,
    /// It is gone.
    Lost,
}

/// A page that has lost something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedPage {
    /// Its name; of a file that is no page of the document the one it would have.
    pub page: PageId,
    /// Its number in the document, from 1; `None`: only undo brings it back.
    pub number: Option<u32>,
    /// Its file.
    pub file: PathBuf,
    /// How.
    pub flaw: PageFlaw,
    /// Rows that it had.
    pub had: u32,
}

/// What is wrong with a page's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFlaw {
    /// It is not there.
    Missing,
    /// It says nothing of a page, or the disk does not give it.
    Unreadable,
    /// It is another page's.
    Exchanged,
    /// These rows of it can be read.
    Damaged {
        /// How many.
        rows: u32,
    },
}

impl Check {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.database.is_none() && self.damaged.is_empty()
    }

    /// Reads all pages of a document in which opening found these troubles. `before_page` is called with the number of
    /// pages that were read, before each.
    pub(super) fn of(
        kept: &KeptDocument,
        troubles: &[Trouble],
        before_page: &mut dyn FnMut(u32),
    ) -> Result<Check, FolderError> {
        let mut check = Check::default();
        for trouble in troubles {
            match trouble {
                Trouble::DatabaseDamaged(_) => check.database = Some(DatabaseFlaw::Damaged),
                Trouble::DatabaseLost => check.database = Some(DatabaseFlaw::Lost),
                // Of one that is no page of the document nobody knows anything else.
                Trouble::PageUnreadable(page, file) if kept.document().page(*page).is_none() => {
                    check.damaged.push(DamagedPage {
                        page: *page,
                        number: None,
                        file: file.clone(),
                        flaw: PageFlaw::Unreadable,
                        had: 0,
                    })
                }
                Trouble::PageUnreadable(..) | Trouble::PageMissing(..) | Trouble::PageDamaged(..) => {}
                Trouble::PageExchanged(..) | Trouble::PagesFound(_) => {}
            }
        }
        let shown = kept.document().pages().iter().zip((1..).map(Some));
        let put_aside = kept.document().put_aside().iter().zip(std::iter::repeat(None));
        // Several pages may be made of one file.
        let mut looked_at = HashMap::new();
        for (page, number) in shown.chain(put_aside) {
            before_page(check.pages + check.put_aside);
            match number {
                Some(_) => check.pages += 1,
                None => check.put_aside += 1,
            }
            let Some(facts) = page.facts() else { continue };
            let file = kept.folder().page_path(page.file).ok_or(FolderError::Missing)?;
            let found = *looked_at.entry(page.file).or_insert_with(|| look_at(facts, page.file, &file));
            if let Some((flaw, now)) = found {
                let had = now.damaged.unwrap_or_default();
                check.damaged.push(DamagedPage { page: page.id, number, file, flaw, had });
                check.note_news(page, now);
            }
        }
        Ok(check)
    }

    fn note_news(&mut self, page: &Page, now: PageFacts) {
        if page.facts() != Some(&now) && self.database.is_none() {
            self.news.push((page.id, now));
        }
    }

    /// Forgets what was found of pages that are not in the document any more, or not with this file: somebody has cleaned it
    /// while it was read.
    pub(super) fn confirm(&mut self, before: &Document, now: &Stored) {
        let file_of = |page: PageId| now.pages.iter().find(|row| row.id == page).map(|row| row.page.file);
        let is_there = |page: PageId| before.page(page).is_none_or(|page| file_of(page.id) == Some(page.file));
        self.damaged.retain(|damaged| is_there(damaged.page));
        self.news.retain(|(page, _)| is_there(*page));
    }

    /// Whether something was found that the database does not know.
    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// Whether a page is whole again of which the database knows that it was damaged.
    pub(super) fn has_recovered(&self, now: &Stored) -> bool {
        let is_damaged = |page: PageId| self.damaged.iter().any(|damaged| damaged.page == page);
        let was_damaged = |page: &Page| page.facts().is_some_and(|facts| facts.damaged.is_some());
        now.pages.iter().any(|row| was_damaged(&row.page) && !is_damaged(row.id))
    }

    /// Writes down what was found.
    pub(super) fn note(&self, kept: &mut KeptDocument) -> Result<(), FolderError> {
        let (_, written) = kept.change(|document| {
            self.news.iter().for_each(|(page, facts)| document.page_ended(*page, *facts));
        });
        Ok(written?)
    }
}

/// What the file of a page that is over has lost since it came, and what is to be said of it; `None`: nothing. All of the
/// file is read.
pub fn lost_since(page: &Page, file: PathBuf) -> Option<(PageFacts, Trouble)> {
    let (flaw, now) = look_at(page.facts()?, page.file, &file)?;
    let trouble = match flaw {
        PageFlaw::Missing => Trouble::PageMissing(page.id, file),
        PageFlaw::Unreadable => Trouble::PageUnreadable(page.id, file),
        PageFlaw::Exchanged => Trouble::PageExchanged(page.id, file),
        PageFlaw::Damaged { .. } => Trouble::PageDamaged(page.id, file),
    };
    Some((now, trouble))
}

/// What a page's file has lost, and what is true of the page now; `None`: nothing.
fn look_at(facts: &PageFacts, file: PageId, path: &Path) -> Option<(PageFlaw, PageFacts)> {
    let page = match PageFile::open(path) {
        Ok(page) => page,
        // Of a page of which never anything came there is no file.
        Err(_) if facts.bytes == 0 => return None,
        Err(PageFileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Some((PageFlaw::Missing, PageFacts::lost(facts)));
        }
        Err(_) => return Some((PageFlaw::Unreadable, PageFacts::lost(facts))),
    };
    match facts.again(&page, file) {
        Ok(now) if now.damaged.is_some() => Some((PageFlaw::Damaged { rows: now.readable() }, now)),
        Ok(_) => None,
        Err(PageFileError::AnotherPage) => Some((PageFlaw::Exchanged, PageFacts::lost(facts))),
        Err(_) => Some((PageFlaw::Unreadable, PageFacts::lost(facts))),
    }
}
