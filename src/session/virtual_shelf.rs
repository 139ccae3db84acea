//! The virtual scanners of this process: built when first used, and then the same ones for as long
//! as it runs, so that sheets stay where they are.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::virtual_device::{FaultSpec, KeptDocuments, MODELS, Options, RELOAD_AFTER, VirtualScanner};

use super::{Connection, DeviceEntry, DeviceId, DeviceState};

/// After this a person would have cleared a jam or closed the cover; nobody stands beside a virtual
/// scanner, so it happens by itself.
const FIXED_AFTER: Duration = Duration::from_secs(5);

/// How virtual scanners behave.
#[derive(Clone, Debug)]
pub struct VirtualOptions {
    /// Sheets in the feeder; the model's own number when `None`.
    pub sheets: Option<u32>,
    /// When the feeder fills itself again after a job; never when `None`.
    pub reload: Option<Duration>,
    /// Pages a minute at 300 dpi; the model's own speed when `None`, as fast as possible when 0.
    pub pages_per_minute: Option<f64>,
    /// What goes wrong.
    pub faults: FaultSpec,
    /// Folder for a copy of everything that is sent.
    pub keep_sent: Option<PathBuf>,
    /// How long until a jam is cleared and a cover closed; never when `None`.
    pub fixed_after: Option<Duration>,
    /// How long after it was first used the scan button is pressed, on a model that has one.
    pub press_after: Option<Duration>,
}

impl Default for VirtualOptions {
    fn default() -> VirtualOptions {
        VirtualOptions {
            sheets: None,
            reload: Some(RELOAD_AFTER),
            pages_per_minute: None,
            faults: FaultSpec::default(),
            keep_sent: None,
            fixed_after: Some(FIXED_AFTER),
            press_after: None,
        }
    }
}

impl VirtualOptions {
    /// A scanner of a model that behaves like this; `None` when there is no such model.
    pub fn build(&self, model: &str, clock: Arc<dyn Clock>) -> Option<VirtualScanner> {
        let options = Options {
            sheets: self.sheets,
            reload: self.reload,
            pages_per_minute: self.pages_per_minute,
            faults: self.faults.clone(),
            sink: self.keep_sent.as_ref().map(|folder| KeptDocuments::in_folder(folder.clone())),
            fixed_after: self.fixed_after,
            press_after: self.press_after,
        };
        VirtualScanner::new(model, options, clock).ok()
    }
}

/// The scanners that were used so far.
pub(super) struct VirtualShelf {
    options: VirtualOptions,
    clock: Arc<dyn Clock>,
    scanners: HashMap<String, VirtualScanner>,
}

impl VirtualShelf {
    /// A shelf that holds these already; others are built when they are wanted.
    pub(super) fn new(options: VirtualOptions, clock: Arc<dyn Clock>, plugged: &[VirtualScanner]) -> VirtualShelf {
        let scanners = plugged.iter().map(|scanner| (scanner.model().name.to_owned(), scanner.clone())).collect();
        VirtualShelf { options, clock, scanners }
    }

    /// The scanner of a model; `None` when there is no such model.
    pub(super) fn take(&mut self, model: &str) -> Option<VirtualScanner> {
        if let Some(scanner) = self.scanners.get(model) {
            return Some(scanner.clone());
        }
        let scanner = self.options.build(model, self.clock.clone())?;
        self.scanners.insert(model.to_owned(), scanner.clone());
        Some(scanner)
    }

    /// One entry for each model.
    pub(super) fn entries() -> Vec<DeviceEntry> {
        let entry = |model: &crate::virtual_device::Model| DeviceEntry {
            id: DeviceId(format!("virtual:{}", model.name)),
            name: format!("Virtual scanner ({})", model.name),
            connection: Connection::Virtual,
            state: DeviceState::Ready,
        };
        MODELS.iter().map(entry).collect()
    }
}
