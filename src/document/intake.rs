//! Taking a page in: its bytes go into its file, and what is true of it is learned on the way.

use std::io::SeekFrom;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::minidriver::{PageStream, StreamError};

use super::facts::PassingBytes;
use super::page_file::{OpenPage, PageFileStream};
use super::{PageFacts, PageFileError};

/// A page that is arriving. The driver has its stream.
#[derive(Clone, Debug)]
pub struct PageIntake {
    page: OpenPage,
    seen: Arc<Mutex<PassingBytes>>,
}

impl PageIntake {
    /// Watches a page from its first byte.
    pub fn new(page: OpenPage) -> PageIntake {
        let seen = PassingBytes::of(page.head().clone());
        PageIntake { page, seen: Arc::new(Mutex::new(seen)) }
    }

    /// A stream at the start of the page.
    pub fn stream(&self) -> impl PageStream + use<> {
        WatchedStream { stream: self.page.stream(), seen: self.seen.clone(), position: 0 }
    }

    /// Ends the page, see [`OpenPage::end`]; says what is true of it. `None` when its bytes have to be
    /// looked at again ([`PageFacts::of`]).
    ///
    /// # Errors
    /// As there; only its file can say then what is true of the page.
    pub fn end(&self, complete: bool, rows: Option<u32>) -> Result<Option<PageFacts>, PageFileError> {
        self.page.end(complete, rows)?;
        let facts = lock(&self.seen).end(complete, rows);
        Ok(facts.map(|facts| PageFacts { mark: self.page.mark(), ..facts }))
    }
}

struct WatchedStream {
    stream: PageFileStream,
    seen: Arc<Mutex<PassingBytes>>,
    position: u64,
}

impl WatchedStream {
    /// Passes on what the stream said; after a failure nobody but the file knows what it kept.
    fn unless_it_failed<T>(&self, result: Result<T, StreamError>) -> Result<T, StreamError> {
        result.inspect_err(|_| lock(&self.seen).lose())
    }
}

impl PageStream for WatchedStream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        let written = self.stream.write(bytes);
        let written = self.unless_it_failed(written)?;
        lock(&self.seen).wrote(self.position, &bytes[..written.min(bytes.len())]);
        self.position += written as u64;
        Ok(written)
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, StreamError> {
        self.position = self.stream.seek(to)?;
        Ok(self.position)
    }

    fn set_len(&mut self, length: u64) -> Result<(), StreamError> {
        lock(&self.seen).lose();
        self.stream.set_len(length)
    }
}

fn lock(seen: &Mutex<PassingBytes>) -> MutexGuard<'_, PassingBytes> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
