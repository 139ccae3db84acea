//! What is being done to the page in the middle: a part of it is chosen, it is cut in two, or its tone is set.

use eframe::egui::{Pos2, Rect, Vec2, pos2, vec2};

use crate::document::{Edit, Look, PageId};
use crate::raster::{PixelWindow, Tone};
use crate::session::{Command, PageState, PageView, Snapshot};
use crate::text::numbers::millimetres;
use crate::units::{Area, Dpi, Length};

use super::page_edits::{self, Cut};

/// What is being done to the page in the middle.
#[derive(Default)]
pub(super) enum PageTool {
    /// Nothing.
    #[default]
    None,
    /// A part of it is chosen.
    Crop(CropTool),
    /// It is cut in two.
    Split(SplitTool),
    /// Its tone is set.
    Adjust(AdjustTool),
}

impl PageTool {
    /// Chooses a part of a page. One that is arriving has no size yet.
    pub(super) fn crop(page: &PageView) -> PageTool {
        match (Subject::of(page), page.dpi) {
            (Some(subject), Some(dpi)) => {
                PageTool::Crop(CropTool { part: subject.whole(), subject, dpi, grip: None, takes_focus: true })
            }
            _ => PageTool::None,
        }
    }

    /// Cuts a page in two: one that lies into left and right, one that stands into top and bottom.
    pub(super) fn split(page: &PageView) -> PageTool {
        match Subject::of(page) {
            Some(subject) => {
                let beside = page.width >= page.height;
                PageTool::Split(SplitTool { subject, beside, at: 0.5, takes_focus: true })
            }
            None => PageTool::None,
        }
    }

    /// Sets the tone of a page.
    pub(super) fn adjust(page: &PageView) -> PageTool {
        PageTool::Adjust(AdjustTool { page: page.id, seen: page.face.look.tone, wanted: page.face.look.tone })
    }

    /// Whether Enter and Esc belong to it.
    pub(super) fn has_the_page(&self) -> bool {
        matches!(self, PageTool::Crop(_) | PageTool::Split(_))
    }

    /// Whether anything is being done.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self, PageTool::None)
    }

    /// Brings it in line with the page that is in the middle now.
    pub(super) fn reconcile(&mut self, page: Option<&PageView>) {
        let Some(page) = page else {
            *self = PageTool::None;
            return;
        };
        match self {
            PageTool::Crop(tool) if tool.subject.page != page.id => *self = PageTool::None,
            PageTool::Crop(tool) if !tool.subject.is(page) => *self = PageTool::crop(page),
            PageTool::Split(tool) if tool.subject.page != page.id => *self = PageTool::None,
            PageTool::Split(tool) if !tool.subject.is(page) => *self = PageTool::split(page),
            PageTool::Adjust(tool) if tool.page != page.id || tool.seen != page.face.look.tone => {
                *self = PageTool::adjust(page);
            }
            _ => {}
        }
    }

    /// What it comes to, for these pages.
    pub(super) fn command(&self, pages: &[PageId], shown: &Snapshot) -> Option<Command> {
        match self {
            PageTool::None => None,
            // All of the page is no part of it.
            PageTool::Crop(tool) if !tool.is_a_part() => None,
            PageTool::Crop(tool) => Some(Command::Crop { pages: pages.to_vec(), part: tool.on_paper() }),
            PageTool::Split(tool) => {
                let page = shown.pages.iter().find(|page| page.id == tool.subject.page)?;
                page_edits::split(page, tool.cut())
            }
            PageTool::Adjust(tool) => Some(Command::Edit(Edit::Tone { pages: pages.to_vec(), tone: tool.wanted })),
        }
    }
}

/// The page it is done to, as it looked then.
pub(super) struct Subject {
    page: PageId,
    look: Look,
    /// Pixels of the page as it is seen.
    pub(super) size: (u32, u32),
}

impl Subject {
    fn of(page: &PageView) -> Option<Subject> {
        let is_over = page.state != PageState::Arriving && page.width > 1 && page.height > 1;
        is_over.then_some(Subject { page: page.id, look: page.face.look, size: (page.width, page.height) })
    }

    fn is(&self, page: &PageView) -> bool {
        self.page == page.id && self.look == page.face.look && self.size == (page.width, page.height)
    }

    fn whole(&self) -> Rect {
        Rect::from_min_size(Pos2::ZERO, self.extent())
    }

    fn extent(&self) -> Vec2 {
        vec2(self.size.0 as f32, self.size.1 as f32)
    }
}

/// A part of a page that is being chosen.
pub(super) struct CropTool {
    pub(super) subject: Subject,
    dpi: Dpi,
    /// The part, in pixels of the page as it is seen.
    part: Rect,
    /// What the pointer holds, where it was then, and the part as it was then.
    grip: Option<(Grip, Pos2, Rect)>,
    /// The part is to have the keyboard.
    pub(super) takes_focus: bool,
}

/// What of a part the pointer holds: which of its edges go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grip {
    /// An edge or a corner: −1 is left or top, 1 right or bottom.
    Edge(i8, i8),
    /// All of it.
    Inside,
    /// Nothing: a new part begins here.
    New,
}

impl CropTool {
    /// The size of the part on paper, in words.
    pub(super) fn size(&self) -> String {
        let PixelWindow { width, height, .. } = self.window();
        millimetres(width, height, self.dpi.0)
    }

    /// The part on the paper as it is seen.
    fn on_paper(&self) -> Area {
        let PixelWindow { left, top, width, height } = self.window();
        let [x, y, width, height] = [left, top, width, height].map(|pixels| Length::from_pixels(pixels, self.dpi));
        Area { x, y, width, height }
    }

