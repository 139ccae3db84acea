//! One page on the canvas: at its final size from the start, growing row by row, fitted or larger.

use eframe::egui::{
    Color32, CornerRadius, Mesh, Painter, Rect, Role, ScrollArea, Sense, Shadow, Shape, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

use crate::document::Rotation;
use crate::session::pictures::{PictureKind, TILE_SIDE};
use crate::session::{PageState, PageView};
use crate::text::progress::state_of;

use super::super::page_tool::PageTool;
use super::super::theme;
use super::super::view_state::CanvasView;
use super::Stage;
use super::page_marks::page_marks;
use super::torn_edge::{torn_edge, torn_side, without_teeth};

/// Room around a page that fits.
const MARGIN: f32 = 28.0;
const NARROW_MARGIN: f32 = 16.0;
/// How far the light bar reaches beyond the page, and how high it glows.
const BAR_BEYOND: f32 = 14.0;
const GLOW: f32 = 26.0;
/// How strong the outline is of what a page lacks of its sheet.
const OUTLINE: f32 = 0.5;
/// Stripes where rows are still to come.
const STRIPE: f32 = 6.0;

const WHOLE: Rect = Rect { min: pos2(0.0, 0.0), max: pos2(1.0, 1.0) };

/// Shows the page in the room that is left.
pub(super) fn page_canvas(
    ui: &mut Ui,
    stage: &mut Stage<'_>,
    page: &PageView,
    view: &mut CanvasView,
    tool: &mut PageTool,
) {
    let room = ui.max_rect();
    let margin = if stage.narrow { NARROW_MARGIN } else { MARGIN };
    let sheet = sheet_rows(page);
    let pixels = vec2(page.width.max(1) as f32, sheet as f32) / ui.pixels_per_point();
    let free = (room.size() - Vec2::splat(2.0 * margin)).max(Vec2::splat(32.0));
    // What has hardly a row is not made as large as the window.
    let fitted = (free.x / pixels.x).min(free.y / pixels.y).min(*CanvasView::RANGE.end());
    if view.fitted != fitted {
        // The status line has shown the old scale already.
        view.fitted = fitted;
        ui.ctx().request_repaint();
    }
    zoom_by_wheel(ui, room, view);
    let size = pixels * view.scale();
    let content = (size + Vec2::splat(2.0 * margin)).max(room.size());
    ui.spacing_mut().item_spacing = Vec2::ZERO;
    let mut area = ScrollArea::both().id_salt("canvas").auto_shrink([false, false]);
    if let Some((offset, old)) = view.scrolled.filter(|(_, old)| *old != content) {
        let anchor = view.anchor.take().unwrap_or(room.size() / 2.0);
        area = area.scroll_offset(((offset + anchor) * content / old - anchor).max(Vec2::ZERO));
    }
    let scrolled = area.show(ui, |ui| {
        let (whole, response) = ui.allocate_exact_size(content, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, described(stage, page)));
        let paper = Rect::from_center_size(whole.center(), size);
        paint_page(ui, stage, page, paper, sheet, view.scale());
        // The page itself, without what it lacks of its sheet.
        let height = page.height.max(1) as f32 / sheet as f32;
        page_marks(ui, tool, upper(paper, height));
    });
    view.scrolled = Some((scrolled.state.clamped_offset(), content));
}

/// The rows of the sheet a page is on, as it is seen: its own, or more when it ended early.
fn sheet_rows(page: &PageView) -> u32 {
    let look = &page.face.look;
    let as_it_came = look.crop.is_none() && look.rotation == Rotation::None;
    let meant = if as_it_came { page.sheet } else { 0 };
    meant.max(page.height).max(1)
}

/// Ctrl and the wheel, or two fingers.
fn zoom_by_wheel(ui: &Ui, room: Rect, view: &mut CanvasView) {
    let (delta, pointer) = ui.input(|input| (input.zoom_delta(), input.pointer.hover_pos()));
    if let Some(pointer) = pointer.filter(|at| delta != 1.0 && room.contains(*at)) {
        view.anchor = Some(pointer - room.min);
        view.zoom_to(view.scale() * delta);
    }
}

