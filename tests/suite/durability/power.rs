//! The power is cut: at every sync of a recorded run and between any two of its calls, in many ways each
//! ([`survival`]), and what [`model`] says is then on the disk is opened as the next start would.

mod file;
pub(super) mod model;
pub(super) mod survival;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use model::Model;
use survival::Survival;

use super::found::FoundPage;
use super::promises::Promises;
use super::worker::{Said, Task, command};
use crate::support::disk::{Disk, Entry, Operation, Record, Without, quick_folder};
use crate::support::random::{Random, number};

/// What stood in the target before.
const OLD: &[u8] = b"%PDF-1.4 what somebody saved last year";
/// Rows that came longer ago than this are not lost (design, section 4).
const AT_MOST_LOST: Duration = Duration::from_secs(1);

/// A recorded run, and what it began with.
struct Run {
    disk: Disk,
    before: Model,
    record: Record,
}

impl Run {
    /// Lets a worker work.
    fn of(task: &dyn Fn(&Path) -> Task) -> Run {
        Run::on(Disk::new(), task)
    }

    fn on(disk: Disk, task: &dyn Fn(&Path) -> Task) -> Run {
        fs::create_dir(disk.path().join("out")).expect("created");
        fs::write(disk.path().join("out/x.pdf"), OLD).expect("written");
        let before = Model::of(&disk.path());
        let marks = fs::File::create(disk.marks()).expect("created");
        let mut command = command(&task(&disk.path()));
        disk.load(&mut command, None);
        let output = command.stdout(marks).stderr(Stdio::piped()).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let record = disk.record();
        assert!(record.marks().contains("Done"), "{}", record.marks());
        Run { disk, before, record }
    }

    /// Moments to cut the power at: before and behind every sync and every change of a name, and some others.
    fn moments(&self, others: u64, random: &mut Random) -> Vec<usize> {
        let entries = &self.record.0;
        let mut moments: Vec<usize> = (0..entries.len())
            .filter(|index| {
                matches!(
                    entries[*index].operation,
                    Operation::SyncBegins { .. }
                        | Operation::SyncEnds { .. }
                        | Operation::Renamed { .. }
                        | Operation::Linked { .. }
                        | Operation::Unlinked { .. }
                )
            })
            .flat_map(|index| [index, index + 1])
            .chain((0..others).map(|_| random.below(entries.len() as u64 + 1) as usize))
            .chain([entries.len()])
            .collect();
        moments.sort_unstable();
        moments.dedup();
        moments
    }
}

/// The disk at one moment, and what had been promised until then.
struct Moment<'a> {
    model: &'a Model,
    /// The same disk a second earlier.
    earlier: &'a Model,
    promises: &'a Promises,
    /// What the target was, in the order in which it became it.
    targets: &'a [Vec<u8>],
    /// How many of them were there when the last save was reported.
    reported: usize,
}

