//! Drawn pictures and JPEG files of every kind that devices send.

use mozjpeg::{ColorSpace, Compress};

/// What a JPEG is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JpegKind {
    pub(crate) space: ColorSpace,
    /// Colour sampled at half resolution in both directions.
    pub(crate) halved: bool,
    pub(crate) progressive: bool,
}

impl JpegKind {
    pub(crate) const COLOUR: JpegKind = JpegKind { space: ColorSpace::JCS_RGB, halved: true, progressive: false };
    pub(crate) const GRAY: JpegKind = JpegKind { space: ColorSpace::JCS_GRAYSCALE, halved: false, progressive: false };
    pub(crate) const CMYK: JpegKind = JpegKind { space: ColorSpace::JCS_CMYK, halved: false, progressive: false };

    pub(crate) fn channels(self) -> usize {
        match self.space {
            ColorSpace::JCS_GRAYSCALE => 1,
            ColorSpace::JCS_CMYK => 4,
            _ => 3,
        }
    }
}

/// A JPEG of a drawn page.
pub(crate) fn jpeg(kind: JpegKind, width: usize, height: usize) -> Vec<u8> {
    jpeg_of(kind, width, &page(kind.channels(), width, height))
}

/// A JPEG of these samples.
pub(crate) fn jpeg_of(kind: JpegKind, width: usize, samples: &[u8]) -> Vec<u8> {
    let mut compress = Compress::new(kind.space);
    compress.set_size(width, samples.len() / width / kind.channels());
    compress.set_quality(85.0);
    // A profile as fast devices have it, not this encoder's slow defaults.
    compress.set_fastest_defaults();
    if kind.progressive {
        compress.set_progressive_mode();
    }
    let factor = if kind.halved && kind.space == ColorSpace::JCS_RGB { (2, 2) } else { (1, 1) };
    compress.set_chroma_sampling_pixel_sizes(factor, factor);
    let mut started = compress.start_compress(Vec::new()).expect("an encoder");
    started.write_scanlines(samples).expect("encoded");
    started.finish().expect("finished")
}

/// Something like a page: light paper, a gradient, lines of "text" and some noise. Every row differs
/// from its neighbours.
pub(crate) fn page(channels: usize, width: usize, height: usize) -> Vec<u8> {
    let mut noise = 0x1234_5678u32;
    let mut samples = Vec::with_capacity(channels * width * height);
    for y in 0..height {
        for x in 0..width {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let text = (y / 6) % 3 == 1 && (x / 3 + y / 6 * 7) % 5 < 2 && x > width / 10;
            let base = if text { 40 } else { 225 - (y * 60 / height.max(1)) as u32 };
            for channel in 0..channels {
                let shade = base + (noise >> 24) / 24 + (channel * x * 20 / width.max(1)) as u32;
                samples.push(shade.min(255) as u8);
            }
        }
    }
    samples
}

/// The place of the two height bytes in a JPEG's frame header.
pub(crate) fn height_place(jpeg: &[u8]) -> usize {
    let mut at = 2;
    loop {
        assert_eq!(jpeg[at], 0xff);
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if matches!(jpeg[at + 1], 0xc0..=0xc2) {
            return at + 5;
        }
        at += 2 + length;
    }
}

/// The same JPEG with another height in its frame header.
pub(crate) fn with_height(jpeg: &[u8], height: u16) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    let at = height_place(&jpeg);
    jpeg[at..at + 2].copy_from_slice(&height.to_be_bytes());
    jpeg
}

/// The same JPEG as devices send it that learn the height at the sheet's end: a placeholder in the
/// frame header, the true height in a DNL segment.
pub(crate) fn with_dnl(jpeg: &[u8], placeholder: u16) -> Vec<u8> {
    let at = height_place(jpeg);
    let height = [jpeg[at], jpeg[at + 1]];
    let mut jpeg = with_height(jpeg, placeholder);
    let end = jpeg.len() - 2;
    assert_eq!(jpeg[end..], [0xff, 0xd9]);
    jpeg.truncate(end);
    jpeg.extend([0xff, 0xdc, 0, 4, height[0], height[1], 0xff, 0xd9]);
    jpeg
}
