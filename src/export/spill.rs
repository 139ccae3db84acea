//! Encoded bytes that wait for their turn: a few megabytes in memory, the rest in a file without a name.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::ExportError;
use super::output::Watch;
use super::part::{WRITE_BUFFER, scratch};

/// Bytes that are held in memory. A page encoded for a document that is read on a screen has less.
const HELD: usize = 4 << 20;
/// The name of what does not fit into memory, where it needs one for a moment.
const NAME: &str = "page-being-saved";

/// A folder for what does not fit into memory.
#[derive(Clone, Copy)]
pub(super) struct Scratch<'a> {
    /// `None`: bytes are counted and not kept.
    folder: Option<&'a Path>,
    /// Whether it is another one than the target's, and has to be named when it is full.
    elsewhere: bool,
}

impl<'a> Scratch<'a> {
    /// Nothing is kept; for whoever wants to know how much it would be.
    pub(super) const NOWHERE: Scratch<'static> = Scratch { folder: None, elsewhere: false };

    /// The folder that the target is in.
    pub(super) fn beside(target: &'a Path) -> Scratch<'a> {
        Scratch { folder: Some(super::target::folder_of(target)), elsewhere: false }
    }

    /// Another folder.
    pub(super) fn at(folder: &'a Path) -> Scratch<'a> {
        Scratch { folder: Some(folder), elsewhere: true }
    }

    fn failed(&self, error: ExportError) -> ExportError {
        match (error, self.folder) {
            (ExportError::Full, Some(folder)) if self.elsewhere => ExportError::ScratchFull(folder.to_path_buf()),
            (other, _) => other,
        }
    }
}

/// Takes the bytes of an encoder. Writing never fails, since encoders lose the reason or unwind: that it did is told by
/// [`Spill::whole`].
pub(super) struct Spill<'a> {
    scratch: Scratch<'a>,
    held: Vec<u8>,
    file: Option<File>,
    length: u64,
    failed: Option<ExportError>,
}

impl<'a> Spill<'a> {
    pub(super) fn new(scratch: Scratch<'a>) -> Spill<'a> {
        Spill { scratch, held: Vec::new(), file: None, length: 0, failed: None }
    }

    /// The folder for what does not fit into memory.
    pub(super) fn scratch(&self) -> Scratch<'a> {
        self.scratch
    }

    /// Bytes so far.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The same when all of it is there.
    pub(super) fn whole(mut self) -> Result<Spilled, ExportError> {
        self.put_down().map_err(|error| self.scratch.failed(error))?;
        Ok(Spilled { held: self.held, file: self.file })
    }

    /// Brings the last bytes behind those that are in the file.
    fn put_down(&mut self) -> Result<(), ExportError> {
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        if let Some(file) = &mut self.file {
            file.write_all(&self.held)?;
            self.held.clear();
            file.rewind()?;
        }
        Ok(())
    }

    fn make_room(&mut self, folder: &Path) -> Result<(), ExportError> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(scratch(folder, NAME)?),
        };
        file.write_all(&self.held)?;
        // What was held to begin with is not needed any more.
        self.held = Vec::with_capacity(WRITE_BUFFER);
        Ok(())
    }
}

impl Write for Spill<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.length += bytes.len() as u64;
        if let (None, Some(folder)) = (&self.failed, self.scratch.folder) {
            self.held.extend_from_slice(bytes);
            // Once there is a file, small pieces go there.
            let most = if self.file.is_some() { WRITE_BUFFER } else { HELD };
            if self.held.len() > most
                && let Err(error) = self.make_room(folder)
            {
                self.held = Vec::new();
                self.failed = Some(error);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes that are all there, to be read once in order, or anywhere.
pub(super) struct Spilled {
    held: Vec<u8>,
    file: Option<File>,
}

impl Spilled {
    /// Writes them somewhere. A cancel before the last piece leaves that out.
    pub(super) fn copy_to(self, to: &mut impl Write, watch: &mut Watch<'_, '_>) -> Result<(), ExportError> {
        let mut bytes = self.reader();
        let mut piece = Vec::new();
        loop {
            piece.clear();
            (&mut *bytes).take(PIECE).read_to_end(&mut piece)?;
            if piece.is_empty() {
                return Ok(());
            }
            watch.look()?;
            to.write_all(&piece)?;
        }
    }

    /// Fills the buffer with what lies at this place; there must be as much.
    pub(super) fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        if let Some(file) = &self.file {
            return file.read_exact_at(buffer, at);
        }
        let from = usize::try_from(at).ok().and_then(|at| self.held.get(at..)?.get(..buffer.len()));
        buffer.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    /// To be read in pieces.
    pub(super) fn reader(self) -> Box<dyn Read> {
        match self.file {
            None => Box::new(Cursor::new(self.held)),
            Some(file) => Box::new(BufReader::with_capacity(WRITE_BUFFER, file)),
        }
    }
}

/// Bytes between two looks at the cancel.
const PIECE: u64 = 256 << 10;

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    #[test]
    fn bytes_come_back_from_memory_and_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 1000, HELD, HELD + 1, 3 * HELD + 77] {
            let bytes: Vec<u8> = (0..length).map(|at| ((at * 31) >> 3) as u8).collect();
            let mut spill = Spill::new(Scratch::at(folder.path()));
            bytes.chunks(5003).for_each(|piece| spill.write_all(piece).unwrap());
            assert_eq!(spill.length(), length as u64);
            assert_eq!(spill.file.is_some(), length > HELD);
            let mut out = Vec::new();
            let mut go_on = |_| ControlFlow::Continue(());
            spill.whole().unwrap().copy_to(&mut out, &mut Watch::new(1, &mut go_on)).unwrap();
            assert!(out == bytes);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no name is left");
        }
    }

    #[test]
    fn a_folder_that_takes_nothing_fails_the_whole_and_no_write() {
        let mut spill = Spill::new(Scratch::at(Path::new("/proc")));
        spill.write_all(&vec![0; HELD + 1]).unwrap();
        spill.write_all(&[1, 2, 3]).unwrap();
        assert!(spill.whole().is_err());
    }
}
