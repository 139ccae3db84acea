//! The bytes of a TIFF file as the decoder sees them: as they are, but for the two that call a palette one.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use tiff::tags::{ByteOrder, Tag};

use crate::import::ImportError;
use crate::raster::JpegMarkers;

use super::{Reader, failure};

/// Black is zero, as a directory says it.
const GRAY: u16 = 1;
const PHOTOMETRIC: u16 = 262;
/// Entries of a directory that are looked at; there are not that many tags.
const MOST_ENTRIES: u64 = 4096;
/// Bytes of a JPEG strip before its frame header.
const FRAME_WITHIN: u64 = 256 << 10;
/// A JPEG fills its last blocks up.
const BLOCK: u32 = 16;

/// A file of which two bytes may read as others.
pub(super) struct Source<'a> {
    file: BufReader<&'a File>,
    at: u64,
    /// What stands at this place instead of what is there.
    instead: Option<(u64, [u8; 2])>,
}

impl<'a> Source<'a> {
    pub(super) fn new(file: &'a File) -> Source<'a> {
        Source { file: BufReader::new(file), at: 0, instead: None }
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        if let Some((place, bytes)) = self.instead {
            for (place, byte) in (place..).zip(bytes) {
                let within = place.checked_sub(self.at).and_then(|at| usize::try_from(at).ok());
                if let Some(changed) = within.filter(|at| *at < read).and_then(|at| buffer.get_mut(at)) {
                    *changed = byte;
                }
            }
        }
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Source<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // Short ways are gone within what was read ahead.
        self.at = match to {
            SeekFrom::Start(place) => {
                let by = i128::from(place) - i128::from(self.at);
                match i64::try_from(by) {
                    Ok(by) => self.file.seek_relative(by).map(|()| place)?,
                    Err(_) => self.file.seek(to)?,
                }
            }
            _ => self.file.seek(to)?,
        };
        Ok(self.at)
    }
}

/// Makes the directory at hand one of gray, and reads it again.
pub(super) fn call_it_gray(tiff: &mut Reader<'_>, index: usize, page: u32) -> Result<(), ImportError> {
    let broken = ImportError::Broken { page: Some(page) };
    let little = tiff.byte_order() == ByteOrder::LittleEndian;
    let Some(directory) = tiff.ifd_pointer() else { return Err(broken) };
    let place = photometric_place(tiff.inner(), directory.0, little).map_err(|_| broken)?;
    tiff.inner().instead = place.map(|place| (place, if little { GRAY.to_le_bytes() } else { GRAY.to_be_bytes() }));
    tiff.seek_to_image(index).map_err(|error| failure(page, error))
}

/// Where the value of the photometric entry stands.
fn photometric_place(source: &mut Source<'_>, directory: u64, little: bool) -> io::Result<Option<u64>> {
    source.seek(SeekFrom::Start(0))?;
    let number = |source: &mut Source<'_>, bytes: usize| {
        let mut read = [0; 8];
        source.read_exact(&mut read[..bytes])?;
        let value = if little { u64::from_le_bytes(read) } else { u64::from_be_bytes(read) >> (64 - 8 * bytes) };
        Ok::<u64, io::Error>(value)
    };
    number(source, 2)?;
    let is_big = number(source, 2)? == 43;
    let (count, entry, value) = if is_big { (8, 20, 12) } else { (2, 12, 8) };
    source.seek(SeekFrom::Start(directory))?;
    let entries = number(source, count)?.min(MOST_ENTRIES);
    for index in 0..entries {
        let at = directory.saturating_add(count as u64 + index * entry);
        source.seek(SeekFrom::Start(at))?;
        if number(source, 2)? == u64::from(PHOTOMETRIC) {
            return Ok(Some(at.saturating_add(value)));
        }
    }
    Ok(None)
}

/// Where the strips or tiles of the directory at hand lie, and how long they are.
pub(super) fn places(tiff: &mut Reader<'_>, page: u32) -> Result<Vec<(u64, u64)>, ImportError> {
    let is_tiled = matches!(tiff.get_chunk_type(), tiff::decoder::ChunkType::Tile);
    let (offsets, lengths) =
        if is_tiled { (Tag::TileOffsets, Tag::TileByteCounts) } else { (Tag::StripOffsets, Tag::StripByteCounts) };
    let mut list = |tag| tiff.find_tag_unsigned_vec::<u64>(tag).map_err(|error| failure(page, error));
    let (offsets, lengths) = (list(offsets)?.unwrap_or_default(), list(lengths)?.unwrap_or_default());
    Ok(offsets.into_iter().zip(lengths).collect())
}

/// A JPEG within a TIFF is decoded as a whole before anybody looks whether it is as large as it should be: here
/// it is looked at before.
pub(super) fn check_jpeg(tiff: &mut Reader<'_>, (offset, length): (u64, u64), page: u32) -> Result<(), ImportError> {
    let (width, height) = tiff.chunk_dimensions();
    let source = tiff.inner();
    source.seek(SeekFrom::Start(offset)).map_err(|_| ImportError::Broken { page: Some(page) })?;
    let mut markers = JpegMarkers::new();
    let mut piece = [0; 4096];
    let mut left = length.min(FRAME_WITHIN);
    while markers.facts().frame.is_none() && left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        match source.read(&mut piece[..most]) {
            Ok(0) => break,
            Ok(read) => {
                markers.feed(&piece[..read]);
                left -= read as u64;
            }
            Err(error) => return Err(ImportError::Unreadable(error.kind())),
        }
    }
    let Some(frame) = markers.facts().frame else { return Err(ImportError::Broken { page: Some(page) }) };
    let fits = |side: u16, most: u32| u32::from(side) <= most.saturating_add(BLOCK);
    if fits(frame.width, width) && fits(frame.height.rows, height) {
        Ok(())
    } else {
        Err(ImportError::Bomb { page: Some(page) })
    }
}
