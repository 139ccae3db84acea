//! Asking the daemon ipp-usb which of its services belongs to a device that it holds.

use std::time::Duration;

use crate::http::{Address, HttpClient, Request, TcpLink};
use crate::usb::DeviceDescription;
use crate::usb::ipp_usb::{LoopbackService, find_service};

use super::device_source::Means;

/// Silence that a service on this computer is given; the scanner behind it may be waking up.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);
/// All services together.
const SEARCH_LIMIT: Duration = Duration::from_secs(10);
/// Answer to a request for the capabilities.
const OK: u16 = 200;

/// The device name, `escl:…`, of the service that lends this device; `None` when there is none.
pub(super) fn find(device: &DeviceDescription, means: &Means) -> Option<String> {
    let until = means.clock.now() + SEARCH_LIMIT;
    let service =
        find_service(device, |service| (means.clock.now() < until).then(|| capabilities(service, means)).flatten())?;
    Some(service.device_name())
}

fn capabilities(service: LoopbackService, means: &Means) -> Option<Vec<u8>> {
    let address = Address::parse(&service.capabilities_url()).ok()?;
    let path = format!("/{}", address.path);
    let link = TcpLink::new(address, means.trust.clone()).ok()?;
    let mut client = HttpClient::new(Box::new(link), means.clock.clone());
    let response = client.fetch(0, &Request::get(path), ANSWER_LIMIT, &|| false).ok()?;
    (response.head.status == OK).then_some(response.body)
}
