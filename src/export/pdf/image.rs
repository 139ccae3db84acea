//! A page's picture as an image object.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::{Chunk, Dict, Finish, Name, Ref};

use crate::document::{JpegPicture, PageFacts, PictureFacts};
use crate::export::g4::G4;
use crate::export::jpeg::copy_jpeg;
use crate::export::output::Watch;
use crate::export::rows::{RowEncoder, encode_rows};
use crate::export::{ExportError, OpenedPage};
use crate::raster::{PixelFormat, RowLayout};

use super::file::PdfFile;

/// How hard Flate tries. Higher levels gain a few per cent on scans and take several times as long.
const LEVEL: Compression = Compression::new(3);
/// PDF's number for *each row says its own predictor*, and that predictor.
const PNG_PREDICTOR: i32 = 15;
const UP: u8 = 2;

/// Writes the image object; `false` when there is nothing that PDF can hold.
pub(super) fn write(
    pdf: &mut PdfFile<'_>,
    object: Ref,
    page: &OpenedPage,
    watch: &mut Watch<'_, '_>,
) -> Result<bool, ExportError> {
    match &page.facts.picture {
        PictureFacts::Jpeg(jpeg) => write_jpeg(pdf, object, page, jpeg, watch),
        PictureFacts::Png(layout) | PictureFacts::Tiff(layout) | PictureFacts::Rows(layout) => {
            write_rows(pdf, object, page, *layout, watch).map(|()| true)
        }
        PictureFacts::Unknown => Ok(false),
    }
}

/// What a picture's samples are.
struct Samples {
    space: &'static [u8],
    bits: i32,
}

/// The bytes of the device, with at most the true height and an end marker put in (design, section 5).
fn write_jpeg(
    pdf: &mut PdfFile<'_>,
    object: Ref,
    page: &OpenedPage,
    jpeg: &JpegPicture,
    watch: &mut Watch<'_, '_>,
) -> Result<bool, ExportError> {
    let frame = jpeg.frame;
    let space: &[u8] = match frame.components {
        _ if frame.precision != 8 => return Ok(false),
        1 => b"DeviceGray",
        3 => b"DeviceRGB",
        4 => b"DeviceCMYK",
        _ => return Ok(false),
    };
    let inverted = frame.components == 4 && jpeg.is_adobe;
    let image = ImageStream::begin(pdf, object, &page.facts, &Samples { space, bits: 8 }, |dict| {
        dict.pair(Name(b"Filter"), Name(b"DCTDecode"));
        if inverted {
            dict.insert(Name(b"Decode")).array().items([1, 0, 1, 0, 1, 0, 1, 0]);
        }
    })?;
    copy_jpeg(page, jpeg, &mut Seen(pdf), watch)?;
    image.end(pdf)?;
    Ok(true)
}

/// Rows, without loss: G4 for one bit per pixel, else Flate.
fn write_rows(
    pdf: &mut PdfFile<'_>,
    object: Ref,
    page: &OpenedPage,
    layout: RowLayout,
    watch: &mut Watch<'_, '_>,
) -> Result<(), ExportError> {
    let (space, channels, bits): (&[u8], i32, i32) = match layout.format {
        PixelFormat::Bw1 => (b"DeviceGray", 1, 1),
        PixelFormat::Gray8 => (b"DeviceGray", 1, 8),
        PixelFormat::Gray16 => (b"DeviceGray", 1, 16),
        PixelFormat::Rgb8 => (b"DeviceRGB", 3, 8),
        PixelFormat::Rgb16 => (b"DeviceRGB", 3, 16),
        PixelFormat::Cmyk8 => (b"DeviceCMYK", 4, 8),
    };
    let facts = &page.facts;
    let columns = i32::try_from(facts.width).unwrap_or(i32::MAX);
    let image = ImageStream::begin(pdf, object, facts, &Samples { space, bits }, |dict| {
        if layout.format == PixelFormat::Bw1 {
            dict.pair(Name(b"Filter"), Name(b"CCITTFaxDecode"));
            let mut parameters = dict.insert(Name(b"DecodeParms")).dict();
            parameters.pair(Name(b"K"), -1);
            parameters.pair(Name(b"Columns"), columns);
            parameters.pair(Name(b"Rows"), i32::try_from(facts.height).unwrap_or(i32::MAX));
        } else {
            dict.pair(Name(b"Filter"), Name(b"FlateDecode"));
            let mut parameters = dict.insert(Name(b"DecodeParms")).dict();
            parameters.pair(Name(b"Predictor"), PNG_PREDICTOR);
            parameters.pair(Name(b"Colors"), channels);
            parameters.pair(Name(b"BitsPerComponent"), bits);
            parameters.pair(Name(b"Columns"), columns);
        }
    })?;
    if layout.format == PixelFormat::Bw1 {
        let mut encoder = Bilevel(G4::new(Seen(pdf), facts.width));
        encode_rows(page, watch, &mut encoder)?;
        encoder.0.finish()?;
    } else {
        let flate = ZlibEncoder::new(Seen(pdf), LEVEL);
        let mut encoder = Predicted { flate, above: Vec::new(), row: Vec::new() };
        encode_rows(page, watch, &mut encoder)?;
        encoder.flate.finish()?;
    }
    image.end(pdf)
}

