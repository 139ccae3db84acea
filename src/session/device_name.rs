//! Names of devices, as people type them and as lists show them.

use std::fmt;
use std::str::FromStr;

use crate::usb::DeviceId as UsbId;
use crate::virtual_device::model;

use super::DeviceTrouble;

/// Which device is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DeviceName {
    /// `virtual:MODEL`.
    Virtual(String),
    /// `usb:VVVV:PPPP[:SERIAL]`.
    Usb(UsbId),
    /// `escl:http://host:port/eSCL`, the address without the prefix.
    Escl(String),
}

/// A name that is none of the three forms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no device name")]
pub struct MalformedName(pub String);

/// The path of the service when an address names none (eSCL reference, 2.1).
const USUAL_ROOT: &str = "/eSCL";

impl FromStr for DeviceName {
    type Err = MalformedName;

    fn from_str(text: &str) -> Result<DeviceName, MalformedName> {
        let text = text.trim();
        let malformed = || MalformedName(text.to_owned());
        if let Some(model) = text.strip_prefix("virtual:") {
            return if model.is_empty() { Err(malformed()) } else { Ok(DeviceName::Virtual(model.to_owned())) };
        }
        if text.starts_with("usb:") {
            return text.parse().map(DeviceName::Usb).map_err(|_| malformed());
        }
        let address = text.strip_prefix("escl:").unwrap_or(text);
        address_name(address).map(DeviceName::Escl).ok_or_else(malformed)
    }
}

/// An address as a browser would take it: `192.168.1.20` means `http://192.168.1.20/eSCL`.
fn address_name(address: &str) -> Option<String> {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme @ ("http" | "https"), rest)) => (scheme, rest),
        Some(_) => return None,
        None => ("http", address),
    };
    let (host, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let plausible = host.chars().all(|c| c.is_ascii_alphanumeric() || "-._:[]%".contains(c));
    let looks_like_a_host = host.contains(['.', ':', '[']) || host == "localhost" || address.contains("://");
    if host.is_empty() || !plausible || !looks_like_a_host {
        return None;
    }
    let path = path.trim_end_matches('/');
    Some(format!("{scheme}://{host}{}", if path.is_empty() { USUAL_ROOT } else { path }))
}

impl DeviceName {
    /// The device a person means, as far as that can be told without looking for it.
    ///
    /// # Errors
    /// [`DeviceTrouble::Malformed`]; [`DeviceTrouble::Unknown`] for a virtual scanner of which there is no model.
    pub fn meant(text: &str) -> Result<DeviceName, DeviceTrouble> {
        let name: DeviceName = text.parse().map_err(|error: MalformedName| DeviceTrouble::Malformed(error.0))?;
        match &name {
            DeviceName::Virtual(wanted) if model(wanted).is_none() => Err(DeviceTrouble::Unknown(name.to_string())),
            _ => Ok(name),
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceName::Virtual(model) => write!(f, "virtual:{model}"),
            DeviceName::Usb(id) => id.fmt(f),
            DeviceName::Escl(address) => write!(f, "escl:{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_back() {
        for (text, written) in [
            ("virtual:feeder", "virtual:feeder"),
            ("usb:04b8:1234", "usb:04b8:1234"),
            ("usb:04B8:1234:AB:C1", "usb:04b8:1234:AB:C1"),
            ("escl:http://host:8080/eSCL/", "escl:http://host:8080/eSCL"),
            ("https://printer.local", "escl:https://printer.local/eSCL"),
            (" 192.168.1.20 ", "escl:http://192.168.1.20/eSCL"),
            ("http://[fe80::1%25eth0]:80/x", "escl:http://[fe80::1%25eth0]:80/x"),
        ] {
            assert_eq!(text.parse::<DeviceName>().expect(text).to_string(), written);
        }
        for bad in
            ["", "usb:", "usb:1:2", "usb:zzzz:1234", "virtual:", "ftp://host/", "http://", "what?", "scanner", "escl:"]
        {
            assert!(bad.parse::<DeviceName>().is_err(), "{bad:?} was accepted");
        }
    }
}
