//! One answer, parsed as its bytes come. No I/O and no time in here.

use super::coding::Decoder;
use super::{HttpError, Method};

/// Longest head of an answer, in bytes.
pub(super) const HEAD_LIMIT: usize = 16 << 10;
/// Most header lines of an answer.
const HEADER_LIMIT: usize = 128;
/// Longest line that gives a chunk's size, extensions included.
const CHUNK_LINE_LIMIT: usize = 1024;
/// Longest trailer after the last chunk.
const TRAILER_LIMIT: usize = 16 << 10;
/// Provisional answers (1xx) that are passed over.
const PROVISIONAL_LIMIT: u32 = 8;
/// Bytes by which a body may fall short of its announced length where the stream cannot end (eSCL
/// reference, 8: bodies one byte short, then an empty packet).
const SHORT_BODY_TOLERANCE: u64 = 1;
/// How much of something that is no HTTP is quoted.
const QUOTED: usize = 64;

/// Status and headers of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Status code.
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl Head {
    /// The first header of a name, in any case of letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The media type of Content-Type, in lower case and without its parameters.
    pub fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Seconds of Retry-After, when it is a number.
    pub fn retry_after(&self) -> Option<u64> {
        self.header("retry-after")?.trim().parse().ok()
    }

    /// Content-Length, when there is a valid one and it counts bytes of the body as it will be read.
    pub fn content_length(&self) -> Option<u64> {
        if self.header("content-encoding").is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("identity")) {
            return None;
        }
        if self.is_chunked() { None } else { self.length() }
    }

    fn length(&self) -> Option<u64> {
        // Several equal values may be folded into one line.
        self.header("content-length")?.split(',').next()?.trim().parse().ok()
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding")
            .is_some_and(|coding| coding.rsplit(',').next().unwrap_or_default().trim().eq_ignore_ascii_case("chunked"))
    }
}

/// A complete answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Status and headers.
    pub head: Head,
    /// What was left of the body when the answer ended.
    pub body: Vec<u8>,
}

/// One answer under way.
pub struct Exchange {
    method: Method,
    stream_can_end: bool,
    limit: u64,
    state: State,
    /// Bytes of a head or of a line that is not complete yet.
    partial: Vec<u8>,
    provisional: u32,
    head: Option<Head>,
    decoder: Option<Decoder>,
    body: Vec<u8>,
    received: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    /// Bytes left.
    Length(u64),
    UntilClose,
    ChunkSize,
    /// Bytes left of this chunk.
    Chunk(u64),
    ChunkEnd,
    Trailer,
    Complete,
}

impl Exchange {
    /// The answer to a request of this method, of at most `limit` bytes, on a stream that has an end or not.
    pub fn new(method: Method, limit: u64, stream_can_end: bool) -> Exchange {
        Exchange {
            method,
            stream_can_end,
            limit,
            state: State::Head,
            partial: Vec::new(),
            provisional: 0,
            head: None,
            decoder: None,
            body: Vec::new(),
            received: 0,
        }
    }

    /// Status and headers, once they are complete.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Whether the answer is complete.
    pub fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Whether nothing says where the body ends but the end of the stream.
    pub fn is_unframed(&self) -> bool {
        self.state == State::UntilClose
    }

    /// Bytes of the body received so far, as they came over the wire.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Bytes of the body that wait to be taken.
    pub fn buffered(&self) -> usize {
        self.body.len()
    }

    /// Moves the body's bytes that have come to `output`.
    pub fn take_body(&mut self, output: &mut Vec<u8>) -> usize {
        let taken = self.body.len();
        output.append(&mut self.body);
        taken
    }

    /// The answer with what is left of its body; an answer without a head becomes status 0.
    pub fn into_response(self) -> Response {
        Response { head: self.head.unwrap_or_default(), body: self.body }
    }

