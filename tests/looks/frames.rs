//! How long the window's frames take while a page arrives from a device: the whole of each frame, from before the first
//! thought of it until it was handed to the display. `tests/scripts/frames.sh` runs it and knows the budget's conditions.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui;
use lightbar::minidriver::{ColorMode, PageLimit, Source};
use lightbar::session::settings::{Paper, ScanSettings};
use lightbar::session::{Command, PageState, ScanState, ScanWish, Session, SessionOptions, Snapshot};
use lightbar::ui::{Application, Repaint, StartWith, native_options};
use lightbar::units::Dpi;

/// Not counted, from the first row of each page on (design, section 9).
const FIRST: Duration = Duration::from_secs(1);
/// The budget: this is not exceeded by 99 of 100 frames …
const P99_LIMIT: Duration = Duration::from_micros(16_700);
/// … and this by at most one frame in a thousand.
const LATE: Duration = Duration::from_millis(33);
/// So many frames are needed to speak of one in a thousand: pages are scanned until they are there.
const ENOUGH: usize = 1000;
/// The longest that all of it may take.
const RUN_LIMIT: Duration = Duration::from_secs(400);

/// Scans 600 dpi colour pages from the glass of this device in a real window and prints how long the frames took.
/// Whether the budget holds.
///
/// # Errors
/// A sentence when nothing could be measured.
pub(crate) fn measure(device: String, data_dir: PathBuf, viewport: egui::ViewportBuilder) -> Result<bool, String> {
    let repaint = Repaint::default();
    let options = SessionOptions {
        changed: repaint.waker(),
        pictures: true,
        discover: false,
        ..SessionOptions::in_folder(data_dir)
    };
    let session = Arc::new(Session::start(options).map_err(|error| error.to_string())?);
    let seen = Rc::new(RefCell::new(Seen::default()));
    // Nothing may wait for a display's rhythm: only work counts.
    let glow_options = eframe::egui_glow::GlowConfiguration { vsync: false, ..Default::default() };
    let options = eframe::NativeOptions { viewport, glow_options, ..native_options() };
    let (watched, noted) = (session.clone(), seen.clone());
    let run = eframe::run_native(
        "Lightbar",
        options,
        Box::new(move |creation| {
            repaint.open(&creation.egui_ctx);
            let start = StartWith { device: Some(device), repaint: repaint.clone(), ..Default::default() };
            let app = Application::new(&creation.egui_ctx, Box::new(watched.clone()), &start);
            Ok(Box::new(Watched::new(app, watched, noted, repaint)))
        }),
    );
    if let Ok(session) = Arc::try_unwrap(session) {
        session.close();
    }
    run.map_err(|error| error.to_string())?;
    seen.borrow_mut().report()
}

/// What was seen, once the window is closed.
#[derive(Default)]
struct Seen {
    frames: Vec<Duration>,
    pages: usize,
    trouble: Option<String>,
}

impl Seen {
    fn report(&mut self) -> Result<bool, String> {
        if let Some(trouble) = self.trouble.take() {
            return Err(trouble);
        }
        self.frames.sort_unstable();
        let count = self.frames.len();
        if count < ENOUGH {
            return Err(format!("only {count} frames were seen on {} pages", self.pages));
        }
        let at = |percent: usize| self.frames[(count * percent).div_ceil(100).clamp(1, count) - 1];
        let over = |limit: Duration| self.frames.iter().filter(|frame| **frame > limit).count();
        let (p99, late) = (at(99), over(LATE));
        println!("frames {count} on {} pages", self.pages);
        for (name, time) in [("p50", at(50)), ("p90", at(90)), ("p99", p99), ("max", at(100))] {
            println!("{name} {:.1} ms", time.as_secs_f64() * 1000.0);
        }
        println!("over 16.7 ms: {}", over(P99_LIMIT));
        println!("over 33 ms: {late}");
        Ok(p99 <= P99_LIMIT && late * 1000 <= count)
    }
}

