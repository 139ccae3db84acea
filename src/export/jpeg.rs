//! JPEG: a file per page. Pages that came as JPEG are handed on as the device sent them.

use std::fs::File;
use std::io::{BufReader, Read, Write};

use crate::document::{JpegPicture, PictureFacts, Rotation};
use crate::raster::{
    HINTS_WITHIN, JpegEncoder, JpegHints, JpegMarkers, JpegOrientation, NoJpeg, ReducedRows, RowLayout, counted_rows,
};
use crate::units::Dpi;

use super::opened::is_untouched_jpeg;
use super::orientation::{exif, orientation};
use super::output::{Watch, copy};
use super::page_size::whole_dpi;
use super::ready::{OnePageFormat, Ready};
use super::rows::{RowEncoder, encode_rows};
use super::spill::Spill;
use super::workers::GoOn;
use super::{ExportError, OpenedPage, SaveOptions};

/// End of a JPEG file.
const END: [u8; 2] = [0xff, 0xd9];
/// Bytes before a segment that is added: the start marker, and the APP0 segment when there is one,
/// which must come first.
const START: usize = 2;
const APP0_HEAD: usize = 4;

/// A JPEG file.
pub(super) const ONE_PAGE: OnePageFormat =
    OnePageFormat { copies: is_untouched_jpeg, encode, put, check, is_lossy: true };

fn encode(
    page: &OpenedPage,
    options: &SaveOptions,
    sink: &mut Spill<'_>,
    go_on: &mut GoOn<'_>,
) -> Result<(), ExportError> {
    encode_jpeg(page, options.jpeg.number(), page.shown.size(), sink, go_on)
}

/// Encodes a page as JPEG of a quality from 1 to 100 and of this size, which is at most its own.
pub(super) fn encode_jpeg(
    page: &OpenedPage,
    quality: u8,
    size: (u32, u32),
    sink: &mut Spill<'_>,
    go_on: &mut GoOn<'_>,
) -> Result<(), ExportError> {
    let no_jpeg = |NoJpeg| ExportError::NotPossible(page.shown.page);
    let dpi = Dpi((whole_dpi(&page.shown).0 * size.0 / page.shown.size().0.max(1)).max(1));
    let mut encoder = Rows { dpi, quality, size, sink: Some(sink), reduced: None, encoder: None, failed: false };
    match encode_rows(page, go_on, &mut encoder) {
        Err(_) if encoder.failed => return Err(no_jpeg(NoJpeg)),
        encoded => encoded?,
    }
    encoder.encoder.ok_or(NoJpeg).and_then(JpegEncoder::finish).map_err(no_jpeg)?;
    Ok(())
}

fn put(page: Ready, sink: &mut dyn Write, watch: &mut Watch<'_, '_>) -> Result<(), ExportError> {
    let rotation = page.shown().look.rotation;
    let page = match page {
        Ready::AsItCame(page) => page,
        Ready::Encoded(_, bytes) => {
            let mut turned = Turned { sink, rotation, head: Vec::new() };
            bytes.copy_to(&mut turned, watch)?;
            return turned.finish();
        }
    };
    let PictureFacts::Jpeg(jpeg) = &page.shown.facts.picture else {
        return Err(ExportError::NotPossible(page.shown.page));
    };
    match own_orientation(&page)? {
        Some(own) => {
            copy_jpeg(&page, jpeg, &mut Oriented { sink, at: 0, place: own.offset, bytes: told(&own, rotation) }, watch)
        }
        None => {
            let mut turned = Turned { sink, rotation, head: Vec::new() };
            copy_jpeg(&page, jpeg, &mut turned, watch)?;
            turned.finish()
        }
    }
}

/// What a JPEG says itself of how it is turned, where that has to be changed: a second word for it would be one too many.
/// A device's own word stays as long as nobody turns the page, because the page is shown as it came.
fn own_orientation(page: &OpenedPage) -> Result<Option<JpegOrientation>, ExportError> {
    if page.shown.look.rotation == Rotation::None && !page.file.head().origin.device.is_empty() {
        return Ok(None);
    }
    let mut head = Vec::new();
    page.file.bytes().take(HINTS_WITHIN as u64).read_to_end(&mut head)?;
    Ok(JpegHints::of(&head).orientation)
}

/// The two bytes that tell of a rotation.
fn told(own: &JpegOrientation, rotation: Rotation) -> [u8; 2] {
    let number = orientation(rotation);
    if own.big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
}

/// Puts two other bytes into a JPEG on its way.
struct Oriented<'a> {
    sink: &'a mut dyn Write,
    at: u64,
    /// Where they belong.
    place: u64,
    bytes: [u8; 2],
}

impl Write for Oriented<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let end = self.at + bytes.len() as u64;
        let written = if self.place < end && self.place + 2 > self.at {
            let mut changed = bytes.to_vec();
            for (place, byte) in (self.place..).zip(self.bytes) {
                let within = place.checked_sub(self.at).and_then(|within| usize::try_from(within).ok());
                if let Some(changed) = within.and_then(|within| changed.get_mut(within)) {
                    *changed = byte;
                }
            }
            self.sink.write(&changed)?
        } else {
            self.sink.write(bytes)?
        };
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}