fn described(stage: &Stage<'_>, page: &PageView) -> String {
    let at = stage.shown.pages.iter().position(|other| other.id == page.id).unwrap_or(0);
    let state = match state_of(stage.shown, page) {
        PageState::Complete => "",
        PageState::Partial { .. } => ", a partial page",
        PageState::Damaged { .. } => ", a damaged page",
        PageState::Arriving => ", arriving",
    };
    format!("Picture of page {}{state}", at + 1)
}

fn paint_page(ui: &Ui, stage: &mut Stage<'_>, page: &PageView, paper: Rect, sheet: u32, scale: f32) {
    let tokens = theme::tokens(ui);
    let painter = ui.painter();
    let state = state_of(stage.shown, page);
    let arriving = state == PageState::Arriving;
    let filled = match state.rows_left() {
        None => paper,
        Some(rows) => upper(paper, (rows as f32 / sheet as f32).clamp(0.02, 1.0)),
    };
    let torn = torn_side(page).filter(|_| state.rows_left().is_some());
    let casts = torn.map_or(filled, |side| without_teeth(filled, side));
    shadow_around(painter, theme::card_shadow(tokens), casts);
    if filled != paper {
        // Where the rest of the sheet would have been. A line as between panels would not be seen on the canvas.
        let line = Stroke::new(1.0, tokens.secondary.gamma_multiply(OUTLINE));
        painter.rect_stroke(paper, CornerRadius::ZERO, line, StrokeKind::Inside);
    }
    // Every pixel of the page is painted once: where the processor draws, pixels are what a frame costs.
    let mut newest = None;
    // While its file may still grow there is no picture that would stay right.
    let finished = match page.state {
        PageState::Arriving => None,
        PageState::Complete | PageState::Partial { .. } | PageState::Damaged { .. } => {
            stage.textures.finished(ui.ctx(), stage.pictures, page, PictureKind::Fitted)
        }
    };
    if let Some(seen) = finished {
        if !seen.covers() {
            painter.rect_filled(filled, CornerRadius::ZERO, theme::PAPER);
        }
        seen.paint(painter, filled);
        if scale * page.width.max(1) as f32 > seen.texture.size()[0] as f32 * 1.05 {
            paint_tiles(ui, stage, page, filled, scale);
        }
    } else {
        let mut blank = filled;
        if let Some(live) = stage.textures.live(page.id) {
            let to = upper(paper, live.filled);
            let seen = painter.with_clip_rect(filled.intersect(ui.clip_rect()));
            seen.image(live.texture.id(), to, Rect { max: pos2(1.0, live.filled), ..WHOLE }, Color32::WHITE);
            newest = Some(to.bottom());
            blank.min.y = to.bottom().min(filled.bottom());
        }
        if arriving {
            stripes(painter, blank, paper.top());
        } else {
            painter.rect_filled(blank, CornerRadius::ZERO, theme::PAPER);
        }
    }
    if let Some(side) = torn {
        torn_edge(painter, filled, side, tokens.canvas);
    }
    if arriving && stage.shown.scan.job().is_some_and(|job| job.page == Some(page.id)) {
        light_bar(painter, paper, newest.unwrap_or(paper.top()));
    }
}

fn upper(paper: Rect, part: f32) -> Rect {
    Rect::from_min_size(paper.min, vec2(paper.width(), paper.height() * part))
}

/// The visible part of the page at its own resolution.
fn paint_tiles(ui: &Ui, stage: &mut Stage<'_>, page: &PageView, paper: Rect, scale: f32) {
    let points = scale / ui.pixels_per_point();
    let side = TILE_SIDE as f32 * points;
    let seen = paper.intersect(ui.clip_rect());
    if !seen.is_positive() {
        return;
    }
    let rows = page.state.rows_left().map_or(page.height, |rows| rows.min(page.height));
    let range = |from: f32, to: f32, start: f32, pixels: u32| {
        let last = pixels.div_ceil(TILE_SIDE).max(1) - 1;
        (((from - start) / side).floor().max(0.0) as u32)..=(((to - start) / side).floor().max(0.0) as u32).min(last)
    };
    for row in range(seen.top(), seen.bottom(), paper.top(), rows) {
        for column in range(seen.left(), seen.right(), paper.left(), page.width) {
            let kind = PictureKind::Tile { column, row };
            if let Some(seen) = stage.textures.finished(ui.ctx(), stage.pictures, page, kind) {
                let [width, height] = seen.texture.size();
                let min = paper.min + vec2(column as f32, row as f32) * side;
                let place = Rect::from_min_size(min, vec2(width as f32, height as f32) * points);
                seen.paint(ui.painter(), place);
            }
        }
    }
}

