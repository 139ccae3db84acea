//! WIA's raw format, read band by band.

use std::io;

use crate::export::{ExportError, PnmWriter};
use crate::raster::{PixelFormat, RowLayout};

/// Bytes of WIA's raw format's header.
const RAW_HEADER: usize = 80;

/// Reads WIA's raw format band by band.
#[derive(Default)]
pub(super) struct RawReader {
    /// Bytes that are not a whole header or row yet.
    rest: Vec<u8>,
    layout: Option<RowLayout>,
}

impl RawReader {
    /// Whether the header is there.
    pub(super) fn is_begun(&self) -> bool {
        self.layout.is_some()
    }

    /// Takes bytes as they come, and passes on whole rows.
    pub(super) fn feed(&mut self, bytes: &[u8], writer: &mut PnmWriter<'_>) -> Result<(), ExportError> {
        self.rest.extend_from_slice(bytes);
        let layout = match self.layout {
            Some(layout) => layout,
            None => {
                let Some(header) = self.rest.first_chunk::<RAW_HEADER>() else { return Ok(()) };
                let Some((layout, rows)) = layout_of(header) else {
                    return Err(io::Error::from(io::ErrorKind::InvalidData).into());
                };
                self.rest.drain(..RAW_HEADER);
                self.layout = Some(layout);
                writer.begin(layout, rows)?;
                layout
            }
        };
        let whole = self.rest.len() / layout.stride * layout.stride;
        writer.rows(&self.rest[..whole])?;
        self.rest.drain(..whole);
        Ok(())
    }
}

/// Layout and height out of a raw header; `None` when it is none of ours.
fn layout_of(header: &[u8; RAW_HEADER]) -> Option<(RowLayout, u32)> {
    let field = |at: usize| header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    let format = match (field(36)?, header[44]) {
        (1, 1) => PixelFormat::Bw1,
        (1, 8) => PixelFormat::Gray8,
        (1, 16) => PixelFormat::Gray16,
        (3, 8) => PixelFormat::Rgb8,
        (3, 16) => PixelFormat::Rgb16,
        (4, 8) => PixelFormat::Cmyk8,
        _ => return None,
    };
    let (width, rows, stride) = (field(20)?, field(24)?, field(28)? as usize);
    let fits = header.starts_with(b"WRAW") && stride >= format.row_bytes(width) && stride > 0;
    fits.then_some((RowLayout { width, format, stride }, rows))
}
