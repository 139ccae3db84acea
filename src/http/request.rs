//! A request and its bytes.

use std::fmt;

/// Method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Fetch.
    Get,
    /// Create a job.
    Post,
    /// Ask what would be.
    Put,
    /// End a job.
    Delete,
    /// Fetch the head only.
    Head,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Head => "HEAD",
        })
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// Path and query, beginning with a slash.
    pub path: String,
    /// A Host header other than the link's (eSCL reference, 3).
    pub host: Option<String>,
    /// A Connection header, where the link has none of its own to send.
    pub connection: Option<&'static str>,
    /// Content type and bytes of the body.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// Longest body of the answer, after decoding.
    pub limit: u64,
}

impl Request {
    /// Longest answer that is read as a document.
    pub const DOCUMENT_LIMIT: u64 = 4 << 20;
    /// Longest answer that is read as a page: far above any real one.
    pub const PAGE_LIMIT: u64 = 16 << 30;

    /// A request without a body, whose answer is a document.
    pub fn new(method: Method, path: impl Into<String>) -> Request {
        let limit = Request::DOCUMENT_LIMIT;
        Request { method, path: path.into(), host: None, connection: None, body: None, limit }
    }

    /// A request that fetches a document.
    pub fn get(path: impl Into<String>) -> Request {
        Request::new(Method::Get, path)
    }

    /// With this body.
    pub fn with_body(mut self, content_type: &'static str, body: Vec<u8>) -> Request {
        self.body = Some((content_type, body));
        self
    }

    /// With an answer of at most this many bytes.
    pub fn with_limit(mut self, limit: u64) -> Request {
        self.limit = limit;
        self
    }

    /// The bytes on the wire, head and body in one piece. `host` and `connection` are the link's.
    pub fn encode(&self, host: &str, connection: Option<&str>) -> Vec<u8> {
        let host = self.host.as_deref().unwrap_or(host);
        let path = clean(&self.path);
        let slash = if path.starts_with('/') { "" } else { "/" };
        let mut head = format!("{} {slash}{path} HTTP/1.1\r\nHost: {}\r\n", self.method, clean(host));
        if let Some(connection) = connection.or(self.connection) {
            head.push_str(&format!("Connection: {connection}\r\n"));
        }
        match &self.body {
            Some((content_type, body)) => {
                head.push_str(&format!("Content-Type: {content_type}\r\nContent-Length: {}\r\n", body.len()));
            }
            None if matches!(self.method, Method::Post | Method::Put) => head.push_str("Content-Length: 0\r\n"),
            None => {}
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        if let Some((_, body)) = &self.body {
            bytes.extend_from_slice(body);
        }
        bytes
    }
}

/// Paths and hosts may come from a device: nothing in them may end a line or the request line.
fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            0x21..=0x7e => clean.push(char::from(byte)),
            other => clean.push_str(&format!("%{other:02X}")),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_piece_with_host_and_length() {
        let request = Request::new(Method::Post, "/eSCL/ScanJobs").with_body("text/xml", b"<x/>".to_vec());
        let text = String::from_utf8(request.encode("printer:80", Some("close"))).expect("ASCII");
        assert_eq!(
            text,
            "POST /eSCL/ScanJobs HTTP/1.1\r\nHost: printer:80\r\nConnection: close\r\n\
             Content-Type: text/xml\r\nContent-Length: 4\r\n\r\n<x/>"
        );
    }

    #[test]
    fn nothing_in_a_path_ends_a_line() {
        let request = Request::get("a b\r\nX: y/\u{e9}");
        let text = String::from_utf8(request.encode("localhost", None)).expect("ASCII");
        assert_eq!(text, "GET /a%20b%0D%0AX:%20y/%C3%A9 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
}
