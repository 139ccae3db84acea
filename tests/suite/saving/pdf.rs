//! PDF: pages as they came, byte for byte or without loss.

use std::fs;

use lightbar::document::Rotation;
use lightbar::minidriver::PageFormat;
use lightbar::raster::{PixelFormat, RowLayout};

use super::{FORMATS, as_rgb, fax_rows, flate_rows, saved, stream, text_value};
use crate::support::judges::{drawn_by_mupdf, drawn_by_poppler, extracted_images, qpdf_accepts, read_by_poppler};
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg, page};

#[test]
fn device_jpeg_comes_out_of_the_pdf_bit_for_bit() {
    let mut pages = KeptPages::new();
    let kinds = [JpegKind::COLOUR, JpegKind::GRAY, JpegKind::CMYK, JpegKind { progressive: true, ..JpegKind::COLOUR }];
    let jpegs = kinds.map(|kind| jpeg(kind, 827, 1169));
    for jpeg in &jpegs {
        pages.add(page_info(PageFormat::Jpeg), jpeg, true);
    }
    let said = saved(&pages, "x.pdf");
    assert_eq!((said.written.pages, said.written.partial, said.written.left_out.len()), (4, 0, 0));
    let file = pages.out("x.pdf");
    let bytes = fs::read(&file).expect("readable");
    for jpeg in &jpegs {
        assert!(bytes.windows(jpeg.len()).any(|window| window == jpeg), "the JPEG stands in the file as it came");
    }
    assert_eq!(pages.files(), ["x.pdf"]);
    qpdf_accepts(&file);
    if let Some(images) = extracted_images(&file) {
        assert!(images == jpegs, "pdfimages extracts what the device sent");
    }
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let mut pages = KeptPages::new();
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::COLOUR, 200, 100), true);
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::GRAY, 100, 200), true);
    saved(&pages, "a.pdf");
    saved(&pages, "b.pdf");
    let a = fs::read(pages.out("a.pdf")).expect("readable");
    assert!(a == fs::read(pages.out("b.pdf")).expect("readable"));
    pages.export.pages.swap(0, 1);
    saved(&pages, "c.pdf");
    let id = |pdf: &[u8]| {
        let at = pdf.windows(5).rposition(|window| window == b"/ID [").expect("an id");
        pdf[at..at + 40].to_vec()
    };
    assert_ne!(id(&a), id(&fs::read(pages.out("c.pdf")).expect("readable")));
}

#[test]
fn a_page_is_as_large_as_its_pixels_say() {
    let mut pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 827, 400), true);
    pages.export.pages[0].look.rotation = Rotation::Quarter;
    saved(&pages, "x.pdf");
    let bytes = fs::read(pages.out("x.pdf")).expect("readable");
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("/MediaBox [0 0 595.44 288]"), "8.27 × 4 inches");
    assert!(text.contains("/Rotate 90"));
    if let Some((width, height, _)) = drawn_by_poppler(&pages.out("x.pdf"), 100) {
        assert_eq!((width, height), (400, 827));
    }
}

#[test]
fn raw_rows_are_saved_without_loss() {
    for format in FORMATS {
        let row = format.row_bytes(413);
        let mut samples = page(1, row, 300);
        if format == PixelFormat::Bw1 {
            // Bits behind a row's end come back as white ones.
            samples.chunks_mut(row).for_each(|row| row[51] |= 0x07);
        }
        let layout = RowLayout { width: 413, format, stride: row + 5 };
        let wire: Vec<u8> = samples.chunks(row).flat_map(|row| row.iter().copied().chain([9; 5])).collect();
        // The last row came only in part.
        let pages = KeptPages::with(PageFormat::Rows(layout), &wire[..wire.len() - 7], false);
        assert_eq!(saved(&pages, "x.pdf").written.partial, 1);
        let file = pages.out("x.pdf");
        let bytes = fs::read(&file).expect("readable");
        assert_eq!(text_value(&bytes, "/Height "), 299);
        let there =
            if format == PixelFormat::Bw1 { fax_rows(stream(&bytes), 413) } else { flate_rows(stream(&bytes), row) };
        assert!(there == samples[..299 * row], "{format:?}");
        qpdf_accepts(&file);
        let Some(expected) = as_rgb(format, &samples[..299 * row], 413) else { continue };
        if let Some(drawn) = drawn_by_mupdf(&file, 100) {
            assert!(drawn == (413, 299, expected.clone()), "{format:?} as drawn by MuPDF");
        }
        // Poppler smooths what it draws; what it reads is what counts.
        if let Some(read) = read_by_poppler(&file) {
            assert!(read == (413, 299, expected), "{format:?} as read by poppler");
        }
    }
}

#[test]
fn png_pages_of_a_device_are_saved_without_loss() {
    let samples = page(3, 100, 80);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 100, 80);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().expect("header").write_image_data(&samples).expect("data");
    let pages = KeptPages::with(PageFormat::Png, &bytes, true);
    assert_eq!(saved(&pages, "x.pdf").written.partial, 0);
    let pdf = fs::read(pages.out("x.pdf")).expect("readable");
    assert!(flate_rows(stream(&pdf), 300) == samples);
    qpdf_accepts(&pages.out("x.pdf"));
}
