//! Which scanner is used, with which settings, and what is there without one.

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use lightbar::minidriver::{Button, ColorMode, DeviceEvent, DriverError, FeederState, PageLimit, Source, TransferId};
use lightbar::session::{Command, DeviceId, DeviceTrouble, Event, JobEnd, JobReport, Snapshot};
use lightbar::ui::StartWith;
use lightbar::units::Dpi;
use lightbar::usb::UsbError;
use lightbar::usb::permission::INSTALL_COMMAND;

use super::{SMALLEST, Stage, USUAL};
use crate::support::staged_session::{office_entry, ready, virtual_entry};

#[test]
fn a_ready_window_names_the_device_and_says_why_the_feeder_is_used() {
    let stage = Stage::open(ready());
    assert!(stage.says("Ready to scan"));
    assert!(stage.says("EPSON ET-4850 is connected.\nThere is paper in the feeder"));
    assert!(stage.says("No pages yet"));
}

#[test]
fn a_device_has_room_for_its_name_and_says_all_of_it() {
    let name = "HP Color LaserJet Pro MFP M283fdw (8A3F21)";
    let mut shown = ready();
    if let Some(chosen) = &mut shown.chosen {
        chosen.entry.name = name.into();
    }
    for size in [SMALLEST, (1080.0, 700.0), USUAL] {
        let mut stage = Stage::open_with(shown.clone(), StartWith::default(), size);
        let button = stage.window.get_by_label_contains("Scanner: HP").rect();
        let sources = stage.window.get_by_label("Flatbed").rect();
        assert!(button.right() < sources.left(), "{button:?} lies on {sources:?}");
        // Dot, arrow and margins take 70 points.
        let words = 7.2 * name.len() as f32;
        assert!(size == SMALLEST || button.width() > words + 70.0, "{} points in {size:?}", button.width());
        stage.window.get_by_label_contains("Scanner: HP").hover();
        stage.pass(1.0);
        assert!(stage.has(&format!("{name} · USB")));
    }
}

#[test]
fn impossible_settings_cannot_be_chosen_and_the_nearest_are_shown() {
    let mut stage = Stage::open(ready());
    assert!(stage.has("Colour") && stage.has("Gray") && stage.has("B/W"));
    // Both sides offers gray with 200 and 300 dpi only.
    stage.click("Both sides");
    stage.window.get_by_role_and_label(egui::Role::ComboBox, "Quality").click();
    stage.window.run_ok();
    assert!(stage.says("200 dpi") && stage.says("300 dpi") && !stage.says("600 dpi"));
    stage.press(Modifiers::NONE, Key::Escape);
    stage.press(Modifiers::COMMAND, Key::Enter);
    let sent = stage.session.take_sent();
    let [Command::Scan(wish)] = sent.as_slice() else { panic!("one scan, not {sent:?}") };
    assert_eq!((wish.source, wish.settings.mode, wish.settings.dpi), (Source::Duplex, ColorMode::Gray, Dpi(300)));
}

#[test]
fn with_an_empty_feeder_the_flatbed_is_used_for_one_page() {
    let mut stage = Stage::open(ready());
    stage.change(|shown| {
        if let Some(chosen) = &mut shown.chosen {
            chosen.feeder = FeederState::Empty;
        }
    });
    assert!(stage.says("The feeder is empty, so the flatbed will be used."));
    stage.press(Modifiers::NONE, Key::Enter);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::Scan(wish)] if wish.source == Source::Flatbed
            && wish.pages == PageLimit::from_pages(1)));
}

