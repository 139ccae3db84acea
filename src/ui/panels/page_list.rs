//! The pages of the document; selecting is view state, moving and deleting are commands.

use eframe::egui::{
    Align, Align2, Color32, CornerRadius, CursorIcon, EventFilter, Frame, InputState, Key, Margin, Modifiers, Panel,
    PointerButton, Popup, Rect, Response, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
    epaint::PathStroke, pos2, vec2,
};

use crate::document::PageId;
use crate::session::pictures::PictureKind;
use crate::session::{Command, PageState, PageView, Snapshot};
use crate::text::progress::state_of;

use super::super::fonts;
use super::super::page_edits::moved;
use super::super::requests::Requests;
use super::super::theme;
use super::super::view_state::{PageListView, ViewState};
use super::super::widgets::{focus_ring, paragraph, stay_here};
use super::Stage;
use super::page_menu::{WIDTH as WIDTH_OF_MENU, page_menu};

/// Width of the panel in a wide window.
const WIDTH: f32 = 148.0;
const NARROW_WIDTH: f32 = 112.0;
/// What is beside a picture, both sides together.
const BESIDE: f32 = 52.0;
/// The highest picture.
const HIGHEST: f32 = 128.0;
const NARROW_HIGHEST: f32 = 92.0;
/// From a row's top to the picture, from the picture to the middle of its number, and from there to the row's end.
const ABOVE: f32 = 6.0;
const TO_NUMBER: f32 = 14.0;
const BELOW: f32 = 16.0;
/// Above the first page.
const TOP: f32 = 8.0;
/// So near to an end of the list pages that are dragged make it scroll.
const EDGE: f32 = 36.0;

const WHOLE: Rect = Rect { min: pos2(0.0, 0.0), max: pos2(1.0, 1.0) };

