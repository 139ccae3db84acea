//! Shows one scene in a real window, to be looked at and photographed: `screenshots.sh` does that
//! for all of them. Run without the name of a scene it does nothing.
//!
//! `cargo test --test looks -- scanning dark 1200x800`
//!
//! `looks frames DEVICE FOLDER` scans in a real window instead and says how long its frames took (`frames.rs`).

mod frames;

#[path = "../suite/support/staged_session.rs"]
mod staged_session;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use eframe::egui;
use egui::{Event as Input, Key, Modifiers};
use lightbar::document::library::{Entry, EntryState, Freed};
use lightbar::document::{DocumentId, Rotation, Unsaved};
use lightbar::export::{ExportError, FileFormat};
use lightbar::minidriver::{AcquireError, Condition, DeviceFailure, DriverError, TransferId};
use lightbar::raster::Tone;
use lightbar::session::{
    AutoSave, Command, DeviceTrouble, DocumentTrouble, Event, ImportedFile, Importing, JobEnd, JobReport, LockedFile,
    Matter, NotCropped, Notice, PageState, Paused, Phase, Saved, ScanState, Shelf, Snapshot,
};
use lightbar::transfer::TransferError;
use lightbar::ui::{Application, FileDialogs, StartWith, native_options};
use lightbar::usb::UsbError;
use staged_session::{StagedSession, page, ready, scanning, virtual_entry};

const SCENES: [&str; 47] = [
    "ready",
    "scanning",
    "starting",
    "partial",
    "paused",
    "no-scanner",
    "searching",
    "trouble",
    "done",
    "actual-size",
    "silent",
    "keys",
    "menu",
    "long-name",
    "paused-early",
    "skipped",
    "failed",
    "saved",
    "not-responding",
    "save",
    "replace",
    "save-error",
    "crop",
    "split",
    "adjust",
    "more",
    "documents",
    "combine",
    "turned",
    "cleared",
    "save-more",
    "auto-save",
    "auto-on",
    "trash",
    "rename",
    "clean-up",
    "delete",
    "told",
    "no-documents",
    "import",
    "importing",
    "import-password",
    "import-wrong",
    "imported",
    "damaged",
    "looking-back",
    "not-cropped",
];

/// A name a file has already, in the folder that the save dialog proposes.
const TAKEN: &str = "Letter.pdf";

/// Size of the window when it opens first.
const USUAL_SIZE: [f32; 2] = [1200.0, 800.0];

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    if arguments.next_if(|name| name == "frames").is_some() {
        std::process::exit(frames_of(arguments));
    }
    let Some(scene) = arguments.next().filter(|name| SCENES.contains(&name.as_str())) else {
        println!("no scene to show; there are: {}", SCENES.join(", "));
        return;
    };
    let dark = arguments.next().is_some_and(|theme| theme == "dark");
    let size = arguments.next().and_then(|size| {
        let (width, height) = size.split_once('x')?;
        Some([width.parse::<f32>().ok()?, height.parse::<f32>().ok()?])
    });
    let folder = match folder_with_a_letter() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("no folder to save in: {error}");
            std::process::exit(1);
        }
    };
    let start = StartWith { file_dialogs: FileDialogs::BuiltIn(folder.path().to_owned()), ..StartWith::default() };
    let options = eframe::NativeOptions { viewport: viewport(size.unwrap_or(USUAL_SIZE)), ..native_options() };
    let run = eframe::run_native(
        "Lightbar",
        options,
        Box::new(move |creation| {
            let ctx = creation.egui_ctx.clone();
            ctx.set_theme(if dark { egui::Theme::Dark } else { egui::Theme::Light });
            let session = StagedSession::new(staged(&scene));
            let app = Application::new(&ctx, Box::new(session.clone()), &start);
            Ok(Box::new(Scene { app, session, name: scene, frame: 0, width: 0.0 }))
        }),
    );
    if let Err(error) = run {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn viewport(size: [f32; 2]) -> egui::ViewportBuilder {
    egui::ViewportBuilder::default().with_inner_size(size).with_position([0.0, 0.0]).with_decorations(false)
}

/// Measures frames; the exit status: 0 when the budget holds, 1 when not, 2 when nothing could be measured.
fn frames_of(mut arguments: impl Iterator<Item = String>) -> i32 {
    let (Some(device), Some(folder)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: looks frames DEVICE FOLDER");
        return 2;
    };
    match frames::measure(device, folder.into(), viewport(USUAL_SIZE)) {
        Ok(holds) => i32::from(!holds),
        Err(error) => {
            eprintln!("nothing was measured: {error}");
            2
        }
    }
}

/// A folder for the save dialog with a file that would be replaced.
fn folder_with_a_letter() -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join(TAKEN), b"an older letter")?;
    Ok(folder)
}

