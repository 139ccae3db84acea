//! Settings under a name: their file, and what the session makes of them.

use std::num::NonZeroU32;
use std::path::Path;

use lightbar::minidriver::{ColorMode, DeviceEvent, Source};
use lightbar::session::profiles::{LARGEST_FILE, MOST_PROFILES, Profile, ProfileError, ProfileFile};
use lightbar::session::settings::{Paper, ScanSettings};
use lightbar::session::{Command, Event, Matter, PageState, ScanPlan, ScanState};
use lightbar::units::{Dpi, Length};

use crate::support::bench::{Bench, small};

fn profile(name: &str) -> Profile {
    Profile {
        name: name.parse().expect("a name"),
        plan: ScanPlan {
            source: Some(Source::Duplex),
            settings: ScanSettings { mode: ColorMode::Gray, dpi: Dpi(200), paper: Paper::Letter },
            pages: NonZeroU32::new(4),
        },
        on_button: false,
    }
}

fn names(file: &ProfileFile) -> Vec<String> {
    file.load().expect("profiles").all().iter().map(|profile| profile.name.to_string()).collect()
}

fn folder() -> (tempfile::TempDir, ProfileFile) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = ProfileFile::in_folder(folder.path());
    (folder, file)
}

#[test]
fn what_was_saved_is_there_at_the_next_start_to_the_last_setting() {
    let (folder, file) = folder();
    assert_eq!(names(&file), [""; 0]);
    let receipt = Paper::Custom { width: Length::from_mm(80), height: Length::from_micrometres(200_500) };
    let plain = Profile {
        plan: ScanPlan {
            source: None,
            settings: ScanSettings { mode: ColorMode::Color48, dpi: Dpi(600), paper: receipt },
            pages: None,
        },
        on_button: true,
        ..profile("Receipts & Ölzettel")
    };
    for profile in [profile("Text"), plain.clone()] {
        file.change(|profiles| profiles.put(profile)).expect("kept");
    }
    let again = ProfileFile::in_folder(folder.path()).load().expect("profiles");
    assert_eq!(again.all(), [profile("Text"), plain.clone()]);
    assert_eq!(again.for_button(), Some(&plain));
}

#[test]
fn names_that_differ_in_capitals_alone_are_the_same_and_only_one_has_the_button() {
    let (_folder, file) = folder();
    let on_button = |name| Profile { on_button: true, ..profile(name) };
    for profile in [on_button("Text"), profile("Photo"), on_button("TEXT"), on_button("photo")] {
        file.change(|profiles| profiles.put(profile)).expect("kept");
    }
    assert_eq!(names(&file), ["TEXT", "photo"]);
    let profiles = file.load().expect("profiles");
    assert_eq!(profiles.all().iter().map(|profile| profile.on_button).collect::<Vec<_>>(), [false, true]);
    assert_eq!(profiles.named(" tExt ").map(|profile| profile.name.to_string()), Ok("TEXT".to_owned()));
    let gone = file.change(|profiles| profiles.remove("photo").map(drop)).expect("removed");
    let unknown = ProfileError::Unknown { wanted: "Photo".to_owned(), known: vec!["TEXT".to_owned()] };
    assert_eq!(gone.named("Photo"), Err(unknown));
}

#[test]
fn a_name_is_one_line_of_some_length() {
    let longest = "ö".repeat(40);
    for good in ["a", "Text 2", longest.as_str(), "  x  ", "../x", "-"] {
        assert!(good.parse::<lightbar::session::profiles::ProfileName>().is_ok(), "{good:?}");
    }
    for bad in ["", "  ", "a\nb", "\u{7f}", &"ö".repeat(41)] {
        assert!(bad.parse::<lightbar::session::profiles::ProfileName>().is_err(), "{bad:?}");
    }
}

