//! The disk fails while a document that is there is edited, saved, added to, imported into, thrown away or cleaned: it is as it was
//! or as it was to become, and who was told that it is done was told the truth.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use lightbar::document::library::Library;
use lightbar::document::{DocumentFolder, Trouble};

use super::faults::{debris, every_call};
use super::found::{FoundDocument, FoundPage, StateOfPages, pages_of_pdf};
use crate::support::disk::{Disk, Fault, How, Operation};

const OLD: &[u8] = b"%PDF-1.4 what somebody saved last year";

/// What is done to the document, and whether its pages may go by it.
const COMMANDS: [(&[&str], bool); 8] = [
    (&["import", "--append", "last", "in.tif"], false),
    (&["edit", "last", "rotate", "--pages", "1"], false),
    (&["edit", "last", "delete", "2"], false),
    (&["edit", "last", "undo"], false),
    (&["export", "last", "-o", "x.pdf", "--overwrite"], false),
    (&["documents", "delete", "last"], false),
    (&["documents", "clean", "last"], true),
    (
        &[
            "scan",
            "--append",
            "last",
            "-d",
            "virtual:feeder",
            "--source",
            "duplex",
            "--sheets",
            "1",
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
        ],
        false,
    ),
];

fn lightbar(disk: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lightbar"));
    command.args(arguments).current_dir(disk.join("out"));
    command.env("LIGHTBAR_DATA_DIR", disk.join("data")).env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// A disk with a document of four pages of which one is turned and one deleted.
pub(super) fn prepared() -> Disk {
    let disk = Disk::new();
    fs::create_dir(disk.path().join("out")).expect("created");
    let scan = [
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
        "--keep-document",
        "-o",
        "x.pdf",
    ];
    for arguments in [
        &scan[..],
        &["edit", "last", "rotate", "--pages", "1"],
        &["edit", "last", "delete", "3"],
        &["export", "last", "--pages", "1-2", "-o", "in.tif"],
    ] {
        let output = lightbar(&disk.path(), arguments).output().expect("it runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
    fs::write(disk.path().join("out/x.pdf"), OLD).expect("written");
    disk
}

/// The one document of a disk, wherever it lies.
fn document(disk: &Path) -> Result<FoundDocument, String> {
    let data = disk.join("data");
    let library = Library::in_folder(&data);
    let mut ids = DocumentFolder::list(&data).map_err(|error| error.to_string())?;
    let trash = library.trash().map_err(|error| error.to_string())?;
    for entry in trash {
        ids.push(library.take_back(&entry.id).map_err(|error| error.to_string())?);
    }
    match &ids[..] {
        [id] => FoundDocument::open(&data, id),
        other => Err(format!("there are {} documents", other.len())),
    }
}

pub(super) fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).expect("created");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// A copy of a disk on which a command was run; what the command said, and the copy.
fn run(base: &Disk, arguments: &[&str], fault: Option<Fault>) -> (Disk, std::process::Output) {
    let disk = Disk::new();
    copy(&base.path(), &disk.path());
    let mut command = lightbar(&disk.path(), arguments);
    disk.load(&mut command, fault);
    let output = command.output().expect("it runs");
    (disk, output)
}

/// A document before and after a command.
struct Expected {
    before: StateOfPages,
    pages: BTreeMap<u64, FoundPage>,
    after: StateOfPages,
}

fn fails(
    base: &Disk,
    expected: &Expected,
    (arguments, pages_may_go): (&[&str], bool),
    fault: Fault,
) -> Option<Vec<String>> {
    let (disk, output) = run(base, arguments, Some(fault));
    if disk.calls() < fault.at {
        return None;
    }
    let mut wrong: Vec<String> = debris(&output.stderr).into_iter().collect();
    let done = match output.status.code() {
        Some(0) => true,
        Some(1) if !output.stderr.is_empty() => false,
        code => {
            wrong.push(format!("it ended with {code:?}"));
            false
        }
    };
    let Expected { before: was, pages, after } = expected;
    match document(&disk.path()) {
        Err(why) => wrong.push(why),
        Ok(found) => {
            let state = StateOfPages::of(found.kept.document());
            // A scan that ended early has some of its pages; pages of a file whose import could neither be written down nor
            // taken back, they come back as they came. Of a cleaning that ended early the files that it could not
            // remove come back as pages.
            let known = was.0.iter().map(|(id, _)| *id).max().unwrap_or_default();
            let more = match arguments[0] {
                "scan" | "import" => state.up_to(known) == *was,
                _ => pages_may_go && state.0.starts_with(&was.0),
            };
            if state != *after && (done || state != *was && !more) {
                wrong.push(format!("it was {was:?}, is {state:?} and was to become {after:?}"));
            }
            // A page's file whose beginning could neither be written nor removed says nothing of a page.
            let excused =
                |trouble: &Trouble| could_not_remove_a_page(&disk) && matches!(trouble, Trouble::PageUnreadable(..));
            let damage = found.damage().into_iter().filter(|trouble| !excused(trouble));
            wrong.extend(damage.map(|trouble| format!("{trouble:?}")));
            for (number, page) in pages.iter().filter(|_| !pages_may_go) {
                if found.pages.get(number) != Some(page) || !found.knows(*number) {
                    wrong.push(format!("page {number} is lost"));
                }
            }
        }
    }
    let target = fs::read(disk.path().join("out/x.pdf")).unwrap_or_default();
    if target != OLD && pages_of_pdf(&target).is_none() || done && arguments[0] == "export" && target == OLD {
        wrong.push("the target is neither what it was nor what it was to become".to_owned());
    }
    Some(wrong.into_iter().map(|why| format!("{why}\n    {arguments:?}, {fault:?}: {output:?}")).collect())
}

fn could_not_remove_a_page(disk: &Disk) -> bool {
    disk.record().0.iter().any(|entry| {
        let is_page = |path: &Path| path.extension().is_some_and(|ending| ending == "page");
        entry.error != 0 && matches!(&entry.operation, Operation::Unlinked { path } if is_page(path))
    })
}

fn every_command(how: How, stays: bool) {
    let base = prepared();
    for (arguments, pages_may_go) in COMMANDS {
        let name = arguments[..3].join(" ");
        let copied = Disk::new();
        copy(&base.path(), &copied.path());
        let before = document(&copied.path()).expect("it opens");
        let (done, output) = run(&base, arguments, None);
        assert!(output.status.success(), "{output:?}");
        let after = StateOfPages::of(document(&done.path()).expect("it opens").kept.document());
        let before_state = StateOfPages::of(before.kept.document());
        let expected = Expected { before: before_state, pages: before.pages, after };
        every_call(&name, how, stays, &|fault| fails(&base, &expected, (arguments, pages_may_go), fault));
    }
}

/// All ways together; `tests/scripts/every_fault.sh` runs it.
#[test]
#[ignore = "takes minutes; run by a script"]
fn every_command_in_every_way() {
    for how in How::ALL {
        every_command(how, false);
        every_command(how, true);
    }
}

#[test]
fn a_document_that_is_there_survives_a_full_disk() {
    every_command(How::Full, true);
}

#[test]
fn a_document_that_is_there_survives_a_dying_disk() {
    every_command(How::Broken, false);
}
