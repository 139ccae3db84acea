//! What a JPEG file says of itself beside the picture: its resolution (JFIF, Exif) and how it is to be
//! turned (Exif). Scanners and cameras write these segments in front; what is not there or makes no sense
//! is not known.

/// Bytes from the start of a file in which its hints stand: JFIF and Exif segments have 64 KiB each.
pub const HINTS_WITHIN: usize = 192 << 10;
/// Entries of a directory that are looked at.
const MOST_ENTRIES: usize = 200;
const CM_PER_INCH: f64 = 2.54;

const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const ORIENTATION: u16 = 0x0112;
const X_RESOLUTION: u16 = 0x011a;
const Y_RESOLUTION: u16 = 0x011b;
const RESOLUTION_UNIT: u16 = 0x0128;
/// Exif's numbers for its units and types.
const UNIT_CM: u16 = 3;
const SHORT: u16 = 3;
const RATIONAL: u16 = 5;

/// What a JPEG file says of itself beside the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct JpegHints {
    /// Dots per inch across and down.
    pub dpi: Option<(f64, f64)>,
    /// How the picture is to be turned.
    pub orientation: Option<JpegOrientation>,
}

/// Exif's orientation, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JpegOrientation {
    /// 1 to 8; 1 is upright.
    pub number: u16,
    /// Offset of its two bytes from the start of the file.
    pub offset: u64,
    /// Whether the upper byte comes first.
    pub big_endian: bool,
}

impl JpegHints {
    /// From the beginning of a file, [`HINTS_WITHIN`] bytes or all of it.
    pub fn of(head: &[u8]) -> JpegHints {
        let mut hints = JpegHints::default();
        let mut exif_dpi = None;
        let mut at = 2;
        while let Some([0xff, marker, high, low]) = head.get(at..at + 4) {
            // From here on no segment is of interest: a frame, a scan, or what stands alone.
            if !(0xe0..=0xef).contains(marker) && *marker != 0xfe && *marker != 0xdb && *marker != 0xc4 {
                break;
            }
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let content = head.get(at + 4..at + 2 + length).unwrap_or_default();
            match *marker {
                APP0 if hints.dpi.is_none() => hints.dpi = jfif(content),
                APP1 => {
                    if let Some(tiff) = content.strip_prefix(b"Exif\0\0") {
                        let exif = Exif::of(tiff, (at + 4 + 6) as u64);
                        hints.orientation = hints.orientation.or(exif.orientation());
                        exif_dpi = exif_dpi.or(exif.dpi());
                    }
                }
                _ => {}
            }
            at += 2 + length.max(2);
        }
        hints.dpi = hints.dpi.or(exif_dpi);
        hints
    }
}

/// The density of a JFIF segment.
fn jfif(content: &[u8]) -> Option<(f64, f64)> {
    let [_, _, unit, xh, xl, yh, yl, ..] = content.strip_prefix(b"JFIF\0")? else { return None };
    let density = |high, low| f64::from(u16::from_be_bytes([high, low]));
    let (x, y) = (density(*xh, *xl), density(*yh, *yl));
    match unit {
        _ if x == 0.0 || y == 0.0 => None,
        1 => Some((x, y)),
        2 => Some((x * CM_PER_INCH, y * CM_PER_INCH)),
        _ => None,
    }
}

/// The first directory of Exif data.
struct Exif<'a> {
    tiff: &'a [u8],
    /// Where it begins in the file.
    offset: u64,
    big_endian: bool,
    directory: usize,
}

