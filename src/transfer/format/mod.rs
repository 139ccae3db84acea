//! Formats that no device sends and applications of the model ask for: BMP, MEMORYBMP and WIA's raw
//! format are made here, from whatever arrives, row by row.

mod bitmap;
mod image_writer;
mod raw;
mod reformatted;
mod row_pump;

pub(super) use image_writer::MadeFormat;
pub(super) use reformatted::Reformatted;
