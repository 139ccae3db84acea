//! Where an export writes: counts bytes and lets a cancel through.

use std::io::{self, BufRead, Write};
use std::ops::{ControlFlow, Range};

use super::{ExportError, OnProgress, SaveProgress};

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

    /// All is done once more.
    pub(super) fn begin_again(&mut self) {
        self.at.done = 0;
    }

    pub(super) fn page_done(&mut self) -> Result<(), ExportError> {
        self.at.done += 1;
        self.look()
    }
}

/// Copies a page's bytes. `change` says which two bytes are to be put in where, if they lie, all or
/// half, in this part of the page; all other pieces go through without being copied.
pub(super) fn copy(
    from: &mut impl BufRead,
    to: &mut impl Write,
    watch: &mut Watch<'_, '_>,
    change: impl Fn(Range<u64>) -> Option<(u64, [u8; 2])>,
) -> Result<(), ExportError> {
    let mut at = 0;
    loop {
        let piece = from.fill_buf()?;
        let length = piece.len();
        if length == 0 {
            return Ok(());
        }
        let range = at..at + length as u64;
        match change(range.clone()) {
            None => to.write_all(piece)?,
            Some((offset, bytes)) => {
                let mut changed = piece.to_vec();
                for (place, byte) in (offset..).zip(bytes).filter(|(place, _)| range.contains(place)) {
                    changed[(place - range.start) as usize] = byte;
                }
                to.write_all(&changed)?;
            }
        }
        from.consume(length);
        at = range.end;
        watch.look()?;
    }
}
