//! The process is killed, at any moment.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::found::{names_in, pages_of_pdf};
use super::promises::{LostUnderWay, Promises};
use super::worker::{Said, Task, command};
use crate::support::disk::quick_folder;
use crate::support::random::{Random, number};

/// What stood in the target before.
const OLD: &[u8] = b"%PDF-1.4 what somebody saved last year";
/// It is killed behind one of the first of so many lines that it says, more than it can come to.
const LINES: u64 = 150;
const ROUNDS: u32 = 1000;
/// And so many microseconds later, at most.
const LATER: u64 = 12_000;

/// A slow scanner's pages are met under way: so many pages a minute.
const SLOW: f64 = 20.0;
/// Lines after which a worker with a slow scanner is killed, and microseconds later: most of its first ones are about the page
/// under way.
const SLOW_LINES: u64 = 12;
const SLOW_LATER: u64 = 100_000;

/// A worker that was killed.
struct Killed {
    /// What it was doing.
    phase: &'static str,
    /// What was broken.
    broken: Vec<String>,
    /// What was lost of the page under way.
    under_way: Option<LostUnderWay>,
}

/// A folder in which workers are killed, one after the other.
struct Place {
    folder: tempfile::TempDir,
    promises: Promises,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir_in(quick_folder()).expect("a folder");
        fs::create_dir(folder.path().join("out")).expect("created");
        fs::write(folder.path().join("out/x.pdf"), OLD).expect("written");
        Place { folder, promises: Promises::default() }
    }

    /// Pages of the target, 0 for what stood there before; `None`: it is neither that nor a whole file.
    fn pages_of_target(&self) -> Option<usize> {
        let file = fs::read(self.folder.path().join("out/x.pdf")).expect("the target is there");
        if file == OLD { Some(0) } else { pages_of_pdf(&file) }
    }

    /// A worker is killed at a moment that the seed says, and what it left is judged.
    fn kill_one(&mut self, seed: u64, goes_on: bool) -> Killed {
        let mut random = Random::seeded(seed);
        let slow = random.below(4) == 0;
        let task = Task {
            folder: self.folder.path().to_string_lossy().into_owned(),
            seed,
            rounds: ROUNDS,
            edits: 12,
            pages_per_minute: if slow { SLOW } else { 0.0 },
            goes_on,
            large_pages: slow,
            says_how_far: true,
        };
        let (lines, later) = if slow { (SLOW_LINES, SLOW_LATER) } else { (LINES, LATER) };
        let (behind, later) = (random.below(lines), Duration::from_micros(random.below(later)));
        let mut child = command(&task).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut heard = 0;
        // What is in the pipe when the process is killed was said, too.
        let mut killed = None;
        while let Some(Ok(line)) = lines.next() {
            let Some(said) = Said::in_line(&line) else { continue };
            self.promises.hear(said);
            heard += 1;
            if heard > behind && killed.is_none() {
                let pid = rustix::process::Pid::from_child(&child);
                killed = Some(thread::spawn(move || {
                    thread::park_timeout(later);
                    rustix::process::kill_process(pid, rustix::process::Signal::KILL)
                }));
            }
        }
        let sent = killed.map(|killer| killer.join().expect("it ends"));
        let status = child.wait().expect("it ends");
        let mut broken = Vec::new();
        if status.signal() != Some(9) {
            broken.push(format!("the worker ended by itself: {status}, {sent:?}"));
        }
        broken.extend(self.broken());
        let phase = phase(&self.promises);
        let under_way = self.promises.lost_under_way(&self.folder.path().join("data"));
        let again = if goes_on { ", gone on" } else { "" };
        let broken = broken.into_iter().map(|why| format!("seed {seed}, {phase}{again}: {why}")).collect();
        Killed { phase, broken, under_way }
    }

    fn broken(&self) -> Vec<String> {
        let mut broken = self.promises.broken(&self.folder.path().join("data"), &|_| false);
        let pages = self.pages_of_target();
        if !pages.is_some_and(|pages| self.promises.target_may_have(pages)) {
            broken.push(format!("the target has {pages:?} pages after {:?}", self.promises.saved));
        }
        // A file that was not finished is gone. One that was has a name of its own for the moment in which it replaces another.
        let out = self.folder.path().join("out");
        for name in names_in(&out) {
            let whole = || fs::read(out.join(&name)).ok().as_deref().and_then(pages_of_pdf).is_some();
            if name != "x.pdf" && !(name == "x.pdf.part" && self.promises.phase == Some(Said::Saving) && whole()) {
                broken.push(format!("{name} lies beside the target"));
            }
        }
        broken
    }

    /// Whoever comes next goes on with the document; `false` when there is none.
    fn go_on(&mut self) -> bool {
        if !self.promises.has_a_document() {
            return false;
        }
        drop(fs::remove_file(self.folder.path().join("out/x.pdf.part")));
        let saved = self.pages_of_target().filter(|pages| *pages > 0).map(|pages| pages as u32);
        self.promises.go_on(&self.folder.path().join("data"), saved);
        true
    }
}

fn phase(promises: &Promises) -> &'static str {
    match promises.phase {
        None => "starting",
        Some(Said::Editing) => "editing",
        Some(Said::Saving) => "saving",
        Some(_) => "scanning",
    }
}

/// `tests/scripts/kill_test.sh` makes more of them.
#[test]
fn nothing_is_lost_wherever_the_process_is_killed() {
    let trials = number("LIGHTBAR_KILL_TRIALS", 25);
    let first = number("LIGHTBAR_KILL_SEED", 2026);
    let mut phases: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut losses, mut under_way, mut gone_on) = (Vec::new(), Vec::new(), 0);
    let mut place = Place::new();
    for seed in first..first + trials {
        // Every third one begins with the document that the one before it was killed in.
        let goes_on = seed % 3 == 2 && seed > first && place.go_on();
        if goes_on {
            gone_on += 1;
        } else {
            place = Place::new();
        }
        let killed = place.kill_one(seed, goes_on);
        *phases.entry(killed.phase).or_default() += 1;
        losses.extend(killed.broken);
        under_way.extend(killed.under_way);
    }
    let killed: Vec<String> = phases.iter().map(|(phase, kills)| format!("{kills} {phase}")).collect();
    println!(
        "{trials} trials, killed: {}; {gone_on} of them went on with a document; {} losses",
        killed.join(", "),
        losses.len()
    );
    let most = |of: fn(&LostUnderWay) -> u64| under_way.iter().map(of).max().unwrap_or_default();
    let (bytes, rows) = (most(|lost| lost.bytes), most(|lost| u64::from(lost.rows)));
    println!("{} pages were under way, lost of what had been seen of one: {rows} rows, {bytes} bytes", under_way.len());
    assert!(losses.is_empty(), "{}", losses.join("\n"));
    assert_eq!((rows, bytes), (0, 0), "what is seen of a page is in its file: {under_way:?}");
}
