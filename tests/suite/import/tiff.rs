//! TIFF files of many kinds, made here entry by entry.

use lightbar::document::Rotation;
use lightbar::import::{ImportError, Limit, Remark, limits};
use lightbar::raster::PixelFormat;
use lightbar::units::Dpi;

use crate::support::pictures::{JpegKind, jpeg};

use super::bench::Bench;

pub(super) const WIDTH: u16 = 256;
pub(super) const HEIGHT: u16 = 257;
pub(super) const BITS: u16 = 258;
pub(super) const COMPRESSION: u16 = 259;
pub(super) const PHOTOMETRIC: u16 = 262;
pub(super) const SAMPLES: u16 = 277;
pub(super) const ROWS_PER_STRIP: u16 = 278;

/// A directory and its strips or tiles. Values are SHORT, LONG where they do not fit; rationals apart.
#[derive(Clone, Default)]
pub(super) struct Page {
    pub(super) entries: Vec<(u16, Vec<u32>)>,
    pub(super) rationals: Vec<(u16, [u32; 2])>,
    pub(super) chunks: Vec<Vec<u8>>,
    pub(super) tiled: bool,
}

impl Page {
    /// Rows of gray or colour without compression in one strip.
    pub(super) fn plain(width: u32, height: u32, bits: &[u32], photometric: u32, data: &[u8]) -> Page {
        let entries = vec![
            (WIDTH, vec![width]),
            (HEIGHT, vec![height]),
            (BITS, bits.to_vec()),
            (COMPRESSION, vec![1]),
            (PHOTOMETRIC, vec![photometric]),
            (SAMPLES, vec![bits.len() as u32]),
            (ROWS_PER_STRIP, vec![height]),
        ];
        Page { entries, chunks: vec![data.to_vec()], ..Page::default() }
    }

    pub(super) fn with(mut self, tag: u16, values: &[u32]) -> Page {
        self.entries.retain(|(other, _)| *other != tag);
        self.entries.push((tag, values.to_vec()));
        self
    }

    pub(super) fn dots(mut self, across: u32, down: u32) -> Page {
        self.rationals.extend([(282, [across, 1]), (283, [down, 1])]);
        self
    }
}

/// A TIFF file; the byte order is either.
pub(super) fn file(big_endian: bool, pages: &[Page]) -> Vec<u8> {
    let short = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let long = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let mut out = if big_endian { b"MM".to_vec() } else { b"II".to_vec() };
    out.extend(short(42));
    let mut link = out.len();
    out.extend(long(0));
    for page in pages {
        let mut entries: Vec<(u16, u16, Vec<u8>, u32)> = Vec::new();
        let mut all = page.entries.clone();
        let mut places = Vec::new();
        for chunk in &page.chunks {
            places.push(out.len() as u32);
            out.extend(chunk);
        }
        let tags = if page.tiled { (324, 325) } else { (273, 279) };
        all.push((tags.0, places));
        all.push((tags.1, page.chunks.iter().map(|chunk| chunk.len() as u32).collect()));
        for (tag, values) in &all {
            let wide = values.iter().any(|value| *value > 65_535) || matches!(*tag, 273 | 279 | 324 | 325 | 254);
            let bytes: Vec<u8> = values
                .iter()
                .flat_map(|value| if wide { long(*value).to_vec() } else { short(*value as u16).to_vec() })
                .collect();
            entries.push((*tag, if wide { 4 } else { 3 }, bytes, values.len() as u32));
        }
        for (tag, [above, below]) in &page.rationals {
            entries.push((*tag, 5, [long(*above), long(*below)].concat(), 1));
        }
        entries.sort_by_key(|entry| entry.0);
        for entry in &mut entries {
            if entry.2.len() > 4 {
                let place = out.len() as u32;
                out.extend(&entry.2);
                entry.2 = long(place).to_vec();
            }
            entry.2.resize(4, 0);
        }
        out.resize(out.len().next_multiple_of(2), 0);
        let place = out.len() as u32;
        out[link..link + 4].copy_from_slice(&long(place));
        out.extend(short(entries.len() as u16));
        for (tag, kind, value, count) in &entries {
            out.extend([&short(*tag)[..], &short(*kind), &long(*count), value].concat());
        }
        link = out.len();
        out.extend(long(0));
    }
    out
}

