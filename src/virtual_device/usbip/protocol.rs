//! The messages of USB/IP, version 1.1.1, encoded and decoded. All numbers are big endian.

use std::io::{self, Read};

use super::super::core::{Setup, UrbKind, UrbStatus, UsbSpeed};
use crate::usb::DeviceDescription;

const VERSION: u16 = 0x0111;
const REQUEST_DEVICES: u16 = 0x8005;
const REPLY_DEVICES: u16 = 0x0005;
const REQUEST_IMPORT: u16 = 0x8003;
const REPLY_IMPORT: u16 = 0x0003;
const COMMAND_SUBMIT: u32 = 1;
const COMMAND_UNLINK: u32 = 2;
const REPLY_SUBMIT: u32 = 3;
const REPLY_UNLINK: u32 = 4;
const HEADER: usize = 48;
const BUS_ID_FIELD: usize = 32;
const PATH_FIELD: usize = 256;
/// The largest transfer a client may ask for.
const TRANSFER_LIMIT: u32 = 4 * 1024 * 1024;

/// −ECONNRESET: an unlinked transfer.
pub(super) const CONNECTION_RESET: i32 = -104;
/// −EPIPE: a stall.
const BROKEN_PIPE: i32 = -32;
/// −ENODEV: unplugged.
const NO_DEVICE: i32 = -19;

/// What a new connection asks for.
pub(super) enum Operation {
    ListDevices,
    Import(String),
}

/// What an importing client sends.
pub(super) enum Command {
    Submit { sequence: u32, endpoint: u8, kind: UrbKind },
    Unlink { sequence: u32, of: u32 },
}

/// Why no command could be read.
pub(super) enum CommandError {
    /// The client closed the connection between two commands.
    Closed,
    Io(io::Error),
    /// Not a command of this protocol.
    Unknown,
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> CommandError {
        CommandError::Io(error)
    }
}

/// Reads the first message of a connection.
pub(super) fn read_operation(stream: &mut impl Read) -> io::Result<Operation> {
    let mut head = [0; 8];
    stream.read_exact(&mut head)?;
    match u16::from_be_bytes([head[2], head[3]]) {
        REQUEST_DEVICES => Ok(Operation::ListDevices),
        REQUEST_IMPORT => {
            let mut bus_id = [0; BUS_ID_FIELD];
            stream.read_exact(&mut bus_id)?;
            let end = bus_id.iter().position(|byte| *byte == 0).unwrap_or(BUS_ID_FIELD);
            Ok(Operation::Import(String::from_utf8_lossy(&bus_id[..end]).into_owned()))
        }
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Reads one command.
pub(super) fn read_command(stream: &mut impl Read) -> Result<Command, CommandError> {
    let mut head = [0; HEADER];
    if stream.read(&mut head[..1])? == 0 {
        return Err(CommandError::Closed);
    }
    stream.read_exact(&mut head[1..])?;
    let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let sequence = word(4);
    match word(0) {
        COMMAND_UNLINK => Ok(Command::Unlink { sequence, of: word(20) }),
        COMMAND_SUBMIT => {
            let (inward, number, length) = (word(12) == 1, word(16), word(24));
            if length > TRANSFER_LIMIT || number > 15 {
                return Err(CommandError::Unknown);
            }
            let mut data = vec![0; if inward { 0 } else { length as usize }];
            stream.read_exact(&mut data)?;
            let endpoint = number as u8 | if inward { 0x80 } else { 0 };
            let kind = match (number, inward) {
                (0, _) => UrbKind::Control { setup: setup(&head[40..]), data },
                (_, true) => UrbKind::In { length: length as usize },
                (_, false) => UrbKind::Out { data },
            };
            Ok(Command::Submit { sequence, endpoint, kind })
        }
        _ => Err(CommandError::Unknown),
    }
}

/// Inside the header USB's own little endian order holds.
fn setup(bytes: &[u8]) -> Setup {
    let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    Setup { request_type: bytes[0], request: bytes[1], value: word(2), index: word(4), length: word(6) }
}

/// The answer to [`Operation::ListDevices`].
pub(super) fn device_list(device: &DeviceDescription, speed: UsbSpeed, bus_id: &str) -> Vec<u8> {
    let mut message = operation(REPLY_DEVICES, 0);
    message.extend(1u32.to_be_bytes());
    message.extend(device_record(device, speed, bus_id));
    for interface in device.interfaces.iter().filter(|interface| interface.alternate == 0) {
        message.extend([interface.kind.0, interface.kind.1, interface.kind.2, 0]);
    }
    message
}

/// The answer to an import that succeeds.
pub(super) fn import_answer(device: &DeviceDescription, speed: UsbSpeed, bus_id: &str) -> Vec<u8> {
    let mut message = operation(REPLY_IMPORT, 0);
    message.extend(device_record(device, speed, bus_id));
    message
}

/// The answer to an import of a device that is not there or in use.
pub(super) fn import_refused() -> Vec<u8> {
    operation(REPLY_IMPORT, 1)
}

fn operation(code: u16, status: u32) -> Vec<u8> {
    let mut message = VERSION.to_be_bytes().to_vec();
    message.extend(code.to_be_bytes());
    message.extend(status.to_be_bytes());
    message
}

fn device_record(device: &DeviceDescription, speed: UsbSpeed, bus_id: &str) -> Vec<u8> {
    let mut record = Vec::with_capacity(PATH_FIELD + BUS_ID_FIELD + 24);
    record.extend(format!("/sys/devices/virtual/lightbar/usb1/{bus_id}").bytes());
    record.resize(PATH_FIELD, 0);
    record.extend(bus_id.bytes());
    record.resize(PATH_FIELD + BUS_ID_FIELD, 0);
    let speed: u32 = match speed {
        UsbSpeed::Full => 2,
        UsbSpeed::High => 3,
        UsbSpeed::Super => 5,
    };
    for word in [1, 2, speed] {
        record.extend(u32::to_be_bytes(word));
    }
    for word in [device.vendor, device.product, device.release] {
        record.extend(word.to_be_bytes());
    }
    let interfaces = device.interfaces.iter().filter(|interface| interface.alternate == 0).count();
    record.extend([0, 0, 0, 1, 1, interfaces as u8]);
    record
}

/// The answer to a transfer.
pub(super) fn submitted(sequence: u32, status: UrbStatus, data: &[u8], moved: usize) -> Vec<u8> {
    let status = match status {
        UrbStatus::Done => 0,
        UrbStatus::Stall => BROKEN_PIPE,
        UrbStatus::Cancelled => CONNECTION_RESET,
        UrbStatus::Gone => NO_DEVICE,
    };
    let mut message = reply(REPLY_SUBMIT, sequence, status);
    let moved = if data.is_empty() { moved } else { data.len() };
    message[24..28].copy_from_slice(&(moved as u32).to_be_bytes());
    message.extend_from_slice(data);
    message
}

/// The answer to an UNLINK.
pub(super) fn unlinked(sequence: u32, status: i32) -> Vec<u8> {
    reply(REPLY_UNLINK, sequence, status)
}

fn reply(command: u32, sequence: u32, status: i32) -> Vec<u8> {
    let mut message = command.to_be_bytes().to_vec();
    message.extend(sequence.to_be_bytes());
    message.resize(20, 0);
    message.extend(status.to_be_bytes());
    message.resize(HEADER, 0);
    message
}
