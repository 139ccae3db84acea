//! What is spoken on an interface: HTTP, or the device's own protocol.

use super::super::http_server::{Connection, Taken};
use super::super::line_stream::LineStream;
use super::super::model::Dialect;
use super::super::scanner::{PageBody, Scanner};
use crate::clock::Moment;

/// One ordered stream of what a host sends and what it is answered.
pub(super) enum Talk {
    Http(Connection<PageBody>),
    Lines(LineStream),
}

impl Talk {
    /// A stream at its beginning.
    pub(super) fn new(dialect: Dialect) -> Talk {
        match dialect {
            Dialect::Escl => Talk::Http(Connection::default()),
            Dialect::Lines => Talk::Lines(LineStream::default()),
        }
    }

    /// Whether it is spoken in this alternate setting; an HTTP interface prints in its first one.
    pub(super) fn is_spoken_in(&self, alternate: u8) -> bool {
        match self {
            Talk::Http(_) => alternate == 1,
            Talk::Lines(_) => true,
        }
    }

    pub(super) fn receive(&mut self, bytes: &[u8]) -> usize {
        match self {
            Talk::Http(stream) => stream.receive(bytes),
            Talk::Lines(stream) => stream.receive(bytes),
        }
    }

    pub(super) fn advance(&mut self, now: Moment, scanner: &mut Scanner) -> Option<Moment> {
        match self {
            Talk::Http(stream) => stream.advance(now, scanner),
            Talk::Lines(stream) => stream.advance(now, scanner),
        }
    }

    pub(super) fn take(&mut self, limit: usize) -> Taken {
        match self {
            Talk::Http(stream) => stream.take(limit),
            Talk::Lines(stream) => stream.take(limit),
        }
    }

    pub(super) fn waiting(&self) -> usize {
        match self {
            Talk::Http(stream) => stream.waiting(),
            Talk::Lines(stream) => stream.waiting(),
        }
    }

    pub(super) fn is_thinking(&self) -> bool {
        match self {
            Talk::Http(stream) => stream.is_thinking(),
            Talk::Lines(stream) => stream.is_thinking(),
        }
    }

    pub(super) fn is_undrained(&self) -> bool {
        match self {
            Talk::Http(stream) => stream.is_undrained(),
            Talk::Lines(stream) => stream.is_undrained(),
        }
    }

    /// A pipe has no end: a stream that is to be closed goes on. Whether its last answer had no other end.
    pub(super) fn keep_open_when_finished(&mut self) -> bool {
        match self {
            Talk::Http(stream) => stream.is_finished() && stream.keep_open(),
            Talk::Lines(_) => false,
        }
    }

    pub(super) fn abandon(self, now: Moment, scanner: &mut Scanner) {
        match self {
            Talk::Http(stream) => stream.abandon(now, scanner),
            Talk::Lines(stream) => stream.abandon(now, scanner),
        }
    }
}
