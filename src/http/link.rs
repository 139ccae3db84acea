//! The link: the byte streams to one device, behind one wait.

use std::time::Duration;

use super::{Address, LinkError};
use crate::clock::Waker;

/// Which stream of a link, from 0.
pub type Lane = usize;

/// A set of ordered byte streams to one device.
///
/// Everything a driver waits for comes through [`Link::wait`]. A wait ends with something that
/// happened, a wake, or its limit; neither of the last two touches a request, and no byte is lost.
pub trait Link: Send {
    /// How many streams there are; at least one.
    fn lanes(&self) -> usize;

    /// Whether each answer can be ended by the end of its stream. A USB pipe has none.
    fn has_ends(&self) -> bool;

    /// The value of the Host header.
    fn host(&self) -> String;

    /// The device wants requests to go to another address. A link that cannot go elsewhere stays.
    fn redirect(&mut self, address: &Address) {
        tracing::debug!(%address, "redirect ignored");
    }

    /// Sends a whole request. Where every request has its own connection, this opens it.
    fn send(&mut self, lane: Lane, bytes: Vec<u8>) -> Result<(), LinkError>;

    /// The answer of a lane is complete, or nobody wants it: a stream that can be closed is closed.
    fn close(&mut self, lane: Lane);

    /// Waits for whatever happens next.
    fn wait(&mut self, limit: Duration) -> Arrival;

    /// Ends the wait under way or the next one. Safe from any thread.
    fn waker(&self) -> Waker;

    /// Takes the wakes that nobody has heard yet. Whoever calls this looks afterwards at what they may have
    /// been for.
    fn hear_wakes(&mut self) {}

    /// Brings every lane back to its beginning: nothing of what was sent before arrives afterwards. A wake
    /// that nobody has heard, or that comes meanwhile, ends it where it would take time.
    fn reset(&mut self) -> Result<(), LinkError>;

    /// Gives everything back. The link is of no use afterwards.
    fn shut_down(&mut self);
}

/// Why a wait ended.
#[derive(Debug)]
pub enum Arrival {
    /// The next bytes of a lane; never empty.
    Data {
        /// Where they came.
        lane: Lane,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The device sent an empty packet. That is no end, but may become one when silence follows.
    Empty {
        /// Where it came.
        lane: Lane,
    },
    /// The device ended the stream in order.
    Closed {
        /// Which stream.
        lane: Lane,
    },
    /// A lane failed. Bytes received before have been delivered.
    Failed {
        /// Which lane.
        lane: Lane,
        /// How.
        error: LinkError,
    },
    /// Somebody used the waker.
    Woken,
    /// The limit came first.
    TimedOut,
}