#[test]
fn without_a_scanner_there_is_advice_an_address_field_and_a_virtual_one() {
    let mut stage = Stage::open(Snapshot { devices: vec![virtual_entry()], ..Snapshot::default() });
    assert!(stage.says("No scanner"));
    assert!(stage.session.take_sent().is_empty(), "the virtual scanner is never taken unasked");
    stage.window.get_by_label("Address of a scanner").focus();
    stage.window.run_ok();
    stage.window.get_by_label("Address of a scanner").type_text("escl:http://192.0.2.7/eSCL k?");
    stage.window.run_ok();
    assert!(!stage.has("Keyboard shortcuts"), "letters rest while a field has the focus");
    stage.click("Use this address");
    let sent = stage.session.take_sent();
    assert!(
        matches!(sent.as_slice(), [Command::ChooseAddress(to)] if to == "escl:http://192.0.2.7/eSCL k?"),
        "{sent:?}"
    );
    stage.click("Try the virtual scanner");
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::ChooseAddress(to)] if to == "virtual:feeder"));
}

#[test]
fn the_first_real_scanner_is_taken_once_and_a_named_one_instead() {
    let found = || Snapshot { devices: vec![office_entry(), virtual_entry()], ..Snapshot::default() };
    let mut stage = Stage::open(found());
    stage.window.run_steps(3);
    let sent = stage.session.take_sent();
    let office = DeviceId("usb:04b8:1182".into());
    assert!(matches!(sent.as_slice(), [Command::ChooseDevice(id)] if *id == office), "{sent:?}");
    let start = StartWith { device: Some("virtual:slow".into()), ..StartWith::default() };
    let stage = Stage::open_with(found(), start, USUAL);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::ChooseAddress(name)] if name == "virtual:slow"), "{sent:?}");
}

#[test]
fn a_button_of_the_scanner_brings_the_window_to_the_front_and_starts_nothing() {
    let mut stage = Stage::open(ready());
    stage.session.happens(Event::Device(DeviceEvent::Button(Button::Image)));
    stage.window.run_steps(1);
    let commands = &stage.window.output().viewport_output[&egui::ViewportId::ROOT].commands;
    assert!(commands.contains(&egui::ViewportCommand::Focus), "{commands:?}");
    let scans = stage.session.take_sent().into_iter().filter(|command| matches!(command, Command::Scan(_)));
    assert_eq!(scans.count(), 0);
}

#[test]
fn the_feeder_is_looked_at_after_a_job_and_while_the_window_is_used_and_not_otherwise() {
    let mut stage = Stage::open(ready());
    stage.pass(70.0);
    let looks = stage.session.take_looks();
    assert!((18..=22).contains(&looks), "every 3 s for a minute, not {looks} times");
    stage.pass(20.0);
    assert_eq!(stage.session.take_looks(), 0, "nobody uses the window");
    let report = JobReport {
        transfer: TransferId::next(),
        end: JobEnd::Completed,
        complete: 1,
        partial: 0,
        skipped: 0,
        beyond: 0,
    };
    stage.session.happens(Event::JobEnded(report));
    stage.pass(10.0);
    assert_eq!(stage.session.take_looks(), 1, "once after a job");
}

#[test]
fn a_line_for_a_terminal_can_be_copied_as_it_is() {
    let mut shown = ready();
    if let Some(chosen) = &mut shown.chosen {
        chosen.offers = None;
        chosen.trouble = Some(DeviceTrouble::Driver(DriverError::Usb(UsbError::NoPermission)));
    }
    for size in [SMALLEST, USUAL] {
        let mut stage = Stage::open_with(shown.clone(), StartWith::default(), size);
        assert!(stage.has(INSTALL_COMMAND) && stage.says("Run this line in a terminal:"));
        let room = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(size.0, size.1));
        for name in ["Copy the line", "Try again", "Try the virtual scanner"] {
            assert!(room.contains_rect(stage.window.get_by_label(name).rect()), "{name} in {size:?}");
        }
        stage.window.get_by_label("Copy the line").click();
        stage.window.step();
        let commands = &stage.window.output().platform_output.commands;
        let copied = egui::OutputCommand::CopyText(INSTALL_COMMAND.to_owned());
        assert!(commands.contains(&copied), "{commands:?}");
        stage.window.run_ok();
        assert!(stage.has("Copied"));
    }
}
