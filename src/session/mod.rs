//! The `session` module deals with *the application without a window*: devices, jobs, pages, saving.
//!
//! A window or a command line sends [`Command`]s, reads [`Snapshot`]s and drains [`Event`]s. Only
//! here is a virtual device handed to a driver as its port. This module knows no window and no terminal.

mod auto_save;
mod binder;
mod chosen;
mod command;
mod core;
mod device_list;
mod device_name;
mod device_source;
mod device_thread;
mod direct;
mod documents;
mod doubts;
mod estimating;
mod event;
mod handle;
mod importing;
mod job;
mod job_control;
mod job_news;
mod leaving;
mod left_out;
mod librarian;
pub mod live_page;
mod loopback_service;
mod notices;
mod page_sink;
mod paper;
mod picture_worker;
pub mod pictures;
mod preview;
pub mod profiles;
mod progress;
mod saving;
mod scanning;
pub mod settings;
mod sleep;
mod snapshot;
mod survey;
mod virtual_shelf;

pub use auto_save::AutoSave;
pub use command::{Command, ImportWish, Outlet, ProblemAnswer, SaveWish, ScanPlan, ScanWish, SendWish};
pub use device_name::{DeviceName, MalformedName};
pub use direct::{OpenTrouble, OpenedDevice, open_device};
pub use documents::{DocumentChoice, Placement};
pub use estimating::{EstimateWish, Estimated};
pub use event::{Event, ImportReport, ImportedFile, JobEnd, JobReport, Made, NotCropped, Remark, Saved};
pub use handle::{Session, SessionOptions};
pub use leaving::{LEAVE_SILENT_AFTER, Left, wait_for_rest};
pub use sleep::SleepTeller;
pub use snapshot::{
    ChosenDevice, Connection, DeviceEntry, DeviceId, DeviceState, DeviceTrouble, DocumentTrouble, Importing,
    LockedFile, Matter, Notice, PageState, PageView, Paused, Phase, Progress, Saving, ScanState, Scanning, Shelf,
    Snapshot,
};
pub use survey::{Depth, SurveyedDevice, survey};
pub use virtual_shelf::VirtualOptions;
