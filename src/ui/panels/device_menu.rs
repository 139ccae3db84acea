//! Which device: a button with its name and state, and the list of the others.

use eframe::egui::{Color32, Popup, Ui};

use crate::session::{Command, Connection, DeviceEntry, DeviceState, ScanState, Snapshot};

use super::super::fonts;
use super::super::requests::Requests;
use super::super::theme::{self, Tokens};
use super::super::widgets::{Button, menu_row, words};

/// Width of the list.
const LIST: std::ops::RangeInclusive<f32> = 280.0..=480.0;
/// What a row of it needs besides its words.
const ROW_EXTRA: f32 = 40.0;

/// Shows the button, no wider than this, and, when it is open, the list.
pub(super) fn device_menu(ui: &mut Ui, shown: &Snapshot, requests: &mut Requests, most: f32) {
    let tokens = theme::tokens(ui);
    let (name, color) = match &shown.chosen {
        Some(chosen) => (chosen.entry.name.as_str(), state_color(shown, tokens)),
        None if shown.searching => ("Searching …", tokens.secondary),
        None => ("No scanner", tokens.secondary),
    };
    let label = format!("Scanner: {name}, {}", state_name(shown));
    let busy = matches!(shown.scan, ScanState::Scanning(_) | ScanState::Paused(_));
    let mut response = Button::new(name).dot(color).arrow().at_most(most).name(&label).show(ui);
    if let Some(chosen) = &shown.chosen {
        response = response.on_hover_text(described(&chosen.entry));
    }
    let rows: Vec<(&DeviceEntry, String)> = shown.devices.iter().map(|entry| (entry, described(entry))).collect();
    let widest = rows.iter().map(|(_, text)| row_width(ui, text)).fold(0.0, f32::max);
    Popup::menu(&response).width(widest.clamp(*LIST.start(), *LIST.end())).show(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (entry, text) in &rows {
            let chosen = shown.chosen.as_ref().is_some_and(|chosen| chosen.entry.id == entry.id);
            if menu_row(ui, None, text, None, chosen, !busy).clicked() && !chosen {
                requests.send(Command::ChooseDevice(entry.id.clone()));
            }
        }
        if shown.devices.is_empty() {
            words(ui, "No scanner was found", fonts::regular(14.0), tokens.secondary);
        }
    });
}

fn row_width(ui: &Ui, text: &str) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), fonts::medium(14.0), Color32::BLACK).size().x.ceil() + ROW_EXTRA
}

/// A device in one line: its name, how it is connected, and what keeps it from being used.
fn described(entry: &DeviceEntry) -> String {
    let connection = match entry.connection {
        Connection::Usb | Connection::UsbService => "USB",
        Connection::Network => "network",
        Connection::Virtual => "virtual",
    };
    let state = match entry.state {
        DeviceState::Unknown | DeviceState::Ready => "",
        DeviceState::NoPermission => " · no permission",
        DeviceState::Busy => " · in use",
        DeviceState::Unusable(_) => " · cannot be used",
    };
    format!("{} · {connection}{state}", entry.name)
}

fn state_color(shown: &Snapshot, tokens: &Tokens) -> Color32 {
    match shown.chosen.as_ref() {
        Some(chosen) if chosen.trouble.is_some() => tokens.stop,
        _ if matches!(shown.scan, ScanState::Paused(_)) => tokens.attention,
        Some(chosen) if chosen.offers.is_some() => tokens.good,
        _ => tokens.secondary,
    }
}

fn state_name(shown: &Snapshot) -> &'static str {
    match shown.chosen.as_ref() {
        Some(chosen) if chosen.trouble.is_some() => "cannot be used",
        _ if matches!(shown.scan, ScanState::Paused(_)) => "needs attention",
        Some(chosen) if chosen.offers.is_some() => "ready",
        Some(_) => "being asked",
        None => "none chosen",
    }
}
