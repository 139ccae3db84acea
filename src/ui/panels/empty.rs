//! The middle without a page: searching, ready, being asked, not usable, no scanner.

use eframe::egui::{
    Align, Color32, CornerRadius, Frame, Layout, Margin, Rect, Role, Sense, Shape, Stroke, StrokeKind, TextEdit, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::session::{ChosenDevice, Command, Phase, ScanState, Snapshot};
use crate::text::errors::device_trouble;
use crate::text::progress::{SETTLING, WAITS_FOR_YOU, phase};

use super::super::action::Action;
use super::super::choice::Why;
use super::super::requests::Requests;
use super::super::view_state::ViewState;
use super::super::widgets::{ActionButton, Button, Look, key_cap, paragraph, selectable_paragraph, words};
use super::super::{fonts, theme};
use super::Stage;

/// The widest text.
const WIDTH: f32 = 430.0;
/// A button below a trouble, and what is between two.
const ANSWER: f32 = 140.0;
const BETWEEN: f32 = 8.0;

/// Shows what there is to say instead of a page, in this room.
pub(super) fn empty(ui: &mut Ui, room: Rect, stage: &Stage<'_>, view: &mut ViewState, requests: &mut Requests) {
    let shown = stage.shown;
    let (state, height) = match (&shown.scan, &shown.chosen) {
        (ScanState::Scanning(job), Some(chosen)) => (State::Starting(job.phase, chosen), 260.0),
        (ScanState::Paused(_), Some(chosen)) => (State::Waiting(chosen), 200.0),
        (ScanState::Settling, Some(chosen)) => (State::Settling(chosen), 260.0),
        (_, Some(chosen)) if chosen.trouble.is_some() => (State::Trouble(chosen), 380.0),
        (_, Some(chosen)) if chosen.offers.is_none() => (State::Asking(chosen), 220.0),
        (_, Some(chosen)) => (State::Ready(chosen), 260.0),
        (_, None) if shown.searching => (State::Searching, 220.0),
        (_, None) => (State::NoScanner, 330.0),
    };
    let width = WIDTH.min(room.width() - 32.0);
    let top = (room.center().y - height / 2.0).max(room.top() + 12.0);
    let place = Rect::from_min_max(
        pos2(room.center().x - width / 2.0, top),
        pos2(room.center().x + width / 2.0, room.bottom()),
    );
    let layout = Layout::top_down(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(place).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        match state {
            State::Starting(now, chosen) => told(ui, &chosen.entry.name, phase(now)),
            State::Waiting(chosen) => told(ui, &chosen.entry.name, WAITS_FOR_YOU),
            State::Settling(chosen) => told(ui, &chosen.entry.name, SETTLING),
            State::Asking(chosen) => told(ui, &chosen.entry.name, "Asking the scanner what it can do …"),
            State::Searching => told(ui, "Searching for scanners", "This takes a few seconds."),
            State::Ready(chosen) => ready(ui, chosen, view),
            State::Trouble(chosen) => trouble(ui, chosen, requests),
            State::NoScanner => no_scanner(ui, shown, view, requests),
        }
        take_back(ui, shown, requests);
    });
}

/// What was in the document a moment ago can be had again.
fn take_back(ui: &mut Ui, shown: &Snapshot, requests: &mut Requests) {
    if let Some(name) = shown.undo.filter(|_| shown.pages.is_empty()) {
        let label = format!("Undo {name}");
        ui.add_space(8.0);
        let button = Button::new(&label).icon(Action::Undo.icon()).look(Look::Link).name("Bring the pages back");
        ActionButton::new(Action::Undo).with(|_| button).show(ui, requests);
    }
}

enum State<'a> {
    Searching,
    NoScanner,
    Asking(&'a ChosenDevice),
    Trouble(&'a ChosenDevice),
    Ready(&'a ChosenDevice),
    Starting(Phase, &'a ChosenDevice),
    Waiting(&'a ChosenDevice),
    Settling(&'a ChosenDevice),
}

fn told(ui: &mut Ui, title: &str, text: &str) {
    picture(ui);
    title_and_text(ui, title, text);
}

fn title_and_text(ui: &mut Ui, title: &str, text: &str) {
    let tokens = theme::tokens(ui);
    words(ui, title, fonts::semibold(22.0), tokens.text);
    if !text.is_empty() {
        paragraph(ui, text, fonts::regular(14.0), tokens.secondary, Align::Center);
    }
}

fn ready(ui: &mut Ui, chosen: &ChosenDevice, view: &ViewState) {
    let tokens = theme::tokens(ui);
    let name = &chosen.entry.name;
    let why = match view.choice.source(chosen).map(|(_, why)| why) {
        Some(Why::PaperInFeeder) => "\nThere is paper in the feeder, so it will be used.",
        Some(Why::FeederEmpty) => "\nThe feeder is empty, so the flatbed will be used.",
        Some(Why::ByHand | Why::OnlyOne | Why::First) | None => "",
    };
    told(ui, "Ready to scan", &format!("{name} is connected.{why}"));
    ui.add_space(4.0);
    // A row that is centred as a whole: its width is known only after it was shown once.
    let id = ui.scope_id().with("keys");
    let width = ui.data(|data| data.get_temp::<f32>(id)).unwrap_or(150.0);
    let shown = ui.allocate_ui_with_layout(vec2(width, 24.0), Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        key_cap(ui, "Enter");
        words(ui, "to scan", fonts::regular(14.0), tokens.secondary);
        ui.min_rect().width()
    });
    ui.data_mut(|data| data.insert_temp(id, shown.inner));
}

fn trouble(ui: &mut Ui, chosen: &ChosenDevice, requests: &mut Requests) {
    let mut command = None;
    if let Some(trouble) = &chosen.trouble {
        let sentences = device_trouble(trouble);
        let (words, line) = sentences.words_and_command();
        title_and_text(ui, &sentences.title, words);
        command = line;
    }
    if let Some(command) = command {
        ui.add_space(4.0);
        terminal_line(ui, command);
    }
    ui.add_space(8.0);
    let buttons = if command.is_some() { 2.0 } else { 1.0 };
    let row = vec2(buttons * ANSWER + (buttons - 1.0) * BETWEEN, theme::CONTROL);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = BETWEEN;
        if let Some(command) = command {
            copy_button(ui, command);
        }
        if Button::new("Try again").look(Look::Primary).width(ANSWER).show(ui).clicked() {
            requests.send(Command::ChooseDevice(chosen.entry.id.clone()));
        }
    });
    ActionButton::new(Action::TryVirtual).with(|button| button.look(Look::Link)).show(ui, requests);
}

/// A line to be run in a terminal, as it is typed there.
fn terminal_line(ui: &mut Ui, line: &str) {
    let tokens = theme::tokens(ui);
    let frame = Frame::new()
        .fill(tokens.panel)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(CornerRadius::same(theme::RADIUS))
        .inner_margin(Margin::symmetric(12, 8));
    frame.show(ui, |ui| {
        ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
            selectable_paragraph(ui, line, fonts::monospace(12.0), tokens.text, Align::LEFT);
        });
    });
}