#[test]
fn samples_of_every_kind_become_rows() {
    let bench = Bench::new();
    // Bits, photometric, one row of samples in the file, what it becomes; 0 is white where the file says so.
    let kinds: [(&str, Page, PixelFormat, Vec<u8>); 9] = [
        (
            "1 bit, 0 white",
            Page::plain(10, 1, &[1], 0, &[0b1010_0000, 0b0100_0000]),
            PixelFormat::Bw1,
            vec![0b0101_1111, 0b1000_0000],
        ),
        ("4 bits", Page::plain(3, 1, &[4], 1, &[0x0f, 0x80]), PixelFormat::Gray8, vec![0, 255, 136]),
        ("8 bits, 0 white", Page::plain(2, 1, &[8], 0, &[0, 200]), PixelFormat::Gray8, vec![255, 55]),
        ("colour", Page::plain(1, 1, &[8, 8, 8], 2, &[1, 2, 3]), PixelFormat::Rgb8, vec![1, 2, 3]),
        ("four inks", Page::plain(1, 1, &[8; 4], 5, &[1, 2, 3, 4]), PixelFormat::Cmyk8, vec![1, 2, 3, 4]),
        (
            "transparent",
            Page::plain(2, 1, &[8; 4], 2, &[0, 0, 0, 0, 8, 8, 8, 255]).with(338, &[2]),
            PixelFormat::Rgb8,
            vec![255, 255, 255, 8, 8, 8],
        ),
        (
            "multiplied in",
            Page::plain(1, 1, &[8; 4], 2, &[50, 0, 0, 100]).with(338, &[1]),
            PixelFormat::Rgb8,
            vec![205, 155, 155],
        ),
        (
            "gray, transparent",
            Page::plain(2, 1, &[8; 2], 1, &[9, 0, 9, 255]).with(338, &[2]),
            PixelFormat::Gray8,
            vec![255, 9],
        ),
        (
            "palette",
            Page::plain(3, 1, &[2], 3, &[0b0001_1000])
                .with(320, &[0, 0x0100, 0x0200, 0, 0, 0x0500, 0x0600, 0, 0, 0x0900, 0xff00, 0]),
            PixelFormat::Rgb8,
            vec![0, 0, 0, 1, 5, 9, 2, 6, 255],
        ),
    ];
    for (name, page, format, expected) in kinds {
        for big_endian in [false, true] {
            let (page, remarks) = bench.page_of(&file(big_endian, std::slice::from_ref(&page)));
            assert_eq!(page.facts.layout().expect("rows").format, format, "{name}");
            assert_eq!(bench.pixels(&page).samples(), expected, "{name}");
            assert!(page.facts.complete && remarks.is_empty(), "{name}");
        }
    }
    for (big_endian, data) in [(true, [0x12, 0x34]), (false, [0x34, 0x12])] {
        let (page, _) = bench.page_of(&file(big_endian, &[Page::plain(1, 1, &[16], 1, &data)]));
        assert_eq!(bench.pixels(&page).rows, [[0x12, 0x34]]);
    }
}

#[test]
fn pages_follow_each_other_and_thumbnails_are_none() {
    let bench = Bench::new();
    let gray = |shade| Page::plain(1, 1, &[8], 1, &[shade]);
    let pages = [gray(1), gray(2).with(254, &[1]), gray(3).with(254, &[2]).dots(200, 200).with(296, &[2]), gray(4)];
    let imported = bench.import(&file(false, &pages)).expect("imported");
    let shades: Vec<u8> = imported.pages.iter().map(|page| bench.bytes(page)[0]).collect();
    assert_eq!(shades, [1, 3, 4]);
    let dpi: Vec<Dpi> = imported.pages.iter().map(|page| page.head.info.dpi).collect();
    assert_eq!(dpi, [Dpi(300), Dpi(200), Dpi(300)]);
    assert_eq!(bench.import(&file(false, &[gray(2).with(254, &[1])])), Err(ImportError::NoPages));
}

#[test]
fn orientations_turn_and_mirror() {
    let bench = Bench::new();
    for (number, rotation, row) in [
        (1, Rotation::None, [1, 2, 3]),
        (2, Rotation::None, [3, 2, 1]),
        (3, Rotation::Half, [1, 2, 3]),
        (4, Rotation::Half, [3, 2, 1]),
        (5, Rotation::ThreeQuarters, [3, 2, 1]),
        (6, Rotation::Quarter, [1, 2, 3]),
        (7, Rotation::Quarter, [3, 2, 1]),
        (8, Rotation::ThreeQuarters, [1, 2, 3]),
    ] {
        let (page, _) = bench.page_of(&file(true, &[Page::plain(3, 1, &[8], 1, &[1, 2, 3]).with(274, &[number])]));
        assert_eq!((page.look.rotation, bench.bytes(&page)), (rotation, row.to_vec()), "{number}");
    }
}

#[test]
fn tiles_are_put_together() {
    let bench = Bench::new();
    for bits in [8u32, 1] {
        // 40 × 20 in tiles of 16 × 16: three across, two down, the last ones filled up.
        let sample = |x: u32, y: u32| (x * 5 + y * 3) as u8;
        let tile = |column: u32, row: u32| {
            let at = |x: u32, y: u32| sample(column * 16 + x, row * 16 + y);
            match bits {
                8 => (0..16).flat_map(|y| (0..16).map(move |x| at(x, y))).collect(),
                _ => (0..16).flat_map(|y| [at(0, y), at(8, y)]).collect::<Vec<u8>>(),
            }
        };
        let mut page = Page::plain(40, 20, &[bits], 1, &[]).with(322, &[16]).with(323, &[16]);
        page.entries.retain(|(tag, _)| *tag != ROWS_PER_STRIP);
        page.tiled = true;
        page.chunks = (0..2).flat_map(|row| (0..3).map(move |column| tile(column, row))).collect();
        let (page, _) = bench.page_of(&file(false, &[page]));
        let rows = bench.pixels(&page).rows;
        assert_eq!(rows.len(), 20);
        for (y, row) in (0..).zip(&rows) {
            let expected: Vec<u8> = if bits == 8 {
                (0..40).map(|x| sample(x, y)).collect()
            } else {
                (0..5).map(|x| sample(x * 8, y)).collect()
            };
            assert_eq!(*row, expected, "{bits} bits, row {y}");
        }
    }
}

