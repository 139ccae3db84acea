//! JPEG files: untouched, turned as they say, or refused by name.

use std::ops::ControlFlow;

use lightbar::document::{Look, PictureFacts, Rotation};
use lightbar::export::{ExportDocument, ExportPage, FileFormat, SaveOptions, save};
use lightbar::import::{ImportError, Limit, Remark};
use lightbar::minidriver::PageFormat;
use lightbar::units::Dpi;

use crate::support::pictures::{JpegKind, height_place, jpeg};

use super::bench::Bench;

/// The JPEG with segments behind its start marker.
fn with_segment(jpeg: &[u8], segment: &[u8]) -> Vec<u8> {
    [&jpeg[..2], segment, &jpeg[2..]].concat()
}

fn exif_orientation(number: u16) -> Vec<u8> {
    let mut segment = vec![0xff, 0xe1, 0, 34];
    segment.extend(b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0");
    segment.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0]);
    segment.extend(number.to_le_bytes());
    segment.extend([0; 6]);
    assert_eq!(segment.len(), 36);
    segment
}

/// The pixel at a place of a picture turned by the eight orientations, as Exif defines them: which side of the
/// picture its first row and first column are.
fn seen(number: u16, (x, y): (usize, usize), (width, height): (usize, usize)) -> (usize, usize) {
    match number {
        1 => (x, y),
        2 => (width - 1 - x, y),
        3 => (width - 1 - x, height - 1 - y),
        4 => (x, height - 1 - y),
        5 => (y, x),
        6 => (y, height - 1 - x),
        7 => (width - 1 - y, height - 1 - x),
        _ => (width - 1 - y, x),
    }
}

/// Where a pixel of a page that is turned is in the page as it came.
fn unturned(rotation: Rotation, (x, y): (usize, usize), (width, height): (usize, usize)) -> (usize, usize) {
    match rotation {
        Rotation::None => (x, y),
        Rotation::Quarter => (y, height - 1 - x),
        Rotation::Half => (width - 1 - x, height - 1 - y),
        Rotation::ThreeQuarters => (width - 1 - y, x),
    }
}

#[test]
fn all_eight_orientations_look_as_they_should() {
    let (width, height) = (48, 32);
    let plain = jpeg(JpegKind::GRAY, width, height);
    let bench = Bench::new();
    let (upright, _) = bench.page_of(&plain);
    let upright = bench.pixels(&upright).rows;
    for number in 1..=8 {
        let bytes = with_segment(&plain, &exif_orientation(number));
        let (page, remarks) = bench.page_of(&bytes);
        let mirrored = matches!(number, 2 | 4 | 5 | 7);
        assert_eq!(remarks, if mirrored { vec![Remark::Mirrored(1)] } else { vec![] }, "{number}");
        assert_eq!(page.head.info.format == PageFormat::Jpeg, !mirrored);
        assert!(mirrored || bench.bytes(&page) == bytes, "untouched");
        let rows = bench.pixels(&page).rows;
        let lies = page.look.rotation.lies();
        assert_eq!(lies, number > 4);
        let (across, down) = if lies { (height, width) } else { (width, height) };
        for y in 0..down {
            for x in 0..across {
                let (from_x, from_y) = seen(number, (x, y), (width, height));
                let (page_x, page_y) = unturned(page.look.rotation, (x, y), (width, height));
                assert_eq!(rows[page_y][page_x], upright[from_y][from_x], "orientation {number} at {x}, {y}");
            }
        }
    }
}

#[test]
fn the_resolution_is_the_file_s_or_a_usual_one() {
    let bench = Bench::new();
    let plain = jpeg(JpegKind::GRAY, 40, 30);
    let jfif = |unit: u8, dots: u16| {
        let mut segment = vec![0xff, 0xe0, 0, 16];
        segment.extend(b"JFIF\0\x01\x01");
        segment.push(unit);
        segment.extend([dots.to_be_bytes(), dots.to_be_bytes()].concat());
        segment.extend([0, 0]);
        with_segment(&plain, &segment)
    };
    for (bytes, dpi) in [(jfif(1, 200), 200), (jfif(2, 118), 300), (jfif(0, 1), 300), (jfif(1, 1), 300)] {
        let (page, _) = bench.page_of(&bytes);
        assert_eq!(page.head.info.dpi, Dpi(dpi));
        assert_eq!(page.head.info.area.width.pixels(Dpi(dpi)), 40);
    }
}

