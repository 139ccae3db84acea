//! The process that is killed, or whose disk is recorded: it scans, edits and saves, and says on standard
//! output what it was told, one line each, before it does anything else. Its parent is another test of this binary.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command as Process;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, at, bounded, select};
use lightbar::clock::{SystemClock, Waker};
use lightbar::document::{Edit, Rotation};
use lightbar::export::FileFormat;
use lightbar::minidriver::{PageLimit, Source};
use lightbar::raster::{PixelWindow, Tone};
use lightbar::session::settings::{Paper, ScanSettings};
use lightbar::session::{
    Command, DeviceId, DocumentChoice, Event, Made, PageState, PageView, SaveWish, ScanState, ScanWish, Session,
    SessionOptions,
};
use lightbar::units::{Dpi, Length};
use lightbar::virtual_device::{Options, VirtualScanner};
use serde::{Deserialize, Serialize};

use super::found::StateOfPages;
use crate::support::random::Random;

/// What the worker is to do, as JSON.
const TASK: &str = "LIGHTBAR_WORKER_TASK";
/// Begins every line that means something; the test's own frame has others.
const MARK: &str = "@";
/// A worker that waits longer than this for anything has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Sheets of one job.
const SHEETS: u64 = 2;

/// What a worker is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Task {
    /// Where it works: `data` and `out` lie there.
    pub(super) folder: String,
    pub(super) seed: u64,
    /// How often it scans, edits and saves.
    pub(super) rounds: u32,
    /// Edits of one round.
    pub(super) edits: u32,
    /// Of the scanner; 0: as fast as it goes.
    pub(super) pages_per_minute: f64,
    /// Begins with the document that is there.
    pub(super) goes_on: bool,
    /// Scans pages of many bands, and not of a few.
    pub(super) large_pages: bool,
    /// Says how far the page under way is, too.
    pub(super) says_how_far: bool,
}

/// What a worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Said {
    Scanning,
    Editing,
    Saving,
    /// The document exists.
    Document(String),
    /// So much of the page under way is there, as a person sees it.
    Received {
        page: u64,
        bytes: u64,
        rows: u32,
    },
    /// All of a page came, and it was said to be complete.
    Complete(u64),
    /// What a person sees after a change was made, or after a page was over.
    State(StateOfPages),
    /// A file has this many pages.
    Saved(u32),
    /// Everything is done.
    Done,
}

impl Said {
    /// Of a line of a worker's output.
    pub(super) fn in_line(line: &str) -> Option<Said> {
        serde_json::from_str(line.strip_prefix(MARK)?).ok()
    }
}

/// A worker, ready to be started.
pub(super) fn command(task: &Task) -> Process {
    let mut command = child("durability::worker::work");
    command.env(TASK, serde_json::to_string(task).expect("a task can be written"));
    command
}

/// A test of this binary as a process of its own.
pub(super) fn child(test: &str) -> Process {
    let mut command = Process::new(std::env::current_exe().expect("a test has a path"));
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
    command
}

#[test]
#[ignore = "runs as the child of this module's tests"]
fn work() {
    let Some(task) = std::env::var_os(TASK) else { return };
    let task: Task = serde_json::from_str(&task.to_string_lossy()).expect("a task");
    Worker::new(task).run();
}

struct Worker {
    task: Task,
    random: Random,
    session: Session,
    scanner: VirtualScanner,
    /// Something is shown that was not.
    changed: Receiver<()>,
    known: BTreeSet<String>,
}

impl Worker {
    fn new(task: Task) -> Worker {
        let clock = SystemClock::start();
        let options = Options {
            sheets: Some(0),
            reload: None,
            pages_per_minute: Some(task.pages_per_minute),
            ..Options::default()
        };
        let scanner = VirtualScanner::new("feeder", options, clock.clone()).expect("a model");
        let (tell, changed) = bounded(1);
        let session = Session::start(SessionOptions {
            changed: Waker::new(move || {
                // One that waits to be heard is enough.
                let _ = tell.try_send(());
            }),
            pictures: task.says_how_far,
            clock: Arc::<SystemClock>::clone(&clock),
            plugged: vec![scanner.clone()],
            discover: false,
            document: if task.goes_on { DocumentChoice::Last } else { DocumentChoice::New },
            ..SessionOptions::in_folder(Path::new(&task.folder).join("data"))
        });
        let random = Random::seeded(task.seed);
        let session = session.expect("it starts");
        let mut worker = Worker { task, random, session, scanner, changed, known: BTreeSet::new() };
        if worker.task.goes_on {
            let opened = worker.until(|event| match event {
                Event::DocumentOpened(result) => Some(result),
                _ => None,
            });
            let id = opened.expect("it opens").as_str().to_owned();
            worker.known.insert(id.clone());
            say(&Said::Document(id));
            say(&Said::State(worker.state()));
        }
        worker.send(Command::ChooseDevice(DeviceId("virtual:feeder".to_owned())));
        worker.until(|event| matches!(event, Event::DeviceAsked(Ok(()))).then_some(()));
        worker
    }

    fn run(mut self) {
        for _ in 0..self.task.rounds {
            self.scan();
            say(&Said::Editing);
            for _ in 0..self.task.edits {
                self.edit();
            }
            self.save();
        }
        say(&Said::Done);
        self.session.close();
    }

    fn send(&self, command: Command) {
        assert!(self.session.send(command), "the command was not taken");
    }

