//! Pages that are selected, deleted and brought back, and how large they are shown.

use std::sync::Arc;

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use lightbar::document::{PageId, Rotation};
use lightbar::session::{Command, PageState, Snapshot};
use lightbar::ui::StartWith;

use super::{SMALLEST, Stage, USUAL, with_pages};
use crate::support::staged_session::{PAGE, page};

#[test]
fn pages_are_selected_deleted_and_brought_back() {
    let mut shown = with_pages(&[PageState::Complete; 4]);
    (shown.undo, shown.redo) = (Some("delete"), Some("delete"));
    let mut stage = Stage::open(shown);
    stage.click("Page 2");
    assert!(stage.has("Picture of page 2"));
    stage.window.get_by_label("Page 4").click_modifiers(Modifiers::SHIFT);
    stage.window.run_ok();
    stage.window.get_by_label("Page 3").click_modifiers(Modifiers::COMMAND);
    stage.window.run_ok();
    stage.press(Modifiers::NONE, Key::Delete);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::DeletePages(pages)] if *pages == [PageId(2), PageId(4)]), "{sent:?}");
    stage.press(Modifiers::COMMAND, Key::Z);
    stage.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::Undo, Command::Redo]));
}

#[test]
fn pages_that_come_back_are_selected_and_shown_and_a_page_that_goes_leaves_its_neighbour() {
    let mut stage = Stage::open(with_pages(&[PageState::Complete; 4]));
    let keep = |pages: &'static [u64]| {
        move |shown: &mut Snapshot| {
            shown.pages = pages.iter().map(|number| page(*number, PageState::Complete)).collect();
        }
    };
    stage.click("Page 1");
    stage.window.get_by_label("Page 3").click_modifiers(Modifiers::COMMAND);
    stage.window.run_ok();
    assert_eq!(stage.selected(), ["Page 1", "Page 3"]);
    // Page 3 is in the middle: the next that is still there has place 2 now.
    stage.change(keep(&[2, 4]));
    assert!(stage.has("Picture of page 2"));
    assert_eq!(stage.selected(), ["Page 2"]);
    stage.click("Page 1");
    // The change is taken back.
    stage.change(keep(&[1, 2, 3, 4]));
    assert!(stage.has("Picture of page 1"));
    assert_eq!(stage.selected(), ["Page 1", "Page 3"]);
    // And made again: page 2 has place 1 now.
    stage.change(keep(&[2, 4]));
    assert!(stage.has("Picture of page 1"));
    assert_eq!(stage.selected(), ["Page 1"]);
    // Behind the last page there is only the one before.
    stage.click("Page 2");
    stage.change(keep(&[2]));
    assert!(stage.has("Picture of page 1"));
    // A page that is new does not take the place of what a person looks at.
    stage.change(keep(&[2, 5]));
    assert!(stage.has("Picture of page 1"));
    assert_eq!(stage.selected(), ["Page 1"]);
}

/// What the disk has lost is another thing than what never came.
#[test]
fn a_damaged_page_is_called_so_and_not_partial() {
    let pages = with_pages(&[PageState::Complete, PageState::Damaged { rows: 300 }]);
    let stage = Stage::open_with(pages, StartWith::default(), USUAL);
    assert!(stage.has("Page 2, damaged") && !stage.says("partial"));
    assert!(stage.says("2 pages, 1 damaged") && !stage.says("all stored"));
}

#[test]
fn a_short_page_takes_no_more_room_in_the_list_than_its_picture_and_its_number() {
    for size in [SMALLEST, USUAL] {
        let short = PageState::Partial { rows: PAGE.1 / 4 };
        let pages = with_pages(&[PageState::Complete, short, PageState::Complete]);
        let stage = Stage::open_with(pages, StartWith::default(), size);
        let row = |label: &str| stage.window.get_by_label(label).rect();
        let (whole, short, next) = (row("Page 1"), row("Page 2, partial"), row("Page 3"));
        assert!((next.top() - short.bottom()).abs() < 0.5 && (short.top() - whole.bottom()).abs() < 0.5);
        // What is around the picture is the same for both, and of the picture a quarter is there.
        let around = (4.0 * short.height() - whole.height()) / 3.0;
        assert!((30.0..45.0).contains(&around), "{around} points around a picture in {size:?}");
    }
}

