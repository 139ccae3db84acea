//! Passing a document on to somebody who reads along, as standard output does.

use std::cell::Cell;
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::Path;

use super::output::{Watch, copy};
use super::part::{WRITE_BUFFER, scratch};
use super::ready::{OnePageFormat, each_ready};
use super::spill::Scratch;
use super::{
    ExportDocument, ExportError, FileFormat, OnProgress, SaveOptions, SaveProgress, Written, jpeg, pdf, png, tiff,
};

/// The name of what must be whole first, where it needs one for a moment.
const SCRATCH: &str = "passed-on";

/// Passes a document on, as it is made. Pages that are encoded, and TIFF, whose beginning is known last, are first
/// written to a file without a name in `folder`; whatever happens, nothing of it stays. PNG and JPEG take a
/// document of one page.
///
/// # Errors
/// [`ExportError`]; what was passed on then is no whole file.
pub fn send(
    document: &ExportDocument,
    options: &SaveOptions,
    to: &mut dyn Write,
    folder: &Path,
    on_progress: &mut OnProgress<'_>,
) -> Result<Written, ExportError> {
    options.check(document)?;
    let cancelled = Cell::new(false);
    let on_progress = &mut |progress: SaveProgress| {
        let flow = on_progress(progress);
        cancelled.set(cancelled.get() || flow.is_break());
        flow
    };
    let mut reader = Reader { sink: to, cancelled: &cancelled, failure: None };
    let mut buffer = BufWriter::with_capacity(WRITE_BUFFER, &mut reader);
    let mut watch = Watch::new(document.pages.len(), on_progress);
    let written = match options.format {
        FileFormat::Pdf => pdf::write(document, options, Scratch::at(folder), &mut buffer, &mut watch),
        FileFormat::Tiff => send_tiff(document, options, &mut buffer, folder, &mut watch),
        FileFormat::Png => send_page(document, options, &png::ONE_PAGE, &mut buffer, folder, &mut watch),
        FileFormat::Jpeg => send_page(document, options, &jpeg::ONE_PAGE, &mut buffer, folder, &mut watch),
    };
    let written = written.and_then(|written| Ok(buffer.flush().map(|()| written)?));
    // What was gathered before a failure or a cancel is not passed on.
    let _ = buffer.into_parts();
    match reader.failure {
        Some(kind) if written.is_err() => Err(ExportError::NotTaken(kind)),
        _ => written.map_err(|error| document.why_nothing(error)),
    }
}

fn send_tiff(
    document: &ExportDocument,
    options: &SaveOptions,
    to: &mut impl Write,
    folder: &Path,
    watch: &mut Watch<'_, '_>,
) -> Result<Written, ExportError> {
    let mut whole = scratch(folder, SCRATCH)?;
    let mut sink = BufWriter::with_capacity(WRITE_BUFFER, &whole);
    let written = tiff::write(document, options, Scratch::at(folder), &mut sink, watch)
        .and_then(|written| Ok(sink.flush().map(|()| written)?));
    let _ = sink.into_parts();
    let written = written.map_err(|error| match error {
        ExportError::Full => ExportError::ScratchFull(folder.to_path_buf()),
        other => other,
    })?;
    whole.rewind()?;
    tiff::check(&whole, written.pages)?;
    whole.rewind()?;
    copy(&mut BufReader::with_capacity(WRITE_BUFFER, &whole), to, watch, |_| None)?;
    Ok(written)
}

fn send_page(
    document: &ExportDocument,
    options: &SaveOptions,
    format: &OnePageFormat,
    to: &mut dyn Write,
    folder: &Path,
    watch: &mut Watch<'_, '_>,
) -> Result<Written, ExportError> {
    match document.pages.len() {
        0 => return Err(ExportError::NoPages),
        1 => {}
        _ => return Err(ExportError::SeveralPages),
    }
    let mut written = Written::default();
    each_ready(document, options, format, Scratch::at(folder), watch, |_, ready, watch| {
        let ready = ready.ok_or(ExportError::NoPages)?;
        written.has(ready.shown(), ready.is_encoded_anew(format));
        (format.put)(ready, to, watch)
    })?;
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
