//! What is going on, in words: a job, a save, a document at rest.

use std::time::Duration;

use crate::document::Unsaved;
use crate::minidriver::Condition;
use crate::session::{Importing, PageState, PageView, Paused, Phase, Saving, ScanState, Scanning, Snapshot};

use super::errors::{Sentences, count_pages, problem, question, upper_first};
use super::numbers::{about, bytes, grouped, page_list};

/// From then on the silence of a device is mentioned (design, section 3, *Liveness*).
pub const SILENCE_WORTH_A_WORD: Duration = Duration::from_secs(15);

/// One line that says what is going on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// What needs attention, if something does; stands first.
    pub attention: Option<String>,
    /// The words.
    pub words: String,
    /// How far the page or the save is, 0 to 1, where that is known.
    pub part: Option<f32>,
}

/// The line for a state of the application.
pub fn line(shown: &Snapshot) -> Line {
    if let Some(saving) = &shown.saving {
        return saving_line(saving);
    }
    // A scan has more to say, and its own place: the page that grows.
    if let (Some(importing), ScanState::Idle) = (&shown.importing, &shown.scan) {
        return match &shown.locked {
            Some(locked) => Line { words: format!("{} waits for its password", locked.name), ..Line::default() },
            None => importing_line(importing),
        };
    }
    match &shown.scan {
        ScanState::Scanning(scanning) => scanning_line(shown, scanning),
        ScanState::Paused(paused) => Line {
            attention: Some(format!("Paused: {}", lower_first(&problem(&paused.failure).title))),
            words: at_rest(shown),
            part: None,
        },
        ScanState::Settling => Line { words: SETTLING.to_owned(), ..Line::default() },
        ScanState::Idle => {
            let can_scan =
                shown.chosen.as_ref().is_some_and(|chosen| chosen.offers.is_some() && chosen.trouble.is_none());
            let next = match shown.unsaved {
                _ if shown.pages.is_empty() => "",
                Unsaved::Nothing if can_scan => ". Put in the next sheet.",
                Unsaved::Nothing => "",
                Unsaved::Pages(_) | Unsaved::Changes if can_scan => ". Put in the next sheet, or save.",
                Unsaved::Pages(_) | Unsaved::Changes => ". No file has them yet.",
            };
            Line { words: at_rest(shown) + next, ..Line::default() }
        }
    }
}

fn importing_line(importing: &Importing) -> Line {
    let Importing { name, done, pages } = importing;
    let words = match pages {
        Some(pages) => format!("Importing {name} · page {} of {pages}", done.saturating_add(1).min(*pages)),
        None => format!("Importing {name}"),
    };
    let part = pages.filter(|pages| *pages > 0).map(|pages| *done as f32 / pages as f32);
    Line { words, part, ..Line::default() }
}

/// What is said while a device is brought to rest.
pub const SETTLING: &str = "The scanner is finishing the last page …";

/// What a terminal is told when the program is to end and the device still sends.
pub const FINISHING: &str = "the scanner is finishing the last page, Ctrl+C again to leave now";

/// What a job does before a page's rows come.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Starting => "Waiting for the scanner to start …",
        Phase::WaitingForDevice => SETTLING,
        Phase::WarmingUp => "The lamp is warming up …",
        Phase::Calibrating => "The scanner is calibrating …",
        Phase::Receiving => "Waiting for the next page …",
    }
}

/// What is said of a device that has sent nothing for this long.
pub fn silent_scanner(silent: Duration) -> String {
    format!("the scanner has been silent for {} s", silent.as_secs())
}

/// The line of a terminal while a job runs; rows are not counted there.
pub fn terminal_line(scanning: &Scanning) -> String {
    if scanning.phase != Phase::Receiving || scanning.page.is_none() {
        return phase(scanning.phase).to_owned();
    }
    let progress = &scanning.progress;
    let mut line = page_so_far(scanning.number, progress.bytes);
    if progress.silent >= SILENCE_WORTH_A_WORD {
        line += &format!(" · {}", silent_scanner(progress.silent));
    } else if progress.bytes_per_second > 0.0 {
        line += &format!(" · {}/s", bytes(progress.bytes_per_second));
    }
    line
}

