//! What all decoders have in common: rows go to a sink, as they come.

use std::io::{self, Read};
use std::ops::ControlFlow;

use super::{RowLayout, jpeg, png, rows, tiff};

/// How the bytes of a picture are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// A JPEG file.
    Jpeg,
    /// A PNG file.
    Png,
    /// A TIFF file; its first picture.
    Tiff,
    /// Raw rows.
    Rows(RowLayout),
    /// Bytes of no known kind, of which nothing can be decoded.
    Unknown,
}

/// How to decode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeOptions {
    /// Rows expected, for pictures that do not say themselves how many they have.
    pub expected_rows: Option<u32>,
    /// A picture whose longer side has at least this many pixels is enough. A decoder that can do so
    /// cheaply (JPEG) then delivers a reduced one.
    pub enough: Option<u32>,
}

/// What is known of a picture before its first row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureInfo {
    /// Pixels in a row of the picture itself.
    pub width: u32,
    /// Rows the picture says it has, or is expected to have; zero when nobody knows.
    pub height: u32,
    /// The rows that will be delivered, without padding.
    pub layout: RowLayout,
    /// How many of them there will be, if all come.
    pub rows: u32,
}

/// Where rows go.
pub trait RowSink {
    /// The first call, once, before any row. *Break* ends the decoding without an error.
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()>;

    /// The next row, as `begin` announced it. *Break* ends the decoding without an error.
    fn row(&mut self, row: &[u8]) -> ControlFlow<()>;
}

/// What came of decoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Rows of the picture itself that are there: complete, and not made up by a decoder.
    pub rows: u32,
    /// Whether these are all.
    pub whole: bool,
}

/// Why nothing more could be decoded. The rows delivered before are good.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The bytes cannot be read.
    #[error("reading the picture: {0}")]
    Io(#[from] io::Error),
    /// The bytes make no picture.
    #[error("broken picture: {0}")]
    Broken(String),
    /// The picture would need more memory than it is given.
    #[error("a picture of {width} × {height} pixels of this kind is too large to be decoded")]
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// A kind of picture that scanners do not send.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
}

/// Decodes a picture while its bytes come: the reader may block.
///
/// # Errors
/// [`DecodeError`]; whatever the bytes are, nothing else happens.
pub fn decode(
    bytes: impl Read,
    encoding: Encoding,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<Decoded, DecodeError> {
    match encoding {
        Encoding::Jpeg => jpeg::decode(bytes, options, sink),
        Encoding::Png => png::decode(bytes, sink),
        Encoding::Tiff => tiff::decode(bytes, sink),
        Encoding::Rows(layout) => rows::decode(bytes, layout, options, sink),
        Encoding::Unknown => Err(DecodeError::Broken("bytes of no known kind".to_owned())),
    }
}
