//! Settings under a name.
//!
//! A profile says how to scan; what it leaves open is decided as if it were not there. It knows no device:
//! whether one can do what it asks is found out when it is used, as with any other scan.

mod file;
mod keeper;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::ScanPlan;

pub use file::{LARGEST_FILE, ProfileFile};
pub(super) use keeper::ProfileKeeper;

/// The most profiles that are kept.
pub const MOST_PROFILES: usize = 100;

/// Settings under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What it is called.
    pub name: ProfileName,
    /// What it asks for.
    pub plan: ScanPlan,
    /// Whether a button of the device starts it. Of all profiles at most one says so.
    pub on_button: bool,
}

/// The name of a profile: one line of text without blanks around it. Names that differ in nothing but
/// capital letters are the same.
#[derive(Clone, Debug)]
pub struct ProfileName(String);

impl ProfileName {
    /// The longest name, in characters.
    pub const LONGEST: usize = 40;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// Why a text is no name for a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedProfileName {
    /// There is nothing in it.
    #[error("a profile needs a name")]
    Empty,
    /// It has too many characters.
    #[error("a name has at most {} characters", ProfileName::LONGEST)]
    TooLong,
    /// It has characters that cannot be shown in a line.
    #[error("a name is one line of text")]
    Unprintable,
}

impl FromStr for ProfileName {
    type Err = MalformedProfileName;

    fn from_str(text: &str) -> Result<ProfileName, MalformedProfileName> {
        let name = text.trim();
        if name.is_empty() {
            return Err(MalformedProfileName::Empty);
        }
        if name.chars().count() > ProfileName::LONGEST {
            return Err(MalformedProfileName::TooLong);
        }
        if name.chars().any(char::is_control) {
            return Err(MalformedProfileName::Unprintable);
        }
        Ok(ProfileName(name.to_owned()))
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for ProfileName {
    fn eq(&self, other: &ProfileName) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for ProfileName {}

/// What went wrong with profiles. None of it changes the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// No profile has this name.
    #[error("no profile {wanted:?}, only {known:?}")]
    Unknown {
        /// The name.
        wanted: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// There are [`MOST_PROFILES`] already.
    #[error("too many profiles")]
    TooMany,
    /// The file cannot be read or written.
    #[error("{}: {reason}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The file is none of profiles, or damaged.
    #[error("{} holds no profiles: {reason}", file.display())]
    NotProfiles {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A later version of this program wrote the file.
    #[error("{} is of version {version}", file.display())]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its version.
        version: u32,
    },
    /// Another process is writing the file at this moment.
    #[error("{} is in use", file.display())]
    InUse {
        /// The file.
        file: PathBuf,
    },
}

/// Some profiles, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profiles(Vec<Profile>);

impl Profiles {
    /// All of them.
    pub fn all(&self) -> &[Profile] {
        &self.0
    }

    /// The one with this name.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`].
    pub fn named(&self, name: &str) -> Result<&Profile, ProfileError> {
        let same = |profile: &&Profile| name.parse::<ProfileName>().as_ref() == Ok(&profile.name);
        self.0.iter().find(same).ok_or_else(|| self.unknown(name))
    }

    /// The one that a button of the device starts.
    pub fn for_button(&self) -> Option<&Profile> {
        self.0.iter().find(|profile| profile.on_button)
    }

    /// Puts a profile in the place of the one with its name, or behind the others.
    ///
    /// # Errors
    /// [`ProfileError::TooMany`].
    pub fn put(&mut self, profile: Profile) -> Result<(), ProfileError> {
        let place = self.0.iter().position(|other| other.name == profile.name);
        if place.is_none() && self.0.len() >= MOST_PROFILES {
            return Err(ProfileError::TooMany);
        }
        if profile.on_button {
            self.0.iter_mut().for_each(|other| other.on_button = false);
        }
        match place.and_then(|place| self.0.get_mut(place)) {
            Some(other) => *other = profile,
            None => self.0.push(profile),
        }
        Ok(())
    }

    /// Takes the one with this name away.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`].
    pub fn remove(&mut self, name: &str) -> Result<Profile, ProfileError> {
        let same = |profile: &Profile| name.parse::<ProfileName>().as_ref() == Ok(&profile.name);
        let place = self.0.iter().position(same).ok_or_else(|| self.unknown(name))?;
        Ok(self.0.remove(place))
    }

    fn unknown(&self, name: &str) -> ProfileError {
        let known = self.0.iter().map(|profile| profile.name.to_string()).collect();
        ProfileError::Unknown { wanted: name.to_owned(), known }
    }
}
