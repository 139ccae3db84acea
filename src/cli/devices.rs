//! `lightbar devices`: what can be scanned from.

use std::io::{self, Write};

use serde::Serialize;

use crate::minidriver::Source;
use crate::session::{Connection, DeviceEntry, DeviceState, SurveyedDevice, survey};
use crate::text::errors;

use super::{CommandError, data_dir};

/// One device, as programs read it (design, section 7).
#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
    connection: &'static str,
    state: &'static str,
    sources: Vec<&'static str>,
    #[serde(rename = "virtual")]
    is_virtual: bool,
}

pub(super) fn run(json: bool) -> Result<u8, CommandError> {
    let devices = survey(&data_dir().map_err(CommandError::failed)?);
    let rows: Vec<Row> = devices.iter().map(row).collect();
    let text = if json { serde_json::to_string(&rows).unwrap_or_default() } else { table(&rows) };
    if !json {
        explain(&devices);
    }
    // A reader that went away is no failure of the list.
    let _ = writeln!(io::stdout(), "{text}");
    Ok(0)
}

fn row(device: &SurveyedDevice) -> Row {
    let DeviceEntry { id, name, connection, state } = &device.entry;
    Row {
        id: id.0.clone(),
        name: name.clone(),
        connection: match connection {
            Connection::Usb => "usb",
            Connection::UsbService => "usb-service",
            Connection::Network => "network",
            Connection::Virtual => "virtual",
        },
        state: match state {
            DeviceState::Unknown => "unknown",
            DeviceState::Ready => "ready",
            DeviceState::NoPermission => "no-permission",
            DeviceState::Busy => "busy",
            DeviceState::Unusable(_) => "unusable",
        },
        sources: device.sources.iter().map(|source| source_name(*source)).collect(),
        is_virtual: matches!(connection, Connection::Virtual),
    }
}

fn source_name(source: Source) -> &'static str {
    match source {
        Source::Flatbed => "flatbed",
        Source::Feeder => "feeder",
        Source::Duplex => "duplex",
    }
}

fn table(rows: &[Row]) -> String {
    let id = rows.iter().map(|row| row.id.len()).max().unwrap_or(0);
    let name = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let line = |row: &Row| {
        let sources = row.sources.join(", ");
        format!("{:id$}  {:name$}  {:8}  {sources}", row.id, row.name, row.state).trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Says on standard error what helps with devices that cannot be used, or that there is none.
fn explain(devices: &[SurveyedDevice]) {
    if devices.iter().all(|device| device.entry.connection == Connection::Virtual) {
        eprintln!("{}", errors::no_scanner().joined());
    }
    for device in devices {
        if let Some(sentences) = errors::device_state(&device.entry.state) {
            eprintln!("{}: {}", device.entry.id.0, sentences.joined());
        }
    }
}
