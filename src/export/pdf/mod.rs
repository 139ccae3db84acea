//! PDF: one page at a time, device JPEG untouched, an own cross-reference table.
//!
//! Per page: the page object, its contents, its image; pages that show parts of one picture share it. Only
//! the offsets of the objects stay in memory, and which picture is which. A text layer will be a second
//! content stream and a font.

mod about;
mod archive;
mod check;
mod encryption;
mod file;
mod image;
mod picture;
mod sheet;

use std::collections::{HashMap, HashSet};
use std::io::Write;

use pdf_writer::{Chunk, Finish, Name, Ref};

use crate::document::{Look, PageId, PictureFacts, Rotation};
use crate::raster::{PixelWindow, Tone};
use crate::units::Date;

use super::opened::has_nothing;
use super::output::{Output, Watch};
use super::spill::Scratch;
use super::workers::{GoOn, in_order};
use super::{ExportDocument, ExportError, ExportPage, OpenedPage, PdfOptions, SaveOptions, ShownPage, Written};

use about::About;
use archive::Archive;
pub(super) use check::check;
use encryption::Encryption;
pub(super) use encryption::refused as refused_password;
use file::PdfFile;
pub(super) use picture::Coding;
use picture::{EncodedPicture, Filter, encode};
use sheet::Sheet;

/// The only name in a page's resources.
const IMAGE: Name<'static> = Name(b"Im0");
const CATALOG: Ref = Ref::new(1);
const PAGE_TREE: Ref = Ref::new(2);
const INFORMATION: Ref = Ref::new(3);

/// Writes a document as PDF. What was written when it fails is no PDF.
pub(super) fn write(
    document: &ExportDocument,
    options: &SaveOptions,
    scratch: Scratch<'_>,
    sink: &mut dyn Write,
    watch: &mut Watch<'_, '_>,
) -> Result<Written, ExportError> {
    let options = &options.pdf;
    let pages: Vec<Wanted> = document.pages.iter().map(|page| Wanted::of(page, options)).collect();
    let repeats = repeats(&pages);
    let made = |index: usize, go_on: &mut GoOn<'_>| match (pages.get(index), repeats.get(index)) {
        (Some(page), Some(false)) => make(document, &page.page, options, scratch, go_on),
        _ => Ok(Made::Again),
    };
    let encryption = options.password.as_ref().map(Encryption::new).transpose()?;
    let mut writing = Writing {
        document,
        options,
        scratch,
        pdf: PdfFile::begin(Output::new(sink), encryption)?,
        images: HashMap::new(),
        written: Written::default(),
        kids: Vec::new(),
    };
    in_order(pages.len(), made, watch, |index, made, watch| {
        watch.look()?;
        if let Some(page) = pages.get(index) {
            writing.page(page, made, watch)?;
        }
        watch.page_done()
    })?;
    let Writing { mut pdf, written, kids, .. } = writing;
    if kids.is_empty() {
        return Err(ExportError::NoPages);
    }
    write_structure(&mut pdf, document, options, &kids)?;
    pdf.finish(CATALOG, INFORMATION)?;
    Ok(written)
}

/// The pictures that a file has, as pages that show all of them; `None` for one that an earlier page has, too.
pub(super) fn pictures(document: &ExportDocument, options: &PdfOptions) -> Vec<Option<ExportPage>> {
    let pages: Vec<Wanted> = document.pages.iter().map(|page| Wanted::of(page, options)).collect();
    let repeats = repeats(&pages);
    pages.into_iter().zip(repeats).map(|(page, repeats)| (!repeats).then_some(page.page)).collect()
}

/// Bytes that a page's picture takes; `None` when it is better left as it came.
pub(super) fn encoded_length(
    page: &OpenedPage,
    coding: Coding,
    options: &PdfOptions,
    go_on: &mut GoOn<'_>,
) -> Result<Option<u64>, ExportError> {
    Ok(encode(page, coding, options.archive, Scratch::NOWHERE, go_on)?.map(|picture| picture.length))
}

