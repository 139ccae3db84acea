//! The arguments that say how a file is to be.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::export::{
    FileFormat, JpegQuality, PdfAbout, PdfOptions, PdfPassword, PdfPictures, QualityLevel, SaveOptions, TiffCompression,
};

use super::values::at_least_one;

/// How a file is to be. What is not said keeps everything as it came.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "The file")]
pub struct HowToSave {
    /// PDF: what becomes of the pictures [default: original]
    #[arg(long, value_enum, value_name = "QUALITY")]
    pub quality: Option<QualityName>,

    /// PDF: an archive, PDF/A-2b
    #[arg(long)]
    pub pdfa: bool,

    /// PDF: what was cut off a page is not in the file any more, instead of only not being shown
    #[arg(long)]
    pub remove_cropped: bool,

    /// PDF: its title, instead of the document's
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,

    /// PDF: who made it
    #[arg(long, value_name = "TEXT")]
    pub author: Option<String>,

    /// PDF: what it deals with
    #[arg(long, value_name = "TEXT")]
    pub subject: Option<String>,

    /// PDF: words to find it by, separated by commas
    #[arg(long, value_name = "TEXT")]
    pub keywords: Option<String>,

    /// PDF: encrypt it (AES-256) with the password in the first line of this file (-: standard input). Other files of the same document
    /// have the same bytes each time; an encrypted one is another each time
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// TIFF: how it is compressed [default: auto, which is G4 for black and white and Deflate for the rest]
    #[arg(long, value_enum, value_name = "KIND")]
    pub compression: Option<CompressionName>,

    /// JPEG: quality of pages that have to be encoded, 1 to 100 [default: 90]
    #[arg(long, value_name = "QUALITY", value_parser = jpeg_quality)]
    pub jpeg_quality: Option<JpegQuality>,

    /// PDF and TIFF: a new file after every N pages
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub pages_per_file: Option<NonZeroU32>,
}

impl HowToSave {
    /// The options of a format. The password is read elsewhere.
    pub fn options(&self, format: FileFormat, password: Option<PdfPassword>) -> SaveOptions {
        let usual = SaveOptions::of(format);
        SaveOptions {
            pdf: PdfOptions {
                pictures: self.quality.map_or(PdfPictures::Original, PdfPictures::from),
                remove_cropped: self.remove_cropped,
                archive: self.pdfa,
                about: PdfAbout {
                    title: self.title.clone(),
                    author: self.author.clone(),
                    subject: self.subject.clone(),
                    keywords: self.keywords.clone(),
                },
                password,
            },
            tiff: self.compression.map_or(TiffCompression::Auto, TiffCompression::from),
            jpeg: self.jpeg_quality.unwrap_or(usual.jpeg),
            pages_per_file: self.pages_per_file,
            ..usual
        }
    }

    /// The first option given that a format does not have, as it is typed.
    pub fn foreign_to(&self, format: FileFormat) -> Option<&'static str> {
        use FileFormat::{Jpeg, Pdf, Tiff};
        let options: [(&str, bool, &[FileFormat]); 11] = [
            ("--quality", self.quality.is_some(), &[Pdf]),
            ("--pdfa", self.pdfa, &[Pdf]),
            ("--remove-cropped", self.remove_cropped, &[Pdf]),
            ("--title", self.title.is_some(), &[Pdf]),
            ("--author", self.author.is_some(), &[Pdf]),
            ("--subject", self.subject.is_some(), &[Pdf]),
            ("--keywords", self.keywords.is_some(), &[Pdf]),
            ("--password-file", self.password_file.is_some(), &[Pdf]),
            ("--compression", self.compression.is_some(), &[Tiff]),
            ("--jpeg-quality", self.jpeg_quality.is_some(), &[Jpeg]),
            ("--pages-per-file", self.pages_per_file.is_some(), &[Pdf, Tiff]),
        ];
        let foreign = options.into_iter().find(|(_, given, formats)| *given && !formats.contains(&format));
        foreign.map(|(option, _, _)| option)
    }
}

fn jpeg_quality(text: &str) -> Result<JpegQuality, String> {
    text.parse().ok().and_then(JpegQuality::new).ok_or_else(|| "allowed are 1 to 100".to_owned())
}

/// What becomes of the pictures in a PDF file, by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QualityName {
    /// As they came; the scanner's own JPEG untouched
    Original,
    /// The scanner's own JPEG untouched, everything else without loss
    Lossless,
    /// Encoded again, for printing again
    High,
    /// Encoded again, for the screen
    Medium,
    /// Encoded again, for e-mail
    Small,
}

impl From<QualityName> for PdfPictures {
    fn from(name: QualityName) -> PdfPictures {
        match name {
            QualityName::Original => PdfPictures::Original,
            QualityName::Lossless => PdfPictures::Lossless,
            QualityName::High => PdfPictures::Quality(QualityLevel::High),
            QualityName::Medium => PdfPictures::Quality(QualityLevel::Medium),
            QualityName::Small => PdfPictures::Quality(QualityLevel::Small),
        }
    }
}

/// A TIFF compression by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CompressionName {
    /// G4 for black and white, Deflate for the rest
    Auto,
    /// CCITT group 4, black and white alone
    G4,
    /// LZW, which the oldest programs read
    Lzw,
    /// Deflate (ZIP)
    Deflate,
    /// None
    None,
}

impl From<CompressionName> for TiffCompression {
    fn from(name: CompressionName) -> TiffCompression {
        match name {
            CompressionName::Auto => TiffCompression::Auto,
            CompressionName::G4 => TiffCompression::G4,
            CompressionName::Lzw => TiffCompression::Lzw,
            CompressionName::Deflate => TiffCompression::Deflate,
            CompressionName::None => TiffCompression::None,
        }
    }
}
