//! A page's picture as it can be drawn now: the one that was made for it, or an older one that is turned and cut on the
//! graphics card until that one is there.

use eframe::egui::epaint::{RectShape, Vertex};
use eframe::egui::{Color32, CornerRadius, Mesh, Painter, Pos2, Rect, TextureHandle, pos2};

use crate::document::{Look, Rotation};

const WHOLE: Rect = Rect { min: pos2(0.0, 0.0), max: pos2(1.0, 1.0) };

/// A picture and where it lies on its page.
pub(super) struct Seen {
    pub(super) texture: TextureHandle,
    /// Where it lies on the page as it is seen now; the page is from 0 to 1.
    place: Rect,
    /// Quarter turns from the picture to the page, clockwise.
    turns: usize,
}

impl Seen {
    /// The picture that was made for the page as it is.
    pub(super) fn as_it_is(texture: TextureHandle) -> Seen {
        Seen { texture, place: WHOLE, turns: 0 }
    }

    /// One that was made for the first of these looks, of a page that has the second one now. `full`: the page's size as
    /// it came, in pixels.
    pub(super) fn changed(texture: TextureHandle, (old, new): (&Look, &Look), full: (u32, u32)) -> Seen {
        let place = place_of(old, new, full);
        let turns = (quarters(new.rotation) + 4 - quarters(old.rotation)) % 4;
        Seen { texture, place, turns }
    }

    /// Whether it covers the page and nothing else.
    pub(super) fn covers(&self) -> bool {
        self.place == WHOLE
    }

    /// Paints it as a small one, with round corners.
    pub(super) fn paint_round(&self, painter: &Painter, paper: Rect, corners: CornerRadius) {
        if self.covers() && self.turns == 0 {
            let round = RectShape::filled(paper, corners, Color32::WHITE).with_texture(self.texture.id(), WHOLE);
            painter.add(round);
        } else {
            self.paint(painter, paper);
        }
    }

    /// Paints it onto the page that lies here.
    pub(super) fn paint(&self, painter: &Painter, paper: Rect) {
        if self.covers() && self.turns == 0 {
            painter.image(self.texture.id(), paper, WHOLE, Color32::WHITE);
            return;
        }
        let at = |part: Pos2| paper.min + part.to_vec2() * paper.size();
        let place = Rect::from_min_max(at(self.place.min), at(self.place.max));
        let corners = |rect: Rect| [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom()];
        let mut mesh = Mesh::with_texture(self.texture.id());
        for (number, corner) in corners(place).into_iter().enumerate() {
            // Turned to the right, what was at the lower left comes to the upper left.
            let of_picture = corners(WHOLE).into_iter().cycle().nth(number + 4 - self.turns).unwrap_or_default();
            mesh.vertices.push(Vertex { pos: corner, uv: of_picture, color: Color32::WHITE });
        }
        mesh.add_triangle(0, 1, 2);
        mesh.add_triangle(0, 2, 3);
        painter.with_clip_rect(paper.intersect(painter.clip_rect())).add(mesh);
    }
}

/// Where the part that the old look left lies on the page as the new look shows it, from 0 to 1 where that is inside.
fn place_of(old: &Look, new: &Look, full: (u32, u32)) -> Rect {
    let (had, has) = (old.window(full.0, full.1), new.window(full.0, full.1));
    let across = |x: u32| (x as f32 - has.left as f32) / has.width.max(1) as f32;
    let down = |y: u32| (y as f32 - has.top as f32) / has.height.max(1) as f32;
    let unturned = [
        pos2(across(had.left), down(had.top)),
        pos2(across(had.left.saturating_add(had.width)), down(had.top.saturating_add(had.height))),
    ];
    let turned = unturned.map(|at| match new.rotation {
        Rotation::None => at,
        Rotation::Quarter => pos2(1.0 - at.y, at.x),
        Rotation::Half => pos2(1.0 - at.x, 1.0 - at.y),
        Rotation::ThreeQuarters => pos2(at.y, 1.0 - at.x),
    });
    Rect::from_two_pos(turned[0], turned[1])
}

const fn quarters(rotation: Rotation) -> usize {
    match rotation {
        Rotation::None => 0,
        Rotation::Quarter => 1,
        Rotation::Half => 2,
        Rotation::ThreeQuarters => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::PixelWindow;

    #[test]
    fn an_old_picture_lies_where_its_part_of_the_page_is() {
        let full = (200, 400);
        let look = |rotation, crop| Look { rotation, crop, ..Look::default() };
        let upper_left = Some(PixelWindow { left: 0, top: 0, width: 100, height: 100 });
        let rect =
            |left: f32, top: f32, right: f32, bottom: f32| Rect::from_min_max(pos2(left, top), pos2(right, bottom));
        let plain = look(Rotation::None, None);
        assert_eq!(place_of(&plain, &look(Rotation::Quarter, None), full), WHOLE);
        // What is left of it now is the upper left of the old picture.
        assert_eq!(place_of(&plain, &look(Rotation::None, upper_left), full), rect(0.0, 0.0, 2.0, 4.0));
        // The whole page again: the old picture has its upper left, which is at the upper right after a turn.
        assert_eq!(place_of(&look(Rotation::None, upper_left), &plain, full), rect(0.0, 0.0, 0.5, 0.25));
        let turned = look(Rotation::Quarter, None);
        assert_eq!(place_of(&look(Rotation::None, upper_left), &turned, full), rect(0.75, 0.0, 1.0, 0.5));
    }
}