/// The window, watched: eframe asks for the background's colour before all else in a frame, and for the time between
/// two saves after all else, when the frame was handed to the display.
struct Watched {
    app: Application,
    session: Arc<Session>,
    seen: Rc<RefCell<Seen>>,
    outside: Repaint,
    opened: Instant,
    begun: Cell<Option<Instant>>,
    /// The first row of the page under way.
    first_row: Option<Instant>,
    stage: Stage,
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The device is being asked, or at rest between two pages.
    Waiting,
    /// A scan was asked for; this many pages were there before.
    Asked { before: usize },
    /// The window is closing.
    Over,
}

impl Watched {
    fn new(app: Application, session: Arc<Session>, seen: Rc<RefCell<Seen>>, outside: Repaint) -> Watched {
        let stage = Stage::Waiting;
        Watched { app, session, seen, outside, opened: Instant::now(), begun: Cell::new(None), first_row: None, stage }
    }

    fn follow(&mut self, ctx: &egui::Context) {
        let shown = self.session.snapshot();
        let rows = |shown: &Snapshot| match &shown.scan {
            ScanState::Scanning(scanning) => scanning.progress.rows,
            _ => 0,
        };
        if rows(&shown) == 0 {
            self.first_row = None;
        } else if self.first_row.is_none() {
            self.first_row = Some(Instant::now());
        }
        match self.stage {
            Stage::Waiting => self.ask(&shown),
            Stage::Asked { before } if shown.pages.len() > before && matches!(shown.scan, ScanState::Idle) => {
                self.stage = Stage::Waiting;
                self.seen.borrow_mut().pages = shown.pages.len();
                if shown.pages.iter().any(|page| page.state != PageState::Complete) {
                    self.end(Some("a page did not come whole".to_owned()));
                } else if self.seen.borrow().frames.len() >= ENOUGH {
                    self.end(None);
                } else {
                    self.ask(&shown);
                }
            }
            Stage::Asked { .. } | Stage::Over => {}
        }
        if self.stage != Stage::Over {
            if let Some(trouble) = shown.chosen.as_ref().and_then(|chosen| chosen.trouble.as_ref()) {
                self.end(Some(format!("{trouble:?}")));
            } else if self.opened.elapsed() > RUN_LIMIT {
                self.end(Some(format!("it takes too long; the scanner: {:?}", shown.scan)));
            }
            // So that the limit is seen also when nothing happens.
            ctx.request_repaint_after(Duration::from_secs(1));
        }
    }

    fn ask(&mut self, shown: &Snapshot) {
        let known = shown.chosen.as_ref().is_some_and(|chosen| chosen.offers.is_some());
        if known && matches!(shown.scan, ScanState::Idle) {
            let settings = ScanSettings { mode: ColorMode::Color, dpi: Dpi(600), paper: Paper::A4 };
            let pages = PageLimit::from_pages(1);
            if self.session.send(Command::Scan(ScanWish { source: Source::Flatbed, settings, pages })) {
                self.stage = Stage::Asked { before: shown.pages.len() };
            }
        }
    }

    fn end(&mut self, trouble: Option<String>) {
        self.stage = Stage::Over;
        self.seen.borrow_mut().trouble = trouble;
        // Its pages are saved nowhere: asked politely, it would ask back.
        self.outside.close_window();
    }
}

impl eframe::App for Watched {
    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        self.begun.set(Some(Instant::now()));
        self.app.clear_color(visuals)
    }

    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.follow(ctx);
        self.app.logic(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.show(ui);
    }

    fn auto_save_interval(&self) -> Duration {
        if let Some(begun) = self.begun.take()
            && self.first_row.is_some_and(|first| begun.duration_since(first) >= FIRST)
        {
            self.seen.borrow_mut().frames.push(begun.elapsed());
        }
        self.app.auto_save_interval()
    }
}
