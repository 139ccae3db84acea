//! The markers of a JPEG stream, noted while its bytes pass by.
//!
//! A scanner's JPEG says in its frame header how large it is, sometimes corrects the height in a DNL
//! segment at its end, and says with an end marker that it is whole. [`JpegMarkers`] eats the bytes
//! in pieces of any size and notes these facts with their places. It decodes no pixel, keeps no more
//! than a few bytes, and never fails: what is no JPEG has no facts.

use serde::{Deserialize, Serialize};

/// Longest piece of a segment that is looked at; the rest of it is passed over.
const KEPT_OF_A_SEGMENT: usize = 6 + 3 * MOST_COMPONENTS;
/// Components a frame of any use can have.
const MOST_COMPONENTS: usize = 4;

/// Notes the markers of one JPEG stream.
#[derive(Clone, Debug, Default)]
pub struct JpegMarkers {
    position: u64,
    state: State,
    facts: JpegFacts,
}

/// What is known of a JPEG stream so far. Offsets count from its first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JpegFacts {
    /// The frame header.
    pub frame: Option<JpegFrame>,
    /// The transform byte of an Adobe APP14 segment: 0 none (RGB, CMYK), 1 YCbCr, 2 YCCK. With an
    /// Adobe segment four components are inverted.
    pub adobe_transform: Option<u8>,
    /// The height in a DNL segment, which counts more than the frame's.
    pub dnl: Option<JpegHeight>,
    /// Where the first scan's compressed data begins.
    pub first_scan: Option<u64>,
    /// Where the end marker (FF D9) begins. Without one the page was cut.
    pub end: Option<u64>,
    /// Behind the end marker another JPEG begins.
    pub has_another: bool,
    /// The stream does not begin as a JPEG, or a marker stands where none can: nothing more is noted.
    pub broken: bool,
}

/// The frame header (SOF).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JpegFrame {
    /// Pixels in a row.
    pub width: u16,
    /// Rows, and where the two bytes that say so stand. 0 and values like 65535 are placeholders
    /// (eSCL reference, 6.6).
    pub height: JpegHeight,
    /// 1 gray, 3 colour, 4 CMYK or YCCK.
    pub components: u8,
    /// Bits of a sample.
    pub precision: u8,
    /// Progressive: no row can be had before the end.
    pub progressive: bool,
    /// Rows of one complete row of MCUs: eight times the largest vertical sampling factor.
    pub mcu_rows: u8,
}

/// A height and the place of its two big-endian bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JpegHeight {
    /// Rows.
    pub rows: u16,
    /// Offset of the first of the two bytes.
    pub offset: u64,
}

impl JpegFacts {
    /// The height that counts: of the DNL segment, else of the frame header when it is no placeholder.
    pub fn height(&self) -> Option<u16> {
        let announced = self.frame.map(|frame| frame.height.rows).filter(|rows| !is_placeholder_height(*rows));
        self.dnl.map(|dnl| dnl.rows).filter(|rows| *rows > 0).or(announced)
    }

    /// Whether the end marker was seen.
    pub fn is_whole(&self) -> bool {
        self.end.is_some()
    }
}

/// A height in a frame header that stands for *not known yet* (design, section 5).
pub const fn is_placeholder_height(rows: u16) -> bool {
    rows == 0 || rows > LARGEST_SIDE
}

/// The most pixels in a row, and the most rows, that decoders take.
pub const LARGEST_SIDE: u16 = 65_500;

#[derive(Clone, Debug, Default)]
enum State {
    /// At the first byte.
    #[default]
    Start,
    /// After the first FF.
    StartMarker,
    /// Where FF must come.
    Between,
    /// After FF, before the marker's code.
    Marker,
    /// In a segment.
    Segment(Segment),
    /// In compressed data.
    Scan,
    /// After FF in compressed data.
    ScanMarker,
    /// After the end marker, and so many bytes of the beginning of another JPEG.
    After(u8),
    /// Nothing more to note.
    Done,
}

#[derive(Clone, Debug)]
struct Segment {
    marker: u8,
    /// Offset of the first byte after the length field.
    start: u64,
    length_bytes: [u8; 2],
    /// Bytes of the length field that have come.
    length_seen: u8,
    /// Bytes of the content that are still to come.
    left: usize,
    kept: [u8; KEPT_OF_A_SEGMENT],
    kept_len: usize,
}

impl JpegMarkers {
    /// At the start of a stream.
    pub fn new() -> JpegMarkers {
        JpegMarkers::default()
    }

    /// What is known so far.
    pub fn facts(&self) -> &JpegFacts {
        &self.facts
    }