/// How much of a document is saved.
pub fn saving(done: u32, pages: u32) -> String {
    format!("Saving · {done} of {pages}")
}

/// How much of a page has come.
pub fn page_so_far(number: u32, received: u64) -> String {
    format!("Page {number} · {}", bytes(received as f64))
}

fn scanning_line(shown: &Snapshot, scanning: &Scanning) -> Line {
    let progress = &scanning.progress;
    let rows_come = scanning.page.is_some() && !progress.whole && (progress.rows > 0 || progress.bytes > 0);
    // The page whose rows come is not in the document when a person leaves it out.
    let deleted = scanning.page.is_some_and(|id| shown.pages.iter().all(|page| page.id != id));
    let left_out = left_out(shown, "this scan");
    let mut parts = match &left_out {
        Some(left_out) if deleted => vec![upper_first(left_out)],
        _ => vec![format!("Page {}", page_number(shown, scanning))],
    };
    let mut part = None;
    if rows_come {
        match progress.expected_rows {
            Some(expected) => {
                parts.push(format!("{} of {} rows", grouped(progress.rows.into()), grouped(expected.into())));
                part = Some((progress.rows as f32 / expected.max(1) as f32).clamp(0.0, 1.0));
            }
            None => parts.push(format!("{} rows", grouped(progress.rows.into()))),
        }
    } else if progress.whole {
        // Whether another page follows, the scanner has not said yet.
        parts.push("complete, waiting for the scanner …".to_owned());
    } else {
        parts.push(lower_first(phase(scanning.phase)));
    }
    let mut attention = None;
    if progress.silent >= SILENCE_WORTH_A_WORD {
        attention = Some(upper_first(&silent_scanner(progress.silent)));
    } else if rows_come {
        if progress.bytes > 0 {
            parts.push(bytes(progress.bytes as f64));
        }
        if progress.bytes_per_second > 0.0 {
            parts.push(format!("{}/s", bytes(progress.bytes_per_second)));
        }
        if let Some(left) = progress.left {
            parts.push(format!("{} left", about(left)));
        }
    }
    if scanning.skipping.is_some() {
        parts.push("the next page will be left out".to_owned());
    }
    parts.extend(left_out.filter(|_| !deleted));
    Line { attention, words: parts.join(" · "), part }
}

/// The number that the page under way has in the document, as in the list of pages; of one that is still to come, the
/// number that it will have.
fn page_number(shown: &Snapshot, scanning: &Scanning) -> usize {
    let at = scanning.page.and_then(|id| shown.pages.iter().position(|page| page.id == id));
    at.map_or(shown.pages.len() + 1, |at| at + 1)
}

/// `page 3 of this scan left out`: numbers of the scan, since these pages have none in the document.
fn left_out(shown: &Snapshot, scan: &str) -> Option<String> {
    (!shown.left_out.is_empty()).then(|| format!("{} of {scan} left out", page_list(&shown.left_out)))
}

/// Behind the words of a save that a window waits for.
pub const CLOSES_THEN: &str = " · the window closes then";

fn saving_line(saving: &Saving) -> Line {
    let name = saving.target.file_name().unwrap_or(saving.target.as_os_str()).to_string_lossy();
    Line {
        words: format!("Saving {name} · page {} of {}", saving.done.min(saving.pages), saving.pages),
        part: Some(saving.done as f32 / saving.pages.max(1) as f32),
        ..Line::default()
    }
}

