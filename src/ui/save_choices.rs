//! What a file shall be like: chosen in the save dialog, kept for the next one except for its password.

use std::num::NonZeroU32;
use std::path::PathBuf;

use crate::document::PageId;
use crate::export::{
    FileFormat, JpegQuality, PdfAbout, PdfOptions, PdfPassword, PdfPictures, SaveOptions, TiffCompression,
};

/// What a file shall be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SaveChoices {
    /// The kind of file.
    pub(super) format: FileFormat,
    /// Only the pages that are selected.
    pub(super) only_selected: bool,
    /// How the pages are shared among files.
    pub(super) files: Files,
    /// Pages per file, where it is chosen.
    pub(super) every: u32,
    /// What becomes of the pictures in a PDF file.
    pub(super) pictures: PdfPictures,
    /// PDF/A.
    pub(super) archive: bool,
    /// Cropped parts go for good.
    pub(super) remove_cropped: bool,
    /// What the file says of itself.
    pub(super) title: String,
    /// Who made it.
    pub(super) author: String,
    /// What it deals with.
    pub(super) subject: String,
    /// Words to find it by.
    pub(super) keywords: String,
    /// The template that the last file was named from, if it was.
    pub(super) template: Option<String>,
    /// What opens it, typed twice.
    pub(super) password: [String; 2],
    /// How a TIFF file is compressed.
    pub(super) tiff: TiffCompression,
    /// How well JPEG files are encoded.
    pub(super) jpeg: i32,
}

/// How pages are shared among files of a format that holds many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Files {
    /// All in one.
    #[default]
    One,
    /// A file for each.
    EachPage,
    /// A file for so many.
    Every,
}

impl Default for SaveChoices {
    fn default() -> SaveChoices {
        SaveChoices {
            format: FileFormat::Pdf,
            only_selected: false,
            files: Files::One,
            every: 2,
            pictures: PdfPictures::Original,
            archive: false,
            remove_cropped: false,
            title: String::new(),
            author: String::new(),
            subject: String::new(),
            keywords: String::new(),
            template: None,
            password: Default::default(),
            tiff: TiffCompression::Auto,
            jpeg: i32::from(JpegQuality::USUAL.number()),
        }
    }
}

impl SaveChoices {
    /// Whether a password was typed, once at least.
    pub(super) fn has_password(&self) -> bool {
        self.format == FileFormat::Pdf && self.password.iter().any(|typed| !typed.is_empty())
    }

    /// Why nothing can be saved like this.
    pub(super) fn trouble(&self) -> Option<&'static str> {
        (self.has_password() && self.password[0] != self.password[1]).then_some("The two passwords are not the same.")
    }

    /// The same without what is worth nothing for another document.
    pub(super) fn for_the_next(&self) -> SaveChoices {
        SaveChoices {
            password: Default::default(),
            title: String::new(),
            subject: String::new(),
            keywords: String::new(),
            only_selected: false,
            ..self.clone()
        }
    }

    /// Pages per file, when they are shared among several.
    pub(super) fn per_file(&self) -> Option<NonZeroU32> {
        match self.files {
            _ if !self.format.holds_many_pages() => None,
            Files::One => None,
            Files::EachPage => Some(NonZeroU32::MIN),
            Files::Every => NonZeroU32::new(self.every),
        }
    }

    /// The same for the session; these files may be replaced.
    pub(super) fn options(&self, replaceable: Vec<PathBuf>) -> SaveOptions {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let password = self.has_password().then(|| PdfPassword { user: self.password[0].clone(), owner: None });
        let about = PdfAbout {
            title: given(&self.title),
            author: given(&self.author),
            subject: given(&self.subject),
            keywords: given(&self.keywords),
        };
        let pdf = PdfOptions {
            pictures: self.pictures,
            remove_cropped: self.remove_cropped,
            archive: self.archive && password.is_none(),
            about,
            password,
        };
        let jpeg = u8::try_from(self.jpeg).ok().and_then(JpegQuality::new).unwrap_or_default();
        let pages_per_file = self.per_file();
        SaveOptions { replaceable, pdf, tiff: self.tiff, jpeg, pages_per_file, ..SaveOptions::of(self.format) }
    }

    /// These pages, in the order of the document; `None`: all.
    pub(super) fn pages(&self, selected: &[PageId]) -> Option<Vec<PageId>> {
        self.only_selected.then(|| selected.to_vec())
    }
}
