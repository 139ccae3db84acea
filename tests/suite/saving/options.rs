//! What a person chooses: how good the pictures are, how they are compressed, what a file says of itself.

use std::fs;

use lightbar::document::PageFacts;
use lightbar::document::{Look, PageFile, page_path, render};
use lightbar::export::{
    ExportError, FileFormat, Impossible, JpegQuality, PdfAbout, PdfOptions, PdfPictures, QualityLevel, SaveOptions,
    Saved, TiffCompression, save,
};
use lightbar::minidriver::{PageFormat, PageInfo};
use lightbar::raster::{Encoding, PixelFormat, PixelWindow, RowLayout, Tone};
use lightbar::units::Dpi;

use super::{FORMATS, Rows, as_rgb, decoded, flate_rows, go_on, raw_page, stream, text_value};
use crate::support::judges::{judge, qpdf_accepts, read_by_imagemagick};
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::page_info::a4_page;
use crate::support::pictures::{JpegKind, jpeg, jpeg_of, page};

fn saved_with(pages: &KeptPages, name: &str, options: SaveOptions) -> Saved {
    let options = SaveOptions { overwrite: true, ..options };
    save(&pages.export, &pages.out(name), &options, &mut go_on).expect("saved")
}

fn pdf(pictures: PdfPictures) -> SaveOptions {
    SaveOptions { pdf: PdfOptions { pictures, ..PdfOptions::default() }, ..SaveOptions::of(FileFormat::Pdf) }
}

fn at_300_dpi(format: PageFormat) -> PageInfo {
    a4_page(format, 300)
}

#[test]
fn a_lower_quality_is_a_smaller_file_with_pages_as_large() {
    let layout = RowLayout::packed(2480, PixelFormat::Rgb8);
    let samples = page(3, 2480, 600);
    let mut pages = KeptPages::new();
    pages.add(at_300_dpi(PageFormat::Rows(layout)), &samples, true);
    pages.add(at_300_dpi(PageFormat::Jpeg), &jpeg(JpegKind::GRAY, 2480, 600), true);
    let mut before = u64::MAX;
    for (pictures, width, height) in [
        (PdfPictures::Original, 2480, 600),
        (PdfPictures::Quality(QualityLevel::High), 2480, 600),
        (PdfPictures::Quality(QualityLevel::Medium), 1653, 400),
        (PdfPictures::Quality(QualityLevel::Small), 1240, 300),
    ] {
        let said = saved_with(&pages, "x.pdf", pdf(pictures));
        let bytes = fs::read(pages.out("x.pdf")).expect("readable");
        assert_eq!((text_value(&bytes, "/Width "), text_value(&bytes, "/Height ")), (width, height), "{pictures:?}");
        let boxes = bytes.windows(26).filter(|window| *window == b"/MediaBox [0 0 595.2 144]\n").count();
        assert_eq!(boxes, 2, "{pictures:?}");
        assert!((bytes.len() as u64) < before, "{pictures:?}: {} bytes", bytes.len());
        before = bytes.len() as u64;
        let anew: Vec<_> = pages.export.pages[1..].iter().map(|page| page.page).collect();
        if matches!(pictures, PdfPictures::Quality(QualityLevel::Small | QualityLevel::Medium)) {
            assert_eq!(said.written.encoded_anew, anew, "what came as JPEG");
        }
        qpdf_accepts(&pages.out("x.pdf"));
    }
    // Each pixel is the average of four.
    let small = fs::read(pages.out("x.pdf")).expect("readable");
    fs::write(pages.out("small.jpg"), stream(&small)).expect("written");
    let (_, rows) = decoded(&pages.out("small.jpg"), Encoding::Jpeg);
    let average = |x: usize, y: usize, channel: usize| {
        let sample = |dx: usize, dy: usize| u32::from(samples[((2 * y + dy) * 2480 + 2 * x + dx) * 3 + channel]);
        (sample(0, 0) + sample(1, 0) + sample(0, 1) + sample(1, 1)) / 4
    };
    let mut off = 0;
    for y in 0..300 {
        for x in 0..1240 {
            off += average(x, y, 1).abs_diff(u32::from(rows[(y * 1240 + x) * 3 + 1]));
        }
    }
    assert!(off < 12 * 300 * 1240, "{} a pixel", f64::from(off) / f64::from(300 * 1240));
}

