//! What is true of a page that is over: its size, and how much of it is there.

use std::io::{self, Read};

use crate::minidriver::PageFormat;
use crate::raster::{JpegFacts, JpegMarkers, RowLayout};

use super::PageFile;

/// Bytes looked at once.
const PIECE: usize = 64 << 10;

/// What is true of a page that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageFacts {
    /// Pixels in a row.
    pub width: u32,
    /// Rows that are there. Zero: nothing of the page can be shown.
    pub height: u32,
    /// Whether all of the page is there.
    pub complete: bool,
    /// Bytes that were received.
    pub bytes: u64,
    /// What the bytes are.
    pub picture: PictureFacts,
}

/// What the bytes of a page are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFacts {
    /// A JPEG file.
    Jpeg(JpegPicture),
    /// A PNG file.
    Png,
    /// A TIFF file.
    Tiff,
    /// Raw rows.
    Rows(RowLayout),
    /// Nothing that can be understood.
    Unknown,
}

/// A JPEG page, as it can be handed on (design, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JpegPicture {
    /// Its markers.
    pub facts: JpegFacts,
    /// Bytes from the start that belong to the picture; an end marker is added behind them if they have none.
    pub keep: u64,
}

impl PageFacts {
    /// Looks at a page.
    ///
    /// # Errors
    /// The file system's; a page that makes no sense has facts that say so.
    pub fn of(page: &PageFile) -> io::Result<PageFacts> {
        let complete = page.is_complete();
        let bytes = page.length();
        let nothing = PageFacts { width: 0, height: 0, complete: false, bytes, picture: PictureFacts::Unknown };
        match page.head().info.format {
            PageFormat::Jpeg => jpeg(page, nothing),
            PageFormat::Rows(layout) => {
                let rows = (bytes / layout.stride.max(1) as u64).min(u64::from(u32::MAX)) as u32;
                let said = page.end().and_then(|end| end.rows).unwrap_or(rows);
                let picture = PictureFacts::Rows(layout);
                Ok(PageFacts { width: layout.width, height: rows.min(said), complete, bytes, picture })
            }
            PageFormat::Png | PageFormat::Tiff => Ok(nothing),
        }
    }
}

fn jpeg(page: &PageFile, nothing: PageFacts) -> io::Result<PageFacts> {
    let mut markers = JpegMarkers::new();
    let mut bytes = page.bytes();
    let mut piece = vec![0; PIECE];
    loop {
        match bytes.read(&mut piece)? {
            0 => break,
            read => markers.feed(&piece[..read]),
        }
    }
    let facts = *markers.facts();
    let Some(frame) = facts.frame else { return Ok(nothing) };
    let height = facts.height().unwrap_or(0);
    let keep = page.length();
    Ok(PageFacts {
        width: u32::from(frame.width),
        height: u32::from(height),
        complete: page.is_complete() && facts.is_whole(),
        bytes: page.length(),
        picture: PictureFacts::Jpeg(JpegPicture { facts, keep }),
    })
}
