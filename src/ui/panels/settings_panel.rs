//! How to scan: only what the device offers, and only what goes together.

use eframe::egui::{Frame, Margin, Panel, ScrollArea, Ui};

use crate::minidriver::ColorMode;
use crate::session::Snapshot;
use crate::session::settings::{Offer, Paper, ScanSettings};
use crate::units::Dpi;

use super::super::choice::Choice;
use super::super::fonts;
use super::super::profile_flow::ProfileFlow;
use super::super::requests::Requests;
use super::super::theme;
use super::super::widgets::{Segments, field_label, paragraph, segmented, select};
use super::auto_save_dialog::auto_save_switch;
use super::profile_menu::profile_menu;

/// Width of the panel in a wide window.
const WIDTH: f32 = 252.0;
const NARROW_WIDTH: f32 = 196.0;

/// Shows the panel.
pub(in super::super) fn settings_panel(
    ui: &mut Ui,
    shown: &Snapshot,
    choice: &mut Choice,
    flow: &mut ProfileFlow,
    requests: &mut Requests,
    narrow: bool,
) {
    let tokens = theme::tokens(ui);
    let side = if narrow { 12 } else { 16 };
    let margin = Margin { left: side, right: side, top: 16, bottom: 0 };
    let frame = Frame::new().fill(tokens.panel).inner_margin(margin);
    let width = if narrow { NARROW_WIDTH } else { WIDTH };
    Panel::right("settings").exact_size(width).resizable(false).frame(frame).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            let Some(chosen) = &shown.chosen else {
                return quiet(ui, "Settings appear here once a scanner is ready.");
            };
            let Some(offers) = &chosen.offers else {
                return quiet(ui, if chosen.trouble.is_some() { "" } else { "Asking the scanner what it can do …" });
            };
            let Some((source, _)) = choice.source(chosen) else { return };
            let Some(offer) = offers.offer(source) else { return };
            profile_menu(ui, shown, choice, flow, requests);
            let settings = choice.settings(offer);
            colour(ui, offer, &settings, choice);
            quality(ui, offer, &settings, choice, narrow);
            paper(ui, offer, &settings, choice);
            ui.add_space(if narrow { 4.0 } else { 10.0 });
            auto_save_switch(ui, shown, requests);
        });
    });
}

fn quiet(ui: &mut Ui, text: &str) {
    let color = theme::tokens(ui).secondary;
    paragraph(ui, text, fonts::regular(12.0), color, eframe::egui::Align::LEFT);
}

fn colour(ui: &mut Ui, offer: &Offer, settings: &ScanSettings, choice: &mut Choice) {
    field_label(ui, "Colour");
    let mut modes = offer.modes();
    modes.reverse();
    let options: Vec<(ColorMode, &str)> = modes.into_iter().map(|mode| (mode, mode_label(mode))).collect();
    if options.len() <= 3 {
        let width = ui.available_width();
        if let Some(mode) = segmented(ui, &options, Some(settings.mode), Segments::Apart { width }) {
            choice.want_mode(mode);
        }
    } else {
        let options: Vec<(ColorMode, String)> =
            options.into_iter().map(|(mode, label)| (mode, label.to_owned())).collect();
        if let Some(mode) = select(ui, "Colour", &options, settings.mode) {
            choice.want_mode(mode);
        }
    }
    ui.add_space(10.0);
}

fn quality(ui: &mut Ui, offer: &Offer, settings: &ScanSettings, choice: &mut Choice, narrow: bool) {
    field_label(ui, "Quality");
    let mut offered = offer.resolutions(settings.mode);
    if !offered.contains(&settings.dpi) {
        offered.push(settings.dpi);
        offered.sort_unstable();
    }
    let options: Vec<(Dpi, String)> =
        offered.into_iter().map(|dpi| (dpi, if narrow { dpi.to_string() } else { dpi_label(dpi) })).collect();
    if let Some(dpi) = select(ui, "Quality", &options, settings.dpi) {
        choice.want_dpi(dpi);
    }
    ui.add_space(10.0);
}

fn paper(ui: &mut Ui, offer: &Offer, settings: &ScanSettings, choice: &mut Choice) {
    field_label(ui, "Paper");
    let whole = Paper::Custom { width: offer.surface().max_width, height: offer.surface().max_height };
    let mut papers: Vec<Paper> = Paper::NAMED.into_iter().filter(|paper| offer.takes(*paper)).chain([whole]).collect();
    // A profile may ask for one that is not in the list.
    if !papers.contains(&settings.paper) {
        papers.push(settings.paper);
    }
    let options: Vec<(Paper, String)> =
        papers.into_iter().map(|paper| (paper, paper_label(paper, paper == whole))).collect();
    if let Some(paper) = select(ui, "Paper", &options, settings.paper) {
        choice.want_paper(paper);
    }
}

pub(super) const fn mode_label(mode: ColorMode) -> &'static str {
    match mode {
        ColorMode::LineArt => "B/W",
        ColorMode::Gray => "Gray",
        ColorMode::Gray16 => "Gray, 16 bit",
        ColorMode::Color => "Colour",
        ColorMode::Color48 => "Colour, 48 bit",
    }
}

fn dpi_label(dpi: Dpi) -> String {
    let good_for = match dpi.0 {
        ..=100 => "for the screen",
        101..=200 => "small files",
        201..=300 => "good for text",
        301..=600 => "fine print, photos",
        _ => "very fine, slow",
    };
    format!("{} dpi · {good_for}", dpi.0)
}

fn paper_label(paper: Paper, whole: bool) -> String {
    let (width, height) = paper.size();
    let size = format!("{:.0} × {:.0} mm", width.mm(), height.mm());
    let name = match paper {
        Paper::A4 => "A4",
        Paper::A5 => "A5",
        Paper::Letter => "Letter",
        Paper::Legal => "Legal",
        Paper::Custom { .. } if whole => "All",
        Paper::Custom { .. } => return size,
    };
    format!("{name} · {size}")
}