/// Shows the list.
pub(in super::super) fn page_list(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut ViewState, requests: &mut Requests) {
    let tokens = theme::tokens(ui);
    let rows = if stage.narrow { Rows::NARROW } else { Rows::WIDE };
    let width = rows.width;
    let frame = Frame::new().fill(tokens.panel).inner_margin(Margin::ZERO);
    Panel::left("pages").exact_size(width).resizable(false).frame(frame).show(ui, |ui| {
        if stage.shown.pages.is_empty() {
            ui.add_space(52.0);
            let margin = Margin::symmetric(16, 0);
            Frame::new().inner_margin(margin).show(ui, |ui| {
                ui.vertical_centered(|ui| {
                    let color = tokens.secondary;
                    paragraph(ui, "Pages appear here", fonts::regular(12.0), color, Align::Center);
                });
            });
            return;
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut area = ScrollArea::vertical().auto_shrink([false, false]);
        if std::mem::take(&mut view.pages.reveal) {
            area = area.vertical_scroll_offset(offset_of(stage, &view.pages, ui.available_height(), rows));
        }
        area.show_viewport(ui, |ui, viewport| {
            let origin = ui.min_rect().min;
            let mut top = TOP;
            let shown = stage.shown;
            let mut gap = Gap::under_pointer(ui, view.pages.dragged.is_some(), origin.y + TOP);
            for (at, page) in shown.pages.iter().enumerate() {
                let paper = rows.paper(page);
                let bottom = top + rows.height(paper);
                if bottom > viewport.top() && top < viewport.bottom() {
                    let row = Rect::from_min_max(pos2(0.0, top), pos2(width, bottom)).translate(origin.to_vec2());
                    page_row(ui, stage, view, requests, at, row, paper);
                }
                gap.pass(at, origin.y + top, origin.y + bottom);
                top = bottom;
            }
            ui.set_height(top);
            drag(ui, shown, view, requests, &gap, width);
        });
    });
}

/// How rows are measured: each is as high as its page needs, so that a number stands under its picture.
#[derive(Clone, Copy)]
struct Rows {
    width: f32,
    highest: f32,
}

impl Rows {
    const WIDE: Rows = Rows { width: WIDTH, highest: HIGHEST };
    const NARROW: Rows = Rows { width: NARROW_WIDTH, highest: NARROW_HIGHEST };

    /// The page's proportions in the room there is.
    fn paper(self, page: &PageView) -> Vec2 {
        let (width, height) = (page.width.max(1) as f32, page.height.max(1) as f32);
        let scale = ((self.width - BESIDE) / width).min(self.highest / height);
        vec2((width * scale).max(8.0), (height * scale).max(8.0))
    }

    /// The height of the row with this picture.
    fn height(self, paper: Vec2) -> f32 {
        ABOVE + paper.y + TO_NUMBER + BELOW
    }
}

/// The scroll offset that puts the shown page into the middle.
fn offset_of(stage: &Stage<'_>, view: &PageListView, room: f32, rows: Rows) -> f32 {
    let height = |page: &PageView| rows.height(rows.paper(page));
    let pages = &stage.shown.pages;
    let at = pages.iter().position(|page| Some(page.id) == view.shown()).unwrap_or(0);
    let before: f32 = pages[..at].iter().map(height).sum();
    let middle = TOP + before + pages.get(at).map_or(0.0, height) / 2.0;
    (middle - room / 2.0).max(0.0)
}

/// The gap between two rows that is nearest to the pointer: where pages would be put.
struct Gap {
    pointer: Option<f32>,
    /// The index of the page behind the gap, and the gap's place.
    nearest: Option<(usize, f32)>,
}

impl Gap {
    fn under_pointer(ui: &Ui, dragging: bool, first: f32) -> Gap {
        let pointer = ui.input(|input| input.pointer.latest_pos()).filter(|_| dragging).map(|at| at.y);
        Gap { pointer, nearest: pointer.map(|_| (0, first)) }
    }

    /// Below a row there is another gap.
    fn pass(&mut self, at: usize, top: f32, bottom: f32) {
        if self.pointer.is_some_and(|pointer| pointer > (top + bottom) / 2.0) {
            self.nearest = Some((at + 1, bottom));
        }
    }
}

/// The selected pages are on their way to another place, until the pointer lets go of them.
fn drag(ui: &Ui, shown: &Snapshot, view: &mut ViewState, requests: &mut Requests, gap: &Gap, width: f32) {
    if view.pages.dragged.is_none() {
        return;
    }
    let (down, pointer, visible) = (ui.input(|input| input.pointer.primary_down()), gap.pointer, ui.clip_rect());
    let Some((index, y)) = gap.nearest else { return };
    let moves = moved(&view.pages.targets(shown), shown, index);
    if !down {
        view.pages.dragged = None;
        if let Some(edit) = moves {
            requests.send(Command::Edit(edit));
        }
        return;
    }
    view.pages.dragged = Some(Some(index));
    ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    if moves.is_some() {
        let tokens = theme::tokens(ui);
        let (left, right) = (visible.left() + 12.0, visible.left() + width - 12.0);
        let y = y.clamp(visible.top() + 3.0, visible.bottom() - 3.0);
        ui.painter().hline(left..=right, y, Stroke::new(3.0, tokens.accent));
        ui.painter().circle_filled(pos2(left, y), 4.0, tokens.accent);
    }
    // Near an end of the list it goes on by itself.
    let speed = pointer.map_or(0.0, |pointer| {
        let (above, below) = (visible.top() + EDGE - pointer, pointer - (visible.bottom() - EDGE));
        above.max(0.0) - below.max(0.0)
    });
    if speed != 0.0 {
        ui.scroll_with_delta(vec2(0.0, speed.clamp(-EDGE, EDGE) * 0.5));
        ui.ctx().request_repaint();
    }
}

fn page_row(
    ui: &mut Ui,
    stage: &mut Stage<'_>,
    view: &mut ViewState,
    requests: &mut Requests,
    at: usize,
    row: Rect,
    paper: Vec2,
) {
    let tokens = theme::tokens(ui);
    let shown = stage.shown;
    let page = &shown.pages[at];
    let paper = Rect::from_min_size(pos2(row.center().x - paper.x / 2.0, row.top() + ABOVE), paper);
    let selected = view.pages.is_selected(page.id);
    let state = state_of(shown, page);
    let response = ui.interact(row, ui.scope_id().with(("page", page.id)), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, selected, named(state, at)));
    if response.clicked() {
        let modifiers = ui.input(|input| input.modifiers);
        match (modifiers.shift, modifiers.command) {
            (true, _) => view.pages.extend_to(page.id, shown),
            (false, true) => view.pages.toggle(page.id, shown),
            (false, false) => view.pages.select_only(page.id, shown),
        }
    }
    if (response.drag_started_by(PointerButton::Primary) || response.secondary_clicked()) && !selected {
        view.pages.select_only(page.id, shown);
    }
    if response.drag_started_by(PointerButton::Primary) && shown.pages.len() > 1 {
        view.pages.dragged = Some(None);
    }
    Popup::context_menu(&response).width(WIDTH_OF_MENU).show(|ui| page_menu(ui, |_| true, shown, view, requests));
    walk(ui, &response, view, shown, page.id);
    thumbnail(ui, stage, page, paper);
    let line = if response.hovered() { tokens.secondary } else { tokens.line };
    let corners = CornerRadius::same(theme::SMALL_RADIUS);
    ui.painter().rect_stroke(paper, corners, Stroke::new(1.0, line), StrokeKind::Outside);
    if selected {
        let ring = Stroke::new(2.0, tokens.accent);
        ui.painter().rect_stroke(paper.expand(3.0), CornerRadius::same(6), ring, StrokeKind::Outside);
    }
    let in_the_middle = view.pages.shown() == Some(page.id);
    let (font, color) = match in_the_middle {
        true => (fonts::semibold(12.0), tokens.accent),
        false => (fonts::regular(12.0), tokens.secondary),
    };
    let number = pos2(row.center().x, paper.bottom() + TO_NUMBER);
    ui.painter().text(number, Align2::CENTER_CENTER, (at + 1).to_string(), font, color);
    focus_ring(ui, &response.with_new_rect(paper.expand(3.0)), theme::SMALL_RADIUS);
}

