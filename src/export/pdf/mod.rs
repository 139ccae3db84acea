//! PDF: one page at a time, device JPEG untouched, an own cross-reference table.
//!
//! Per page: the page object, its contents, its image. Only the offsets of the objects stay in
//! memory, eight bytes each. A text layer will be a second content stream and a font.

mod check;
mod file;
mod image;

use std::io::Write;

use pdf_writer::{Chunk, Date, Finish, Name, Rect, Ref, TextStr};

use crate::document::{PageFacts, PageHead, Rotation};
use crate::units;

use super::output::{Output, Watch};
use super::page_size::dots_per_inch;
use super::{ExportDocument, ExportError, OnProgress, OpenedPage, Written};

pub(super) use check::check;
use file::PdfFile;

/// The only name in a page's resources.
const IMAGE: Name<'static> = Name(b"Im0");
/// Longest side of a page in units of 1/72 inch; longer pages have larger units.
const LONGEST_SIDE: f64 = 14_400.0;
const CATALOG: Ref = Ref::new(1);
const PAGE_TREE: Ref = Ref::new(2);
const INFORMATION: Ref = Ref::new(3);

/// Writes a document as PDF.
///
/// # Errors
/// [`ExportError`]; what was written then is no PDF.
pub fn write(
    document: &ExportDocument,
    sink: &mut dyn Write,
    on_progress: &mut OnProgress<'_>,
) -> Result<Written, ExportError> {
    let mut watch = Watch::new(document.pages.len(), on_progress);
    let mut pdf = PdfFile::begin(Output::new(sink))?;
    let mut written = Written::default();
    let mut kids = Vec::new();
    for page in &document.pages {
        watch.look()?;
        let page = OpenedPage::open(document, page)?;
        let object = write_page(&mut pdf, &page, &mut watch)?;
        written.note(&page, object.is_some());
        kids.extend(object);
        watch.page_done()?;
    }
    if kids.is_empty() {
        return Err(ExportError::NoPages);
    }
    write_structure(&mut pdf, document, &kids)?;
    pdf.finish(CATALOG, INFORMATION)?;
    Ok(written)
}

/// Writes one page; `None` when nothing of it can be written.
fn write_page(pdf: &mut PdfFile<'_>, page: &OpenedPage, watch: &mut Watch<'_, '_>) -> Result<Option<Ref>, ExportError> {
    if page.is_empty() {
        return Ok(None);
    }
    let image = pdf.reserve();
    if !image::write(pdf, image, page, watch)? {
        return Ok(None);
    }
    let contents = pdf.reserve();
    let object = pdf.reserve();
    let sheet = Sheet::of(&page.facts, page.file.head());
    let drawing = format!("q\n{:.2} 0 0 {:.2} 0 0 cm\n/Im0 Do\nQ\n", sheet.width, sheet.height);
    let mut chunk = Chunk::new();
    chunk.stream(contents, drawing.as_bytes());
    let mut entry = chunk.page(object);
    entry.parent(PAGE_TREE).media_box(Rect::new(0.0, 0.0, sheet.width as f32, sheet.height as f32));
    if sheet.unit > 1.0 {
        entry.user_unit(sheet.unit as f32);
    }
    if page.look.rotation != Rotation::None {
        entry.rotate(i32::from(page.look.rotation.degrees()));
    }
    entry.resources().x_objects().pair(IMAGE, image);
    entry.contents(contents);
    entry.finish();
    pdf.put(&chunk)?;
    Ok(Some(object))
}

/// A page's size in its own units.
struct Sheet {
    width: f64,
    height: f64,
    /// How many 1/72 inch such a unit is.
    unit: f64,
}

impl Sheet {
    fn of(facts: &PageFacts, head: &PageHead) -> Sheet {
        let dpi = dots_per_inch(facts, head);
        let (width, height) = (f64::from(facts.width) * 72.0 / dpi, f64::from(facts.height) * 72.0 / dpi);
        let unit = (width.max(height) / LONGEST_SIDE).ceil().max(1.0);
        // Two decimals are 1/7200 inch; the same rounding as in the drawing.
        let rounded = |points: f64| ((points / unit) * 100.0).round().max(1.0) / 100.0;
        Sheet { width: rounded(width), height: rounded(height), unit }
    }
}

fn write_structure(pdf: &mut PdfFile<'_>, document: &ExportDocument, kids: &[Ref]) -> Result<(), ExportError> {
    let mut chunk = Chunk::new();
    let count = i32::try_from(kids.len()).unwrap_or(i32::MAX);
    chunk.pages(PAGE_TREE).kids(kids.iter().copied()).count(count);
    chunk.indirect(CATALOG).start::<pdf_writer::writers::Catalog<'_>>().pages(PAGE_TREE);
    let mut information = chunk.indirect(INFORMATION).start::<pdf_writer::writers::DocumentInfo<'_>>();
    let date = pdf_date(document.created);
    if let Some(title) = &document.title {
        information.title(TextStr(title));
    }
    information.producer(TextStr(concat!("Lightbar ", env!("CARGO_PKG_VERSION"))));
    information.creation_date(date).modified_date(date);
    information.finish();
    pdf.put(&chunk)
}

fn pdf_date(seconds: u64) -> Date {
    let date = units::Date::from_unix(seconds);
    Date::new(date.year)
        .month(date.month)
        .day(date.day)
        .hour(date.hour)
        .minute(date.minute)
        .second(date.second)
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