    fn until<T>(&self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let event = self.session.events().recv_deadline(deadline).expect("the event comes in time");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    fn scan(&mut self) {
        say(&Said::Scanning);
        self.scanner.load_sheets((1 + self.random.below(SHEETS)) as u32);
        // A page that is to be met under way has many bands.
        let (width, height, dpi) = if self.task.large_pages { (105, 148, 200) } else { (40, 50, 75) };
        let paper = Paper::Custom { width: Length::from_mm(width), height: Length::from_mm(height) };
        let settings = ScanSettings { dpi: Dpi(dpi), paper, ..ScanSettings::default() };
        self.send(Command::Scan(ScanWish { source: Source::Duplex, settings, pages: PageLimit::All }));
        let (mut so_far, deadline) = (None, Instant::now() + PATIENCE);
        loop {
            let event = select! {
                recv(self.session.events()) -> event => event.expect("the session is there"),
                recv(self.changed) -> _ => {
                    self.say_how_far(&mut so_far);
                    continue;
                }
                recv(at(deadline)) -> _ => panic!("the job does not end"),
            };
            match event {
                Event::PageBegan(..) => {
                    let id = self.session.snapshot().id.clone().map(|id| id.as_str().to_owned());
                    if let Some(id) = id.filter(|id| self.known.insert(id.clone())) {
                        say(&Said::Document(id));
                    }
                }
                Event::PageEnded { page, complete, .. } => {
                    if complete {
                        say(&Said::Complete(page.0));
                    }
                    say(&Said::State(self.state()));
                }
                Event::JobEnded(report) => {
                    assert!(report.complete > 0 && report.partial == 0, "{report:?}");
                }
                Event::Settled(..) => break,
                Event::Refused(error) => panic!("refused: {error}"),
                _ => {}
            }
        }
        assert!(matches!(self.session.snapshot().scan, ScanState::Idle));
    }

    /// Says how far the page under way is, if that is wanted and new.
    fn say_how_far(&self, so_far: &mut Option<Said>) {
        let snapshot = self.session.snapshot();
        let Some(job) = snapshot.scan.job().filter(|_| self.task.says_how_far) else { return };
        let Some(page) = job.page.filter(|_| job.progress.bytes > 0) else { return };
        let said = Said::Received { page: page.0, bytes: job.progress.bytes, rows: job.progress.rows };
        if so_far.as_ref() != Some(&said) {
            say(&said);
            *so_far = Some(said);
        }
    }

    /// The pages that are over, as a person sees them.
    fn state(&self) -> StateOfPages {
        let shown = self.session.snapshot();
        let pages = shown.pages.iter().filter(|page| page.state != PageState::Arriving);
        StateOfPages(pages.map(|page| (page.id.0, page.face.look)).collect())
    }

    fn edit(&mut self) {
        let pages: Vec<PageView> = self.session.snapshot().pages.to_vec();
        let command = self.some_edit(&pages);
        self.send(command);
        let made = self.until(|event| match event {
            Event::Changed(made) => Some(made),
            _ => None,
        });
        // What is not written down is not promised.
        assert_ne!(made, Made::NotWrittenDown, "this disk is in order");
        say(&Said::State(self.state()));
    }

    fn some_edit(&mut self, pages: &[PageView]) -> Command {
        let mut below = |end: usize| self.random.below(end.max(1) as u64) as usize;
        let undo = below(4);
        if undo == 0 || pages.is_empty() {
            return Command::Undo;
        }
        if undo == 1 {
            return Command::Redo;
        }
        let (one, two) = (&pages[below(pages.len())], &pages[below(pages.len())]);
        let window = PixelWindow { left: 3, top: 5, width: 40 + below(20) as u32, height: 50 };
        Command::Edit(match below(9) {
            0 => Edit::Rotate { pages: vec![one.id], by: [Rotation::Quarter, Rotation::Half][below(2)] },
            1 => Edit::Rotate { pages: pages.iter().map(|page| page.id).collect(), by: Rotation::Half },
            2 => return Command::DeletePages(vec![one.id]),
            3 => Edit::Move { pages: vec![one.id], after: Some(two.id).filter(|two| *two != one.id) },
            4 => Edit::Tone { pages: vec![one.id], tone: Tone { brightness: below(50) as i8, ..Tone::default() } },
            5 => Edit::Crop(vec![(one.id, Some(window))]),
            6 => return Command::Split { page: one.id, parts: vec![window, PixelWindow { top: 60, ..window }] },
            7 if pages.len() > 3 => {
                Edit::Interleave { fronts: vec![pages[0].id, pages[1].id], backs: vec![pages[3].id, pages[2].id] }
            }
            _ => return Command::SetTitle(Some(format!("Title {}", below(100)))),
        })
    }

    fn save(&mut self) {
        if self.session.snapshot().pages.is_empty() {
            return;
        }
        say(&Said::Saving);
        self.send(Command::Save(
            SaveWish::of(Path::new(&self.task.folder).join("out/x.pdf"), FileFormat::Pdf).overwriting(true),
        ));
        let saved = self.until(|event| match event {
            Event::Saved(saved) => Some(saved),
            Event::SaveFailed(error) => panic!("{error}"),
            _ => None,
        });
        say(&Said::Saved(saved.pages));
    }
}

/// Says something in one write, on lines of its own.
fn say(said: &Said) {
    let line = format!("\n{MARK}{}\n", serde_json::to_string(said).expect("it can be written"));
    let mut stdout = io::stdout().lock();
    stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()).expect("somebody listens");
}
