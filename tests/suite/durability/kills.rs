//! The process is killed, at any moment.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::found::{names_in, pages_of_pdf};
use super::promises::Promises;
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

/// One worker is killed; where it was, and what was broken.
fn trial(seed: u64) -> (String, Vec<String>) {
    let mut random = Random::seeded(seed);
    let folder = tempfile::tempdir_in(quick_folder()).expect("a folder");
    fs::create_dir(folder.path().join("out")).expect("created");
    let target = folder.path().join("out/x.pdf");
    fs::write(&target, OLD).expect("written");
    let task = Task {
        folder: folder.path().to_string_lossy().into_owned(),
        seed,
        rounds: ROUNDS,
        edits: 12,
        pages_per_minute: if random.below(4) == 0 { 300.0 } else { 0.0 },
        goes_on: false,
    };
    let (behind, later) = (random.below(LINES), Duration::from_micros(random.below(LATER)));
    let mut child = command(&task).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut promises = Promises::default();
    let mut heard = 0;
    // What is in the pipe when the process is killed was said, too.
    let mut killed = None;
    while let Some(Ok(line)) = lines.next() {
        let Some(said) = Said::in_line(&line) else { continue };
        promises.hear(said);
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
    broken.extend(promises.broken(&folder.path().join("data"), &|_| false));
    let file = fs::read(&target).expect("the target is there");
    let pages = if file == OLD { Some(0) } else { pages_of_pdf(&file) };
    if !pages.is_some_and(|pages| promises.target_may_have(pages)) {
        broken.push(format!("the target has {pages:?} pages after {:?}", promises.saved));
    }
    // A file that was not finished is gone. One that was has a name of its own for the moment in which it replaces another.
    for name in names_in(&folder.path().join("out")) {
        let whole = || fs::read(folder.path().join("out").join(&name)).ok().as_deref().and_then(pages_of_pdf).is_some();
        if name != "x.pdf" && !(name == "x.pdf.part" && promises.phase == Some(Said::Saving) && whole()) {
            broken.push(format!("{name} lies beside the target"));
        }
    }
    let phase = phase(&promises);
    (phase.to_owned(), broken.into_iter().map(|why| format!("seed {seed}, {phase}: {why}")).collect())
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
    let mut phases: BTreeMap<String, u64> = BTreeMap::new();
    let mut losses = Vec::new();
    for seed in first..first + trials {
        let (phase, broken) = trial(seed);
        *phases.entry(phase).or_default() += 1;
        losses.extend(broken);
    }
    let killed: Vec<String> = phases.iter().map(|(phase, kills)| format!("{kills} {phase}")).collect();
    println!("{trials} trials, killed: {}; {} losses", killed.join(", "), losses.len());
    assert!(losses.is_empty(), "{}", losses.join("\n"));
}
