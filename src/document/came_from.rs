//! The files that a document was imported from, which name it as long as nobody gives it a title.

use crate::plain_text::plain_title;

/// Endings of files that can be imported. What else stands behind a dot is part of a name: `Bill of 3.11`.
const ENDINGS: [&str; 7] = ["pdf", "tif", "tiff", "png", "jpg", "jpeg", "jpe"];

/// The files that a document's first pages came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameFrom {
    /// What the first of them is called, without its ending and in one line.
    pub first: String,
    /// How many more there were.
    pub others: u32,
}

impl CameFrom {
    /// One file of this name; `None` when it has none that could be shown.
    pub fn file(name: &str) -> Option<CameFrom> {
        let stem = match name.rsplit_once('.') {
            Some((stem, ending)) if ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)) => stem,
            _ => name,
        };
        plain_title(stem).map(|first| CameFrom { first, others: 0 })
    }

    /// As it is kept: `3 Bill`.
    pub(super) fn kept(&self) -> String {
        format!("{} {}", self.others, self.first)
    }

    /// What was kept; `None` when it makes no sense.
    pub(super) fn from_kept(text: &str) -> Option<CameFrom> {
        let (others, first) = text.split_once(' ')?;
        Some(CameFrom { first: plain_title(first)?, others: others.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_its_name_without_what_says_its_kind() {
        for (name, first) in [
            ("Bill.pdf", Some("Bill")),
            ("Letter v1.2.TIFF", Some("Letter v1.2")),
            ("Bill of 3.11", Some("Bill of 3.11")),
            ("two\nlines\u{202e}.png", Some("two lines")),
            (".pdf", None),
            ("", None),
        ] {
            assert_eq!(CameFrom::file(name).map(|from| from.first).as_deref(), first, "{name:?}");
        }
    }

    #[test]
    fn what_is_kept_comes_back_and_nonsense_does_not() {
        let from = CameFrom { first: "3 more bills".to_owned(), others: 12 };
        assert_eq!(CameFrom::from_kept(&from.kept()), Some(from));
        for nonsense in ["", "3", "x Bill", "-1 Bill", "1 ", "99999999999 Bill"] {
            assert_eq!(CameFrom::from_kept(nonsense), None, "{nonsense:?}");
        }
    }
}
