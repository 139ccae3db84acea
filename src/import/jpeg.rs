//! JPEG: one page, its bytes untouched. Only a mirrored one is decoded, since no page can be shown mirrored.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use crate::document::Look;
use crate::minidriver::PageFormat;
use crate::raster::{
    DecodeOptions, Decoded, Encoding, HINTS_WITHIN, JpegFacts, JpegHints, JpegMarkers, PictureInfo, RowLayout, RowSink,
    decode,
};
use crate::units::Dpi;

use super::desk::{Desk, NewPage, PIECE, check_size, resolution, rows_page};
use super::orientation::{Orientation, mirror};
use super::{ImportError, Remark};

/// A picture of which only a small one is wanted: decoding goes fastest then, and still reads every byte.
const ONLY_LOOKING: u32 = 1;

/// Reads a file.
pub(super) fn read(mut file: File, desk: &mut Desk<'_, '_>) -> Result<(), ImportError> {
    let unreadable = |error: io::Error| ImportError::Unreadable(error.kind());
    desk.expect(1)?;
    let (hints, facts, bytes) = look(&mut file, desk)?;
    let page = desk.number();
    if let Some(frame) = facts.frame {
        check_size(page, frame.width.into(), facts.height().map_or(1, u32::from).max(1))?;
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let seen = shown(&file, desk)?;
    let orientation = hints.orientation.map_or_else(Orientation::default, |at| Orientation::from_number(at.number));
    let (across, down) = hints.dpi.unzip();
    let (dpi, uneven) = resolution(across, down);
    if uneven {
        desk.remark(Remark::UnevenDots(page));
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let look = Look { rotation: orientation.rotation, ..Look::default() };
    if orientation.mirrored {
        return mirrored(file, dpi, &seen, look, desk);
    }
    let (width, height) = (seen.width, seen.rows);
    desk.begin(NewPage { format: PageFormat::Jpeg, width, height, dpi, bytes: Some(bytes) })?;
    copy(&mut file, desk)?;
    desk.end(seen.whole, look)
}

/// Looks at the markers of all of the file.
fn look(file: &mut File, desk: &mut Desk<'_, '_>) -> Result<(JpegHints, JpegFacts, u64), ImportError> {
    let mut markers = JpegMarkers::new();
    let mut head = Vec::new();
    pieces(file, |piece| {
        head.extend_from_slice(&piece[..piece.len().min(HINTS_WITHIN - head.len().min(HINTS_WITHIN))]);
        markers.feed(piece);
        desk.look()
    })?;
    Ok((JpegHints::of(&head), *markers.facts(), markers.position()))
}

/// Copies a file into the page.
pub(super) fn copy(file: &mut File, desk: &mut Desk<'_, '_>) -> Result<(), ImportError> {
    pieces(file, |piece| desk.write(piece))
}

fn pieces(file: &mut File, mut take: impl FnMut(&[u8]) -> Result<(), ImportError>) -> Result<(), ImportError> {
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => take(&piece[..read])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ImportError::Unreadable(error.kind())),
        }
    }
}

/// What decoding a picture gives.
pub(super) struct Shown {
    pub(super) width: u32,
    /// Rows that are there.
    pub(super) rows: u32,
    pub(super) whole: bool,
}

/// Decodes a picture once, since what is kept must be something that can be shown.
fn shown(file: &File, desk: &mut Desk<'_, '_>) -> Result<Shown, ImportError> {
    look_through(BufReader::new(file), desk.number(), &mut || desk.look())
}

/// The same for bytes from anywhere.
pub(super) fn look_through(
    bytes: impl Read,
    page: u32,
    look: &mut dyn FnMut() -> Result<(), ImportError>,
) -> Result<Shown, ImportError> {
    let mut sink = OnlyLooking { width: 0, stopped: None, look };
    let options = DecodeOptions { expected_rows: None, enough: Some(ONLY_LOOKING) };
    let decoded = decode(bytes, Encoding::Jpeg, &options, &mut sink);
    if let Some(error) = sink.stopped {
        return Err(error);
    }
    let Decoded { rows, whole } = decoded.map_err(|error| ImportError::decoding(page, error))?;
    if rows == 0 {
        return Err(ImportError::Broken { page: Some(page) });
    }
    Ok(Shown { width: sink.width, rows, whole })
}

struct OnlyLooking<'a> {
    width: u32,
    stopped: Option<ImportError>,
    look: &'a mut dyn FnMut() -> Result<(), ImportError>,
}

impl RowSink for OnlyLooking<'_> {
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        self.width = picture.width;
        ControlFlow::Continue(())
    }

    fn row(&mut self, _: &[u8]) -> ControlFlow<()> {
        match (self.look)() {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.stopped = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

/// Writes a picture as rows that are read from the right.
fn mirrored(file: File, dpi: Dpi, seen: &Shown, look: Look, desk: &mut Desk<'_, '_>) -> Result<(), ImportError> {
    let page = desk.number();
    let mut rows =
        MirroredRows { desk, dpi, height: seen.rows, left: seen.rows, layout: None, row: Vec::new(), stopped: None };
    let decoded = decode(BufReader::new(file), Encoding::Jpeg, &DecodeOptions::default(), &mut rows);
    let (left, stopped) = (rows.left, rows.stopped.take());
    if let Some(error) = stopped {
        return Err(error);
    }
    if left > 0 {
        decoded.map_err(|error| ImportError::decoding(page, error))?;
    }
    desk.remark(Remark::Mirrored(page));
    desk.end(seen.whole && left == 0, look)
}

struct MirroredRows<'a, 'b, 'c> {
    desk: &'a mut Desk<'b, 'c>,
    dpi: Dpi,
    height: u32,
    left: u32,
    layout: Option<RowLayout>,
    row: Vec<u8>,
    stopped: Option<ImportError>,
}

impl MirroredRows<'_, '_, '_> {
    fn go_on(&mut self, result: Result<(), ImportError>) -> ControlFlow<()> {
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.stopped = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl RowSink for MirroredRows<'_, '_, '_> {
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        let layout = picture.layout;
        self.layout = Some(layout);
        let begun = self.desk.begin(rows_page(layout.width, self.height, layout.format, self.dpi));
        self.go_on(begun)
    }

    fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
        let (Some(layout), 1..) = (self.layout, self.left) else { return ControlFlow::Break(()) };
        self.row.clear();
        self.row.extend_from_slice(row);
        mirror(&mut self.row, layout);
        self.left -= 1;
        let written = self.desk.write(&self.row);
        self.go_on(written)
    }
}
