//! The preview thread: follows the file of the page under way and decodes its rows for the window.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::clock::Waker;
use crate::document::PageTail;
use crate::minidriver::PageInfo;

use super::live_page::LivePage;
use super::progress::Counters;

/// A page that begins.
pub(super) struct PageToShow {
    /// What was known of it before its first byte.
    pub(super) info: PageInfo,
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

fn show(_page: PageToShow, changed: &Waker) {
    changed.wake();
}
