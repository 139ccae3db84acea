//! The `text` module deals with *sentences for people*, in one place. It knows every kind of error
//! and notice, and no window and no terminal.

pub mod command_line;
pub mod documents;
pub mod errors;
pub mod export;
pub mod import;
pub mod library;
pub mod lost_pages;
pub mod notices;
pub mod numbers;
pub mod profiles;
pub mod progress;
pub mod questions;
pub mod saving;
