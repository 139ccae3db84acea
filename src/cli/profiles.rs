//! `lightbar profiles`: settings under a name.

use crate::session::ScanPlan;
use crate::session::profiles::{Profile, ProfileError, ProfileFile, Profiles};
use crate::text::errors::settings;
use crate::text::profiles::{profile, profile_exists, profile_trouble};

use super::arguments::{self, ProfilesAction, SaveProfile};
use super::{CommandError, data_dir, words};

/// Lists, saves or removes.
pub(super) fn run(wanted: &arguments::Profiles) -> Result<u8, CommandError> {
    let file = ProfileFile::in_folder(&data_dir()?);
    match &wanted.action {
        None => list(&file.load().map_err(failed)?, wanted.json),
        Some(ProfilesAction::Save(save)) => put(&file, save)?,
        Some(ProfilesAction::Remove { name }) => {
            file.change(|profiles| profiles.remove(name).map(drop)).map_err(failed)?;
        }
    }
    Ok(0)
}

/// The profile of this name, for a scan.
pub(super) fn named(name: &str) -> Result<Profile, CommandError> {
    let file = ProfileFile::in_folder(&data_dir()?);
    file.load().and_then(|profiles| profiles.named(name).cloned()).map_err(failed)
}

fn put(file: &ProfileFile, save: &SaveProfile) -> Result<(), CommandError> {
    let plan = save.how.over(ScanPlan::default());
    plan.check().map_err(|error| CommandError::usage(settings(&error).joined()))?;
    let profile = Profile { name: save.name.clone(), plan, on_button: save.on_button };
    let line = table(std::slice::from_ref(&profile));
    let mut exists = false;
    file.change(|profiles| {
        exists = !save.overwrite && profiles.named(profile.name.as_str()).is_ok();
        if exists { Ok(()) } else { profiles.put(profile) }
    })
    .map_err(failed)?;
    if exists {
        return Err(CommandError::usage(profile_exists(&save.name).joined()));
    }
    words::print(&line);
    Ok(())
}

fn list(profiles: &Profiles, json: bool) {
    let text = if json { serde_json::to_string(profiles.all()).unwrap_or_default() } else { table(profiles.all()) };
    if !text.is_empty() {
        words::print(&text);
    }
}

fn table(profiles: &[Profile]) -> String {
    let width = profiles.iter().map(|one| one.name.as_str().chars().count()).max().unwrap_or(0);
    let line = |one: &Profile| format!("{:width$}  {}", one.name.as_str(), profile(one));
    profiles.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn failed(error: ProfileError) -> CommandError {
    let message = profile_trouble(&error).joined();
    match error {
        ProfileError::Unknown { .. } | ProfileError::TooMany => CommandError::usage(message),
        _ => CommandError::failed("Storage", message),
    }
}
