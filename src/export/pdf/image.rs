//! A page's picture as an image object.

use std::io::Write;

use pdf_writer::{Chunk, Dict, Finish, Name, Ref};

use crate::document::JpegPicture;
use crate::export::jpeg::copy_jpeg;
use crate::export::output::Watch;
use crate::export::{ExportError, OpenedPage};
use crate::raster::{PixelFormat, Samples};

use super::file::PdfFile;
use super::picture::{EncodedPicture, Filter};

/// PDF's number for *each row says its own predictor*.
const PNG_PREDICTOR: i32 = 15;

/// What a picture's samples are.
struct Kind {
    size: (u32, u32),
    space: &'static [u8],
    bits: i32,
}

/// Writes the bytes of the device, with at most the true height and an end marker put in (design, section 5); `false` when
/// PDF cannot hold them.
pub(super) fn write_jpeg(
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
    let facts = &page.shown.facts;
    let kind = Kind { size: (facts.width, facts.height), space, bits: 8 };
    let image = ImageStream::begin(pdf, object, &kind, |dict| {
        dict.pair(Name(b"Filter"), Name(b"DCTDecode"));
        if inverted {
            dict.insert(Name(b"Decode")).array().items([1, 0, 1, 0, 1, 0, 1, 0]);
        }
    })?;
    image.data(pdf, |mut data| copy_jpeg(page, jpeg, &mut data, watch))?;
    Ok(true)
}

/// Writes a picture that was encoded.
pub(super) fn write_encoded(
    pdf: &mut PdfFile<'_>,
    object: Ref,
    picture: EncodedPicture,
    watch: &mut Watch<'_, '_>,
) -> Result<(), ExportError> {
    let EncodedPicture { bytes, size, filter, .. } = picture;
    let (space, channels, bits): (&[u8], i32, i32) = match filter {
        Filter::Fax => (b"DeviceGray", 1, 1),
        Filter::Jpeg(Samples::Gray) => (b"DeviceGray", 1, 8),
        Filter::Jpeg(Samples::Rgb) => (b"DeviceRGB", 3, 8),
        Filter::Flate(PixelFormat::Bw1) => (b"DeviceGray", 1, 1),
        Filter::Flate(PixelFormat::Gray8) => (b"DeviceGray", 1, 8),
        Filter::Flate(PixelFormat::Gray16) => (b"DeviceGray", 1, 16),
        Filter::Flate(PixelFormat::Rgb8) => (b"DeviceRGB", 3, 8),
        Filter::Flate(PixelFormat::Rgb16) => (b"DeviceRGB", 3, 16),
        Filter::Flate(PixelFormat::Cmyk8) => (b"DeviceCMYK", 4, 8),
    };
    let (columns, rows) = (whole(size.0), whole(size.1));
    let image = ImageStream::begin(pdf, object, &Kind { size, space, bits }, |dict| match filter {
        Filter::Jpeg(_) => {
            dict.pair(Name(b"Filter"), Name(b"DCTDecode"));
        }
        Filter::Fax => {
            dict.pair(Name(b"Filter"), Name(b"CCITTFaxDecode"));
            let mut parameters = dict.insert(Name(b"DecodeParms")).dict();
            parameters.pair(Name(b"K"), -1);
            parameters.pair(Name(b"Columns"), columns);
            parameters.pair(Name(b"Rows"), rows);
        }
        Filter::Flate(_) => {
            dict.pair(Name(b"Filter"), Name(b"FlateDecode"));
            let mut parameters = dict.insert(Name(b"DecodeParms")).dict();
            parameters.pair(Name(b"Predictor"), PNG_PREDICTOR);
            parameters.pair(Name(b"Colors"), channels);
            parameters.pair(Name(b"BitsPerComponent"), bits);
            parameters.pair(Name(b"Columns"), columns);
        }
    })?;
    image.data(pdf, |mut data| bytes.copy_to(&mut data, watch))
}

fn whole(pixels: u32) -> i32 {
    i32::try_from(pixels).unwrap_or(i32::MAX)
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
        kind: &Kind,
        filter: impl FnOnce(&mut Dict<'_>),
    ) -> Result<ImageStream, ExportError> {
        let length = pdf.reserve();
        let mut chunk = Chunk::new();
        let mut dict = chunk.indirect(object).dict();
        dict.pair(Name(b"Type"), Name(b"XObject"));
        dict.pair(Name(b"Subtype"), Name(b"Image"));
        dict.pair(Name(b"Width"), whole(kind.size.0));
        dict.pair(Name(b"Height"), whole(kind.size.1));
        dict.pair(Name(b"ColorSpace"), Name(kind.space));
        dict.pair(Name(b"BitsPerComponent"), kind.bits);
        dict.pair(Name(b"Length"), length);
        filter(&mut dict);
        dict.finish();
        pdf.begin_stream(object, &chunk)?;
        Ok(ImageStream { length, begin: pdf.out.position() })
    }

    fn data(
        self,
        pdf: &mut PdfFile<'_>,
        write: impl FnOnce(&mut dyn Write) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        match pdf.sealing()? {
            None => write(&mut Seen(pdf))?,
            Some(sealing) => {
                let mut sealed = sealing.onto(Seen(pdf))?;
                write(&mut sealed)?;
                sealed.finish()?;
            }
        }
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