    /// Bytes eaten so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Eats the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let eaten = self.step(rest);
            self.position += eaten as u64;
            rest = &rest[eaten..];
        }
    }

    /// Eats at least one byte of a piece that is not empty.
    fn step(&mut self, bytes: &[u8]) -> usize {
        let byte = bytes[0];
        match &mut self.state {
            State::Start if byte == 0xff => self.state = State::StartMarker,
            State::StartMarker if byte == 0xd8 => self.state = State::Between,
            State::Between if byte == 0xff => self.state = State::Marker,
            State::Start | State::StartMarker | State::Between => self.give_up(),
            State::Marker => self.after_marker(byte),
            State::Segment(segment) => {
                let eaten = segment.take(bytes, self.position);
                if segment.is_complete() {
                    self.after_segment();
                }
                return eaten;
            }
            State::Scan => match bytes.iter().position(|byte| *byte == 0xff) {
                Some(at) => {
                    self.state = State::ScanMarker;
                    return at + 1;
                }
                None => return bytes.len(),
            },
            State::ScanMarker => match byte {
                // A stuffed byte or a restart marker: the data goes on.
                0x00 | 0xd0..=0xd7 => self.state = State::Scan,
                0xff => {}
                other => self.after_marker(other),
            },
            State::After(known) => {
                let known = *known;
                self.after_end(known, byte);
            }
            State::Done => return bytes.len(),
        }
        1
    }

    fn give_up(&mut self) {
        self.facts.broken = true;
        self.state = State::Done;
    }

    /// The marker's code is at `position`.
    fn after_marker(&mut self, code: u8) {
        match code {
            0xff => {}
            0xd9 => {
                self.facts.end = Some(self.position.saturating_sub(1));
                self.state = State::After(0);
            }
            // TEM and restart markers stand alone.
            0x01 | 0xd0..=0xd7 => self.state = State::Between,
            0x00 | 0xd8 => self.give_up(),
            marker => self.state = State::Segment(Segment::of(marker)),
        }
    }

    /// Zeros may fill up what comes before another JPEG; anything else is left alone.
    fn after_end(&mut self, known: u8, byte: u8) {
        self.state = match (known, byte) {
            (0, 0) => State::After(0),
            (0, 0xff) => State::After(1),
            (1, 0xd8) => State::After(2),
            (2, 0xff) => {
                self.facts.has_another = true;
                State::Done
            }
            _ => State::Done,
        };
    }

    fn after_segment(&mut self) {
        let State::Segment(segment) = std::mem::replace(&mut self.state, State::Between) else { return };
        let content = &segment.kept[..segment.kept_len];
        match segment.marker {
            0xc0..=0xcf if !matches!(segment.marker, 0xc4 | 0xc8 | 0xcc) => {
                let first = self.facts.frame.or(frame(segment.marker, content, segment.start));
                self.facts.frame = first;
            }
            0xee if content.starts_with(b"Adobe") => self.facts.adobe_transform = content.get(11).copied(),
            0xdc => {
                if let [high, low, ..] = content {
                    self.facts.dnl =
                        Some(JpegHeight { rows: u16::from_be_bytes([*high, *low]), offset: segment.start });
                }
                // DNL ends the first scan; what follows is another scan or the end.
            }
            0xda => {
                self.facts.first_scan.get_or_insert(segment.end());
                self.state = State::Scan;
            }
            _ => {}
        }
        if segment.length() < 2 {
            self.give_up();
        }
    }
}

impl Segment {
    fn of(marker: u8) -> Segment {
        Segment {
            marker,
            start: 0,
            length_bytes: [0; 2],
            length_seen: 0,
            left: 0,
            kept: [0; KEPT_OF_A_SEGMENT],
            kept_len: 0,
        }
    }

    fn length(&self) -> u16 {
        u16::from_be_bytes(self.length_bytes)
    }

    fn end(&self) -> u64 {
        self.start + u64::from(self.length().saturating_sub(2))
    }

    /// Eats bytes of the length field or of the content.
    fn take(&mut self, bytes: &[u8], position: u64) -> usize {
        if self.length_seen < 2 {
            self.length_bytes[usize::from(self.length_seen)] = bytes[0];
            self.length_seen += 1;
            self.left = usize::from(self.length().saturating_sub(2));
            self.start = position + 1;
            return 1;
        }
        let eaten = self.left.min(bytes.len());
        let kept = eaten.min(KEPT_OF_A_SEGMENT - self.kept_len);
        self.kept[self.kept_len..self.kept_len + kept].copy_from_slice(&bytes[..kept]);
        self.kept_len += kept;
        self.left -= eaten;
        eaten
    }

