//! A key that is held down is one wish, whatever comes under it; walking goes on.

use std::sync::Arc;

use eframe::egui::{self, Key, Modifiers};

use lightbar::session::{Command, PageState, Shelf};

use super::documents::{entry, open, shown};
use super::{Stage, USUAL, with_pages};

impl Stage {
    /// Holds a key for some frames, in each of which the keyboard says it once.
    fn hold(&mut self, key: Key) {
        for _ in 0..8 {
            self.window.key_down(key);
            self.window.step();
        }
        self.window.key_up(key);
        self.window.run_ok();
    }
}

fn many() -> Stage {
    let mut stage = open(shown(), USUAL);
    let entries =
        |what: &str| (1..=12).map(|at| entry(&format!("{what}{at}"), Some(&format!("{what} {at:02}")), 1)).collect();
    stage.change(|shown| shown.library = Some(Arc::new(Shelf { documents: entries("Bill"), trash: entries("Old") })));
    stage
}

#[test]
fn one_press_of_delete_throws_one_document_away() {
    let mut stage = many();
    stage.point_at("Bill 03,");
    for gone in ["Bill3", "Bill4"] {
        stage.hold(Key::Delete);
        let sent = stage.session.take_sent();
        assert!(matches!(sent.as_slice(), [Command::ThrowAway(id)] if id.as_str() == gone), "{sent:?}");
    }
}

#[test]
fn a_key_that_is_held_answers_no_question_and_does_nothing_behind_it() {
    let mut stage = many();
    stage.click("Trash (12)");
    stage.point_at("Old 03,");
    stage.hold(Key::Delete);
    assert!(stage.says("Delete “Old 03” for ever?"));
    stage.hold(Key::Enter);
    assert!(stage.says("Trash (12)"), "the question was answered, and the list is there");
    let sent = stage.session.take_sent();
    assert!(sent.is_empty(), "nothing was restored: {sent:?}");
    stage.hold(Key::Enter);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::TakeBack(id)] if id.as_str() == "Old3"), "{sent:?}");
}

#[test]
fn one_press_of_delete_deletes_the_selected_page_and_not_its_neighbours() {
    let mut stage = Stage::open(with_pages(&[PageState::Complete; 6]));
    stage.hold(Key::Delete);
    let sent = stage.session.take_sent();
    assert_eq!(sent.iter().filter(|command| matches!(command, Command::DeletePages(_))).count(), 1, "{sent:?}");
}

#[test]
fn a_key_that_is_held_in_a_field_goes_on_there() {
    let mut stage = many();
    stage.press(Modifiers::NONE, Key::F2);
    stage.point_at("Bill 03,");
    stage.press(Modifiers::NONE, Key::F2);
    stage.press(Modifiers::NONE, Key::End);
    stage.hold(Key::Backspace);
    stage.press(Modifiers::NONE, Key::Enter);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::Rename(_, None)]), "seven letters went: {sent:?}");
}

/// In frames that follow each other at once: a row that has just got the keyboard cannot hold on to it yet.
#[test]
fn arrow_keys_do_not_leave_the_list() {
    let mut stage = many();
    stage.click("In use");
    stage.click("Search by name or date");
    for _ in 0..3 {
        for (key, times) in [(Key::ArrowDown, 7), (Key::ArrowUp, 3)] {
            for _ in 0..times {
                stage.window.key_press(key);
                stage.window.step();
            }
        }
    }
    stage.window.run_ok();
    assert_eq!(stage.selected_documents(), ["Bill 09"]);
    let focus = stage.window.ctx.memory(|memory| memory.focused());
    assert_eq!(focus, Some(egui::Id::unique(("document", "Bill9"))), "its row has the keyboard");
}
