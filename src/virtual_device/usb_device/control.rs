//! Control requests: the standard ones, and the printer class's.

use super::super::core::{Setup, UsbDevice};
use super::descriptors;
use super::{Endpoint, UsbScanner};
use crate::clock::Moment;

const TO_DEVICE: u8 = 0x00;
const TO_INTERFACE: u8 = 0x01;
const TO_ENDPOINT: u8 = 0x02;
const FROM: u8 = 0x80;
const CLASS: u8 = 0x20;
const CLASS_TO_OTHER: u8 = 0x23;

const GET_STATUS: u8 = 0;
const CLEAR_FEATURE: u8 = 1;
const SET_FEATURE: u8 = 3;
const SET_ADDRESS: u8 = 5;
const GET_DESCRIPTOR: u8 = 6;
const GET_CONFIGURATION: u8 = 8;
const SET_CONFIGURATION: u8 = 9;
const GET_INTERFACE: u8 = 10;
const SET_INTERFACE: u8 = 11;
const ENDPOINT_HALT: u16 = 0;

const GET_DEVICE_ID: u8 = 0;
const GET_PORT_STATUS: u8 = 1;
const SOFT_RESET: u8 = 2;
/// Selected, no error, paper in it.
const PORT_STATUS: u8 = 0x18;

/// The endpoint stalls: the device knows no such request.
pub(super) struct NotSupported;

impl UsbScanner {
    /// Serves one control transfer; answers its data stage.
    pub(super) fn control(&mut self, now: Moment, setup: Setup) -> Result<Vec<u8>, NotSupported> {
        const CLASS_FROM_INTERFACE: u8 = FROM | CLASS | TO_INTERFACE;
        const CLASS_TO_INTERFACE: u8 = CLASS | TO_INTERFACE;
        const FROM_INTERFACE: u8 = FROM | TO_INTERFACE;
        const FROM_ENDPOINT: u8 = FROM | TO_ENDPOINT;
        // A protocol of its own comes without the printer class.
        let prints = self.model.speaks_escl();
        let mut data = match (setup.request_type, setup.request) {
            (FROM, GET_DESCRIPTOR) => self.descriptor(setup)?,
            (FROM_INTERFACE, GET_DESCRIPTOR) if setup.value >> 8 == 0x21 && prints => {
                descriptors::http_class().to_vec()
            }
            (FROM, GET_STATUS) => vec![1, 0],
            (FROM_INTERFACE, GET_STATUS) => vec![0, 0],
            (FROM_ENDPOINT, GET_STATUS) => vec![u8::from(self.endpoint(setup.index)?.halted), 0],
            (FROM, GET_CONFIGURATION) => vec![self.configuration],
            (FROM_INTERFACE, GET_INTERFACE) => vec![self.interface(setup.index)?.alternate],
            (TO_DEVICE, SET_ADDRESS) => Vec::new(),
            (TO_DEVICE, SET_CONFIGURATION) if setup.value <= 1 => {
                self.reset(now);
                self.configuration = setup.value as u8;
                Vec::new()
            }
            (TO_INTERFACE, SET_INTERFACE) if setup.value <= u16::from(prints) => {
                self.select(now, setup.index, setup.value as u8)?
            }
            (TO_ENDPOINT, CLEAR_FEATURE) if setup.value == ENDPOINT_HALT => {
                self.endpoint(setup.index)?.halted = false;
                Vec::new()
            }
            (TO_ENDPOINT, SET_FEATURE) if setup.value == ENDPOINT_HALT => {
                self.endpoint(setup.index)?.halted = true;
                Vec::new()
            }
            (CLASS_FROM_INTERFACE, GET_DEVICE_ID) if prints => descriptors::device_id(self.model),
            (CLASS_FROM_INTERFACE, GET_PORT_STATUS) if prints => vec![PORT_STATUS],
            (CLASS_TO_INTERFACE | CLASS_TO_OTHER, SOFT_RESET) if prints => {
                self.interface(setup.index)?;
                self.restart_stream(now, usize::from(setup.index & 0xff));
                Vec::new()
            }
            _ => return Err(NotSupported),
        };
        data.truncate(usize::from(setup.length));
        Ok(data)
    }

    fn descriptor(&self, setup: Setup) -> Result<Vec<u8>, NotSupported> {
        let [index, kind] = setup.value.to_le_bytes();
        match kind {
            1 => Ok(descriptors::device(self.model)),
            2 if index == 0 => Ok(descriptors::configuration(self.model)),
            3 if index == 0 => Ok(descriptors::STRING_LANGUAGES.to_vec()),
            3 => {
                let text = descriptors::string(self.model, index).ok_or(NotSupported)?;
                let mut bytes = vec![0, 3];
                bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
                bytes[0] = bytes.len() as u8;
                Ok(bytes)
            }
            6 => Ok(descriptors::qualifier()),
            _ => Err(NotSupported),
        }
    }

    /// A fresh alternate setting is a fresh stream, except on devices that keep what nobody read.
    fn select(&mut self, now: Moment, interface: u16, alternate: u8) -> Result<Vec<u8>, NotSupported> {
        let chosen = self.interface(interface)?;
        let changed = std::mem::replace(&mut chosen.alternate, alternate) != alternate;
        chosen.input.halted = false;
        chosen.output.halted = false;
        if changed && !self.model.quirks.keeps_unread_answers {
            self.restart_stream(now, usize::from(interface));
        }
        Ok(Vec::new())
    }

    fn interface(&mut self, index: u16) -> Result<&mut super::Interface, NotSupported> {
        // Class requests carry the alternate setting in the low byte and the interface in the high one,
        // or the other way round; both are zero-based and small.
        self.interfaces.get_mut(usize::from(index & 0xff)).ok_or(NotSupported)
    }

    fn endpoint(&mut self, address: u16) -> Result<&mut Endpoint, NotSupported> {
        self.endpoint_at((address & 0xff) as u8).ok_or(NotSupported)
    }
}
