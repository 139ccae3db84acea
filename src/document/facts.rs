//! What is true of a page that is over: its size, and how much of it is there.

use std::io::{self, Read};
use std::ops::ControlFlow;

use crate::minidriver::PageFormat;
use crate::raster::{
    DecodeError, DecodeOptions, Decoded, Encoding, JpegFacts, JpegFrame, JpegMarkers, PictureInfo, RowLayout, RowSink,
    complete_rows, decode, is_placeholder_height,
};

use super::{PageFile, PageHead};

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
    /// A PNG file with rows of this layout.
    Png(RowLayout),
    /// A TIFF file with rows of this layout.
    Tiff(RowLayout),
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
    /// Its frame header.
    pub frame: JpegFrame,
}

/// How the bytes of a page are to be read.
pub fn encoding_of(head: &PageHead) -> Encoding {
    match head.info.format {
        PageFormat::Jpeg => Encoding::Jpeg,
        PageFormat::Png => Encoding::Png,
        PageFormat::Tiff => Encoding::Tiff,
        PageFormat::Rows(layout) => Encoding::Rows(layout),
    }
}

impl PageFacts {
    /// Looks at a page. A whole JPEG is passed over once; a page that was cut is looked at closely.
    ///
    /// # Errors
    /// The file system's; a page that makes no sense has facts that say so.
    pub fn of(page: &PageFile) -> io::Result<PageFacts> {
        let bytes = page.length();
        let nothing = PageFacts { width: 0, height: 0, complete: false, bytes, picture: PictureFacts::Unknown };
        match page.head().info.format {
            PageFormat::Jpeg => jpeg(page, nothing),
            PageFormat::Rows(layout) => Ok(rows(page, layout)),
            PageFormat::Png => decoded(page, nothing, PictureFacts::Png),
            PageFormat::Tiff => decoded(page, nothing, PictureFacts::Tiff),
        }
    }
}

fn rows(page: &PageFile, layout: RowLayout) -> PageFacts {
    let whole = page.length() / layout.stride.max(1) as u64;
    let height = u32::try_from(whole).unwrap_or(u32::MAX);
    let height = page.end().and_then(|end| end.rows).map_or(height, |said| said.min(height));
    let picture = PictureFacts::Rows(layout);
    PageFacts { width: layout.width, height, complete: page.is_complete(), bytes: page.length(), picture }
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
    let Some(frame) = facts.frame.filter(|frame| frame.width > 0) else { return Ok(nothing) };
    let announced = facts.height().map(u32::from);
    let height = match announced {
        Some(announced) if facts.is_whole() && page.is_complete() => announced,
        _ => counted(page, &facts, &frame)?.min(announced.unwrap_or(u32::MAX)),
    };
    let complete = page.is_complete() && facts.is_whole() && announced.is_none_or(|announced| announced == height);
    let picture = PictureFacts::Jpeg(JpegPicture { facts, frame });
    Ok(PageFacts { width: u32::from(frame.width), height, complete, bytes: page.length(), picture })
}

/// Rows of a JPEG that was cut, or whose height nobody said: those of its complete rows of MCUs.
fn counted(page: &PageFile, facts: &JpegFacts, frame: &JpegFrame) -> io::Result<u32> {
    let rows = complete_rows(page.bytes(), frame)?;
    // What cannot be counted, or comes in several scans and is whole, is as high as it says.
    let said = if is_placeholder_height(frame.height.rows) { 0 } else { u32::from(frame.height.rows) };
    Ok(rows.unwrap_or(if facts.is_whole() { said } else { 0 }))
}

/// Looks at a page by decoding it.
fn decoded(page: &PageFile, nothing: PageFacts, kind: fn(RowLayout) -> PictureFacts) -> io::Result<PageFacts> {
    let mut look = Look::default();
    let result = decode(page.bytes(), encoding_of(page.head()), &DecodeOptions::default(), &mut look);
    let Decoded { whole, .. } = match result {
        Ok(decoded) => decoded,
        Err(DecodeError::Io(error)) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
        Err(_) => Decoded::default(),
    };
    let Some(info) = look.info else { return Ok(nothing) };
    Ok(PageFacts {
        width: info.width,
        height: look.rows,
        complete: page.is_complete() && whole,
        bytes: page.length(),
        picture: kind(info.layout),
    })
}

/// Counts rows and keeps none.
#[derive(Default)]
struct Look {
    info: Option<PictureInfo>,
    rows: u32,
}

impl RowSink for Look {
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        self.info = Some(*picture);
        ControlFlow::Continue(())
    }

    fn row(&mut self, _: &[u8]) -> ControlFlow<()> {
        self.rows += 1;
        ControlFlow::Continue(())
    }
}
