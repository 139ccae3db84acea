//! What is true of a page that is over: its size, and how much of it is there.

use std::io::{self, BufRead};
use std::ops::{ControlFlow, Range};

use serde::{Deserialize, Serialize};

use crate::minidriver::PageFormat;
use crate::raster::{
    DecodeError, DecodeOptions, Decoded, Encoding, JpegFacts, JpegFrame, JpegMarkers, LARGEST_SIDE, PictureInfo,
    RowLayout, RowSink, complete_rows, decode, is_placeholder_height,
};

use super::damaged_jpeg::mended;
use super::{PageFile, PageFileError, PageHead, PageId, Sheet};

/// What is true of a page that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The rows that it had, when its file has lost something since: it is damaged then, which is another thing than a
    /// page that came in part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damaged: Option<u32>,
    /// Those of the rows that are there whose pixels are lost: they are white.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub blank: u32,
    /// Its file's ([`PageFile::mark`]); 0: not known, an earlier version did not note it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mark: u32,
    /// Its paper; `None` as long as nobody has looked into the head of a page that an earlier version noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<Sheet>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What the bytes of a page are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JpegPicture {
    /// Its frame header.
    pub frame: JpegFrame,
    /// Whether it has its end marker.
    pub is_whole: bool,
    /// Whether it has an Adobe segment: four components are inverted then.
    pub is_adobe: bool,
}

/// How the bytes of a page are to be read.
pub fn encoding_of(head: &PageHead) -> Encoding {
    match head.info.format {
        PageFormat::Jpeg => Encoding::Jpeg,
        PageFormat::Png => Encoding::Png,
        PageFormat::Tiff => Encoding::Tiff,
        PageFormat::Rows(layout) => Encoding::Rows(layout),
        PageFormat::Unknown => Encoding::Unknown,
    }
}

impl PageFacts {
    /// A page of which nothing came.
    pub(super) const NOTHING: PageFacts = PageFacts::nothing(0);

    /// What is true of a page whose bytes cannot be had any more: it had so many, and none of its rows can be shown.
    pub(super) const fn lost(before: &PageFacts) -> PageFacts {
        let (damaged, mark, sheet) = (Some(before.had()), before.mark, before.sheet);
        PageFacts { damaged, mark, sheet, ..PageFacts::nothing(before.bytes) }
    }

    /// Bytes that nobody can make a picture of.
    const fn nothing(bytes: u64) -> PageFacts {
        let picture = PictureFacts::Unknown;
        let (damaged, sheet) = (None, None);
        PageFacts { width: 0, height: 0, complete: false, bytes, picture, damaged, blank: 0, mark: 0, sheet }
    }

    /// The frame header of a page that came as JPEG.
    pub(super) const fn jpeg_frame(&self) -> Option<&JpegFrame> {
        match &self.picture {
            PictureFacts::Jpeg(jpeg) => Some(&jpeg.frame),
            _ => None,
        }
    }

    /// Whether it came as JPEG and is damaged now. Decoders may stumble over its bytes: those are not handed on.
    pub const fn is_damaged_jpeg(&self) -> bool {
        self.damaged.is_some() && self.jpeg_frame().is_some()
    }

    /// Rows that can be read.
    pub const fn readable(&self) -> u32 {
        self.height.saturating_sub(self.blank)
    }

    /// The same, with what the page's head says of its paper.
    pub(super) fn on_sheet_of(self, head: &PageHead) -> PageFacts {
        PageFacts { sheet: Some(Sheet::of(head, self.width)), ..self }
    }

    /// Rows of the sheet it is on, as it came: its own, or more when it ended early or has lost some.
    pub fn sheet_rows(&self) -> u32 {
        let meant = match (self.damaged, self.sheet) {
            (Some(had), _) => had,
            (None, Some(sheet)) if !self.complete => sheet.rows,
            (None, _) => 0,
        };
        meant.max(self.height)
    }

    /// The rows it had when nothing of it was lost yet.
    const fn had(&self) -> u32 {
        match self.damaged {
            Some(had) => had,
            None => self.height,
        }
    }

    /// Whether this is true of the page as its file has it now.
    fn are_those_of(&self, page: &PageFile) -> bool {
        let is_sound = self.damaged.is_none() && !page.is_damaged();
        is_sound && self.bytes == page.length() && (page.is_complete() || !self.complete)
    }

