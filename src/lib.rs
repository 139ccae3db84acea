//! Lightbar turns paper into documents: it speaks to the scanner, shows the page while the lamp
//! moves, stops the moment it is told to, and never loses a page.
//!
//! Data flows down this list; a module may use only those above it, with the exceptions that
//! `ARCHITECTURE.md` names. A test reads the `use` lines and proves it.

pub mod units;

pub mod clock;

pub mod plain_text;

pub mod raster;

pub mod usb;

pub mod http;

pub mod minidriver;

pub mod virtual_device;

pub mod drivers;

pub mod transfer;

pub mod document;

pub mod export;

pub mod import;

pub mod session;

pub mod text;

pub mod cli;

#[cfg(feature = "gui")]
pub mod ui;
