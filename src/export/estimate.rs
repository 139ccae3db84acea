//! How large a file will be, before it is saved: what is copied is counted, of what is encoded a part is
//! really encoded, and the rest is taken to be like it.

use std::collections::BTreeMap;

use crate::document::{Look, PageFacts, Rotation};
use crate::raster::PixelWindow;

use super::opened::{has_nothing, is_untouched_jpeg};
use super::output::Watch;
use super::pdf::{self, Coding};
use super::ready::OnePageFormat;
use super::spill::{Scratch, Spill};
use super::workers::{GoOn, in_order};
use super::{
    ExportDocument, ExportError, ExportPage, FileFormat, OnProgress, OpenedPage, SaveOptions, jpeg, png, tiff,
};

/// Pages of one kind that are looked at, spread over the document.
const SAMPLES: usize = 3;
/// Pages that are looked at in all, whatever kinds there are.
const MOST_SAMPLES: usize = 8;
/// Pixels of a page that are encoded, about: a quarter of A4 at 600 dpi. Of a larger page its middle is taken.
const MOST_PIXELS: u64 = 9_000_000;
/// What stands around a page and around all of them, in bytes, about.
const AROUND_PDF: (u64, u64) = (620, 700);
const AROUND_TIFF: (u64, u64) = (260, 16);
/// An archive's metadata and profile.
const AROUND_ARCHIVE: u64 = 1_400;
/// What encrypting adds to a page, and to all of them.
const AROUND_ENCRYPTED: (u64, u64) = (64, 900);

/// How large what is saved will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Bytes, all files together.
    pub bytes: u64,
    /// Whether everything is copied, so that no more than some hundred bytes a page can be wrong. Otherwise this
    /// is an estimate, and is to be called one.
    pub exact: bool,
}

/// What becomes of a page.
enum Fate {
    /// There is nothing of it.
    Nothing,
    Copied(u64),
    Encoded(Kind),
}

/// Pages of one kind take about as many bytes a pixel. The number is only to tell kinds apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind(u8, u32);

/// A page that is encoded.
struct Encoded {
    page: ExportPage,
    pixels: u64,
    /// No more than this, when its own bytes are kept instead of more.
    most: u64,
}

/// Says how large what is saved will be. Only a few pages are decoded for it, whatever the document has.
///
/// # Errors
/// [`ExportError`], as saving would have it: wishes that cannot be had, pages that cannot be read, a cancel.
pub fn estimate(
    document: &ExportDocument,
    options: &SaveOptions,
    on_progress: &mut OnProgress<'_>,
) -> Result<Estimate, ExportError> {
    options.check(document)?;
    let mut watch = Watch::new(document.pages.len(), on_progress);
    let pictures: Vec<Option<ExportPage>> = match options.format {
        FileFormat::Pdf => pdf::pictures(document, &options.pdf),
        _ => document.pages.iter().cloned().map(Some).collect(),
    };
    let mut bytes = around(document, options);
    let mut kinds: BTreeMap<Kind, Vec<Encoded>> = BTreeMap::new();
    for mut page in pictures.into_iter().flatten() {
        watch.look()?;
        let Some(facts) = facts_of(document, &page)? else { continue };
        page.facts = Some(facts);
        match fate(&facts, &page.look, options) {
            Fate::Nothing => {}
            Fate::Copied(copied) => bytes += copied,
            Fate::Encoded(kind) => {
                let window = page.look.window(facts.width, facts.height);
                let pixels = u64::from(window.width) * u64::from(window.height);
                let keeps = is_untouched_jpeg(&facts, &page.look) && options.format == FileFormat::Pdf;
                let most = if keeps { facts.bytes } else { u64::MAX };
                kinds.entry(kind).or_default().push(Encoded { page, pixels, most });
            }
        }
    }
    let exact = kinds.is_empty();
    bytes += encoded_bytes(document, options, &kinds, &mut watch)?;
    Ok(Estimate { bytes, exact })
}

fn facts_of(document: &ExportDocument, page: &ExportPage) -> Result<Option<PageFacts>, ExportError> {
    match page.facts {
        _ if has_nothing(page) => Ok(None),
        Some(facts) => Ok(Some(facts)),
        None => Ok(OpenedPage::open(document, page)?.map(|page| page.shown.facts)),
    }
}

/// What a file has beside its pictures.
fn around(document: &ExportDocument, options: &SaveOptions) -> u64 {
    let pages = document.pages.len() as u64;
    let (each, all) = match options.format {
        FileFormat::Pdf => AROUND_PDF,
        FileFormat::Tiff => AROUND_TIFF,
        FileFormat::Png | FileFormat::Jpeg => (0, 0),
    };
    let mut sum = each * pages + all;
    if options.format == FileFormat::Pdf {
        sum += if options.pdf.archive { AROUND_ARCHIVE } else { 0 };
        if options.pdf.password.is_some() {
            sum += AROUND_ENCRYPTED.0 * pages + AROUND_ENCRYPTED.1;
        }
    }
    sum
}