    /// Eats bytes and says how many; fewer than given only when the answer is complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<usize, HttpError> {
        let mut eaten = 0;
        while eaten < bytes.len() && self.state != State::Complete {
            eaten += self.step(&bytes[eaten..])?;
        }
        Ok(eaten)
    }

    /// The stream ended.
    pub fn end_of_stream(&mut self) -> Result<(), HttpError> {
        match self.state {
            State::Complete => Ok(()),
            State::UntilClose => self.complete(),
            _ => Err(HttpError::BrokenOff { received: self.received }),
        }
    }

    /// An empty packet came and then nothing: where streams have no end this can be one.
    pub fn end_of_silence(&mut self) -> bool {
        match self.state {
            State::UntilClose => self.complete().is_ok(),
            State::Length(left) if left <= SHORT_BODY_TOLERANCE => self.complete().is_ok(),
            _ => false,
        }
    }

    /// Whether silence after an empty packet would end the answer.
    pub fn may_end_by_silence(&self) -> bool {
        !self.stream_can_end
            && match self.state {
                State::UntilClose => true,
                State::Length(left) => left <= SHORT_BODY_TOLERANCE,
                _ => false,
            }
    }

    /// The stream broke. Of the answer to a POST nothing but its head is needed, and some devices
    /// break the stream right after it (eSCL reference, 3).
    pub fn settle_for_head(&mut self) -> bool {
        let enough = self.method == Method::Post && self.head.is_some();
        if enough {
            self.state = State::Complete;
        }
        enough
    }

    /// Eats at least one byte.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, HttpError> {
        match self.state {
            State::Head => self.head_bytes(bytes),
            State::Length(left) => {
                let eaten = self.body_bytes(bytes, left)?;
                self.state = State::Length(left - eaten as u64);
                if left == eaten as u64 {
                    self.complete()?;
                }
                Ok(eaten)
            }
            State::UntilClose => self.body_bytes(bytes, u64::MAX),
            State::Chunk(left) => {
                let eaten = self.body_bytes(bytes, left)?;
                let left = left - eaten as u64;
                self.state = if left == 0 { State::ChunkEnd } else { State::Chunk(left) };
                Ok(eaten)
            }
            State::ChunkSize | State::ChunkEnd | State::Trailer => self.line_bytes(bytes),
            State::Complete => Ok(0),
        }
    }

    fn body_bytes(&mut self, bytes: &[u8], left: u64) -> Result<usize, HttpError> {
        let eaten = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        self.received += eaten as u64;
        if let Some(decoder) = &mut self.decoder {
            decoder.feed(&bytes[..eaten], &mut self.body)?;
        }
        Ok(eaten)
    }

    fn head_bytes(&mut self, bytes: &[u8]) -> Result<usize, HttpError> {
        let before = self.partial.len();
        let room = HEAD_LIMIT + 1 - before;
        self.partial.extend_from_slice(&bytes[..bytes.len().min(room)]);
        // An earlier answer's last line end may come late.
        let lead = self.partial.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let beginning = &self.partial[lead..];
        let compared = beginning.len().min(5);
        if !beginning[..compared].eq_ignore_ascii_case(&b"HTTP/"[..compared]) {
            let quoted = &beginning[..beginning.len().min(QUOTED)];
            return Err(HttpError::NotHttp { beginning: String::from_utf8_lossy(quoted).into_owned() });
        }
        let mut lines = [httparse::EMPTY_HEADER; HEADER_LIMIT];
        let mut answer = httparse::Response::new(&mut lines);
        let config = lenient();
        let length = match config.parse_response(&mut answer, beginning) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if self.partial.len() > HEAD_LIMIT => {
                return Err(HttpError::BadHead("longer than its limit"));
            }
            Ok(httparse::Status::Partial) => return Ok(bytes.len().min(room)),
            Err(httparse::Error::TooManyHeaders) => return Err(HttpError::BadHead("too many headers")),
            Err(_) => return Err(HttpError::BadHead("malformed")),
        };
        let head = Head {
            status: answer.code.unwrap_or(0),
            headers: answer
                .headers
                .iter()
                .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
                .collect(),
        };
        self.partial.clear();
        self.begin_body(head)?;
        Ok(lead + length - before)
    }

    fn begin_body(&mut self, head: Head) -> Result<(), HttpError> {
        if (100..200).contains(&head.status) {
            self.provisional += 1;
            return if self.provisional > PROVISIONAL_LIMIT || head.status == 101 {
                Err(HttpError::BadHead("no final answer"))
            } else {
                Ok(())
            };
        }
        let bodiless = self.method == Method::Head || matches!(head.status, 204 | 304);
        let chunked = head.is_chunked();
        let length = head.length();
        if length.is_none() && !chunked && head.header("content-length").is_some() && !bodiless {
            return Err(HttpError::BadHead("unreadable Content-Length"));
        }
        if !bodiless && let Some(length) = length.filter(|length| *length > self.limit && !chunked) {
            tracing::debug!(length, "announced body is too long");
            return Err(HttpError::TooLong { limit: self.limit });
        }
        self.decoder = match bodiless {
            true => None,
            false => Some(Decoder::of(head.header("content-encoding"), self.limit)?),
        };
        self.head = Some(head);
        self.state = match length {
            _ if bodiless => State::Length(0),
            _ if chunked => State::ChunkSize,
            Some(length) => State::Length(length),
            None => State::UntilClose,
        };
        if self.state == State::Length(0) {
            // No byte came, so no coding has to be undone either.
            self.decoder = None;
            self.complete()?;
        }
        Ok(())
    }

    /// Lines between chunks: sizes, the empty line after a chunk, the trailer.
    fn line_bytes(&mut self, bytes: &[u8]) -> Result<usize, HttpError> {
        let limit = if self.state == State::Trailer { TRAILER_LIMIT } else { CHUNK_LINE_LIMIT };
        let Some(at) = bytes.iter().position(|byte| *byte == b'\n') else {
            self.partial.extend_from_slice(&bytes[..bytes.len().min(limit + 1)]);
            return if self.partial.len() > limit {
                Err(HttpError::BadBody("a line between chunks is too long"))
            } else {
                Ok(bytes.len())
            };
        };
        if self.partial.len() + at > limit {
            return Err(HttpError::BadBody("a line between chunks is too long"));
        }
        let mut line = std::mem::take(&mut self.partial);
        line.extend_from_slice(&bytes[..at]);
        let line = line.trim_ascii();
        match self.state {
            State::ChunkSize => {
                self.state = match chunk_size(line)? {
                    0 => {
                        self.provisional = 0;
                        State::Trailer
                    }
                    size => State::Chunk(size),
                };
            }
            State::ChunkEnd if line.is_empty() => self.state = State::ChunkSize,
            State::ChunkEnd => return Err(HttpError::BadBody("a chunk is longer than its size")),
            _ if line.is_empty() => self.complete()?,
            _ => {
                self.provisional += 1;
                if self.provisional as usize > HEADER_LIMIT {
                    return Err(HttpError::BadBody("the trailer is too long"));
                }
            }
        }
        Ok(at + 1)
    }

    fn complete(&mut self) -> Result<(), HttpError> {
        self.state = State::Complete;
        match &mut self.decoder {
            Some(decoder) => decoder.finish(&mut self.body),
            None => Ok(()),
        }
    }
}

fn lenient() -> httparse::ParserConfig {
    let mut config = httparse::ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true);
    config
}

/// The number before a chunk's extensions.
fn chunk_size(line: &[u8]) -> Result<u64, HttpError> {
    const WRONG: HttpError = HttpError::BadBody("a chunk's size is no number");
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if digits.is_empty() || digits.len() > 15 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(WRONG);
    }
    let digits = std::str::from_utf8(digits).map_err(|_| WRONG)?;
    u64::from_str_radix(digits, 16).map_err(|_| WRONG)
}
