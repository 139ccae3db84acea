//! Addresses of devices: `http://host:port/path`.

use std::fmt;

/// How a connection is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain TCP.
    Http,
    /// TLS.
    Https,
}

/// Where a device is: scheme, host, port and root path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Plain or encrypted.
    pub scheme: Scheme,
    /// Name or address; an IPv6 address without its brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path, without slashes at its ends; may be empty.
    pub path: String,
}

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address: {text:?} ({reason})")]
pub struct AddressError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Address {
    /// Reads `[escl:]http[s]://host[:port][/path]`; without a scheme it is plain HTTP.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let wrong = |reason| AddressError { text: text.to_owned(), reason };
        let trimmed = text.trim();
        let rest = trimmed.strip_prefix("escl:").unwrap_or(trimmed);
        let (scheme, rest) = match rest.split_once("://") {
            Some(("http", rest)) => (Some(Scheme::Http), rest),
            Some(("https", rest)) => (Some(Scheme::Https), rest),
            Some(_) => return Err(wrong("it must begin with http:// or https://")),
            None => (None, rest),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => {
                let (host, after) = bracketed.split_once(']').ok_or_else(|| wrong("a bracket is missing"))?;
                (host, after.strip_prefix(':'))
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(wrong("the host is missing"));
        }
        let port = match port {
            Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port != 0).ok_or_else(|| wrong("bad port"))?),
            None => None,
        };
        // A service announced as plain HTTP on port 443 speaks TLS all the same (eSCL reference, 2.1).
        let scheme = match scheme {
            Some(scheme) if port != Some(443) => scheme,
            _ if port == Some(443) => Scheme::Https,
            _ => Scheme::Http,
        };
        let default_port = if scheme == Scheme::Https { 443 } else { 80 };
        let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/').to_owned();
        Ok(Address { scheme, host: host.to_owned(), port: port.unwrap_or(default_port), path })
    }

    /// Host and port as a Host header has them: always with the port, without a scope.
    pub fn authority(&self) -> String {
        let host = self.host.split('%').next().unwrap_or_default();
        if host.contains(':') { format!("[{host}]:{}", self.port) } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.scheme == Scheme::Https { "https" } else { "http" };
        write!(f, "{scheme}://{}/{}", self.authority(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_their_defaults() {
        let shown = |text| Address::parse(text).map(|address| address.to_string()).ok();
        assert_eq!(shown("escl:http://127.0.0.1:18092/eSCL"), Some("http://127.0.0.1:18092/eSCL".into()));
        assert_eq!(shown("printer.local"), Some("http://printer.local:80/".into()));
        assert_eq!(shown("https://printer/eSCL/"), Some("https://printer:443/eSCL".into()));
        assert_eq!(shown("http://printer:443/eSCL"), Some("https://printer:443/eSCL".into()));
        assert_eq!(shown("http://[fe80::1%2]:60000/eSCL"), Some("http://[fe80::1]:60000/eSCL".into()));
        for wrong in ["", "ftp://x", "http://", "http://x:0/", "http://x:99999", "http://[::1"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }
}
