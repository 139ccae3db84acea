//! The edge of a page that broke off: on the side where its last row is, however it was turned.

use eframe::egui::{Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};

use crate::document::Rotation;
use crate::session::PageView;

use super::page_canvas::grid;

/// Height of the teeth, and their distance.
const TOOTH: Vec2 = vec2(24.0, 9.0);

/// The side of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Top,
    Right,
    Bottom,
}

/// The side where a page that broke off ends; `None` when that part of it was cut off.
pub(super) fn torn_side(page: &PageView) -> Option<Side> {
    let look = &page.face.look;
    let window = look.window(page.full.0, page.full.1);
    if window.top.saturating_add(window.height) < page.full.1 {
        return None;
    }
    Some(match look.rotation {
        Rotation::None => Side::Bottom,
        Rotation::Quarter => Side::Left,
        Rotation::Half => Side::Top,
        Rotation::ThreeQuarters => Side::Right,
    })
}

/// The paper without its teeth: what casts a shadow.
pub(super) fn without_teeth(paper: Rect, side: Side) -> Rect {
    let mut rest = paper;
    match side {
        Side::Left => rest.min.x = (paper.left() + TOOTH.y).min(paper.right()),
        Side::Top => rest.min.y = (paper.top() + TOOTH.y).min(paper.bottom()),
        Side::Right => rest.max.x = (paper.right() - TOOTH.y).max(paper.left()),
        Side::Bottom => rest.max.y = (paper.bottom() - TOOTH.y).max(paper.top()),
    }
    rest
}

/// The canvas bites into the paper. One mesh, so that there are no seams, and a line along the edge, so that it is smooth.
pub(super) fn torn_edge(painter: &Painter, paper: Rect, side: Side, canvas: Color32) {
    let length = if matches!(side, Side::Top | Side::Bottom) { paper.width() } else { paper.height() };
    let count = 2 * (length / TOOTH.x).round().max(2.0) as usize;
    let step = length / count as f32;
    // A point so far along the side and so far inside the paper.
    let at = |along: f32, inside: f32| -> Pos2 {
        match side {
            Side::Left => pos2(paper.left() + inside, paper.top() + along),
            Side::Top => pos2(paper.left() + along, paper.top() + inside),
            Side::Right => pos2(paper.right() - inside, paper.top() + along),
            Side::Bottom => pos2(paper.left() + along, paper.bottom() - inside),
        }
    };
    // Teeth of different heights look torn, not cut; the pattern is the same in every frame.
    let depth = |at: usize| match at % 2 {
        0 => TOOTH.y * (0.45 + 0.55 * ((at * 7 + 3) % 5) as f32 / 4.0),
        _ => TOOTH.y * 0.1 * (at % 3) as f32,
    };
    let edge: Vec<_> = (0..=count).map(|tooth| at(tooth as f32 * step, depth(tooth))).collect();
    let mut mesh = Mesh::default();
    for point in &edge {
        mesh.colored_vertex(*point, canvas);
    }
    for tooth in 0..=count {
        mesh.colored_vertex(at(tooth as f32 * step, -1.0), canvas);
    }
    grid(&mut mesh, edge.len() as u32, 2);
    painter.add(Shape::mesh(mesh));
    painter.add(Shape::line(edge, Stroke::new(1.0, canvas)));
}