/// Looks whether a finished file is a whole JPEG.
fn check(file: &File) -> Result<(), ExportError> {
    let mut markers = JpegMarkers::new();
    let mut reader = BufReader::new(file);
    let mut piece = vec![0; 64 << 10];
    loop {
        match reader.read(&mut piece)? {
            0 => break,
            read => markers.feed(&piece[..read]),
        }
    }
    let facts = markers.facts();
    if facts.is_whole() && facts.height().is_some() { Ok(()) } else { Err(ExportError::CheckFailed("no whole JPEG")) }
}

/// Copies a device's JPEG. At most the true height is put into its frame header and an end marker
/// behind it, and a damaged one ends where decoders end: otherwise viewers break (design, section 5).
pub(super) fn copy_jpeg(
    page: &OpenedPage,
    jpeg: &JpegPicture,
    to: &mut impl Write,
    watch: &mut Watch<'_, '_>,
) -> Result<(), ExportError> {
    let (file, facts) = (&page.file, &page.shown.facts);
    let height = Some(jpeg.frame.height).filter(|height| u32::from(height.rows) != facts.height);
    let true_rows = u16::try_from(facts.height).unwrap_or(u16::MAX).to_be_bytes();
    // What no decoder understands would make the whole file unreadable for some.
    let broken_at = if facts.complete { None } else { counted_rows(file.bytes())?.broken_at };
    let mut bytes = file.bytes().take(broken_at.unwrap_or(u64::MAX));
    copy(&mut bytes, to, watch, |range| {
        let offset = height?.offset;
        (offset < range.end && offset + 2 > range.start).then_some((offset, true_rows))
    })?;
    if !jpeg.is_whole || broken_at.is_some() {
        to.write_all(&END)?;
    }
    Ok(())
}

/// A page that is encoded here.
struct Rows<'a, 'b> {
    dpi: Dpi,
    quality: u8,
    size: (u32, u32),
    /// When there will be fewer pixels.
    reduced: Option<ReducedRows>,
    /// Until the encoder has it.
    sink: Option<&'a mut Spill<'b>>,
    encoder: Option<JpegEncoder<&'a mut Spill<'b>>>,
    failed: bool,
}

impl Rows<'_, '_> {
    fn note<T>(&mut self, result: Result<T, NoJpeg>) -> Result<T, ExportError> {
        self.failed |= result.is_err();
        result.map_err(|NoJpeg| ExportError::CheckFailed("the encoder gave up"))
    }
}

impl RowEncoder for Rows<'_, '_> {
    fn begin(&mut self, layout: RowLayout, rows: u32) -> Result<(), ExportError> {
        let (mut layout, mut height) = (layout, rows);
        if self.size != (layout.width, rows) {
            let reduced = self.reduced.insert(ReducedRows::new(layout, rows, self.size));
            (layout, height) = (reduced.layout(), self.size.1);
        }
        let sink = self.sink.take().ok_or(NoJpeg);
        let encoder = sink.and_then(|sink| JpegEncoder::new(layout, height, self.dpi, self.quality, sink));
        self.encoder = Some(self.note(encoder)?);
        Ok(())
    }

    fn row(&mut self, row: &[u8]) -> Result<(), ExportError> {
        let row = match &mut self.reduced {
            None => row,
            Some(reduced) => match reduced.push(row) {
                None => return Ok(()),
                Some(row) => row,
            },
        };
        let result = self.encoder.as_mut().map_or(Ok(()), |encoder| encoder.row(row));
        self.failed |= result.is_err();
        result.map_err(|NoJpeg| ExportError::CheckFailed("the encoder gave up"))
    }
}

/// Puts the orientation of a turned page into a JPEG on its way, in an APP1 segment of its own.
struct Turned<'a> {
    sink: &'a mut dyn Write,
    rotation: Rotation,
    /// The file's beginning, until the place of the new segment is known.
    head: Vec<u8>,
}

impl Turned<'_> {
    /// Where the new segment goes; `None` while more of the beginning must be seen.
    fn place(&self) -> Option<usize> {
        let [_, _, 0xff, 0xe0, high, low, ..] = self.head[..] else {
            return (self.head.len() >= START + APP0_HEAD).then_some(START);
        };
        let place = START + 2 + usize::from(u16::from_be_bytes([high, low]));
        (self.head.len() >= place).then_some(place)
    }

    fn put_segment(&mut self, place: usize) -> std::io::Result<()> {
        let exif = exif(self.rotation);
        let length = (2 + 6 + exif.len()) as u16;
        self.sink.write_all(&self.head[..place])?;
        self.sink.write_all(&[0xff, 0xe1])?;
        self.sink.write_all(&length.to_be_bytes())?;
        self.sink.write_all(b"Exif\0\0")?;
        self.sink.write_all(&exif)?;
        self.sink.write_all(&self.head[place..])?;
        self.head.clear();
        self.rotation = Rotation::None;
        Ok(())
    }

    fn finish(self) -> Result<(), ExportError> {
        Ok(self.sink.write_all(&self.head)?)
    }
}

impl Write for Turned<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.rotation == Rotation::None {
            return self.sink.write(bytes);
        }
        self.head.extend_from_slice(bytes);
        if let Some(place) = self.place() {
            self.put_segment(place)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}
