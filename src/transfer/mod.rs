//! The `transfer` module deals with *one transfer at a time*: the broker between application and minidriver.
