//! Netpbm images (PBM, PGM, PPM), written while their rows come and not from a document: for a pipe.
//!
//! The header comes first and names the height, which may be known last. A file is put right at
//! the end; of a pipe nothing can be taken back, so a page of unknown height waits in a file without
//! a name until it is whole, and rows that a page broke off before are white.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::PathBuf;

use super::ExportError;
use super::part::{Part, WRITE_BUFFER, scratch};
use super::target::place_of;
use crate::raster::{PixelFormat, RowLayout};

/// Room for the height in a header, so that it can be corrected in place.
const HEIGHT_DIGITS: usize = 10;
/// The name of a page that must be whole first, where it needs one for a moment.
const SCRATCH: &str = "page-of-unknown-height";

/// What a file name's ending promises of a netpbm image. Programs that read the later ones read the earlier ones, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Netpbm {
    /// Black and white.
    Pbm,
    /// Gray.
    Pgm,
    /// Colour; and what may be anything.
    Ppm,
}

impl Netpbm {
    /// What an ending stands for.
    pub fn from_extension(extension: &str) -> Option<Netpbm> {
        match extension.to_ascii_lowercase().as_str() {
            "pbm" => Some(Netpbm::Pbm),
            "pgm" => Some(Netpbm::Pgm),
            "ppm" | "pnm" => Some(Netpbm::Ppm),
            _ => None,
        }
    }
}

/// Where netpbm images go.
pub enum PnmTarget<'a> {
    /// One after the other into somebody's pipe; the folder holds a page of unknown height.
    Pipe {
        /// The pipe.
        sink: &'a mut dyn Write,
        /// A folder that can be written to.
        folder: PathBuf,
    },
    /// Each into a file of its own.
    Files {
        /// The name of a page's file, by its number from 1.
        name: Box<dyn FnMut(u32) -> PathBuf + 'a>,
        /// Whether files that exist are replaced.
        overwrite: bool,
    },
}

/// Images on their way to a target.
pub struct PnmWriter<'a> {
    target: PnmTarget<'a>,
    page: Option<Page>,
    begun: u32,
    files: Vec<PathBuf>,
    /// The target took no more: the page under way does not get its name.
    failed: bool,
}

/// The image under way.
struct Page {
    layout: RowLayout,
    announced: u32,
    rows: u32,
    place: Place,
}

enum Place {
    /// Straight into the pipe.
    Pipe,
    /// A file that takes its name when the page is whole.
    File { part: Part, target: PathBuf, file: BufWriter<File> },
    /// A file without a name, until the height is known.
    Held(BufWriter<File>),
}