#[test]
fn what_the_decoder_cannot_show_is_refused_by_name() {
    let bench = Bench::new();
    let plain = jpeg(JpegKind::GRAY, 64, 64);
    let mut twelve_bits = plain.clone();
    let place = height_place(&plain);
    twelve_bits[place - 1] = 12;
    assert_eq!(
        bench.import(&twelve_bits),
        Err(ImportError::Unsupported { page: 1, what: "a JPEG with samples of other than 8 bits".to_owned() })
    );
    let mut lossless = plain.clone();
    lossless[place - 4] = 0xc3;
    assert!(matches!(
        bench.import(&lossless),
        Err(ImportError::Broken { page: Some(1) } | ImportError::Unsupported { .. })
    ));
    assert_eq!(bench.page_files(), 0);
}

#[test]
fn a_picture_that_breaks_off_is_a_partial_page() {
    let bench = Bench::new();
    let whole = jpeg(JpegKind::COLOUR, 320, 480);
    let (page, remarks) = bench.page_of(&whole[..whole.len() / 2]);
    assert_eq!(remarks, [Remark::Partial(1)]);
    assert!(!page.facts.complete && page.facts.height > 0 && page.facts.height < 480, "{}", page.facts.height);
    assert!(matches!(page.facts.picture, PictureFacts::Jpeg(_)));
    assert!(!bench.file(&page).is_complete());
}

#[test]
fn a_progressive_picture_of_more_than_memory_is_refused() {
    let bench = Bench::new();
    let mut huge = jpeg(JpegKind { progressive: true, ..JpegKind::GRAY }, 64, 64);
    let place = height_place(&huge);
    huge[place..place + 4].copy_from_slice(&[0xea, 0x60, 0x9c, 0x40]);
    let limit = Limit::Pixels(lightbar::import::limits::MAX_PIXELS);
    assert_eq!(bench.import(&huge), Err(ImportError::TooLarge { page: Some(1), limit }));
    huge[place..place + 4].copy_from_slice(&[0x30, 0x00, 0x30, 0x00]);
    let limit = Limit::Pixels(lightbar::import::limits::MAX_PIXELS_AT_ONCE);
    assert_eq!(bench.import(&huge), Err(ImportError::TooLarge { page: Some(1), limit }));
}

/// What a photo says itself of how it is turned is what the page is turned by in the end, and says so once.
#[test]
fn a_photo_that_is_turned_again_says_so_once_when_it_is_saved() {
    let bench = Bench::new();
    let photo = with_segment(&jpeg(JpegKind::COLOUR, 48, 32), &exif_orientation(6));
    let (page, _) = bench.page_of(&photo);
    assert_eq!(page.look.rotation, Rotation::Quarter);
    let turns = [(Rotation::Quarter, 6), (Rotation::None, 1), (Rotation::Half, 3), (Rotation::ThreeQuarters, 8)];
    for (rotation, number) in turns {
        let saved = bench.path(&format!("{number}.jpg"));
        let pages = vec![ExportPage {
            page: page.head.page,
            file: page.head.page,
            facts: Some(page.facts),
            look: Look { rotation, ..page.look },
        }];
        let folder = bench.document.path().expect("a document");
        let document = ExportDocument { folder, pages, ..ExportDocument::default() };
        save(&document, &saved, &SaveOptions::of(FileFormat::Jpeg), &mut |_| ControlFlow::Continue(())).expect("saved");
        let expected = with_segment(&jpeg(JpegKind::COLOUR, 48, 32), &exif_orientation(number));
        assert!(std::fs::read(&saved).expect("saved") == expected, "{rotation:?}");
    }
}
