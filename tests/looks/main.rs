//! Shows one scene in a real window, to be looked at and photographed: `screenshots.sh` does that
//! for all of them. Run without the name of a scene it does nothing.
//!
//! `cargo test --test looks -- scanning dark 1200x800`
//!
//! `looks frames DEVICE FOLDER` scans in a real window instead and says how long its frames took (`frames.rs`).

mod frames;

#[path = "../suite/support/staged_session.rs"]
#[allow(dead_code)]
mod staged_session;

use std::time::Duration;

use eframe::egui;
use lightbar::minidriver::{Condition, DeviceFailure, DriverError};
use lightbar::session::{DeviceTrouble, PageState, Paused, Phase, ScanState, Snapshot};
use lightbar::ui::{Application, StartWith};
use lightbar::usb::UsbError;
use staged_session::{StagedSession, page, ready, scanning, virtual_entry};

const SCENES: [&str; 12] = [
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
];

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
    let options = eframe::NativeOptions { viewport: viewport(size.unwrap_or(USUAL_SIZE)), ..Default::default() };
    let run = eframe::run_native(
        "Lightbar",
        options,
        Box::new(move |creation| {
            let ctx = creation.egui_ctx.clone();
            ctx.set_theme(if dark { egui::Theme::Dark } else { egui::Theme::Light });
            // A page that broke off was seen to arrive before.
            let first = match scene.as_str() {
                "partial" => arriving(3, 1980),
                "paused" => arriving(4, 1980),
                other => staged(other),
            };
            let session = StagedSession::new(first);
            let app = Application::new(&ctx, Box::new(session.clone()), &StartWith::default());
            Ok(Box::new(Scene { app, session, name: scene, frame: 0 }))
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

/// The window with somebody who draws pictures and presses the keys the scene needs.
struct Scene {
    app: Application,
    session: std::sync::Arc<StagedSession>,
    name: String,
    frame: u32,
}

impl eframe::App for Scene {
    fn raw_input_hook(&mut self, _ctx: &egui::Context, input: &mut egui::RawInput) {
        self.frame += 1;
        // Without a window manager no window has the keyboard.
        input.focused = true;
        let key = match (self.name.as_str(), self.frame) {
            ("actual-size", 5) => Some((egui::Key::Num1, egui::Modifiers::COMMAND)),
            ("keys", 5) => Some((egui::Key::Questionmark, egui::Modifiers::SHIFT)),
            ("starting", 5 | 6) => Some((egui::Key::Tab, egui::Modifiers::NONE)),
            _ => None,
        };
        if let Some((key, modifiers)) = key {
            let event = |pressed| egui::Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
            input.events.extend([event(true), event(false)]);
        }
    }

    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        if self.frame == 8 {
            let end = staged(&self.name);
            self.session.change(|shown| *shown = end);
        }
        if !self.session.draw_pictures().is_empty() || self.frame < 12 {
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

fn staged(scene: &str) -> Snapshot {
    let whole = |numbers: std::ops::RangeInclusive<u64>| numbers.map(|at| page(at, PageState::Complete));
    let jam = |rows| Paused {
        scanning: scanning(4, rows),
        failure: DeviceFailure::new(Condition::PaperJam, "ScannerAdfJam"),
    };
    match scene {
        "scanning" => arriving(3, 1204),
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
        "partial" => Snapshot {
            pages: whole(1..=2).chain([page(3, PageState::Partial { rows: 1980 })]).collect(),
            undo: Some("scan"),
            ..ready()
        },
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
                chosen.items = None;
                chosen.trouble = Some(DeviceTrouble::Driver(DriverError::Usb(UsbError::NoPermission)));
            }
            shown
        }
        "done" | "actual-size" | "keys" => Snapshot { pages: whole(1..=9).collect(), ..ready() },
        _ => ready(),
    }
}
