//! What a file is, from how it begins. Its name says nothing: anybody may call a file anything.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::ImportError;

/// A kind of file that becomes pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PDF.
    Pdf,
    /// TIFF and BigTIFF.
    Tiff,
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
}

/// A kind of file that does not, but that people try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Windows bitmap.
    Bmp,
    /// GIF.
    Gif,
    /// WebP.
    WebP,
    /// HEIC, HEIF and AVIF.
    Heic,
    /// JPEG 2000.
    Jpeg2000,
    /// JPEG XL.
    JpegXl,
    /// JBIG2.
    Jbig2,
    /// DjVu.
    Djvu,
    /// PostScript.
    PostScript,
    /// SVG, and other text with pointed brackets.
    Markup,
    /// ZIP, and with it the documents of office programs.
    Zip,
    /// Nothing at all.
    Empty,
}

/// Bytes of the beginning in which a PDF's name may stand: other programs look as far.
const PDF_WITHIN: usize = 1024;

impl Kind {
    /// Looks at a file.
    ///
    /// # Errors
    /// [`ImportError::NotAPicture`], [`ImportError::Unreadable`].
    pub(super) fn of(file: &File) -> Result<Kind, ImportError> {
        let mut head = [0; PDF_WITHIN];
        let mut read = 0;
        while read < head.len() {
            match file.read_at(&mut head[read..], read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ImportError::Unreadable(error.kind())),
            }
        }
        let head = &head[..read];
        known(head).ok_or_else(|| ImportError::NotAPicture(foreign(head)))
    }
}

fn known(head: &[u8]) -> Option<Kind> {
    match head {
        [0xff, 0xd8, 0xff, ..] => Some(Kind::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Kind::Png),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Kind::Tiff),
        _ => head.windows(5).any(|five| five == b"%PDF-").then_some(Kind::Pdf),
    }
}

fn foreign(head: &[u8]) -> Option<Foreign> {
    const HEIC: [&[u8; 4]; 6] = [b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif"];
    match head {
        [] => Some(Foreign::Empty),
        [b'B', b'M', ..] => Some(Foreign::Bmp),
        [b'G', b'I', b'F', b'8', ..] => Some(Foreign::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Foreign::WebP),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if HEIC.iter().any(|heic| brand.starts_with(*heic)) => {
            Some(Foreign::Heic)
        }
        [0, 0, 0, 12, b'j', b'P', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => Some(Foreign::Jpeg2000),
        [0, 0, 0, 12, b'J', b'X', b'L', ..] | [0xff, 0x0a, ..] => Some(Foreign::JpegXl),
        [0x97, b'J', b'B', b'2', ..] => Some(Foreign::Jbig2),
        [b'A', b'T', b'&', b'T', ..] => Some(Foreign::Djvu),
        [b'%', b'!', ..] => Some(Foreign::PostScript),
        [b'P', b'K', 3 | 5, _, ..] => Some(Foreign::Zip),
        [b'<', ..] => Some(Foreign::Markup),
        _ => None,
    }
}
