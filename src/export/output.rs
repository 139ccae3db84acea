//! Where an export writes: counts bytes and lets a cancel through.

use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use super::{ExportError, OnProgress, SaveProgress};

/// Bytes copied between two looks at the cancel.
const PIECE: usize = 256 << 10;

/// A sink that knows its position.
pub(super) struct Output<'a> {
    sink: &'a mut dyn Write,
    position: u64,
}

impl<'a> Output<'a> {
    pub(super) fn new(sink: &'a mut dyn Write) -> Output<'a> {
        Output { sink, position: 0 }
    }

    /// Bytes written so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.sink.write(bytes)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

/// Tells how far it is and hears of a cancel.
pub(super) struct Watch<'a, 'b> {
    on_progress: &'a mut OnProgress<'b>,
    at: SaveProgress,
}

impl<'a, 'b> Watch<'a, 'b> {
    pub(super) fn new(pages: usize, on_progress: &'a mut OnProgress<'b>) -> Watch<'a, 'b> {
        Watch { on_progress, at: SaveProgress { done: 0, pages: u32::try_from(pages).unwrap_or(u32::MAX) } }
    }

    /// To be called at least once per piece of work.
    pub(super) fn look(&mut self) -> Result<(), ExportError> {
        match (self.on_progress)(self.at) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ExportError::Cancelled),
        }
    }

    pub(super) fn page_done(&mut self) -> Result<(), ExportError> {
        self.at.done += 1;
        self.look()
    }
}

/// Copies exactly this many bytes; says how many there were.
pub(super) fn copy(
    from: &mut impl Read,
    to: &mut impl Write,
    length: u64,
    watch: &mut Watch<'_, '_>,
    mut seen: impl FnMut(&mut [u8], u64),
) -> Result<u64, ExportError> {
    let mut piece = vec![0; PIECE];
    let mut copied = 0;
    while copied < length {
        let wanted = usize::try_from(length - copied).map_or(PIECE, |left| left.min(PIECE));
        let read = from.read(&mut piece[..wanted])?;
        if read == 0 {
            break;
        }
        seen(&mut piece[..read], copied);
        to.write_all(&piece[..read])?;
        copied += read as u64;
        watch.look()?;
    }
    Ok(copied)
}
