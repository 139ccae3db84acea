//! The workers that make pictures of finished pages.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::Receiver;

use crate::clock::Waker;
use crate::document::{DocumentFolder, PageFacts, PageFile, encoding_of};
use crate::raster::{DecodeOptions, EightBits, PictureInfo, PreviewSink, RowSink, decode};

use super::live_page::{LIVE_PICTURE_SIDE, fitted};
use super::pictures::{Picture, PictureKey, PictureKind, Pictures, TILE_SIDE};

/// Workers; two cores are the least a desktop has, and the scan comes first.
const WORKERS: usize = 2;

/// The longer side of a thumbnail, in pixels.
const THUMBNAIL_SIDE: u32 = 256;

/// Starts the workers; they end when nobody can ask any more.
///
/// # Errors
/// When the system has no thread to give.
pub(super) fn start(
    requests: Receiver<PictureKey>,
    pictures: &Pictures,
    folder: &Arc<DocumentFolder>,
    changed: &Waker,
) -> std::io::Result<()> {
    for number in 0..WORKERS {
        let (requests, pictures, folder, changed) =
            (requests.clone(), pictures.clone(), folder.clone(), changed.clone());
        thread::Builder::new().name(format!("picture-{number}")).spawn(move || {
            for key in requests {
                pictures.put(key, make(&folder, key));
                changed.wake();
            }
        })?;
    }
    Ok(())
}

/// Makes a picture; `None` when the page cannot be read, or the tile lies outside of it.
fn make(folder: &DocumentFolder, (page, kind): PictureKey) -> Option<Picture> {
    let file = PageFile::open(&folder.page_path(page)?).ok()?;
    let facts = PageFacts::of(&file).ok().filter(|facts| facts.width > 0 && facts.height > 0)?;
    match kind {
        PictureKind::Thumbnail => reduced(&file, &facts, THUMBNAIL_SIDE),
        PictureKind::Fitted => reduced(&file, &facts, LIVE_PICTURE_SIDE),
        PictureKind::Tile { column, row } => tile(&file, &facts, column, row),
    }
}

/// The whole page, no larger than this.
fn reduced(file: &PageFile, facts: &PageFacts, side: u32) -> Option<Picture> {
    let (width, height) = fitted(facts.width, facts.height, side);
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 4);
    let full = width as usize * height as usize * 4;
    let rows = |rgba: &[u8]| {
        pixels.extend_from_slice(&rgba[..rgba.len().min(full - pixels.len())]);
        if pixels.len() < full { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    // A page that broke off still says how tall it would have been: its rows keep their distance.
    let scaled = |picture: &PictureInfo| {
        let whole = u64::from(picture.height.max(facts.height)) * u64::from(height) / u64::from(facts.height);
        Some((width, u32::try_from(whole).ok()?))
    };
    let mut sink = PreviewSink::new(scaled, rows);
    let options = DecodeOptions { expected_rows: Some(facts.height), enough: Some(side) };
    let decoded = decode(file.bytes(), encoding_of(file.head()), &options, &mut sink);
    sink.finish();
    drop(sink);
    if let Err(error) = decoded {
        tracing::info!(%error, "a page's picture is not whole");
    }
    // A page that broke off in a place nobody could know of is white below.
    pixels.resize(full, 0xff);
    Some(Picture { width, height, pixels })
}

/// One square of the page at its own resolution.
fn tile(file: &PageFile, facts: &PageFacts, column: u32, row: u32) -> Option<Picture> {
    let (left, top) = (column.checked_mul(TILE_SIDE)?, row.checked_mul(TILE_SIDE)?);
    if left >= facts.width || top >= facts.height {
        return None;
    }
    let (width, height) = (TILE_SIDE.min(facts.width - left), TILE_SIDE.min(facts.height - top));
    let pixels = Vec::with_capacity(width as usize * height as usize * 4);
    let mut sink = TileSink { left, top, width, height, at: 0, turn: None, pixels };
    let options = DecodeOptions { expected_rows: Some(facts.height), enough: None };
    if let Err(error) = decode(file.bytes(), encoding_of(file.head()), &options, &mut sink) {
        tracing::info!(%error, "a page's tile is not whole");
    }
    let mut pixels = sink.pixels;
    pixels.resize(width as usize * height as usize * 4, 0xff);
    Some(Picture { width, height, pixels })
}

/// Keeps the rows and columns of one tile, and stops below it.
struct TileSink {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
    at: u32,
    turn: Option<EightBits>,
    pixels: Vec<u8>,
}

impl RowSink for TileSink {
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        self.turn = Some(EightBits::from(picture.layout));
        ControlFlow::Continue(())
    }

    fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
        let Some(turn) = &mut self.turn else { return ControlFlow::Break(()) };
        if self.at >= self.top {
            let channels = turn.samples().channels();
            let samples = turn.turn(row);
            let (from, to) = (self.left as usize * channels, (self.left + self.width) as usize * channels);
            for pixel in samples.get(from..to).unwrap_or_default().chunks_exact(channels) {
                match *pixel {
                    [gray] => self.pixels.extend_from_slice(&[gray, gray, gray, 0xff]),
                    [red, green, blue] => self.pixels.extend_from_slice(&[red, green, blue, 0xff]),
                    _ => {}
                }
            }
        }
        self.at += 1;
        if self.at < self.top + self.height { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}
