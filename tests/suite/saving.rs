//! See `main.rs`.

mod archive;
mod cut_pages;
mod edited;
mod estimate;
mod full_disk;
mod options;
mod passing_on;
mod password;
mod pdf;
mod picture_files;
mod targets;
mod turned;

use std::fs;
use std::ops::ControlFlow;

use lightbar::export::{FileFormat, SaveOptions, SaveProgress, Saved, save};
use lightbar::raster::{DecodeOptions, Encoding, PictureInfo, PixelFormat, RowLayout, RowSink, decode};

use crate::support::kept_pages::KeptPages;
use crate::support::pictures::page;

const PDF: SaveOptions = SaveOptions::of(FileFormat::Pdf);

fn go_on(_: SaveProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn saved(pages: &KeptPages, name: &str) -> Saved {
    save(&pages.export, &pages.out(name), &PDF, &mut go_on).expect("saved")
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
    save(&pages.export, &pages.out(name), &SaveOptions::of(format), &mut go_on).expect("saved")
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

const FORMATS: [PixelFormat; 6] = PixelFormat::ALL;

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
