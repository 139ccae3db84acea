//! The device's side of HTTP/1.1: bytes in, bytes out, one ordered stream.
//!
//! A [`Connection`] is passive. USB interfaces and TCP connections feed it and take from it; what
//! the answers say comes from the scanner. Nothing here knows scanning.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::clock::Moment;

/// Bytes of requests that are taken before an answer has been read.
const INPUT_LIMIT: usize = 96 * 1024;
/// The longest head of a request.
const HEAD_LIMIT: usize = 16 * 1024;
/// The longest body of a request.
const BODY_LIMIT: usize = 64 * 1024;
/// Header fields of a request.
const FIELD_LIMIT: usize = 64;
/// Bytes of an answer that are made before somebody takes them.
const OUTPUT_TARGET: usize = 64 * 1024;

/// One request, whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    /// The path, without a query.
    pub(super) path: String,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The first field of a name, in any case.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn wants_close(&self) -> bool {
        self.field("connection").is_some_and(|value| value.to_ascii_lowercase().contains("close"))
    }
}

/// What is answered.
#[derive(Debug)]
pub(super) struct Response<T> {
    pub(super) status: u16,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) body: Body<T>,
}

/// The body of an answer, and how its end is told.
#[derive(Debug)]
pub(super) enum Body<T> {
    /// All of it, with Content-Length.
    Sized(Vec<u8>),
    /// All of it, in chunks.
    Chunked(Vec<u8>),
    /// All of it, and nothing says where it ends (eSCL reference, 9.4).
    Unframed(Vec<u8>),
    /// In chunks, as the source makes it.
    Stream(T),
}

impl<T> Response<T> {
    /// An answer that says no more than its status.
    pub(super) fn empty(status: u16) -> Response<T> {
        Response { status, fields: Vec::new(), body: Body::Sized(Vec::new()) }
    }

    /// An answer with a body of a type.
    pub(super) fn of(status: u16, content_type: &str, body: Vec<u8>) -> Response<T> {
        Response { status, fields: vec![("Content-Type", content_type.to_owned())], body: Body::Sized(body) }
    }

    /// The same answer with one more field.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Response<T> {
        self.fields.push((name, value.into()));
        self
    }
}

/// What a service says to a request.
#[derive(Debug)]
pub(super) enum Answer<T> {
    /// This.
    Now(Response<T>),
    /// Ask again then, or when anything changed.
    Later(Moment),
}

/// The next part of a streamed body.
#[derive(Debug)]
pub(super) enum Pull {
    /// These bytes; never none.
    Bytes(Arc<[u8]>),
    /// Nothing before then.
    Later(Moment),
    /// The body is complete, as far as HTTP goes.
    End,
}

/// Who answers requests.
pub(super) trait Service {
    /// Names a body that is made while it is sent.
    type Stream;

    /// A request has come; called once for each. An answer given here goes before any other.
    fn received(&mut self, now: Moment, request: &Request) -> Option<Response<Self::Stream>>;
    /// What is answered to it.
    fn answer(&mut self, now: Moment, request: &Request) -> Answer<Self::Stream>;
    /// The next bytes of a body.
    fn pull(&mut self, now: Moment, stream: &Self::Stream) -> Pull;
    /// Nobody will read the rest of a body.
    fn abandon(&mut self, now: Moment, stream: Self::Stream);
}

/// One ordered stream of requests and answers.
#[derive(Debug)]
pub(super) struct Connection<T> {
    input: Vec<u8>,
    output: VecDeque<Piece>,
    waiting: usize,
    state: State<T>,
    /// The client, or the way an answer ends, asks for the stream to be closed after it.
    closing: bool,
    /// Nothing says where the last answer ends.
    unframed: bool,
}

#[derive(Debug)]
enum State<T> {
    /// Between requests, or in the middle of receiving one.
    Listening,
    /// A request without an answer yet.
    Thinking(Request),
    /// A body that is not all made.
    Streaming(T),
}

#[derive(Debug)]
struct Piece {
    bytes: Arc<[u8]>,
    taken: usize,
}

