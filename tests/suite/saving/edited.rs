//! Pages that were cropped, turned, split, made lighter or black and white.

use std::fs;

use lightbar::document::{Look, PageFile, PageId, PictureFacts, Rotation, render};
use lightbar::document::{PageFacts, page_path};
use lightbar::export::{ExportDocument, ExportError, FileFormat, PdfOptions, PdfPictures, SaveOptions, Saved, save};
use lightbar::minidriver::PageFormat;
use lightbar::raster::{Encoding, PixelFormat, PixelWindow, RowLayout, Tone};

use super::turned::as_seen;
use super::{Rows, decoded, fax_rows, flate_rows, go_on, raw_page, saved, saved_as, stream, text_value};
use crate::support::judges::{drawn_by_mupdf, extracted_images, qpdf_accepts, read_by_poppler};
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg};

const PART: PixelWindow = PixelWindow { left: 101, top: 203, width: 305, height: 407 };

fn cropped(crop: PixelWindow) -> Look {
    Look { crop: Some(crop), ..Look::default() }
}

const BLACK_AND_WHITE: Tone = Tone { brightness: 0, contrast: 0, threshold: Some(128) };
const LIGHTER: Tone = Tone { brightness: 20, contrast: 10, threshold: None };

/// The rows that a page is to have in a file, all but turned.
fn rendered(document: &ExportDocument, index: usize) -> (RowLayout, Vec<u8>) {
    let page = &document.pages[index];
    let file = PageFile::open(&page_path(&document.folder, page.file)).expect("a page file");
    let facts = PageFacts::of(&file).expect("facts");
    let mut rows = Rows(None, Vec::new());
    render(&file, &facts, &page.look, None, &mut rows).expect("a good picture");
    (rows.0.expect("begun"), rows.1)
}

fn saved_with(pages: &KeptPages, name: &str, pdf: PdfOptions) -> Saved {
    let options = SaveOptions { overwrite: true, pdf, ..SaveOptions::of(FileFormat::Pdf) };
    save(&pages.export, &pages.out(name), &options, &mut go_on).expect("saved")
}

fn count(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).filter(|window| *window == what).count()
}

#[test]
fn a_cropped_and_turned_jpeg_is_the_device_s_own_in_a_pdf() {
    let device = jpeg(JpegKind::COLOUR, 827, 1169);
    for rotation in [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters] {
        let mut pages = KeptPages::with(PageFormat::Jpeg, &device, true);
        pages.export.pages[0].look = Look { rotation, ..cropped(PART) };
        let said = saved(&pages, "x.pdf");
        assert_eq!((said.written.pages, said.written.encoded_anew.len()), (1, 0));
        let file = pages.out("x.pdf");
        let bytes = fs::read(&file).expect("readable");
        assert_eq!(count(&bytes, &device), 1, "the JPEG stands in the file as it came");
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("/MediaBox [0 0 595.44 841.68]"), "the whole picture");
        // 101 × 72 / 100 from the left, 1169 − 203 − 407 rows from below.
        assert!(
            text.contains("/CropBox [72.72 402.48 292.32 695.52"),
            "{}",
            &text[text.find("/CropBox").unwrap()..][..60]
        );
        qpdf_accepts(&file);
        if let Some(images) = extracted_images(&file) {
            assert!(images == std::slice::from_ref(&device));
        }
        if let Some((width, height, _)) = drawn_by_mupdf(&file, 100) {
            let seen = if rotation.lies() { (407, 305) } else { (305, 407) };
            assert!(width.abs_diff(seen.0) <= 1 && height.abs_diff(seen.1) <= 1, "{width} × {height}");
        }
    }
}

