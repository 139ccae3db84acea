//! Pages that were turned: what PNG and TIFF have is turned indeed, since many viewers look at pixels alone.

use std::fs;

use lightbar::document::{Look, Rotation};
use lightbar::export::{FileFormat, SaveOptions, TiffCompression, save};
use lightbar::minidriver::PageFormat;
use lightbar::raster::{Encoding, PixelFormat, RowLayout};

use super::{FORMATS, as_rgb, decoded, go_on, raw_page};
use crate::support::judges::{drawn_by_mupdf, read_by_imagemagick};
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg};

pub(super) const TURNS: [Rotation; 3] = [Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters];

/// A picture as it is seen when it is turned, pixel by pixel. Bits behind a row's end are zero.
pub(super) fn as_seen(layout: RowLayout, rows: &[u8], rotation: Rotation) -> (RowLayout, Vec<u8>) {
    let (width, height) = (layout.width as usize, rows.len() / layout.stride);
    let (wide, high) = if rotation.lies() { (height, width) } else { (width, height) };
    let seen = RowLayout::packed(wide as u32, layout.format);
    let mut out = vec![0u8; seen.stride * high];
    for y in 0..high {
        for x in 0..wide {
            let (column, row) = match rotation {
                Rotation::None => (x, y),
                Rotation::Quarter => (y, height - 1 - x),
                Rotation::Half => (width - 1 - x, height - 1 - y),
                Rotation::ThreeQuarters => (width - 1 - y, x),
            };
            let (from, to) = (&rows[row * layout.stride..], &mut out[y * seen.stride..]);
            if layout.format == PixelFormat::Bw1 {
                to[x / 8] |= (from[column / 8] >> (7 - column % 8) & 1) << (7 - x % 8);
            } else {
                let bytes = layout.format.bits() as usize / 8;
                to[x * bytes..][..bytes].copy_from_slice(&from[column * bytes..][..bytes]);
            }
        }
    }
    (seen, out)
}

/// What came back, with the bits that are no pixels as [`as_seen`] has them.
fn read(pages: &KeptPages, name: &str, encoding: Encoding) -> (RowLayout, Vec<u8>) {
    let (layout, mut rows) = decoded(&pages.out(name), encoding);
    if layout.format == PixelFormat::Bw1 && !layout.width.is_multiple_of(8) {
        rows.chunks_mut(layout.stride).for_each(|row| row[layout.stride - 1] &= !(0xff >> (layout.width % 8)));
    }
    (layout, rows)
}

fn saved_turned(pages: &mut KeptPages, name: &str, rotation: Rotation, options: SaveOptions) {
    pages.export.pages[0].look = Look { rotation, ..Look::default() };
    let options = SaveOptions { overwrite: true, ..options };
    save(&pages.export, &pages.out(name), &options, &mut go_on).expect("saved");
}

#[test]
fn tiff_and_png_have_the_pixels_as_they_are_seen() {
    for format in FORMATS {
        let (samples, layout) = raw_page(format, 413, 299);
        let mut pages = KeptPages::with(PageFormat::Rows(layout), &samples, true);
        for rotation in TURNS {
            let expected = as_seen(layout, &samples, rotation);
            for tiff in [TiffCompression::Auto, TiffCompression::Lzw, TiffCompression::Deflate, TiffCompression::None] {
                let options = SaveOptions { tiff, ..SaveOptions::of(FileFormat::Tiff) };
                saved_turned(&mut pages, "x.tif", rotation, options);
                assert!(read(&pages, "x.tif", Encoding::Tiff) == expected, "{format:?} {rotation:?} {tiff:?}");
            }
            saved_turned(&mut pages, "x.png", rotation, SaveOptions::of(FileFormat::Png));
            if format != PixelFormat::Cmyk8 {
                assert!(read(&pages, "x.png", Encoding::Png) == expected, "{format:?} {rotation:?}");
            }
            // Nobody is told to turn it once more.
            let bytes = fs::read(pages.out("x.png")).expect("readable");
            assert!(!bytes.windows(4).any(|window| window == b"eXIf"));
            for name in ["x.png", "x.tif"] {
                let (Some((width, height, there)), Some(pixels)) =
                    (read_by_imagemagick(&pages.out(name)), as_rgb(format, &expected.1, expected.0.width as usize))
                else {
                    continue;
                };
                assert_eq!((width, height), if rotation.lies() { (299, 413) } else { (413, 299) });
                assert!(there == pixels, "{format:?} {rotation:?} {name} as read by ImageMagick");
            }
        }
    }
}

/// A page that does not fit into what is held in memory waits on the disk, in blocks.
#[test]
fn large_pages_are_turned_in_blocks_and_nothing_of_them_stays() {
    for (format, width, height) in
        [(PixelFormat::Rgb8, 1503, 1103), (PixelFormat::Gray16, 1501, 1601), (PixelFormat::Bw1, 6101, 5903)]
    {
        let (samples, layout) = raw_page(format, width, height);
        let mut pages = KeptPages::with(PageFormat::Rows(layout), &samples, true);
        for rotation in TURNS {
            let expected = as_seen(layout, &samples, rotation);
            saved_turned(&mut pages, "x.tif", rotation, SaveOptions::of(FileFormat::Tiff));
            assert!(read(&pages, "x.tif", Encoding::Tiff) == expected, "{format:?} {rotation:?}");
            saved_turned(&mut pages, "x.png", rotation, SaveOptions::of(FileFormat::Png));
            assert!(read(&pages, "x.png", Encoding::Png) == expected, "{format:?} {rotation:?}");
        }
        assert_eq!(pages.files(), ["x.png", "x.tif"]);
    }
}

#[test]
fn mupdf_sees_a_turned_png_as_it_is_seen() {
    let device = jpeg(JpegKind::GRAY, 300, 200);
    let mut pages = KeptPages::with(PageFormat::Jpeg, &device, true);
    pages.add(page_info(PageFormat::Jpeg), &device, true);
    pages.export.pages.truncate(1);
    for rotation in TURNS {
        for (name, format) in [("x.png", FileFormat::Png), ("x.tif", FileFormat::Tiff), ("x.pdf", FileFormat::Pdf)] {
            saved_turned(&mut pages, name, rotation, SaveOptions::of(format));
            let Some((width, height, _)) = drawn_by_mupdf(&pages.out(name), 100) else { return };
            let seen = if rotation.lies() { (200, 300) } else { (300, 200) };
            let near = width.abs_diff(seen.0) <= 1 && height.abs_diff(seen.1) <= 1;
            assert!(near, "{name}, {rotation:?}: {width} × {height}");
        }
    }
}