impl<'a> PnmWriter<'a> {
    /// Nothing is written or created yet.
    pub fn new(target: PnmTarget<'a>) -> PnmWriter<'a> {
        PnmWriter { target, page: None, begun: 0, files: Vec::new(), failed: false }
    }

    /// Begins an image of rows of this layout; zero rows when their number is not known.
    ///
    /// # Errors
    /// [`ExportError`], when the target cannot take it.
    pub fn begin(&mut self, layout: RowLayout, rows: u32) -> Result<(), ExportError> {
        self.begun += 1;
        let place = match &mut self.target {
            PnmTarget::Pipe { folder, .. } if rows == 0 => {
                let held = scratch(folder, SCRATCH)?;
                Place::Held(BufWriter::with_capacity(WRITE_BUFFER, held))
            }
            PnmTarget::Pipe { .. } => Place::Pipe,
            PnmTarget::Files { name, overwrite } => {
                let target = place_of(&name(self.begun), *overwrite)?;
                let part = Part::create(&target)?;
                let file = BufWriter::with_capacity(WRITE_BUFFER, part.writable()?);
                Place::File { part, target, file }
            }
        };
        self.page = Some(Page { layout, announced: rows, rows: 0, place });
        let header = header(layout, rows)?;
        match self.page.as_ref().map(|page| &page.place) {
            // Its header is written when it is known.
            Some(Place::Held(_)) | None => Ok(()),
            Some(Place::Pipe | Place::File { .. }) => self.put(&header),
        }
    }

    /// Appends whole rows as the layout has them, padding included.
    ///
    /// # Errors
    /// [`ExportError`], when the target takes no more.
    pub fn rows(&mut self, rows: &[u8]) -> Result<(), ExportError> {
        let Some(page) = &mut self.page else { return Ok(()) };
        let (layout, announced) = (page.layout, page.announced);
        let mut room = if announced == 0 { u32::MAX } else { announced } - page.rows.min(announced.max(page.rows));
        let mut image = Vec::with_capacity(rows.len());
        for row in rows.chunks_exact(layout.stride.max(1)) {
            if room == 0 {
                break;
            }
            room -= 1;
            page.rows = page.rows.saturating_add(1);
            append_row(layout, row, &mut image);
        }
        let put = self.put(&image);
        self.failed |= put.is_err();
        put
    }

    /// Ends the image under way: its header is right and its file has its name.
    ///
    /// # Errors
    /// [`ExportError`]; a file that is not whole does not get its name.
    pub fn end(&mut self) -> Result<(), ExportError> {
        let Some(mut page) = self.page.take().filter(|_| !self.failed) else { return Ok(()) };
        match page.place {
            Place::Pipe => {
                let missing = page.announced.saturating_sub(page.rows);
                let white = white_row(page.layout);
                for _ in 0..missing {
                    self.pipe(&white)?;
                }
                Ok(())
            }
            Place::Held(held) => {
                let mut file = held.into_inner().map_err(io::IntoInnerError::into_error)?;
                self.pipe(&header(page.layout, page.rows)?)?;
                file.seek(SeekFrom::Start(0))?;
                match &mut self.target {
                    PnmTarget::Pipe { sink, .. } => io::copy(&mut file, sink).map(drop).map_err(not_taken),
                    PnmTarget::Files { .. } => Ok(()),
                }
            }
            Place::File { part, target, ref mut file } => {
                file.flush()?;
                if page.rows != page.announced {
                    file.seek(SeekFrom::Start(0))?;
                    file.write_all(&header(page.layout, page.rows)?)?;
                    file.flush()?;
                }
                file.get_ref().sync_all()?;
                let overwrite = matches!(self.target, PnmTarget::Files { overwrite: true, .. });
                part.put_in_place(&target, overwrite)?;
                self.files.push(target);
                Ok(())
            }
        }
    }

    /// The files that are there, in order.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        match self.page.as_mut().map(|page| &mut page.place) {
            Some(Place::Pipe) => self.pipe(bytes),
            Some(Place::File { file, target, .. }) => {
                file.write_all(bytes).map_err(|error| ExportError::at(target, error))
            }
            Some(Place::Held(held)) => Ok(held.write_all(bytes)?),
            None => Ok(()),
        }
    }

    fn pipe(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        match &mut self.target {
            PnmTarget::Pipe { sink, .. } => sink.write_all(bytes).map_err(not_taken),
            PnmTarget::Files { .. } => Ok(()),
        }
    }
}

fn not_taken(error: io::Error) -> ExportError {
    ExportError::NotTaken(error.kind())
}

/// The first bytes of an image.
fn header(layout: RowLayout, rows: u32) -> Result<Vec<u8>, ExportError> {
    let (magic, most) = match layout.format {
        PixelFormat::Bw1 => ("P4", None),
        PixelFormat::Gray8 => ("P5", Some(255)),
        PixelFormat::Gray16 => ("P5", Some(65535)),
        PixelFormat::Rgb8 | PixelFormat::Cmyk8 => ("P6", Some(255)),
        PixelFormat::Rgb16 => ("P6", Some(65535)),
    };
    let mut header = Vec::new();
    write!(header, "{magic}\n{} {rows:HEIGHT_DIGITS$}\n", layout.width)?;
    if let Some(most) = most {
        writeln!(header, "{most}")?;
    }
    Ok(header)
}

