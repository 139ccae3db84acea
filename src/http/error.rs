//! What can go wrong on the way to a device and in its answers.

use std::time::Duration;

use crate::usb::UsbError;

/// The way to the device failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The USB layer's own reason.
    #[error(transparent)]
    Usb(#[from] UsbError),
    /// The host name has no address.
    #[error("no address for {host}")]
    UnknownHost {
        /// The name.
        host: String,
    },
    /// None of the host's addresses took the connection; the reason is the last one's.
    #[error("cannot connect to {host}: {reason}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// The system's words, for the log.
        reason: String,
    },
    /// The encrypted connection could not be set up: most often only old TLS is spoken.
    #[error("no encrypted connection to {host}: {reason}")]
    Tls {
        /// Host and port.
        host: String,
        /// The other side's alert, or what its bytes were, for the log.
        reason: String,
    },
    /// The connection broke.
    #[error("connection lost: {0}")]
    Broken(String),
    /// The link was shut down or has no such lane.
    #[error("the link is closed")]
    ShutDown,
}

impl LinkError {
    /// Whether the device is gone for good, so that nothing more may be tried.
    pub fn is_gone(&self) -> bool {
        matches!(self, LinkError::Usb(UsbError::Disconnected))
    }
}

/// A request did not get a usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The way to the device.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// What came does not begin like an HTTP answer.
    #[error("not HTTP: {beginning:?}")]
    NotHttp {
        /// The first bytes, as text.
        beginning: String,
    },
    /// The answer's head breaks the rules or the limits.
    #[error("unreadable head: {0}")]
    BadHead(&'static str),
    /// The framing of the body breaks the rules.
    #[error("unreadable body: {0}")]
    BadBody(&'static str),
    /// The body is longer than the request allows.
    #[error("answer longer than {limit} bytes")]
    TooLong {
        /// What was allowed.
        limit: u64,
    },
    /// The stream ended in the middle of the answer.
    #[error("{}", broken_off(*received))]
    BrokenOff {
        /// Bytes of the body that came.
        received: u64,
    },
    /// The answer is to be had elsewhere, and elsewhere, and so on.
    #[error("redirected in circles")]
    Redirected,
    /// No answer within the limit.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// Somebody no longer wants to wait. The request goes on; its lane is busy until it ends.
    #[error("interrupted")]
    Interrupted,
    /// The lane is still busy with an earlier answer.
    #[error("the lane is busy")]
    LaneBusy,
    /// The lane's stream is out of step: only a reset helps.
    #[error("the stream is out of step")]
    Poisoned,
}

fn broken_off(received: u64) -> String {
    match received {
        0 => "answer broken off before its content".to_owned(),
        received => format!("answer broken off after {received} bytes of its content"),
    }
}

impl HttpError {
    /// Whether the device is gone for good.
    pub fn is_gone(&self) -> bool {
        matches!(self, HttpError::Link(error) if error.is_gone())
    }

    /// Whether the bytes that came belong to no answer: the stream is out of step.
    pub fn is_out_of_step(&self) -> bool {
        matches!(self, HttpError::NotHttp { .. } | HttpError::Poisoned | HttpError::LaneBusy | HttpError::BadHead(_))
    }
}
