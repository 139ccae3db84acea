//! Archives, PDF/A-2b: every rule of ISO 19005-2 that concerns a file of pictures.

mod rules;

use std::fs;

use lightbar::document::{Look, Rotation};
use lightbar::export::{
    ExportError, FileFormat, Impossible, PdfAbout, PdfOptions, PdfPictures, QualityLevel, SaveOptions, save,
};
use lightbar::minidriver::PageFormat;
use lightbar::raster::{PixelFormat, PixelWindow, Tone};

use super::{FORMATS, go_on, raw_page, stream};
use crate::support::judges::{judge, qpdf_accepts};
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg};
use rules::broken_rules;

fn archive() -> SaveOptions {
    let text = |text: &str| Some(text.to_owned());
    let about = PdfAbout {
        title: text("Ärger & <Freude>"),
        author: text("Käthe\nMüller"),
        subject: text("Test"),
        keywords: text("a, b"),
    };
    let pdf = PdfOptions { archive: true, about, ..PdfOptions::default() };
    SaveOptions { overwrite: true, pdf, ..SaveOptions::of(FileFormat::Pdf) }
}

/// Pages of every kind, edited in every way.
fn pages() -> KeptPages {
    let mut pages = KeptPages::new();
    let crop = Some(PixelWindow { left: 10, top: 20, width: 100, height: 60 });
    for kind in [JpegKind::COLOUR, JpegKind::GRAY, JpegKind::CMYK] {
        let device = jpeg(kind, 200, 150);
        pages.add(page_info(PageFormat::Jpeg), &device, true);
        pages.add(page_info(PageFormat::Jpeg), &device, true).look =
            Look { crop, rotation: Rotation::Quarter, ..Look::default() };
        pages.add(page_info(PageFormat::Jpeg), &device, true).look.tone = Tone { brightness: 9, ..Tone::default() };
        pages.add(page_info(PageFormat::Jpeg), &device[..device.len() / 2], false);
    }
    for format in FORMATS {
        let (samples, layout) = raw_page(format, 203, 99);
        pages.add(page_info(PageFormat::Rows(layout)), &samples, true).look.crop = crop;
    }
    pages
}

#[test]
fn an_archive_keeps_every_rule() {
    let pages = pages();
    for pictures in [
        PdfPictures::Original,
        PdfPictures::Lossless,
        PdfPictures::Quality(QualityLevel::Small),
        PdfPictures::Quality(QualityLevel::High),
    ] {
        for remove_cropped in [false, true] {
            let mut options = archive();
            options.pdf.pictures = pictures;
            options.pdf.remove_cropped = remove_cropped;
            let said = save(&pages.export, &pages.out("x.pdf"), &options, &mut go_on).expect("saved");
            assert_eq!(said.written.pages, 18);
            let bytes = fs::read(pages.out("x.pdf")).expect("readable");
            assert_eq!(broken_rules(&bytes), Vec::<String>::new(), "{pictures:?} {remove_cropped}");
            qpdf_accepts(&pages.out("x.pdf"));
            if let Some(output) = judge("verapdf", &["-f".as_ref(), "2b".as_ref(), pages.out("x.pdf").as_os_str()]) {
                let said = String::from_utf8_lossy(&output.stdout);
                assert!(said.contains("isCompliant=\"true\""), "{said}");
            }
        }
    }
}

#[test]
fn what_is_no_archive_breaks_rules() {
    let mut pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::COLOUR, 200, 150), true);
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::CMYK, 200, 150), true);
    let plain = SaveOptions::of(FileFormat::Pdf);
    save(&pages.export, &pages.out("x.pdf"), &plain, &mut go_on).expect("saved");
    let broken = broken_rules(&fs::read(pages.out("x.pdf")).expect("readable")).join("\n");
    for clause in ["6.2.3", "6.2.4.3", "6.6.2.1", "6.6.4"] {
        assert!(broken.lines().any(|line| line.starts_with(&format!("{clause}:"))), "{clause} is not in {broken}");
    }
    save(&pages.export, &pages.out("a.pdf"), &archive(), &mut go_on).expect("saved");
    let good = fs::read(pages.out("a.pdf")).expect("readable");
    assert_eq!(broken_rules(&good), Vec::<String>::new());
    // The same number of bytes each, so that everything is where the table says.
    let changes: [(&str, &str, &str); 12] = [
        ("6.1.2", "%PDF-1.7\n", "%PDF-2.0\n"),
        ("6.1.3", "/ID [", "/IX ["),
        ("6.1.7.2", "/DCTDecode", "/LZWDecode"),
        ("6.2.2", "/Im0 Do\n", "/Im0 sh\n"),
        ("6.2.3", "/GTS_PDFA1", "/GTS_PDFX1"),
        ("6.2.4.3", "/DeviceRGB", "/DeviceXYZ"),
        ("6.2.8", "/Type /XObject", "/Interpolate 1"),
        ("6.5", "/OutputIntents", "/OpenAction   "),
        ("6.6.2.1", "<?xpacket begin", "<?xpackat begin"),
        ("6.6.3", "Test", "Rest"),
        ("6.6.4", "pdfaid:part>2", "pdfaid:part>1"),
        ("6.1.13", "/MediaBox [0 0 144", "/MediaBox [0 0 2.4"),
    ];
    for (clause, from, to) in changes {
        let at = good.windows(from.len()).position(|window| window == from.as_bytes()).expect(from);
        let mut wrong = good.clone();
        wrong[at..at + from.len()].copy_from_slice(to.as_bytes());
        let broken = broken_rules(&wrong);
        assert!(broken.iter().any(|rule| rule.starts_with(&format!("{clause}:"))), "{from}: {broken:?}");
    }
}

#[test]
fn the_same_archive_is_the_same_bytes() {
    let pages = pages();
    let mut saved = [(); 2].map(|()| {
        save(&pages.export, &pages.out("x.pdf"), &archive(), &mut go_on).expect("saved");
        fs::read(pages.out("x.pdf")).expect("readable")
    });
    let second = std::mem::take(&mut saved[1]);
    assert!(saved[0] == second);
}

#[test]
fn a_sliver_has_units_small_enough_or_is_refused_by_name() {
    let (samples, layout) = raw_page(PixelFormat::Gray8, 2, 500);
    let pages = KeptPages::with(PageFormat::Rows(layout), &samples, true);
    save(&pages.export, &pages.out("x.pdf"), &archive(), &mut go_on).expect("saved");
    let bytes = fs::read(pages.out("x.pdf")).expect("readable");
    assert_eq!(broken_rules(&bytes), Vec::<String>::new());
    assert!(!stream(&bytes).is_empty() && String::from_utf8_lossy(&bytes).contains("/UserUnit 0."));
    let (samples, layout) = raw_page(PixelFormat::Gray8, 1, 9000);
    let pages = KeptPages::with(PageFormat::Rows(layout), &samples, true);
    let refused = save(&pages.export, &pages.out("x.pdf"), &archive(), &mut go_on);
    let why = Impossible::NoArchivePage(pages.export.pages[0].page);
    assert_eq!(refused, Err(ExportError::Impossible(why)));
    assert!(pages.files().is_empty());
}