/// The arrow keys go from page to page.
fn walk(ui: &Ui, response: &Response, view: &mut ViewState, shown: &Snapshot, page: PageId) {
    if view.pages.shown() == Some(page) && std::mem::take(&mut view.pages.take_focus) {
        response.request_focus();
    }
    if !response.has_focus() {
        return;
    }
    let arrows = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    let by = ui.input_mut(|input| {
        let presses = |input: &mut InputState, key| isize::from(input.consume_key(Modifiers::NONE, key));
        presses(input, Key::ArrowDown) - presses(input, Key::ArrowUp)
    });
    if by != 0 {
        stay_here(ui);
        view.pages.step(by, shown);
        view.pages.take_focus = true;
    }
}

/// What a screen reader says of a page.
fn named(state: PageState, at: usize) -> String {
    let state = match state {
        PageState::Complete => "",
        PageState::Partial { .. } => ", partial",
        PageState::Damaged { .. } => ", damaged",
        PageState::Arriving => ", arriving",
    };
    format!("Page {}{state}", at + 1)
}

fn thumbnail(ui: &Ui, stage: &mut Stage<'_>, page: &PageView, paper: Rect) {
    let painter = ui.painter();
    let corners = CornerRadius::same(theme::SMALL_RADIUS);
    painter.rect_filled(paper, corners, theme::PAPER);
    let kind = PictureKind::Thumbnail;
    if page.state != PageState::Arriving
        && let Some(seen) = stage.textures.finished(ui.ctx(), stage.pictures, page, kind)
    {
        seen.paint_round(painter, paper, corners);
    } else if let Some(live) = stage.textures.live(page.id) {
        let to = Rect::from_min_size(paper.min, vec2(paper.width(), paper.height() * live.filled));
        painter.image(live.texture.id(), to, Rect { max: pos2(1.0, live.filled), ..WHOLE }, Color32::WHITE);
    }
    match state_of(stage.shown, page) {
        PageState::Partial { .. } => badge(ui, paper, "partial"),
        PageState::Damaged { .. } => badge(ui, paper, "damaged"),
        PageState::Arriving => ring(ui, stage, page, paper),
        PageState::Complete => {}
    }
}

fn badge(ui: &Ui, paper: Rect, text: &str) {
    let tokens = theme::tokens(ui);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), fonts::semibold(11.0), tokens.attention);
    let size = galley.size() + vec2(8.0, 2.0);
    let rect = Rect::from_min_size(paper.max - size - vec2(4.0, 4.0), size);
    ui.painter().rect_filled(rect, CornerRadius::same(theme::SMALL_RADIUS), tokens.attention_ground);
    ui.painter().galley(rect.min + vec2(4.0, 1.0), galley, tokens.attention);
}

/// How far an arriving page is, as a ring that closes.
fn ring(ui: &Ui, stage: &Stage<'_>, page: &PageView, paper: Rect) {
    let tokens = theme::tokens(ui);
    let (center, radius) = (paper.max - vec2(13.0, 13.0), 6.0);
    ui.painter().circle(center, radius + 3.5, tokens.panel, Stroke::NONE);
    ui.painter().circle_stroke(center, radius, Stroke::new(2.0, tokens.line));
    let progress = stage.shown.scan.job().filter(|job| job.page == Some(page.id)).map(|job| job.progress);
    let part = progress.and_then(|progress| {
        let expected = progress.expected_rows.filter(|rows| *rows > 0)?;
        Some((progress.rows as f32 / expected as f32).clamp(0.0, 1.0))
    });
    let steps = (part.unwrap_or(0.0) * 48.0).ceil() as usize;
    if steps > 0 {
        let angle = |step: usize| step as f32 / 48.0 * std::f32::consts::TAU - std::f32::consts::FRAC_PI_2;
        let points = (0..=steps).map(|step| center + radius * vec2(angle(step).cos(), angle(step).sin())).collect();
        ui.painter().add(Shape::line(points, PathStroke::new(2.0, tokens.accent)));
    }
}
