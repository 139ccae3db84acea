//! The daemon ipp-usb, which on most desktops already holds every IPP-over-USB device.
//!
//! It claims the interfaces for good and lends each device to the computer's own programs as an HTTP
//! service on a loopback port, from 60000 up (eSCL reference, 9.3). Fighting for the claim would
//! break printing; so when a device is busy, its service is looked for and used instead, under the
//! same entry of the device list. Which service belongs to which device is decided here, from what
//! the service says of its scanner. Fetching that is up to the caller: this module knows no HTTP.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::DeviceDescription;

/// The first port the daemon uses.
pub const FIRST_PORT: u16 = 60_000;

/// Ports looked at: one per device, and nobody has ten scanners on one computer.
pub const PORTS: u16 = 10;

/// What of a capabilities document is looked at; the wanted facts stand at its beginning.
const LOOKED_AT: usize = 64 * 1024;

/// Longest text that counts as a name or a number.
const TEXT_LIMIT: usize = 256;

/// A device's service on this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoopbackService {
    /// Where it listens.
    pub port: u16,
}

impl LoopbackService {
    /// The service's address as a device name: `escl:http://localhost:PORT/eSCL`.
    pub fn device_name(self) -> String {
        format!("escl:http://localhost:{}/eSCL", self.port)
    }

    /// Where it says what it can do.
    pub fn capabilities_url(self) -> String {
        format!("http://localhost:{}/eSCL/ScannerCapabilities", self.port)
    }
}

/// Every place a service may be, in the order the daemon fills them.
pub fn candidates() -> impl Iterator<Item = LoopbackService> {
    (FIRST_PORT..FIRST_PORT + PORTS).map(|port| LoopbackService { port })
}

/// Finds the service of a device. `capabilities` fetches a candidate's capabilities document, within
/// limits of its own; `None` when nobody answers there or the answer is no such document.
pub fn find_service(
    device: &DeviceDescription,
    mut capabilities: impl FnMut(LoopbackService) -> Option<Vec<u8>>,
) -> Option<LoopbackService> {
    let mut same_model = Vec::new();
    for service in candidates() {
        let Some(document) = capabilities(service) else { continue };
        match likeness(device, &facts(&document)) {
            Likeness::SameDevice => return Some(service),
            Likeness::SameModel => same_model.push(service),
            Likeness::Different => {}
        }
    }
    // Two of a model and no number to tell them apart: guessing might scan someone else's paper.
    match same_model[..] {
        [only] => Some(only),
        _ => None,
    }
}

/// What a service says of its scanner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Facts {
    model: Option<String>,
    serial: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    SameDevice,
    SameModel,
    Different,
}