impl Moment<'_> {
    /// Cuts the power; what is wrong then.
    fn cut(&self, survival: &mut Survival, root: &Path) -> Vec<String> {
        let folder = tempfile::tempdir_in(quick_folder()).expect("a folder");
        self.model.cut(survival, folder.path());
        let data = folder.path().join("data");
        let mut wrong = Vec::new();
        let must_have = self.came_earlier(root);
        if let Ok(target) = fs::read(folder.path().join("out/x.pdf")) {
            // The last one that was reported, or one that came after it.
            if !self.targets[self.reported..].contains(&target) {
                wrong.push(format!("the target has {} bytes and is none that it should be", target.len()));
            }
        } else {
            wrong.push("the target is gone".to_owned());
        }
        for (path, page) in &must_have {
            let Some(found) = FoundPage::in_file(&folder.path().join(path)) else {
                wrong.push(format!("{} is lost, with {} bytes", path.display(), page.bytes.len()));
                continue;
            };
            if !found.bytes.starts_with(&page.bytes) {
                let (found, had) = (found.bytes.len(), page.bytes.len());
                wrong.push(format!("{} has {found} bytes and had {had} a second before", path.display()));
            } else if page.complete && !found.complete {
                wrong.push(format!("{} was complete", path.display()));
            }
        }
        let is_owed = |number: u64| {
            must_have.keys().any(|path| path.file_stem().is_some_and(|stem| stem == number.to_string().as_str()))
        };
        wrong.extend(self.promises.broken(&data, &|page| !is_owed(page)));
        wrong
    }

    /// What of the pages must be there, because it had come a second before.
    fn came_earlier(&self, root: &Path) -> BTreeMap<PathBuf, FoundPage> {
        let scratch = tempfile::NamedTempFile::new_in(quick_folder()).expect("a file");
        let pages = self.earlier.files_ever().filter(|(path, _)| path.extension().is_some_and(|end| end == "page"));
        pages
            .filter(|(path, _)| self.model.is_there(path))
            .filter_map(|(path, bytes)| {
                fs::write(scratch.path(), bytes).expect("written");
                let page = FoundPage::in_file(scratch.path()).filter(|page| page.complete || !page.bytes.is_empty());
                Some((path.strip_prefix(root).expect("below it").to_path_buf(), page?))
            })
            .collect()
    }
}

/// Cuts the power all over a run; what is wrong, and how often it was cut.
fn cut_everywhere(run: &Run, others: u64, variants: u64, seed: u64) -> (Vec<String>, u64) {
    let mut random = Random::seeded(seed);
    let moments = run.moments(others, &mut random);
    let (mut model, mut earlier) = (run.before.clone(), run.before.clone());
    let (mut done, mut done_earlier) = (0, 0);
    let mut promises = Promises::default();
    let (mut targets, mut reported) = (vec![OLD.to_vec()], 0);
    let (mut wrong, mut cuts) = (Vec::new(), 0);
    let target = run.disk.path().join("out/x.pdf");
    let mut words = String::new();
    for moment in moments {
        for entry in &run.record.0[done..moment] {
            model.follow(entry);
            if let Operation::Renamed { to, .. } = &entry.operation
                && *to == target
                && entry.error == 0
            {
                targets.push(model.read(&target).expect("it was just put there"));
            }
            if let Operation::Mark(said) = &entry.operation {
                words += said;
            }
            while let Some((line, behind)) =
                words.split_once('\n').map(|(line, rest)| (line.to_owned(), rest.to_owned()))
            {
                words = behind;
                if let Some(said) = Said::in_line(&line) {
                    if matches!(said, Said::Saved(_)) {
                        reported = targets.len() - 1;
                    }
                    promises.hear(said);
                }
            }
        }
        done = moment;
        let now = run.record.0[..moment].last().map_or(Duration::ZERO, |entry: &Entry| entry.at);
        while run.record.0.get(done_earlier).is_some_and(|entry| entry.at + AT_MOST_LOST < now) {
            earlier.follow(&run.record.0[done_earlier]);
            done_earlier += 1;
        }
        let here = Moment { model: &model, earlier: &earlier, promises: &promises, targets: &targets, reported };
        let mut ways =
            vec![(Survival::of_nothing(), "nothing".to_owned()), (Survival::of_everything(), "everything".to_owned())];
        for _ in 0..variants {
            let seed = random.next();
            ways.push((Survival::at_random(seed), format!("seed {seed}")));
        }
        for (mut survival, name) in ways {
            cuts += 1;
            for why in here.cut(&mut survival, &run.disk.path()) {
                let last =
                    run.record.0[..moment].last().map(|entry| format!("{:?}", entry.operation)).unwrap_or_default();
                let last: String = last.chars().take(160).collect();
                wrong.push(format!("cut behind call {moment} ({last}), of what was not synced {name} survived: {why}"));
            }
        }
    }
    (wrong, cuts)
}