    /// What is true of the page as its file, which has this name, has it now, if this was true when it came.
    ///
    /// # Errors
    /// [`PageFileError::AnotherPage`]; the file system's.
    pub fn again(&self, page: &PageFile, file: PageId) -> Result<PageFacts, PageFileError> {
        let is_its_file = if self.mark == 0 { page.head().page == file } else { page.mark() == self.mark };
        if !is_its_file {
            return Err(PageFileError::AnotherPage);
        }
        if self.are_those_of(page) {
            return Ok(if self.sheet.is_some() { *self } else { self.on_sheet_of(page.head()) });
        }
        let now = PageFacts::of_one_that_was(page, Some(self))?;
        let has_lost = page.is_damaged()
            || match self.damaged {
                None => self.bytes > now.bytes || self.complete && !now.complete,
                Some(had) => now.height < had || page.end().is_none(),
            };
        Ok(PageFacts { damaged: has_lost.then_some(self.had()), ..now })
    }

    /// Looks at a page that nobody watched while it came, or that was cut: it is read again.
    ///
    /// # Errors
    /// The file system's; a page that makes no sense has facts that say so.
    pub fn of(page: &PageFile) -> io::Result<PageFacts> {
        PageFacts::of_one_that_was(page, None)
    }

    /// The same of a page of which this was true once.
    fn of_one_that_was(page: &PageFile, before: Option<&PageFacts>) -> io::Result<PageFacts> {
        let nothing = PageFacts::nothing(page.length());
        let facts = match page.head().info.format {
            PageFormat::Jpeg if page.is_damaged() => damaged_jpeg(page, before)?.unwrap_or(nothing),
            PageFormat::Jpeg => jpeg(page, nothing)?,
            PageFormat::Rows(layout) => {
                let said = page.end().and_then(|end| end.rows);
                let facts = rows(layout, page.length(), page.is_complete(), said);
                PageFacts { blank: blank_rows(layout, facts.height, page.lost()), ..facts }
            }
            PageFormat::Png => decoded(page, nothing, PictureFacts::Png)?,
            PageFormat::Tiff => decoded(page, nothing, PictureFacts::Tiff)?,
            PageFormat::Unknown => nothing,
        };
        let facts = PageFacts { damaged: page.is_damaged().then_some(facts.height), mark: page.mark(), ..facts };
        Ok(facts.on_sheet_of(page.head()))
    }
}

/// Rows of which something is lost.
fn blank_rows(layout: RowLayout, height: u32, lost: &[Range<u64>]) -> u32 {
    let stride = layout.stride.max(1) as u64;
    let (mut blank, mut counted_to) = (0, 0);
    for bytes in lost {
        let first = (bytes.start / stride).max(counted_to);
        counted_to = bytes.end.div_ceil(stride).min(u64::from(height)).max(counted_to);
        blank += counted_to.saturating_sub(first);
    }
    u32::try_from(blank).unwrap_or(u32::MAX)
}

/// What is true of raw rows; `said` is their number as the driver knew it.
fn rows(layout: RowLayout, bytes: u64, complete: bool, said: Option<u32>) -> PageFacts {
    let whole = bytes / layout.stride.max(1) as u64;
    let height = u32::try_from(whole).unwrap_or(u32::MAX);
    let height = said.map_or(height, |said| said.min(height));
    let picture = PictureFacts::Rows(layout);
    PageFacts { width: layout.width, height, complete, picture, ..PageFacts::nothing(bytes) }
}

fn jpeg(page: &PageFile, nothing: PageFacts) -> io::Result<PageFacts> {
    let mut markers = JpegMarkers::new();
    let mut bytes = page.bytes();
    loop {
        let piece = bytes.fill_buf()?;
        let length = piece.len();
        if length == 0 {
            break;
        }
        markers.feed(piece);
        bytes.consume(length);
    }
    let facts = *markers.facts();
    let Some(frame) = usable_frame(&facts) else { return Ok(nothing) };
    let announced = facts.height().map(u32::from);
    let height = match announced {
        Some(announced) if facts.is_whole() && page.is_complete() => announced,
        _ => without_filling(counted(page, &facts, &frame)?.min(announced.unwrap_or(u32::MAX)), page, &frame),
    };
    Ok(jpeg_of(&facts, frame, height, page.length(), page.is_complete()))
}

/// What a decoder finds in a damaged JPEG, of which this was true once; `None`: nothing. It is as tall as it was.
fn damaged_jpeg(page: &PageFile, before: Option<&PageFacts>) -> io::Result<Option<PageFacts>> {
    let known = before.and_then(PageFacts::jpeg_frame);
    let Some(mended) = mended(page, known)? else { return Ok(None) };
    let mut look = Look::default();
    let options = DecodeOptions { expected_rows: page.head().info.expected_rows, enough: None };
    // Where the decoder gives up, what came before that is there.
    let _ = decode(&*mended.bytes, Encoding::Jpeg, &options, &mut look);
    let mut markers = JpegMarkers::new();
    markers.feed(&mended.bytes);
    let facts = *markers.facts();
    let (Some(info), Some(frame)) = (look.info, known.copied().or(usable_frame(&facts))) else { return Ok(None) };
    let had = before.map(PageFacts::had).filter(|_| known.is_some());
    let height = had.or(facts.height().map(u32::from)).unwrap_or(look.rows);
    let readable = look.rows.min(height).saturating_sub(mended.lost_rows);
    if readable == 0 || info.width != u32::from(frame.width) {
        return Ok(None);
    }
    let now = jpeg_of(&facts, frame, height, page.length(), false);
    Ok(Some(PageFacts { blank: height - readable, ..now }))
}

