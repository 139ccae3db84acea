//! The whole application without a window, on a simulated scanner: commands in, events and pages out.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lightbar::clock::{Clock, ManualClock, Signal, SystemClock, Waker};
use lightbar::export::FileFormat;
use lightbar::minidriver::{DeviceFailure, PageLimit, Source};
use lightbar::session::settings::ScanSettings;
use lightbar::session::{
    Command, DeviceId, DocumentChoice, Event, JobReport, PageState, SaveWish, Saved, ScanState, ScanWish, Session,
    SessionOptions, Snapshot,
};
use lightbar::units::Dpi;
use lightbar::virtual_device::{Options, VirtualScanner};

/// A test that waits longer than this for anything has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Pages that are quickly drawn: A4 at 75 dpi has 620 by 877 pixels.
pub(crate) fn small() -> ScanSettings {
    ScanSettings { dpi: Dpi(75), ..ScanSettings::default() }
}

/// A session, its scanner, and a folder for both.
pub(crate) struct Bench {
    pub(crate) session: Session,
    pub(crate) scanner: VirtualScanner,
    /// Set after every change of what is shown.
    changed: Signal,
    wall: Arc<SystemClock>,
    clock: Arc<dyn Clock>,
    model: String,
    pub(crate) folder: tempfile::TempDir,
}

impl Bench {
    /// On a clock that moves when somebody waits: everything happens at once.
    pub(crate) fn new(model: &str, faults: &str, sheets: u32) -> Bench {
        Bench::on_clock(ManualClock::start(), model, faults, sheets)
    }

    /// On the clock on the wall, with a device as fast as it goes: for a device that falls silent.
    pub(crate) fn on_the_wall(model: &str, faults: &str, sheets: u32) -> Bench {
        Bench::on_clock(SystemClock::start(), model, faults, sheets)
    }

    fn on_clock(clock: Arc<dyn Clock>, model: &str, faults: &str, sheets: u32) -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options {
            sheets: Some(sheets),
            reload: None,
            pages_per_minute: Some(0.0),
            faults: faults.parse().expect("faults"),
            ..Options::default()
        };
        let scanner = VirtualScanner::new(model, options, clock.clone()).expect("a model");
        let changed = Signal::new();
        let options = SessionOptions { discover: false, ..SessionOptions::in_folder(folder.path().join("nothing")) };
        let session = Session::start(options).expect("it starts");
        let (wall, model) = (SystemClock::start(), model.to_owned());
        let mut bench = Bench { session, scanner, changed, wall, clock, model, folder };
        bench.restart();
        bench
    }

    /// The program starts, again if it ran, and has its scanner.
    pub(crate) fn restart(&mut self) {
        self.end_session();
        let session = Session::start(SessionOptions {
            changed: Waker::from(self.changed.clone()),
            clock: self.clock.clone(),
            plugged: vec![self.scanner.clone()],
            discover: false,
            pictures: true,
            document: DocumentChoice::Last,
            ..SessionOptions::in_folder(self.path("data"))
        });
        self.session = session.expect("it starts");
        self.send(Command::ChooseDevice(DeviceId(format!("virtual:{}", self.model))));
        let asked = self.until(|event| match event {
            Event::DeviceAsked(result) => Some(result),
            _ => None,
        });
        asked.expect("the scanner can be used");
    }

    pub(crate) fn send(&self, command: Command) {
        assert!(self.session.send(command), "the command was not taken");
    }

    /// Takes events until one is what is waited for.
    pub(crate) fn until<T>(&self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let event = self.session.events().recv_deadline(deadline).expect("the event comes in time");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    /// Looks at snapshots until one is what is waited for.
    pub(crate) fn until_shown(&self, mut wanted: impl FnMut(&Snapshot) -> bool) -> Arc<Snapshot> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let snapshot = self.session.snapshot();
            if wanted(&snapshot) {
                return snapshot;
            }
            assert!(Instant::now() < deadline, "never shown; last: {snapshot:?}");
            self.wall.wait(&self.changed, self.wall.now() + Duration::from_secs(1));
            self.changed.take();
        }
    }

    pub(crate) fn scan(&self, source: Source) {
        self.scan_with(source, small(), PageLimit::All);
    }

    pub(crate) fn scan_with(&self, source: Source, settings: ScanSettings, pages: PageLimit) {
        self.send(Command::Scan(ScanWish { source, settings, pages }));
    }

    /// The program ends; what is on the disk stays.
    pub(crate) fn end_session(&mut self) {
        let options = SessionOptions { discover: false, ..SessionOptions::in_folder(self.path("nothing")) };
        let nobody = Session::start(options).expect("it starts");
        std::mem::replace(&mut self.session, nobody).close();
    }

    /// The end of the job under way.
    pub(crate) fn job_ends(&self) -> JobReport {
        self.until(|event| match event {
            Event::JobEnded(report) => Some(report),
            Event::Refused(error) => panic!("refused: {error}"),
            _ => None,
        })
    }

    /// What the job under way waits for a person with.
    pub(crate) fn pauses(&self) -> DeviceFailure {
        self.until(|event| match event {
            Event::Paused(_, failure) => Some(failure),
            Event::JobEnded(report) => panic!("it ended: {report:?}"),
            _ => None,
        })
    }

    /// Waits until the job's device is at rest.
    pub(crate) fn device_rests(&self) {
        self.until_shown(|snapshot| matches!(snapshot.scan, ScanState::Idle));
    }

    pub(crate) fn save_pdf(&self, name: &str) -> Saved {
        let target = self.path(name);
        self.send(Command::Save(SaveWish::of(target, FileFormat::Pdf)));
        self.until(|event| match event {
            Event::Saved(saved) => Some(saved),
            Event::SaveFailed(error) => panic!("{error}"),
            _ => None,
        })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The states of the document's pages, in order.
    pub(crate) fn pages(&self) -> Vec<PageState> {
        self.session.snapshot().pages.iter().map(|page| page.state).collect()
    }
}
