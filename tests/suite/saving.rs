//! See `main.rs`.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use lightbar::document::Rotation;
use lightbar::export::{ExportError, FileFormat, Naming, SaveOptions, SaveProgress, Saved, check_target, save, send};
use lightbar::minidriver::{PageFormat, PageInfo};
use lightbar::raster::{DecodeOptions, Encoding, PictureInfo, PixelFormat, RowLayout, RowSink, decode};

use crate::support::judges::{
    drawn_by_mupdf, drawn_by_poppler, extracted_images, qpdf_accepts, read_by_imagemagick, read_by_poppler,
};
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg, page, with_dnl, with_height};
use crate::support::small_disk::SmallDisk;

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

/// The longest name that a file system takes has no room for an ending.
#[test]
fn the_longest_name_is_saved_and_a_longer_one_is_told_as_such() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    // Letters of two bytes, so that a cut after any number of bytes may be in the middle of one.
    for length in [250, 251, 255] {
        let name = format!("{}{}", "x".repeat(length % 2), "ä".repeat(length / 2));
        assert_eq!(check_target(&pages.out(&name), false), Ok(()));
        let saved = save(&pages.export, &pages.out(&name), PDF, &mut |_| {
            for there in pages.files() {
                assert!(there.starts_with("ää") || there.starts_with("xää"), "{there}");
                assert!(there.ends_with(".part") && !there.contains('\u{fffd}'), "{there}");
            }
            ControlFlow::Continue(())
        });
        assert_eq!(saved.expect("saved").files, [pages.out(&name)]);
        assert_eq!(pages.files(), std::slice::from_ref(&name));
        fs::remove_file(pages.out(&name)).expect("removed");
    }
    let long = pages.out(&"x".repeat(256));
    assert_eq!(check_target(&long, false), Err(ExportError::NameTooLong(long.clone())));
    assert_eq!(save(&pages.export, &long, PDF, &mut go_on), Err(ExportError::NameTooLong(long)));
    assert!(pages.files().is_empty());
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

#[test]
fn a_file_that_is_replaced_keeps_its_mode_and_its_owner() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    for (name, options) in [("x.pdf", PDF), ("x.jpg", SaveOptions { format: FileFormat::Jpeg, ..PDF })] {
        let target = pages.out(name);
        for wanted in [0o664, 0o600, 0o640, 0o400] {
            fs::write(&target, b"precious").expect("written");
            fs::set_permissions(&target, fs::Permissions::from_mode(wanted)).expect("set");
            // Only an administrator can give files away.
            let given_away = std::os::unix::fs::chown(&target, Some(12345), Some(54321)).is_ok();
            save(&pages.export, &target, SaveOptions { overwrite: true, ..options }, &mut |_| {
                for part in pages.files().iter().filter(|name| name.ends_with(".part")) {
                    assert!([0o600, wanted].contains(&mode(&pages.out(part))), "it is open to others: {part}");
                }
                ControlFlow::Continue(())
            })
            .expect("replaced");
            assert_eq!(mode(&target), wanted, "{name}");
            let there = fs::metadata(&target).expect("there");
            assert!(!given_away || (there.uid(), there.gid()) == (12345, 54321), "{name}: {there:?}");
            fs::remove_file(&target).expect("removed");
        }
    }
}

#[test]
fn a_new_file_is_for_its_owners_eyes() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    saved(&pages, "x.pdf");
    assert_eq!(mode(&pages.out("x.pdf")), 0o600);
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

