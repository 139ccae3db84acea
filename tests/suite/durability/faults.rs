//! The disk fails: every call in its turn, once and from then on, in every way.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use lightbar::document::Trouble;
use serde_json::Value;

use super::found::{FoundPage, contains, documents_below, names_in, pages_of_pdf};
use super::power::model::Model;
use crate::support::disk::{Disk, Fault, How, Operation, Without};

/// What stood in the target before.
const OLD: &[u8] = b"%PDF-1.4 what somebody saved last year";
/// A run makes less than 100 calls; one that makes this many is another one than was meant.
const MOST_CALLS: u64 = 1000;

/// Both sides of two sheets, quickly drawn.
const SCAN: [&str; 21] = [
    "scan",
    "-d",
    "virtual:feeder",
    "--source",
    "duplex",
    "--sheets",
    "2",
    "--speed",
    "0",
    "--reload",
    "never",
    "--paper",
    "40x50mm",
    "--mode",
    "gray",
    "--resolution",
    "75",
    "--json",
    "--overwrite",
    "-o",
    "x.pdf",
];
const PAGES: usize = 4;

fn scan(disk: &Path, keep: bool) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lightbar"));
    command.args(SCAN).current_dir(disk.join("out"));
    if keep {
        command.arg("--keep-document");
    }
    command.env("LIGHTBAR_DATA_DIR", disk.join("data")).env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

fn prepared(without: Option<Without>) -> Disk {
    let disk = Disk::new().without(without);
    fs::create_dir(disk.path().join("out")).expect("created");
    fs::write(disk.path().join("out/x.pdf"), OLD).expect("written");
    disk
}

/// One run in which something fails: what is wrong afterwards; `None` when it made fewer calls.
fn fails(fault: Fault, keep: bool, without: Option<Without>) -> Option<Vec<String>> {
    let disk = prepared(without);
    let mut model = Model::of(&disk.path());
    let mut command = scan(&disk.path(), keep);
    disk.load(&mut command, Some(fault));
    let output = command.output().expect("it runs");
    if disk.calls() < fault.at {
        return None;
    }
    let record = disk.record();
    record.0.iter().for_each(|entry| model.follow(entry));
    let could_not_remove = |ending: &str| {
        record.0.iter().any(|entry| {
            let removed = matches!(&entry.operation, Operation::Unlinked { path } if has_ending(path, ending));
            entry.error != 0 && removed
        })
    };

    let mut wrong = Vec::new();
    let result = well_said(&output).unwrap_or_else(|why| {
        wrong.push(why);
        Value::Null
    });
    let saved = target_is_old_or_new(&disk.path(), &result).unwrap_or_else(|why| {
        wrong.push(why);
        None
    });

    // What has its end in its file was complete, whatever became of the file.
    let scratch = disk.beside("page");
    let found = documents_below(&disk.path().join("data")).unwrap_or_else(|why| {
        wrong.push(why);
        Vec::new()
    });
    for (path, bytes) in model.files_ever().filter(|(path, _)| has_ending(path, "page")) {
        fs::write(&scratch, bytes).expect("written");
        let Some(page) = FoundPage::in_file(&scratch).filter(|page| page.complete) else { continue };
        let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok()).unwrap_or(0);
        let kept = found.iter().any(|document| document.pages.get(&number) == Some(&page) && document.knows(number));
        let in_file = saved.as_ref().is_some_and(|saved| contains(saved, &page.bytes));
        if !kept && !in_file {
            wrong.push(format!("{} is lost", path.display()));
        }
    }
    for trouble in found.iter().flat_map(|document| document.damage()) {
        if !(could_not_remove("page") && matches!(trouble, Trouble::PageUnreadable(..))) {
            wrong.push(format!("{trouble:?}"));
        }
    }
    let announced = result["document"].as_str();
    if found.iter().any(|document| !document.pages.is_empty())
        && !announced.is_some_and(|path| Path::new(path).is_dir())
    {
        wrong.push("nobody was told where the pages are".to_owned());
    }

    let unsynced = record.0.iter().any(|entry| {
        entry.error != 0 && matches!(&entry.operation, Operation::SyncEnds { path, .. } if has_ending(path, "page"))
    });
    if unsynced && announced.is_some() && !String::from_utf8_lossy(&output.stderr).contains("disk") {
        wrong.push("nobody was told that a page is not safe".to_owned());
    }

    // Beside the target stays at most what could not be removed, and its name says that it is no document.
    for name in names_in(&disk.path().join("out")) {
        if name != "x.pdf" && !(could_not_remove("part") && name.ends_with(".part")) {
            wrong.push(format!("{name} lies beside the target"));
        }
    }

    // The next run finds nothing in its way.
    let again = scan(&disk.path(), false).output().expect("it runs");
    let whole = fs::read(disk.path().join("out/x.pdf")).expect("it is there");
    if again.status.code() != Some(0) || pages_of_pdf(&whole) != Some(PAGES) {
        wrong.push(format!("the run after it: {again:?}"));
    }
    let failed = record.0.iter().find(|entry| entry.error == fault.how.number());
    let told = format!("{fault:?}, keep {keep}: {:?}: {output:?}", failed.map(|entry| &entry.operation));
    Some(wrong.into_iter().map(|why| format!("{why}\n    {told}")).collect())
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found == ending)
}