/// A page as it is to be in the file: its look is that of its picture, which may show more than the page does.
struct Wanted {
    page: ExportPage,
    crop: Option<PixelWindow>,
}

/// What makes a picture the same as another one.
type SamePicture = (PageId, Tone, Option<PixelWindow>);

impl Wanted {
    fn of(page: &ExportPage, options: &PdfOptions) -> Wanted {
        let mut page = page.clone();
        let crop = if options.remove_cropped { None } else { page.look.crop.take() };
        Wanted { page, crop }
    }

    fn picture(&self) -> SamePicture {
        (self.page.file, self.page.look.tone, self.page.look.crop)
    }
}

/// Which pages have a picture that an earlier one has.
fn repeats(pages: &[Wanted]) -> Vec<bool> {
    let mut seen = HashSet::new();
    pages.iter().map(|page| !seen.insert(page.picture())).collect()
}

/// What a worker says of a page.
enum Made {
    Nothing,
    /// The device's bytes, copied by the thread that writes: what is only copied must not wait in memory.
    AsItCame,
    /// An earlier page has the picture.
    Again,
    Encoded(Box<ShownPage>, EncodedPicture),
}

fn make(
    document: &ExportDocument,
    page: &ExportPage,
    options: &PdfOptions,
    scratch: Scratch<'_>,
    go_on: &mut GoOn<'_>,
) -> Result<Made, ExportError> {
    if has_nothing(page) {
        return Ok(Made::Nothing);
    }
    if page.facts.is_some_and(|facts| Coding::of(&facts, &page.look, options) == Some(Coding::AsItCame)) {
        return Ok(Made::AsItCame);
    }
    match OpenedPage::open(document, page)? {
        Some(page) => made_of(&page, options, scratch, go_on),
        None => Ok(Made::Nothing),
    }
}

fn made_of(
    page: &OpenedPage,
    options: &PdfOptions,
    scratch: Scratch<'_>,
    go_on: &mut GoOn<'_>,
) -> Result<Made, ExportError> {
    let Some(coding) = Coding::of(&page.shown.facts, &page.shown.look, options) else { return Ok(Made::Nothing) };
    Ok(match encode(page, coding, options.archive, scratch, go_on)? {
        Some(picture) => Made::Encoded(Box::new(page.shown), picture),
        None => Made::AsItCame,
    })
}

/// An image that is in the file.
#[derive(Clone, Copy)]
struct Image {
    object: Ref,
    encoded_anew: bool,
}

/// A file that is being written.
struct Writing<'a> {
    document: &'a ExportDocument,
    options: &'a PdfOptions,
    scratch: Scratch<'a>,
    pdf: PdfFile<'a>,
    /// `None`: there is nothing that PDF can hold.
    images: HashMap<SamePicture, Option<Image>>,
    written: Written,
    kids: Vec<Ref>,
}