#[test]
fn a_link_stays_a_link_and_the_file_it_leads_to_is_replaced() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    let elsewhere = pages.out("elsewhere");
    fs::create_dir(&elsewhere).expect("created");
    fs::write(elsewhere.join("real.pdf"), b"precious").expect("written");
    symlink("elsewhere/real.pdf", pages.out("x.pdf")).expect("linked");
    let target = pages.out("x.pdf");
    assert_eq!(save(&pages.export, &target, PDF, &mut go_on), Err(ExportError::Exists(target.clone())));
    assert_eq!(fs::read(elsewhere.join("real.pdf")).expect("readable"), b"precious");
    assert_eq!(check_target(&target, true), Ok(()));
    let said = save(&pages.export, &target, SaveOptions { overwrite: true, ..PDF }, &mut go_on).expect("replaced");
    assert_eq!(said.files, std::slice::from_ref(&target), "the name that was asked for");
    assert_eq!(fs::read_link(&target).expect("still a link"), std::path::Path::new("elsewhere/real.pdf"));
    assert!(fs::read(elsewhere.join("real.pdf")).expect("readable").starts_with(b"%PDF"));
    assert_eq!(fs::read_dir(&elsewhere).expect("readable").count(), 1, "nothing is left beside it");
    assert_eq!(pages.files(), ["elsewhere", "x.pdf"]);
}

#[test]
fn links_that_lead_nowhere_and_what_is_no_file_are_refused() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    let at = |name| pages.out(name);
    symlink("gone/y.pdf", at("dangling.pdf")).expect("linked");
    symlink("loop-b.pdf", at("loop-a.pdf")).expect("linked");
    symlink("loop-a.pdf", at("loop-b.pdf")).expect("linked");
    symlink(".", at("folder.pdf")).expect("linked");
    let _listening = std::os::unix::net::UnixListener::bind(at("socket.pdf")).expect("bound");
    let before = pages.files();
    let cases = [
        ("dangling.pdf", ExportError::DanglingLink { link: at("dangling.pdf"), to: "gone/y.pdf".into() }),
        ("loop-a.pdf", ExportError::LinkLoop(at("loop-a.pdf"))),
        ("folder.pdf", ExportError::NotAFile(at("folder.pdf"))),
        ("socket.pdf", ExportError::NotAFile(at("socket.pdf"))),
    ];
    for (name, refusal) in cases {
        for overwrite in [true, false] {
            assert_eq!(check_target(&at(name), overwrite), Err(refusal.clone()));
            let saved = save(&pages.export, &at(name), SaveOptions { overwrite, ..PDF }, &mut go_on);
            assert_eq!(saved, Err(refusal.clone()));
        }
    }
    assert_eq!(pages.files(), before);
    assert!(!fs::symlink_metadata(at("socket.pdf")).expect("there").is_file());
}

#[test]
fn two_links_to_one_file_do_not_cost_a_page() {
    let mut pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::GRAY, 60, 60), true);
    fs::write(pages.out("one.jpg"), b"precious").expect("written");
    for link in ["x-001.jpg", "x-002.jpg"] {
        symlink("one.jpg", pages.out(link)).expect("linked");
    }
    let options = SaveOptions { format: FileFormat::Jpeg, overwrite: true, ..PDF };
    let saved = save(&pages.export, &pages.out("x.jpg"), options, &mut go_on);
    assert_eq!(saved, Err(ExportError::Exists(pages.out("x-002.jpg"))));
    assert_eq!(fs::read(pages.out("one.jpg")).expect("readable"), b"precious");
    assert_eq!(pages.files(), ["one.jpg", "x-001.jpg", "x-002.jpg"]);
}

const ALL_FORMATS: [(FileFormat, &str); 4] =
    [(FileFormat::Pdf, "x.pdf"), (FileFormat::Tiff, "x.tif"), (FileFormat::Png, "x.png"), (FileFormat::Jpeg, "x.jpg")];

#[test]
fn a_document_is_passed_on_as_it_would_be_saved_and_leaves_nothing() {
    let mut pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::COLOUR, 120, 80), false);
    let folder = tempfile::tempdir().expect("a folder");
    for (format, name) in ALL_FORMATS {
        let saved = saved_as(&pages, name, format);
        let mut passed_on = Vec::new();
        let written = send(&pages.export, format, &mut passed_on, folder.path(), &mut go_on).expect("passed on");
        assert!(passed_on == fs::read(&saved.files[0]).expect("readable"), "{format:?}");
        assert_eq!(written, saved.written);
    }
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::GRAY, 60, 60), true);
    for (format, _) in ALL_FORMATS {
        let mut passed_on = Vec::new();
        let written = send(&pages.export, format, &mut passed_on, folder.path(), &mut go_on);
        if format.holds_many_pages() {
            assert_eq!(written.map(|written| written.pages), Ok(2));
        } else {
            assert_eq!((written, passed_on.len()), (Err(ExportError::SeveralPages), 0));
        }
    }
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
}

