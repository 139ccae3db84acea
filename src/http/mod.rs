//! The `http` module deals with *HTTP/1.1 on byte streams*: a USB pipe pair, a TCP or TLS connection.
//!
//! A [`Link`] is a set of ordered byte streams (*lanes*) to one device and the one place where its
//! driver waits. An [`Exchange`] is one request's answer, parsed as its bytes come, without any I/O.
//! [`HttpClient`] puts the two together and keeps the rule that a stream without an end needs: an
//! answer that nobody wants any more is read to its end, or the lane is *poisoned* until a reset.
//!
//! Nothing here knows what is asked for: no scanner, no XML, no image.

mod address;
mod client;
mod coding;
mod error;
mod exchange;
mod link;
mod request;
mod tcp;
mod tls;
mod usb_pipe;

pub use address::{Address, AddressError, Scheme};
pub use client::{HttpClient, Progress, REDIRECT_LIMIT};
pub use error::{HttpError, LinkError};
pub use exchange::{Exchange, Head, Response};
pub use link::{Arrival, Lane, Link};
pub use request::{Method, Request};
pub use tcp::TcpLink;
pub use tls::{Identity, RememberedIdentities, Trust};
pub use usb_pipe::{PipeEndpoints, UsbPipe, pipes_of};