#[test]
fn a_jpeg_that_would_not_become_smaller_stays_the_device_s_own() {
    let samples = page(1, 400, 300);
    let mut compress = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_GRAYSCALE);
    compress.set_size(400, 300);
    compress.set_quality(20.0);
    let mut started = compress.start_compress(Vec::new()).expect("an encoder");
    started.write_scanlines(&samples).expect("encoded");
    let coarse = started.finish().expect("finished");
    let mut pages = KeptPages::with(PageFormat::Jpeg, &coarse, true);
    pages.add(page_info(PageFormat::Jpeg), &jpeg_of(JpegKind::GRAY, 400, &samples), true);
    let said = saved_with(&pages, "x.pdf", pdf(PdfPictures::Quality(QualityLevel::Small)));
    assert_eq!(said.written.encoded_anew, [pages.export.pages[1].page]);
    let bytes = fs::read(pages.out("x.pdf")).expect("readable");
    assert!(bytes.windows(coarse.len()).any(|window| window == coarse));
}

/// What libtiff calls them.
const COMPRESSIONS: [(TiffCompression, &str); 4] = [
    (TiffCompression::Auto, "AdobeDeflate"),
    (TiffCompression::Lzw, "LZW"),
    (TiffCompression::Deflate, "AdobeDeflate"),
    (TiffCompression::None, "None"),
];

#[test]
fn every_compression_of_tiff_keeps_every_sample() {
    for format in FORMATS {
        // Several strips, the last one shorter, and more than one table of codes in each.
        let (samples, layout) = raw_page(format, 1013, 999);
        let pages = KeptPages::with(PageFormat::Rows(layout), &samples, true);
        for (tiff, scheme) in COMPRESSIONS {
            saved_with(&pages, "x.tif", SaveOptions { tiff, ..SaveOptions::of(FileFormat::Tiff) });
            let file = pages.out("x.tif");
            assert!(decoded(&file, Encoding::Tiff) == (layout, samples.clone()), "{format:?} {tiff:?}");
            if let Some(output) = judge("tiffinfo", &["-D".as_ref(), file.as_os_str()]) {
                let said = String::from_utf8_lossy(&output.stdout).replace(' ', "");
                assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
                let g4 = format == PixelFormat::Bw1 && tiff == TiffCompression::Auto;
                let scheme = if g4 { "CCITTGroup4" } else { scheme };
                assert!(said.contains(&format!("CompressionScheme:{scheme}\n")), "{tiff:?}: {said}");
                assert!(said.contains("Resolution:100,100pixels/inch"), "{said}");
            }
            if let Some((width, height, read)) = read_by_imagemagick(&file) {
                assert_eq!((width, height), (1013, 999));
                let Some(expected) = as_rgb(format, &samples, 1013) else { continue };
                assert!(read == expected, "{format:?} {tiff:?} as read by libtiff");
            }
        }
    }
}

#[test]
fn group_four_is_refused_for_more_than_black_and_white() {
    let (samples, layout) = raw_page(PixelFormat::Bw1, 213, 99);
    let mut pages = KeptPages::with(PageFormat::Rows(layout), &samples, true);
    let g4 = SaveOptions { tiff: TiffCompression::G4, ..SaveOptions::of(FileFormat::Tiff) };
    saved_with(&pages, "x.tif", g4.clone());
    fs::remove_file(pages.out("x.tif")).expect("removed");
    let colour = pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::COLOUR, 60, 40), true).page;
    let refused = save(&pages.export, &pages.out("x.tif"), &g4, &mut go_on);
    let why = Impossible::GroupFourOfMoreThanBlackAndWhite(colour);
    assert_eq!(refused, Err(ExportError::Impossible(why)));
    assert!(pages.files().is_empty());
    // Made black and white, it is.
    pages.export.pages[1].look.tone = Tone { threshold: Some(100), ..Tone::default() };
    assert_eq!(saved_with(&pages, "x.tif", g4).written.pages, 2);
}

#[test]
fn jpeg_files_are_as_good_as_was_wished_for() {
    assert_eq!((JpegQuality::new(0), JpegQuality::new(101)), (None, None));
    let (samples, layout) = raw_page(PixelFormat::Rgb8, 300, 200);
    let pages = KeptPages::with(PageFormat::Rows(layout), &samples, true);
    let sizes = [10, 50, 90, 100].map(|quality| {
        let jpeg = JpegQuality::new(quality).expect("a quality");
        saved_with(&pages, "x.jpg", SaveOptions { jpeg, ..SaveOptions::of(FileFormat::Jpeg) });
        fs::metadata(pages.out("x.jpg")).expect("there").len()
    });
    assert!(sizes.is_sorted_by(|a, b| a < b), "{sizes:?}");
}

