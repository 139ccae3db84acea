//! The devices there are: discovered ones first, the virtual ones last.

use std::convert::Infallible;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::clock::Clock;
use crate::drivers::is_scanner;
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

/// What a change of the list means for the device in use.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ForTheDevice {
    /// It was unplugged.
    Gone,
    /// It has another name, since a second one like it is there.
    Called(DeviceId),
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

    /// Takes what the search has to tell; what that means for the device in use.
    pub(super) fn take(&mut self, news: ListNews, in_use: Option<&DeviceId>) -> Option<ForTheDevice> {
        match news {
            ListNews::Searched(listing) => {
                if let Some(reason) = &listing.unavailable {
                    tracing::info!(reason, "USB cannot be used");
                }
                self.searching = false;
                listing.devices.into_iter().filter_map(|device| self.arrived(device, in_use)).last()
            }
            ListNews::Changed(DeviceEvent::Arrived(device)) => self.arrived(device, in_use),
            ListNews::Changed(DeviceEvent::Left { location, .. }) => {
                let index = self.found.iter().position(|device| device.location == location)?;
                let left = self.found.remove(index);
                let in_use = in_use?.0.parse().ok();
                let Some(DeviceName::Usb(id)) = in_use else { return None };
                let is_gone = id.means(&left) && !self.found.iter().any(|device| id.means(device));
                is_gone.then_some(ForTheDevice::Gone)
            }
        }
    }

    fn arrived(&mut self, device: FoundDevice, in_use: Option<&DeviceId>) -> Option<ForTheDevice> {
        let new = entry(&device).id;
        let Some(known) = self.found.iter_mut().find(|known| known.location == device.location) else {
            self.found.push(device);
            return None;
        };
        let old = DeviceId(known.id.to_string());
        *known = device;
        (in_use == Some(&old) && new != old).then_some(ForTheDevice::Called(new))
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
        held: &Sender<Infallible>,
    ) -> Result<Chosen, DeviceTrouble> {
        let unknown = || DeviceTrouble::Unknown(name.to_string());
        let source = self.source(name).ok_or_else(unknown)?;
        self.chosen_before += 1;
        let number = self.chosen_before;
        let thread =
            DeviceThread::start(number, source, self.means.clone(), control.clone(), news.clone(), held.clone())
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

    /// The entry of a device; of one that is not in the list what its name says.
    fn entry_of(&self, name: &DeviceName) -> DeviceEntry {
        if let DeviceName::Usb(id) = name
            && let Some(device) = self.found.iter().find(|device| id.means(device))
        {
            return entry(device);
        }
        let id = DeviceId(name.to_string());
        let known = VirtualShelf::entries().into_iter().find(|entry| entry.id == id);
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
    let discovery = Arc::new(Discovery::start(clock, is_scanner));
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::usb::{BusLocation, DeviceDescription};

    /// A device of this name at an address of bus 1, plugged into this port.
    pub(in crate::session) fn found(name: &str, address: u8, port: &str) -> FoundDevice {
        let id: crate::usb::DeviceId = name.parse().expect(name);
        let description = DeviceDescription {
            vendor: id.vendor,
            product: id.product,
            release: 0x0100,
            manufacturer: None,
            name: Some("Scanner".to_owned()),
            serial: id.serial.clone(),
            interfaces: Vec::new(),
        };
        let location = BusLocation { bus: 1, address };
        FoundDevice { id, location, port: port.parse().ok(), description, access: Ok(()) }
    }

    fn list() -> DeviceList {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SessionOptions { discover: false, ..SessionOptions::in_folder(folder.path().to_path_buf()) };
        DeviceList::start(&options).expect("a list").0
    }

    fn arrives(list: &mut DeviceList, device: FoundDevice, in_use: &DeviceId) -> Option<ForTheDevice> {
        list.take(ListNews::Changed(DeviceEvent::Arrived(device)), Some(in_use))
    }

    fn leaves(list: &mut DeviceList, device: &FoundDevice, in_use: &DeviceId) -> Option<ForTheDevice> {
        let event = DeviceEvent::Left { id: device.id.clone(), location: device.location };
        list.take(ListNews::Changed(event), Some(in_use))
    }

    #[test]
    fn the_device_in_use_keeps_its_place_when_another_like_it_comes_and_goes() {
        let mut list = list();
        let mut in_use = DeviceId("usb:04b8:1182".to_owned());
        let alone = found("usb:04b8:1182", 5, "1-4");
        assert_eq!(arrives(&mut list, alone, &in_use), None);
        let twin = found("usb:04b8:1182@1-2", 6, "1-2");
        assert_eq!(arrives(&mut list, twin.clone(), &in_use), None);
        let renamed = found("usb:04b8:1182@1-4", 5, "1-4");
        assert_eq!(
            arrives(&mut list, renamed.clone(), &in_use),
            Some(ForTheDevice::Called(DeviceId(renamed.id.to_string())))
        );
        in_use = DeviceId(renamed.id.to_string());
        let names: Vec<String> = list.entries().into_iter().take(2).map(|entry| entry.id.0).collect();
        assert_eq!(names, ["usb:04b8:1182@1-4", "usb:04b8:1182@1-2"]);
        assert_eq!(leaves(&mut list, &twin, &in_use), None, "the other one is gone");
        assert_eq!(leaves(&mut list, &renamed, &in_use), Some(ForTheDevice::Gone));
    }

    #[test]
    fn a_device_named_in_short_is_known_by_its_own_name_and_gone_when_it_is() {
        let mut list = list();
        let device = found("usb:04b8:1182:S1", 5, "1-4");
        let short = DeviceName::Usb("usb:04b8:1182".parse().expect("a name"));
        let in_use = DeviceId(short.to_string());
        arrives(&mut list, device.clone(), &in_use);
        assert_eq!(list.entry_of(&short).id.0, "usb:04b8:1182:S1");
        assert_eq!(leaves(&mut list, &device, &in_use), Some(ForTheDevice::Gone));
    }
}