/// Rows that are still to come, striped from the top of the page on.
fn stripes(painter: &Painter, blank: Rect, top: f32) {
    let first = ((blank.top() - top) / STRIPE).floor().max(0.0) as usize;
    let end = ((blank.bottom() - top) / STRIPE).ceil().max(0.0) as usize;
    for at in first..end {
        let from = (top + at as f32 * STRIPE).max(blank.top());
        let to = (top + (at + 1) as f32 * STRIPE).min(blank.bottom());
        let color = if at % 2 == 0 { theme::PAPER_STRIPE } else { theme::PAPER };
        let stripe = Rect::from_min_max(pos2(blank.left(), from), pos2(blank.right(), to));
        painter.rect_filled(stripe, CornerRadius::ZERO, color);
    }
}

/// The shadow that a sheet casts, without the part that the sheet covers.
fn shadow_around(painter: &Painter, shadow: Shadow, sheet: Rect) {
    let cast = shadow.as_shape(sheet, CornerRadius::ZERO);
    let reach = cast.rect.expand(f32::from(shadow.blur)).union(sheet);
    // A seam between shadow and sheet would show: the shadow goes a little under it.
    let sheet = sheet.shrink(1.0);
    let sides = [
        reach.with_max_y(sheet.top()),
        reach.with_min_y(sheet.bottom()),
        Rect::from_min_max(pos2(reach.left(), sheet.top()), sheet.left_bottom()),
        Rect::from_min_max(sheet.right_top(), pos2(reach.right(), sheet.bottom())),
    ];
    for side in sides {
        let seen = side.intersect(painter.clip_rect());
        if seen.is_positive() {
            painter.with_clip_rect(seen).add(cast.clone());
        }
    }
}

/// Where the newest row is: a glowing line a little wider than the page.
fn light_bar(painter: &Painter, paper: Rect, y: f32) {
    let bar = paper.x_range().expand(BAR_BEYOND);
    let glow = theme::LIGHT_BAR;
    let clear = Color32::TRANSPARENT;
    let mut mesh = Mesh::default();
    // Across: nothing, full, full, nothing. Down: nothing, glow, nothing.
    let columns =
        [(bar.min, 0.0), (bar.min + 2.0 * BAR_BEYOND, 1.0), (bar.max - 2.0 * BAR_BEYOND, 1.0), (bar.max, 0.0)];
    let rows = [(-GLOW, 0.0), (-GLOW * 0.4, 0.22), (0.0, 0.6), (GLOW * 0.25, 0.22), (GLOW * 0.6, 0.0)];
    for (dy, strength) in rows {
        for (x, width) in columns {
            mesh.colored_vertex(pos2(x, y + dy), glow.gamma_multiply(strength * width));
        }
    }
    grid(&mut mesh, columns.len() as u32, rows.len() as u32);
    let first = mesh.vertices.len() as u32;
    for (dy, color) in [(-1.5, glow), (0.0, theme::LIGHT_BAR_CORE), (1.5, glow)] {
        for (at, (x, _)) in columns.into_iter().enumerate() {
            let edge = at == 0 || at == columns.len() - 1;
            mesh.colored_vertex(pos2(x, y + dy), if edge { clear } else { color });
        }
    }
    let mut core = Mesh { vertices: mesh.vertices.split_off(first as usize), ..Mesh::default() };
    grid(&mut core, columns.len() as u32, 3);
    painter.add(Shape::mesh(mesh));
    painter.add(Shape::mesh(core));
}

/// Joins vertices that stand in rows of `columns` into triangles.
pub(super) fn grid(mesh: &mut Mesh, columns: u32, rows: u32) {
    for row in 0..rows - 1 {
        for column in 0..columns - 1 {
            let at = row * columns + column;
            mesh.add_triangle(at, at + 1, at + columns);
            mesh.add_triangle(at + 1, at + columns, at + columns + 1);
        }
    }
}
