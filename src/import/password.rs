//! A secret that opens a file.

use std::fmt;

/// What opens a file that opens with a password only. It is in no log and no message: [`fmt::Debug`] does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// As it was typed, or read from a file; `None` without a letter.
    pub fn new(typed: &str) -> Option<Password> {
        (!typed.is_empty()).then(|| Password(typed.to_owned()))
    }

    /// The password itself.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}
