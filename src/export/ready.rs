//! Pages for formats of one page per file, made ready to be written.

use std::fs::File;
use std::io::Write;

use crate::document::{Look, PageFacts};

use super::opened::has_nothing;
use super::output::Watch;
use super::spill::{Scratch, Spill, Spilled};
use super::workers::{GoOn, in_order};
use super::{ExportDocument, ExportError, ExportPage, OpenedPage, SaveOptions, ShownPage};

/// Encodes a page. What does not fit into memory goes where the sink has its own.
type Encode = fn(&OpenedPage, &SaveOptions, &mut Spill<'_>, &mut GoOn<'_>) -> Result<(), ExportError>;

/// A format of one page per file.
pub(super) struct OnePageFormat {
    /// Whether a page's bytes are taken as they came.
    pub(super) copies: fn(&PageFacts, &Look) -> bool,
    /// Encodes a page that is not copied.
    pub(super) encode: Encode,
    /// Writes the file.
    pub(super) put: fn(Ready, &mut dyn Write, &mut Watch<'_, '_>) -> Result<(), ExportError>,
    /// Looks whether a finished file is whole.
    pub(super) check: fn(&File) -> Result<(), ExportError>,
    /// Whether what is encoded loses something.
    pub(super) is_lossy: bool,
}

/// A page that can be written.
pub(super) enum Ready {
    /// Its bytes are copied.
    AsItCame(Box<OpenedPage>),
    /// It was encoded.
    Encoded(ShownPage, Spilled),
}

impl Ready {
    pub(super) fn shown(&self) -> &ShownPage {
        match self {
            Ready::AsItCame(page) => &page.shown,
            Ready::Encoded(shown, _) => shown,
        }
    }

    /// Whether it lost something that it had when it came.
    pub(super) fn is_encoded_anew(&self, format: &OnePageFormat) -> bool {
        matches!(self, Ready::Encoded(shown, _) if format.is_lossy && shown.came_as_jpeg())
    }
}

/// What a worker says of a page.
enum Made {
    Nothing,
    /// To be copied, by the thread that writes: what is only copied must not wait in memory.
    Copied,
    Encoded(ShownPage, Spilled),
}

/// Makes the pages ready, in order; `None` for one of which there is nothing.
pub(super) fn each_ready(
    document: &ExportDocument,
    options: &SaveOptions,
    format: &OnePageFormat,
    scratch: Scratch<'_>,
    watch: &mut Watch<'_, '_>,
    mut take: impl FnMut(&ExportPage, Option<Ready>, &mut Watch<'_, '_>) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let copies = |page: &OpenedPage| (format.copies)(&page.shown.facts, &page.shown.look);
    let encoded = |page: &OpenedPage, go_on: &mut GoOn<'_>| {
        let mut spill = Spill::new(scratch);
        (format.encode)(page, options, &mut spill, go_on)?;
        spill.whole()
    };
    let make = |index: usize, go_on: &mut GoOn<'_>| {
        let Some(page) = document.pages.get(index).filter(|page| !has_nothing(page)) else { return Ok(Made::Nothing) };
        if page.facts.is_some_and(|facts| (format.copies)(&facts, &page.look)) {
            return Ok(Made::Copied);
        }
        match OpenedPage::open(document, page)? {
            None => Ok(Made::Nothing),
            Some(page) if copies(&page) => Ok(Made::Copied),
            Some(page) => Ok(Made::Encoded(page.shown, encoded(&page, go_on)?)),
        }
    };
    in_order(document.pages.len(), make, watch, |index, made, watch| {
        let Some(page) = document.pages.get(index) else { return Ok(()) };
        let ready = match made {
            Made::Nothing => None,
            Made::Encoded(shown, spilled) => Some(Ready::Encoded(shown, spilled)),
            Made::Copied => match OpenedPage::open(document, page)? {
                None => None,
                Some(opened) if copies(&opened) => Some(Ready::AsItCame(Box::new(opened))),
                // Its file is not what was known of it.
                Some(opened) => Some(Ready::Encoded(opened.shown, encoded(&opened, &mut || watch.look())?)),
            },
        };
        take(page, ready, watch)
    })
}
