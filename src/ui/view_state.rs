//! What only the window knows: selection, zoom, choices for the next scan, an open dialog.

use std::collections::BTreeSet;

use crate::document::PageId;
use crate::session::{PageState, PageView, ScanState, Snapshot};
use crate::text::progress::state_of;

use eframe::egui::Vec2;

use super::action::Action;
use super::auto_save_flow::AutoSaveFlow;
use super::choice::Choice;
use super::closing::Closing;
use super::documents_flow::DocumentsFlow;
use super::editing::Combining;
use super::import_flow::ImportFlow;
use super::outlook::Outlook;
use super::page_tool::PageTool;
use super::password_flow::PasswordFlow;
use super::profile_flow::ProfileFlow;
use super::save_choices::SaveChoices;
use super::save_flow::{Locked, SaveFlow};

/// Everything the window knows that the session does not.
#[derive(Default)]
pub(super) struct ViewState {
    pub(super) pages: PageListView,
    pub(super) canvas: CanvasView,
    pub(super) tool: PageTool,
    pub(super) combine: Option<Combining>,
    pub(super) documents: DocumentsFlow,
    pub(super) choice: Choice,
    pub(super) button: BigButton,
    pub(super) save: SaveFlow,
    pub(super) outlook: Outlook,
    pub(super) auto_save: AutoSaveFlow,
    /// How the last file was saved.
    pub(super) save_choices: SaveChoices,
    /// Which files were saved with a password.
    pub(super) locked_files: Locked,
    pub(super) import: ImportFlow,
    pub(super) password: PasswordFlow,
    pub(super) profiles: ProfileFlow,
    pub(super) closing: Closing,
    /// The sheet of keys is open.
    pub(super) shortcuts_open: bool,
    /// The address field of the page without a scanner.
    pub(super) address: String,
}

impl ViewState {
    /// Whether something is open that the keyboard belongs to.
    pub(super) fn has_dialog(&self) -> bool {
        self.has_other_dialog() || self.password.is_open()
    }

    /// Whether one is open that a person has opened.
    pub(super) fn has_other_dialog(&self) -> bool {
        self.shortcuts_open
            || self.combine.is_some()
            || self.profiles.has_dialog()
            || self.save.has_dialog()
            || self.auto_save.is_open()
            || self.documents.is_open()
            || self.import.has_dialog()
    }
}

/// Which page is in the middle, and which are selected.
pub(super) struct PageListView {
    selection: BTreeSet<PageId>,
    /// Where a selection with Shift starts.
    anchor: Option<PageId>,
    shown: Option<PageId>,
    /// The pages as they were seen last: what is gone from them was deleted.
    order: Vec<PageId>,
    /// The highest number of a page seen so far. What is not above it and not in `order` comes back.
    newest: Option<PageId>,
    /// The page that arrives is shown, whichever it is.
    following: bool,
    /// The list is to bring the shown page into sight.
    pub(super) reveal: bool,
    /// The row of the shown page is to have the keyboard.
    pub(super) take_focus: bool,
    /// The selected pages are being dragged; the gap they would go into, as far as that is known.
    pub(super) dragged: Option<Option<usize>>,
}

impl Default for PageListView {
    /// Nothing selected; of pages that are there already the last is shown.
    fn default() -> PageListView {
        PageListView {
            selection: BTreeSet::new(),
            anchor: None,
            shown: None,
            order: Vec::new(),
            newest: None,
            following: false,
            reveal: true,
            take_focus: false,
            dragged: None,
        }
    }
}

impl PageListView {
    /// The page in the middle.
    pub(super) fn shown(&self) -> Option<PageId> {
        self.shown
    }

    pub(super) fn is_selected(&self, id: PageId) -> bool {
        self.selection.contains(&id)
    }

    /// The pages that a change is meant for, in the order of the document: the selected ones, else the shown one.
    pub(super) fn targets(&self, shown: &Snapshot) -> Vec<PageId> {
        let selected = |id: &PageId| match self.selection.is_empty() {
            true => self.shown == Some(*id),
            false => self.selection.contains(id),
        };
        shown.pages.iter().map(|page| page.id).filter(selected).collect()
    }