/// Bytes taken from a connection.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) bytes: Vec<u8>,
    /// They are the last of an answer.
    pub(super) ends_answer: bool,
}

impl<T> Default for Connection<T> {
    fn default() -> Connection<T> {
        Connection {
            input: Vec::new(),
            output: VecDeque::new(),
            waiting: 0,
            state: State::Listening,
            closing: false,
            unframed: false,
        }
    }
}

impl<T> Connection<T> {
    /// Takes what a client sent, as far as there is room; says how much that was.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> usize {
        let room = INPUT_LIMIT - self.input.len();
        let taken = room.min(bytes.len());
        self.input.extend_from_slice(&bytes[..taken]);
        taken
    }

    /// Goes as far as it can at this time. Answers when to come back, if time alone can change anything.
    pub(super) fn advance<S: Service<Stream = T>>(&mut self, now: Moment, service: &mut S) -> Option<Moment> {
        loop {
            match std::mem::replace(&mut self.state, State::Listening) {
                State::Listening => {
                    if self.waiting > 0 || self.closing {
                        return None;
                    }
                    match self.parse() {
                        Parsed::Incomplete => return None,
                        Parsed::Bad(status) => self.refuse(status),
                        Parsed::Request(request) => match service.received(now, &request) {
                            Some(response) => self.begin(&request, response),
                            None => self.state = State::Thinking(request),
                        },
                    }
                }
                State::Thinking(request) => match service.answer(now, &request) {
                    Answer::Now(response) => self.begin(&request, response),
                    Answer::Later(at) => {
                        self.state = State::Thinking(request);
                        return Some(at);
                    }
                },
                State::Streaming(stream) => {
                    if self.waiting >= OUTPUT_TARGET {
                        self.state = State::Streaming(stream);
                        return None;
                    }
                    match service.pull(now, &stream) {
                        Pull::Bytes(bytes) => {
                            self.push(format!("{:X}\r\n", bytes.len()).into_bytes());
                            self.push_shared(bytes);
                            self.push(b"\r\n".to_vec());
                            self.state = State::Streaming(stream);
                        }
                        Pull::Later(at) => {
                            self.state = State::Streaming(stream);
                            return Some(at);
                        }
                        Pull::End => self.push(b"0\r\n\r\n".to_vec()),
                    }
                }
            }
        }
    }

    /// Takes bytes of answers.
    pub(super) fn take(&mut self, limit: usize) -> Taken {
        let mut bytes = Vec::with_capacity(limit.min(self.waiting));
        while bytes.len() < limit {
            let Some(piece) = self.output.front_mut() else { break };
            let count = (piece.bytes.len() - piece.taken).min(limit - bytes.len());
            bytes.extend_from_slice(&piece.bytes[piece.taken..piece.taken + count]);
            piece.taken += count;
            if piece.taken == piece.bytes.len() {
                self.output.pop_front();
            }
        }
        self.waiting -= bytes.len();
        let ends_answer = !bytes.is_empty() && self.waiting == 0 && matches!(self.state, State::Listening);
        Taken { bytes, ends_answer }
    }

    /// Bytes that can be taken now.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether a request is without an answer.
    pub(super) fn is_thinking(&self) -> bool {
        matches!(self.state, State::Thinking(_))
    }

    /// Whether an answer has not been read to its end.
    pub(super) fn is_undrained(&self) -> bool {
        self.waiting > 0 || matches!(self.state, State::Streaming(_))
    }

    /// Whether everything is said and the stream is to be closed.
    pub(super) fn is_finished(&self) -> bool {
        self.closing && self.waiting == 0 && matches!(self.state, State::Listening)
    }

    /// Ends the stream: what was not sent is lost.
    pub(super) fn abandon<S: Service<Stream = T>>(self, now: Moment, service: &mut S) {
        if let State::Streaming(stream) = self.state {
            service.abandon(now, stream);
        }
    }

    fn push(&mut self, bytes: Vec<u8>) {
        self.push_shared(bytes.into());
    }

    fn push_shared(&mut self, bytes: Arc<[u8]>) {
        if !bytes.is_empty() {
            self.waiting += bytes.len();
            self.output.push_back(Piece { bytes, taken: 0 });
        }
    }

    fn refuse(&mut self, status: u16) {
        self.input.clear();
        self.closing = true;
        self.push(
            format!("HTTP/1.1 {status} {}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", reason(status))
                .into_bytes(),
        );
    }

    fn begin(&mut self, request: &Request, response: Response<T>) {
        self.closing |= request.wants_close();
        let mut head =
            format!("HTTP/1.1 {} {}\r\nServer: Lightbar-Virtual/1\r\n", response.status, reason(response.status));
        for (name, value) in &response.fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.closing {
            head.push_str("Connection: close\r\n");
        }
        let no_body = request.method == "HEAD" || matches!(response.status, 204 | 304);
        match response.body {
            Body::Sized(body) => {
                if response.status != 204 {
                    head.push_str(&format!("Content-Length: {}\r\n", body.len()));
                }
                head.push_str("\r\n");
                let mut all = head.into_bytes();
                if !no_body {
                    all.extend_from_slice(&body);
                }
                self.push(all);
            }
            Body::Chunked(body) => {
                head.push_str("Transfer-Encoding: chunked\r\n\r\n");
                let mut all = head.into_bytes();
                for chunk in body.chunks(1000).filter(|_| !no_body) {
                    all.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    all.extend_from_slice(chunk);
                    all.extend_from_slice(b"\r\n");
                }
                all.extend_from_slice(if no_body { b"" } else { b"0\r\n\r\n" });
                self.push(all);
            }
            Body::Unframed(body) => {
                head.push_str("\r\n");
                let mut all = head.into_bytes();
                all.extend_from_slice(&body);
                self.push(all);
                self.closing = true;
                self.unframed = true;
            }
            Body::Stream(stream) => {
                head.push_str("Transfer-Encoding: chunked\r\n\r\n");
                self.push(head.into_bytes());
                self.state = State::Streaming(stream);
            }
        }
    }

    /// On a USB pipe nothing is ever closed: the next request follows on the same stream. Whether
    /// the answer before it had no other end than silence.
    pub(super) fn keep_open(&mut self) -> bool {
        self.closing = false;
        std::mem::take(&mut self.unframed)
    }

    fn parse(&mut self) -> Parsed {
        while self.input.starts_with(b"\r\n") {
            self.input.drain(..2);
        }
        let mut fields = [httparse::EMPTY_HEADER; FIELD_LIMIT];
        let mut parsed = httparse::Request::new(&mut fields);
        let head = match parsed.parse(&self.input) {
            Ok(httparse::Status::Complete(head)) if head <= HEAD_LIMIT => head,
            Ok(httparse::Status::Partial) if self.input.len() <= HEAD_LIMIT => return Parsed::Incomplete,
            Ok(_) | Err(httparse::Error::TooManyHeaders) => return Parsed::Bad(431),
            Err(_) => return Parsed::Bad(400),
        };
        let target = parsed.path.unwrap_or_default();
        let mut request = Request {
            method: parsed.method.unwrap_or_default().to_owned(),
            path: path_of(target),
            fields: Vec::new(),
            body: Vec::new(),
        };
        for field in parsed.headers.iter() {
            let value = String::from_utf8_lossy(field.value).trim().to_owned();
            request.fields.push((field.name.to_owned(), value));
        }
        if request.field("transfer-encoding").is_some() {
            return Parsed::Bad(411);
        }
        let length = match request.field("content-length").map(str::parse::<usize>) {
            None => 0,
            Some(Ok(length)) => length,
            Some(Err(_)) => return Parsed::Bad(400),
        };
        if length > BODY_LIMIT {
            return Parsed::Bad(413);
        }
        if self.input.len() < head + length {
            return Parsed::Incomplete;
        }
        request.body = self.input[head..head + length].to_vec();
        self.input.drain(..head + length);
        Parsed::Request(request)
    }
}

enum Parsed {
    Incomplete,
    Request(Request),
    Bad(u16),
}

/// The path of a request target, which may be absolute; queries are left out.
fn path_of(target: &str) -> String {
    let path = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    };
    path.split('?').next().unwrap_or_default().to_owned()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Unknown",
    }
}
