//! See `main.rs`.

mod auto_saving;
mod cards;
mod closing;
mod devices;
mod documents;
mod editing;
mod everywhere;
mod held_keys;
mod importing;
mod job;
mod pages;
mod profiles;
mod real_session;
mod remembering;
mod saving;

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use lightbar::document::Unsaved;
use lightbar::session::{PageState, ScanState, Snapshot};
use lightbar::ui::{Application, Backend, StartWith};

use crate::support::staged_session::{StagedSession, page, ready, scanning};

/// The window in front of a staged session, without a display.
struct Stage {
    window: Harness<'static, Option<Application>>,
    session: Arc<StagedSession>,
}

const USUAL: (f32, f32) = (1200.0, 800.0);
const SMALLEST: (f32, f32) = (720.0, 480.0);
/// Seconds that pass with every frame.
const FRAME: f32 = 0.05;
/// What happens on another thread is waited for this long.
const LIMIT: Duration = Duration::from_secs(10);

impl Stage {
    fn open(snapshot: Snapshot) -> Stage {
        Stage::open_with(snapshot, StartWith::default(), USUAL)
    }

    fn open_with(snapshot: Snapshot, start: StartWith, size: (f32, f32)) -> Stage {
        let session = StagedSession::new(snapshot);
        let mut stage = Stage { window: window(session.clone(), start, size), session };
        stage.window.run_ok();
        stage
    }

    /// Changes the truth and shows it.
    fn change(&mut self, change: impl FnOnce(&mut Snapshot)) {
        self.session.change(change);
        self.window.run_ok();
    }

    fn click(&mut self, label: &str) {
        self.window.get_by_label(label).click();
        self.window.run_ok();
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.window.key_press_modifiers(modifiers, key);
        self.window.run_ok();
    }

    fn has(&self, label: &str) -> bool {
        self.window.query_all_by_label(label).next().is_some()
    }

    fn says(&self, part: &str) -> bool {
        self.window.query_all_by_label_contains(part).next().is_some()
    }

    /// The labels of the selected pages, in order.
    fn selected(&self) -> Vec<String> {
        let pages = self.window.query_all_by_role(egui::Role::ListBoxOption);
        let selected = pages.filter(|page| page.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True));
        selected.filter_map(|page| page.accesskit_node().label()).collect()
    }

    /// Lets the window's time pass until the big button hears the pointer again.
    fn pass_half_a_second(&mut self) {
        self.pass(0.55);
    }

    /// Lets the window's time pass, in seconds.
    fn pass(&mut self, seconds: f32) {
        self.window.run_steps((seconds / FRAME).ceil() as usize);
    }

    /// Shows frames until something is there that another thread finds out, and has found its place.
    fn until(&mut self, what: &str, there: impl Fn(&Stage) -> bool) {
        let limit = Instant::now() + LIMIT;
        while !there(self) {
            assert!(Instant::now() < limit, "{what} did not come");
            self.window.step();
            std::thread::yield_now();
        }
        self.window.run_ok();
    }
}

fn window(backend: Arc<dyn Backend>, start: StartWith, size: (f32, f32)) -> Harness<'static, Option<Application>> {
    Harness::builder().with_size(egui::vec2(size.0, size.1)).with_step_dt(FRAME).with_max_steps(8).build_ui_state(
        move |ui, app: &mut Option<Application>| {
            let app = app.get_or_insert_with(|| Application::new(ui.ctx(), Box::new(backend.clone()), &start));
            let ctx = ui.ctx().clone();
            app.logic(&ctx);
            app.show(ui);
        },
        None,
    )
}

fn with_pages(states: &[PageState]) -> Snapshot {
    let pages = states.iter().zip(1..).map(|(state, number)| page(number, *state)).collect();
    Snapshot { pages, unsaved: Unsaved::Pages(states.len() as u32), ..ready() }
}

fn arriving(number: u64) -> Snapshot {
    let whole = (1..number).map(|at| page(at, PageState::Complete));
    Snapshot {
        pages: whole.chain([page(number, PageState::Arriving)]).collect(),
        scan: ScanState::Scanning(scanning(number, 1204)),
        unsaved: Unsaved::Pages(number as u32),
        ..ready()
    }
}
