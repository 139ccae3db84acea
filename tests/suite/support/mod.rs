//! What several tests need, one file per topic.

pub(crate) mod device_client;
pub(crate) mod escl_bench;
pub(crate) mod judges;
pub(crate) mod kept_pages;
pub(crate) mod pictures;
pub(crate) mod transfer;
