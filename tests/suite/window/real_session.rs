//! The window in front of the whole application, scanning from the virtual feeder.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use lightbar::session::pictures::PictureKind;
use lightbar::session::{PageState, ScanState, Session, SessionOptions, Snapshot, VirtualOptions};
use lightbar::ui::{Application, FileDialogs, StartWith};

use super::{LIMIT, USUAL, window};

/// The window, its session, and the folder of both.
struct Office {
    window: Harness<'static, Option<Application>>,
    session: Arc<Session>,
    folder: tempfile::TempDir,
}

impl Office {
    /// A window with the virtual feeder, this many sheets in it, at this many pages a minute (0: at once).
    fn open(sheets: u32, pages_per_minute: f64) -> Office {
        Office::open_with(VirtualOptions {
            sheets: Some(sheets),
            pages_per_minute: Some(pages_per_minute),
            ..VirtualOptions::default()
        })
    }

    /// The same with a feeder that behaves like this, and nobody fills.
    fn open_with(behaviour: VirtualOptions) -> Office {
        Office::open_on("virtual:feeder", behaviour)
    }

    /// The same with another scanner.
    fn open_on(device: &str, behaviour: VirtualOptions) -> Office {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut options = SessionOptions::in_folder(folder.path().join("data"));
        options.pictures = true;
        options.discover = false;
        options.virtual_scanner = VirtualOptions { reload: None, ..behaviour };
        let session = Arc::new(Session::start(options).expect("the session starts"));
        let start = StartWith {
            device: Some(device.into()),
            file_dialogs: FileDialogs::BuiltIn(folder.path().to_owned()),
            ..StartWith::default()
        };
        let mut office = Office { window: window(session.clone(), start, USUAL), session, folder };
        office.until("the scanner is ready", |office| office.says("Ready to scan"));
        office
    }

    fn shown(&self) -> Arc<Snapshot> {
        self.session.snapshot()
    }

    fn says(&self, part: &str) -> bool {
        self.window.query_all_by_label_contains(part).next().is_some()
    }

    /// What the session says of itself, for a test that fails.
    fn told(&self) -> String {
        let shown = self.shown();
        format!("{:?}, {:?}, {:?}", shown.scan, shown.notices, shown.library)
    }

    fn until(&mut self, what: &str, reached: impl Fn(&Office) -> bool) {
        let limit = Instant::now() + 6 * LIMIT;
        while !reached(self) {
            assert!(Instant::now() < limit, "not reached: {what}; {:?}", self.told());
            self.window.step();
            std::thread::yield_now();
        }
    }

    fn click(&mut self, label: &str) {
        self.window.get_by_label(label).click();
        self.window.run_ok();
    }

    /// Saves under this name by the dialog.
    fn save(&mut self, name: &str) {
        self.save_with(name, |_| {}, &format!("Saved {name}"));
    }

    /// Opens the save dialog, types this name and changes there what has to be changed.
    fn save_with(&mut self, name: &str, choose: impl FnOnce(&mut Office), said: &str) {
        self.window.key_press_modifiers(Modifiers::COMMAND, Key::S);
        self.until("the save dialog", |office| office.says("Folder"));
        self.window.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.window.run_ok();
        self.window.get_by_role_and_label(eframe::egui::Role::TextInput, "Name").type_text(name);
        self.window.run_ok();
        choose(self);
        self.click("Save");
        // The dialog says names, too: what counts is what is said after it has gone.
        let is_over = |office: &Office| !office.says("Folder") && office.shown().saving.is_none();
        self.until("saved", |office| is_over(office) && office.says(said));
    }