fn fate(facts: &PageFacts, look: &Look, options: &SaveOptions) -> Fate {
    let Some(layout) = look.layout(facts) else { return Fate::Nothing };
    let bits = layout.format.bits();
    match options.format {
        FileFormat::Pdf => match Coding::of(facts, look, &options.pdf) {
            None => Fate::Nothing,
            Some(Coding::AsItCame) => Fate::Copied(facts.bytes),
            Some(Coding::Jpeg { .. }) => Fate::Encoded(Kind(0, bits)),
            Some(Coding::Fax) => Fate::Encoded(Kind(1, bits)),
            Some(Coding::Flate) => Fate::Encoded(Kind(2, bits)),
        },
        FileFormat::Jpeg if (jpeg::ONE_PAGE.copies)(facts, look) => Fate::Copied(facts.bytes),
        FileFormat::Tiff | FileFormat::Png | FileFormat::Jpeg => Fate::Encoded(Kind(0, bits)),
    }
}

/// What the pages that are encoded will take.
fn encoded_bytes(
    document: &ExportDocument,
    options: &SaveOptions,
    kinds: &BTreeMap<Kind, Vec<Encoded>>,
    watch: &mut Watch<'_, '_>,
) -> Result<u64, ExportError> {
    let each = (MOST_SAMPLES / kinds.len().max(1)).clamp(1, SAMPLES);
    let mut samples = Vec::new();
    for (kind, pages) in kinds {
        let count = pages.len().min(each);
        // The middle ones of equal parts of the document.
        samples.extend((0..count).filter_map(|at| Some((*kind, pages.get((2 * at + 1) * pages.len() / (2 * count))?))));
    }
    let mut rates: BTreeMap<Kind, (u64, u64)> = BTreeMap::new();
    let make = |index: usize, go_on: &mut GoOn<'_>| match samples.get(index) {
        Some((_, sample)) => sample_bytes(document, &sample.page, options, go_on),
        None => Ok((0, 0)),
    };
    in_order(samples.len(), make, watch, |index, (bytes, pixels), watch| {
        if let Some((kind, _)) = samples.get(index) {
            let rate = rates.entry(*kind).or_default();
            *rate = (rate.0 + bytes, rate.1 + pixels);
        }
        watch.look()
    })?;
    let mut sum = 0u64;
    for (kind, pages) in kinds {
        let (bytes, pixels) = rates.get(kind).copied().unwrap_or_default();
        for page in pages {
            let likely = u128::from(bytes) * u128::from(page.pixels) / u128::from(pixels.max(1));
            sum = sum.saturating_add(u64::try_from(likely).unwrap_or(u64::MAX).min(page.most));
        }
    }
    Ok(sum)
}

/// Encodes a page, or the middle of a large one; the bytes that gave, and the pixels they were for.
fn sample_bytes(
    document: &ExportDocument,
    page: &ExportPage,
    options: &SaveOptions,
    go_on: &mut GoOn<'_>,
) -> Result<(u64, u64), ExportError> {
    let Some(mut page) = OpenedPage::open(document, page)? else { return Ok((0, 0)) };
    let facts = &page.shown.facts;
    let whole = page.shown.window();
    let part = middle(whole);
    let pixels = u64::from(part.width) * u64::from(part.height);
    // How it is encoded is asked of the whole page: a part of a device's JPEG is none.
    let coding = Coding::of(facts, &page.shown.look, &options.pdf);
    let as_it_came = facts.bytes * u64::from(part.height) / u64::from(whole.height.max(1));
    page.shown.look.crop = Some(part);
    // Turned pixels take about as many bytes, and nothing is kept here that could be turned.
    page.shown.look.rotation = Rotation::None;
    let one_page = |format: &OnePageFormat, go_on: &mut GoOn<'_>| -> Result<u64, ExportError> {
        let mut spill = Spill::new(Scratch::NOWHERE);
        (format.encode)(&page, options, &mut spill, go_on)?;
        Ok(spill.length())
    };
    let bytes = match options.format {
        FileFormat::Pdf => match coding {
            None => 0,
            Some(coding) => pdf::encoded_length(&page, coding, &options.pdf, go_on)?.unwrap_or(as_it_came),
        },
        FileFormat::Tiff => tiff::encoded_length(&page, options.tiff, go_on)?,
        FileFormat::Png => one_page(&png::ONE_PAGE, go_on)?,
        FileFormat::Jpeg => one_page(&jpeg::ONE_PAGE, go_on)?,
    };
    Ok((bytes, pixels))
}

/// The rows in the middle of a page that are looked at.
fn middle(whole: PixelWindow) -> PixelWindow {
    let most = (MOST_PIXELS / u64::from(whole.width.max(1))).max(1);
    let height = u32::try_from(most).unwrap_or(u32::MAX).min(whole.height);
    PixelWindow { top: whole.top + (whole.height - height) / 2, height, ..whole }
}