impl<'a> Exif<'a> {
    fn of(tiff: &'a [u8], offset: u64) -> Exif<'a> {
        let big_endian = tiff.starts_with(b"MM");
        let mut exif = Exif { tiff, offset, big_endian, directory: usize::MAX };
        exif.directory = exif.long(4).map_or(usize::MAX, |at| at as usize);
        exif
    }

    fn short(&self, at: usize) -> Option<u16> {
        let bytes = *self.tiff.get(at..at.checked_add(2)?)?.first_chunk()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let bytes = *self.tiff.get(at..at.checked_add(4)?)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// Where an entry's value stands, if its type is this one.
    fn entry(&self, tag: u16, kind: u16) -> Option<usize> {
        let entries = usize::from(self.short(self.directory)?).min(MOST_ENTRIES);
        let first = self.directory.checked_add(2)?;
        let at = (0..entries).map(|entry| first + entry * 12).find(|at| self.short(*at) == Some(tag))?;
        (self.short(at + 2)? == kind).then_some(at + 8)
    }

    fn orientation(&self) -> Option<JpegOrientation> {
        let at = self.entry(ORIENTATION, SHORT)?;
        let number = self.short(at)?;
        let place = JpegOrientation { number, offset: self.offset + at as u64, big_endian: self.big_endian };
        (1..=8).contains(&number).then_some(place)
    }

    fn rational(&self, tag: u16) -> Option<f64> {
        let at = self.long(self.entry(tag, RATIONAL)?)? as usize;
        let (above, below) = (self.long(at)?, self.long(at.checked_add(4)?)?);
        (above > 0 && below > 0).then(|| f64::from(above) / f64::from(below))
    }

    fn dpi(&self) -> Option<(f64, f64)> {
        let unit = self.entry(RESOLUTION_UNIT, SHORT).and_then(|at| self.short(at));
        let scale = if unit == Some(UNIT_CM) { CM_PER_INCH } else { 1.0 };
        let across = self.rational(X_RESOLUTION)?;
        let down = self.rational(Y_RESOLUTION).unwrap_or(across);
        Some((across * scale, down * scale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exif(big_endian: bool, orientation: u16) -> Vec<u8> {
        let short = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let long = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let mut tiff = if big_endian { b"MM".to_vec() } else { b"II".to_vec() };
        tiff.extend(short(42));
        tiff.extend(long(8));
        tiff.extend(short(3));
        tiff.extend([short(ORIENTATION), short(SHORT)].concat());
        tiff.extend([&long(1)[..], &short(orientation), &[0, 0]].concat());
        tiff.extend([&short(X_RESOLUTION)[..], &short(RATIONAL), &long(1), &long(50)].concat());
        tiff.extend([&short(RESOLUTION_UNIT)[..], &short(SHORT), &long(1), &short(UNIT_CM), &[0, 0]].concat());
        tiff.extend(long(0));
        tiff.extend([long(240), long(2)].concat());
        let mut segment = vec![0xff, APP1];
        segment.extend((tiff.len() as u16 + 8).to_be_bytes());
        segment.extend(b"Exif\0\0");
        segment.extend(tiff);
        segment
    }

    fn head(segments: &[Vec<u8>]) -> Vec<u8> {
        [&[0xff, 0xd8][..], &segments.concat(), &[0xff, 0xc0, 0, 4, 8, 0]].concat()
    }

    #[test]
    fn orientation_and_resolution_are_found_in_both_byte_orders() {
        for big_endian in [true, false] {
            let bytes = head(&[exif(big_endian, 6)]);
            let hints = JpegHints::of(&bytes);
            let orientation = hints.orientation.expect("an orientation");
            assert_eq!((orientation.number, orientation.big_endian), (6, big_endian));
            let at = orientation.offset as usize;
            let expected = if big_endian { [0, 6] } else { [6, 0] };
            assert_eq!(bytes[at..at + 2], expected);
            let (across, down) = hints.dpi.expect("a resolution");
            assert!((across - 304.8).abs() < 0.01 && across == down, "{across}");
            for cut in 0..bytes.len() {
                let hints = JpegHints::of(&bytes[..cut]);
                assert!(hints.orientation.is_none() || hints.orientation == Some(orientation));
            }
        }
    }

    #[test]
    fn jfif_counts_more_than_exif_and_a_ratio_is_no_resolution() {
        let jfif = |unit, x: u8| vec![0xff, APP0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, unit, 0, x, 0, x, 0, 0];
        assert_eq!(JpegHints::of(&head(&[jfif(1, 200), exif(true, 1)])).dpi, Some((200.0, 200.0)));
        assert_eq!(JpegHints::of(&head(&[jfif(2, 100)])).dpi, Some((254.0, 254.0)));
        assert_eq!(JpegHints::of(&head(&[jfif(0, 1)])).dpi, None);
        assert_eq!(JpegHints::of(&head(&[jfif(1, 0)])).dpi, None);
        assert_eq!(JpegHints::of(&head(&[exif(true, 9)])).orientation, None);
    }
}