    /// The names of the files beside the session's own folder, in order.
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder is there").flatten();
        let mut names: Vec<_> = entries
            .filter(|entry| entry.path().is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// Images in a PDF, as poppler counts them; `None` where poppler is not installed.
fn images_in(file: &Path) -> Option<usize> {
    let listed = std::process::Command::new("pdfimages").arg("-list").arg(file).output().ok()?;
    Some(String::from_utf8_lossy(&listed.stdout).lines().skip(2).count())
}

#[test]
fn three_sheets_are_scanned_looked_at_deleted_and_saved() {
    let mut office = Office::open(3, 0.0);
    office.click("Scan");
    office.until("three pages", |office| {
        let shown = office.shown();
        shown.pages.len() == 3 && matches!(shown.scan, ScanState::Idle)
    });
    office.until("the last page", |office| office.says("Picture of page 3"));
    office.until("the words", |office| office.says("3 pages · all stored"));
    office.click("Page 1");
    assert!(office.says("Picture of page 1"));
    office.window.key_press(Key::Delete);
    office.until("two pages", |office| office.shown().pages.len() == 2);
    office.window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    office.until("all pages", |office| office.shown().pages.len() == 3);
    office.until("the page that came back", |office| office.says("Picture of page 1"));
    office.save("Letter.pdf");
    let file = office.folder.path().join("Letter.pdf");
    assert!(file.metadata().is_ok_and(|facts| facts.len() > 10_000));
    match images_in(&file) {
        Some(images) => assert_eq!(images, 3),
        None => println!("SKIPPED: pdfimages is not installed; the pages in the PDF were not counted"),
    }
}

#[test]
fn pages_are_edited_and_the_document_is_put_away_and_opened_again() {
    let mut office = Office::open(2, 0.0);
    office.click("Scan");
    office.until("two pages", |office| {
        let shown = office.shown();
        shown.pages.len() == 2 && matches!(shown.scan, ScanState::Idle)
    });
    office.click("Page 1");
    let upright = office.shown().pages[0].clone();
    office.window.key_press(Key::CloseBracket);
    office.until("the turned page", |office| office.shown().pages[0].width == upright.height);
    office.until("its picture", |office| {
        let face = office.shown().pages[0].face;
        office.session.pictures().get(face, PictureKind::Fitted).is_some_and(|picture| picture.width > picture.height)
    });
    // It lies: cut into left and right.
    office.window.key_press(Key::S);
    office.window.run_ok();
    office.window.key_press(Key::Enter);
    office.until("three pages", |office| office.shown().pages.len() == 3);
    office.until("the first half", |office| office.says("Picture of page 1"));
    let half = office.shown().pages[0].clone();
    assert!(half.width.abs_diff(upright.height / 2) <= 1 && half.height == upright.width, "{half:?}");
    office.window.key_press_modifiers(Modifiers::ALT, Key::End);
    office.until("it at the end", |office| office.shown().pages[2].id == half.id);
    office.window.key_press_modifiers(Modifiers::COMMAND, Key::N);
    office.until("an empty document", |office| office.shown().pages.is_empty());
    office.window.key_press_modifiers(Modifiers::COMMAND, Key::O);
    office.until("the document in the list", |office| office.says("not saved to a file"));
    // The list has found its place.
    office.window.run_ok();
    office.window.get_by_label_contains("not saved to a file").click();
    office.window.run_ok();
    office.click("Open");
    office.until("its pages", |office| office.shown().pages.len() == 3);
    assert_eq!(office.shown().undo, Some("Move"));
    office.window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    office.until("the half in its place", |office| office.shown().pages[0].id == half.id);
    // The first dialog for a file: nothing in it moves once it can be seen, so a click finds what it is meant for.
    office.window.key_press_modifiers(Modifiers::COMMAND, Key::S);
    office.until("the save dialog", |office| office.says("Folder"));
    office.window.run_ok();
    office.click("More options");
    office.click("One per page");
    office.until("how many files", |office| office.says("Scan-001.pdf to Scan-003.pdf, 3 files"));
    office.click("Save");
    office.until("saved", |office| office.says("Saved 3 files"));
    assert_eq!(office.files(), ["Scan-001.pdf", "Scan-002.pdf", "Scan-003.pdf"]);
}

#[test]
fn a_scanner_with_a_driver_of_the_older_model_is_used_like_any_other() {
    let behaviour = VirtualOptions { sheets: Some(2), pages_per_minute: Some(0.0), ..VirtualOptions::default() };
    let mut office = Office::open_on("virtual:legacy", behaviour);
    office.click("Scan");
    office.until("two pages", |office| {
        let shown = office.shown();
        shown.pages.len() == 2 && matches!(shown.scan, ScanState::Idle)
    });
    assert!(office.shown().pages.iter().all(|page| page.state == PageState::Complete));
    office.until("the last page", |office| office.says("Picture of page 2"));
    office.until("the words", |office| office.says("2 pages · all stored"));
}

#[test]
fn stop_in_mid_page_keeps_a_partial_page_that_is_shown_as_far_as_it_came() {
    let mut office = Office::open(2, 6.0);
    office.click("Scan");
    office.until(
        "rows of the first page",
        |office| matches!(&office.shown().scan, ScanState::Scanning(job) if job.progress.rows > 300),
    );
    assert!(office.says("rows"));
    office.window.key_press(Key::Escape);
    office.until("the end of the job", |office| !matches!(office.shown().scan, ScanState::Scanning(_)));
    let shown = office.shown();
    let [page] = &shown.pages[..] else { panic!("one page, not {:?}", shown.pages) };
    let PageState::Partial { rows } = page.state else { panic!("a partial page, not {:?}", page.state) };
    assert!((300..3508).contains(&rows), "{rows}");
    office.until("its picture", |office| office.session.pictures().get(page.face, PictureKind::Fitted).is_some());
    let picture = office.session.pictures().get(page.face, PictureKind::Fitted).expect("it is there");
    let kept = f64::from(rows) * f64::from(picture.width) / f64::from(page.width);
    assert!((f64::from(picture.height) - kept).abs() <= 2.0, "{} rows of picture for {kept}", picture.height);
    let row = picture.width as usize * 4;
    // The paper of the virtual scanner has a grain: rows of pure white are rows that never came.
    let last = &picture.pixels[(picture.height as usize - 3) * row..][..row];
    assert!(last.iter().any(|sample| *sample != 0xff), "the picture ends before the page does");
    office.until("the words", |office| office.says("1 page, 1 partial · all stored"));
}

#[test]
fn the_page_that_is_left_out_is_not_in_the_document() {
    let mut office = Office::open(3, 20.0);
    office.click("Scan");
    office.until("the first page", |office| office.says("Skip next page") && !office.shown().pages.is_empty());
    office.click("Skip next page");
    office.until(
        "the wish",
        |office| matches!(&office.shown().scan, ScanState::Scanning(job) if job.skipping == Some(2)),
    );
    office.until("the end of the job", |office| matches!(office.shown().scan, ScanState::Idle));
    assert_eq!(office.shown().pages.len(), 2);
    assert!(office.shown().pages.iter().all(|page| page.state == PageState::Complete));
    office.until("the words", |office| office.says("2 pages · all stored · page 2 of the last scan left out"));
}

#[test]
fn a_page_skipped_while_it_arrives_is_said_until_it_is_taken_back() {
    let mut office = Office::open(2, 6.0);
    office.click("Scan");
    office.until(
        "rows of the first page",
        |office| matches!(&office.shown().scan, ScanState::Scanning(job) if job.progress.rows > 300),
    );
    office.window.key_press(Key::K);
    office.until("the words", |office| office.says("Page 1 of this scan left out · "));
    assert!(office.shown().pages.is_empty());
    office.window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    office.until("the page", |office| office.says("Picture of page 1, arriving"));
    assert!(!office.says("left out"));
    office.window.key_press(Key::Escape);
    office.until("the end of the job", |office| !matches!(office.shown().scan, ScanState::Scanning(_)));
}

#[test]
fn what_was_left_out_belongs_to_its_document() {
    let mut office = Office::open(2, 6.0);
    office.click("Scan");
    office.until(
        "rows of the first page",
        |office| matches!(&office.shown().scan, ScanState::Scanning(job) if job.progress.rows > 300),
    );
    office.window.key_press(Key::K);
    office.until("the words", |office| office.says("Page 1 of this scan left out · "));
    office.window.key_press(Key::Escape);
    office.until("the end of the job", |office| matches!(office.shown().scan, ScanState::Idle));
    assert_eq!(office.shown().left_out, [1]);
    office.window.key_press_modifiers(Modifiers::COMMAND, Key::N);
    office.until("the new document", |office| office.shown().left_out.is_empty() && !office.says("left out"));
}

/// Between two sheets the stream of the first is still open, yet that page is whole: the card, the status line and
/// what is left in the end count alike.
#[test]
fn a_jam_is_told_alike_by_the_card_the_status_line_and_the_end() {
    let jam = "jam@page2".parse().expect("a fault");
    let mut office = Office::open_with(VirtualOptions {
        sheets: Some(3),
        pages_per_minute: Some(0.0),
        faults: jam,
        fixed_after: None,
        ..VirtualOptions::default()
    });
    office.click("Scan");
    office.until("the card", |office| office.says("Paper is jammed"));
    assert!(office.says("1 page is stored. Open the cover"));
    assert!(!office.says("partial"));
    // The session syncs the page when it can, while the card already stands: the words follow it.
    office.until("the words", |office| office.says("1 page · all stored"));
    assert!(!office.says("partial"));
    office.click("Finish with 1 page");
    office.until("the end of the job", |office| matches!(office.shown().scan, ScanState::Idle));
    office.until("the same words", |office| office.says("1 page scanned. Open the cover"));
    office.until("the words", |office| office.says("1 page · all stored"));
    assert!(!office.says("partial"));
}

#[test]
fn a_document_is_saved_as_one_file_as_a_file_per_page_and_in_part() {
    let mut office = Office::open(3, 0.0);
    office.click("Scan");
    office.until("three pages", |office| {
        let shown = office.shown();
        shown.pages.len() == 3 && matches!(shown.scan, ScanState::Idle)
    });
    office.until("the last page", |office| office.says("Picture of page 3"));
    office.save("All.pdf");
    let each = |office: &mut Office| {
        office.click("More options");
        office.click("One per page");
    };
    office.save_with("Each.pdf", each, "Saved 3 files");
    assert!(office.says("Each-001.pdf to Each-003.pdf, 3 pages."));
    office.save_with("Each.jpg", |_| {}, "Each-001.jpg to Each-003.jpg");
    office.window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    office.window.run_ok();
    office.window.get_by_label("Page 2").click_modifiers(Modifiers::COMMAND);
    office.window.run_ok();
    let of_two = |office: &mut Office| {
        office.click("2 selected");
        office.click("More options");
        office.click("One file");
    };
    office.save_with("Two.pdf", of_two, "Saved Two.pdf");
    let expected = [
        "All.pdf",
        "Each-001.jpg",
        "Each-001.pdf",
        "Each-002.jpg",
        "Each-002.pdf",
        "Each-003.jpg",
        "Each-003.pdf",
        "Two.pdf",
    ];
    assert_eq!(office.files(), expected);
    let images = |name: &str| images_in(&office.folder.path().join(name));
    match (images("All.pdf"), images("Each-002.pdf"), images("Two.pdf")) {
        (Some(all), Some(each), Some(two)) => assert_eq!((all, each, two), (3, 1, 2)),
        _ => println!("SKIPPED: pdfimages is not installed; the pages in the PDF files were not counted"),
    }
}

/// Replacing would not help, so nobody is asked; the dialog says which names are one file.
#[test]
fn two_names_that_are_one_file_are_said_in_the_dialog_and_nothing_is_saved() {
    let mut office = Office::open(2, 0.0);
    office.click("Scan");
    office.until("two pages", |office| {
        let shown = office.shown();
        shown.pages.len() == 2 && matches!(shown.scan, ScanState::Idle)
    });
    office.until("the last page", |office| office.says("Picture of page 2"));
    let at = |office: &Office, name: &str| office.folder.path().join(name);
    std::fs::write(at(&office, "one.jpg"), b"somebody's").expect("written");
    for link in ["Twin-001.jpg", "Twin-002.jpg"] {
        std::os::unix::fs::symlink("one.jpg", at(&office, link)).expect("linked");
    }
    office.window.key_press_modifiers(Modifiers::COMMAND, Key::S);
    office.until("the save dialog", |office| office.says("Folder"));
    office.window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    office.window.run_ok();
    office.window.get_by_role_and_label(eframe::egui::Role::TextInput, "Name").type_text("Twin.jpg");
    office.window.run_ok();
    office.click("Save");
    office.until("what is wrong", |office| office.says("Twin-002.jpg are the same file"));
    assert!(office.says("Folder") && !office.says("Replace"), "the dialog says it, and asks nothing");
    assert_eq!(std::fs::read(at(&office, "one.jpg")).expect("there"), b"somebody's");
    office.window.key_press(Key::Escape);
    office.until("the window", |office| !office.says("Folder"));
}

/// What is said of a file before it is saved is what it comes to.
#[test]
fn every_scan_becomes_a_file_whose_size_was_said_before() {
    let mut office = Office::open(2, 0.0);
    office.click("Save to a folder");
    office.until("the dialog", |office| office.says("Save every scan"));
    office.window.run_ok();
    office.click("Turn on");
    office.until("it is on", |office| office.shown().auto_save.is_some());
    office.click("Scan");
    office.until("two pages", |office| office.shown().pages.len() == 2);
    office.until("the file", |office| office.says("Saved Scan ") && office.says("-001.pdf"));
    let by_itself = office.files();
    assert!(matches!(by_itself.as_slice(), [one] if one.starts_with("Scan 20")), "{by_itself:?}");
    // As it was scanned: a copy, so the size is known.
    office.window.key_press_modifiers(Modifiers::COMMAND, Key::S);
    office.until("the save dialog", |office| office.says("Folder"));
    let file = office.folder.path().join(&by_itself[0]);
    let size = lightbar::text::numbers::bytes(file.metadata().expect("it is there").len() as f64);
    office.until("how large it will be", |office| office.says(&size));
    office.window.key_press(Key::Escape);
    office.window.run_ok();
    office.click("Save to a folder");
    office.until("it is off", |office| office.shown().auto_save.is_none());
}