/// The window with somebody who draws pictures and does by hand what the scene needs.
struct Scene {
    app: Application,
    session: Arc<StagedSession>,
    name: String,
    frame: u32,
    /// Width of the window in points.
    width: f32,
}

/// From this frame on nothing more is done by hand.
const LAST_HAND: u32 = 36;

impl Scene {
    /// What is done by hand in a frame. What another thread finds out has come by the next step.
    fn by_hand(&self) -> Vec<Input> {
        match (self.name.as_str(), self.frame) {
            ("actual-size", 5) => pressed(Modifiers::COMMAND, Key::Num1),
            ("keys", 5) => pressed(Modifiers::SHIFT, Key::Questionmark),
            ("starting", 5 | 6) => pressed(Modifiers::NONE, Key::Tab),
            ("crop" | "more" | "combine" | "adjust", 9) => pressed(Modifiers::COMMAND, Key::A),
            ("looking-back", 10 | 14) => pressed(Modifiers::NONE, Key::PageUp),
            ("crop", 10) => pressed(Modifiers::NONE, Key::C),
            ("crop", 11) => vec![Input::ModifiersChanged(Modifiers::SHIFT)],
            ("crop", 12) => times(14, &pressed(Modifiers::SHIFT, Key::ArrowLeft)),
            ("crop", 13) => times(40, &pressed(Modifiers::SHIFT, Key::ArrowUp)),
            ("crop", 14) => vec![Input::ModifiersChanged(Modifiers::NONE)],
            ("crop", 15) => {
                times(8, &[Key::ArrowRight, Key::ArrowDown].map(|key| pressed(Modifiers::NONE, key)).concat())
            }
            ("split", 10) => pressed(Modifiers::NONE, Key::S),
            ("adjust", 10) => pressed(Modifiers::NONE, Key::A),
            ("save-more", 10) => pressed(Modifiers::COMMAND, Key::S),
            ("save-more", 22..=29) => pressed(Modifiers::NONE, Key::Tab),
            ("save-more", 31) => pressed(Modifiers::NONE, Key::Space),
            ("auto-save", 10) => pressed(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::S),
            ("import", 10) => pressed(Modifiers::COMMAND, Key::I),
            ("documents" | "trash" | "rename" | "clean-up" | "delete" | "told" | "no-documents", 10) => {
                pressed(Modifiers::COMMAND, Key::O)
            }
            ("trash" | "delete", 20..=21) => pressed(Modifiers::NONE, Key::Tab),
            ("trash" | "delete", 23) => pressed(Modifiers::NONE, Key::Space),
            ("delete", 25) => pressed(Modifiers::NONE, Key::Tab),
            ("delete", 28) => pressed(Modifiers::NONE, Key::Delete),
            ("documents", 20) => clicked(self.middle()),
            ("rename" | "clean-up" | "told", 20 | 22) => pressed(Modifiers::NONE, Key::ArrowDown),
            ("rename", 25) => pressed(Modifiers::NONE, Key::F2),
            ("clean-up", 24..=27) => pressed(Modifiers::NONE, Key::Tab),
            ("clean-up", 30) => pressed(Modifiers::NONE, Key::Space),
            ("combine", 10) => pressed(Modifiers::NONE, Key::B),
            ("more", 10) => clicked(self.end_of_the_tools()),
            ("menu", 10) => clicked(self.right_of_the_bar()),
            ("save" | "replace" | "save-error", 10) => pressed(Modifiers::COMMAND, Key::S),
            ("replace", 22) => {
                let typed = Input::Text(TAKEN.to_owned());
                [pressed(Modifiers::COMMAND, Key::A), vec![typed]].concat()
            }
            ("replace" | "save-error", 25) => pressed(Modifiers::NONE, Key::Enter),
            _ => Vec::new(),
        }
    }

