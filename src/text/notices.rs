//! Notices in words.

use std::path::PathBuf;

use crate::document::Trouble;
use crate::session::{JobEnd, Matter, Saved};

use super::documents::{document_trouble, not_cropped, not_written_down, trouble};
use super::errors::{Sentences, code, count_pages, device_trouble, job, remark, settings};
use super::export::{self, damaged, encoded_again, left_out};
use super::import;
use super::library::gone_for_good;
use super::numbers::page_list;
use super::profiles::profile_trouble;

/// Why the computer's sleep waits for a moment; the desktop shows it.
pub const WHY_SLEEP_WAITS: &str = "A scan is being ended";

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Good news, goes by itself.
    Done,
    /// Worth knowing.
    Information,
    /// Something did not work.
    Problem,
}

/// A notice in words.
pub fn notice(matter: &Matter) -> (Tone, Sentences) {
    match matter {
        Matter::JobEnded(report) => {
            let tone = match report.end {
                JobEnd::Completed | JobEnd::FewerPages => Tone::Done,
                JobEnd::Cancelled | JobEnd::CancelledAtDevice => Tone::Information,
                JobEnd::FeederEmpty | JobEnd::Failed(_) => Tone::Problem,
            };
            (tone, job(report))
        }
        Matter::Refused(error) => (Tone::Problem, settings(error)),
        Matter::Profiles(error) => (Tone::Problem, profile_trouble(error)),
        Matter::Device(trouble) => (Tone::Problem, device_trouble(trouble)),
        Matter::DeviceNotResponding => (
            Tone::Problem,
            Sentences {
                title: "The scanner does not respond".to_owned(),
                advice: "It did not come back after the last scan. Switch it off and on again.".to_owned(),
            },
        ),
        // A file that lacks pages is no good news.
        Matter::Saved(saved) => (if saved.is_whole() { Tone::Done } else { Tone::Problem }, saved_words(saved)),
        Matter::Imported(file) if file.remarks.is_empty() => (Tone::Done, import::imported(file)),
        Matter::Imported(file) => (Tone::Information, import::imported(file)),
        Matter::ImportRefused(name, error) => (Tone::Problem, import::refused(name, error)),
        Matter::SaveFailed(error) => (Tone::Problem, export::failed(error)),
        Matter::AutoSaveFailed(error) => (Tone::Problem, export::auto_save_failed(error)),
        Matter::Storage(reason) => (Tone::Problem, code(*reason)),
        Matter::NotWrittenDown(kind) => (Tone::Problem, not_written_down(*kind)),
        Matter::NotCropped(pages) => (Tone::Information, not_cropped(pages)),
        Matter::Recovered(found @ Trouble::PagesFound(_)) => (Tone::Information, trouble(found)),
        Matter::Recovered(lost) => (Tone::Problem, trouble(lost)),
        Matter::Document(reason) => (Tone::Problem, document_trouble(reason)),
        Matter::Freed(freed) => (Tone::Done, gone_for_good(freed)),
        Matter::Remark(about) => (Tone::Information, remark(about)),
    }
}

/// What was saved, and where.
fn saved_words(saved: &Saved) -> Sentences {
    let name = |file: &PathBuf| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut advice = count_pages(saved.pages);
    match (saved.pages, saved.partial) {
        (_, 0) => {}
        (1, _) => advice += ", a partial one",
        (_, partial) => advice += &format!(", {partial} of them partial"),
    }
    if saved.while_scanning {
        advice += ". The page that is still arriving is not in it";
    }
    if let Some(again) = encoded_again(saved.encoded_anew.len()) {
        advice += &format!(". {again}");
    }
    advice.push('.');
    let (mut title, advice) = match saved.files.as_slice() {
        [first, .., last] => {
            (format!("Saved {} files", saved.files.len()), format!("{} to {}, {advice}", name(first), name(last)))
        }
        files => (format!("Saved {}", files.first().map(name).unwrap_or_default()), advice),
    };
    let mut flaws = Vec::new();
    if !saved.left_out.is_empty() {
        title += &format!(", without {}", page_list(&saved.left_out));
        flaws.push(left_out(&saved.left_out).joined());
    }
    if !saved.damaged.is_empty() {
        flaws.push(damaged(&saved.damaged).joined());
    }
    Sentences { title, advice: [&[advice][..], &flaws].concat().join(" ") }
}
