//! What a file says of itself: its information dictionary.

use std::borrow::Cow;

use pdf_writer::{Chunk, Finish, Name, Ref, Str, TextStr};

use crate::export::{ExportDocument, ExportError, PdfAbout};
use crate::units::Date;

use super::PRODUCER;
use super::file::PdfFile;

/// The words of a file about itself, as they can be in it.
pub(super) struct About {
    pub(super) title: Option<String>,
    pub(super) author: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) keywords: Option<String>,
}

impl About {
    pub(super) fn of(document: &ExportDocument, about: &PdfAbout) -> About {
        let title = about.title.as_ref().or(document.title.as_ref());
        About {
            title: title.map(|text| in_one_line(text)),
            author: about.author.as_deref().map(in_one_line),
            subject: about.subject.as_deref().map(in_one_line),
            keywords: about.keywords.as_deref().map(in_one_line),
        }
    }

    /// Writes the information dictionary.
    pub(super) fn put(
        &self,
        pdf: &PdfFile<'_>,
        chunk: &mut Chunk,
        object: Ref,
        created: &Date,
    ) -> Result<(), ExportError> {
        let date = format!(
            "D:{:04}{:02}{:02}{:02}{:02}{:02}Z",
            created.year, created.month, created.day, created.hour, created.minute, created.second
        );
        let texts: [(&[u8], Option<&str>); 7] = [
            (b"Title", self.title.as_deref()),
            (b"Author", self.author.as_deref()),
            (b"Subject", self.subject.as_deref()),
            (b"Keywords", self.keywords.as_deref()),
            (b"Producer", Some(PRODUCER)),
            (b"CreationDate", Some(&date)),
            (b"ModDate", Some(&date)),
        ];
        let mut dict = chunk.indirect(object).dict();
        for (name, text) in texts {
            let Some(text) = text else { continue };
            match pdf.sealed(&text_bytes(text))? {
                Cow::Borrowed(_) => dict.pair(Name(name), TextStr(text)),
                Cow::Owned(sealed) => dict.pair(Name(name), Str(&sealed)),
            };
        }
        dict.finish();
        Ok(())
    }
}

/// What neither a line nor XML can have becomes a space.
fn in_one_line(text: &str) -> String {
    let plain = |letter: char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|letter| if plain(letter) { letter } else { ' ' }).collect()
}

/// A text as PDF has it: letters of ASCII, or UTF-16 behind its mark.
fn text_bytes(text: &str) -> Vec<u8> {
    if text.bytes().all(|byte| matches!(byte, 32..=126)) {
        return text.as_bytes().to_vec();
    }
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
}