#[test]
fn a_file_that_cannot_be_understood_is_named_and_never_replaced() {
    let long = " ".repeat(LARGEST_FILE as usize + 1);
    let many: Vec<String> = (0..=MOST_PROFILES)
        .map(|number| format!(r#"{{"name":"{number}","mode":"gray","resolution":300,"paper":"a4"}}"#))
        .collect();
    let many = format!(r#"{{"version":1,"profiles":[{}]}}"#, many.join(","));
    let one = |fields: &str| format!(r#"{{"version":1,"profiles":[{{"name":"x",{fields}}}]}}"#);
    let broken = [
        String::new(),
        "[]".to_owned(),
        "{\"version\":1}".to_owned(),
        "\u{0}\u{1}".to_owned(),
        long,
        many,
        one(r#""mode":"sepia","resolution":300,"paper":"a4""#),
        one(r#""mode":"gray","resolution":0,"paper":"a4""#),
        one(r#""mode":"gray","resolution":99999,"paper":"a4""#),
        one(r#""mode":"gray","resolution":300,"paper":"1x1mm""#),
        one(r#""mode":"gray","resolution":300,"paper":"a4","pages":0"#),
        one(r#""mode":"gray","resolution":300,"paper":"a4","shred":true"#),
    ];
    for text in broken {
        refused(&text, |error| matches!(error, ProfileError::NotProfiles { .. }));
    }
    let newer = r#"{"version":2,"profiles":{"anything":"else"}}"#;
    refused(newer, |error| matches!(error, ProfileError::Newer { version: 2, .. }));
}

/// Neither read nor replaced, for this reason.
fn refused(text: &str, why: impl Fn(&ProfileError) -> bool) {
    let (folder, file) = folder();
    let path = folder.path().join("profiles.json");
    std::fs::write(&path, text).expect("written");
    let read = file.load().expect_err("no profiles");
    assert!(why(&read), "{read}");
    let changed = file.change(|profiles| profiles.put(profile("Text"))).expect_err("no profiles");
    assert_eq!(changed, read);
    assert_eq!(std::fs::read_to_string(&path).expect("still there"), text);
}

#[test]
fn two_programs_that_save_at_once_lose_nothing() {
    let (folder, file) = folder();
    let put = |file: &ProfileFile, name: &str| file.change(|profiles| profiles.put(profile(name)));
    let inner = file.change(|profiles| {
        assert!(matches!(put(&file, "inner"), Err(ProfileError::InUse { .. })));
        profiles.put(profile("outer"))
    });
    inner.expect("kept");
    // What another one has written since is kept, too.
    put(&ProfileFile::in_folder(folder.path()), "other").expect("kept");
    put(&file, "later").expect("kept");
    assert_eq!(names(&file), ["outer", "other", "later"]);
    assert_eq!(left_beside(folder.path()), ["profiles.json", "profiles.lock"]);
}

fn left_beside(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_session_keeps_profiles_and_tells_when_it_cannot() {
    let bench = Bench::new("flatbed", "", 0);
    bench.send(Command::SaveProfile(profile("Text")));
    bench.send(Command::SaveProfile(profile("Photo")));
    bench.send(Command::RemoveProfile("text".to_owned()));
    let shown = bench.until_shown(|shown| shown.profiles.all().len() == 1 && shown.profiles.named("photo").is_ok());
    assert!(shown.notices.is_empty());
    std::fs::write(bench.path("data/profiles.json"), "no").expect("damaged");
    bench.send(Command::SaveProfile(profile("Third")));
    let shown = bench.until_shown(|shown| !shown.notices.is_empty());
    assert!(matches!(&shown.notices[0].matter, Matter::Profiles(ProfileError::NotProfiles { .. })));
    assert_eq!(shown.profiles.all(), [profile("Photo")]);
}

#[test]
fn a_plan_takes_the_source_it_names_and_else_the_usual_one() {
    let bench = Bench::new("feeder", "", 2);
    let settings = ScanSettings { mode: ColorMode::Gray, ..small() };
    let both = ScanPlan { source: Some(Source::Duplex), settings: settings.clone(), pages: NonZeroU32::new(2) };
    bench.send(Command::Scan(both.wish(Source::Flatbed)));
    assert_eq!(bench.job_ends().complete, 2);
    assert_eq!(bench.pages(), [PageState::Complete; 2]);
    bench.device_rests();
    let open = ScanPlan { source: None, settings, pages: None };
    bench.send(Command::Scan(open.wish(Source::Flatbed)));
    assert_eq!(bench.job_ends().complete, 1);
}

#[test]
fn the_scanners_button_starts_the_profile_that_is_meant_for_it_and_none_by_itself() {
    let bench = Bench::new("legacy", "", 2);
    let plan = ScanPlan { source: None, settings: ScanSettings { mode: ColorMode::Gray, ..small() }, pages: None };
    let on_button = |on_button| Profile { plan: plan.clone(), on_button, ..profile("Button") };
    bench.send(Command::SaveProfile(on_button(false)));
    bench.until_shown(|shown| shown.profiles.all().len() == 1);
    let press = || {
        bench.scanner.press_scan();
        bench.until(|event| matches!(event, Event::Device(DeviceEvent::Button(_))).then_some(()));
    };
    press();
    assert!(matches!(bench.session.snapshot().scan, ScanState::Idle));
    bench.send(Command::SaveProfile(on_button(true)));
    bench.until_shown(|shown| shown.profiles.for_button().is_some());
    press();
    assert_eq!(bench.job_ends().complete, 2, "both sheets of the feeder");
    bench.device_rests();
    assert_eq!(bench.pages(), [PageState::Complete; 2]);
}
