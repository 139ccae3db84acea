//! The `text` module deals with *sentences for people*, in one place.