    /// The middle of the menu's button.
    fn right_of_the_bar(&self) -> egui::Pos2 {
        egui::pos2(self.width - 34.0, 30.0)
    }

    /// The button behind the last tool.
    fn end_of_the_tools(&self) -> egui::Pos2 {
        let at = if self.width > 1000.0 { 148.0 + 517.0 } else { 112.0 + 365.0 };
        egui::pos2(at, 82.0)
    }

    fn middle(&self) -> egui::Pos2 {
        egui::pos2(self.width / 2.0, if self.width > 1000.0 { 400.0 } else { 240.0 })
    }

    /// Plays a session whose disk takes no file.
    fn refuse_to_save(&self) {
        for command in self.session.take_sent() {
            match command {
                Command::Save(wish) => {
                    let kind = std::io::ErrorKind::PermissionDenied;
                    let error = Arc::new(ExportError::NotWritable { path: wish.target, kind });
                    let matter = Matter::SaveFailed(error.clone());
                    self.session.change(|shown| shown.notices = vec![Notice { number: 1, matter }]);
                    self.session.happens(Event::SaveFailed(error));
                }
                Command::DismissNotice(_) => self.session.change(|shown| shown.notices.clear()),
                _ => {}
            }
        }
    }
}

fn pressed(modifiers: Modifiers, key: Key) -> Vec<Input> {
    let event = |pressed| Input::Key { key, physical_key: None, pressed, repeat: false, modifiers };
    vec![event(true), event(false)]
}

fn times(count: usize, inputs: &[Input]) -> Vec<Input> {
    std::iter::repeat_n(inputs, count).flatten().cloned().collect()
}

fn clicked(pos: egui::Pos2) -> Vec<Input> {
    let button = |pressed| Input::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    vec![Input::PointerMoved(pos), button(true), button(false)]
}

impl eframe::App for Scene {
    fn raw_input_hook(&mut self, _ctx: &egui::Context, input: &mut egui::RawInput) {
        self.frame += 1;
        // Without a window manager no window has the keyboard.
        input.focused = true;
        input.events.extend(self.by_hand());
    }

    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.width = ctx.content_rect().width();
        if self.frame == 8 {
            let end = staged(&self.name);
            self.session.change(|shown| *shown = end);
        }
        if self.frame == 24 && self.name == "told" {
            let elsewhere = DocumentId::new("elsewhere").unwrap_or_else(|| unreachable!("a plain name"));
            let matter = Matter::Document(DocumentTrouble::OpenElsewhere(elsewhere));
            self.session.change(|shown| shown.notices = vec![Notice { number: 1, matter }]);
        }
        self.refuse_to_save();
        if !self.session.draw_pictures().is_empty() || self.frame < LAST_HAND {
            ctx.request_repaint();
        }
        self.app.logic(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.show(ui);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        self.app.clear_color(visuals)
    }
}

/// A job whose page of this number is under way.
fn arriving(number: u64, rows: u32) -> Snapshot {
    let whole = (1..number).map(|at| page(at, PageState::Complete));
    Snapshot {
        pages: whole.chain([page(number, PageState::Arriving)]).collect(),
        scan: ScanState::Scanning(scanning(number, rows)),
        ..ready()
    }
}

/// How things stand in a scene. All pages but those of one scene are in no file.
fn staged(scene: &str) -> Snapshot {
    let shown = scene_of(scene);
    let unsaved = if scene == "saved" { Unsaved::Nothing } else { Unsaved::Pages(shown.pages.len() as u32) };
    let document = Some(PathBuf::from("/home/ada/.local/share/lightbar/documents/20260412-101530-1"));
    Snapshot { unsaved, document, ..shown }
}