#[test]
fn whoever_stops_reading_and_a_cancel_end_the_passing_on_at_once() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::COLOUR, 300, 300), true);
    let folder = tempfile::tempdir().expect("a folder");
    for (format, _) in ALL_FORMATS {
        let mut reader = Filling { room: 1000 };
        let written = send(&pages.export, format, &mut reader, folder.path(), &mut go_on);
        assert_eq!(written, Err(ExportError::NotTaken(std::io::ErrorKind::StorageFull)), "{format:?}");
        let mut whole = Vec::new();
        let mut looks = 0;
        let counted = send(&pages.export, format, &mut whole, folder.path(), &mut |_| {
            looks += 1;
            ControlFlow::Continue(())
        });
        counted.expect("passed on");
        for stop_at in 1..=looks {
            let mut passed_on = Vec::new();
            let mut look = 0;
            let written = send(&pages.export, format, &mut passed_on, folder.path(), &mut |_| {
                look += 1;
                if look == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            assert_eq!(written, Err(ExportError::Cancelled), "{format:?} at look {stop_at} of {looks}");
            assert!(passed_on.len() < whole.len() && whole.starts_with(&passed_on), "{format:?}");
        }
    }
    // It is not the reader's fault when a page cannot be read.
    fs::remove_file(pages.file(0)).expect("removed");
    let written = send(&pages.export, FileFormat::Pdf, &mut Vec::new(), folder.path(), &mut go_on);
    assert_eq!(written, Err(ExportError::PageUnreadable(pages.file(0))));
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
}

#[test]
fn a_page_that_was_cut_is_saved_with_the_rows_that_came() {
    for kind in [JpegKind::COLOUR, JpegKind::GRAY, JpegKind::CMYK] {
        let whole = jpeg(kind, 320, 400);
        for share in [3, 5, 8, 9] {
            let cut = &whole[..whole.len() * share / 10];
            let pages = KeptPages::with(PageFormat::Jpeg, cut, false);
            let said = saved(&pages, "x.pdf");
            assert_eq!((said.written.pages, said.written.partial), (1, 1));
            let file = pages.out("x.pdf");
            let bytes = fs::read(&file).expect("readable");
            let rows: u32 = text_value(&bytes, "/Height ");
            assert!(
                rows.is_multiple_of(8) && rows < 400 && rows >= 400 * (share as u32 - 2) / 10,
                "{rows} rows of {share}/10"
            );
            // At most the height and an end marker differ from what came.
            let mut expected = with_height(cut, rows as u16);
            expected.extend([0xff, 0xd9]);
            assert!(bytes.windows(expected.len()).any(|window| window == expected));
            qpdf_accepts(&file);
            for drawn in [drawn_by_poppler(&file, 100), drawn_by_mupdf(&file, 100)] {
                let Some((width, height, samples)) = drawn else { continue };
                // A size that is not a whole number of points can be rounded up by a pixel.
                assert!(width == 320 && (rows..=rows + 1).contains(&height), "{width} × {height}");
                // Made-up rows are plain mid-gray; the drawn paper is light and noisy.
                let last = &samples[samples.len() - 320 * 3..];
                assert!(last.iter().any(|sample| *sample != last[0]), "the last row is a real one");
            }
        }
    }
}

/// Its last row of MCUs reaches below what was asked for, and nobody but the person who asked knows where it ends.
#[test]
fn a_page_that_does_not_say_its_height_ends_where_the_area_does() {
    let bytes = with_height(&jpeg(JpegKind::COLOUR, 320, 397), 0);
    for (expected, height) in [(Some(397), 397), (Some(300), 400), (Some(500), 400), (None, 400)] {
        let mut pages = KeptPages::new();
        pages.add(PageInfo { expected_rows: expected, ..page_info(PageFormat::Jpeg) }, &bytes, true);
        saved(&pages, "x.pdf");
        let file = fs::read(pages.out("x.pdf")).expect("readable");
        assert_eq!(text_value(&file, "/Height "), height, "{expected:?}");
        qpdf_accepts(&pages.out("x.pdf"));
    }
}

/// A bit fell over and made a marker that no picture has: decoders end there, some with an error.
#[test]
fn a_damaged_page_is_saved_as_far_as_decoders_go() {
    let whole = jpeg(JpegKind::COLOUR, 320, 400);
    let mut damaged = whole.clone();
    let middle = whole.len() / 2;
    damaged[middle..middle + 2].copy_from_slice(&[0xff, 0x02]);
    let pages = KeptPages::with(PageFormat::Jpeg, &damaged, false);
    assert_eq!(saved(&pages, "x.pdf").written.partial, 1);
    let file = pages.out("x.pdf");
    let bytes = fs::read(&file).expect("readable");
    let rows: u32 = text_value(&bytes, "/Height ");
    assert!((100..300).contains(&rows), "{rows}");
    let mut expected = with_height(&damaged[..middle], rows as u16);
    expected.extend([0xff, 0xd9]);
    assert!(bytes.windows(expected.len()).any(|window| window == expected), "what follows is left out");
    qpdf_accepts(&file);
}

/// Decoders refuse such a width, so a file with it would be none.
#[test]
fn a_page_wider_than_decoders_take_is_no_picture() {
    let mut wide = jpeg(JpegKind::COLOUR, 320, 400);
    let frame = wide.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame");
    wide[frame + 5..frame + 9].fill(0xff);
    let mut pages = KeptPages::with(PageFormat::Jpeg, &wide, false);
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::COLOUR, 320, 400), true);
    let said = saved(&pages, "x.pdf");
    assert_eq!((said.written.pages, said.written.left_out.len()), (1, 1));
    qpdf_accepts(&pages.out("x.pdf"));
}

