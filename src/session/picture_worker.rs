//! The workers that make pictures of finished pages.

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crossbeam_channel::{Receiver, Sender};

use crate::clock::Waker;
use crate::document::{DocumentFolder, Look, PageFacts, PageFile, Rotation, render};
use crate::raster::{EightBits, PictureInfo, PixelWindow, PreviewSink, RowSink};

use super::doubts::Doubt;
use super::live_page::{LIVE_PICTURE_SIDE, fitted};
use super::pictures::{Picture, PictureKey, PictureKind, Pictures, TILE_SIDE};

/// Workers; two cores are the least a desktop has, and the scan comes first.
const WORKERS: usize = 2;

/// The longer side of a thumbnail, in pixels.
const THUMBNAIL_SIDE: u32 = 256;

/// The folder of the document that is shown, which changes when another one is opened.
#[derive(Clone, Default)]
pub(super) struct CurrentFolder(Arc<Mutex<Option<Numbered>>>);

/// A document's number and folder.
type Numbered = (u32, Arc<DocumentFolder>);

impl CurrentFolder {
    /// The document of this number has this folder.
    pub(super) fn set(&self, number: u32, folder: &Arc<DocumentFolder>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, folder.clone()));
    }

    /// No document is shown any more; whoever wants it may have it.
    pub(super) fn put_away(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The folder of a document, if it is still the one that is shown.
    fn of(&self, number: u32) -> Option<Arc<DocumentFolder>> {
        let current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|(shown, _)| *shown == number).map(|(_, folder)| folder.clone())
    }
}

/// Starts the workers; they end when nobody can ask any more.
///
/// # Errors
/// When the system has no thread to give.
pub(super) fn start(
    requests: Receiver<PictureKey>,
    pictures: &Pictures,
    folder: &CurrentFolder,
    doubts: &Sender<Doubt>,
    changed: &Waker,
) -> std::io::Result<()> {
    for number in 0..WORKERS {
        let (requests, pictures, folder) = (requests.clone(), pictures.clone(), folder.clone());
        let (doubts, changed) = (doubts.clone(), changed.clone());
        thread::Builder::new().name(format!("picture-{number}")).spawn(move || {
            for key in requests {
                pictures.put(key, make(&folder, &doubts, key));
                changed.wake();
            }
        })?;
    }
    Ok(())
}

/// Makes a picture; `None` when the page cannot be read, or the tile lies outside of it.
fn make(folder: &CurrentFolder, doubts: &Sender<Doubt>, (face, kind): PictureKey) -> Option<Picture> {
    let file = PageFile::open(&folder.of(face.document)?.page_path(face.file)?);
    // Perhaps the disk has lost something of it. Whoever knows what the page was finds out; a full queue is no harm,
    // the next picture of it says so again.
    let is_sound = |file: &PageFile| file.end().is_some() && !file.is_damaged() && file.head().page == face.file;
    if !file.as_ref().is_ok_and(is_sound) {
        let _full = doubts.try_send(Doubt { document: face.document, file: face.file });
    }
    let file = file.ok()?;
    let facts = PageFacts::of(&file).ok().filter(|facts| facts.width > 0 && facts.height > 0)?;
    let page = Subject { file, facts, look: face.look, window: face.look.window(facts.width, facts.height) };
    let picture = match kind {
        PictureKind::Thumbnail => page.reduced(THUMBNAIL_SIDE),
        PictureKind::Fitted => page.reduced(LIVE_PICTURE_SIDE),
        PictureKind::Tile { column, row } => page.tile(column, row)?,
    };
    Some(turned(picture, face.look.rotation))
}

/// The page a picture is made of.
struct Subject {
    file: PageFile,
    facts: PageFacts,
    look: Look,
    /// The part of it that is left.
    window: PixelWindow,
}

impl Subject {
    fn render(&self, enough: Option<u32>, sink: &mut dyn RowSink) {
        let enough = enough.and_then(NonZeroU32::new);
        if let Err(error) = render(&self.file, &self.facts, &self.look, enough, sink) {
            tracing::info!(%error, "a page's picture is not whole");
        }
    }

    /// The whole page, no larger than this.
    fn reduced(&self, side: u32) -> Picture {
        let rows_here = self.window.height;
        let (width, height) = fitted(self.window.width, rows_here, side);
        let mut pixels = Vec::with_capacity(width as usize * height as usize * 4);
        let full = width as usize * height as usize * 4;
        let rows = |rgba: &[u8]| {
            pixels.extend_from_slice(&rgba[..rgba.len().min(full - pixels.len())]);
            if pixels.len() < full { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        // A page that broke off still says how tall it would have been: its rows keep their distance.
        let scaled = |picture: &PictureInfo| {
            let whole = u64::from(picture.height.max(rows_here)) * u64::from(height) / u64::from(rows_here.max(1));
            Some((width, u32::try_from(whole).ok()?))
        };
        let mut sink = PreviewSink::new(scaled, rows);
        // Of a small part more of the page is needed than of all of it.
        let part = u64::from(side) * u64::from(self.facts.width.max(self.facts.height));
        let enough = part / u64::from(self.window.width.max(rows_here).max(1));
        self.render(Some(u32::try_from(enough).unwrap_or(u32::MAX)), &mut sink);
        sink.finish();
        drop(sink);
        // A page that broke off in a place nobody could know of is white below.
        pixels.resize(full, 0xff);
        Picture { width, height, pixels }
    }

    /// One square of the page at its own resolution, as it was before it was turned.
    fn tile(&self, column: u32, row: u32) -> Option<Picture> {
        let (left, top) = (column.checked_mul(TILE_SIDE)?, row.checked_mul(TILE_SIDE)?);
        let (width, height) = self.look.size(self.facts.width, self.facts.height);
        let seen = PixelWindow { left, top, width: TILE_SIDE, height: TILE_SIDE }.within(width, height)?;
        let part = self.look.rotation.unturned(seen, (self.window.width, self.window.height));
        let PixelWindow { left, top, width, height } = part;
        let pixels = Vec::with_capacity(width as usize * height as usize * 4);
        let mut sink = TileSink { left, top, width, height, at: 0, turn: None, pixels };
        self.render(None, &mut sink);
        let mut pixels = sink.pixels;
        pixels.resize(width as usize * height as usize * 4, 0xff);
        Some(Picture { width, height, pixels })
    }
}

/// A picture, turned clockwise.
fn turned(picture: Picture, rotation: Rotation) -> Picture {
    if rotation == Rotation::None {
        return picture;
    }
    let (width, height) =
        if rotation.lies() { (picture.height, picture.width) } else { (picture.width, picture.height) };
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    for row in 0..height {
        for column in 0..width {
            let (x, y) = match rotation {
                Rotation::None => (column, row),
                Rotation::Quarter => (row, picture.height - 1 - column),
                Rotation::Half => (picture.width - 1 - column, picture.height - 1 - row),
                Rotation::ThreeQuarters => (picture.width - 1 - row, column),
            };
            let at = (y as usize * picture.width as usize + x as usize) * 4;
            pixels.extend_from_slice(picture.pixels.get(at..at + 4).unwrap_or(&[0xff; 4]));
        }
    }
    Picture { width, height, pixels }
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
