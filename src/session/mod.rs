//! The `session` module deals with *the application without a window*: devices, jobs, pages, saving.
//!
//! A window or a command line sends [`Command`]s, reads [`Snapshot`]s and drains [`Event`]s. Only
//! here is a virtual device handed to a driver as its port. This module knows no window and no terminal.

mod command;
mod event;
mod handle;
pub mod live_page;
pub mod pictures;
pub mod settings;
mod snapshot;

pub use command::{Command, ProblemAnswer, SaveWish, ScanWish};
pub use event::{Event, JobEnd, JobReport, Saved};
pub use handle::{Session, SessionOptions};
pub use snapshot::{
    ChosenDevice, Connection, DeviceEntry, DeviceId, DeviceState, DeviceTrouble, Matter, Notice, PageState, PageView,
    Paused, Phase, Progress, Saving, ScanState, Scanning, Snapshot,
};
