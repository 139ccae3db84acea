//! The `cli` module deals with *the command line*.
pub mod arguments;
