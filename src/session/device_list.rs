//! The devices there are: discovered ones first, the virtual ones last.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::clock::Clock;

use super::chosen::Chosen;
use super::device_name::DeviceName;
use super::device_source::DeviceSource;
use super::device_thread::{DeviceThread, News};
use super::job_control::JobControl;
use super::{Connection, DeviceEntry, DeviceId, DeviceState, DeviceTrouble, SessionOptions};

/// What the search for devices has to tell.
pub(super) enum ListNews {}

pub(super) struct DeviceList {
    chosen_before: u64,
}

#[derive(Clone, Debug, Default)]
pub struct VirtualOptions {
    pub sheets: Option<u32>,
    pub reload: Option<Duration>,
    pub pages_per_minute: Option<f64>,
    pub keep_sent: Option<PathBuf>,
}

impl DeviceList {
    pub(super) fn start(_options: &SessionOptions) -> std::io::Result<(DeviceList, Receiver<ListNews>)> {
        let (_s, r) = bounded(1);
        Ok((DeviceList { chosen_before: 0 }, r))
    }
    pub(super) fn refresh(&mut self) {}
    pub(super) fn take(&mut self, news: ListNews) { match news {} }
    pub(super) fn entries(&self) -> Vec<DeviceEntry> { Vec::new() }
    pub(super) fn is_searching(&self) -> bool { false }
    pub(super) fn open(&mut self, name: &DeviceName, clock: &Arc<dyn Clock>, control: &JobControl, news: &Sender<News>) -> Result<Chosen, DeviceTrouble> {
        let entry = DeviceEntry { id: DeviceId(name.to_string()), name: name.to_string(), connection: Connection::Network, state: DeviceState::Unknown };
        self.chosen_before += 1;
        let thread = DeviceThread::start(self.chosen_before, DeviceSource::Escl(String::new()), clock.clone(), control.clone(), news.clone()).map_err(|_| DeviceTrouble::Unknown(name.to_string()))?;
        Ok(Chosen::new(self.chosen_before, thread, entry))
    }
}
