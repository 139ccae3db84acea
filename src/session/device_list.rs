//! The devices there are: discovered ones first, the virtual ones last.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::clock::Clock;
use crate::http::{RememberedIdentities, Trust};
use crate::usb::{DeviceEvent, Discovery, FoundDevice, Listing, UsbError};

use super::chosen::Chosen;
use super::device_name::DeviceName;
use super::device_source::{DeviceSource, Means};
use super::device_thread::{DeviceThread, News};
use super::job_control::JobControl;
use super::virtual_shelf::VirtualShelf;
use super::{Connection, DeviceEntry, DeviceId, DeviceState, DeviceTrouble, SessionOptions};

/// How long the first look at the bus may take.
const SEARCH_LIMIT: Duration = Duration::from_secs(5);
/// Changes of the list that may wait.
const NEWS: usize = 64;
/// The file in the data directory that remembers the certificates of network scanners.
pub(super) const TRUST_FILE: &str = "certificates";

/// What the search for devices has to tell.
pub(super) enum ListNews {
    /// The bus was looked at for the first time.
    Searched(Listing),
    /// Something was plugged in or out.
    Changed(DeviceEvent),
}

/// The list, and the way from a name to a running scan thread.
pub(super) struct DeviceList {
    discovery: Option<Arc<Discovery>>,
    found: Vec<FoundDevice>,
    searching: bool,
    shelf: VirtualShelf,
    means: Means,
    chosen_before: u64,
}

impl DeviceList {
    /// Begins to look for devices.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(super) fn start(options: &SessionOptions) -> std::io::Result<(DeviceList, Receiver<ListNews>)> {
        let (news, heard) = bounded(NEWS);
        let discovery = match options.discover {
            true => Some(watch(options.clock.clone(), news)?),
            false => None,
        };
        let list = DeviceList {
            searching: discovery.is_some(),
            discovery,
            found: Vec::new(),
            shelf: VirtualShelf::new(options.virtual_scanner.clone(), options.clock.clone(), &options.plugged),
            means: Means {
                clock: options.clock.clone(),
                trust: Trust::new(RememberedIdentities::from_file(options.data_dir.join(TRUST_FILE))),
            },
            chosen_before: 0,
        };
        Ok((list, heard))
    }

    /// Takes what the search has to tell; the name of a device that is gone.
    pub(super) fn take(&mut self, news: ListNews) -> Option<DeviceId> {
        match news {
            ListNews::Searched(listing) => {
                if let Some(reason) = &listing.unavailable {
                    tracing::info!(reason, "USB cannot be used");
                }
                self.searching = false;
                for device in listing.devices {
                    self.arrived(device);
                }
                None
            }
            ListNews::Changed(DeviceEvent::Arrived(device)) => {
                self.arrived(device);
                None
            }
            ListNews::Changed(DeviceEvent::Left { id, location }) => {
                self.found.retain(|device| device.location != location);
                Some(DeviceId(id.to_string()))
            }
        }
    }

    fn arrived(&mut self, device: FoundDevice) {
        self.found.retain(|known| known.location != device.location);
        self.found.push(device);
    }

    pub(super) fn is_searching(&self) -> bool {
        self.searching
    }

    /// The entries to show.
    pub(super) fn entries(&self) -> Vec<DeviceEntry> {
        self.found.iter().map(entry).chain(VirtualShelf::entries()).collect()
    }

    /// Starts a scan thread for a device.
    ///
    /// # Errors
    /// [`DeviceTrouble::Unknown`] when there is no virtual scanner of that name.
    pub(super) fn open(
        &mut self,
        name: &DeviceName,
        control: &JobControl,
        news: &Sender<News>,
    ) -> Result<Chosen, DeviceTrouble> {
        let unknown = || DeviceTrouble::Unknown(name.to_string());
        let source = self.source(name).ok_or_else(unknown)?;
        self.chosen_before += 1;
        let number = self.chosen_before;
        let thread = DeviceThread::start(number, source, self.means.clone(), control.clone(), news.clone())
            .map_err(|_| DeviceTrouble::NoThread)?;
        Ok(Chosen::new(number, thread, self.entry_of(name)))
    }

    fn source(&mut self, name: &DeviceName) -> Option<DeviceSource> {
        Some(match name {
            DeviceName::Virtual(model) => DeviceSource::Virtual(self.shelf.take(model)?),
            DeviceName::Usb(id) => {
                let discovery = self.discovery.clone()?;
                DeviceSource::Usb { id: id.clone(), discovery }
            }
            DeviceName::Escl(address) => DeviceSource::Escl(address.clone()),
        })
    }

    fn entry_of(&self, name: &DeviceName) -> DeviceEntry {
        let id = DeviceId(name.to_string());
        let known = self.entries().into_iter().find(|entry| entry.id == id);
        known.unwrap_or_else(|| DeviceEntry {
            name: id.0.clone(),
            connection: match name {
                DeviceName::Virtual(_) => Connection::Virtual,
                DeviceName::Usb(_) => Connection::Usb,
                DeviceName::Escl(_) => Connection::Network,
            },
            state: DeviceState::Unknown,
            id,
        })
    }
}

/// Watches the bus, and tells once it has been looked at for the first time.
fn watch(clock: Arc<dyn Clock>, news: Sender<ListNews>) -> std::io::Result<Arc<Discovery>> {
    let discovery = Arc::new(Discovery::start(clock));
    let searched = discovery.clone();
    let events = discovery.events().clone();
    thread::Builder::new().name("devices".to_owned()).spawn(move || {
        let listing = searched.list(SEARCH_LIMIT);
        drop(searched);
        if news.send(ListNews::Searched(listing)).is_err() {
            return;
        }
        // Ends when the watch ends with the session.
        for event in events {
            if news.send(ListNews::Changed(event)).is_err() {
                return;
            }
        }
    })?;
    Ok(discovery)
}

pub(super) fn entry(device: &FoundDevice) -> DeviceEntry {
    let description = &device.description;
    let name = match (&description.manufacturer, &description.name) {
        (Some(maker), Some(name)) if !name.to_lowercase().starts_with(&maker.to_lowercase()) => {
            format!("{maker} {name}")
        }
        (_, Some(name)) => name.clone(),
        _ => device.id.to_string(),
    };
    let state = match &device.access {
        Ok(()) => DeviceState::Unknown,
        Err(UsbError::NoPermission) => DeviceState::NoPermission,
        Err(UsbError::Busy { .. }) => DeviceState::Busy,
        Err(_) => DeviceState::Unknown,
    };
    DeviceEntry { id: DeviceId(device.id.to_string()), name, connection: Connection::Usb, state }
}
