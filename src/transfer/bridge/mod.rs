//! The compatibility layer for a driver of the older model under a stream application (reference, 13).
//!
//! ```text
//!  page loop ──▶ write_properties, acquire ──▶ driver     one page per call, until the count or PAPER_EMPTY
//!  next_stream, rows, STATUS ◀── receiver ◀── bands       the MEMORYBMP header says what the rows are
//! ```
//!
//! Pages arrive as rows from the top; bitmaps for an application that wants them are made by `format`, as
//! of any other driver's pages. Whatever such a driver does wrong ends its transfer with
//! `INVALID_DRIVER_RESPONSE`, and the pages so far stay.

mod driver;
mod items;
mod memory_bitmap;
mod outlet;
mod receiver;

pub use driver::BridgedDriver;