#[test]
fn the_halves_of_a_split_page_share_its_picture() {
    let device = jpeg(JpegKind::COLOUR, 800, 600);
    let (samples, layout) = raw_page(PixelFormat::Gray8, 800, 600);
    let mut pages = KeptPages::with(PageFormat::Jpeg, &device, true);
    pages.add(page_info(PageFormat::Rows(layout)), &samples, true);
    let halves = [
        PixelWindow { left: 0, top: 0, width: 400, height: 600 },
        PixelWindow { left: 400, top: 0, width: 400, height: 600 },
    ];
    let whole = pages.export.pages.clone();
    pages.export.pages.clear();
    for (number, half) in [0, 1, 0, 1].into_iter().zip([halves[0], halves[0], halves[1], halves[1]]) {
        let mut page = whole[number].clone();
        page.page = PageId(10 + pages.export.pages.len() as u64);
        page.look = cropped(half);
        pages.export.pages.push(page);
    }
    assert_eq!(saved(&pages, "x.pdf").written.pages, 4);
    let bytes = fs::read(pages.out("x.pdf")).expect("readable");
    assert_eq!((count(&bytes, &device), count(&bytes, b"/Subtype /Image")), (1, 2));
    assert_eq!(count(&bytes, b"/CropBox [0 0 288 432]"), 2);
    assert_eq!(count(&bytes, b"/CropBox [288 0 576 432]"), 2);
    qpdf_accepts(&pages.out("x.pdf"));
    // Where the parts are really cut out, each is its own.
    let removed = PdfOptions { remove_cropped: true, ..PdfOptions::default() };
    assert_eq!(saved_with(&pages, "x.pdf", removed).written.encoded_anew, [PageId(10), PageId(12)]);
    let bytes = fs::read(pages.out("x.pdf")).expect("readable");
    assert_eq!((count(&bytes, &device), count(&bytes, b"/Subtype /Image"), count(&bytes, b"/CropBox")), (0, 4, 0));
}

#[test]
fn what_was_cropped_is_gone_when_that_is_wished_for() {
    let mut pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::COLOUR, 827, 1169), true);
    pages.export.pages[0].look = cropped(PART);
    for (pictures, anew) in [(PdfPictures::Original, 1), (PdfPictures::Lossless, 0)] {
        let said = saved_with(&pages, "x.pdf", PdfOptions { remove_cropped: true, pictures, ..PdfOptions::default() });
        assert_eq!(said.written.encoded_anew.len(), anew, "{pictures:?}");
        let bytes = fs::read(pages.out("x.pdf")).expect("readable");
        assert_eq!((text_value(&bytes, "/Width "), text_value(&bytes, "/Height ")), (305, 407));
        assert!(String::from_utf8_lossy(&bytes).contains("/MediaBox [0 0 219.6 293.04]"));
        if pictures == PdfPictures::Lossless {
            assert!(flate_rows(stream(&bytes), 305 * 3) == rendered(&pages.export, 0).1);
        }
        qpdf_accepts(&pages.out("x.pdf"));
    }
}

#[test]
fn a_page_in_another_tone_is_encoded_anew_and_black_and_white_is_g4() {
    let mut pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::COLOUR, 413, 299), true);
    let (samples, layout) = raw_page(PixelFormat::Gray16, 413, 299);
    pages.add(page_info(PageFormat::Rows(layout)), &samples, true);
    let file = pages.out("x.pdf");
    for (first, second) in [(0, 1), (1, 0)] {
        let mut one = KeptPages::new();
        std::mem::swap(&mut one, &mut pages);
        one.export.pages.swap(first, second);
        std::mem::swap(&mut one, &mut pages);
        let came_as_jpeg = |page: &lightbar::export::ExportPage| {
            let file = PageFile::open(&page_path(&pages.export.folder, page.file)).expect("a page file");
            matches!(PageFacts::of(&file).expect("facts").picture, PictureFacts::Jpeg(_))
        };
        let is_jpeg = came_as_jpeg(&pages.export.pages[0]);
        let mut export = pages.export.clone();
        export.pages.truncate(1);
        let save_it = |export: &ExportDocument| {
            let options = SaveOptions { overwrite: true, ..SaveOptions::of(FileFormat::Pdf) };
            save(export, &file, &options, &mut go_on).expect("saved")
        };
        export.pages[0].look.tone = LIGHTER;
        assert_eq!(save_it(&export).written.encoded_anew.len(), usize::from(is_jpeg));
        let bytes = fs::read(&file).expect("readable");
        if !is_jpeg {
            assert!(flate_rows(stream(&bytes), 826) == rendered(&export, 0).1);
        }
        qpdf_accepts(&file);
        export.pages[0].look.tone = BLACK_AND_WHITE;
        assert_eq!(save_it(&export).written.encoded_anew.len(), 0);
        let bytes = fs::read(&file).expect("readable");
        let (layout, mut rows) = rendered(&export, 0);
        assert_eq!(layout.format, PixelFormat::Bw1);
        // Bits behind a row's end come back as white ones.
        rows.chunks_mut(52).for_each(|row| row[51] |= 0x07);
        assert!(fax_rows(stream(&bytes), 413) == rows);
        qpdf_accepts(&file);
        if let Some((width, height, read)) = read_by_poppler(&file) {
            assert_eq!((width, height), (413, 299));
            assert!(read == super::as_rgb(PixelFormat::Bw1, &rows, 413).expect("black and white"));
        }
    }
}

