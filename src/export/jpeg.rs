//! JPEG pages handed on as the device sent them.

use std::io::Write;

use crate::document::{JpegPicture, PageFacts, PageFile};

use super::ExportError;
use super::output::{Watch, copy};

/// End of a JPEG file.
const END: [u8; 2] = [0xff, 0xd9];

/// Copies a device's JPEG. At most the true height is put into its frame header and an end marker
/// behind it: otherwise viewers break (design, section 5).
pub(super) fn copy_jpeg(
    file: &PageFile,
    facts: &PageFacts,
    jpeg: &JpegPicture,
    to: &mut impl Write,
    watch: &mut Watch<'_, '_>,
) -> Result<(), ExportError> {
    let height = Some(jpeg.frame.height).filter(|height| u32::from(height.rows) != facts.height);
    let true_rows = u16::try_from(facts.height).unwrap_or(u16::MAX).to_be_bytes();
    copy(&mut file.bytes(), to, file.length(), watch, |piece, at| {
        let Some(height) = height else { return };
        for (offset, byte) in (height.offset..).zip(true_rows) {
            let inside = offset.checked_sub(at).and_then(|inside| usize::try_from(inside).ok());
            if let Some(place) = inside.and_then(|inside| piece.get_mut(inside)) {
                *place = byte;
            }
        }
    })?;
    if !jpeg.facts.is_whole() {
        to.write_all(&END)?;
    }
    Ok(())
}
