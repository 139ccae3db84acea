//! One look at all devices, for a list: what is there, and what each can do, within a few seconds.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};

use crate::clock::{Clock, SystemClock};
use crate::drivers::is_scanner;
use crate::http::{RememberedIdentities, Trust};
use crate::minidriver::{Condition, DriverError, Source};
use crate::transfer::Broker;
use crate::usb::{Discovery, FoundDevice, UsbError};

use super::device_list::{TRUST_FILE, entry};
use super::device_name::DeviceName;
use super::device_source::{DeviceSource, Means, Opened};
use super::settings::Offers;
use super::virtual_shelf::{VirtualOptions, VirtualShelf};
use super::{Connection, DeviceEntry, DeviceId, DeviceState, DeviceTrouble, Remark};

/// A list is there within this time (design, section 7).
const SURVEY_LIMIT: Duration = Duration::from_millis(4500);
/// The part of it that finding devices may take.
const FIND_LIMIT: Duration = Duration::from_millis(1500);
/// Devices looked at; nobody has more on one computer.
const MOST_DEVICES: usize = 64;

/// A device and what it offers.
#[derive(Clone, Debug)]
pub struct SurveyedDevice {
    /// The device.
    pub entry: DeviceEntry,
    /// What it offers; nothing when it could not be asked.
    pub offers: Option<Offers>,
    /// Why it offers nothing, where it was asked.
    pub trouble: Option<DeviceTrouble>,
    /// What a person should know of it.
    pub remark: Option<Remark>,
}

impl SurveyedDevice {
    /// Its sources.
    pub fn sources(&self) -> Vec<Source> {
        self.offers.as_ref().map_or_else(Vec::new, Offers::sources)
    }
}

/// What is wanted to be known of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What it offers.
    Offers,
    /// And the values that change by themselves, as they are now: whether paper lies in its feeder.
    Values,
}

/// Looks at every device, all at the same time. One that does not answer within the limit is listed
/// as unknown: it sleeps, or is busy with something else. With a name it looks at that device alone,
/// which may then also be one with an address.
pub fn survey(data_dir: &Path, only: Option<&DeviceName>, depth: Depth) -> Vec<SurveyedDevice> {
    let deadline = Instant::now() + SURVEY_LIMIT;
    let clock: Arc<dyn Clock> = SystemClock::start();
    let trust = Trust::new(RememberedIdentities::from_file(data_dir.join(TRUST_FILE)));
    let means = Means { clock: clock.clone(), trust };
    let discovery = Arc::new(Discovery::start(clock.clone(), is_scanner));
    let listing = discovery.list(FIND_LIMIT);
    if let Some(reason) = &listing.unavailable {
        tracing::info!(reason, "USB cannot be used");
    }
    let mut shelf = VirtualShelf::new(VirtualOptions::default(), clock, &[]);
    let is_meant = |device: &&FoundDevice| match only {
        Some(DeviceName::Usb(id)) => id.means(device),
        other => other.is_none(),
    };
    let usb =
        listing.devices.iter().filter(is_meant).map(|device| {
            (entry(device), Some(DeviceSource::Usb { id: device.id.clone(), discovery: discovery.clone() }))
        });
    let simulated = VirtualShelf::entries().into_iter().map(|entry| {
        let scanner = match entry.id.0.parse() {
            Ok(DeviceName::Virtual(model)) => shelf.take(&model),
            _ => None,
        };
        (entry, scanner.map(DeviceSource::Virtual))
    });
    let (answers, answered) = bounded(MOST_DEVICES);
    let mut devices: Vec<SurveyedDevice> = Vec::new();
    let named = only.and_then(address_of).into_iter();
    let meant = |entry: &DeviceEntry| only.is_none_or(|name| entry.id.0.parse().as_ref() == Ok(name));
    let found = usb.chain(simulated.filter(|(entry, _)| meant(entry)).chain(named));
    for (entry, source) in found.take(MOST_DEVICES) {
        let mut trouble = None;
        if let Some(source) = source.filter(|_| entry.state != DeviceState::NoPermission) {
            ask(devices.len(), source, depth, means.clone(), answers.clone());
            // Until it answers.
            trouble = Some(DeviceTrouble::Driver(Condition::NotAnswering.with("no answer in time").into()));
        }
        devices.push(SurveyedDevice { entry, offers: None, trouble, remark: None });
    }
    drop(answers);
    while let Ok((number, answer)) = answered.recv_deadline(deadline) {
        match answer {
            Ok(Answer { name, offers, remark }) => {
                devices[number].entry.state = DeviceState::Ready;
                if let Some(name) = name {
                    devices[number].entry.name = name;
                }
                devices[number].offers = Some(offers);
                devices[number].trouble = None;
                devices[number].remark = remark;
            }
            Err(trouble) => {
                devices[number].entry.state = state_of(&trouble);
                devices[number].trouble = Some(trouble);
            }
        }
    }
    devices
}

/// What a device said.
struct Answer {
    name: Option<String>,
    offers: Offers,
    remark: Option<Remark>,
}

/// A device that is known by its address alone.
fn address_of(name: &DeviceName) -> Option<(DeviceEntry, Option<DeviceSource>)> {
    let DeviceName::Escl(address) = name else { return None };
    let id = DeviceId(name.to_string());
    let entry = DeviceEntry { name: id.0.clone(), id, connection: Connection::Network, state: DeviceState::Unknown };
    Some((entry, Some(DeviceSource::Escl(address.clone()))))
}

/// Asks one device on a thread that can be left behind.
fn ask(
    number: usize,
    source: DeviceSource,
    depth: Depth,
    means: Means,
    answers: Sender<(usize, Result<Answer, DeviceTrouble>)>,
) {
    let simulated = matches!(source, DeviceSource::Virtual(_));
    let asking = thread::Builder::new().name("survey".to_owned()).spawn(move || {
        let answer = source.open(&means).map(|Opened { driver, remark }| {
            let broker = Broker::new(driver, means.clock.clone());
            let name = (!simulated).then(|| broker.device().name.clone());
            let mut items = broker.application_items();
            let mut offers = Offers::of(items.clone());
            if depth == Depth::Values && offers.has_feeder() {
                match broker.refresh(&mut items) {
                    Ok(()) => offers = Offers::of(items),
                    // What it can do is known all the same.
                    Err(error) => tracing::warn!(%error, "the feeder cannot be looked at"),
                }
            }
            broker.release();
            Answer { name, offers, remark }
        });
        // Too late is as good as no answer.
        let _ = answers.send((number, answer));
    });
    if let Err(error) = asking {
        tracing::warn!(%error, "a device is not asked");
    }
}

fn state_of(trouble: &DeviceTrouble) -> DeviceState {
    match trouble {
        DeviceTrouble::Driver(DriverError::Unusable(reason)) => DeviceState::Unusable(reason.clone()),
        DeviceTrouble::Driver(DriverError::Usb(UsbError::NoPermission)) => DeviceState::NoPermission,
        DeviceTrouble::Driver(DriverError::Usb(UsbError::Busy { .. })) => DeviceState::Busy,
        _ => DeviceState::Unknown,
    }
}
