//! A page's picture as an image object.

use std::io::Write;

use pdf_writer::{Chunk, Dict, Finish, Name, Ref};

use crate::document::{JpegPicture, PageFacts, PageFile, PictureFacts};
use crate::export::ExportError;
use crate::export::jpeg::copy_jpeg;
use crate::export::output::Watch;

use super::file::PdfFile;

/// Writes the image object; `false` when there is nothing that PDF can hold.
pub(super) fn write(
    pdf: &mut PdfFile<'_>,
    object: Ref,
    file: &PageFile,
    facts: &PageFacts,
    watch: &mut Watch<'_, '_>,
) -> Result<bool, ExportError> {
    match &facts.picture {
        PictureFacts::Jpeg(jpeg) => write_jpeg(pdf, object, file, facts, jpeg, watch),
        _ => Err(ExportError::NotPossible(file.head().page)),
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
    file: &PageFile,
    facts: &PageFacts,
    jpeg: &JpegPicture,
    watch: &mut Watch<'_, '_>,
) -> Result<bool, ExportError> {
    let Some(frame) = jpeg.facts.frame.filter(|frame| frame.precision == 8) else { return Ok(false) };
    let space: &[u8] = match frame.components {
        1 => b"DeviceGray",
        3 => b"DeviceRGB",
        4 => b"DeviceCMYK",
        _ => return Ok(false),
    };
    let inverted = frame.components == 4 && jpeg.facts.adobe_transform.is_some();
    let image = ImageStream::begin(pdf, object, facts, &Samples { space, bits: 8 }, |dict| {
        dict.pair(Name(b"Filter"), Name(b"DCTDecode"));
        if inverted {
            dict.insert(Name(b"Decode")).array().items([1, 0, 1, 0, 1, 0, 1, 0]);
        }
    })?;
    copy_jpeg(file, facts, jpeg, &mut Seen(pdf), watch)?;
    image.end(pdf)?;
    Ok(true)
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
