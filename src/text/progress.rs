//! What is going on, in words: a job, a save, a document at rest.

use std::time::Duration;

use crate::minidriver::Condition;
use crate::session::{PageState, PageView, Paused, Phase, Saving, ScanState, Scanning, Snapshot};

use super::errors::{Sentences, count_pages, problem};
use super::numbers::{about, bytes, grouped, page_range};

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
    match &shown.scan {
        ScanState::Scanning(scanning) => scanning_line(shown, scanning),
        ScanState::Paused(paused) => Line {
            attention: Some(format!("Paused: {}", lower_first(&problem(&paused.failure).title))),
            words: at_rest(shown),
            part: None,
        },
        ScanState::Settling => Line { words: SETTLING.to_owned(), ..Line::default() },
        ScanState::Idle => {
            let next = if shown.pages.is_empty() { "" } else { ". Put in the next sheet, or save." };
            Line { words: at_rest(shown) + next, ..Line::default() }
        }
    }
}

/// What is said while a device is brought to rest.
pub const SETTLING: &str = "The scanner is finishing the cancelled page …";

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

fn scanning_line(shown: &Snapshot, scanning: &Scanning) -> Line {
    let number = page_number(shown, scanning);
    let mut parts = vec![format!("Page {number}")];
    let progress = &scanning.progress;
    let mut part = None;
    if scanning.page.is_some() && (progress.rows > 0 || progress.bytes > 0) {
        match progress.expected_rows {
            Some(expected) => {
                parts.push(format!("{} of {} rows", grouped(progress.rows.into()), grouped(expected.into())));
                part = Some((progress.rows as f32 / expected.max(1) as f32).clamp(0.0, 1.0));
            }
            None => parts.push(format!("{} rows", grouped(progress.rows.into()))),
        }
    } else {
        parts.push(lower_first(phase(scanning.phase)));
    }
    let mut attention = None;
    if progress.silent >= SILENCE_WORTH_A_WORD {
        attention = Some(format!("The scanner has been silent for {} s", progress.silent.as_secs()));
    } else if part.is_some() || progress.rows > 0 {
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
    Line { attention, words: parts.join(" · "), part }
}

/// The number a page has in the document: what the list of pages says, too.
fn page_number(shown: &Snapshot, scanning: &Scanning) -> usize {
    let at = scanning.page.and_then(|id| shown.pages.iter().position(|page| page.id == id));
    at.map_or(shown.pages.len() + 1, |at| at + 1)
}

fn saving_line(saving: &Saving) -> Line {
    let name = saving.target.file_name().unwrap_or(saving.target.as_os_str()).to_string_lossy();
    Line {
        words: format!("Saving {name} · page {} of {}", saving.done.min(saving.pages), saving.pages),
        part: Some(saving.done as f32 / saving.pages.max(1) as f32),
        ..Line::default()
    }
}

/// How far a page is, for people. While a job waits for somebody nothing arrives: the page it broke
/// off in is a partial one until it goes on.
pub fn state_of(shown: &Snapshot, page: &PageView) -> PageState {
    match (&shown.scan, page.state) {
        (ScanState::Paused(paused), PageState::Arriving) if paused.scanning.page == Some(page.id) => {
            PageState::Partial { rows: paused.scanning.progress.rows }
        }
        (_, state) => state,
    }
}

/// A document while nothing happens: `4 pages, 1 partial · all stored`.
fn at_rest(shown: &Snapshot) -> String {
    if shown.pages.is_empty() {
        return "No pages yet".to_owned();
    }
    let partial = shown.pages.iter().filter(|page| matches!(state_of(shown, page), PageState::Partial { .. })).count();
    let pages = count_pages(shown.pages.len() as u32);
    if partial == 0 { format!("{pages} · all stored") } else { format!("{pages}, {partial} partial · all stored") }
}

/// The card of a paused job: what happened, what is safe, what to do.
pub fn paused(shown: &Snapshot, paused: &Paused) -> Sentences {
    let sentences = problem(&paused.failure);
    let mut words = String::new();
    let whole = shown.pages.iter().take_while(|page| page.state == PageState::Complete).count();
    if whole > 0 {
        let verb = if whole == 1 { "is" } else { "are" };
        words += &format!("{} {verb} safe. ", page_range(1, whole));
    }
    if let Some((at, rows)) = broken_off(shown, &paused.scanning) {
        words +=
            &format!("Page {} was received up to row {} and is kept as a partial page. ", at + 1, grouped(rows.into()));
    }
    let advice = if paused.failure.condition == Condition::PaperEmpty && !shown.pages.is_empty() {
        "Put the next sheets into the feeder, or finish.".to_owned()
    } else {
        sentences.advice
    };
    Sentences { title: sentences.title, advice: words + &advice }
}

/// Place and rows of the page that a paused job broke off.
fn broken_off(shown: &Snapshot, scanning: &Scanning) -> Option<(usize, u32)> {
    let (at, page) = match scanning.page {
        Some(id) => shown.pages.iter().enumerate().find(|(_, page)| page.id == id)?,
        None => shown.pages.iter().enumerate().next_back()?,
    };
    match state_of(shown, page) {
        PageState::Partial { rows } => Some((at, rows)),
        PageState::Arriving | PageState::Complete => None,
    }
}

/// `Paper is jammed` as it stands after a colon. Names stay as they are: no title begins with one.
fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
