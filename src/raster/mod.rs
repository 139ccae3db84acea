//! The `raster` module deals with *pixels*: their formats, bands of rows, decoders that give rows
//! while bytes arrive, and the small picture shown on screen. It does no I/O and knows no device.

mod pixel;

pub use pixel::{PixelFormat, RowLayout};
