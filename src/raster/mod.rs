//! The `raster` module deals with *pixels*: their formats, bands of rows, decoders that give rows
//! while bytes arrive, and the small picture shown on screen. It does no I/O and knows no device.

mod jpeg_markers;
mod pixel;

pub use jpeg_markers::{JpegFacts, JpegFrame, JpegHeight, JpegMarkers, is_placeholder_height};
pub use pixel::{PixelFormat, RowLayout};
