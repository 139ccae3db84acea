//! The commands of the made-up protocol: pure values, encoded and decoded.
//!
//! One bulk pair. A host sends a command and reads its answer; the next command follows when the answer was
//! read to its end. Numbers are little-endian, lengths on paper are 1/300 inch.
//!
//! ```text
//! command: 'L' code sequence 0      length:u32 payload
//! answer:  'l' code sequence status length:u32 payload        code and sequence are the command's
//! ```
//!
//! | code | command | payload | answer |
//! |---|---|---|---|
//! | 1 | IDENTIFY | | version:u8 abilities:u8 (1 glass, 2 feeder, 4 JPEG) sheets:u16, width and height of glass and feeder: 4 × u16, count:u16, resolutions: count × u16 |
//! | 2 | WINDOW | source:u8 (0 glass, 1 feeder) bits:u8 (1, 8, 24) dpi:u16 x:u32 y:u32 width:u32 height:u32 format:u8 (0 lines, 1 JPEG, not of 1 bit) | ends the job there was |
//! | 3 | START | | the next page, as soon as it is under the lamp; width:u32 lines:u32 (0: the end tells) line_bytes:u32 (0 of a JPEG) |
//! | 4 | READ | most:u32 | so many bytes of the page or fewer, as soon as there are some; END_OF_PAGE after the last |
//! | 5 | STOP | | ends the job; the page under way is given up |
//! | 6 | STATUS | | bits:u8: 1 paper in the feeder, 2 jam, 4 cover open, 8 several sheets, 16 at work |
//!
//! Lines come from the top: bits with 1 for white, levels of gray, or red, green, blue.
//!
//! A button that is pressed is told on an interrupt endpoint, to whoever reads there: `'B'` button:u8 (1 scan)
//! source:u8 (0 unknown, 1 glass, 2 feeder) 0.

/// Bytes of the head of a command and of an answer.
pub(super) const HEAD: usize = 8;
/// The longest payload of an answer: what one READ may ask for.
pub(super) const LARGEST_PAYLOAD: usize = 64 << 10;

/// What a host can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Identify,
    Window(Window),
    Start,
    Read { most: u32 },
    Stop,
    Status,
}

/// What is to be scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from_feeder: bool,
    pub(super) bits: u8,
    pub(super) dpi: u16,
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) jpeg: bool,
}

impl Command {
    pub(super) fn code(&self) -> u8 {
        match self {
            Command::Identify => 1,
            Command::Window(_) => 2,
            Command::Start => 3,
            Command::Read { .. } => 4,
            Command::Stop => 5,
            Command::Status => 6,
        }
    }

    /// The bytes that are sent.
    pub(super) fn encode(&self, sequence: u8) -> Vec<u8> {
        let mut payload = Vec::new();
        match self {
            Command::Window(window) => {
                payload.extend([u8::from(window.from_feeder), window.bits]);
                payload.extend(window.dpi.to_le_bytes());
                for number in [window.x, window.y, window.width, window.height] {
                    payload.extend(number.to_le_bytes());
                }
                payload.push(u8::from(window.jpeg));
            }
            Command::Read { most } => payload.extend(most.to_le_bytes()),
            Command::Identify | Command::Start | Command::Stop | Command::Status => {}
        }
        let mut bytes = vec![b'L', self.code(), sequence, 0];
        bytes.extend((payload.len() as u32).to_le_bytes());
        bytes.append(&mut payload);
        bytes
    }
}

/// What a device says first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    EndOfPage,
    /// Somebody pressed Cancel on the device.
    Cancelled,
    Refused,
    NoPaper,
    Jam,
    CoverOpen,
    MultiFeed,
    Busy,
    BrokenOff,
    /// Any other number.
    Unknown(u8),
}

impl From<u8> for Status {
    fn from(number: u8) -> Status {
        match number {
            0 => Status::Ok,
            1 => Status::EndOfPage,
            2 => Status::Cancelled,
            0x10 => Status::Refused,
            0x11 => Status::NoPaper,
            0x12 => Status::Jam,
            0x13 => Status::CoverOpen,
            0x14 => Status::MultiFeed,
            0x15 => Status::Busy,
            0x16 => Status::BrokenOff,
            other => Status::Unknown(other),
        }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: Status,
    pub(super) payload: Vec<u8>,
}

/// What came is no answer to what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer to command {code}")]
pub(super) struct OutOfStep {
    pub(super) code: u8,
}

impl Answer {
    /// Takes the answer to a command off the front of what was received; `None` while it is not all there.
    pub(super) fn take(received: &mut Vec<u8>, code: u8, sequence: u8) -> Result<Option<Answer>, OutOfStep> {
        let expected = [b'l', code, sequence];
        let begins = received.iter().zip(expected).all(|(byte, expected)| *byte == expected);
        if !begins {
            return Err(OutOfStep { code });
        }
        let Some(head) = received.get(..HEAD) else { return Ok(None) };
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if length > LARGEST_PAYLOAD {
            return Err(OutOfStep { code });
        }
        if received.len() < HEAD + length {
            return Ok(None);
        }
        let status = Status::from(head[3]);
        let bytes: Vec<u8> = received.drain(..HEAD + length).collect();
        Ok(Some(Answer { status, payload: bytes[HEAD..].to_vec() }))
    }
}

/// What a device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) has_glass: bool,
    pub(super) has_feeder: bool,
    pub(super) sends_jpeg: bool,
    /// Width and height.
    pub(super) glass: (u16, u16),
    /// Width and height.
    pub(super) feeder: (u16, u16),
    pub(super) resolutions: Vec<u16>,
}

