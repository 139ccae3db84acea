//! What is drawn on the page while a part of it is chosen or it is cut in two, and how pointer and keys move it.

use eframe::egui::{
    Color32, CornerRadius, CursorIcon, EventFilter, Id, Key, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    Vec2, WidgetInfo, pos2, vec2,
};

use super::super::page_tool::{CropTool, Grip, PageTool, SplitTool};
use super::super::theme;

/// How near to an edge the pointer is on it, in points.
const NEAR: f32 = 9.0;
/// The side of a handle.
const HANDLE: f32 = 10.0;
/// How dark what is left out becomes.
const SHADE: Color32 = Color32::from_black_alpha(120);
/// One press of an arrow key: this part of the page's shorter side.
const STEP: f32 = 0.01;

/// The mark that can have the keyboard: the part, or the line.
pub(in super::super) fn mark_on_page() -> Id {
    Id::unique("mark on the page")
}

/// Shows the marks of the tool in use on the page that lies here.
pub(super) fn page_marks(ui: &Ui, tool: &mut PageTool, paper: Rect) {
    match tool {
        PageTool::Crop(tool) => crop(ui, tool, paper),
        PageTool::Split(tool) => split(ui, tool, paper),
        PageTool::None | PageTool::Adjust(_) => {}
    }
}

/// The keyboard of a mark: arrow keys move it and not the focus.
fn keyboard(ui: &Ui, response: &Response, takes_focus: &mut bool) -> Vec2 {
    if std::mem::take(takes_focus) {
        response.request_focus();
    }
    if !response.has_focus() {
        return Vec2::ZERO;
    }
    let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    ui.input(|input| {
        let count = |key| input.num_presses(key) as f32;
        vec2(count(Key::ArrowRight) - count(Key::ArrowLeft), count(Key::ArrowDown) - count(Key::ArrowUp))
    })
}

fn crop(ui: &Ui, tool: &mut CropTool, paper: Rect) {
    let size = vec2(tool.subject.size.0 as f32, tool.subject.size.1 as f32);
    let points = paper.width() / size.x.max(1.0);
    let to_page = |at: Pos2| ((at - paper.min) / points).to_pos2();
    // Beyond the page, too: its edges can be taken hold of there.
    let response = ui.interact(paper.expand(NEAR), mark_on_page(), Sense::click_and_drag());
    let words = tool.size();
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, format!("Part that is left: {words}")));
    let near = NEAR / points;
    if let Some(at) = response.hover_pos() {
        ui.ctx().set_cursor_icon(cursor(tool.grip_at(to_page(at), near)));
    }
    if response.drag_started()
        && let Some(at) = ui.input(|input| input.pointer.press_origin())
    {
        tool.hold(to_page(at), near);
    }
    if response.dragged()
        && let Some(at) = response.interact_pointer_pos()
    {
        tool.drag(to_page(at));
    }
    if response.drag_stopped() {
        tool.let_go();
    }
    let push = keyboard(ui, &response, &mut tool.takes_focus) * STEP * size.min_elem();
    if push != Vec2::ZERO {
        let edges = ui.input(|input| input.modifiers.shift);
        tool.push(push, edges);
    }
    let part = tool.part();
    let left = Rect::from_min_max(paper.min + part.min.to_vec2() * points, paper.min + part.max.to_vec2() * points);
    paint_part(ui, paper, left, response.has_focus());
}

/// What is left out lies in the shade; what is left has a line around it, and handles.
fn paint_part(ui: &Ui, paper: Rect, left: Rect, focused: bool) {
    let (painter, tokens) = (ui.painter(), theme::tokens(ui));
    let beside = [
        paper.with_max_y(left.top()),
        paper.with_min_y(left.bottom()),
        Rect::from_min_max(pos2(paper.left(), left.top()), left.left_bottom()),
        Rect::from_min_max(left.right_top(), pos2(paper.right(), left.bottom())),
    ];
    for shade in beside.into_iter().filter(Rect::is_positive) {
        painter.rect_filled(shade, CornerRadius::ZERO, SHADE);
    }
    let line = Stroke::new(if focused { 2.0 } else { 1.5 }, tokens.accent);
    painter.rect_stroke(left, CornerRadius::ZERO, line, StrokeKind::Middle);
    let (middle, size) = (left.center(), Vec2::splat(HANDLE));
    let across = [left.left(), middle.x, left.right()];
    let down = [left.top(), middle.y, left.bottom()];
    for (row, y) in down.into_iter().enumerate() {
        for (column, x) in across.into_iter().enumerate().filter(|(column, _)| (*column, row) != (1, 1)) {
            // Between two corners that are near each other there is no room for a third handle.
            let crowded = (column == 1 && left.width() < 5.0 * HANDLE) || (row == 1 && left.height() < 5.0 * HANDLE);
            if !crowded {
                let handle = Rect::from_center_size(pos2(x, y), size);
                painter.rect(handle, CornerRadius::same(2), Color32::WHITE, line, StrokeKind::Inside);
            }
        }
    }
}

const fn cursor(grip: Grip) -> CursorIcon {
    match grip {
        Grip::Edge(0, _) => CursorIcon::ResizeVertical,
        Grip::Edge(_, 0) => CursorIcon::ResizeHorizontal,
        Grip::Edge(-1, -1) | Grip::Edge(1, 1) => CursorIcon::ResizeNwSe,
        Grip::Edge(..) => CursorIcon::ResizeNeSw,
        Grip::Inside => CursorIcon::Move,
        Grip::New => CursorIcon::Crosshair,
    }
}

fn split(ui: &Ui, tool: &mut SplitTool, paper: Rect) {
    let response = ui.interact(paper, mark_on_page(), Sense::click_and_drag());
    let percent = f64::from(tool.at * 100.0).round();
    response.widget_info(|| WidgetInfo::slider(true, percent, "Where the page is cut, in percent"));
    if response.hovered() {
        let icon = if tool.beside { CursorIcon::ResizeHorizontal } else { CursorIcon::ResizeVertical };
        ui.ctx().set_cursor_icon(icon);
    }
    if let Some(at) = response.interact_pointer_pos() {
        let at = (at - paper.min) / paper.size();
        tool.move_to(if tool.beside { at.x } else { at.y });
    }
    let push = keyboard(ui, &response, &mut tool.takes_focus) * STEP;
    if push != Vec2::ZERO {
        tool.move_to(tool.at + push.x + push.y);
    }
    let tokens = theme::tokens(ui);
    let line = Stroke::new(2.0, tokens.accent);
    let knob = if tool.beside {
        let x = paper.left() + tool.at * paper.width();
        ui.painter().vline(x, paper.y_range().expand(NEAR), line);
        pos2(x, paper.center().y)
    } else {
        let y = paper.top() + tool.at * paper.height();
        ui.painter().hline(paper.x_range().expand(NEAR), y, line);
        pos2(paper.center().x, y)
    };
    let ring = if response.has_focus() { Stroke::new(3.0, tokens.accent) } else { line };
    ui.painter().circle(knob, 8.0, Color32::WHITE, ring);
}
