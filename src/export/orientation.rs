//! How a JPEG is turned, told to viewers: its picture stays as the device sent it.

use crate::document::Rotation;

/// The number that Exif uses.
pub(super) const fn orientation(rotation: Rotation) -> u16 {
    match rotation {
        Rotation::None => 1,
        Rotation::Quarter => 6,
        Rotation::Half => 3,
        Rotation::ThreeQuarters => 8,
    }
}

/// Exif data with that number alone: a TIFF header and a directory of one entry.
pub(super) fn exif(rotation: Rotation) -> Vec<u8> {
    let mut data = b"MM\0\x2a\0\0\0\x08\0\x01".to_vec();
    // Tag 0112, type SHORT, one value, in the upper half of the value field.
    data.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1]);
    data.extend(orientation(rotation).to_be_bytes());
    data.extend([0, 0, 0, 0, 0, 0]);
    data
}