/// The facts of a capabilities document, by local element name; of a broken one, what stands before the break.
fn facts(document: &[u8]) -> Facts {
    let mut facts = Facts::default();
    let beginning = String::from_utf8_lossy(&document[..document.len().min(LOOKED_AT)]);
    let mut reader = Reader::from_str(&beginning);
    let mut open = String::new();
    while facts.model.is_none() || facts.serial.is_none() {
        match reader.read_event() {
            Ok(Event::Start(element)) => open = element.local_name().as_ref().to_owned(),
            Ok(Event::Text(text)) => {
                let place = match &open[..] {
                    "MakeAndModel" => &mut facts.model,
                    "SerialNumber" => &mut facts.serial,
                    _ => continue,
                };
                let text: String = text.trim().chars().take(TEXT_LIMIT).collect();
                if place.is_none() && !text.is_empty() {
                    *place = Some(text);
                }
            }
            Ok(Event::End(_)) => open.clear(),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    facts
}

fn likeness(device: &DeviceDescription, facts: &Facts) -> Likeness {
    let same_model = facts.model.as_deref().is_some_and(|model| is_model(device, model));
    match (device.serial.as_deref().map(folded), facts.serial.as_deref().map(folded)) {
        // Some say a shorter or longer form of the number over one way than over the other.
        (Some(ours), Some(theirs)) if !ours.is_empty() && !theirs.is_empty() => {
            if ours == theirs || (same_model && (ours.ends_with(&theirs) || theirs.ends_with(&ours))) {
                Likeness::SameDevice
            } else {
                Likeness::Different
            }
        }
        _ if same_model => Likeness::SameModel,
        _ => Likeness::Different,
    }
}

/// Whether the service's model is the device's: all words of the shorter name are in the longer one.
fn is_model(device: &DeviceDescription, theirs: &str) -> bool {
    let Some(name) = device.name.as_deref() else { return false };
    let ours = words(&format!("{} {name}", device.manufacturer.as_deref().unwrap_or_default()));
    let (name, theirs) = (words(name), words(theirs));
    let all_in =
        |small: &[String], large: &[String]| !small.is_empty() && small.iter().all(|word| large.contains(word));
    all_in(&theirs, &ours) || all_in(&name, &theirs)
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric() && c != '-').map(folded).filter(|word| !word.is_empty()).collect();
    // Says nothing of the model, and only some write it.
    words.retain(|word| word != "series");
    words
}

fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(manufacturer: &str, name: &str, serial: Option<&str>) -> DeviceDescription {
        DeviceDescription {
            vendor: 0x04b8,
            product: 0x1186,
            release: 0x0100,
            manufacturer: Some(manufacturer.into()),
            name: Some(name.into()),
            serial: serial.map(str::to_owned),
            interfaces: Vec::new(),
        }
    }

    fn document(model: &str, serial: Option<&str>) -> Vec<u8> {
        let serial = serial.map(|serial| format!("<pwg:SerialNumber>{serial}</pwg:SerialNumber>")).unwrap_or_default();
        format!(
            "<?xml version=\"1.0\"?><scan:ScannerCapabilities xmlns:scan=\"s\" xmlns:pwg=\"p\"><pwg:Version>2.63</pwg:Version>\
             <pwg:MakeAndModel>{model}</pwg:MakeAndModel>{serial}<scan:Platen/></scan:ScannerCapabilities>"
        )
        .into_bytes()
    }

    fn find(device: &DeviceDescription, services: &[(u16, Vec<u8>)]) -> Option<u16> {
        let mut asked = Vec::new();
        let found = find_service(device, |service| {
            asked.push(service.port);
            services.iter().find(|(port, _)| *port == service.port).map(|(_, document)| document.clone())
        });
        assert!(asked.iter().all(|port| (FIRST_PORT..FIRST_PORT + PORTS).contains(port)));
        found.map(|service| service.port)
    }

    #[test]
    fn the_serial_number_decides() {
        let ours = device("EPSON", "EPSON ET-4850 Series", Some("X5T7001234"));
        let services = [
            (60_000, document("EPSON ET-4850 Series", Some("X5T7009999"))),
            (60_003, document("EPSON ET-4850 Series", Some("x5t7001234"))),
        ];
        assert_eq!(find(&ours, &services), Some(60_003));
        assert_eq!(find(&ours, &services[..1]), None, "another one of the same model");
    }

    #[test]
    fn a_shorter_form_of_the_number_counts_only_with_the_same_model() {
        let ours = device("HP", "OfficeJet Pro 8730", Some("00CN7001234"));
        assert_eq!(find(&ours, &[(60_000, document("HP OfficeJet Pro 8730", Some("CN7001234")))]), Some(60_000));
        assert_eq!(find(&ours, &[(60_000, document("Brother DCP-L2550DW", Some("1234")))]), None);
    }

    #[test]
    fn without_a_number_the_model_decides_unless_there_are_two() {
        let ours = device("EPSON", "ET-4850 Series", None);
        let one = (60_001, document("EPSON ET-4850", None));
        let other = (60_000, document("Canon TS7450 series", None));
        assert_eq!(find(&ours, &[other.clone(), one.clone()]), Some(60_001));
        assert_eq!(find(&ours, &[(60_002, one.1.clone()), one]), None);
        assert_eq!(find(&ours, &[other]), None);
        let longer = device("EPSON", "ET-4850 Series", None);
        assert_eq!(find(&longer, &[(60_000, document("EPSON ET-48", None))]), None, "words, not beginnings");
    }

    #[test]
    fn what_is_no_document_matches_nothing() {
        let ours = device("EPSON", "ET-4850", Some("X"));
        for hostile in [&b""[..], b"<html>", b"<a><MakeAndModel>", b"\xff\xfe\x00", b"<MakeAndModel></MakeAndModel>"] {
            assert_eq!(find(&ours, &[(60_000, hostile.to_vec())]), None);
        }
        let endless = [b"<a>".repeat(1 << 20), document("EPSON ET-4850", Some("X"))].concat();
        assert_eq!(find(&ours, &[(60_000, endless)]), None);
    }

    #[test]
    fn a_service_is_named_like_any_network_scanner() {
        assert_eq!(LoopbackService { port: 60_002 }.device_name(), "escl:http://localhost:60002/eSCL");
    }
}
