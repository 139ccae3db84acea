//! Pages that broke off, are damaged, or do not say how high they are.

use std::fs;

use lightbar::export::{ExportError, save};
use lightbar::minidriver::{PageFormat, PageInfo};

use super::{PDF, go_on, saved, text_value};
use crate::support::judges::{drawn_by_mupdf, drawn_by_poppler, extracted_images, qpdf_accepts};
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg, with_dnl, with_height};

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
    assert_eq!(save(&pages.export, &pages.out("x.pdf"), &PDF, &mut go_on).map(|_| ()), Err(ExportError::NoPages));
    assert!(pages.files().is_empty());
    pages.add(page_info(PageFormat::Jpeg), &whole, true);
    pages.add(page_info(PageFormat::Jpeg), b"<html>404</html>", true);
    let said = saved(&pages, "x.pdf");
    assert_eq!((said.written.pages, said.written.partial), (1, 0));
    assert_eq!(said.written.left_out, [lightbar::document::PageId(1), lightbar::document::PageId(3)]);
    qpdf_accepts(&pages.out("x.pdf"));
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
    assert_eq!((said.written.pages, said.written.partial, said.written.damaged.len()), (1, 0, 1));
    qpdf_accepts(&pages.out("x.pdf"));
}