    /// The page in the middle as it is now.
    pub(super) fn shown_page<'a>(&self, shown: &'a Snapshot) -> Option<&'a PageView> {
        shown.pages.iter().find(|page| Some(page.id) == self.shown)
    }

    /// How many pages are selected.
    pub(super) fn selected(&self) -> usize {
        self.selection.len()
    }

    /// Selects all pages.
    pub(super) fn select_all(&mut self, shown: &Snapshot) {
        self.selection = shown.pages.iter().map(|page| page.id).collect();
    }

    /// Shows one page and selects it alone.
    pub(super) fn select_only(&mut self, id: PageId, shown: &Snapshot) {
        self.selection = BTreeSet::from([id]);
        self.anchor = Some(id);
        self.show(id, shown);
    }

    /// Adds a page to the selection, or takes it out.
    pub(super) fn toggle(&mut self, id: PageId, shown: &Snapshot) {
        if !self.selection.remove(&id) {
            self.selection.insert(id);
        }
        self.anchor = Some(id);
        self.show(id, shown);
    }

    /// Selects from the anchor to this page.
    pub(super) fn extend_to(&mut self, id: PageId, shown: &Snapshot) {
        let at = |id| shown.pages.iter().position(|page| page.id == id);
        let (Some(to), Some(from)) = (at(id), self.anchor.and_then(at)) else {
            return self.select_only(id, shown);
        };
        self.selection = shown.pages[from.min(to)..=from.max(to)].iter().map(|page| page.id).collect();
        self.show(id, shown);
    }

    /// Shows the page this many places further on.
    pub(super) fn step(&mut self, by: isize, shown: &Snapshot) {
        let Some(last) = shown.pages.len().checked_sub(1) else { return };
        let at = shown.pages.iter().position(|page| Some(page.id) == self.shown).unwrap_or(0);
        let to = at.saturating_add_signed(by).min(last);
        self.select_only(shown.pages[to].id, shown);
        self.reveal = true;
    }

    fn show(&mut self, id: PageId, shown: &Snapshot) {
        self.shown = Some(id);
        self.following = arriving(shown) == Some(id);
    }

    /// A scan begins, if it does: its pages are shown.
    pub(super) fn follow_if(&mut self, begins: bool) {
        self.following |= begins;
    }

    /// Whether the page that arrives is shown, whichever it is.
    pub(super) fn follows(&self) -> bool {
        self.following
    }

    /// From now on the page that arrives is shown.
    pub(super) fn follow(&mut self) {
        self.following = true;
    }

    /// Brings the view in line with what is there now.
    pub(super) fn reconcile(&mut self, shown: &Snapshot) {
        if !shown.pages.iter().map(|page| page.id).eq(self.order.iter().copied()) {
            self.take_in(shown);
        }
        if self.following
            && let Some(id) = arriving(shown)
            && self.shown != Some(id)
        {
            self.select_only(id, shown);
            self.reveal = true;
        }
    }

    /// Pages came or went: those that came back are selected and shown; where the shown one went, its neighbour is.
    fn take_in(&mut self, shown: &Snapshot) {
        let now: Vec<PageId> = shown.pages.iter().map(|page| page.id).collect();
        let there = BTreeSet::from_iter(now.iter().copied());
        let before = BTreeSet::from_iter(self.order.iter().copied());
        let came_back = |id: &PageId| Some(*id) <= self.newest && !before.contains(id);
        let back: Vec<PageId> = now.iter().copied().filter(came_back).collect();
        self.selection.retain(|id| there.contains(id));
        if let Some(first) = back.first() {
            self.selection = BTreeSet::from_iter(back.iter().copied());
            self.anchor = Some(*first);
            self.show(*first, shown);
            self.reveal = true;
        } else if let Some(first) = self.took_its_place(shown) {
            self.select_only(first, shown);
            self.reveal = true;
        } else if !self.shown.is_some_and(|id| there.contains(&id)) {
            self.shown = self.neighbour(&there).or(now.last().copied());
            self.selection.extend(self.shown);
        }
        self.newest = self.newest.max(there.last().copied());
        self.order = now;
    }

    /// Where the shown page went and finished ones came that nobody has seen, as when it was split: the first of them.
    fn took_its_place(&self, shown: &Snapshot) -> Option<PageId> {
        if self.shown.is_none() || self.shown_page(shown).is_some() {
            return None;
        }
        let new = |page: &&PageView| Some(page.id) > self.newest && page.state != PageState::Arriving;
        shown.pages.iter().find(new).map(|page| page.id)
    }

    /// Of the pages that are still there the next after the shown one, else the one before it.
    fn neighbour(&self, there: &BTreeSet<PageId>) -> Option<PageId> {
        let at = self.order.iter().position(|id| Some(*id) == self.shown)?;
        let (before, after) = self.order.split_at(at);
        after.iter().chain(before.iter().rev()).find(|id| there.contains(id)).copied()
    }
}

