//! The `drivers` module deals with *scanner protocols*: one folder each, alike inside, and the visible list of them.
