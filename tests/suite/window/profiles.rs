//! Settings under a name.

use std::num::NonZeroU32;
use std::sync::Arc;

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use lightbar::minidriver::{ColorMode, PageLimit, Source};
use lightbar::session::profiles::{Profile, Profiles};
use lightbar::session::settings::{Paper, ScanSettings};
use lightbar::session::{Command, ScanPlan, ScanWish, Snapshot};
use lightbar::units::{Dpi, Length};

use super::{SMALLEST, Stage};
use crate::support::staged_session::ready;

fn profile(name: &str, source: Option<Source>, mode: ColorMode, dpi: u32, pages: u32) -> Profile {
    let settings = ScanSettings { mode, dpi: Dpi(dpi), paper: Paper::A5 };
    let plan = ScanPlan { source, settings, pages: NonZeroU32::new(pages) };
    Profile { name: name.parse().expect("a name"), plan, on_button: false }
}

fn kept(profiles: &[Profile]) -> Arc<Profiles> {
    let mut kept = Profiles::default();
    for profile in profiles {
        kept.put(profile.clone()).expect("room");
    }
    Arc::new(kept)
}

fn with_profiles() -> Snapshot {
    let receipts = profile("Receipts", Some(Source::Feeder), ColorMode::Gray, 200, 2);
    let photo = profile("Photo", Some(Source::Flatbed), ColorMode::Color, 600, 0);
    Snapshot { profiles: kept(&[receipts, photo]), ..ready() }
}

impl Stage {
    fn field(&self, name: &str) -> String {
        let field = self.window.get_by_role_and_label(egui::Role::ComboBox, name);
        egui_kittest::kittest::NodeT::accesskit_node(&field).value().unwrap_or_default()
    }

    fn open_profiles(&mut self) {
        self.window.get_by_role_and_label(egui::Role::ComboBox, "Profile").click();
        self.window.run_ok();
    }

    fn wish(&mut self) -> ScanWish {
        self.press(Modifiers::COMMAND, Key::Enter);
        let sent = self.session.take_sent();
        let [Command::Scan(wish)] = sent.as_slice() else { panic!("one scan, not {sent:?}") };
        wish.clone()
    }
}

#[test]
fn a_profile_is_picked_from_the_list_or_by_its_key_and_a_change_by_hand_leaves_it() {
    let mut stage = Stage::open(with_profiles());
    assert_eq!(stage.field("Profile"), "None");
    stage.open_profiles();
    stage.click("Receipts");
    assert_eq!(stage.field("Profile"), "Receipts");
    let wish = stage.wish();
    assert_eq!((wish.source, wish.settings.mode, wish.settings.dpi), (Source::Feeder, ColorMode::Gray, Dpi(200)));
    assert_eq!((wish.settings.paper, wish.pages), (Paper::A5, PageLimit::from_pages(2)));
    stage.press(Modifiers::NONE, Key::F3);
    assert_eq!(stage.field("Profile"), "Photo");
    assert_eq!(stage.wish().source, Source::Flatbed);
    stage.press(Modifiers::NONE, Key::F2);
    stage.click("B/W");
    assert_eq!(stage.field("Profile"), "None");
    // Its number of pages was a part of it.
    assert_eq!(stage.wish().pages, PageLimit::All);
    // A paper of its own is shown though no list has it.
    let odd = Paper::Custom { width: Length::from_mm(80), height: Length::from_mm(100) };
    let mut slips = profile("Slips", None, ColorMode::Gray, 200, 0);
    slips.plan.settings.paper = odd;
    stage.change(|shown| shown.profiles = kept(&[slips]));
    stage.press(Modifiers::NONE, Key::F2);
    assert_eq!(stage.field("Paper"), "80 × 100 mm");
    assert_eq!(stage.wish().settings.paper, odd);
    // A key without a profile does nothing.
    stage.press(Modifiers::NONE, Key::F4);
    assert_eq!(stage.field("Profile"), "Slips");
}

