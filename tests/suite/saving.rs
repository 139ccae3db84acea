//! See `main.rs`.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;

use lightbar::document::Rotation;
use lightbar::export::{ExportError, FileFormat, Naming, SaveOptions, SaveProgress, Saved, check_target, save};
use lightbar::minidriver::PageFormat;

use crate::support::judges::{drawn_by_mupdf, drawn_by_poppler, extracted_images, qpdf_accepts};
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg, with_dnl, with_height};

const PDF: SaveOptions = SaveOptions { format: FileFormat::Pdf, overwrite: false, naming: Naming::Exact };

fn go_on(_: SaveProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn saved(pages: &KeptPages, name: &str) -> Saved {
    save(&pages.export, &pages.out(name), PDF, &mut go_on).expect("saved")
}

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
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
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
    pages.export.pages[0].rotation = Rotation::Quarter;
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
fn a_height_that_was_not_known_is_put_right() {
    let whole = jpeg(JpegKind::GRAY, 160, 240);
    for placeholder in [0, 65_535] {
        let pages = KeptPages::with(PageFormat::Jpeg, &with_dnl(&whole, placeholder), true);
        assert_eq!(saved(&pages, "x.pdf").written.partial, 0);
        qpdf_accepts(&pages.out("x.pdf"));
        if let Some(images) = extracted_images(&pages.out("x.pdf")) {
            assert!(images[0] == with_height(&with_dnl(&whole, placeholder), 240));
        }
        for drawn in [drawn_by_poppler(&pages.out("x.pdf"), 100), drawn_by_mupdf(&pages.out("x.pdf"), 100)] {
            let Some((width, height, _)) = drawn else { continue };
            assert_eq!((width, height), (160, 240));
        }
    }
}

#[test]
fn nothing_is_replaced_unasked() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    let target = pages.out("x.pdf");
    fs::write(&target, b"precious").expect("written");
    let exists = Err(ExportError::Exists(target.clone()));
    assert_eq!(check_target(&target, false), exists.clone().map(|_: ()| ()));
    assert_eq!(save(&pages.export, &target, PDF, &mut go_on).map(|_| ()), exists);
    assert_eq!(fs::read(&target).expect("readable"), b"precious");
    assert_eq!(check_target(&target, true), Ok(()));
    save(&pages.export, &target, SaveOptions { overwrite: true, ..PDF }, &mut go_on).expect("replaced");
    assert!(fs::read(&target).expect("readable").starts_with(b"%PDF"));
    assert_eq!(pages.files(), ["x.pdf"]);
}

#[test]
fn a_file_that_appears_while_saving_is_not_replaced() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    let target = pages.out("x.pdf");
    assert_eq!(check_target(&target, false), Ok(()));
    let result = save(&pages.export, &target, PDF, &mut |_| {
        fs::write(&target, b"somebody else's").expect("written");
        ControlFlow::Continue(())
    });
    assert_eq!(result.map(|_| ()), Err(ExportError::Exists(target.clone())));
    assert_eq!(fs::read(&target).expect("readable"), b"somebody else's");
    assert_eq!(pages.files(), ["x.pdf"]);
}

#[test]
fn another_program_s_part_file_is_left_alone() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    fs::write(pages.out("x.pdf.part"), b"theirs").expect("written");
    saved(&pages, "x.pdf");
    assert_eq!(pages.files(), ["x.pdf", "x.pdf.part"]);
    assert_eq!(fs::read(pages.out("x.pdf.part")).expect("readable"), b"theirs");
}

#[test]
fn cancel_leaves_nothing_behind_and_the_old_file_as_it_was() {
    let mut pages = KeptPages::new();
    for _ in 0..3 {
        pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::COLOUR, 300, 300), true);
    }
    let target = pages.out("x.pdf");
    fs::write(&target, b"precious").expect("written");
    let options = SaveOptions { overwrite: true, ..PDF };
    let mut looks = 0;
    save(&pages.export, &target, options, &mut |_| {
        looks += 1;
        ControlFlow::Continue(())
    })
    .expect("saved");
    for stop_at in 1..=looks {
        fs::write(&target, b"precious").expect("written");
        let mut look = 0;
        let result = save(&pages.export, &target, options, &mut |progress| {
            assert_eq!(progress.pages, 3);
            look += 1;
            if look == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(result.map(|_| ()), Err(ExportError::Cancelled));
        assert_eq!(fs::read(&target).expect("readable"), b"precious");
        assert_eq!(pages.files(), ["x.pdf"]);
    }
}

#[test]
fn a_target_that_cannot_be_written_is_found_before_paper_moves() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    let nowhere = pages.out("missing/x.pdf");
    let no_folder = ExportError::NoFolder(pages.out("missing"));
    assert_eq!(check_target(&nowhere, false), Err(no_folder.clone()));
    assert_eq!(save(&pages.export, &nowhere, PDF, &mut go_on).map(|_| ()), Err(no_folder));
    fs::create_dir(pages.out("folder.pdf")).expect("created");
    assert_eq!(check_target(&pages.out("folder.pdf"), true), Err(ExportError::NotAFile(pages.out("folder.pdf"))));
    fs::remove_dir(pages.out("folder.pdf")).expect("removed");
    // Not even root can create files here.
    let refused = check_target(std::path::Path::new("/proc/x.pdf"), false);
    assert!(refused.is_err(), "{refused:?}");
    assert!(pages.files().is_empty(), "asking leaves nothing behind");
}