/// The frame of a picture that decoders take.
fn usable_frame(facts: &JpegFacts) -> Option<JpegFrame> {
    facts.frame.filter(|frame| (1..=LARGEST_SIDE).contains(&frame.width))
}

/// What is true of a JPEG with so many rows; `ended` says whether its driver was done with it.
fn jpeg_of(facts: &JpegFacts, frame: JpegFrame, height: u32, bytes: u64, ended: bool) -> PageFacts {
    let announced = facts.height().map(u32::from);
    let complete = ended && facts.is_whole() && announced.is_none_or(|announced| announced == height);
    let jpeg = JpegPicture { frame, is_whole: facts.is_whole(), is_adobe: facts.adobe_transform.is_some() };
    let picture = PictureFacts::Jpeg(jpeg);
    PageFacts { width: u32::from(frame.width), height, complete, picture, ..PageFacts::nothing(bytes) }
}

/// Rows of a JPEG that was cut, or whose height nobody said: those of its complete rows of MCUs.
fn counted(page: &PageFile, facts: &JpegFacts, frame: &JpegFrame) -> io::Result<u32> {
    let rows = complete_rows(page.bytes())?;
    // What cannot be counted, or comes in several scans and is whole, is as high as it says.
    let said = if is_placeholder_height(frame.height.rows) { 0 } else { u32::from(frame.height.rows) };
    Ok(rows.unwrap_or(if facts.is_whole() { said } else { 0 }))
}

/// Rows of a picture that does not say how many it has: the last row of MCUs is filled up below the area that
/// was asked for.
fn without_filling(rows: u32, page: &PageFile, frame: &JpegFrame) -> u32 {
    let filled = |expected: u32| (1..u32::from(frame.mcu_rows)).contains(&rows.saturating_sub(expected));
    page.head().info.expected_rows.filter(|expected| filled(*expected)).unwrap_or(rows)
}

/// What is learned of a page while its bytes pass by, so that they need not be read again.
#[derive(Debug)]
pub(super) struct PassingBytes {
    head: PageHead,
    markers: JpegMarkers,
    bytes: u64,
    /// Bytes were put elsewhere than at the end, or perhaps not all were kept: only the file knows now.
    lost: bool,
}

impl PassingBytes {
    /// At the start of a page.
    pub(super) fn of(head: PageHead) -> PassingBytes {
        PassingBytes { head, markers: JpegMarkers::new(), bytes: 0, lost: false }
    }

    /// Notes bytes that were written somewhere.
    pub(super) fn wrote(&mut self, at: u64, bytes: &[u8]) {
        if at != self.bytes {
            self.lose();
        }
        self.bytes += bytes.len() as u64;
        if self.head.info.format == PageFormat::Jpeg && !self.lost {
            self.markers.feed(bytes);
        }
    }

    /// Bytes were cut or made up, or a write failed and may have kept a part.
    pub(super) fn lose(&mut self) {
        self.lost = true;
    }

    /// What is true of the page that ends so: the same as [`PageFacts::of`] says. `None` when the
    /// bytes must be looked at again: they were moved, broke off in mid picture, or have to be decoded.
    pub(super) fn end(&self, complete: bool, rows: Option<u32>) -> Option<PageFacts> {
        if self.lost {
            return None;
        }
        let seen = match self.head.info.format {
            PageFormat::Rows(layout) => self::rows(layout, self.bytes, complete, rows),
            PageFormat::Png | PageFormat::Tiff => return None,
            PageFormat::Unknown => PageFacts::nothing(self.bytes),
            PageFormat::Jpeg => self.jpeg_seen(complete)?,
        };
        Some(seen.on_sheet_of(&self.head))
    }

    fn jpeg_seen(&self, complete: bool) -> Option<PageFacts> {
        let facts = self.markers.facts();
        let Some(frame) = usable_frame(facts) else { return Some(PageFacts::nothing(self.bytes)) };
        let height = facts.height().filter(|_| facts.is_whole() && complete)?;
        Some(jpeg_of(facts, frame, u32::from(height), self.bytes, complete))
    }
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
        picture: kind(info.layout),
        ..nothing
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
