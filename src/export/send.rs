//! Passing a document on to somebody who reads along, as standard output does.

use std::cell::Cell;
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::Path;

use super::output::{Watch, copy};
use super::part::{Part, WRITE_BUFFER};
use super::{
    ExportDocument, ExportError, FileFormat, OnProgress, OnePageFormat, OpenedPage, SaveProgress, Written, jpeg, pdf,
    png, tiff,
};

/// The name of what must be whole first, for as long as it has one.
const SCRATCH: &str = "passed-on";

/// Passes a document on, as it is made. TIFF, whose beginning is known last, is first written to a file
/// without a name in `folder`; whatever happens, nothing of it stays. PNG and JPEG take a document of
/// one page.
///
/// # Errors
/// [`ExportError`]; what was passed on then is no whole file.
pub fn send(
    document: &ExportDocument,
    format: FileFormat,
    to: &mut dyn Write,
    folder: &Path,
    on_progress: &mut OnProgress<'_>,
) -> Result<Written, ExportError> {
    let cancelled = Cell::new(false);
    let on_progress = &mut |progress: SaveProgress| {
        let flow = on_progress(progress);
        cancelled.set(cancelled.get() || flow.is_break());
        flow
    };
    let mut reader = Reader { sink: to, cancelled: &cancelled, failure: None };
    let mut buffer = BufWriter::with_capacity(WRITE_BUFFER, &mut reader);
    let written = match format {
        FileFormat::Pdf => pdf::write(document, &mut buffer, on_progress),
        FileFormat::Tiff => send_tiff(document, &mut buffer, folder, on_progress),
        FileFormat::Png => send_page(document, &png::ONE_PAGE, &mut buffer, on_progress),
        FileFormat::Jpeg => send_page(document, &jpeg::ONE_PAGE, &mut buffer, on_progress),
    };
    let written = written.and_then(|written| Ok(buffer.flush().map(|()| written)?));
    // What was gathered before a failure or a cancel is not passed on.
    let _ = buffer.into_parts();
    match reader.failure {
        Some(kind) if written.is_err() => Err(ExportError::NotTaken(kind)),
        _ => written,
    }
}

fn send_tiff(
    document: &ExportDocument,
    to: &mut impl Write,
    folder: &Path,
    on_progress: &mut OnProgress<'_>,
) -> Result<Written, ExportError> {
    let mut watch = Watch::new(document.pages.len(), on_progress);
    let mut whole = Part::scratch(&folder.join(SCRATCH))?.unnamed()?;
    let mut sink = BufWriter::with_capacity(WRITE_BUFFER, &whole);
    let written =
        tiff::write(document, &mut sink, &mut watch).and_then(|written| Ok(sink.flush().map(|()| written)?));
    let _ = sink.into_parts();
    let written = written.map_err(|error| match error {
        ExportError::Full => ExportError::ScratchFull(folder.to_path_buf()),
        other => other,
    })?;
    whole.rewind()?;
    tiff::check(&whole, written.pages)?;
    whole.rewind()?;
    copy(&mut BufReader::with_capacity(WRITE_BUFFER, &whole), to, &mut watch, |_| None)?;
    Ok(written)
}

fn send_page(
    document: &ExportDocument,
    format: &OnePageFormat,
    to: &mut dyn Write,
    on_progress: &mut OnProgress<'_>,
) -> Result<Written, ExportError> {
    let page = match &document.pages[..] {
        [] => return Err(ExportError::NoPages),
        [only] => OpenedPage::open(document, only)?,
        _ => return Err(ExportError::SeveralPages),
    };
    if page.is_empty() {
        return Err(ExportError::NoPages);
    }
    let mut watch = Watch::new(1, on_progress);
    (format.write)(&page, to, &mut watch)?;
    let mut written = Written::default();
    written.note(&page, true);
    Ok(written)
}

/// Whoever reads along; remembers that it was they who failed, and not a page that could not be read.
/// After a cancel they get nothing more, also not the end that an encoder writes when it is dropped.
struct Reader<'a> {
    sink: &'a mut dyn Write,
    cancelled: &'a Cell<bool>,
    failure: Option<io::ErrorKind>,
}

impl Write for Reader<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.cancelled.get() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        self.sink.write(bytes).inspect_err(|error| self.note(error.kind()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush().inspect_err(|error| self.note(error.kind()))
    }
}

impl Reader<'_> {
    fn note(&mut self, kind: io::ErrorKind) {
        // An interrupted write is simply made again.
        if kind != io::ErrorKind::Interrupted {
            self.failure = Some(kind);
        }
    }
}
