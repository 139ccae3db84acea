//! PNG files of every kind.

use lightbar::import::{ImportError, Limit, Remark};
use lightbar::minidriver::PageFormat;
use lightbar::raster::PixelFormat;
use lightbar::units::Dpi;
use png::{BitDepth, ColorType};

use super::bench::Bench;

/// A PNG file.
fn encoded(
    size: (u32, u32),
    colour: (ColorType, BitDepth),
    data: &[u8],
    more: impl FnOnce(&mut png::Info<'static>),
) -> Vec<u8> {
    let mut info = png::Info::with_size(size.0, size.1);
    (info.color_type, info.bit_depth) = colour;
    more(&mut info);
    let mut out = Vec::new();
    let encoder = png::Encoder::with_info(&mut out, info).expect("an encoder");
    let mut writer = encoder.write_header().expect("written");
    writer.write_image_data(data).expect("written");
    writer.finish().expect("written");
    out
}

#[test]
fn plain_pictures_stay_untouched() {
    let bench = Bench::new();
    let gray4 = encoded((3, 2), (ColorType::Grayscale, BitDepth::Four), &[0x0f, 0x80, 0x12, 0x30], |_| {});
    let (page, _) = bench.page_of(&gray4);
    assert_eq!(page.head.info.format, PageFormat::Png);
    assert!(bench.bytes(&page) == gray4);
    assert_eq!(bench.pixels(&page).rows, [[0, 255, 136], [17, 34, 51]]);
    let palette = encoded((4, 1), (ColorType::Indexed, BitDepth::Two), &[0b0001_1011], |info| {
        info.palette = Some(vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].into());
    });
    let (page, remarks) = bench.page_of(&palette);
    assert_eq!((page.head.info.format, remarks), (PageFormat::Png, vec![]));
    assert_eq!(bench.pixels(&page).rows, [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]]);
}

#[test]
fn transparency_lets_white_paper_through() {
    let bench = Bench::new();
    let rgba = encoded((3, 1), (ColorType::Rgba, BitDepth::Eight), &[9, 9, 9, 0, 100, 0, 0, 255, 0, 0, 0, 128], |_| {});
    let (page, _) = bench.page_of(&rgba);
    assert_eq!(page.facts.layout().expect("rows").format, PixelFormat::Rgb8);
    assert_eq!(bench.pixels(&page).rows, [[255, 255, 255, 100, 0, 0, 127, 127, 127]]);
    let gray16 = encoded(
        (2, 1),
        (ColorType::GrayscaleAlpha, BitDepth::Sixteen),
        &[0x12, 0x34, 0xff, 0xff, 0x12, 0x34, 0, 0],
        |_| {},
    );
    let (page, _) = bench.page_of(&gray16);
    assert_eq!(page.facts.layout().expect("rows").format, PixelFormat::Gray16);
    assert_eq!(bench.pixels(&page).rows, [[0x12, 0x34, 0xff, 0xff]]);
    let keyed = encoded((8, 1), (ColorType::Grayscale, BitDepth::One), &[0b1010_0000], |info| {
        info.trns = Some(vec![0, 0].into());
    });
    let (page, _) = bench.page_of(&keyed);
    assert_eq!(bench.pixels(&page).rows, [[255; 8]], "black is see-through in it");
}

/// The seven passes of an interlaced picture of gray.
fn interlaced(width: usize, height: usize, samples: &[u8]) -> Vec<u8> {
    const PASSES: [[usize; 4]; 7] =
        [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];
    let mut raw = Vec::new();
    for [x, y, right, down] in PASSES {
        for row in (y..height).step_by(down).filter(|_| x < width) {
            raw.push(0);
            raw.extend((x..width).step_by(right).map(|column| samples[row * width + column]));
        }
    }
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &raw).expect("packed");
    let header = [&(width as u32).to_be_bytes()[..], &(height as u32).to_be_bytes(), &[8, 0, 0, 0, 1]].concat();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", packed.finish().expect("packed")), (b"IEND", Vec::new())] {
        png.extend((data.len() as u32).to_be_bytes());
        let chunk = [&kind[..], &data].concat();
        png.extend(&chunk);
        png.extend(crc32fast::hash(&chunk).to_be_bytes());
    }
    png
}

#[test]
fn an_interlaced_picture_is_put_in_order() {
    let bench = Bench::new();
    let samples: Vec<u8> = (0..19 * 11).map(|at| (at * 7) as u8).collect();
    let (page, remarks) = bench.page_of(&interlaced(19, 11, &samples));
    assert_eq!(remarks, []);
    assert!(page.facts.complete);
    assert_eq!(bench.pixels(&page).samples(), samples);
}

#[test]
fn the_resolution_is_the_file_s() {
    let bench = Bench::new();
    let dims = |xppu, yppu| png::PixelDimensions { xppu, yppu, unit: png::Unit::Meter };
    let with =
        |dims| encoded((2, 1), (ColorType::Grayscale, BitDepth::Eight), &[1, 2], |info| info.pixel_dims = Some(dims));
    let (page, remarks) = bench.page_of(&with(dims(23_622, 23_622)));
    assert_eq!((page.head.info.dpi, remarks), (Dpi(600), vec![]));
    let (page, remarks) = bench.page_of(&with(dims(8031, 3858)));
    assert_eq!((page.head.info.dpi, remarks), (Dpi(204), vec![Remark::UnevenDots(1)]));
}

#[test]
fn a_huge_picture_is_refused_by_its_limit() {
    let bench = Bench::new();
    let mut huge = encoded((8, 8), (ColorType::Grayscale, BitDepth::Eight), &[0; 64], |_| {});
    for (width, height, limit) in [
        (70_000u32, 10u32, Limit::Width(lightbar::import::limits::MAX_WIDTH)),
        (10, 2_000_000, Limit::Height(lightbar::import::limits::MAX_HEIGHT)),
        (60_000, 60_000, Limit::Pixels(lightbar::import::limits::MAX_PIXELS)),
    ] {
        huge[16..20].copy_from_slice(&width.to_be_bytes());
        huge[20..24].copy_from_slice(&height.to_be_bytes());
        let crc = crc32fast::hash(&huge[12..29]).to_be_bytes();
        huge[29..33].copy_from_slice(&crc);
        assert_eq!(bench.import(&huge), Err(ImportError::TooLarge { page: Some(1), limit }));
    }
    assert_eq!(bench.page_files(), 0);
}
