//! Content codings: gzip and deflate, undone as the bytes come, with bounded output.

use std::io::{self, Write};

use flate2::write::{GzDecoder, ZlibDecoder};

use super::HttpError;

/// Undoes the content coding of one body.
pub(super) enum Decoder {
    /// None.
    Plain {
        /// Bytes that passed.
        passed: u64,
        /// Most that may pass.
        limit: u64,
    },
    /// gzip.
    Gzip(Box<GzDecoder<Bounded>>),
    /// deflate, which in HTTP is zlib.
    Deflate(Box<ZlibDecoder<Bounded>>),
}

/// Output that refuses to grow past a limit.
pub(super) struct Bounded {
    fresh: Vec<u8>,
    passed: u64,
    limit: u64,
    exceeded: bool,
}

impl Bounded {
    fn new(limit: u64) -> Bounded {
        Bounded { fresh: Vec::new(), passed: 0, limit, exceeded: false }
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.passed += bytes.len() as u64;
        if self.passed > self.limit {
            self.exceeded = true;
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.fresh.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Decoder {
    /// For a Content-Encoding header.
    pub(super) fn of(coding: Option<&str>, limit: u64) -> Result<Decoder, HttpError> {
        match coding.map(|coding| coding.trim().to_ascii_lowercase()).as_deref() {
            None | Some("" | "identity") => Ok(Decoder::Plain { passed: 0, limit }),
            Some("gzip" | "x-gzip") => Ok(Decoder::Gzip(Box::new(GzDecoder::new(Bounded::new(limit))))),
            Some("deflate") => Ok(Decoder::Deflate(Box::new(ZlibDecoder::new(Bounded::new(limit))))),
            Some(_) => Err(HttpError::BadHead("unknown content coding")),
        }
    }

    /// Decodes the next bytes and appends what they give.
    pub(super) fn feed(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<(), HttpError> {
        match self {
            Decoder::Plain { passed, limit } => {
                *passed += bytes.len() as u64;
                if *passed > *limit {
                    return Err(HttpError::TooLong { limit: *limit });
                }
                output.extend_from_slice(bytes);
                Ok(())
            }
            Decoder::Gzip(decoder) => {
                let result = decoder.write_all(bytes).and_then(|()| decoder.flush());
                take(decoder.get_mut(), result, output)
            }
            Decoder::Deflate(decoder) => {
                let result = decoder.write_all(bytes).and_then(|()| decoder.flush());
                take(decoder.get_mut(), result, output)
            }
        }
    }

    /// The body is complete: gives the last bytes and checks the coding's own end.
    pub(super) fn finish(&mut self, output: &mut Vec<u8>) -> Result<(), HttpError> {
        match self {
            Decoder::Plain { .. } => Ok(()),
            Decoder::Gzip(decoder) => {
                let result = decoder.try_finish();
                take(decoder.get_mut(), result, output)
            }
            Decoder::Deflate(decoder) => {
                let result = decoder.try_finish();
                take(decoder.get_mut(), result, output)
            }
        }
    }
}

fn take(sink: &mut Bounded, result: io::Result<()>, output: &mut Vec<u8>) -> Result<(), HttpError> {
    output.append(&mut sink.fresh);
    match result {
        Ok(()) => Ok(()),
        Err(_) if sink.exceeded => Err(HttpError::TooLong { limit: sink.limit }),
        Err(_) => Err(HttpError::BadBody("content coding")),
    }
}