/// Rows on their way through G4.
struct Bilevel<W>(G4<W>);

impl<W: Write> RowEncoder for Bilevel<W> {
    fn begin(&mut self, _: RowLayout, _: u32) -> Result<(), ExportError> {
        Ok(())
    }

    fn row(&mut self, row: &[u8]) -> Result<(), ExportError> {
        Ok(self.0.row(row)?)
    }
}

/// Rows on their way through Flate, each as its difference to the one above.
struct Predicted<W: Write> {
    flate: ZlibEncoder<W>,
    above: Vec<u8>,
    row: Vec<u8>,
}

impl<W: Write> RowEncoder for Predicted<W> {
    fn begin(&mut self, layout: RowLayout, _: u32) -> Result<(), ExportError> {
        self.above = vec![0; layout.stride];
        Ok(())
    }

    fn row(&mut self, row: &[u8]) -> Result<(), ExportError> {
        self.row.clear();
        self.row.push(UP);
        self.row.extend(row.iter().zip(&self.above).map(|(sample, above)| sample.wrapping_sub(*above)));
        self.above.copy_from_slice(row);
        Ok(self.flate.write_all(&self.row)?)
    }
}

/// An image object whose data is being written. Its length follows as an object of its own, because
/// it is not known before.
struct ImageStream {
    length: Ref,
    begin: u64,
}

impl ImageStream {
    fn begin(
        pdf: &mut PdfFile<'_>,
        object: Ref,
        facts: &PageFacts,
        samples: &Samples,
        filter: impl FnOnce(&mut Dict<'_>),
    ) -> Result<ImageStream, ExportError> {
        let length = pdf.reserve();
        let mut chunk = Chunk::new();
        let mut dict = chunk.indirect(object).dict();
        dict.pair(Name(b"Type"), Name(b"XObject"));
        dict.pair(Name(b"Subtype"), Name(b"Image"));
        dict.pair(Name(b"Width"), i32::try_from(facts.width).unwrap_or(i32::MAX));
        dict.pair(Name(b"Height"), i32::try_from(facts.height).unwrap_or(i32::MAX));
        dict.pair(Name(b"ColorSpace"), Name(samples.space));
        dict.pair(Name(b"BitsPerComponent"), samples.bits);
        dict.pair(Name(b"Length"), length);
        filter(&mut dict);
        dict.finish();
        pdf.begin_stream(object, &chunk)?;
        Ok(ImageStream { length, begin: pdf.out.position() })
    }

    fn end(self, pdf: &mut PdfFile<'_>) -> Result<(), ExportError> {
        let length = pdf.out.position() - self.begin;
        pdf.end_stream()?;
        pdf.begins(self.length);
        write!(pdf.out, "{} 0 obj\n{length}\nendobj\n\n", self.length.get())?;
        Ok(())
    }
}

/// Image data on its way into the file: the file's identity depends on it.
struct Seen<'a, 'b>(&'a mut PdfFile<'b>);

impl Write for Seen<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.0.out.write(bytes)?;
        self.0.seen(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.out.flush()
    }
}
