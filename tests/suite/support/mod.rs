//! What several tests need, one file per topic.

pub(crate) mod bench;
pub(crate) mod certificate;
pub(crate) mod counting_port;
pub(crate) mod device_client;
pub(crate) mod disk;
pub(crate) mod escl_bench;
pub(crate) mod fake_usbfs;
pub(crate) mod judges;
pub(crate) mod kept_pages;
pub(crate) mod odd_scanner;
pub(crate) mod page_info;
pub(crate) mod pictures;
pub(crate) mod played_device;
pub(crate) mod random;
pub(crate) mod scripted_port;
pub(crate) mod silent_device;
pub(crate) mod small_disk;
#[cfg(feature = "gui")]
mod staged_questions;
#[cfg(feature = "gui")]
pub(crate) mod staged_session;
pub(crate) mod transfer;
