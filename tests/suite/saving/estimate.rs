//! How large a file will be, before it is saved.

use std::fs;
use std::ops::ControlFlow;

use lightbar::document::{PageFacts, PageFile, page_path};
use lightbar::export::{
    Estimate, ExportError, FileFormat, PdfOptions, PdfPassword, PdfPictures, QualityLevel, SaveOptions,
    TiffCompression, estimate, save,
};
use lightbar::minidriver::PageFormat;
use lightbar::raster::{PixelFormat, PixelWindow, Tone};

use super::{go_on, raw_page};
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg};

fn pdf(pictures: PdfPictures) -> SaveOptions {
    SaveOptions { pdf: PdfOptions { pictures, ..PdfOptions::default() }, ..SaveOptions::of(FileFormat::Pdf) }
}

/// Says to every page what is known of it, as a document does.
fn with_facts(mut pages: KeptPages) -> KeptPages {
    for page in &mut pages.export.pages {
        let file = PageFile::open(&page_path(&pages.export.folder, page.file)).expect("a page file");
        page.facts = Some(PageFacts::of(&file).expect("facts"));
    }
    pages
}

/// What was estimated, and what it really takes.
fn both(pages: &KeptPages, options: &SaveOptions) -> (Estimate, u64) {
    let estimated = estimate(&pages.export, options, &mut go_on).expect("estimated");
    let options = SaveOptions { overwrite: true, ..options.clone() };
    let said = save(&pages.export, &pages.out("x.out"), &options, &mut go_on).expect("saved");
    let really = said.files.iter().map(|file| fs::metadata(file).expect("there").len()).sum();
    said.files.iter().for_each(|file| fs::remove_file(file).expect("removed"));
    (estimated, really)
}

#[test]
fn what_is_copied_is_known() {
    let mut pages = KeptPages::new();
    for width in [300, 400, 500] {
        pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::COLOUR, width, 300), true);
    }
    // Both halves of a page have its picture once.
    let mut half = pages.export.pages[2].clone();
    half.look.crop = Some(PixelWindow { left: 0, top: 0, width: 100, height: 300 });
    pages.export.pages.push(half);
    let mut encrypted = pdf(PdfPictures::Original);
    encrypted.pdf.password = Some(PdfPassword { user: "x".to_owned(), owner: None });
    let mut archive = pdf(PdfPictures::Lossless);
    archive.pdf.archive = true;
    for options in [pdf(PdfPictures::Original), encrypted, archive] {
        let (estimated, really) = both(&pages, &options);
        assert!(estimated.exact);
        assert!(
            estimated.bytes.abs_diff(really) < 150 * 4 + 100,
            "{} and really {really}: {options:?}",
            estimated.bytes
        );
    }
    pages.export.pages.pop();
    let (estimated, really) = both(&pages, &SaveOptions::of(FileFormat::Jpeg));
    assert_eq!(estimated, Estimate { bytes: really, exact: true });
}

#[test]
fn what_is_encoded_is_estimated() {
    let mut pages = KeptPages::new();
    for number in 0..5 {
        pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::COLOUR, 827, 1000 + 20 * number), true);
        let (samples, layout) = raw_page(PixelFormat::Gray8, 827, 1000);
        pages.add(page_info(PageFormat::Rows(layout)), &samples, true);
        let (samples, layout) = raw_page(PixelFormat::Gray8, 827, 500);
        let tone = Tone { threshold: Some(128), ..Tone::default() };
        pages.add(page_info(PageFormat::Rows(layout)), &samples, true).look.tone = tone;
    }
    let pages = with_facts(pages);
    let mut wishes = vec![SaveOptions::of(FileFormat::Png), SaveOptions::of(FileFormat::Jpeg)];
    wishes.extend([PdfPictures::Original, PdfPictures::Lossless].map(pdf));
    wishes.extend(QualityLevel::ALL.map(|level| pdf(PdfPictures::Quality(level))));
    wishes.extend(
        [TiffCompression::Auto, TiffCompression::Lzw, TiffCompression::Deflate, TiffCompression::None]
            .map(|tiff| SaveOptions { tiff, ..SaveOptions::of(FileFormat::Tiff) }),
    );
    for options in wishes {
        let (estimated, really) = both(&pages, &options);
        assert!(!estimated.exact);
        let near = estimated.bytes.abs_diff(really) * 10 < really;
        assert!(near, "{} and really {really}: {options:?}", estimated.bytes);
    }
}

#[test]
fn of_many_pages_only_a_few_are_looked_at() {
    let mut pages = KeptPages::new();
    let (samples, layout) = raw_page(PixelFormat::Gray8, 40, 30);
    for _ in 0..15 {
        pages.add(page_info(PageFormat::Rows(layout)), &samples, true);
    }
    let pages = with_facts(pages);
    let options = pdf(PdfPictures::Original);
    let whole = estimate(&pages.export, &options, &mut go_on).expect("estimated");
    let mut needed = 0;
    for page in 0..15 {
        let (file, aside) = (pages.file(page), pages.file(page).with_extension("aside"));
        fs::rename(&file, &aside).expect("moved");
        match estimate(&pages.export, &options, &mut go_on) {
            Ok(estimated) => assert_eq!(estimated, whole),
            Err(error) => {
                assert_eq!(error, ExportError::PageUnreadable(file.clone()));
                needed += 1;
            }
        }
        fs::rename(&aside, &file).expect("moved back");
    }
    assert!((1..=3).contains(&needed), "{needed} of 15 pages");
}

#[test]
fn an_estimate_can_be_stopped() {
    let (samples, layout) = raw_page(PixelFormat::Gray8, 400, 300);
    let pages = KeptPages::with(PageFormat::Rows(layout), &samples, true);
    for stop_at in 1..3 {
        let mut looks = 0;
        let stopped = estimate(&pages.export, &SaveOptions::of(FileFormat::Png), &mut |_| {
            looks += 1;
            if looks == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(stopped, Err(ExportError::Cancelled), "at look {stop_at}");
    }
}
