//! The names of a batch: a pattern like `page%03d.pnm`, in which the number of the page has its place.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The most digits that a pattern can ask for: as many as the largest number has.
pub const MOST_DIGITS: usize = 10;

/// A pattern that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchNames {
    pattern: PathBuf,
    before: Vec<u8>,
    digits: usize,
    after: Vec<u8>,
}

/// Why a pattern gives no names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchNameError {
    /// Nothing in it says where the number belongs. Helps: `%d`, or `%03d`.
    #[error("no number")]
    NoNumber,
    /// It has a place for more than one number.
    #[error("more than one number")]
    SeveralNumbers,
    /// The number is in the name of a folder. Helps: the number in the file's name.
    #[error("a number in the folder")]
    NumberInFolder,
    /// Something else follows the percent sign. Helps: `%%` where a percent sign is meant.
    #[error("{0} is not known")]
    Unknown(String),
    /// More digits than [`MOST_DIGITS`].
    #[error("too many digits")]
    TooManyDigits,
}

impl BatchNames {
    /// Reads a pattern: `%d` or `%03d` once in the file's name; `%%` is a percent sign. `%3d` is `%03d`, because
    /// nobody wants blanks in a file's name.
    ///
    /// # Errors
    /// [`BatchNameError`].
    pub fn read(pattern: &Path) -> Result<BatchNames, BatchNameError> {
        let name = pattern.file_name().unwrap_or_default().as_bytes();
        let (mut before, mut number, mut rest) = (Vec::new(), None, name);
        let mut text = Vec::new();
        while let Some((&byte, behind)) = rest.split_first() {
            rest = behind;
            if byte != b'%' {
                text.push(byte);
                continue;
            }
            if let Some(behind) = rest.strip_prefix(b"%") {
                text.push(b'%');
                rest = behind;
                continue;
            }
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (digits, behind) = rest.split_at(length);
            let Some(behind) = behind.strip_prefix(b"d") else { return Err(BatchNameError::Unknown(unknown(rest))) };
            if number.is_some() {
                return Err(BatchNameError::SeveralNumbers);
            }
            number = Some(width(digits)?);
            before = std::mem::take(&mut text);
            rest = behind;
        }
        let Some(digits) = number else {
            let folder = pattern.parent().and_then(Path::file_name).unwrap_or_default();
            let elsewhere = folder.as_bytes().contains(&b'%');
            return Err(if elsewhere { BatchNameError::NumberInFolder } else { BatchNameError::NoNumber });
        };
        Ok(BatchNames { pattern: pattern.to_path_buf(), before, digits, after: text })
    }

    /// The name of a page's file, by its number from 1.
    pub fn name(&self, number: u32) -> PathBuf {
        let digits = self.digits;
        let number = format!("{number:0digits$}");
        let name = [&self.before, number.as_bytes(), &self.after].concat();
        self.pattern.with_file_name(OsString::from_vec(name))
    }
}

fn width(digits: &[u8]) -> Result<usize, BatchNameError> {
    let wanted = std::str::from_utf8(digits).unwrap_or_default();
    match wanted.parse() {
        Ok(wanted) if wanted <= MOST_DIGITS => Ok(wanted),
        Err(_) if wanted.is_empty() => Ok(0),
        _ => Err(BatchNameError::TooManyDigits),
    }
}

/// What stands behind a percent sign, up to the letter that would say what it means.
fn unknown(rest: &[u8]) -> String {
    let text = OsStr::from_bytes(rest).to_string_lossy();
    let end = text.char_indices().find(|(_, letter)| letter.is_alphabetic());
    let shown = end.map_or(text.chars().take(1).collect(), |(at, letter)| text[..at + letter.len_utf8()].to_owned());
    format!("%{shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_one_number() {
        let name = |pattern: &str| BatchNames::read(Path::new(pattern)).map(|names| names.name(7));
        assert_eq!(name("a/p%d.pnm"), Ok("a/p7.pnm".into()));
        assert_eq!(name("p%04d.ppm"), Ok("p0007.ppm".into()));
        assert_eq!(name("p%3d.ppm"), Ok("p007.ppm".into()));
        assert_eq!(name("100%%-%d%%.pnm"), Ok("100%-7%.pnm".into()));
        assert_eq!(name("%%d-%010d"), Ok("%d-0000000007".into()));
        assert_eq!(name("50%/p%d.pnm"), Ok("50%/p7.pnm".into()), "a folder is called what it is called");
        let refused = [
            ("page.pnm", BatchNameError::NoNumber),
            ("page%%d.pnm", BatchNameError::NoNumber),
            ("p%d-%d.pnm", BatchNameError::SeveralNumbers),
            ("%d/p.pnm", BatchNameError::NumberInFolder),
            ("p%s.pnm", BatchNameError::Unknown("%s".into())),
            ("p%-3d.pnm", BatchNameError::Unknown("%-3d".into())),
            ("p%", BatchNameError::Unknown("%".into())),
            ("p%1", BatchNameError::Unknown("%1".into())),
            ("p%99d.pnm", BatchNameError::TooManyDigits),
            ("p%99999999999999999999999d.pnm", BatchNameError::TooManyDigits),
        ];
        for (pattern, why) in refused {
            assert_eq!(name(pattern), Err(why), "{pattern}");
        }
    }

    #[test]
    fn names_keep_whatever_bytes_they_have() {
        let names = BatchNames::read(Path::new(OsStr::from_bytes(b"\xe4%d\xff"))).unwrap();
        assert_eq!(names.name(3), Path::new(OsStr::from_bytes(b"\xe43\xff")));
    }
}