#[test]
fn a_pdf_says_of_itself_what_it_was_told() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 30, 20), true);
    let text = |text: &str| Some(text.to_owned());
    let mut options = pdf(PdfPictures::Original);
    options.pdf.about = PdfAbout {
        title: text("Letter (1)"),
        author: text("Zoë"),
        subject: text("To\u{7}day"),
        keywords: text("a, b"),
    };
    saved_with(&pages, "x.pdf", options.clone());
    let bytes = fs::read(pages.out("x.pdf")).expect("readable");
    let opened = hayro_syntax::Pdf::new(bytes).expect("a PDF");
    let about = opened.metadata();
    assert_eq!(about.title.as_deref(), Some(&b"Letter (1)"[..]), "and not the document's");
    assert_eq!(about.subject.as_deref(), Some(&b"To day"[..]));
    assert_eq!(about.keywords.as_deref(), Some(&b"a, b"[..]));
    assert_eq!(about.author.as_deref(), Some(&b"\xfe\xff\0Z\0o\0\xeb"[..]));
    options.pdf.about.subject = Some("x".repeat(8001));
    let refused = save(&pages.export, &pages.out("y.pdf"), &options, &mut go_on);
    assert_eq!(refused, Err(ExportError::Impossible(Impossible::TextTooLong)));
    assert_eq!(pages.files(), ["x.pdf"]);
}

/// What is encoded for a page waits in a file when it is more than some megabytes.
#[test]
fn pages_too_large_to_wait_in_memory_are_saved_in_order() {
    let mut noise = 1u32;
    let mut pages = KeptPages::new();
    let mut all = Vec::new();
    for height in [600, 20, 700, 30] {
        let layout = RowLayout::packed(2600, PixelFormat::Rgb8);
        let samples: Vec<u8> = (0..layout.stride * height)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            })
            .collect();
        pages.add(page_info(PageFormat::Rows(layout)), &samples, true);
        all.push(samples);
    }
    for twice in ["a", "b"] {
        saved_with(&pages, &format!("{twice}.pdf"), pdf(PdfPictures::Original));
        saved_with(&pages, &format!("{twice}.tif"), SaveOptions::of(FileFormat::Tiff));
        saved_with(&pages, &format!("{twice}.png"), SaveOptions::of(FileFormat::Png));
    }
    for ending in ["pdf", "tif"] {
        let read = |name: &str| fs::read(pages.out(&format!("{name}.{ending}"))).expect("readable");
        assert!(read("a") == read("b"), "the same document gives the same bytes: {ending}");
    }
    let bytes = fs::read(pages.out("a.pdf")).expect("readable");
    assert!(flate_rows(stream(&bytes), 7800) == all[0]);
    for (number, samples) in (1..).zip(&all) {
        let (_, rows) = decoded(&pages.out(&format!("a-00{number}.png")), Encoding::Png);
        assert!(rows == *samples, "page {number}");
    }
    assert_eq!(pages.files().len(), 2 * (2 + 4), "nothing else is left");
    // A page whose file is damaged fails the save, whoever encodes it.
    fs::remove_file(pages.file(2)).expect("removed");
    let failed = save(&pages.export, &pages.out("c.pdf"), &pdf(PdfPictures::Original), &mut go_on);
    assert_eq!(failed, Err(ExportError::PageUnreadable(pages.file(2))));
    assert_eq!(pages.files().len(), 2 * (2 + 4));
}

/// Edits and options at once: whatever is chosen, the pixels are those that the page shows.
#[test]
fn a_page_without_loss_is_what_is_shown_of_it() {
    for format in FORMATS {
        let (samples, layout) = raw_page(format, 413, 299);
        let mut pages = KeptPages::with(PageFormat::Rows(layout), &samples, true);
        let crop = Some(PixelWindow { left: 13, top: 50, width: 333, height: 111 });
        pages.export.pages[0].look = Look { crop, tone: Tone { contrast: 30, ..Tone::default() }, ..Look::default() };
        let mut options = pdf(PdfPictures::Lossless);
        options.pdf.remove_cropped = true;
        saved_with(&pages, "x.pdf", options);
        if format == PixelFormat::Bw1 {
            continue;
        }
        let exported = &pages.export.pages[0];
        let file = PageFile::open(&page_path(&pages.export.folder, exported.file)).expect("a page file");
        let facts = PageFacts::of(&file).expect("facts");
        let mut rows = Rows(None, Vec::new());
        render(&file, &facts, &exported.look, None, &mut rows).expect("rendered");
        let bytes = fs::read(pages.out("x.pdf")).expect("readable");
        assert!(flate_rows(stream(&bytes), format.row_bytes(333)) == rows.1, "{format:?}");
    }
    assert_eq!(at_300_dpi(PageFormat::Jpeg).dpi, Dpi(300));
}
