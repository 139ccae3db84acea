//! The preview thread: follows the file of the page under way and decodes its rows for the window.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::clock::Waker;
use crate::document::PageTail;
use crate::minidriver::PageInfo;
use crate::raster::{DecodeOptions, Encoding, PictureInfo, PreviewSink, RowSink, decode};

use super::live_page::{LIVE_PICTURE_SIDE, LivePage};
use super::progress::Counters;

/// A page that begins.
pub(super) struct PageToShow {
    /// What was known of it before its first byte.
    pub(super) info: PageInfo,
    /// How its bytes are to be read.
    pub(super) encoding: Encoding,
    /// Its bytes as they come.
    pub(super) tail: PageTail,
    /// Where its picture grows.
    pub(super) live: Arc<LivePage>,
    /// Where its rows are counted.
    pub(super) counters: Arc<Counters>,
}

/// Pages that may wait for the preview; the scanner never does.
const WAITING: usize = 2;

/// Starts the thread; it ends when nobody sends pages any more.
///
/// # Errors
/// When the system has no thread to give.
pub(super) fn start(changed: Waker) -> std::io::Result<Sender<PageToShow>> {
    let (pages, received): (Sender<PageToShow>, Receiver<PageToShow>) = bounded(WAITING);
    thread::Builder::new().name("preview".to_owned()).spawn(move || {
        for page in received {
            show(page, &changed);
        }
    })?;
    Ok(pages)
}

/// Decodes one page to its end, or as far as its bytes make sense. Pixels that were received are
/// shown; the page file has every byte in any case.
fn show(page: PageToShow, changed: &Waker) {
    let PageToShow { info, encoding, tail, live, counters } = page;
    let options = DecodeOptions { expected_rows: Some(info.likely_rows()), enough: Some(LIVE_PICTURE_SIDE) };
    let size = |picture: &PictureInfo| Some(live.restart(picture.width, picture.height.max(1)));
    let rows = |rgba: &[u8]| {
        live.push_rows(rgba);
        changed.wake();
        ControlFlow::Continue(())
    };
    let mut sink = CountedRows { picture: PreviewSink::new(size, rows), counters: &counters, seen: 0, scale: (1, 1) };
    let decoded = decode(tail, encoding, &options, &mut sink);
    sink.picture.finish();
    match decoded {
        Ok(decoded) => counters.rows.store(decoded.rows, Ordering::Relaxed),
        Err(error) => tracing::info!(%error, "the page under way cannot be shown further"),
    }
}

/// Counts rows of the page itself while a reduced picture of it is decoded.
struct CountedRows<'a, Size, Rows> {
    picture: PreviewSink<Size, Rows>,
    counters: &'a Counters,
    seen: u64,
    /// Rows of the page, and rows that are delivered for them.
    scale: (u64, u64),
}

impl<Size, Rows> RowSink for CountedRows<'_, Size, Rows>
where
    Size: FnMut(&PictureInfo) -> Option<(u32, u32)>,
    Rows: FnMut(&[u8]) -> ControlFlow<()>,
{
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        self.scale = (u64::from(picture.height), u64::from(picture.rows.max(1)));
        self.picture.begin(picture)
    }

    fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
        self.seen += 1;
        let rows = self.seen * self.scale.0 / self.scale.1;
        self.counters.rows.store(rows.min(u64::from(u32::MAX)) as u32, Ordering::Relaxed);
        self.picture.row(row)
    }
}