fn judge(name: &str, run: &Run, others: u64, variants: u64) {
    let seed = number("LIGHTBAR_POWER_SEED", 2026);
    let (wrong, cuts) = cut_everywhere(run, others, variants, seed);
    println!("{name}: {} calls, {cuts} power cuts, {} losses", run.record.0.len(), wrong.len());
    let first: Vec<&String> = wrong.iter().take(12).collect();
    assert!(wrong.is_empty(), "{} things are wrong, the first of them:\n{first:#?}", wrong.len());
}

/// Scans, edits and saves, as fast as it goes.
#[test]
fn the_power_is_cut_while_pages_come_and_are_edited_and_saved() {
    let run = Run::of(&|folder| Task {
        folder: folder.to_string_lossy().into_owned(),
        seed: number("LIGHTBAR_POWER_WORK", 4),
        rounds: number("LIGHTBAR_POWER_ROUNDS", 2) as u32,
        edits: 6,
        pages_per_minute: 0.0,
        goes_on: false,
        large_pages: false,
        says_how_far: false,
    });
    judge("scanning, editing, saving", &run, number("LIGHTBAR_POWER_OTHERS", 40), number("LIGHTBAR_POWER_VARIANTS", 3));
}

/// The same where files without a name cannot be had, or not be named.
#[test]
fn the_power_is_cut_on_file_systems_that_can_do_less() {
    for without in [Without::Nameless, Without::Names] {
        let run = Run::on(Disk::new().without(Some(without)), &|folder| Task {
            edits: 2,
            pages_per_minute: 0.0,
            ..slow_pages(folder)
        });
        judge(&format!("without {without:?}"), &run, 10, 2);
    }
}

/// What would be found if the program synced less: the judge is judged.
#[test]
fn what_is_not_synced_is_missed() {
    let mut run = Run::of(&|folder| Task { edits: 12, pages_per_minute: 0.0, ..slow_pages(folder) });
    // By what their names end with; a file that has no name by what the system calls it, and folders by nothing.
    let ends = |path: &Path, ending: &str| path.as_os_str().as_encoded_bytes().ends_with(ending.as_bytes());
    let is_target = |path: &Path| ends(path, " (deleted)");
    let is_folder = |path: &Path| path.extension().is_none() && !is_target(path);
    type IsOne<'a> = &'a dyn Fn(&Path) -> bool;
    let kinds: [(&str, IsOne<'_>); 4] = [
        ("page", &|path| ends(path, ".page")),
        ("log of the database", &|path| ends(path, ".sqlite-wal")),
        ("target", &is_target),
        ("folder", &is_folder),
    ];
    for (what, is_one) in kinds {
        let before = run.record.clone();
        let mut without = 0;
        for entry in &mut run.record.0 {
            if let Operation::SyncEnds { path, .. } = &entry.operation
                && is_one(path)
            {
                entry.error = rustix::io::Errno::IO.raw_os_error();
                without += 1;
            }
        }
        assert!(without > 0, "no {what} was synced at all");
        let (wrong, cuts) = cut_everywhere(&run, 20, 1, 1);
        println!("without syncs of every {what}: {} things wrong in {cuts} cuts", wrong.len());
        assert!(!wrong.is_empty(), "nobody missed the syncs of every {what}");
        run.record = before;
    }
}

fn slow_pages(folder: &Path) -> Task {
    Task {
        folder: folder.to_string_lossy().into_owned(),
        seed: 2,
        rounds: 1,
        edits: 4,
        pages_per_minute: 12.0,
        goes_on: false,
        large_pages: false,
        says_how_far: false,
    }
}

/// Pages that come as slowly as from a real scanner: what is older than a second is there.
#[test]
fn the_power_is_cut_while_a_page_comes_slowly() {
    let run = Run::of(&|folder| slow_pages(folder));
    judge("slow pages", &run, number("LIGHTBAR_POWER_OTHERS", 40), number("LIGHTBAR_POWER_VARIANTS", 3));
}