#[test]
fn tiff_and_png_have_the_pixels_that_are_left() {
    for format in super::FORMATS {
        let (samples, layout) = raw_page(format, 613, 799);
        let mut pages = KeptPages::with(PageFormat::Rows(layout), &samples, true);
        for tone in [Tone::default(), LIGHTER, BLACK_AND_WHITE] {
            pages.export.pages[0].look = Look { tone, rotation: Rotation::Half, ..cropped(PART) };
            let (layout, upright) = rendered(&pages.export, 0);
            assert_eq!((layout.width, upright.len()), (305, 407 * layout.stride));
            let (layout, mut expected) = as_seen(layout, &upright, Rotation::Half);
            for (name, kind, encoding) in
                [("x.tif", FileFormat::Tiff, Encoding::Tiff), ("x.png", FileFormat::Png, Encoding::Png)]
            {
                let options = SaveOptions { overwrite: true, ..SaveOptions::of(kind) };
                save(&pages.export, &pages.out(name), &options, &mut go_on).expect("saved");
                let (there, mut rows) = decoded(&pages.out(name), encoding);
                if layout.format == PixelFormat::Cmyk8 && kind == FileFormat::Png {
                    continue;
                }
                assert_eq!(there, layout, "{format:?} {tone:?}");
                if layout.format == PixelFormat::Bw1 {
                    let whiten = |rows: &mut Vec<u8>| rows.chunks_mut(39).for_each(|row| row[38] |= 0x7f);
                    whiten(&mut rows);
                    whiten(&mut expected);
                }
                assert!(rows == expected, "{format:?} {tone:?} {kind:?}");
            }
        }
    }
}

#[test]
fn a_cropped_jpeg_file_is_encoded_anew_and_that_is_said() {
    let device = jpeg(JpegKind::COLOUR, 827, 1169);
    let mut pages = KeptPages::with(PageFormat::Jpeg, &device, true);
    pages.add(page_info(PageFormat::Jpeg), &device, true).look = Look { rotation: Rotation::Quarter, ..cropped(PART) };
    // A crop that leaves all of it is no reason.
    pages.add(page_info(PageFormat::Jpeg), &device, true).look =
        cropped(PixelWindow { left: 0, top: 0, width: 5000, height: 5000 });
    let said = saved_as(&pages, "x.jpg", FileFormat::Jpeg);
    assert_eq!(said.written.encoded_anew, [pages.export.pages[1].page]);
    assert!(fs::read(&said.files[0]).expect("readable") == device);
    assert!(fs::read(&said.files[2]).expect("readable") == device);
    let anew = fs::read(&said.files[1]).expect("readable");
    let (layout, rows) = decoded(&said.files[1], Encoding::Jpeg);
    assert_eq!((layout.width, rows.len()), (305, 305 * 407 * 3));
    let exif = anew.windows(6).position(|window| window == b"Exif\0\0").expect("Exif");
    assert_eq!(anew[exif + 25], 6, "it is turned still");
    assert_eq!(anew[13..18], [1, 0, 100, 0, 100], "100 dots per inch");
    // What is left looks as it did, but for a little.
    let (_, expected) = rendered(&pages.export, 1);
    let off: u64 = rows.iter().zip(&expected).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!(off < 6 * rows.len() as u64, "{} a sample", off as f64 / rows.len() as f64);
}

#[test]
fn a_page_of_which_nothing_came_needs_no_file() {
    let device = jpeg(JpegKind::GRAY, 100, 80);
    for (format, name) in super::passing_on::ALL_FORMATS {
        let mut pages = KeptPages::with(PageFormat::Jpeg, &device, true);
        let page = pages.add(page_info(PageFormat::Jpeg), b"nothing", false);
        page.facts = Some(PageFacts {
            width: 0,
            height: 0,
            complete: false,
            bytes: 7,
            picture: PictureFacts::Unknown,
            damaged: None,
            blank: 0,
            mark: 0,
            sheet: None,
        });
        let id = page.page;
        fs::remove_file(pages.file(1)).expect("removed");
        let said = saved_as(&pages, name, format);
        assert_eq!((said.written.pages, said.written.left_out), (1, vec![id]), "{format:?}");
        // One that should be there and is not is another thing.
        fs::remove_file(pages.file(0)).expect("removed");
        let options = SaveOptions { overwrite: true, ..SaveOptions::of(format) };
        let refused = save(&pages.export, &pages.out(name), &options, &mut go_on);
        assert_eq!(refused, Err(ExportError::PageUnreadable(pages.file(0))), "{format:?}");
    }
}
