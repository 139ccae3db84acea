//! What is done to pages: which change each button and key makes, and for which pages.

use std::sync::Arc;

use eframe::egui::{self, Key, Modifiers, PointerButton, Pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use lightbar::document::{Edit, PageId, Rotation};
use lightbar::minidriver::{PageLimit, Source};
use lightbar::raster::{PixelWindow, Tone};
use lightbar::session::{Command, PageState, PageView, Placement, Snapshot};
use lightbar::ui::StartWith;
use lightbar::units::{Dpi, Length};

use super::{SMALLEST, Stage, USUAL, arriving, with_pages};
use crate::support::staged_session::PAGE;

const ALT: Modifiers = Modifiers::ALT;
const NONE: Modifiers = Modifiers::NONE;

fn pages(count: usize) -> Snapshot {
    with_pages(&vec![PageState::Complete; count])
}

fn ids(numbers: &[u64]) -> Vec<PageId> {
    numbers.iter().copied().map(PageId).collect()
}

impl Stage {
    /// Selects pages by their places.
    fn select(&mut self, places: &[usize]) {
        for (at, place) in places.iter().enumerate() {
            let modifiers = if at == 0 { NONE } else { Modifiers::COMMAND };
            self.window.get_by_label(&format!("Page {place}")).click_modifiers(modifiers);
            self.window.run_ok();
        }
    }

    /// The one command that was sent since the last look.
    fn sent(&mut self) -> Command {
        let mut sent = self.session.take_sent();
        assert_eq!(sent.len(), 1, "one wish, not {sent:?}");
        sent.remove(0)
    }

    fn edit(&mut self) -> Edit {
        match self.sent() {
            Command::Edit(edit) => edit,
            other => panic!("a change, not {other:?}"),
        }
    }

    /// The crop that was sent, in pixels of the pages at 300 dpi as they are seen.
    fn crop(&mut self) -> (Vec<PageId>, PixelWindow) {
        let Command::Crop { pages, part } = self.sent() else { panic!("a crop") };
        let [left, top, width, height] =
            [part.x, part.y, part.width, part.height].map(|length| length.pixels(Dpi(300)));
        (pages, PixelWindow { left, top, width, height })
    }

    /// Drags the pointer from one place to another.
    fn drag(&mut self, from: Pos2, to: Pos2) {
        self.window.drag_at(from);
        self.window.step();
        self.window.hover_at(from + (to - from) / 2.0);
        self.window.step();
        self.window.hover_at(to);
        self.window.step();
        self.window.drop_at(to);
        self.window.run_ok();
    }

    fn can(&self, label: &str) -> bool {
        !self.window.get_by_label(label).accesskit_node().is_disabled()
    }
}

#[test]
fn pages_are_turned_by_buttons_and_keys() {
    let mut stage = Stage::open(pages(4));
    stage.select(&[1, 3]);
    let turned = |by| Edit::Rotate { pages: ids(&[1, 3]), by };
    stage.click("Rotate left");
    assert_eq!(stage.edit(), turned(Rotation::ThreeQuarters));
    stage.click("Rotate right");
    assert_eq!(stage.edit(), turned(Rotation::Quarter));
    for (key, by) in
        [(Key::OpenBracket, Rotation::ThreeQuarters), (Key::CloseBracket, Rotation::Quarter), (Key::U, Rotation::Half)]
    {
        stage.press(NONE, key);
        assert_eq!(stage.edit(), turned(by));
    }
    // Nothing selected: the page that is shown.
    stage.window.get_by_label("Page 1").click_modifiers(Modifiers::COMMAND);
    stage.window.run_ok();
    stage.window.get_by_label("Page 3").click_modifiers(Modifiers::COMMAND);
    stage.window.run_ok();
    stage.press(NONE, Key::U);
    assert_eq!(stage.edit(), Edit::Rotate { pages: ids(&[3]), by: Rotation::Half });
    // All of them.
    stage.press(Modifiers::COMMAND, Key::A);
    assert!(stage.says("4 of 4 pages selected"));
    stage.press(NONE, Key::U);
    assert_eq!(stage.edit(), Edit::Rotate { pages: ids(&[1, 2, 3, 4]), by: Rotation::Half });
}

#[test]
fn letters_rest_while_something_is_typed() {
    let mut stage = Stage::open(pages(2));
    stage.press(Modifiers::COMMAND, Key::O);
    stage.session.take_sent();
    for key in [Key::U, Key::C, Key::S, Key::A, Key::R, Key::I, Key::B, Key::OpenBracket, Key::Delete] {
        stage.press(NONE, key);
    }
    assert!(stage.session.take_sent().is_empty());
}

#[test]
fn pages_are_moved_by_keys_and_keep_their_order() {
    let mut stage = Stage::open(pages(5));
    stage.select(&[4, 2]);
    let moved = |after: Option<u64>| Edit::Move { pages: ids(&[2, 4]), after: after.map(PageId) };
    for (key, after) in [(Key::ArrowUp, None), (Key::ArrowDown, Some(5)), (Key::Home, None), (Key::End, Some(5))] {
        stage.press(ALT, key);
        assert_eq!(stage.edit(), moved(after), "{key:?}");
    }
    stage.select(&[3]);
    for (key, after) in [(Key::ArrowUp, Some(1)), (Key::ArrowDown, Some(4)), (Key::Home, None), (Key::End, Some(5))] {
        stage.press(ALT, key);
        assert_eq!(stage.edit(), Edit::Move { pages: ids(&[3]), after: after.map(PageId) }, "{key:?}");
    }
    // The first goes no further up.
    stage.select(&[1]);
    stage.press(ALT, Key::ArrowUp);
    stage.press(ALT, Key::Home);
    assert!(stage.session.take_sent().is_empty());
}

#[test]
fn pages_are_dragged_to_another_place() {
    for size in [SMALLEST, USUAL] {
        let mut stage = Stage::open_with(pages(6), StartWith::default(), size);
        stage.press(NONE, Key::PageUp);
        stage.click("Page 5");
        let place = |stage: &Stage, page: &str| stage.window.get_by_label(page).rect();
        // Page 6 onto the upper half of page 5: between 4 and 5.
        let (from, to) = (place(&stage, "Page 6").center_top() + vec2(0.0, 20.0), place(&stage, "Page 5"));
        stage.drag(from, to.center_top() + vec2(0.0, 10.0));
        assert_eq!(stage.edit(), Edit::Move { pages: ids(&[6]), after: Some(PageId(4)) });
        assert_eq!(stage.selected(), ["Page 6"], "what is dragged is selected");
        // Where it is already.
        stage.drag(from, from + vec2(5.0, 8.0));
        assert!(stage.session.take_sent().is_empty());
    }
}

#[test]
fn a_drag_ends_with_escape_and_the_scan_goes_on() {
    let mut stage = Stage::open(arriving(3));
    let from = stage.window.get_by_label("Page 2").rect().center();
    stage.window.drag_at(from);
    stage.window.step();
    stage.window.hover_at(from - vec2(0.0, 150.0));
    stage.window.step();
    stage.press(NONE, Key::Escape);
    stage.window.drop_at(from - vec2(0.0, 150.0));
    stage.window.run_ok();
    assert!(stage.session.take_sent().is_empty());
    assert_eq!(stage.session.stops(), 0);
}

#[test]
fn a_part_is_chosen_with_the_pointer_and_enter_crops() {
    for size in [SMALLEST, USUAL] {
        let mut stage = Stage::open_with(pages(2), StartWith::default(), size);
        stage.press(NONE, Key::C);
        assert!(!stage.can("Crop"), "all of the page is left");
        stage.press(NONE, Key::Enter);
        assert!(stage.session.take_sent().is_empty(), "nor does the key do anything");
        let paper = stage.window.get_by_label_contains("Part that is left").rect().shrink(9.0);
        // From the middle to the lower right corner.
        stage.drag(paper.center(), paper.max + vec2(4.0, 4.0));
        assert!(stage.can("Crop"));
        stage.press(NONE, Key::Enter);
        let (cropped, part) = stage.crop();
        assert_eq!(cropped, ids(&[2]));
        let near = |value: u32, wanted: u32| value.abs_diff(wanted) <= PAGE.0 / 100;
        assert!(near(part.left, PAGE.0 / 2) && near(part.top, PAGE.1 / 2), "{part:?} in {size:?}");
        assert_eq!((part.left + part.width, part.top + part.height), PAGE, "to the edge");
        assert!(!stage.says("Part that is left"), "it is done");
    }
}

#[test]
fn a_part_is_made_smaller_at_its_handles_and_moved() {
    let mut stage = Stage::open(pages(1));
    stage.press(NONE, Key::C);
    let paper = stage.window.get_by_label_contains("Part that is left").rect().shrink(9.0);
    // Each edge by a quarter.
    stage.drag(paper.left_center(), paper.left_center() + vec2(paper.width() / 4.0, 30.0));
    stage.drag(paper.right_bottom(), paper.right_bottom() - paper.size() / 4.0);
    // All of it to the right, further than there is room.
    stage.drag(paper.center(), paper.center() + vec2(paper.width(), 0.0));
    stage.click("Crop");
    let (cropped, part) = stage.crop();
    assert_eq!(cropped, ids(&[1]));
    let near = |value: u32, wanted: u32| value.abs_diff(wanted) <= PAGE.0 / 100;
    assert!(near(part.width, PAGE.0 / 2) && near(part.height, PAGE.1 * 3 / 4), "{part:?}");
    assert!(near(part.left, PAGE.0 / 2) && part.top == 0, "{part:?}");
}

#[test]
fn the_keyboard_chooses_a_part_and_escape_leaves_without_stopping_the_scan() {
    let mut shown = arriving(2);
    shown.undo = Some("Crop");
    let mut stage = Stage::open(shown);
    stage.click("Page 1");
    stage.press(NONE, Key::C);
    let mark = stage.window.get_by_label_contains("Part that is left");
    assert!(mark.accesskit_node().is_focused());
    stage.press(Modifiers::SHIFT, Key::ArrowLeft);
    stage.press(Modifiers::SHIFT, Key::ArrowUp);
    stage.press(NONE, Key::ArrowRight);
    let step = PAGE.0 as f32 / 100.0;
    let whole = |value: f32| value.round() as u32;
    stage.press(NONE, Key::Escape);
    assert!(!stage.says("Part that is left") && stage.session.take_sent().is_empty());
    assert_eq!(stage.session.stops(), 0, "Esc belonged to the part");
    stage.press(NONE, Key::C);
    stage.press(Modifiers::SHIFT, Key::ArrowLeft);
    stage.press(Modifiers::SHIFT, Key::ArrowUp);
    stage.press(NONE, Key::ArrowRight);
    stage.press(NONE, Key::Enter);
    let part = PixelWindow { left: whole(step), top: 0, width: PAGE.0 - whole(step), height: PAGE.1 - whole(step) };
    assert_eq!(stage.crop(), (ids(&[1]), part));
    // The page under way has no part yet.
    stage.click("Page 2, arriving");
    assert!(!stage.can("Crop") && !stage.can("Split"));
}

/// Another page may have other pixels: what is cut is paper, as the row over the page says it.
#[test]
fn a_part_is_named_on_the_paper_of_the_page_that_is_seen() {
    let mut shown = pages(2);
    Arc::make_mut(&mut shown.pages)[1].dpi = Some(Dpi(600));
    let mut stage = Stage::open(shown);
    stage.press(Modifiers::COMMAND, Key::A);
    stage.press(NONE, Key::C);
    assert!(stage.says("105 × 149 mm"), "an A4 page of 300 dpi would be twice as large");
    let paper = stage.window.get_by_label_contains("Part that is left").rect().shrink(9.0);
    stage.drag(paper.right_center(), paper.center());
    stage.click("Crop 2 pages");
    let Command::Crop { pages, part } = stage.sent() else { panic!("a crop") };
    assert_eq!((pages, part.x, part.y), (ids(&[1, 2]), Length::ZERO, Length::ZERO));
    assert!((part.width.mm() - 52.5).abs() < 1.0 && (part.height.mm() - 148.5).abs() < 0.1, "{part:?}");
}

#[test]
fn all_selected_pages_are_cropped_alike_and_are_whole_again() {
    let mut shown = pages(3);
    let turned = |(at, mut page): (usize, PageView)| {
        if at == 1 {
            page.face.look.rotation = Rotation::Half;
        }
        page
    };
    shown.pages = shown.pages.iter().cloned().enumerate().map(turned).collect();
    let mut stage = Stage::open(shown);
    stage.press(Modifiers::COMMAND, Key::A);
    stage.press(NONE, Key::C);
    let paper = stage.window.get_by_label_contains("Part that is left").rect().shrink(9.0);
    stage.drag(paper.right_center(), paper.center());
    stage.click("Crop 3 pages");
    let (cropped, part) = stage.crop();
    assert_eq!((cropped, part.left, part.top, part.height), (ids(&[1, 2, 3]), 0, 0, PAGE.1));
    assert!(part.width.abs_diff(PAGE.0 / 2) <= PAGE.0 / 100, "{part:?}");
    let crops = [(PageId(1), Some(part)), (PageId(2), Some(part))];
    stage.change(move |shown| {
        shown.pages = shown
            .pages
            .iter()
            .cloned()
            .map(|mut page| {
                page.face.look.crop = crops.iter().find(|(id, _)| *id == page.id).and_then(|(_, crop)| *crop);
                page
            })
            .collect();
    });
    stage.press(Modifiers::SHIFT, Key::C);
    assert_eq!(stage.edit(), Edit::Crop(vec![(PageId(1), None), (PageId(2), None)]));
}

#[test]
fn a_page_is_split_where_the_line_is() {
    let mut stage = Stage::open(pages(2));
    stage.press(NONE, Key::S);
    stage.press(NONE, Key::Enter);
    let Command::Split { page: PageId(2), parts } = stage.sent() else { panic!("a split of page 2") };
    let whole = PixelWindow::all(PAGE.0, PAGE.1);
    assert_eq!(
        parts,
        [PixelWindow { height: PAGE.1 / 2, ..whole }, PixelWindow { top: PAGE.1 / 2, height: PAGE.1 / 2, ..whole },]
    );
    stage.press(NONE, Key::S);
    stage.click("Left, right");
    let line = stage.window.get_by_label("Where the page is cut, in percent").rect();
    stage.drag(line.center(), line.left_center() + vec2(line.width() / 4.0, 0.0));
    stage.click("Split");
    let Command::Split { parts, .. } = stage.sent() else { panic!("a split") };
    assert_eq!(parts.len(), 2);
    assert!(parts[0].width.abs_diff(PAGE.0 / 4) < PAGE.0 / 100 && parts[1].left == parts[0].width, "{parts:?}");
    assert_eq!(parts[0].width + parts[1].width, PAGE.0);
    // The keys move it, too.
    stage.press(NONE, Key::S);
    stage.press(NONE, Key::ArrowDown);
    stage.press(NONE, Key::Enter);
    let Command::Split { parts, .. } = stage.sent() else { panic!("a split") };
    assert_eq!(parts[0].height, (f64::from(PAGE.1) * 0.51).round() as u32);
    stage.press(NONE, Key::S);
    stage.press(NONE, Key::Escape);
    assert!(stage.session.take_sent().is_empty());
}

#[test]
fn a_tone_is_one_change_for_each_move_of_a_control() {
    for size in [SMALLEST, USUAL] {
        let mut stage = Stage::open_with(pages(2), StartWith::default(), size);
        stage.press(NONE, Key::A);
        let rail = stage.window.get_by_role_and_label(egui::Role::Slider, "Brightness").rect();
        let at = |part: f32| rail.left_center() + vec2(7.0 + part * (rail.width() - 14.0), 0.0);
        stage.window.drag_at(at(0.5));
        stage.window.step();
        for part in [0.6, 0.65, 0.7, 0.75] {
            stage.window.hover_at(at(part));
            stage.window.step();
        }
        assert!(stage.session.take_sent().is_empty(), "it is still held");
        stage.window.drop_at(at(0.75));
        stage.window.run_ok();
        let Edit::Tone { pages, tone } = stage.edit() else { panic!("a tone") };
        assert_eq!((pages, tone), (ids(&[2]), Tone { brightness: 50, ..Tone::default() }));
        // Once the page has it, the next one adds to it.
        stage.change(move |shown| {
            shown.pages = shown
                .pages
                .iter()
                .cloned()
                .map(|mut page| {
                    page.face.look.tone = tone;
                    page
                })
                .collect();
        });
        assert!(stage.has("Brightness 50"));
        stage.click("Black and white");
        let Edit::Tone { tone, .. } = stage.edit() else { panic!("a tone") };
        assert_eq!((tone.brightness, tone.threshold), (50, Some(128)));
        stage.window.get_by_role_and_label(egui::Role::Slider, "Contrast").focus();
        stage.window.run_ok();
        stage.press(NONE, Key::ArrowLeft);
        let Edit::Tone { tone, .. } = stage.edit() else { panic!("a tone") };
        assert_eq!(tone.contrast, -1);
        stage.click("Reset");
        assert!(matches!(stage.edit(), Edit::Tone { tone, .. } if tone.is_neutral()));
        stage.press(NONE, Key::Escape);
        assert!(!stage.has("Reset"));
    }
}

#[test]
fn pages_are_scanned_to_where_they_belong() {
    let mut stage = Stage::open(pages(3));
    stage.select(&[1, 2]);
    stage.press(NONE, Key::I);
    let Command::ScanTo(wish, Placement::After(Some(PageId(2)))) = stage.sent() else { panic!("behind page 2") };
    assert_eq!((wish.source, wish.pages), (Source::Feeder, PageLimit::All));
    stage.click("Both sides");
    stage.press(NONE, Key::R);
    let Command::ScanTo(wish, Placement::Replace(PageId(2))) = stage.sent() else { panic!("in the place of page 2") };
    assert_eq!((wish.source, wish.pages), (Source::Feeder, PageLimit::from_pages(1)), "one side of one sheet");
    // While something is scanned neither is possible.
    stage.change(|shown| *shown = arriving(3));
    stage.press(NONE, Key::I);
    stage.press(NONE, Key::R);
    assert!(stage.session.take_sent().is_empty());
}

#[test]
fn sides_of_two_passes_are_combined() {
    let mut stage = Stage::open_with(pages(5), StartWith::default(), SMALLEST);
    stage.press(NONE, Key::B);
    assert!(stage.says("Fronts: pages 1–3. Backs: pages 4–5. The last front has no back."));
    stage.press(NONE, Key::Enter);
    assert_eq!(stage.edit(), Edit::Interleave { fronts: ids(&[1, 2, 3]), backs: ids(&[4, 5]) });
    stage.select(&[5, 4]);
    stage.press(NONE, Key::B);
    assert!(stage.says("Fronts: page 4. Backs: page 5."), "only those that are selected");
    stage.press(NONE, Key::Escape);
    stage.press(Modifiers::COMMAND, Key::A);
    stage.press(NONE, Key::B);
    stage.click("The backs are in reverse order");
    stage.click("Combine");
    assert_eq!(stage.edit(), Edit::Interleave { fronts: ids(&[1, 2, 3]), backs: ids(&[5, 4]) });
}

#[test]
fn the_lists_offer_what_has_no_button_and_what_is_impossible_cannot_be_chosen() {
    for size in [SMALLEST, USUAL] {
        let mut shown = pages(3);
        (shown.undo, shown.redo) = (Some("Rotate"), None);
        let mut stage = Stage::open_with(shown, StartWith::default(), size);
        assert!(stage.can("Undo Rotate") && !stage.can("Redo"));
        stage.click("Undo Rotate");
        assert!(matches!(stage.sent(), Command::Undo));
        stage.click("More for pages");
        assert!(!stage.can("Move down") && !stage.can("Whole page again") && stage.can("Move up"));
        // In a small window the list scrolls.
        stage.window.get_by_label("Clear document").scroll_to_me();
        stage.window.run_ok();
        stage.click("Clear document");
        assert_eq!(stage.edit(), Edit::Clear);
        // The second button of the mouse selects what it points at.
        stage.window.get_by_label("Page 3").click_button(PointerButton::Secondary);
        stage.window.run_ok();
        assert_eq!(stage.selected(), ["Page 3"]);
        stage.click("Upside down");
        assert_eq!(stage.edit(), Edit::Rotate { pages: ids(&[3]), by: Rotation::Half });
    }
}

#[test]
fn the_tools_are_in_sight_at_any_size_and_have_words_where_there_is_room() {
    for size in [SMALLEST, (1080.0, 700.0), USUAL] {
        for selected in [1, 3] {
            let mut stage = Stage::open_with(pages(3), StartWith::default(), size);
            if selected == 3 {
                stage.press(Modifiers::COMMAND, Key::A);
            }
            let delete = if selected == 3 { "Delete 3 pages" } else { "Delete page" };
            let names =
                ["Rotate left", "Rotate right", "Crop", "Split", "Adjust", delete, "Undo", "Redo", "More for pages"];
            let mut right = stage.window.get_by_label("Page 1").rect().right();
            for name in names {
                let place = stage.window.get_by_label(name).rect();
                assert!(place.left() >= right, "{name} lies on what is before it in {size:?}");
                right = place.right();
            }
            // The list of pages says it, too, where there is no room here.
            if selected == 3 && size != SMALLEST {
                let said = stage.window.get_by_label_contains("selected").rect();
                assert!(said.left() >= right, "the words lie on the tools in {size:?}");
            }
            let settings = stage.window.get_by_role_and_label(egui::Role::ComboBox, "Paper").rect();
            assert!(right < settings.left());
        }
    }
}

#[test]
fn the_arrow_keys_go_from_page_to_page() {
    let mut stage = Stage::open(pages(3));
    stage.click("Page 1");
    stage.window.get_by_label("Page 1").focus();
    stage.window.run_ok();
    stage.press(NONE, Key::ArrowDown);
    stage.press(NONE, Key::ArrowDown);
    assert_eq!(stage.selected(), ["Page 3"]);
    assert!(stage.window.get_by_label("Page 3").accesskit_node().is_focused());
    stage.press(NONE, Key::ArrowUp);
    assert_eq!(stage.selected(), ["Page 2"]);
}

#[test]
fn another_document_begins_with_its_own_selection() {
    let mut stage = Stage::open(pages(4));
    stage.select(&[1, 2, 3]);
    stage.change(|shown| {
        shown.pages = shown
            .pages
            .iter()
            .take(3)
            .cloned()
            .map(|mut page| {
                page.face.document = 1;
                page
            })
            .collect();
    });
    assert_eq!(stage.selected(), ["Page 3"]);
    assert!(stage.has("Picture of page 3"));
}
