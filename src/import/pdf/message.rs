//! What the process that reads a PDF tells the one that asked for it.
//!
//! ```text
//!   kind (1 byte) │ length (4 bytes, the lowest first) │ bytes of the page, or JSON
//! ```

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::document::Look;
use crate::import::{Limit, Remark};
use crate::raster::PixelFormat;

/// Bytes of one message, at most.
const LARGEST: u32 = 256 << 10;
const DATA: u8 = b'd';
const TOLD: u8 = b't';

/// One message.
#[derive(Debug)]
pub(super) enum Message {
    /// Bytes of the page; they are not in here.
    Data,
    /// Anything else.
    Told(Box<Told>),
}

/// What is told, in this order: pages, then for each page its beginning, data, its end; remarks anywhere; at
/// last a refusal or that all is done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    /// How many pages there are.
    Pages(u32),
    /// A page begins.
    Begin { kind: Kind, width: u32, height: u32, dpi: u32, bytes: u64, look: Look },
    /// All bytes of the page were told.
    End,
    /// Something to be said.
    Remark(Remark),
    /// There will be no more.
    Refused(Refusal),
    /// All pages were told.
    Done,
}

/// What the bytes of a page are.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Kind {
    /// A JPEG file.
    Jpeg,
    /// Rows without padding.
    Rows(Pixels),
}

/// A pixel format, as it is told.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Pixels {
    Bw1,
    Gray8,
    Gray16,
    Rgb8,
    Rgb16,
    Cmyk8,
}

impl Pixels {
    pub(super) fn format(self) -> PixelFormat {
        match self {
            Pixels::Bw1 => PixelFormat::Bw1,
            Pixels::Gray8 => PixelFormat::Gray8,
            Pixels::Gray16 => PixelFormat::Gray16,
            Pixels::Rgb8 => PixelFormat::Rgb8,
            Pixels::Rgb16 => PixelFormat::Rgb16,
            Pixels::Cmyk8 => PixelFormat::Cmyk8,
        }
    }
}

/// Why a file is refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Refusal {
    Unreadable,
    NeedsPassword,
    NoPages,
    Broken(Option<u32>),
    Bomb(Option<u32>),
    TooLarge(Option<u32>, Limit),
    Unsupported(u32, String),
}

/// Tells.
pub(super) struct Teller<'a>(pub(super) &'a mut dyn Write);

impl Teller<'_> {
    pub(super) fn tell(&mut self, told: &Told) -> io::Result<()> {
        let bytes = serde_json::to_vec(told).map_err(io::Error::other)?;
        self.message(TOLD, &bytes)?;
        self.0.flush()
    }

    /// Tells bytes of the page.
    pub(super) fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        bytes.chunks(LARGEST as usize).try_for_each(|piece| self.message(DATA, piece))
    }

    fn message(&mut self, kind: u8, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
        self.0.write_all(&[kind, length[0], length[1], length[2], length[3]])?;
        self.0.write_all(bytes)
    }
}

/// Hears the next message and its bytes; an error at the end, or when it makes no sense.
pub(super) fn hear(from: &mut impl Read) -> io::Result<(Message, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = u32::from_le_bytes(length);
    if length > LARGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes)?;
    match kind {
        DATA => Ok((Message::Data, bytes)),
        TOLD => Ok((Message::Told(serde_json::from_slice(&bytes)?), Vec::new())),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}
