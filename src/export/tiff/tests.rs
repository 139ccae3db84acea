//! Where a classic TIFF ends and BigTIFF begins.

use std::io::Cursor;
use std::ops::ControlFlow;

use tiff::decoder::{Decoder, DecodingResult};

use crate::document::{DocumentFolder, Look, Origin};
use crate::export::{ExportPage, SaveProgress};
use crate::minidriver::{PageFormat, PageInfo, PageStream, Side};
use crate::raster::RowLayout;
use crate::units::{Area, Dpi, Length};

use super::*;

/// Gray pages of this size, of noise, which does not become smaller.
const WIDTH: u32 = 100;
const ROWS: u32 = 60;
const PAGES: u32 = 3;

fn document(data: &std::path::Path) -> ExportDocument {
    let folder = DocumentFolder::unborn(data);
    let mut document = ExportDocument::default();
    let mut noise = 1u32;
    for number in 1..=PAGES {
        let info = PageInfo {
            item: "Feeder".into(),
            full_name: r"0000\Root\Feeder".into(),
            number,
            side: Side::Front,
            format: PageFormat::Rows(RowLayout::packed(WIDTH, PixelFormat::Gray8)),
            dpi: Dpi(100),
            area: Area::of_size(Length::from_mm(25), Length::from_mm(15)),
            expected_width: WIDTH,
            expected_rows: Some(ROWS),
            expected_bytes: None,
        };
        let (page, file) = folder.begin_page(info, Origin::default()).expect("a page");
        let rows: Vec<u8> = (0..WIDTH * ROWS)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            })
            .collect();
        file.stream().write(&rows).expect("written");
        file.end(true, None).expect("ended");
        document.pages.push(ExportPage { page, file: page, facts: None, look: Look::default() });
    }
    document.folder = folder.path().expect("it is there");
    document
}

/// The file, and how often it was begun.
fn written(document: &ExportDocument, classic: Classic) -> (Vec<u8>, u32) {
    let (mut begun, mut last) = (1, 0);
    let mut sink = Cursor::new(Vec::new());
    let mut on_progress = |at: SaveProgress| {
        begun += u32::from(at.done < last);
        last = at.done;
        ControlFlow::Continue(())
    };
    let mut watch = Watch::new(document.pages.len(), &mut on_progress);
    let scratch = Scratch::at(&document.folder);
    let said = write_up_to(classic, document, TiffCompression::None, scratch, &mut sink, &mut watch);
    let said = said.expect("written");
    assert_eq!((said.pages, said.left_out.len()), (PAGES, 0));
    assert_eq!(last, PAGES);
    (sink.into_inner(), begun)
}

/// The pixels of all pages, and where the last strip ends.
fn read(file: &[u8]) -> (Vec<Vec<u8>>, u64) {
    let mut decoder = Decoder::new(Cursor::new(file)).expect("a TIFF");
    let (mut pages, mut end) = (Vec::new(), 0);
    loop {
        let DecodingResult::U8(pixels) = decoder.read_image().expect("pixels") else { panic!("eight bits") };
        pages.push(pixels);
        let offsets = decoder.get_tag_u64_vec(Tag::StripOffsets).expect("offsets");
        let lengths = decoder.get_tag_u64_vec(Tag::StripByteCounts).expect("lengths");
        end = offsets.iter().zip(lengths).map(|(offset, length)| offset + length).max().unwrap_or(0).max(end);
        if !decoder.more_images() {
            return (pages, end);
        }
        decoder.next_image().expect("another one");
    }
}

/// The number behind the two letters: 42, or 43 for BigTIFF.
fn is_big(file: &[u8]) -> bool {
    match u16::from_ne_bytes([file[2], file[3]]) {
        42 => false,
        43 => true,
        other => panic!("a TIFF of kind {other}"),
    }
}

#[test]
fn what_a_classic_file_does_not_hold_is_begun_again_as_a_large_one() {
    let data = tempfile::tempdir().expect("a folder");
    let document = document(data.path());
    let raw = u64::from(WIDTH * ROWS * PAGES);
    let (classic, begun) = written(&document, CLASSIC);
    assert_eq!((is_big(&classic), begun), (false, 1));
    let (pages, end) = read(&classic);
    assert_eq!(pages.len(), PAGES as usize);
    for (limits, big, times) in [
        // It ends where it may, and one byte behind that; in the middle; and at once.
        (Classic { raw, file: end }, false, 1),
        (Classic { raw, file: end - 1 }, true, 2),
        (Classic { raw, file: end / 2 }, true, 2),
        (Classic { raw, file: 100 }, true, 1),
        // It is not even tried.
        (Classic { raw: raw - 1, file: end }, true, 1),
    ] {
        let (file, begun) = written(&document, limits);
        assert_eq!((is_big(&file), begun), (big, times), "{limits:?}");
        assert!(read(&file).0 == pages, "{limits:?}: the same pixels");
    }
}