impl Writing<'_> {
    fn page(&mut self, page: &Wanted, made: Made, watch: &mut Watch<'_, '_>) -> Result<(), ExportError> {
        let (shown, image) = self.image(page, made, watch)?;
        match (shown, image) {
            (Some(shown), Some(image)) => {
                self.put_page(&shown, page.crop, image.object)?;
                self.written.has(&shown, image.encoded_anew);
            }
            _ => self.written.left_out.push(page.page.page),
        }
        Ok(())
    }

    /// Writes a page's image, unless it is there.
    fn image(
        &mut self,
        page: &Wanted,
        made: Made,
        watch: &mut Watch<'_, '_>,
    ) -> Result<(Option<ShownPage>, Option<Image>), ExportError> {
        let picture = page.picture();
        let known = self.images.get(&picture).copied().flatten();
        let (shown, image) = match made {
            Made::Nothing => (None, None),
            Made::Encoded(shown, encoded) => {
                let image = self.put_encoded(&shown, encoded, watch)?;
                (Some(*shown), Some(image))
            }
            Made::Again if known.is_none() => (None, None),
            Made::Again | Made::AsItCame => match OpenedPage::open(self.document, &page.page)? {
                None => (None, None),
                Some(opened) if known.is_some() => (Some(opened.shown), known),
                Some(opened) => {
                    let image = self.put_opened(&opened, watch)?;
                    (Some(opened.shown), image)
                }
            },
        };
        self.images.entry(picture).or_insert(image);
        Ok((shown, image))
    }

    fn put_opened(&mut self, page: &OpenedPage, watch: &mut Watch<'_, '_>) -> Result<Option<Image>, ExportError> {
        let shown = &page.shown;
        if let PictureFacts::Jpeg(jpeg) = &shown.facts.picture
            && shown.look.keeps_pixels()
            && !shown.facts.is_damaged_jpeg()
        {
            let object = self.pdf.reserve();
            let is_in = image::write_jpeg(&mut self.pdf, object, page, jpeg, watch)?;
            return Ok(is_in.then_some(Image { object, encoded_anew: false }));
        }
        // Its file is not what was known of it.
        match made_of(page, self.options, self.scratch, &mut || watch.look())? {
            Made::Encoded(shown, encoded) => self.put_encoded(&shown, encoded, watch).map(Some),
            _ => Ok(None),
        }
    }

    fn put_encoded(
        &mut self,
        shown: &ShownPage,
        picture: EncodedPicture,
        watch: &mut Watch<'_, '_>,
    ) -> Result<Image, ExportError> {
        let encoded_anew = shown.came_as_jpeg() && matches!(picture.filter, Filter::Jpeg(_));
        let object = self.pdf.reserve();
        image::write_encoded(&mut self.pdf, object, picture, watch)?;
        Ok(Image { object, encoded_anew })
    }

    fn put_page(&mut self, shown: &ShownPage, crop: Option<PixelWindow>, image: Ref) -> Result<(), ExportError> {
        let contents = self.pdf.reserve();
        let object = self.pdf.reserve();
        let crop = Look { crop, ..shown.look }.window(shown.facts.width, shown.facts.height);
        let sheet = Sheet::of(shown, crop, self.options.archive)?;
        let drawing = format!("q\n{:.2} 0 0 {:.2} 0 0 cm\n/Im0 Do\nQ\n", sheet.width, sheet.height);
        let mut chunk = Chunk::new();
        chunk.stream(contents, &self.pdf.sealed(drawing.as_bytes())?);
        let mut entry = chunk.page(object);
        entry.parent(PAGE_TREE).media_box(sheet.media_box());
        if let Some(shown) = sheet.crop_box {
            entry.crop_box(shown);
        }
        if sheet.unit != 1.0 {
            entry.user_unit(sheet.unit as f32);
        }
        if shown.look.rotation != Rotation::None {
            entry.rotate(i32::from(shown.look.rotation.degrees()));
        }
        entry.resources().x_objects().pair(IMAGE, image);
        entry.contents(contents);
        entry.finish();
        self.pdf.put(&chunk)?;
        self.kids.push(object);
        Ok(())
    }
}

fn write_structure(
    pdf: &mut PdfFile<'_>,
    document: &ExportDocument,
    options: &PdfOptions,
    kids: &[Ref],
) -> Result<(), ExportError> {
    let mut chunk = Chunk::new();
    let count = i32::try_from(kids.len()).unwrap_or(i32::MAX);
    chunk.pages(PAGE_TREE).kids(kids.iter().copied()).count(count);
    let archive = options.archive.then(|| Archive { metadata: pdf.reserve(), profile: pdf.reserve() });
    let mut catalog = chunk.indirect(CATALOG).start::<pdf_writer::writers::Catalog<'_>>();
    catalog.pages(PAGE_TREE);
    if let Some(archive) = &archive {
        archive.name_in(&mut catalog);
    }
    catalog.finish();
    let about = About::of(document, &options.about);
    let created = Date::from_unix(document.created);
    about.put(pdf, &mut chunk, INFORMATION, &created)?;
    if let Some(archive) = archive {
        archive.put(&mut chunk, &about, &created)?;
    }
    pdf.put(&chunk)
}

/// The program that made a file.
const PRODUCER: &str = concat!("Lightbar ", env!("CARGO_PKG_VERSION"));
