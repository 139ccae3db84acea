//! The `export` module deals with *files people want*: one format per file, streamed from page files.
