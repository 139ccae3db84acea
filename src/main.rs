//! The `lightbar` program.
fn main() {}