#[test]
fn jpeg_strips_are_decoded() {
    let bench = Bench::new();
    let strips = [jpeg(JpegKind::GRAY, 64, 32), jpeg(JpegKind::GRAY, 64, 16)];
    let mut page = Page::plain(64, 48, &[8], 1, &[]).with(COMPRESSION, &[7]).with(ROWS_PER_STRIP, &[32]);
    page.chunks = strips.to_vec();
    let (imported, _) = bench.page_of(&file(false, &[page.clone()]));
    assert_eq!((imported.facts.height, bench.pixels(&imported).rows.len()), (48, 48));
    // A strip that is far larger than its page says is refused before it is decoded.
    page.chunks[0] = jpeg(JpegKind::GRAY, 640, 640);
    assert_eq!(bench.import(&file(false, &[page])), Err(ImportError::Bomb { page: Some(1) }));
}

#[test]
fn fax_pages_get_square_dots() {
    let bench = Bench::new();
    let page = Page::plain(2, 2, &[8], 1, &[1, 2, 3, 4]).dots(204, 98).with(296, &[2]);
    let (page, remarks) = bench.page_of(&file(false, &[page]));
    assert_eq!(remarks, [Remark::RowsRepeated(1)]);
    assert_eq!(
        (page.head.info.dpi, bench.pixels(&page).rows),
        (Dpi(204), vec![vec![1, 2], vec![1, 2], vec![3, 4], vec![3, 4]])
    );
    let (page, _) = bench.page_of(&file(false, &[Page::plain(1, 1, &[8], 1, &[1]).dots(79, 79).with(296, &[3])]));
    assert_eq!(page.head.info.dpi, Dpi(201), "dots per centimetre");
}

#[test]
fn what_is_not_read_is_named() {
    let bench = Bench::new();
    let gray = Page::plain(8, 1, &[8], 1, &[0; 8]);
    let planes = Page { chunks: vec![vec![0]; 3], ..Page::plain(1, 1, &[8, 8, 8], 2, &[]).with(284, &[2]) };
    for (page, word) in [
        (Page::plain(8, 1, &[1], 0, &[0]).with(COMPRESSION, &[3]), "group 3"),
        (gray.clone().with(266, &[2]), "last bit first"),
        (gray.clone().with(339, &[3]).with(BITS, &[32]), "whole numbers"),
        (gray.clone().with(COMPRESSION, &[6]), "old-style JPEG"),
        (planes, "planes"),
    ] {
        let error = bench.import(&file(false, &[gray.clone(), page])).expect_err(word);
        let ImportError::Unsupported { page: 2, what } = &error else { panic!("{word}: {error:?}") };
        assert!(what.contains(word), "{what}");
    }
    assert_eq!(bench.page_files(), 0, "the page before it is gone, too");
}

#[test]
fn a_strip_that_is_not_there_ends_the_page() {
    let bench = Bench::new();
    let mut page = Page::plain(4, 4, &[8], 1, &[]).with(ROWS_PER_STRIP, &[2]);
    page.chunks = vec![vec![5; 8], vec![6; 3]];
    let mut bytes = file(false, &[page]);
    // Its directory says that it lies behind the end of the file.
    let place = bytes.len() as u32;
    let at = bytes.windows(4).position(|four| four == 16u32.to_le_bytes()).expect("the second strip's place");
    bytes[at..at + 4].copy_from_slice(&place.to_le_bytes());
    let (page, remarks) = bench.page_of(&bytes);
    assert_eq!((page.facts.height, page.facts.complete, remarks), (2, false, vec![Remark::Partial(1)]));
}

#[test]
fn directories_in_a_circle_and_too_many_of_them_are_refused() {
    let bench = Bench::new();
    let page = Page::plain(1, 1, &[8], 1, &[7]);
    let mut circle = file(false, &[page.clone(), page.clone()]);
    let (first, end) = (circle[4..8].to_vec(), circle.len());
    circle[end - 4..].copy_from_slice(&first);
    assert!(matches!(bench.import(&circle), Err(ImportError::Broken { .. })), "{:?}", bench.import(&circle));
    assert_eq!(bench.page_files(), 0);
    let thumbnail = page.with(254, &[1]);
    let many = file(false, &vec![thumbnail; limits::MAX_DIRECTORIES as usize + 1]);
    let limit = Limit::Pages(limits::MAX_PAGES);
    assert_eq!(bench.import(&many), Err(ImportError::TooLarge { page: None, limit }));
}
