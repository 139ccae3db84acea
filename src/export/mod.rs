//! The `export` module deals with *files people want*: one format per file, streamed from page files.

/// Why saving did not work.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {}
