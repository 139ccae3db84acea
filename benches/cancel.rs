//! Cancel, measured: from `Cancel` to END_OF_TRANSFER with every received byte written to its file, or
//! to the end of a transfer that had not begun, over all virtual models and every phase of a job, with
//! the device in a process of its own on loopback HTTP. After each cancel the device is brought to rest
//! and scanned from again; that scan has to be right to the byte, otherwise the program fails.
//!
//! ```text
//! cargo bench --bench cancel                 1,000 trials
//! LIGHTBAR_TRIALS=100 LIGHTBAR_SEED=7 cargo bench --bench cancel
//! ```

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use crossbeam_channel::{Sender, bounded};
use lightbar::clock::SystemClock;
use lightbar::drivers::escl::{EsclDriver, EsclOptions};
use lightbar::http::{Address, RememberedIdentities, Trust};
use lightbar::minidriver::{
    AcquireEnd, Code, ColorMode, ItemCategory, OnMultiFeed, PageInfo, PageLimit, PageStream, ScanJob, Sides, Source,
    StreamError, Streams,
};
use lightbar::transfer::{Answer, Broker, NextStream, TransferCallback, TransferMessage};
use lightbar::units::{Area, Dpi, Length};
use lightbar::virtual_device::{FaultSpec, KeptDocuments, MODELS, Options, VirtualScanner};

const TRIALS: usize = 1_000;
const BUDGET: Duration = Duration::from_millis(100);
/// One trial in this many meets a device that went silent: each of them takes seconds.
const SILENT_EVERY: usize = 16;
/// Fast devices, so that a thousand trials fit into minutes.
const PAGES_PER_MINUTE: f64 = 600.0;
/// Sheets in a feeder; a model that draws sheets in ahead sends the third as well (R47).
const SHEETS: u32 = 3;
const SEED: u64 = 20_260_521;

/// When the person presses Stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    BeforeAccepted,
    BeforeFirstByte,
    MidPage,
    BetweenPages,
    AfterLast,
    Silent,
}

impl Phase {
    const ALL: [Phase; 6] = [
        Phase::BeforeAccepted,
        Phase::BeforeFirstByte,
        Phase::MidPage,
        Phase::BetweenPages,
        Phase::AfterLast,
        Phase::Silent,
    ];