fn scene_of(scene: &str) -> Snapshot {
    let whole = |numbers: std::ops::RangeInclusive<u64>| numbers.map(|at| page(at, PageState::Complete));
    let jam = |rows| Paused {
        scanning: scanning(4, rows),
        failure: DeviceFailure::new(Condition::PaperJam, "ScannerAdfJam"),
    };
    match scene {
        "scanning" | "looking-back" => arriving(3, 1204),
        "silent" => {
            let mut job = scanning(3, 1204);
            job.progress.silent = Duration::from_secs(23);
            Snapshot {
                pages: whole(1..=2).chain([page(3, PageState::Arriving)]).collect(),
                scan: ScanState::Scanning(job),
                ..ready()
            }
        }
        "starting" => {
            let mut job = scanning(1, 0);
            (job.page, job.live, job.phase) = (None, None, Phase::WarmingUp);
            Snapshot { scan: ScanState::Scanning(job), ..ready() }
        }
        "partial" => {
            Snapshot { pages: whole(1..=2).chain([page(3, PageState::Partial { rows: 1980 })]).collect(), ..ready() }
        }
        "damaged" => {
            Snapshot { pages: whole(1..=2).chain([page(3, PageState::Damaged { rows: 1980 })]).collect(), ..ready() }
        }
        "not-cropped" => {
            let left_alone = NotCropped { beside: vec![2], arriving: vec![] };
            Snapshot { pages: whole(1..=3).collect(), ..with_notice(Matter::NotCropped(left_alone)) }
        }
        "paused" => Snapshot {
            pages: whole(1..=3).chain([page(4, PageState::Arriving)]).collect(),
            scan: ScanState::Paused(jam(1980)),
            ..ready()
        },
        "no-scanner" => Snapshot { devices: vec![virtual_entry()], ..Snapshot::default() },
        "searching" => Snapshot { searching: true, ..Snapshot::default() },
        "trouble" => {
            let mut shown = ready();
            if let Some(chosen) = &mut shown.chosen {
                chosen.offers = None;
                chosen.trouble = Some(DeviceTrouble::Driver(DriverError::Usb(UsbError::NoPermission)));
            }
            shown
        }
        "paused-early" => {
            let mut job = scanning(1, 0);
            (job.page, job.live) = (None, None);
            let failure = DeviceFailure::new(Condition::PaperJam, "ScannerAdfJam");
            Snapshot { scan: ScanState::Paused(Paused { scanning: job, failure }), ..ready() }
        }
        "skipped" => Snapshot { left_out: vec![3], ..arriving(3, 1204) },
        "long-name" => {
            let mut shown = ready();
            if let Some(chosen) = &mut shown.chosen {
                chosen.entry.name = "HP Color LaserJet Pro MFP M283fdw (8A3F21)".to_owned();
            }
            shown
        }
        "failed" => {
            let failure = DeviceFailure::new(Condition::Offline, "gone");
            let end = JobEnd::Failed(TransferError::Acquire(AcquireError::Device(failure)));
            let report =
                JobReport { transfer: TransferId::next(), end, complete: 2, partial: 1, skipped: 0, beyond: 0 };
            Snapshot {
                pages: whole(1..=2).chain([page(3, PageState::Partial { rows: 1980 })]).collect(),
                ..with_notice(Matter::JobEnded(report))
            }
        }
        "saved" => {
            let files = vec![PathBuf::from("/home/ada/Documents/Letter.pdf")];
            let saved = Saved { files, pages: 3, ..Saved::default() };
            Snapshot { pages: whole(1..=3).collect(), ..with_notice(Matter::Saved(saved)) }
        }
        "not-responding" => Snapshot { pages: whole(1..=3).collect(), ..with_notice(Matter::DeviceNotResponding) },
        "adjust" => {
            let mut pages: Vec<_> = whole(1..=9).collect();
            for page in &mut pages {
                page.face.look.tone = Tone { brightness: 12, contrast: 30, threshold: Some(140) };
            }
            Snapshot { pages: pages.into(), undo: Some("Brightness"), ..ready() }
        }
        "documents" => Snapshot {
            pages: whole(1..=3).collect(),
            id: DocumentId::new("20260412-101530-1"),
            library: Some(Arc::new(shelf())),
            ..ready()
        },
        "trash" | "rename" | "clean-up" | "delete" | "told" => scene_of("documents"),
        "no-documents" => Snapshot { library: Some(Arc::new(Shelf::default())), ..ready() },
        "turned" => {
            let mut shown = scene_of("partial");
            let mut pages = shown.pages.to_vec();
            if let Some(page) = pages.last_mut() {
                page.face.look.rotation = Rotation::Quarter;
                (page.width, page.height) = (page.height, page.width);
                page.state = PageState::Partial { rows: page.height };
            }
            shown.pages = pages.into();
            shown
        }
        "cleared" => Snapshot { undo: Some("Clear"), ..ready() },
        "auto-on" => {
            let folder = "/home/ada/Documents/Scans".into();
            let wish = AutoSave { folder, name: "Scan {date}-{counter}.pdf".to_owned(), format: FileFormat::Pdf };
            Snapshot { pages: whole(1..=3).collect(), auto_save: Some(Arc::new(wish)), ..ready() }
        }
        "importing" => {
            let importing =
                Importing { name: "Contract with all its annexes.pdf".to_owned(), done: 12, pages: Some(40) };
            Snapshot { pages: whole(1..=3).collect(), importing: Some(importing), ..ready() }
        }
        "import-password" | "import-wrong" => {
            let name = "Lease of the flat in Cedar Street.pdf".to_owned();
            let locked = Some(LockedFile { number: 1, name: name.clone(), was_wrong: scene == "import-wrong" });
            let importing = Some(Importing { name, ..Importing::default() });
            Snapshot { pages: whole(1..=3).collect(), importing, locked, ..ready() }
        }
        "imported" => {
            let file = ImportedFile { name: "Contract.pdf".to_owned(), pages: 3, remarks: Vec::new() };
            Snapshot { pages: whole(1..=3).collect(), ..with_notice(Matter::Imported(file)) }
        }
        "menu" => Snapshot { pages: whole(1..=3).collect(), undo: Some("Delete"), redo: Some("Delete"), ..ready() },
        "done" | "actual-size" | "keys" | "crop" | "split" | "more" | "combine" => {
            Snapshot { pages: whole(1..=9).collect(), ..ready() }
        }
        "save" | "save-more" | "auto-save" | "import" | "replace" | "save-error" => {
            Snapshot { pages: whole(1..=3).collect(), ..ready() }
        }
        _ => ready(),
    }
}

