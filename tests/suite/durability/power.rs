//! The power is cut.

mod file;
pub(super) mod model;
pub(super) mod survival;