#[test]
fn a_page_of_which_nothing_came_is_named_and_left_out() {
    let whole = jpeg(JpegKind::COLOUR, 320, 400);
    let mut pages = KeptPages::with(PageFormat::Jpeg, &whole[..200], false);
    assert_eq!(save(&pages.export, &pages.out("x.pdf"), PDF, &mut go_on).map(|_| ()), Err(ExportError::NoPages));
    assert!(pages.files().is_empty());
    pages.add(page_info(PageFormat::Jpeg), &whole, true);
    pages.add(page_info(PageFormat::Jpeg), b"<html>404</html>", true);
    let said = saved(&pages, "x.pdf");
    assert_eq!((said.written.pages, said.written.partial), (1, 0));
    assert_eq!(said.written.left_out, [lightbar::document::PageId(1), lightbar::document::PageId(3)]);
    qpdf_accepts(&pages.out("x.pdf"));
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

/// The number behind a name, the first time it stands in the file.
fn text_value(pdf: &[u8], name: &str) -> u32 {
    let at = pdf.windows(name.len()).position(|window| window == name.as_bytes()).expect("it is there") + name.len();
    let digits = pdf[at..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
}

/// The first stream of a file.
fn stream(pdf: &[u8]) -> &[u8] {
    let start = pdf.windows(8).position(|window| window == b"\nstream\n").expect("a stream") + 8;
    let length = pdf.windows(18).position(|window| window == b"\nendstream\nendobj\n").expect("its end") - start;
    &pdf[start..start + length]
}

fn flate_rows(data: &[u8], row: usize) -> Vec<u8> {
    let mut inflated = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::ZlibDecoder::new(data), &mut inflated).expect("good data");
    let mut above = vec![0u8; row];
    let mut rows = Vec::new();
    for line in inflated.chunks(row + 1) {
        assert_eq!((line[0], line.len()), (2, row + 1));
        above.iter_mut().zip(&line[1..]).for_each(|(above, change)| *above = above.wrapping_add(*change));
        rows.extend_from_slice(&above);
    }
    rows
}

fn fax_rows(data: &[u8], width: u32) -> Vec<u8> {
    let mut rows = Vec::new();
    fax::decoder::decode_g4(data.iter().copied(), width, None, |changes| {
        let start = rows.len();
        rows.resize(start + (width as usize).div_ceil(8), 0xffu8);
        for (x, color) in (0..width as usize).zip(fax::decoder::pels(changes, width)) {
            if color == fax::Color::Black {
                rows[start + x / 8] &= !(0x80 >> (x % 8));
            }
        }
    });
    rows
}

fn saved_as(pages: &KeptPages, name: &str, format: FileFormat) -> Saved {
    save(&pages.export, &pages.out(name), SaveOptions { format, ..PDF }, &mut go_on).expect("saved")
}

/// Rows as they are on the wire and as gray or colour with eight bits.
fn raw_page(format: PixelFormat, width: u32, height: usize) -> (Vec<u8>, RowLayout) {
    let layout = RowLayout::packed(width, format);
    let mut samples = page(1, layout.stride, height);
    if format == PixelFormat::Bw1 && !width.is_multiple_of(8) {
        samples.chunks_mut(layout.stride).for_each(|row| row[layout.stride - 1] |= 0xff >> (width % 8));
    }
    (samples, layout)
}

const FORMATS: [PixelFormat; 6] = [
    PixelFormat::Bw1,
    PixelFormat::Gray8,
    PixelFormat::Gray16,
    PixelFormat::Rgb8,
    PixelFormat::Rgb16,
    PixelFormat::Cmyk8,
];

/// Packed rows as colour with eight bits; `None` for what other programs show in their own way.
fn as_rgb(format: PixelFormat, samples: &[u8], width: usize) -> Option<Vec<u8>> {
    match format {
        PixelFormat::Bw1 => {
            let white = |row: &[u8], x: usize| row[x / 8] & (0x80 >> (x % 8)) != 0;
            let row =
                |row: &[u8]| (0..width).flat_map(|x| [if white(row, x) { 255 } else { 0 }; 3]).collect::<Vec<u8>>();
            Some(samples.chunks(width.div_ceil(8)).flat_map(row).collect())
        }
        PixelFormat::Gray8 => Some(samples.iter().flat_map(|sample| [*sample; 3]).collect()),
        PixelFormat::Rgb8 => Some(samples.to_vec()),
        PixelFormat::Gray16 | PixelFormat::Rgb16 | PixelFormat::Cmyk8 => None,
    }
}

struct Rows(Option<RowLayout>, Vec<u8>);

impl RowSink for Rows {
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        self.0 = Some(picture.layout);
        ControlFlow::Continue(())
    }

    fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
        self.1.extend_from_slice(row);
        ControlFlow::Continue(())
    }
}

