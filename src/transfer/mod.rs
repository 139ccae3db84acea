//! The `transfer` module deals with *one job between an application and a driver*: it is the broker
//! of the transfer model (reference, parts 5 to 11).
//!
//! ```text
//! Idle ─▶ Acquiring ⇄ Streaming ─▶ Ending ─▶ Settling ─▶ Idle      with a latch beside it:
//!   download        acquire        END_OF_TRANSFER  settle           Live │ Cancelled │ Failed(e)
//! ```
//!
//! It relays what a driver says to the application and the answers back, remembers in the latch that
//! the job is over, and keeps the sequence legal for the application whatever the driver does. It
//! must not know any protocol, any file and any window.
//!
//! How a driver is written, with a whole one that delivers a page through [`Broker::download`], is told
//! in [`crate::minidriver`].

mod application_items;
mod bridge;
mod broker;
mod callback;
mod event_watch;
mod format;
mod gate;
mod latch;
mod modes;
mod outcome;
mod relay;
mod status;
mod stream;

pub use application_items::ApplicationItems;
pub use bridge::BridgedDriver;
pub use broker::{Broker, Transfer};
pub use callback::{Answer, NextStream, TransferCallback, TransferMessage};
pub use latch::Canceller;
pub use modes::{
    Band, BandCallback, BandMessage, BandRequest, FileCallback, FileMessage, FileReport, FolderCanceller,
    FolderTransfer, Kept, StatusSource,
};
pub use outcome::{Outcome, TransferError, outcome_code};
pub use status::DefaultHandler;

pub use crate::minidriver::{ErrorHandler, HandlerAnswer};