/// Puts the line where it can be pasted from, and says so for as long as the trouble lasts.
fn copy_button(ui: &mut Ui, line: &str) {
    let id = ui.scope_id().with("copied");
    let copied = ui.data(|data| data.get_temp::<bool>(id)).unwrap_or_default();
    let label = if copied { "Copied" } else { "Copy the line" };
    if Button::new(label).width(ANSWER).show(ui).clicked() {
        ui.copy_text(line.to_owned());
        ui.data_mut(|data| data.insert_temp(id, true));
    }
}

const ADVICE: [(&str, &str); 4] = [
    ("Cable", "Is the scanner plugged in, straight into the computer?"),
    ("Power", "Is it switched on and awake?"),
    ("Other programs", "Does another scanning program hold it?"),
    ("Network", "Enter its address below; it is in the scanner's own menu."),
];

fn no_scanner(ui: &mut Ui, shown: &Snapshot, view: &mut ViewState, requests: &mut Requests) {
    let tokens = theme::tokens(ui);
    let text = if shown.devices.is_empty() || shown.devices.iter().all(is_virtual) {
        "No scanner was found on USB."
    } else {
        "Choose a scanner at the top left."
    };
    title_and_text(ui, "No scanner", text);
    ui.add_space(4.0);
    for (what, advice) in ADVICE {
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let line = format!("{what}: {advice}");
            paragraph(ui, &line, fonts::regular(12.0), tokens.secondary, Align::Center);
        });
    }
    ui.add_space(8.0);
    address_field(ui, view, requests);
    ui.add_space(4.0);
    ActionButton::new(Action::TryVirtual).with(|button| button.look(Look::Primary)).show(ui, requests);
}

fn is_virtual(entry: &crate::session::DeviceEntry) -> bool {
    entry.connection == crate::session::Connection::Virtual
}

fn address_field(ui: &mut Ui, view: &mut ViewState, requests: &mut Requests) {
    let width = ui.available_width().min(360.0);
    ui.allocate_ui_with_layout(vec2(width, theme::CONTROL), Layout::left_to_right(Align::Center), |ui| {
        let field = TextEdit::singleline(&mut view.address)
            .hint_text("escl:http://192.168.1.20/eSCL")
            .margin(vec2(12.0, 8.0))
            .align(eframe::egui::Align2::LEFT_CENTER)
            .min_size(vec2(0.0, theme::CONTROL))
            .desired_width(width - 80.0);
        let response = ui.add(field).accessible_name("Address of a scanner");
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
        let given = !view.address.trim().is_empty();
        if (Button::new("Use").width(72.0).enabled(given).name("Use this address").show(ui).clicked() || entered)
            && given
        {
            requests.send(Command::ChooseAddress(view.address.trim().to_owned()));
        }
    });
}

/// A scanner with its lid open, and the light bar.
fn picture(ui: &mut Ui) {
    let (rect, response) = ui.allocate_exact_size(vec2(170.0, 120.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "A scanner"));
    let ink = theme::tokens(ui).secondary;
    let stroke = Stroke::new(2.5, ink);
    let painter = ui.painter();
    let at = |x: f32, y: f32| rect.min + vec2(x, y);
    let body = Rect::from_min_max(at(2.0, 37.0), at(168.0, 100.0));
    painter.rect_stroke(body, CornerRadius::same(9), stroke, StrokeKind::Middle);
    painter.add(Shape::line(vec![at(12.0, 37.0), at(35.0, 2.0), at(135.0, 2.0), at(158.0, 37.0)], stroke));
    let paper: Color32 = ink.gamma_multiply(0.5);
    painter.line_segment([at(46.0, 12.0), at(111.0, 12.0)], Stroke::new(2.5, paper));
    painter.line_segment([at(39.0, 20.0), at(119.0, 20.0)], Stroke::new(2.5, paper));
    painter.line_segment([at(20.0, 60.0), at(150.0, 60.0)], Stroke::new(5.0, theme::LIGHT_BAR));
    painter.circle_stroke(at(148.0, 85.0), 3.5, stroke);
}
