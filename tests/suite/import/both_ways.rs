//! What was saved here comes back as it was.

use std::ops::ControlFlow;

use lightbar::document::{PictureFacts, Rotation};
use lightbar::export::{FileFormat, SaveOptions, save};
use lightbar::import::ImportedPage;
use lightbar::minidriver::PageFormat;
use lightbar::raster::{PixelFormat, RowLayout};

use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg, page};

use super::bench::Bench;

/// Rows of each format, of a width that fills no byte.
fn rows(format: PixelFormat, width: u32, height: u32) -> (PageFormat, Vec<u8>) {
    let layout = RowLayout::packed(width, format);
    let mut rows = page(1, layout.stride, height as usize);
    if format == PixelFormat::Bw1 {
        for (index, row) in rows.chunks_exact_mut(layout.stride).enumerate() {
            row.iter_mut().for_each(|byte| *byte = byte.wrapping_mul(37).wrapping_add(index as u8) & 0xf0);
            row[layout.stride - 1] &= !(0xff >> (width % 8));
        }
    }
    (PageFormat::Rows(layout), rows)
}

fn saved(pages: &KeptPages, format: FileFormat, name: &str) -> std::path::PathBuf {
    let options = SaveOptions::of(format);
    save(&pages.export, &pages.out(name), &options, &mut |_| ControlFlow::Continue(())).expect("saved");
    pages.out(name)
}

const FORMATS: [PixelFormat; 6] = PixelFormat::ALL;

fn are_as_they_were(bench: &Bench, imported: &[ImportedPage], rows: &[(PageFormat, Vec<u8>)]) {
    assert_eq!(imported.len(), rows.len());
    for (page, (format, bytes)) in imported.iter().zip(rows) {
        assert_eq!(page.head.info.format, *format);
        assert!(page.facts.complete);
        assert!(bench.bytes(page) == *bytes, "{format:?}");
        assert_eq!(page.head.info.dpi.0, 100, "{format:?}");
    }
}

#[test]
fn jpegs_of_a_saved_pdf_come_back_byte_for_byte() {
    let mut pages = KeptPages::new();
    let kinds = [JpegKind::COLOUR, JpegKind::GRAY, JpegKind::CMYK, JpegKind { progressive: true, ..JpegKind::COLOUR }];
    let jpegs = kinds.map(|kind| jpeg(kind, 413, 585));
    let turns = [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters];
    for (jpeg, rotation) in jpegs.iter().zip(turns) {
        pages.add(page_info(PageFormat::Jpeg), jpeg, true).look.rotation = rotation;
    }
    let bench = Bench::new();
    let imported = bench.import_file(&saved(&pages, FileFormat::Pdf, "x.pdf")).expect("imported");
    assert_eq!(imported.remarks, []);
    assert_eq!(imported.pages.len(), 4);
    for ((page, jpeg), rotation) in imported.pages.iter().zip(&jpegs).zip(turns) {
        assert!(bench.bytes(page) == *jpeg);
        assert_eq!((page.look.rotation, page.look.crop), (rotation, None));
        assert_eq!((page.facts.width, page.facts.height, page.head.info.dpi.0), (413, 585, 100));
        assert!(page.facts.complete && matches!(page.facts.picture, PictureFacts::Jpeg(_)));
        assert_eq!(page.head.info.area.width.pixels(page.head.info.dpi), 413);
    }
    let numbers: Vec<u32> = imported.pages.iter().map(|page| page.head.info.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    let origin = &imported.pages[0].head.origin;
    assert_eq!((origin.device.as_str(), origin.device_name.as_str(), origin.job), ("", "x.pdf", 7));
}

#[test]
fn rows_of_a_saved_pdf_come_back_as_they_were() {
    let mut pages = KeptPages::new();
    let rows = FORMATS.map(|format| rows(format, 203, 150));
    for (format, bytes) in &rows {
        pages.add(page_info(*format), bytes, true);
    }
    let bench = Bench::new();
    let imported = bench.import_file(&saved(&pages, FileFormat::Pdf, "x.pdf")).expect("imported");
    assert_eq!(imported.remarks, []);
    are_as_they_were(&bench, &imported.pages, &rows);
}

#[test]
fn rows_of_a_saved_tiff_come_back_as_they_were() {
    let mut pages = KeptPages::new();
    let rows = FORMATS.map(|format| rows(format, 203, 150));
    for (format, bytes) in &rows {
        pages.add(page_info(*format), bytes, true);
    }
    let bench = Bench::new();
    let imported = bench.import_file(&saved(&pages, FileFormat::Tiff, "x.tif")).expect("imported");
    assert_eq!(imported.remarks, []);
    are_as_they_were(&bench, &imported.pages, &rows);
}

/// The file has turned pixels, so that nobody has to turn them; turned back, they are what they were.
#[test]
fn turned_rows_of_a_saved_tiff_come_back_turned() {
    let mut pages = KeptPages::new();
    let (format, bytes) = rows(PixelFormat::Gray8, 203, 150);
    for rotation in [Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters] {
        pages.add(page_info(format), &bytes, true).look.rotation = rotation;
    }
    let bench = Bench::new();
    let imported = bench.import_file(&saved(&pages, FileFormat::Tiff, "x.tif")).expect("imported");
    let [quarter, half, three_quarters] = &imported.pages[..] else { panic!("three pages") };
    assert!(imported.pages.iter().all(|page| page.look.rotation == Rotation::None));
    let at = |column: usize, row: usize| bytes[row * 203 + column];
    let seen = |page| bench.pixels(page).rows;
    let (quarter, half, three_quarters) = (seen(quarter), seen(half), seen(three_quarters));
    assert_eq!((quarter.len(), quarter[0].len(), half.len(), half[0].len()), (203, 150, 150, 203));
    for (row, column) in (0..150).flat_map(|row| (0..203).map(move |column| (row, column))) {
        let pixel = at(column, row);
        assert_eq!(quarter[column][149 - row], pixel);
        assert_eq!(half[149 - row][202 - column], pixel);
        assert_eq!(three_quarters[202 - column][row], pixel);
    }
}

#[test]
fn a_saved_png_comes_back_with_its_pixels() {
    for format in [PixelFormat::Bw1, PixelFormat::Gray8, PixelFormat::Gray16, PixelFormat::Rgb8, PixelFormat::Rgb16] {
        let (page_format, bytes) = rows(format, 203, 150);
        let mut pages = KeptPages::new();
        pages.add(page_info(page_format), &bytes, true);
        let file = saved(&pages, FileFormat::Png, "x.png");
        let bench = Bench::new();
        let imported = bench.import_file(&file).expect("imported");
        let page = &imported.pages[0];
        assert_eq!((page.head.info.format, page.head.info.dpi.0), (PageFormat::Png, 100), "{format:?}");
        assert!(bench.bytes(page) == std::fs::read(&file).expect("readable"), "untouched");
        assert!(bench.pixels(page).samples() == bytes, "{format:?}");
    }
}

#[test]
fn a_saved_jpeg_comes_back_turned_as_it_was() {
    for rotation in [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters] {
        let mut pages = KeptPages::new();
        pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::COLOUR, 200, 150), true).look.rotation = rotation;
        let file = saved(&pages, FileFormat::Jpeg, "x.jpg");
        let bench = Bench::new();
        let imported = bench.import_file(&file).expect("imported");
        assert_eq!(imported.pages[0].look.rotation, rotation);
        assert!(bench.bytes(&imported.pages[0]) == std::fs::read(&file).expect("readable"));
    }
}