    fn name(self) -> &'static str {
        match self {
            Phase::BeforeAccepted => "before the job is accepted",
            Phase::BeforeFirstByte => "before the first byte",
            Phase::MidPage => "in mid page",
            Phase::BetweenPages => "between pages",
            Phase::AfterLast => "after the last page",
            Phase::Silent => "device silent for ever",
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let result = match arguments.as_slice() {
        [_, word, model, folder] if word == "--device" => device(model, Path::new(folder)),
        _ => measure(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cancel: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The other process: a device, and a person who does what standard input says.
fn device(model: &str, folder: &Path) -> Result<()> {
    let options = Options {
        pages_per_minute: Some(PAGES_PER_MINUTE),
        sheets: Some(SHEETS),
        reload: Some(Duration::ZERO),
        sink: Some(KeptDocuments::in_folder(folder.to_owned())),
        ..Options::default()
    };
    let scanner = VirtualScanner::new(model, options, SystemClock::start())?;
    let server = scanner.serve_http("127.0.0.1:0")?;
    println!("{}", server.url());
    for line in std::io::stdin().lines() {
        match line?.as_str() {
            "fix" => scanner.fix(),
            faults => scanner.add_faults(faults.parse::<FaultSpec>()?),
        }
        println!("done");
    }
    Ok(())
}

/// A device in a process of its own, and a broker for it.
struct Desk {
    process: Child,
    person: ChildStdin,
    answers: BufReader<ChildStdout>,
    broker: Broker,
    source: Source,
    silent_reports: u32,
    sent: tempfile::TempDir,
    kept: tempfile::TempDir,
}

impl Desk {
    fn new(model: &str) -> Result<Desk> {
        let sent = tempfile::tempdir()?;
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--device", model])
            .arg(sent.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let person = process.stdin.take().context("no pipe")?;
        let mut answers = BufReader::new(process.stdout.take().context("no pipe")?);
        let mut url = String::new();
        answers.read_line(&mut url)?;
        let clock = SystemClock::start();
        let trust = Trust::new(RememberedIdentities::default());
        let address = Address::parse(url.trim())?;
        let driver = EsclDriver::open_address(address, trust, clock.clone(), &EsclOptions::default())?;
        let broker = Broker::new(Box::new(driver), clock);
        let flat = broker.items().iter().any(|item| item.category == ItemCategory::Flatbed);
        let source = if flat { Source::Flatbed } else { Source::Feeder };
        // A slow device repeats itself for seconds before its first byte.
        let silent_reports = if model == "slow" { 30 } else { 5 };
        let kept = tempfile::tempdir()?;
        Ok(Desk { process, person, answers, broker, source, silent_reports, sent, kept })
    }

    fn tell(&mut self, what: &str) -> Result<()> {
        writeln!(self.person, "{what}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        ensure!(answer.trim() == "done", "the device answered {answer:?} to {what:?}");
        Ok(())
    }

    /// Two small pages, so that there is a between.
    fn job(&self) -> ScanJob {
        let area = Area::of_size(Length::from_mm(120), Length::from_mm(120));
        let flat = self.source == Source::Flatbed;
        ScanJob {
            source: self.source,
            mode: ColorMode::Color,
            dpi: Dpi(200),
            sides: Sides::default(),
            format: None,
            areas: vec![area; if flat { 2 } else { 1 }],
            pages: PageLimit::from_pages(if flat { 0 } else { 2 }),
            streams: Streams::PerPage,
            on_multi_feed: OnMultiFeed::Fail,
        }
    }

    /// What the device has sent, document by document.
    fn documents(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.sent.path())? {
            found.push(entry?.path());
        }
        // By number: they have three digits only up to 999.
        found.sort_by_key(|path| {
            path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u32>().ok())
        });
        Ok(found)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // It only waits for standard input, so there is nothing to save.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One page in a file, written as it comes.
struct PageFile(File);

impl PageStream for PageFile {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        self.0.write(bytes).map_err(|_| StreamError(Code::STG_E_MEDIUMFULL))
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, StreamError> {
        self.0.seek(to).map_err(|_| StreamError(Code::E_FAIL))
    }

    fn set_len(&mut self, length: u64) -> Result<(), StreamError> {
        self.0.set_len(length).map_err(|_| StreamError(Code::STG_E_MEDIUMFULL))
    }
}

/// Keeps pages in files and says when the moment to cancel has come.
struct Application {
    folder: PathBuf,
    pages: Vec<PathBuf>,
    written: u64,
    phase: Option<Phase>,
    /// Of the first page, in the middle of it.
    at_bytes: u64,
    unchanged: u32,
    /// So many reports without a byte are silence; an honest device may need a few before its first.
    silent_reports: u32,
    moment: Sender<()>,
    ended: Option<Instant>,
}

impl Application {
    /// Whether now is the moment, as far as messages tell.
    fn is_moment(&mut self, percent: u8, transferred: u64) -> bool {
        self.unchanged = if transferred == self.written { self.unchanged + 1 } else { 0 };
        self.written = transferred;
        match self.phase {
            Some(Phase::MidPage) => percent < 100 && transferred >= self.at_bytes,
            Some(Phase::BetweenPages) => percent == 100 && self.pages.len() == 1,
            Some(Phase::AfterLast) => percent == 100 && self.pages.len() == 2,
            // A report comes twice a second.
            Some(Phase::Silent) => self.unchanged >= self.silent_reports,
            _ => false,
        }
    }
}

impl TransferCallback for Application {
    fn next_stream(&mut self, page: &PageInfo) -> NextStream {
        let path = self.folder.join(format!("{}", page.number));
        self.written = 0;
        match File::create(&path) {
            Ok(file) => {
                self.pages.push(path);
                NextStream::Stream(Box::new(PageFile(file)))
            }
            Err(_) => NextStream::Code(Code::STG_E_MEDIUMFULL),
        }
    }

    fn message(&mut self, message: &TransferMessage) -> Answer {
        match message {
            TransferMessage::Status { percent, transferred } if self.is_moment(percent.value(), *transferred) => {
                // The person is another thread; this one goes on, as it would.
                let _ = self.moment.try_send(());
            }
            TransferMessage::EndOfTransfer => self.ended = Some(Instant::now()),
            _ => {}
        }
        Answer::Continue
    }
}

/// What one trial measured.
struct Trial {
    cancel: Duration,
    settle: Duration,
}

/// Cancels one job in a phase; `None` when the job was over before.
fn trial(desk: &mut Desk, phase: Phase, random: &mut Random) -> Result<Option<Trial>> {
    if phase == Phase::Silent {
        desk.tell("silence@page1:row200")?;
    }
    let documents = desk.documents()?.len();
    let transfer = desk.broker.prepare(desk.job());
    let canceller = transfer.canceller();
    let (moment, comes) = bounded(1);
    let mut application = Application {
        folder: desk.kept.path().to_owned(),
        pages: Vec::new(),
        written: 0,
        phase: Some(phase),
        at_bytes: random.below(40_000),
        unchanged: 0,
        silent_reports: desk.silent_reports,
        moment,
        ended: None,
    };
    let delay = match phase {
        Phase::BeforeAccepted => Duration::from_micros(random.below(3_000)),
        Phase::BeforeFirstByte => Duration::from_millis(3 + random.below(40)),
        _ => Duration::from_secs(60),
    };
    let pressed = Arc::new(OnceLock::new());
    let pressed_at = Arc::clone(&pressed);
    let person = std::thread::spawn(move || {
        let _ = comes.recv_timeout(delay);
        let _ = pressed_at.set(Instant::now());
        canceller.cancel();
    });
    let outcome = desk.broker.download(transfer, &mut application);
    let returned = Instant::now();
    drop(application.moment);
    if phase == Phase::Silent {
        // The transfer is over, and the person switches the device off and on.
        desk.tell("fix")?;
    }
    let began = Instant::now();
    let settled = desk.broker.settle();
    let settle = began.elapsed();
    if person.join().is_err() {
        bail!("the cancelling thread panicked");
    }
    ensure!(outcome.is_ok(), "{phase:?}: {outcome:?}");
    for (page, sent) in application.pages.iter().zip(&desk.documents()?[documents..]) {
        let (page, sent) = (read(page)?, read(sent)?);
        ensure!(sent.starts_with(&page), "{phase:?}: a kept page is not what the device sent");
    }
    next_scan_is_right(desk).with_context(|| format!("after a cancel {}, settled {settled:?}", phase.name()))?;
    let measured = match (outcome, pressed.get()) {
        (Ok(AcquireEnd::Cancelled), Some(pressed)) => {
            let ended = application.ended.unwrap_or(returned);
            Some(Trial { cancel: ended.saturating_duration_since(*pressed), settle })
        }
        _ => None,
    };
    Ok(measured)
}

/// The scan after a cancel: complete, and to the byte what the device sent.
fn next_scan_is_right(desk: &Desk) -> Result<()> {
    let documents = desk.documents()?.len();
    let mut application = Application {
        folder: desk.kept.path().to_owned(),
        pages: Vec::new(),
        written: 0,
        phase: None,
        at_bytes: 0,
        unchanged: 0,
        silent_reports: u32::MAX,
        moment: bounded(1).0,
        ended: None,
    };
    let outcome = desk.broker.download(desk.broker.prepare(desk.job()), &mut application);
    ensure!(outcome == Ok(AcquireEnd::Completed), "the next scan ended with {outcome:?}");
    let sent = desk.documents()?;
    let sent = &sent[documents..];
    ensure!(sent.len() == application.pages.len(), "{} documents, {} pages", sent.len(), application.pages.len());
    for (page, sent) in application.pages.iter().zip(sent) {
        ensure!(read(page)? == read(sent)?, "the next scan is not what the device sent");
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn measure() -> Result<()> {
    let from_environment = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let trials = from_environment("LIGHTBAR_TRIALS").map_or(TRIALS, |trials| trials as usize);
    let seed = from_environment("LIGHTBAR_SEED").unwrap_or(SEED);
    println!("{trials} trials, seed {seed}");
    // The budget is that of the eSCL driver.
    let models = || MODELS.iter().filter(|model| model.speaks_escl());
    let shares: usize = models().map(|model| share(model.name)).sum();
    // A device each, side by side: most of the time is spent waiting for devices to come to rest.
    let runs: Vec<_> = models()
        .map(|model| {
            let trials = (trials * share(model.name)).div_ceil(shares);
            std::thread::spawn(move || run(model.name, trials, seed))
        })
        .collect();
    let mut results: Vec<(Phase, Trial)> = Vec::new();
    let mut over_before = 0;
    for run in runs {
        let Ok(done) = run.join() else { bail!("a run panicked") };
        let (of_model, over) = done?;
        results.extend(of_model);
        over_before += over;
    }
    println!("{:<28} {:>6} {:>9} {:>9} {:>9} {:>9}", "Cancel to END_OF_TRANSFER", "trials", "p50", "p90", "p99", "max");
    for phase in Phase::ALL {
        let of_phase = results.iter().filter(|(of, _)| *of == phase).map(|(_, trial)| trial.cancel).collect();
        print_line(phase.name(), of_phase);
    }
    let all: Vec<Duration> = results.iter().map(|(_, trial)| trial.cancel).collect();
    print_line("all", all.clone());
    print_line("settling afterwards", results.iter().map(|(_, trial)| trial.settle).collect());
    println!("the job was over before the cancel: {over_before}");
    println!("every next scan was right to the byte");
    let p99 = percentile(&sorted(all), 99);
    println!("p99 / budget of {BUDGET:?}: {:.3}", p99.as_secs_f64() / BUDGET.as_secs_f64());
    Ok(())
}

/// How many of the trials a model gets. The slow one warms up for seconds before each page.
fn share(model: &str) -> usize {
    if model == "slow" { 1 } else { 8 }
}

/// All trials of one model, and how many jobs were over before the cancel.
fn run(model: &str, trials: usize, seed: u64) -> Result<(Vec<(Phase, Trial)>, usize)> {
    let mut random = Random(seed ^ model.len() as u64);
    let mut desk = Desk::new(model)?;
    let (mut results, mut over_before) = (Vec::new(), 0);
    let began = Instant::now();
    for round in 0..trials {
        let phase = match round {
            round if round % SILENT_EVERY == SILENT_EVERY - 1 => Phase::Silent,
            round => Phase::ALL[round % (Phase::ALL.len() - 1)],
        };
        match trial(&mut desk, phase, &mut random).with_context(|| format!("{model}, trial {round}"))? {
            Some(trial) => results.push((phase, trial)),
            None => over_before += 1,
        }
    }
    eprintln!("{model}: {trials} trials in {:.0} s", began.elapsed().as_secs_f64());
    Ok((results, over_before))
}

fn print_line(name: &str, durations: Vec<Duration>) {
    let durations = sorted(durations);
    let shown = |percent| format!("{:.2} ms", percentile(&durations, percent).as_secs_f64() * 1000.0);
    let (p50, p90, p99, max) = (shown(50), shown(90), shown(99), shown(100));
    println!("{name:<28} {:>6} {p50:>9} {p90:>9} {p99:>9} {max:>9}", durations.len());
}

fn sorted(mut durations: Vec<Duration>) -> Vec<Duration> {
    durations.sort();
    durations
}

/// The smallest value that at least `percent` of all do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}