/// What was said to a person and is not meant for one.
pub(super) fn debris(stderr: &[u8]) -> Option<String> {
    const DEBRIS: [&str; 10] =
        ["panicked", "Os {", "Io(", "Err(", "os error", "Some(", "kind:", "unwrap", "RUST_BACKTRACE", "uncategorized"];
    let words = String::from_utf8_lossy(stderr);
    DEBRIS.iter().find(|debris| words.contains(**debris)).map(|found| format!("{found} was said to a person"))
}

/// The object on standard output, if exit status and words are such as a person can use.
fn well_said(output: &Output) -> Result<Value, String> {
    let words = String::from_utf8_lossy(&output.stderr);
    let result: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("no object on standard output: {error}"))?;
    if let Some(found) = debris(&output.stderr) {
        return Err(found);
    }
    let error = &result["error"];
    if result["partial"] != 0 && words.lines().all(|line| line.contains("the document is kept")) {
        return Err("nobody was told why a page is partial".to_owned());
    }
    if words.contains("at the scanner") {
        return Err("the scanner is blamed".to_owned());
    }
    match output.status.code() {
        Some(0) if error.is_null() => Ok(result),
        Some(1)
            if error["message"].as_str().is_some_and(|message| message.ends_with('.') && words.contains(message)) =>
        {
            Ok(result)
        }
        _ => Err("status, words and object do not go together".to_owned()),
    }
}

/// The target, if a new one took the old one's place.
fn target_is_old_or_new(disk: &Path, result: &Value) -> Result<Option<Vec<u8>>, String> {
    let target = fs::read(disk.join("out/x.pdf")).map_err(|error| format!("the target is gone: {error}"))?;
    let told = result["pages"].as_u64().unwrap_or_default() as usize;
    if target == OLD {
        return if told == 0 { Ok(None) } else { Err("saved, it says, and the old file is there".to_owned()) };
    }
    match pages_of_pdf(&target) {
        Some(pages) if pages > 0 && (pages == told || told == 0) => Ok(Some(target)),
        found => Err(format!("{found:?} pages are in the target, {told} were told of")),
    }
}

/// Every call of a run fails in its turn. `run` makes one, and says what is wrong afterwards; `None` when it made fewer calls.
pub(super) fn every_call(name: &str, how: How, stays: bool, run: &(dyn Fn(Fault) -> Option<Vec<String>> + Sync)) {
    let (next, calls) = (AtomicU64::new(1), AtomicU64::new(MOST_CALLS));
    let wrong = Mutex::new(Vec::new());
    thread::scope(|threads| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            threads.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= calls.load(Ordering::Relaxed) {
                        break;
                    }
                    match run(Fault { at, how, stays }) {
                        Some(found) => wrong.lock().expect("nobody panicked").extend(found),
                        None => drop(calls.fetch_min(at, Ordering::Relaxed)),
                    }
                }
            });
        }
    });
    let calls = calls.into_inner() - 1;
    let wrong = wrong.into_inner().expect("nobody panicked");
    let lasting = if stays { "from there on" } else { "once" };
    println!("{name}: {how:?}, {lasting}: {calls} calls, each failed in its turn; {} things wrong", wrong.len());
    let first: Vec<&str> = wrong.iter().take(20).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} things are wrong, the first of them:\n{}", wrong.len(), first.join("\n"));
    assert!((3..MOST_CALLS - 1).contains(&calls), "{calls} calls");
}

fn every_scan(how: How, stays: bool, keep: bool) {
    let name = if keep { "scan, document kept" } else { "scan, document removed" };
    every_call(name, how, stays, &|fault| fails(fault, keep, None));
}

#[test]
fn a_disk_that_is_full_once() {
    every_scan(How::Full, false, false);
}

#[test]
fn a_disk_that_is_full_from_then_on() {
    every_scan(How::Full, true, false);
}

#[test]
fn a_disk_that_takes_half_a_write_and_is_full_then() {
    every_scan(How::Short, true, false);
}

#[test]
fn a_quota_that_is_used_up() {
    every_scan(How::Quota, true, true);
}

#[test]
fn a_disk_that_fails_once() {
    every_scan(How::Broken, false, true);
}

#[test]
fn a_disk_that_fails_from_then_on() {
    every_scan(How::Broken, true, false);
}

#[test]
fn a_disk_that_is_full_once_and_has_no_files_without_names() {
    every_call("scan, named files", How::Full, false, &|fault| fails(fault, false, Some(Without::Nameless)));
}

#[test]
fn a_disk_that_fails_once_and_names_no_files() {
    every_call("scan, copied files", How::Broken, false, &|fault| fails(fault, false, Some(Without::Names)));
}

/// All ways together; `tests/scripts/every_fault.sh` runs it.
#[test]
#[ignore = "takes a minute; run by a script"]
fn every_call_in_every_way() {
    for how in How::ALL {
        for (stays, keep) in [(false, false), (false, true), (true, false), (true, true)] {
            every_scan(how, stays, keep);
        }
    }
}