fn decoded(file: &std::path::Path, encoding: Encoding) -> (RowLayout, Vec<u8>) {
    let mut rows = Rows(None, Vec::new());
    let file = fs::File::open(file).expect("readable");
    assert!(decode(file, encoding, &DecodeOptions::default(), &mut rows).expect("a good picture").whole);
    (rows.0.expect("begun"), rows.1)
}

#[test]
fn tiff_and_png_keep_every_sample() {
    for format in FORMATS {
        let (samples, layout) = raw_page(format, 413, 999);
        let pages = KeptPages::with(PageFormat::Rows(layout), &samples, true);
        saved_as(&pages, "x.tif", FileFormat::Tiff);
        assert!(decoded(&pages.out("x.tif"), Encoding::Tiff) == (layout, samples.clone()), "{format:?}");
        saved_as(&pages, "x.png", FileFormat::Png);
        if format != PixelFormat::Cmyk8 {
            assert!(decoded(&pages.out("x.png"), Encoding::Png) == (layout, samples.clone()), "{format:?}");
        }
        assert_eq!(pages.files(), ["x.png", "x.tif"]);
        if let Some((width, height, read)) = read_by_imagemagick(&pages.out("x.tif")) {
            assert_eq!((width, height), (413, 999));
            let Some(expected) = as_rgb(format, &samples, 413) else { continue };
            assert!(read == expected, "{format:?} as read by ImageMagick");
        }
    }
}

