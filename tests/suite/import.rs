//! See `main.rs`.

mod bench;
mod both_ways;
mod hostile;
mod jpeg;
mod judged;
mod pdf;
mod pdf_trees;
mod png;
mod refused;
mod session;
mod tiff;