    fn is_complete(&self) -> bool {
        self.length_seen == 2 && self.left == 0
    }
}

fn frame(marker: u8, content: &[u8], start: u64) -> Option<JpegFrame> {
    let [precision, height_high, height_low, width_high, width_low, components, samplings @ ..] = content else {
        return None;
    };
    let vertical = samplings.chunks_exact(3).take(usize::from(*components)).map(|component| component[1] & 0x0f).max();
    Some(JpegFrame {
        width: u16::from_be_bytes([*width_high, *width_low]),
        height: JpegHeight { rows: u16::from_be_bytes([*height_high, *height_low]), offset: start + 1 },
        components: *components,
        precision: *precision,
        progressive: matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce),
        // One component is never interleaved: its MCU is a single block, whatever the factor says.
        mcu_rows: if *components == 1 { 8 } else { 8 * vertical.unwrap_or(1).clamp(1, 4) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG's skeleton: the segments are real, the compressed data is not.
    fn skeleton(height: u16, dnl: Option<u16>, end: bool) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8];
        // An Exif thumbnail inside APP1 must not be taken for the picture.
        bytes.extend([0xff, 0xe1, 0, 10, 0xff, 0xd8, 0xff, 0xc0, 0xff, 0xd9, 0, 0]);
        bytes.extend([0xff, 0xee, 0, 14]);
        bytes.extend(b"Adobe\0\x64\0\0\0\0\x02");
        bytes.extend([0xff, 0xc0, 0, 20, 8]);
        bytes.extend(height.to_be_bytes());
        bytes.extend([0x06, 0x76, 4, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x22, 0]);
        bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
        bytes.extend([1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 0xff, 0xff, 0xd3, 9]);
        if let Some(rows) = dnl {
            bytes.extend([0xff, 0xdc, 0, 4]);
            bytes.extend(rows.to_be_bytes());
        }
        if end {
            bytes.extend([0xff, 0xd9]);
        }
        bytes
    }

    fn facts_of(bytes: &[u8], piece: usize) -> JpegFacts {
        let mut markers = JpegMarkers::new();
        for piece in bytes.chunks(piece) {
            markers.feed(piece);
        }
        assert_eq!(markers.position(), bytes.len() as u64);
        *markers.facts()
    }

    #[test]
    fn facts_do_not_depend_on_the_pieces() {
        let bytes = skeleton(65_535, Some(2322), true);
        let whole = facts_of(&bytes, bytes.len());
        let frame = whole.frame.expect("there is a frame");
        assert_eq!((frame.width, frame.components, frame.mcu_rows), (0x676, 4, 16));
        assert!(!frame.progressive && frame.precision == 8);
        let at = |offset: u64| u16::from_be_bytes([bytes[offset as usize], bytes[offset as usize + 1]]);
        assert_eq!(at(frame.height.offset), 65_535);
        assert_eq!(whole.dnl.map(|dnl| (dnl.rows, at(dnl.offset))), Some((2322, 2322)));
        assert_eq!((whole.height(), whole.adobe_transform), (Some(2322), Some(2)));
        assert_eq!(whole.end, Some(bytes.len() as u64 - 2));
        assert_eq!(bytes[whole.first_scan.expect("a scan") as usize..][..2], [1, 2]);
        for piece in 1..40 {
            assert_eq!(facts_of(&bytes, piece), whole, "pieces of {piece}");
        }
    }

    #[test]
    fn a_cut_stream_has_no_end_wherever_it_was_cut() {
        let bytes = skeleton(100, None, true);
        for cut in 0..bytes.len() {
            assert_eq!(facts_of(&bytes[..cut], 7).end, None, "cut at {cut}");
        }
        assert!(facts_of(&bytes, 7).is_whole());
    }

    #[test]
    fn a_placeholder_is_no_height() {
        assert_eq!(facts_of(&skeleton(0, None, true), 5).height(), None);
        assert_eq!(facts_of(&skeleton(65_535, None, true), 5).height(), None);
        assert_eq!(facts_of(&skeleton(3508, None, true), 5).height(), Some(3508));
    }

    #[test]
    fn what_is_no_jpeg_has_no_facts() {
        for bytes in [&b"%PDF-1.4"[..], b"\xff\xd8\xff\x00\x00", b"\xff\xd8\xff\xe0\x00\x01\xff\xd9", b"\xff\xd8 "] {
            let facts = facts_of(bytes, 3);
            assert!(facts.broken && facts.frame.is_none() && facts.end.is_none(), "{bytes:?}");
        }
    }
}
