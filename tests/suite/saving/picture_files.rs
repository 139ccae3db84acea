//! TIFF, PNG and JPEG: every sample and every byte is kept.

use std::fs;

use lightbar::document::Rotation;
use lightbar::export::{ExportError, FileFormat, Naming, SaveOptions, save};
use lightbar::minidriver::PageFormat;
use lightbar::raster::{Encoding, PixelFormat};

use super::{FORMATS, as_rgb, decoded, go_on, raw_page, saved_as};
use crate::support::judges::read_by_imagemagick;
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg};

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
        assert_eq!(turned, 1, "pixels are turned, and nobody is told to turn them again");
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
    let again = save(&pages.export, &pages.out("scan.jpg"), &SaveOptions::of(FileFormat::Jpeg), &mut go_on);
    assert_eq!(again, Err(ExportError::SeveralExist(names.map(|name| pages.out(name)).to_vec())));
    assert_eq!(pages.files(), names);
}

#[test]
fn a_single_page_keeps_the_name_unless_numbers_are_wanted() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::COLOUR, 30, 20), true);
    assert_eq!(saved_as(&pages, "a.png", FileFormat::Png).files, [pages.out("a.png")]);
    let options = SaveOptions { naming: Naming::Numbered, ..SaveOptions::of(FileFormat::Png) };
    let said = save(&pages.export, &pages.out("a.png"), &options, &mut go_on).expect("saved");
    assert_eq!(said.files, [pages.out("a-001.png")]);
    let info = png::Decoder::new(std::io::BufReader::new(fs::File::open(pages.out("a.png")).expect("there")));
    let info = info.read_info().expect("a PNG").info().pixel_dims.expect("a resolution");
    assert_eq!((info.xppu, info.yppu), (3937, 3937), "100 dpi in pixels per metre");
}