impl Stage {
    /// The scale that the line at the bottom says, in percent.
    fn zoom(&self) -> u32 {
        let label = self.window.get_by_label_contains("show actual size").accesskit_node().label().expect("a label");
        label.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a number")
    }

    /// The page's picture, as wide as it is shown.
    fn picture_width(&self) -> f32 {
        self.window.get_by_label_contains("Part that is left").rect().width() - 18.0
    }
}

/// What a page lacks of its sheet keeps its place, also for whoever did not see it arrive.
#[test]
fn a_partial_page_lies_on_its_whole_sheet() {
    for size in [SMALLEST, USUAL] {
        let short = PageState::Partial { rows: PAGE.1 / 4 };
        let mut stage = Stage::open_with(with_pages(&[PageState::Complete, short]), StartWith::default(), size);
        stage.click("Page 1");
        let whole = stage.zoom();
        stage.click("Page 2, partial");
        assert_eq!(stage.zoom(), whole);
        // As long as it is as it came: cropped or turned it is a page of its own.
        stage.change(|shown| Arc::make_mut(&mut shown.pages)[1].face.look.rotation = Rotation::Half);
        assert!(stage.zoom() > whole);
    }
}

#[test]
fn a_page_is_made_neither_larger_nor_smaller_than_it_can_be_looked_at() {
    let mut stage = Stage::open(with_pages(&[PageState::Complete]));
    let fitted = stage.zoom();
    assert!((5..100).contains(&fitted));
    for _ in 0..40 {
        stage.press(Modifiers::COMMAND, Key::Plus);
    }
    assert_eq!(stage.zoom(), 400);
    stage.press(Modifiers::COMMAND, Key::Minus);
    assert_eq!(stage.zoom(), 320, "one step back from the end is seen at once");
    for _ in 0..40 {
        stage.press(Modifiers::COMMAND, Key::Minus);
    }
    assert_eq!(stage.zoom(), 5);
    stage.press(Modifiers::COMMAND, Key::Plus);
    assert_eq!(stage.zoom(), 6);
    stage.press(Modifiers::COMMAND, Key::Num0);
    assert_eq!(stage.zoom(), fitted);
    // What has hardly a pixel is no larger than the largest.
    stage.change(|shown| {
        let page = &mut Arc::make_mut(&mut shown.pages)[0];
        (page.width, page.height, page.sheet) = (4, 4, 4);
    });
    assert_eq!(stage.zoom(), 400);
}

/// At 100 % one pixel of the page is one pixel of the screen, however many of them a point has.
#[test]
fn at_a_hundred_percent_a_pixel_of_the_page_is_one_of_the_screen() {
    for pixels_per_point in [1.0, 2.0] {
        let mut stage = Stage::open(with_pages(&[PageState::Complete]));
        stage.window.set_pixels_per_point(pixels_per_point);
        stage.window.run_ok();
        stage.press(Modifiers::NONE, Key::C);
        stage.press(Modifiers::COMMAND, Key::Num1);
        assert_eq!(stage.zoom(), 100);
        let width = stage.picture_width();
        assert!((width * pixels_per_point - PAGE.0 as f32).abs() < 1.0, "{width} points of {pixels_per_point} pixels");
        stage.press(Modifiers::COMMAND, Key::Plus);
        assert_eq!(stage.zoom(), 125);
        stage.click("Fit");
        assert!(stage.zoom() < 100);
        stage.click(&format!("Zoom {} %, show actual size", stage.zoom()));
        assert_eq!(stage.zoom(), 100);
    }
}