#[test]
fn settings_get_a_name_and_the_profile_of_that_name_is_replaced_by_no_key() {
    let mut stage = Stage::open_with(with_profiles(), Default::default(), SMALLEST);
    stage.click("Gray");
    stage.open_profiles();
    stage.click("Save these settings …");
    // Letters and F-keys belong to the field now.
    stage.window.get_by_label("Name").type_text("Dia  ");
    stage.window.run_ok();
    stage.press(Modifiers::NONE, Key::F2);
    stage.press(Modifiers::NONE, Key::Enter);
    let sent = stage.session.take_sent();
    let [Command::SaveProfile(saved)] = sent.as_slice() else { panic!("one profile, not {sent:?}") };
    assert_eq!((saved.name.as_str(), saved.plan.source, saved.plan.settings.mode), ("Dia", None, ColorMode::Gray));
    let saved = saved.clone();
    stage.change(|shown| shown.profiles = kept(&[saved]));
    assert_eq!(stage.field("Profile"), "Dia");
    stage.click("B/W");
    stage.open_profiles();
    stage.click("Save these settings …");
    assert!(stage.says("B/W, 300 dpi"), "the words of the field");
    // The name of the last profile stands there.
    assert!(stage.says("There is a profile of this name already"));
    stage.press(Modifiers::NONE, Key::Enter);
    assert!(stage.session.take_sent().is_empty());
    stage.click("Replace");
    let sent = stage.session.take_sent();
    let [Command::SaveProfile(saved)] = sent.as_slice() else { panic!("one profile, not {sent:?}") };
    assert_eq!((saved.name.as_str(), saved.plan.settings.mode), ("Dia", ColorMode::LineArt));
}

/// Whoever types a name means a new one.
#[test]
fn the_name_that_stands_in_the_dialog_is_marked() {
    let mut stage = Stage::open(with_profiles());
    stage.press(Modifiers::NONE, Key::F3);
    stage.click("B/W");
    stage.open_profiles();
    stage.click("Save these settings …");
    stage.window.get_by_label("Name").type_text("Dia");
    stage.window.run_ok();
    stage.press(Modifiers::NONE, Key::Enter);
    let sent = stage.session.take_sent();
    let [Command::SaveProfile(saved)] = sent.as_slice() else { panic!("one profile, not {sent:?}") };
    assert_eq!(saved.name.as_str(), "Dia");
}

#[test]
fn the_profile_in_use_gets_the_button_and_goes_only_after_a_question() {
    let mut stage = Stage::open(with_profiles());
    stage.open_profiles();
    assert!(!stage.says("Remove “") && !stage.says("button"), "none is in use");
    stage.press(Modifiers::NONE, Key::Escape);
    stage.press(Modifiers::NONE, Key::F2);
    stage.open_profiles();
    assert!(!stage.says("button"), "this scanner tells of none");
    stage.press(Modifiers::NONE, Key::Escape);
    stage.change(|shown| shown.chosen.iter_mut().for_each(|chosen| chosen.has_buttons = true));
    stage.open_profiles();
    stage.click("On the scanner’s button");
    let sent = stage.session.take_sent();
    let [Command::SaveProfile(saved)] = sent.as_slice() else { panic!("one profile, not {sent:?}") };
    assert!(saved.on_button && saved.name.as_str() == "Receipts");
    for (key, removed) in [(Some(Key::Enter), false), (Some(Key::Escape), false), (None, true)] {
        stage.open_profiles();
        stage.click("Remove “Receipts” …");
        match key {
            Some(key) => stage.press(Modifiers::NONE, key),
            None => stage.click("Remove"),
        }
        assert!(!stage.says("Remove “Receipts”?"));
        let sent = stage.session.take_sent();
        assert_eq!(
            matches!(sent.as_slice(), [Command::RemoveProfile(name)] if name == "Receipts"),
            removed,
            "{sent:?}"
        );
    }
}
