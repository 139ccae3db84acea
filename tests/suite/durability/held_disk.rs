//! A disk that takes its time: what is done to whole documents does not keep pages that come from being brought to it.

use std::fs::File;
use std::path::{Path, PathBuf};

use lightbar::minidriver::Source;
use lightbar::session::Command;

use super::worker::child;
use crate::support::bench::Bench;
use crate::support::disk::{Disk, Operation};

/// Where the child finds the gate.
const GATE: &str = "LIGHTBAR_TEST_GATE";
const DOCUMENTS: usize = 3;

#[test]
fn a_page_is_synced_while_the_trash_is_being_emptied() {
    let disk = Disk::new();
    let mut command = child("durability::held_disk::scans_while_the_trash_is_being_emptied");
    disk.load(&mut command, None);
    let gate = disk.hold(&mut command, "/trash/");
    let output = command.env("TMPDIR", disk.path()).env(GATE, gate).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let record = disk.record();
    let place = |wanted: &dyn Fn(&Operation) -> bool| record.0.iter().position(|entry| wanted(&entry.operation));
    let in_trash = |path: &Path| path.components().any(|part| part.as_os_str() == "trash");
    let begins =
        place(&|operation| matches!(operation, Operation::Renamed { from, to } if in_trash(from) && in_trash(to)));
    let goes_on = place(&|operation| matches!(operation, Operation::Unlinked { path } if in_trash(path)));
    let (begins, goes_on) = (begins.expect("it began"), goes_on.expect("it went on"));
    let synced = record.0[begins..goes_on].iter().any(|entry| {
        matches!(&entry.operation, Operation::SyncEnds { path, .. } if path.extension().is_some_and(|end| end == "page"))
    });
    assert!(synced, "no page was synced between calls {begins} and {goes_on}");
}

/// Would never end if the session waited for what it asked to be removed.
#[test]
#[ignore = "runs as the child of the other one"]
fn scans_while_the_trash_is_being_emptied() {
    let Some(gate) = std::env::var_os(GATE).map(PathBuf::from) else { return };
    let bench = Bench::new("flatbed", "", 0);
    let trash = |wanted: usize| {
        bench.until_shown(|shown| shown.library.as_ref().is_some_and(|shelf| shelf.trash.len() == wanted))
    };
    for number in 1..=DOCUMENTS {
        bench.scan(Source::Flatbed);
        bench.job_ends();
        bench.device_rests();
        bench.send(Command::ThrowAway(bench.session.snapshot().id.clone().expect("it has one")));
        trash(number);
    }
    bench.send(Command::EmptyTrash);
    // It opens when something is about to be removed, which waits until it is closed.
    let gate = File::options().write(true).open(gate).expect("opened");
    bench.scan(Source::Flatbed);
    assert_eq!(bench.job_ends().complete, 1);
    trash(DOCUMENTS);
    drop(gate);
    trash(0);
}