/// How far a page is, for people. One whose bytes are all there is complete, though its stream is open until the next
/// one comes. While a job waits for somebody nothing arrives: the page it broke off in is a partial one until it goes on.
pub fn state_of(shown: &Snapshot, page: &PageView) -> PageState {
    let (scanning, waits) = match &shown.scan {
        ScanState::Scanning(scanning) => (scanning, false),
        ScanState::Paused(paused) => (&paused.scanning, true),
        ScanState::Idle | ScanState::Settling => return page.state,
    };
    let progress = &scanning.progress;
    match page.state {
        PageState::Arriving if scanning.page != Some(page.id) => PageState::Arriving,
        PageState::Arriving if progress.whole => PageState::Complete,
        PageState::Arriving if waits => PageState::Partial { rows: progress.rows },
        state => state,
    }
}

/// How many pages there are, and how many of them are partial ones: everything that counts pages counts these.
fn count(shown: &Snapshot) -> (u32, u32) {
    let partial = shown.pages.iter().filter(|page| matches!(state_of(shown, page), PageState::Partial { .. })).count();
    (shown.pages.len() as u32, partial as u32)
}

/// A document while nothing happens: `4 pages, 1 partial · all stored`; or saved, when a file has all of it. Of pages
/// that the disk has damaged not all is stored any more: `4 pages, 1 damaged`.
fn at_rest(shown: &Snapshot) -> String {
    let kept = if shown.unsaved == Unsaved::Nothing { "saved" } else { "stored" };
    let damaged = shown.pages.iter().filter(|page| matches!(page.state, PageState::Damaged { .. })).count();
    let (pages, partial) = count(shown);
    let words = match (pages, partial) {
        (0, _) => "No pages yet".to_owned(),
        (pages, 0) => count_pages(pages),
        (pages, partial) => format!("{}, {partial} partial", count_pages(pages)),
    };
    let words = match (pages, damaged) {
        (0, _) => words,
        (_, 0) => format!("{words} · all {kept}"),
        (_, damaged) => format!("{words}, {damaged} damaged"),
    };
    let scan = if matches!(shown.scan, ScanState::Idle) { "the last scan" } else { "this scan" };
    match left_out(shown, scan) {
        Some(left_out) => format!("{words} · {left_out}"),
        None => words,
    }
}

/// The card of a paused job: what is safe, what happened, what to do.
pub fn paused(shown: &Snapshot, paused: &Paused) -> Sentences {
    let sentences = question(&paused.failure);
    let mut words = match count(shown) {
        (0, _) => String::new(),
        (1, 0) => "1 page is stored. ".to_owned(),
        (1, _) => "1 page is stored, a partial one. ".to_owned(),
        (pages, 0) => format!("{pages} pages are stored. "),
        (pages, partial) => format!("{pages} pages are stored, {partial} of them partial. "),
    };
    if let Some((at, rows)) = broken_off(shown, &paused.scanning) {
        words += &match rows {
            0 => format!("Page {} has no row yet. ", at + 1),
            rows => format!("Page {} ends at row {}. ", at + 1, grouped(rows.into())),
        };
    }
    let advice = if paused.failure.condition == Condition::PaperEmpty && !shown.pages.is_empty() {
        "Put the next sheets into the feeder, or finish.".to_owned()
    } else {
        sentences.advice
    };
    Sentences { title: sentences.title, advice: words + &advice }
}

/// What stands in the middle while a job waits for somebody and no page is there.
pub const WAITS_FOR_YOU: &str = "The scan waits for you. There is no page yet.";

/// What ends a paused job: it names the pages that are there.
pub fn finish(shown: &Snapshot) -> String {
    match count(shown) {
        (0, _) => "Finish without pages".to_owned(),
        (pages, _) => format!("Finish with {}", count_pages(pages)),
    }
}

/// Place and rows of the page that a paused job broke off.
fn broken_off(shown: &Snapshot, scanning: &Scanning) -> Option<(usize, u32)> {
    let (at, page) = shown.pages.iter().enumerate().find(|(_, page)| Some(page.id) == scanning.page)?;
    state_of(shown, page).rows_left().map(|rows| (at, rows))
}

/// `Paper is jammed` as it stands after a colon. Names stay as they are: no title begins with one.
fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
