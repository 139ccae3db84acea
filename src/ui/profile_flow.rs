//! The way of settings to a name, and of a name away.

use crate::session::profiles::{Profile, ProfileName};
use crate::session::{ScanPlan, Snapshot};

/// Where it is.
#[derive(Debug, Default)]
pub(super) enum ProfileFlow {
    /// Nothing is asked.
    #[default]
    Closed,
    /// A name is asked for.
    Naming(Naming),
    /// Whether this profile shall go is asked.
    Removing(ProfileName),
}

/// The name of settings while it is typed.
#[derive(Debug)]
pub(super) struct Naming {
    /// What was typed.
    pub(super) name: String,
    /// What is to have the name.
    pub(super) plan: ScanPlan,
    /// The field was given the keyboard.
    pub(super) focused: bool,
}

impl Naming {
    /// The profile of this name that would be replaced.
    pub(super) fn replaced<'a>(&self, shown: &'a Snapshot) -> Option<&'a Profile> {
        shown.profiles.named(&self.name).ok()
    }

    /// The profile that is to be saved; what is wrong with the name otherwise.
    pub(super) fn profile(&self, shown: &Snapshot) -> Result<Profile, String> {
        let name = self.name.parse().map_err(|error| format!("{error}"))?;
        let on_button = self.replaced(shown).is_some_and(|profile| profile.on_button);
        Ok(Profile { name, plan: self.plan.clone(), on_button })
    }
}

impl ProfileFlow {
    /// Asks for a name for these settings, beginning with this one.
    pub(super) fn name(&mut self, plan: ScanPlan, name: &str) {
        *self = ProfileFlow::Naming(Naming { name: name.to_owned(), plan, focused: false });
    }

    /// Whether a dialog has the keyboard.
    pub(super) fn has_dialog(&self) -> bool {
        !matches!(self, ProfileFlow::Closed)
    }
}
