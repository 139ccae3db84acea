//! A page on its way into a file.

use crate::document::{Look, PageFacts, PageFile, PageFileError, PageId, PictureFacts, dots_per_inch, page_path};
use crate::raster::{PixelWindow, RowLayout};

use super::{ExportDocument, ExportError, ExportPage};

/// What the writer of a file must know of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownPage {
    /// Its name in the document.
    pub(super) page: PageId,
    pub(super) facts: PageFacts,
    /// What was done to it. A crop that leaves all of the page is none.
    pub(super) look: Look,
    /// Pixels per inch.
    pub(super) dpi: f64,
}

impl ShownPage {
    /// Pixels of it after its crop, before it is turned.
    pub(super) fn size(&self) -> (u32, u32) {
        let window = self.window();
        (window.width, window.height)
    }

    /// The part of what came that is left.
    pub(super) fn window(&self) -> PixelWindow {
        self.look.window(self.facts.width, self.facts.height)
    }

    /// The rows it gives; `None` when nothing can be decoded.
    pub(super) fn layout(&self) -> Option<RowLayout> {
        self.look.layout(&self.facts)
    }

    /// Pixels of it as it is seen, turned.
    pub(super) fn seen_size(&self) -> (u32, u32) {
        self.look.size(self.facts.width, self.facts.height)
    }

    /// The rows of it as it is seen, turned; `None` when nothing can be decoded.
    pub(super) fn seen_layout(&self) -> Option<RowLayout> {
        Some(RowLayout::packed(self.seen_size().0, self.layout()?.format))
    }

    /// Whether it came as JPEG.
    pub(super) fn came_as_jpeg(&self) -> bool {
        matches!(self.facts.picture, PictureFacts::Jpeg(_))
    }
}

/// Whether a page is a device's JPEG of which every pixel is as it came; it may be turned. A damaged one is not.
pub(super) fn is_untouched_jpeg(facts: &PageFacts, look: &Look) -> bool {
    let is_jpeg = matches!(facts.picture, PictureFacts::Jpeg(_)) && !facts.is_damaged_jpeg();
    is_jpeg && without_idle_crop(*look, facts).keeps_pixels()
}

/// A page whose file is open.
pub(super) struct OpenedPage {
    pub(super) file: PageFile,
    pub(super) shown: ShownPage,
}

/// Whether it is known, without its file, that there is no pixel of a page. Its file may be missing.
pub(super) fn has_nothing(page: &ExportPage) -> bool {
    page.facts.is_some_and(|facts| is_nothing(&facts))
}

fn is_nothing(facts: &PageFacts) -> bool {
    facts.height == 0 || facts.width == 0
}

impl OpenedPage {
    /// Opens a page's file, and looks what is in it unless that is known. `None`: there is no pixel of it, or none
    /// that can be told from its file, which is damaged or another page's.
    pub(super) fn open(document: &ExportDocument, page: &ExportPage) -> Result<Option<OpenedPage>, ExportError> {
        if has_nothing(page) {
            return Ok(None);
        }
        let path = page_path(&document.folder, page.file);
        let unreadable = |error: &dyn std::error::Error| {
            tracing::error!(%error, file = %path.display(), "a page cannot be read");
            ExportError::PageUnreadable(path.clone())
        };
        let file = match PageFile::open_at_once(&path) {
            Ok(file) => file,
            Err(PageFileError::NoHead | PageFileError::NotAPageFile) => return Ok(None),
            Err(error) => return Err(unreadable(&error)),
        };
        let facts = match page.facts {
            // Where the file has lost something, the facts say so from here on.
            Some(facts) => facts.again(&file, page.file),
            None => PageFacts::of(&file).map_err(PageFileError::Io),
        };
        let facts = match facts {
            Ok(facts) => facts,
            Err(PageFileError::AnotherPage) => return Ok(None),
            Err(error) => return Err(unreadable(&error)),
        };
        if is_nothing(&facts) {
            return Ok(None);
        }
        let dpi = dots_per_inch(facts.width, file.head());
        let shown = ShownPage { page: page.page, facts, look: without_idle_crop(page.look, &facts), dpi };
        Ok(Some(OpenedPage { file, shown }))
    }
}

/// A crop that leaves everything is no reason to encode a page anew.
pub(super) fn without_idle_crop(look: Look, facts: &PageFacts) -> Look {
    let all = PixelWindow::all(facts.width, facts.height);
    if look.window(facts.width, facts.height) == all { Look { crop: None, ..look } } else { look }
}
