//! `lightbar virtual`: being a scanner for other programs, until Ctrl+C.

use std::io;

use crate::clock::SystemClock;
use crate::session::DeviceTrouble;
use crate::text::{command_line, errors};
use crate::virtual_device::BUS_ID;

use super::arguments::{Behaviour, Virtual};
use super::words::print;
use super::{CommandError, interrupt, refuse_what_it_has_not, virtual_options};

pub(super) fn run(arguments: &Virtual, behaviour: &Behaviour) -> Result<u8, CommandError> {
    let interrupts = interrupt::interrupts().map_err(|error| CommandError::system(&error))?;
    refuse_what_it_has_not(behaviour, &arguments.model)?;
    let options = virtual_options(behaviour)?;
    // The arguments take no name but those of models.
    let scanner = options.build(&arguments.model, SystemClock::start()).ok_or_else(|| {
        CommandError::usage(errors::device_trouble(&DeviceTrouble::Unknown(arguments.model.clone())).joined())
    })?;
    let mut http = None;
    let mut usbip = None;
    if let Some(address) = arguments.http {
        if !scanner.model().speaks_escl() {
            return Err(CommandError::usage(command_line::usb_alone(&arguments.model).joined()));
        }
        let server = scanner.serve_http(address).map_err(|error| cannot_listen(address, &error))?;
        print(&format!("virtual:{} at {}", arguments.model, server.url()));
        http = Some(server);
    }
    if let Some(address) = arguments.usbip {
        let server = scanner.serve_usbip(address).map_err(|error| cannot_listen(address, &error))?;
        print(&format!("virtual:{} at usbip://{} bus id {BUS_ID}", arguments.model, server.address()));
        usbip = Some(server);
    }
    // The interrupts end it; a closed channel cannot, since its sender lives as long as the program.
    let _ = interrupts.recv();
    drop((http, usbip));
    Ok(0)
}

fn cannot_listen(address: std::net::SocketAddr, error: &io::Error) -> CommandError {
    CommandError::failed("Address", command_line::cannot_listen(address, error.kind()).joined())
}
