//! `lightbar devices`: what can be scanned from.

use serde::Serialize;

use crate::minidriver::Source;
use crate::session::{Connection, Depth, DeviceEntry, DeviceName, DeviceState, DeviceTrouble, SurveyedDevice, survey};
use crate::text::{command_line, errors};

use super::arguments::Devices;
use super::properties::{ItemRow, item_rows, property_table};
use super::words::{print, say};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<ItemRow>>,
}

/// Lists all devices, or looks at the one that was named.
pub(super) fn run(wanted: &Devices, device: Option<&str>) -> Result<u8, CommandError> {
    let refused = |trouble| CommandError::usage(errors::device_trouble(&trouble).joined());
    let only = device.map(str::parse::<DeviceName>).transpose();
    let only = only.map_err(|error| refused(DeviceTrouble::Malformed(error.0)))?;
    let depth = if wanted.properties { Depth::Values } else { Depth::Offers };
    let devices = survey(&data_dir()?, only.as_ref(), depth);
    if let Some(name) = only.as_ref().filter(|_| devices.is_empty()) {
        return Err(refused(DeviceTrouble::Unknown(name.to_string())));
    }
    let rows: Vec<Row> = devices.iter().map(|device| row(device, wanted.properties)).collect();
    let text = match (wanted.json, wanted.properties) {
        (true, _) => serde_json::to_string(&rows).unwrap_or_default(),
        (false, true) => rows.iter().map(with_properties).collect::<Vec<_>>().join("\n\n"),
        (false, false) => table(&rows),
    };
    if !wanted.json {
        explain(&devices, only.is_none());
    }
    print(&text);
    // A list of all devices is one, whatever became of each.
    let asked_in_vain = only.is_some() && devices.iter().all(|device| device.trouble.is_some());
    Ok(u8::from(asked_in_vain))
}

fn row(device: &SurveyedDevice, properties: bool) -> Row {
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
        sources: device.sources().into_iter().map(source_name).collect(),
        is_virtual: matches!(connection, Connection::Virtual),
        items: properties.then(|| device.offers.as_ref().map_or_else(Vec::new, |offers| item_rows(offers.items()))),
    }
}

fn source_name(source: Source) -> &'static str {
    match source {
        Source::Flatbed => "flatbed",
        Source::Feeder => "feeder",
        Source::Duplex => "duplex",
    }
}

/// A device with every property of its items.
fn with_properties(row: &Row) -> String {
    let mut text = format!("{}  {}  {}", row.id, row.name, row.state);
    for item in row.items.iter().flatten() {
        text.push_str(&format!("\n\n{}\n{}", item.name, property_table(&item.properties)));
    }
    text
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
fn explain(devices: &[SurveyedDevice], all: bool) {
    if all && devices.iter().all(|device| device.entry.connection == Connection::Virtual) {
        say(format_args!("{}", command_line::no_scanner().joined()));
    }
    for device in devices {
        let trouble = || device.trouble.as_ref().map(errors::device_trouble);
        if let Some(sentences) = errors::device_state(&device.entry.state).or_else(trouble) {
            say(format_args!("{}: {}", device.entry.id.0, sentences.joined()));
        }
        if let Some(about) = &device.remark {
            say(format_args!("{}: {}", device.entry.id.0, errors::remark(about).joined()));
        }
    }
}