#[test]
fn a_tiff_holds_all_pages_with_their_resolution() {
    let mut pages = KeptPages::new();
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::COLOUR, 827, 300), true);
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::GRAY, 827, 300), true).look.rotation = Rotation::Half;
    let (samples, layout) = raw_page(PixelFormat::Bw1, 827, 50);
    pages.add(page_info(PageFormat::Rows(layout)), &samples, false);
    let said = saved_as(&pages, "x.tif", FileFormat::Tiff);
    assert_eq!((said.written.pages, said.written.partial), (3, 1));
    let mut decoder = tiff::decoder::Decoder::new(fs::File::open(pages.out("x.tif")).expect("there")).expect("a TIFF");
    let mut heights = Vec::new();
    loop {
        heights.push(decoder.dimensions().expect("a size").1);
        let dpi = decoder.get_tag(tiff::tags::Tag::XResolution).expect("there");
        assert_eq!(format!("{dpi:?}"), "Rational(100, 1)");
        let turned = decoder.get_tag_u32(tiff::tags::Tag::Orientation).expect("there");
        assert_eq!(turned, if heights.len() == 2 { 3 } else { 1 });
        if !decoder.more_images() {
            break;
        }
        decoder.next_image().expect("another page");
    }
    assert_eq!(heights, [300, 300, 50]);
}

#[test]
fn jpeg_files_are_the_device_s_own() {
    let mut pages = KeptPages::new();
    let jpegs = [jpeg(JpegKind::COLOUR, 300, 200), jpeg(JpegKind::GRAY, 300, 200)];
    pages.add(page_info(PageFormat::Jpeg), &jpegs[0], true);
    pages.add(page_info(PageFormat::Jpeg), &jpegs[1], true).look.rotation = Rotation::Quarter;
    let (samples, layout) = raw_page(PixelFormat::Rgb8, 827, 64);
    pages.add(page_info(PageFormat::Rows(layout)), &samples, true);
    let said = saved_as(&pages, "scan.jpg", FileFormat::Jpeg);
    let names = ["scan-001.jpg", "scan-002.jpg", "scan-003.jpg"];
    assert_eq!(said.files, names.map(|name| pages.out(name)));
    assert_eq!(pages.files(), names);
    assert!(fs::read(pages.out(names[0])).expect("readable") == jpegs[0]);
    // A turned one says so in a segment of its own; the picture's data is untouched.
    let turned = fs::read(pages.out(names[1])).expect("readable");
    let data = jpegs[1].windows(2).position(|window| window == [0xff, 0xdb]).expect("tables");
    assert!(turned.ends_with(&jpegs[1][data..]));
    let exif = turned.windows(6).position(|window| window == b"Exif\0\0").expect("Exif");
    assert_eq!(turned[exif + 6..][..22], *b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0");
    let (layout, rows) = decoded(&pages.out(names[2]), Encoding::Jpeg);
    assert_eq!((layout.width, rows.len()), (827, 827 * 64 * 3));
    // Nothing is replaced unasked, and then nothing at all is written.
    let again =
        save(&pages.export, &pages.out("scan.jpg"), SaveOptions { format: FileFormat::Jpeg, ..PDF }, &mut go_on);
    assert_eq!(again, Err(ExportError::Exists(pages.out(names[0]))));
    assert_eq!(pages.files(), names);
}

#[test]
fn a_single_page_keeps_the_name_unless_numbers_are_wanted() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::COLOUR, 30, 20), true);
    assert_eq!(saved_as(&pages, "a.png", FileFormat::Png).files, [pages.out("a.png")]);
    let options = SaveOptions { format: FileFormat::Png, overwrite: false, naming: Naming::Numbered };
    let said = save(&pages.export, &pages.out("a.png"), options, &mut go_on).expect("saved");
    assert_eq!(said.files, [pages.out("a-001.png")]);
    let info = png::Decoder::new(std::io::BufReader::new(fs::File::open(pages.out("a.png")).expect("there")));
    let info = info.read_info().expect("a PNG").info().pixel_dims.expect("a resolution");
    assert_eq!((info.xppu, info.yppu), (3937, 3937), "100 dpi in pixels per metre");
}

