//! Fronts and backs that were scanned one after the other: which are which.

use eframe::egui::{Align, Ui};

use crate::document::PageId;
use crate::session::{Command, Snapshot};
use crate::text::numbers::page_list;

use super::super::action::Action;
use super::super::editing::Combining;
use super::super::page_edits::sides;
use super::super::requests::Requests;
use super::super::widgets::{Button, Look, check, dialog, dialog_buttons, dialog_title, paragraph};
use super::super::{fonts, theme};

const WIDTH: f32 = 440.0;

/// Shows the dialog, if it is open.
pub(in super::super) fn combine_dialog(
    ui: &Ui,
    shown: &Snapshot,
    combining: &mut Option<Combining>,
    requests: &mut Requests,
) {
    let Some(open) = combining else { return };
    let decision = dialog(ui, "combine", WIDTH, false, |ui| content(ui, shown, open));
    let Some(combine) = decision else { return };
    if combine && let Some(edit) = sides(&open.pages, open.reversed) {
        requests.send(Command::Edit(edit));
    }
    *combining = None;
}

fn content(ui: &mut Ui, shown: &Snapshot, open: &mut Combining) -> Option<bool> {
    let tokens = theme::tokens(ui);
    dialog_title(ui, Action::CombineSides.label());
    // Pages may have gone while it was open.
    open.pages.retain(|page| shown.pages.iter().any(|there| there.id == *page));
    let (fronts, backs) = open.pages.split_at(open.pages.len().div_ceil(2));
    let numbers = |pages: &[PageId]| {
        let places = pages.iter().filter_map(|page| shown.pages.iter().position(|there| there.id == *page));
        page_list(&places.filter_map(|place| u32::try_from(place + 1).ok()).collect::<Vec<_>>())
    };
    let mut text = format!("Fronts: {}. Backs: {}.", numbers(fronts), numbers(backs));
    if fronts.len() > backs.len() {
        text += " The last front has no back.";
    }
    paragraph(ui, &text, fonts::regular(14.0), tokens.secondary, Align::LEFT);
    ui.add_space(8.0);
    let reversed = check(ui, "The backs are in reverse order", open.reversed);
    if reversed.on_hover_text("The stack was turned over as a whole: the last sheet came first").clicked() {
        open.reversed = !open.reversed;
    }
    let can = !backs.is_empty();
    dialog_buttons(ui, |ui| {
        let combine = Button::new("Combine").look(Look::Primary).enabled(can).show(ui);
        if ui.memory(|memory| memory.focused().is_none()) {
            combine.request_focus();
        }
        let back = Button::new("Cancel").show(ui).clicked();
        combine.clicked().then_some(true).or(back.then_some(false))
    })
}