/// The page that is arriving.
pub(super) fn arriving(shown: &Snapshot) -> Option<PageId> {
    shown.pages.iter().rev().find(|page| state_of(shown, page) == PageState::Arriving).map(|page| page.id)
}

/// How the page in the middle is looked at.
#[derive(Default)]
pub(super) struct CanvasView {
    /// Screen pixels for each pixel of the page; `None`: the whole page.
    pub(super) zoom: Option<f32>,
    /// The scale the page has when it fits, as it was shown last.
    pub(super) fitted: f32,
    /// What was scrolled to last, and the size of what was scrolled in.
    pub(super) scrolled: Option<(Vec2, Vec2)>,
    /// The point of the canvas that stays in its place when the zoom changes; its middle when `None`.
    pub(super) anchor: Option<Vec2>,
}

impl CanvasView {
    /// The smallest and the largest zoom.
    pub(super) const RANGE: std::ops::RangeInclusive<f32> = 0.05..=4.0;
    /// What one press of a key does.
    const STEP: f32 = 1.25;

    /// The scale that is shown.
    pub(super) fn scale(&self) -> f32 {
        self.zoom.unwrap_or(self.fitted)
    }

    /// Larger or smaller by steps.
    pub(super) fn step(&mut self, steps: i32) {
        self.zoom_to(self.scale() * CanvasView::STEP.powi(steps));
    }

    /// To this scale.
    pub(super) fn zoom_to(&mut self, scale: f32) {
        self.zoom = Some(scale.clamp(*CanvasView::RANGE.start(), *CanvasView::RANGE.end()));
    }
}

/// The big button: Scan and Stop in one place.
pub(super) struct BigButton {
    meaning: Action,
    /// When its meaning changed, in seconds of the window's input.
    changed: f64,
    /// When the pointer went down last.
    pressed: f64,
}

impl Default for BigButton {
    fn default() -> BigButton {
        BigButton { meaning: Action::Scan, changed: f64::NEG_INFINITY, pressed: f64::NEG_INFINITY }
    }
}

impl BigButton {
    /// After its meaning changed the button is deaf to the pointer for this long, in seconds: a
    /// double click must not cancel, and a Stop that comes late must not start.
    pub(super) const DEAF: f64 = 0.5;

    /// What it does now.
    pub(super) fn meaning(&self) -> Action {
        self.meaning
    }

    /// Takes on the meaning of a state.
    pub(super) fn follow(&mut self, state: &ScanState, now: f64) {
        let meaning = match state {
            ScanState::Scanning(_) | ScanState::Paused(_) => Action::Stop,
            ScanState::Idle | ScanState::Settling => Action::Scan,
        };
        if meaning != self.meaning {
            self.meaning = meaning;
            self.changed = now;
        }
    }

    /// The pointer went down.
    pub(super) fn pointer_pressed(&mut self, now: f64) {
        self.pressed = now;
    }

    /// It was clicked and heard it: what it stands for is on its way, so it is deaf from here.
    pub(super) fn used(&mut self, now: f64) {
        self.changed = now;
    }

    /// Whether a click counts whose press was seen last. The press counts, not the release.
    pub(super) fn hears_pointer(&self) -> bool {
        self.pressed - self.changed >= BigButton::DEAF
    }
}
