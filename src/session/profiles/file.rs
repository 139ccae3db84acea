//! The file of profiles: JSON that a person may edit, read as a whole and replaced as a whole.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::num::NonZeroU32;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use crate::minidriver::{ColorMode, Source};
use crate::units::Dpi;

use super::super::ScanPlan;
use super::super::settings::{Paper, ScanSettings};
use super::{Profile, ProfileError, Profiles};

/// The largest file that is read, in bytes.
pub const LARGEST_FILE: u64 = 1 << 20;
/// Its name in the data directory.
const FILE: &str = "profiles.json";
/// The version that is written here.
const VERSION: u32 = 1;
/// The resolutions that can be asked for, in dots per inch.
const RESOLUTIONS: std::ops::RangeInclusive<u32> = 1..=9600;

/// The file in which profiles are kept.
#[derive(Clone, Debug)]
pub struct ProfileFile {
    path: PathBuf,
}

impl ProfileFile {
    /// The file in this data directory; it need not be there.
    pub fn in_folder(data_dir: &Path) -> ProfileFile {
        ProfileFile { path: data_dir.join(FILE) }
    }

    /// The profiles; none when there is no file yet.
    ///
    /// # Errors
    /// [`ProfileError::File`], [`ProfileError::NotProfiles`] or [`ProfileError::Newer`].
    pub fn load(&self) -> Result<Profiles, ProfileError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Profiles::default()),
            Err(error) => return Err(self.trouble(&error)),
        };
        let mut text = Vec::new();
        file.take(LARGEST_FILE + 1).read_to_end(&mut text).map_err(|error| self.trouble(&error))?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(self.is_none("it is too large"));
        }
        // The version comes first: what a later one means cannot be known here.
        let Version { version } = serde_json::from_slice(&text).map_err(|error| self.is_none(error))?;
        if version > VERSION {
            return Err(ProfileError::Newer { file: self.path.clone(), version });
        }
        let stored: Stored = serde_json::from_slice(&text).map_err(|error| self.is_none(error))?;
        let mut profiles = Profiles::default();
        for one in stored.profiles {
            let profile = one.read().map_err(|reason| self.is_none(reason))?;
            profiles.put(profile).map_err(|error| self.is_none(error))?;
        }
        Ok(profiles)
    }

    /// Changes what is in the file now, whoever wrote it, and gives what it holds then. A file that cannot be
    /// understood is not replaced.
    ///
    /// # Errors
    /// As [`ProfileFile::load`]; what `change` returns; [`ProfileError::InUse`].
    pub fn change(
        &self,
        change: impl FnOnce(&mut Profiles) -> Result<(), ProfileError>,
    ) -> Result<Profiles, ProfileError> {
        let trouble = |error: io::Error| self.trouble(&error);
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(trouble)?;
        }
        let lock = self.path.with_extension("lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock);
        let lock = lock.map_err(trouble)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ProfileError::InUse { file: self.path.clone() }),
            Err(TryLockError::Error(error)) => return Err(self.trouble(&error)),
        }
        let mut profiles = self.load()?;
        change(&mut profiles)?;
        self.store(&profiles).map_err(trouble)?;
        Ok(profiles)
    }

    /// Writes beside the file and renames, so that it is always a whole one.
    fn store(&self, profiles: &Profiles) -> io::Result<()> {
        let stored = Stored { version: VERSION, profiles: profiles.all().iter().map(StoredProfile::of).collect() };
        let mut text = serde_json::to_vec_pretty(&stored)?;
        text.push(b'\n');
        let fresh = self.path.with_extension("part");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(fresh, &self.path)
    }

    fn trouble(&self, error: &io::Error) -> ProfileError {
        ProfileError::File { file: self.path.clone(), reason: error.to_string() }
    }

    fn is_none(&self, reason: impl ToString) -> ProfileError {
        ProfileError::NotProfiles { file: self.path.clone(), reason: reason.to_string() }
    }
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    profiles: Vec<StoredProfile>,
}

/// A profile as it stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredProfile {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<StoredSource>,
    mode: StoredMode,
    resolution: u32,
    paper: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pages: Option<NonZeroU32>,
    #[serde(default)]
    on_button: bool,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StoredSource {
    Flatbed,
    Feeder,
    Duplex,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StoredMode {
    Lineart,
    Gray,
    Gray16,
    Color,
    Color48,
}

/// As in the file.
impl Serialize for Profile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StoredProfile::of(self).serialize(serializer)
    }
}

impl StoredProfile {
    fn of(profile: &Profile) -> StoredProfile {
        let ScanPlan { source, settings: ScanSettings { mode, dpi, paper }, pages } = &profile.plan;
        let source = source.map(|source| match source {
            Source::Flatbed => StoredSource::Flatbed,
            Source::Feeder => StoredSource::Feeder,
            Source::Duplex => StoredSource::Duplex,
        });
        let mode = match mode {
            ColorMode::LineArt => StoredMode::Lineart,
            ColorMode::Gray => StoredMode::Gray,
            ColorMode::Gray16 => StoredMode::Gray16,
            ColorMode::Color => StoredMode::Color,
            ColorMode::Color48 => StoredMode::Color48,
        };
        StoredProfile {
            name: profile.name.to_string(),
            source,
            mode,
            resolution: dpi.0,
            paper: paper.to_string(),
            pages: *pages,
            on_button: profile.on_button,
        }
    }

    /// The profile, or what is wrong with it.
    fn read(self) -> Result<Profile, String> {
        let StoredProfile { name, source, mode, resolution, paper, pages, on_button } = self;
        let wrong = |what: String| format!("profile {name:?}: {what}");
        let paper: Paper = paper.parse().map_err(|error| wrong(format!("{error}")))?;
        if !RESOLUTIONS.contains(&resolution) {
            return Err(wrong(format!("a resolution is {} to {} dpi", RESOLUTIONS.start(), RESOLUTIONS.end())));
        }
        let source = source.map(|source| match source {
            StoredSource::Flatbed => Source::Flatbed,
            StoredSource::Feeder => Source::Feeder,
            StoredSource::Duplex => Source::Duplex,
        });
        let mode = match mode {
            StoredMode::Lineart => ColorMode::LineArt,
            StoredMode::Gray => ColorMode::Gray,
            StoredMode::Gray16 => ColorMode::Gray16,
            StoredMode::Color => ColorMode::Color,
            StoredMode::Color48 => ColorMode::Color48,
        };
        let settings = ScanSettings { mode, dpi: Dpi(resolution), paper };
        let name = name.parse().map_err(|error| wrong(format!("{error}")))?;
        Ok(Profile { name, plan: ScanPlan { source, settings, pages }, on_button })
    }
}
