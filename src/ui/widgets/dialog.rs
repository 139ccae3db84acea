//! Dialogs: what has to be decided before anything else.

use eframe::egui::{Align, CornerRadius, Frame, Id, Key, Layout, Margin, Modal, Popup, Stroke, Ui, Vec2, vec2};

use super::super::{fonts, theme};
use super::words;

/// What stays free beside a dialog in a small window, both sides together.
const AROUND: f32 = 96.0;

/// Shows a dialog and says what was decided in it: `back` for Esc and for a click beside it. Two that are never open
/// together have one name, so that the one does not fade out while the other fades in.
pub(in super::super) fn dialog<T>(
    ui: &Ui,
    name: &'static str,
    width: f32,
    back: T,
    content: impl FnOnce(&mut Ui) -> Option<T>,
) -> Option<T> {
    let backdrop = theme::tokens(ui).backdrop;
    let id = Id::unique(name);
    let before = size_of(ui, id);
    let modal = Modal::new(id).frame(frame(ui)).backdrop_color(backdrop).show(ui.ctx(), |ui| {
        ui.set_width(width.min(ui.ctx().content_rect().width() - AROUND));
        content(ui)
    });
    settle(ui, id, before);
    let closed = modal.should_close();
    modal.inner.or(closed.then_some(back))
}

/// The size of what floats under this name, as it was shown last.
pub(in super::super) fn size_of(ui: &Ui, id: Id) -> Option<Vec2> {
    ui.memory(|memory| memory.area_rect(id)).map(|rect| rect.size())
}

/// What floats is placed by the size that it had in the frame before: where that has changed it is drawn once more
/// before anybody sees it. Otherwise it would move away under the pointer with the next frame.
pub(in super::super) fn settle(ui: &Ui, id: Id, before: Option<Vec2>) {
    let now = size_of(ui, id);
    if before != now {
        ui.ctx().request_discard("something that floats has changed its size");
        ui.ctx().request_repaint();
    }
}

/// A card with more room. Inside it distances are set by hand.
fn frame(ui: &Ui) -> Frame {
    let tokens = theme::tokens(ui);
    Frame::new()
        .fill(tokens.panel)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(CornerRadius::same(theme::CARD_RADIUS))
        .shadow(theme::card_shadow(tokens))
        .inner_margin(Margin::same(24))
}

/// The first line of a dialog.
pub(in super::super) fn dialog_title(ui: &mut Ui, title: &str) {
    ui.spacing_mut().item_spacing.y = 0.0;
    words(ui, title, fonts::semibold(15.0), theme::tokens(ui).text);
    ui.add_space(16.0);
}

/// Whether Enter was pressed while nothing has the keyboard that does something with it, and no list is open: it stands
/// for what the dialog is there for.
pub(in super::super) fn enter_is_free(ui: &Ui) -> bool {
    let is_free = ui.memory(|memory| memory.focused().is_none()) && !Popup::is_any_open(ui.ctx());
    is_free && ui.input(|input| input.key_pressed(Key::Enter))
}

/// The row of buttons, from the right: the first is the one to press.
pub(in super::super) fn dialog_buttons<T>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> T) -> T {
    ui.add_space(20.0);
    let size = vec2(ui.available_width(), theme::CONTROL);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        content(ui)
    })
    .inner
}
