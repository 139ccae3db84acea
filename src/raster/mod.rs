//! The `raster` module deals with *pixels*: their formats, bands of rows, decoders that give rows
//! while bytes arrive, and the small picture shown on screen. It does no I/O and knows no device.

mod decode;
mod edited;
mod jpeg;
mod jpeg_encode;
mod jpeg_extent;
mod jpeg_hints;
mod jpeg_markers;
mod jpeg_mend;
mod pixel;
mod png;
mod preview;
mod reduce;
mod rows;
mod tiff;
mod tone;
mod window;

pub use decode::{DecodeError, DecodeOptions, Decoded, Encoding, PictureInfo, RowSink, decode};
pub use edited::{EditedRows, PixelEdit};
pub use jpeg_encode::{JpegEncoder, NoJpeg};
pub use jpeg_extent::{Counted, JpegExtent, complete_rows, counted_rows};
pub use jpeg_hints::{HINTS_WITHIN, JpegHints, JpegOrientation};
pub use jpeg_markers::{JpegFacts, JpegFrame, JpegHeight, JpegMarkers, LARGEST_SIDE, is_placeholder_height};
pub use jpeg_mend::MendedJpeg;
pub use pixel::{PixelFormat, RowLayout};
pub use preview::{PreviewScaler, PreviewSink};
pub use reduce::ReducedRows;
pub use rows::{EightBits, Samples};
pub use tone::{Tone, ToneRows};
pub use window::PixelWindow;
