//! The profiles as the session keeps them.

use std::sync::Arc;

use super::{ProfileError, ProfileFile, Profiles};

/// What the file held when it was last read or written.
pub(in super::super) struct ProfileKeeper {
    file: ProfileFile,
    shown: Arc<Profiles>,
}

impl ProfileKeeper {
    /// Nothing read yet.
    pub(in super::super) fn new(file: ProfileFile) -> ProfileKeeper {
        ProfileKeeper { file, shown: Arc::default() }
    }

    pub(in super::super) fn load(&mut self) -> Result<(), ProfileError> {
        self.shown = Arc::new(self.file.load()?);
        Ok(())
    }

    pub(in super::super) fn change(
        &mut self,
        change: impl FnOnce(&mut Profiles) -> Result<(), ProfileError>,
    ) -> Result<(), ProfileError> {
        self.shown = Arc::new(self.file.change(change)?);
        Ok(())
    }

    pub(in super::super) fn shown(&self) -> Arc<Profiles> {
        Arc::clone(&self.shown)
    }
}