    /// The smallest part, in pixels.
    const LEAST: f32 = 16.0;

    /// The part, in pixels of the page as it is seen.
    pub(super) fn part(&self) -> Rect {
        self.part
    }

    /// Whether it is less than the page.
    pub(super) fn is_a_part(&self) -> bool {
        let (width, height) = self.subject.size;
        self.window() != PixelWindow::all(width, height)
    }

    /// The part in whole pixels.
    pub(super) fn window(&self) -> PixelWindow {
        let (left, top) = (self.part.left().round().max(0.0) as u32, self.part.top().round().max(0.0) as u32);
        let (right, bottom) = (self.part.right().round() as u32, self.part.bottom().round() as u32);
        let (width, height) = self.subject.size;
        PixelWindow {
            left,
            top,
            width: right.min(width).saturating_sub(left).max(1),
            height: bottom.min(height).saturating_sub(top).max(1),
        }
    }

    /// What the pointer would hold at this place; `near`: how far from an edge it still is on it, in pixels.
    pub(super) fn grip_at(&self, at: Pos2, near: f32) -> Grip {
        let side = |value: f32, low: f32, high: f32| {
            // Of two edges that are both near the nearer one.
            let (to_low, to_high) = ((value - low).abs(), (value - high).abs());
            match (to_low <= near, to_high <= near) {
                (true, false) => -1,
                (false, true) => 1,
                (true, true) => {
                    if to_low <= to_high {
                        -1
                    } else {
                        1
                    }
                }
                (false, false) => 0,
            }
        };
        let around = self.part.expand(near);
        if !around.contains(at) {
            return Grip::New;
        }
        match (side(at.x, self.part.left(), self.part.right()), side(at.y, self.part.top(), self.part.bottom())) {
            (0, 0) => Grip::Inside,
            (x, y) => Grip::Edge(x, y),
        }
    }

    /// The pointer takes hold.
    pub(super) fn hold(&mut self, at: Pos2, near: f32) {
        let mut grip = self.grip_at(at, near);
        // Where all of the page is left there is nothing to move: a new part is drawn.
        if grip == Grip::Inside && !self.is_a_part() {
            grip = Grip::New;
        }
        self.grip = Some((grip, at, self.part));
    }

    /// The pointer goes on.
    pub(super) fn drag(&mut self, to: Pos2) {
        let Some((grip, from, was)) = self.grip else { return };
        let page = self.subject.whole();
        let by = to - from;
        match grip {
            Grip::Inside => {
                let min = (was.min + by).clamp(page.min, (page.max - was.size()).max(page.min));
                self.part = Rect::from_min_size(min, was.size());
            }
            Grip::New => {
                let (from, to) = (from.clamp(page.min, page.max), to.clamp(page.min, page.max));
                // A click is no part.
                if (to - from).abs().min_elem() >= CropTool::LEAST {
                    self.part = Rect::from_two_pos(from, to);
                }
            }
            Grip::Edge(x, y) => self.part = pulled(was, page, x, y, by),
        }
    }

    /// The pointer lets go.
    pub(super) fn let_go(&mut self) {
        self.grip = None;
    }

    /// The keyboard moves the part, or its right and bottom edges.
    pub(super) fn push(&mut self, by: Vec2, edges: bool) {
        let page = self.subject.whole();
        self.part = match edges {
            true => pulled(self.part, page, 1, 1, by),
            false => {
                let min = (self.part.min + by).clamp(page.min, (page.max - self.part.size()).max(page.min));
                Rect::from_min_size(min, self.part.size())
            }
        };
    }
}

/// A part whose edges were pulled, within the page and no smaller than the least.
fn pulled(part: Rect, page: Rect, x: i8, y: i8, by: Vec2) -> Rect {
    let along = |side: i8, low: f32, high: f32, by: f32, end: f32| match side {
        -1 => ((low + by).clamp(0.0, (high - CropTool::LEAST).max(0.0)), high),
        1 => (low, (high + by).clamp((low + CropTool::LEAST).min(end), end)),
        _ => (low, high),
    };
    let (left, right) = along(x, part.left(), part.right(), by.x, page.right());
    let (top, bottom) = along(y, part.top(), part.bottom(), by.y, page.bottom());
    Rect::from_min_max(pos2(left, top), pos2(right, bottom))
}

/// A page that is being cut in two.
pub(super) struct SplitTool {
    pub(super) subject: Subject,
    /// Into left and right, else top and bottom.
    pub(super) beside: bool,
    /// Where, as a part of the width or the height.
    pub(super) at: f32,
    /// The line is to have the keyboard.
    pub(super) takes_focus: bool,
}

impl SplitTool {
    /// Moves the line; both pages have at least something.
    pub(super) fn move_to(&mut self, at: f32) {
        self.at = at.clamp(0.02, 0.98);
    }

    fn cut(&self) -> Cut {
        let (width, height) = self.subject.size;
        let at = |pixels: u32| ((f64::from(pixels) * f64::from(self.at)).round() as u32).clamp(1, pixels.max(2) - 1);
        if self.beside { Cut::Column(at(width)) } else { Cut::Row(at(height)) }
    }
}

/// A tone that is being set.
pub(super) struct AdjustTool {
    page: PageId,
    /// The tone of the page as it was seen last.
    seen: Tone,
    /// The tone as the controls show it.
    pub(super) wanted: Tone,
}

impl AdjustTool {
    /// Whether the page does not have the tone yet.
    pub(super) fn is_new(&self) -> bool {
        self.wanted != self.seen
    }
}