/// Documents of every kind.
fn shelf() -> Shelf {
    const DAY: u64 = 86_400;
    let entry = |name: &str, title: Option<&str>, days: u64, pages: u32| Entry {
        id: DocumentId::new(name).unwrap_or_else(|| unreachable!("a plain name")),
        title: title.map(str::to_owned),
        began: Some(1_776_000_000 - days * DAY),
        changed: 1_776_000_000 - days * 81_000,
        pages,
        partial: 0,
        damaged: 0,
        saved_to: None,
        came_from: None,
        bytes: u64::from(pages) * 1_430_000,
        history: Freed { documents: 0, pages: 2, bytes: 2_860_000 },
        state: EntryState::Closed,
    };
    let mut here = entry("20260412-101530-1", None, 0, 3);
    (here.partial, here.state) = (1, EntryState::Open);
    let mut letter = entry("letter", None, 1, 2);
    letter.saved_to = Some("/home/ada/Documents/Letter to the landlord.pdf".into());
    let mut elsewhere = entry("elsewhere", Some("Receipts of spring"), 3, 41);
    elsewhere.state = EntryState::Open;
    let mut damaged = entry("damaged", Some("Lease"), 12, 14);
    damaged.state = EntryState::Damaged;
    let contract = entry("contract", Some("Contract with a long title that says all there is to say about it"), 20, 8);
    let documents = vec![here, letter, elsewhere, damaged, contract, entry("old", Some("Tax return"), 90, 112)];
    Shelf { documents, trash: vec![entry("gone", None, 100, 1)] }
}

fn with_notice(matter: Matter) -> Snapshot {
    Snapshot { notices: vec![Notice { number: 1, matter }], ..ready() }
}