impl Identity {
    /// Reads the answer to IDENTIFY; `None` when it is none of this version.
    pub(super) fn decode(payload: &[u8]) -> Option<Identity> {
        let word = |at: usize| Some(u16::from_le_bytes([*payload.get(at)?, *payload.get(at + 1)?]));
        let (version, abilities) = (*payload.first()?, *payload.get(1)?);
        let count = usize::from(word(12)?);
        let resolutions = (0..count).map(|index| word(14 + 2 * index)).collect::<Option<Vec<u16>>>()?;
        (version == 1).then_some(Identity {
            has_glass: abilities & 1 != 0,
            has_feeder: abilities & 2 != 0,
            sends_jpeg: abilities & 4 != 0,
            glass: (word(4)?, word(6)?),
            feeder: (word(8)?, word(10)?),
            resolutions,
        })
    }
}

/// A page that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageSize {
    pub(super) width: u32,
    /// 0 when only the end tells.
    pub(super) lines: u32,
    /// 0 of a JPEG.
    pub(super) line_bytes: u32,
}

impl PageSize {
    /// Reads the answer to START.
    pub(super) fn decode(payload: &[u8]) -> Option<PageSize> {
        let payload: &[u8; 12] = payload.try_into().ok()?;
        let word = |at: usize| u32::from_le_bytes([payload[at], payload[at + 1], payload[at + 2], payload[at + 3]]);
        Some(PageSize { width: word(0), lines: word(4), line_bytes: word(8) })
    }
}

/// What a device says of its paper path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PathState {
    pub(super) paper: bool,
    pub(super) jam: bool,
    pub(super) cover_open: bool,
    pub(super) multi_feed: bool,
}

impl From<u8> for PathState {
    fn from(bits: u8) -> PathState {
        PathState { paper: bits & 1 != 0, jam: bits & 2 != 0, cover_open: bits & 4 != 0, multi_feed: bits & 8 != 0 }
    }
}

/// The packet of a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Press {
    pub(super) button: u8,
    pub(super) from: PressedFor,
}

/// Where a button says to scan from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PressedFor {
    Glass,
    Feeder,
    Unknown,
}

impl Press {
    /// The scan button.
    pub(super) const SCAN: u8 = 1;

    /// Reads a packet; `None` when it tells of no button.
    pub(super) fn decode(packet: &[u8]) -> Option<Press> {
        let [b'B', button, from, _] = *packet else { return None };
        let from = match from {
            1 => PressedFor::Glass,
            2 => PressedFor::Feeder,
            _ => PressedFor::Unknown,
        };
        Some(Press { button, from })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_written_as_the_table_says() {
        assert_eq!(Command::Start.encode(7), [b'L', 3, 7, 0, 0, 0, 0, 0]);
        assert_eq!(Command::Read { most: 0x102 }.encode(1), [b'L', 4, 1, 0, 4, 0, 0, 0, 2, 1, 0, 0]);
        let window = Window { from_feeder: true, bits: 24, dpi: 300, x: 1, y: 2, width: 3, height: 4, jpeg: true };
        let bytes = Command::Window(window).encode(0);
        assert_eq!(bytes[..12], [b'L', 2, 0, 0, 21, 0, 0, 0, 1, 24, 44, 1]);
        assert_eq!(bytes[12..], [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 1]);
    }

    #[test]
    fn an_answer_is_taken_when_it_is_whole_and_is_the_right_one() {
        let whole = [b'l', 4, 9, 1, 2, 0, 0, 0, 0xaa, 0xbb, b'l'];
        for cut in 0..10 {
            assert_eq!(Answer::take(&mut whole[..cut].to_vec(), 4, 9), Ok(None), "{cut}");
        }
        let mut received = whole.to_vec();
        let answer = Answer { status: Status::EndOfPage, payload: vec![0xaa, 0xbb] };
        assert_eq!((Answer::take(&mut received, 4, 9), received), (Ok(Some(answer)), vec![b'l']));
        for (code, sequence) in [(5, 9), (4, 8)] {
            assert_eq!(Answer::take(&mut whole.to_vec(), code, sequence), Err(OutOfStep { code }));
        }
        assert!(Answer::take(&mut vec![b'l', 4, 9, 0, 1, 0, 1, 0], 4, 9).is_err(), "longer than anything asked for");
        assert!(Answer::take(&mut b"<html>".to_vec(), 4, 9).is_err());
    }

    #[test]
    fn an_identity_that_is_cut_is_none() {
        let mut whole = vec![1, 3];
        for word in [10_u16, 2550, 3508, 2560, 4200, 2, 75, 300] {
            whole.extend(word.to_le_bytes());
        }
        let identity = Identity::decode(&whole).expect("an identity");
        assert_eq!((identity.glass, identity.feeder), ((2550, 3508), (2560, 4200)));
        assert_eq!((identity.has_glass, identity.has_feeder, identity.sends_jpeg), (true, true, false));
        assert_eq!(identity.resolutions, [75, 300]);
        assert!((0..whole.len()).all(|cut| Identity::decode(&whole[..cut]).is_none()));
        whole[0] = 2;
        assert_eq!(Identity::decode(&whole), None);
    }

    #[test]
    fn a_packet_that_is_no_press_tells_nothing() {
        assert_eq!(Press::decode(b"B\x01\x02\0"), Some(Press { button: Press::SCAN, from: PressedFor::Feeder }));
        assert_eq!(Press::decode(b"B\x07\x09\0"), Some(Press { button: 7, from: PressedFor::Unknown }));
        for packet in [&b""[..], b"B", b"B\x01\x02", b"C\x01\x02\0", b"B\x01\x02\0\0"] {
            assert_eq!(Press::decode(packet), None, "{packet:?}");
        }
    }
}