/// Takes so many bytes and then is full.
struct Filling {
    room: usize,
}

impl std::io::Write for Filling {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.room == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.room);
        self.room -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_disk_that_is_full_at_any_point_is_told_as_such() {
    let mut pages = KeptPages::new();
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::GRAY, 40, 40), true);
    for format in [PixelFormat::Bw1, PixelFormat::Rgb8] {
        let (samples, layout) = raw_page(format, 33, 20);
        pages.add(page_info(PageFormat::Rows(layout)), &samples, true);
    }
    let whole = saved(&pages, "x.pdf");
    let length = fs::metadata(&whole.files[0]).expect("there").len() as usize;
    for room in (0..length).step_by(3) {
        let result = lightbar::export::pdf::write(&pages.export, &mut Filling { room }, &mut go_on);
        assert_eq!(result, Err(ExportError::Full), "room for {room} of {length}");
    }
    assert!(lightbar::export::pdf::write(&pages.export, &mut Filling { room: length }, &mut go_on).is_ok());
}

#[test]
fn a_full_disk_leaves_the_old_file_as_it_was() {
    let mut pages = KeptPages::new();
    for _ in 0..12 {
        pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::COLOUR, 827, 1169), true);
    }
    let Some(small) = SmallDisk::of(256) else { return };
    for format in [FileFormat::Pdf, FileFormat::Tiff, FileFormat::Png, FileFormat::Jpeg] {
        let target = small.path().join("x");
        fs::write(&target, b"precious").expect("written");
        let result = save(&pages.export, &target, SaveOptions { format, overwrite: true, ..PDF }, &mut go_on);
        assert_eq!(result, Err(ExportError::Full), "{format:?}");
        assert_eq!(fs::read(&target).expect("readable"), b"precious");
        assert_eq!(fs::read_dir(small.path()).expect("readable").count(), 1, "nothing is left beside it");
    }
}

#[test]
fn a_folder_too_full_for_what_must_be_whole_first_is_named() {
    let Some(small) = SmallDisk::of(256) else { return };
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::COLOUR, 827, 1169), true);
    let mut passed_on = Vec::new();
    let written = send(&pages.export, FileFormat::Tiff, &mut passed_on, small.path(), &mut go_on);
    assert_eq!(written, Err(ExportError::ScratchFull(small.path().to_path_buf())));
    assert!(passed_on.is_empty());
    assert_eq!(fs::read_dir(small.path()).expect("readable").count(), 0);
    let written = send(&pages.export, FileFormat::Pdf, &mut passed_on, small.path(), &mut go_on);
    assert_eq!(written.map(|written| written.pages), Ok(1), "PDF needs no room");
}

#[test]
fn a_damaged_page_file_gives_what_is_good_of_it() {
    let whole = jpeg(JpegKind::COLOUR, 320, 400);
    let pages = KeptPages::with(PageFormat::Jpeg, &[whole.clone(), vec![0; 40_000]].concat(), true);
    let file = &pages.file(0);
    let mut bytes = fs::read(file).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).expect("written");
    let said = saved(&pages, "x.pdf");
    assert_eq!((said.written.pages, said.written.partial), (1, 1));
    qpdf_accepts(&pages.out("x.pdf"));
}