fn append_row(layout: RowLayout, row: &[u8], image: &mut Vec<u8>) {
    let row = &row[..layout.format.row_bytes(layout.width).min(row.len())];
    match layout.format {
        // Black is 1 there.
        PixelFormat::Bw1 => image.extend(row.iter().map(|byte| !byte)),
        PixelFormat::Gray8 | PixelFormat::Gray16 | PixelFormat::Rgb8 | PixelFormat::Rgb16 => {
            image.extend_from_slice(row)
        }
        PixelFormat::Cmyk8 => image.extend_from_slice(crate::raster::EightBits::from(layout).turn(row)),
    }
}

fn white_row(layout: RowLayout) -> Vec<u8> {
    let mut image = Vec::new();
    let paper = match layout.format {
        PixelFormat::Cmyk8 => 0,
        _ => 255,
    };
    append_row(layout, &vec![paper; layout.stride], &mut image);
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rows: u32, image: &[u8], layout: RowLayout) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let mut pipe = Vec::new();
        let mut writer = PnmWriter::new(PnmTarget::Pipe { sink: &mut pipe, folder: folder.path().into() });
        writer.begin(layout, rows).unwrap();
        writer.rows(image).unwrap();
        writer.end().unwrap();
        drop(writer);
        pipe
    }

    #[test]
    fn padding_is_left_out_and_black_is_one() {
        let padded = RowLayout { width: 1, format: PixelFormat::Rgb8, stride: 4 };
        assert_eq!(written(2, &[1, 2, 3, 0, 4, 5, 6, 0], padded), b"P6\n1          2\n255\n\x01\x02\x03\x04\x05\x06");
        assert_eq!(written(1, &[0b1010_0000], RowLayout::packed(3, PixelFormat::Bw1)), b"P4\n3          1\n\x5f");
    }

    #[test]
    fn a_page_that_broke_off_ends_white_and_one_of_unknown_height_is_told_right() {
        let gray = RowLayout::packed(2, PixelFormat::Gray8);
        assert_eq!(written(3, &[7, 8], gray), b"P5\n2          3\n255\n\x07\x08\xff\xff\xff\xff");
        assert_eq!(written(0, &[7, 8, 9, 9], gray), b"P5\n2          2\n255\n\x07\x08\x09\x09");
        assert_eq!(
            written(1, &[7, 8, 9, 9], gray),
            b"P5\n2          1\n255\n\x07\x08",
            "and not a row more than it said"
        );
    }

    #[test]
    fn files_get_their_names_when_they_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let name = Box::new(|number| folder.path().join(format!("page{number:03}.pnm")));
        let mut writer = PnmWriter::new(PnmTarget::Files { name, overwrite: false });
        let gray = RowLayout::packed(2, PixelFormat::Gray8);
        writer.begin(gray, 9).unwrap();
        writer.rows(&[1, 2]).unwrap();
        assert!(!folder.path().join("page001.pnm").exists());
        writer.end().unwrap();
        assert_eq!(std::fs::read(folder.path().join("page001.pnm")).unwrap(), b"P5\n2          1\n255\n\x01\x02");
        writer.begin(gray, 0).unwrap();
        drop(writer);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing of the second one stays");
    }

    #[test]
    fn a_file_whose_disk_is_full_does_not_get_its_name() {
        let gray = RowLayout::packed(2, PixelFormat::Gray8);
        let mut full = Full;
        let mut writer = PnmWriter::new(PnmTarget::Pipe { sink: &mut full, folder: "/".into() });
        assert!(writer.begin(gray, 2).is_err(), "not even a header");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pnm");
        let name = file.clone();
        let mut writer = PnmWriter::new(PnmTarget::Files { name: Box::new(move |_| name.clone()), overwrite: false });
        writer.begin(gray, 2).unwrap();
        writer.failed = true;
        writer.end().unwrap();
        assert!(!file.exists() && writer.files().is_empty());
    }

    /// A device that takes nothing.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
