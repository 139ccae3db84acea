//! PNG, row by row, while the bytes come.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::decode::{DecodeError, Decoded, PictureInfo, RowSink};
use super::rows::LARGEST_STRIDE;
use super::{PixelFormat, RowLayout};

/// Memory the decoder may take: rows and chunks, never a picture.
const LARGEST_MEMORY: usize = 32 << 20;

/// See [`super::decode::decode`].
pub(super) fn decode(bytes: impl Read, sink: &mut dyn RowSink) -> Result<Decoded, DecodeError> {
    let limits = png::Limits { bytes: LARGEST_MEMORY };
    let mut decoder = png::Decoder::new_with_limits(Forward(BufReader::new(bytes)), limits);
    // Palettes become colours, two and four bits of gray eight, and transparency goes: paper has none.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(failure)?;
    let one_bit = header.color_type == png::ColorType::Grayscale && header.bit_depth == png::BitDepth::One;
    if !one_bit {
        decoder.set_transformations(png::Transformations::EXPAND);
    }
    let mut reader = decoder.read_info().map_err(failure)?;
    if reader.info().interlaced {
        return Err(DecodeError::Unsupported("an interlaced PNG"));
    }
    let (width, height) = (reader.info().width, reader.info().height);
    let (format, kept, of) = match reader.output_color_type() {
        (png::ColorType::Grayscale, png::BitDepth::One) => (PixelFormat::Bw1, 1, 1),
        (png::ColorType::Grayscale, png::BitDepth::Sixteen) => (PixelFormat::Gray16, 2, 2),
        (png::ColorType::Grayscale, _) => (PixelFormat::Gray8, 1, 1),
        (png::ColorType::GrayscaleAlpha, png::BitDepth::Sixteen) => (PixelFormat::Gray16, 2, 4),
        (png::ColorType::GrayscaleAlpha, _) => (PixelFormat::Gray8, 1, 2),
        (png::ColorType::Rgb, png::BitDepth::Sixteen) => (PixelFormat::Rgb16, 6, 6),
        (png::ColorType::Rgb | png::ColorType::Indexed, _) => (PixelFormat::Rgb8, 3, 3),
        (png::ColorType::Rgba, png::BitDepth::Sixteen) => (PixelFormat::Rgb16, 6, 8),
        (png::ColorType::Rgba, _) => (PixelFormat::Rgb8, 3, 4),
    };
    let layout = RowLayout::packed(width, format);
    if layout.stride > LARGEST_STRIDE {
        return Err(DecodeError::TooLarge { width, height });
    }
    if sink.begin(&PictureInfo { width, height, layout, rows: height }).is_break() {
        return Ok(Decoded::default());
    }
    let mut without_alpha = Vec::new();
    let mut rows = 0;
    while rows < height {
        let row = match reader.next_row() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            // A picture that was cut ends here; the rows before are good.
            Err(error) if is_cut(&error) => return Ok(Decoded { rows, whole: false }),
            Err(error) => return Err(failure(error)),
        };
        let data = if kept == of {
            row.data()
        } else {
            without_alpha.clear();
            without_alpha.extend(row.data().chunks_exact(of).flat_map(|pixel| &pixel[..kept]));
            &without_alpha
        };
        rows += 1;
        if sink.row(data).is_break() {
            return Ok(Decoded { rows, whole: false });
        }
    }
    Ok(Decoded { rows, whole: rows == height })
}

fn is_cut(error: &png::DecodingError) -> bool {
    matches!(error, png::DecodingError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof)
}

fn failure(error: png::DecodingError) -> DecodeError {
    match error {
        png::DecodingError::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => error.into(),
        png::DecodingError::LimitsExceeded => DecodeError::TooLarge { width: 0, height: 0 },
        other => DecodeError::Broken(other.to_string()),
    }
}

/// A reader that only goes forward. The decoder asks for one that can seek and does not seek.
struct Forward<R>(R);

impl<R: Read> Read for Forward<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: BufRead> BufRead for Forward<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.0.consume(bytes);
    }
}

impl<R> Seek for Forward<R> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
