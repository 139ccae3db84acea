//! Profiles in words.

use crate::minidriver::{ColorMode, Source};
use crate::session::ScanPlan;
use crate::session::profiles::{MOST_PROFILES, Profile, ProfileError, ProfileName};
use crate::session::settings::{Paper, ScanSettings};

use super::errors::{Sentences, list, mode_name, say, source_name};

/// What a profile asks for, and whether a button starts it.
pub fn profile(profile: &Profile) -> String {
    let button = profile.on_button.then(|| "on the scanner's button".to_owned());
    list(std::iter::once(planned(&profile.plan)).chain(button))
}

/// What a scan is to be, in the words of the command line: `feeder, gray, 300 dpi, A4`.
pub fn planned(plan: &ScanPlan) -> String {
    planned_in(plan, source_name, mode_name)
}

/// The same with the names that sources and modes have elsewhere.
pub fn planned_in(
    plan: &ScanPlan,
    source_name: fn(Source) -> &'static str,
    mode_name: fn(ColorMode) -> &'static str,
) -> String {
    let ScanPlan { source, settings: ScanSettings { mode, dpi, paper }, pages } = plan;
    let source = source.map(|source| source_name(source).to_owned());
    let paper = match paper {
        Paper::Custom { .. } => paper.to_string(),
        named => paper_name(*named).to_owned(),
    };
    let pages = pages.map(|pages| match pages.get() {
        1 => "1 page".to_owned(),
        pages => format!("{pages} pages"),
    });
    let how = [mode_name(*mode).to_owned(), dpi.to_string(), paper];
    list(source.into_iter().chain(how).chain(pages))
}

fn paper_name(paper: Paper) -> &'static str {
    match paper {
        Paper::A4 => "A4",
        Paper::A5 => "A5",
        Paper::Letter => "Letter",
        Paper::Legal => "Legal",
        Paper::Custom { .. } => "its own paper",
    }
}

/// A profile that would be replaced unasked.
pub fn profile_exists(name: &ProfileName) -> Sentences {
    say(
        format!("There is a profile {:?} already", name.as_str()),
        "Choose another name, or replace it with --overwrite.",
    )
}

/// What went wrong with profiles.
pub fn profile_trouble(error: &ProfileError) -> Sentences {
    match error {
        ProfileError::Unknown { wanted, known } if known.is_empty() => say(
            format!("There is no profile {wanted:?}"),
            "None has been saved yet: `lightbar profiles save NAME` saves one, and so does the window.",
        ),
        ProfileError::Unknown { wanted, known } => say(
            format!("There is no profile {wanted:?}"),
            format!("There are: {}.", list(known.iter().map(|name| format!("{name:?}")))),
        ),
        ProfileError::TooMany => {
            say(format!("There are {MOST_PROFILES} profiles already"), "Remove one that is not needed any more.")
        }
        ProfileError::File { file, reason } => say(
            format!("The profiles in {} cannot be used: {reason}", file.display()),
            "Check the permissions of that file and its folder.",
        ),
        ProfileError::NotProfiles { file, reason } => say(
            format!("{} does not hold profiles: {reason}", file.display()),
            "Put that file right or move it away. Until then it is left as it is, and no profile can be saved.",
        ),
        ProfileError::Newer { file, version } => say(
            format!("{} was written by a newer Lightbar (version {version} of the file)", file.display()),
            "Use that Lightbar. This one leaves the file as it is.",
        ),
        ProfileError::InUse { file } => {
            say(format!("Another Lightbar is writing {}", file.display()), "Try again in a moment.")
        }
    }
}
