//! TIFF pages of devices. The directory can stand at the end of the file, so that nothing can be
//! decoded before all of it is there, and the file is held in memory.

use std::io::{Cursor, Read};

use tiff::ColorType;
use tiff::decoder::{ChunkType, Decoder, Limits};

use super::decode::{DecodeError, Decoded, PictureInfo, RowSink};
use super::rows::LARGEST_STRIDE;
use super::{PixelFormat, RowLayout};

/// Largest file that is decoded: a colour page of A3 at 600 dpi has 209 MB.
const LARGEST_FILE: u64 = 256 << 20;
/// Largest strip.
const LARGEST_STRIP: usize = 256 << 20;

/// See [`super::decode::decode`]. Of several pictures in the file the first counts.
pub(super) fn decode(bytes: impl Read, sink: &mut dyn RowSink) -> Result<Decoded, DecodeError> {
    let mut file = Vec::new();
    bytes.take(LARGEST_FILE + 1).read_to_end(&mut file)?;
    if file.len() as u64 > LARGEST_FILE {
        return Err(DecodeError::TooLarge { width: 0, height: 0 });
    }
    let mut limits = Limits::default();
    limits.decoding_buffer_size = LARGEST_STRIP;
    limits.intermediate_buffer_size = LARGEST_STRIP;
    let mut decoder = Decoder::new(Cursor::new(file)).map_err(failure)?.with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(failure)?;
    let format = match decoder.colortype().map_err(failure)? {
        ColorType::Gray(1) => PixelFormat::Bw1,
        ColorType::Gray(8) => PixelFormat::Gray8,
        ColorType::Gray(16) => PixelFormat::Gray16,
        ColorType::RGB(8) => PixelFormat::Rgb8,
        ColorType::RGB(16) => PixelFormat::Rgb16,
        ColorType::CMYK(8) => PixelFormat::Cmyk8,
        _ => return Err(DecodeError::Unsupported("a TIFF of this colour type")),
    };
    if decoder.get_chunk_type() != ChunkType::Strip {
        return Err(DecodeError::Unsupported("a TIFF in tiles"));
    }
    let layout = RowLayout::packed(width, format);
    if layout.stride > LARGEST_STRIDE {
        return Err(DecodeError::TooLarge { width, height });
    }
    if width == 0 || sink.begin(&PictureInfo { width, height, layout, rows: height }).is_break() {
        return Ok(Decoded::default());
    }
    let mut rows = 0;
    for strip in 0..decoder.strip_count().map_err(failure)? {
        // A strip that is not there ends the picture; the rows before are good.
        let Ok(mut samples) = decoder.read_chunk(strip) else { break };
        let mut samples = samples.as_buffer(0);
        let bytes = samples.as_bytes_mut();
        if matches!(format, PixelFormat::Gray16 | PixelFormat::Rgb16) {
            bytes.chunks_exact_mut(2).for_each(|sample| {
                let value = u16::from_ne_bytes([sample[0], sample[1]]);
                sample.copy_from_slice(&value.to_be_bytes());
            });
        }
        for row in bytes.chunks_exact(layout.stride).take((height - rows) as usize) {
            rows += 1;
            if sink.row(row).is_break() {
                return Ok(Decoded { rows, whole: false });
            }
        }
    }
    Ok(Decoded { rows, whole: rows == height })
}

fn failure(error: tiff::TiffError) -> DecodeError {
    match error {
        tiff::TiffError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => error.into(),
        tiff::TiffError::LimitsExceeded => DecodeError::TooLarge { width: 0, height: 0 },
        other => DecodeError::Broken(other.to_string()),
    }
}
