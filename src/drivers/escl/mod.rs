//! The eSCL driver: scanners that speak HTTP and XML, over USB (7/1/4) or over the network.
//!
//! `capabilities` and `status` read what a device says, `items` and `settings` turn it into what can
//! be asked for and back, `job` decides what an answer means, `source` is the job step by step, and
//! `driver` is what the broker calls. Nothing here knows files, windows or where a device came from.

mod bands;
mod capabilities;
mod connect;
mod device;
mod driver;
mod items;
mod job;
mod page;
mod quirks;
mod rows;
mod settings;
mod settle;
mod source;
mod status;
mod watch;
mod xml;

pub use super::PortFactory;
pub use capabilities::{AdfCaps, Capabilities, Format, Profile, ResolutionSet, ResolutionValues, SourceCaps};
pub use driver::{EsclDriver, EsclOptions};
pub use quirks::{Match, Quirk, QuirkRule, Quirks, RULES};
pub use status::{AdfState, DeviceState, ImageInfo, JobInfo, JobState, Status};
pub use xml::XmlError;
