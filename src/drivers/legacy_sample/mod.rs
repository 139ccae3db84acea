//! A driver of the older model, end to end: for a made-up protocol on a vendor-specific interface (255/76/1).
//!
//! It is the pattern for a scanner whose driver works a page at a time. `protocol` has the commands,
//! `connect` the pipe they go through, `image` makes memory bitmaps of lines, and `driver` is what the
//! compatibility layer calls. Nothing here knows streams, the page loop or where a device came from.

mod connect;
mod driver;
mod image;
mod protocol;

pub use connect::{PRODUCT, VENDOR};
pub use driver::LegacySampleDriver;
