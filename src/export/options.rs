//! How to save: what a person chooses. What stands here without being chosen keeps all that came.

use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use crate::document::PageId;

use super::pdf::refused_password;
use super::{ExportDocument, ExportError, FileFormat, Naming};

/// UTF-16 units that a title or an author may have. An archive's strings end at 32,767 bytes.
const LONGEST_TEXT: usize = 8_000;

/// How to save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveOptions {
    /// The kind of file.
    pub format: FileFormat,
    /// Whether an existing target may be replaced. The question was asked before.
    pub overwrite: bool,
    /// Targets that may be replaced where not all may: those that the question named.
    pub replaceable: Vec<PathBuf>,
    /// How the files are named.
    pub naming: Naming,
    /// What a PDF file is like.
    pub pdf: PdfOptions,
    /// How a TIFF file is compressed.
    pub tiff: TiffCompression,
    /// How well JPEG files are encoded that are not copied.
    pub jpeg: JpegQuality,
    /// In formats that hold many pages: a new file after so many; `None`: all in one.
    pub pages_per_file: Option<NonZeroU32>,
}

impl SaveOptions {
    /// For this format: everything as it came, nothing is replaced.
    pub const fn of(format: FileFormat) -> SaveOptions {
        SaveOptions {
            format,
            overwrite: false,
            replaceable: Vec::new(),
            naming: Naming::Exact,
            pdf: PdfOptions::AS_IT_CAME,
            tiff: TiffCompression::Auto,
            jpeg: JpegQuality::USUAL,
            pages_per_file: None,
        }
    }

    /// Whether a file of this name may be replaced.
    pub fn may_replace(&self, target: &Path) -> bool {
        self.overwrite || self.replaceable.iter().any(|named| named == target)
    }

    /// Whether these wishes go together and can be had for this document. To be asked before anything is written;
    /// [`super::save`] does.
    ///
    /// # Errors
    /// [`ExportError::Impossible`].
    pub fn check(&self, document: &ExportDocument) -> Result<(), ExportError> {
        let refused = match self.format {
            FileFormat::Pdf => self.pdf.refused(document),
            FileFormat::Tiff | FileFormat::Png | FileFormat::Jpeg => None,
        };
        refused.map_or(Ok(()), |why| Err(ExportError::Impossible(why)))
    }
}

/// Wishes that cannot be had, or not together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impossible {
    /// An archive (PDF/A) that needs a password. Helps: doing without one of them.
    ArchiveWithPassword,
    /// A password without a letter. Helps: another one, or none.
    EmptyPassword,
    /// A password of more bytes than PDF takes. Helps: a shorter one.
    PasswordTooLong,
    /// A password with characters that no password can have. Helps: other ones.
    PasswordCharacters,
    /// A title, an author, a subject or keywords longer than a file can have. Helps: shorter ones.
    TextTooLong,
    /// Group 4 was asked for, which knows black and white alone, and this page has more. Helps: another compression, or
    /// making the page black and white.
    GroupFourOfMoreThanBlackAndWhite(PageId),
    /// A page that is narrower or longer than an archive's pages can be. Helps: no archive, or another crop.
    NoArchivePage(PageId),
}

/// What a PDF file is like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PdfOptions {
    /// What becomes of the pictures.
    pub pictures: PdfPictures,
    /// Whether what was cut off a page is really gone. Otherwise viewers do not show it, and it is still in the file.
    pub remove_cropped: bool,
    /// Whether it is an archive: PDF/A-2b (ISO 19005-2). Ink (CMYK) becomes light (RGB) then.
    pub archive: bool,
    /// What the file says of itself.
    pub about: PdfAbout,
    /// Who can open it. The file is encrypted then, with AES-256, and is another one each time.
    pub password: Option<PdfPassword>,
}

impl PdfOptions {
    const AS_IT_CAME: PdfOptions = PdfOptions {
        pictures: PdfPictures::Original,
        remove_cropped: false,
        archive: false,
        about: PdfAbout { title: None, author: None, subject: None, keywords: None },
        password: None,
    };

    fn refused(&self, document: &ExportDocument) -> Option<Impossible> {
        if self.archive && self.password.is_some() {
            return Some(Impossible::ArchiveWithPassword);
        }
        let PdfAbout { title, author, subject, keywords } = &self.about;
        let mut texts = [title, author, subject, keywords, &document.title].into_iter().flatten();
        if texts.any(|text| text.encode_utf16().count() > LONGEST_TEXT) {
            return Some(Impossible::TextTooLong);
        }
        self.password.as_ref().and_then(refused_password)
    }
}

/// What becomes of the pictures in a PDF file. Pages of one bit are compressed without loss (G4) in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PdfPictures {
    /// A device's JPEG stays what it is; one whose tone was changed is encoded anew, as JPEG. All other pages without loss.
    #[default]
    Original,
    /// Encoded anew as JPEG, except where that would save nothing.
    Quality(QualityLevel),
    /// A device's JPEG stays what it is; all other pages, also one that was changed, without loss.
    Lossless,
}

/// How good a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QualityLevel {
    /// For e-mail: JPEG quality 50, at most 150 dpi.
    Small,
    /// For the screen: JPEG quality 70, at most 200 dpi.
    Medium,
    /// For printing again: JPEG quality 85, as many pixels as were scanned.
    High,
}

impl QualityLevel {
    /// All of them.
    pub const ALL: [QualityLevel; 3] = [QualityLevel::Small, QualityLevel::Medium, QualityLevel::High];

    /// The quality of its JPEG, 1 to 100.
    pub const fn jpeg_quality(self) -> u8 {
        match self {
            QualityLevel::Small => 50,
            QualityLevel::Medium => 70,
            QualityLevel::High => 85,
        }
    }

    /// The resolution, in dots per inch, to which pages with more are scaled down.
    pub const fn most_dpi(self) -> Option<u32> {
        match self {
            QualityLevel::Small => Some(150),
            QualityLevel::Medium => Some(200),
            QualityLevel::High => None,
        }
    }
}

/// What a PDF file says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PdfAbout {
    /// Its title; the document's when it is not given.
    pub title: Option<String>,
    /// Who made it.
    pub author: Option<String>,
    /// What it deals with.
    pub subject: Option<String>,
    /// Words to find it by, separated by commas.
    pub keywords: Option<String>,
}

/// Passwords of a PDF file.
#[derive(Clone, PartialEq, Eq)]
pub struct PdfPassword {
    /// Opens the file.
    pub user: String,
    /// Opens it, too, and may change its passwords; the same as `user` when it is not given. Whoever opens the file may do
    /// everything with it in any case.
    pub owner: Option<String>,
}

impl fmt::Debug for PdfPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PdfPassword(…)")
    }
}

/// How a TIFF file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TiffCompression {
    /// G4 for pages of one bit, Deflate for all others.
    #[default]
    Auto,
    /// CCITT group 4, for pages of one bit; any other is refused.
    G4,
    /// LZW, which the oldest programs read.
    Lzw,
    /// Deflate (ZIP).
    Deflate,
    /// None.
    None,
}

/// How well a JPEG is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JpegQuality(u8);

impl JpegQuality {
    /// Good enough to be looked at closely.
    pub const USUAL: JpegQuality = JpegQuality(90);

    /// From 1 to 100; `None` for any other.
    pub const fn new(quality: u8) -> Option<JpegQuality> {
        if quality >= 1 && quality <= 100 { Some(JpegQuality(quality)) } else { None }
    }

    /// As a number from 1 to 100.
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl Default for JpegQuality {
    fn default() -> JpegQuality {
        JpegQuality::USUAL
    }
}
