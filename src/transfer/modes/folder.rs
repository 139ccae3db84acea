//! Folder acquisition: every source of a device, one after the other, as one transfer (reference, part 12).

use std::sync::{Arc, Mutex, PoisonError};

use crate::minidriver::{AcquireEnd, ErrorHandler, PageInfo};

use super::super::application_items::ApplicationItems;
use super::super::broker::Broker;
use super::super::callback::{Answer, NextStream, Stop, TransferCallback, TransferMessage};
use super::super::latch::Canceller;
use super::super::outcome::{Outcome, outcome};

/// A walk over the leaves of a device's tree that has not begun yet.
pub struct FolderTransfer<'a> {
    items: &'a ApplicationItems,
    canceller: FolderCanceller,
}

/// Ends a walk, now or later, from any thread.
#[derive(Clone, Default)]
pub struct FolderCanceller(Arc<Mutex<Walk>>);

#[derive(Default)]
struct Walk {
    cancelled: bool,
    leaf: Option<Canceller>,
}

impl FolderCanceller {
    /// As [`Canceller::cancel`], for whichever leaf is under way.
    pub fn cancel(&self) {
        let leaf = {
            let mut walk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            walk.cancelled = true;
            walk.leaf.clone()
        };
        if let Some(leaf) = leaf {
            leaf.cancel();
        }
    }

    /// Whether the walk goes on with this leaf.
    fn enter(&self, leaf: Canceller) -> bool {
        let mut walk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        walk.leaf = Some(leaf);
        !walk.cancelled
    }
}

impl<'a> FolderTransfer<'a> {
    /// Over these items, with the properties that they have.
    pub fn new(items: &'a ApplicationItems) -> FolderTransfer<'a> {
        FolderTransfer { items, canceller: FolderCanceller::default() }
    }

    /// What ends it.
    pub fn canceller(&self) -> FolderCanceller {
        self.canceller.clone()
    }
}

impl Broker {
    /// Acquires every source that can be transferred, in the tree's order. A leaf that is left out
    /// (an answer of *skip*) does not end the walk; a cancel or a failure does, also as the answer to the end of
    /// a leaf's last stream while another leaf is left. END_OF_TRANSFER comes once, after the last leaf.
    ///
    /// # Errors
    /// See [`super::super::TransferError`]; the leaves before stay what they are.
    pub fn download_children(&self, walk: &FolderTransfer<'_>, callback: &mut dyn TransferCallback) -> Outcome {
        let mut end = Ok(AcquireEnd::Completed);
        let mut began = false;
        let mut stop = None;
        for transfer in walk.items.items().iter().filter_map(|item| self.prepare_item(item).ok()) {
            if stop.is_some() {
                end = outcome(stop, Ok(Ok(AcquireEnd::Completed)));
                break;
            }
            if !walk.canceller.enter(transfer.canceller()) {
                end = Ok(AcquireEnd::Cancelled);
                break;
            }
            let mut leaf = Leaf { application: &mut *callback, ended: false, stop: None };
            end = self.download(transfer, &mut leaf);
            began |= leaf.ended;
            stop = leaf.stop;
            if !matches!(end, Ok(AcquireEnd::Completed | AcquireEnd::EndOfMedia)) {
                break;
            }
        }
        if began {
            callback.message(&TransferMessage::EndOfTransfer);
        }
        end
    }
}

/// The application as one leaf sees it: the end of the leaf is not the end of the walk.
struct Leaf<'a> {
    application: &'a mut dyn TransferCallback,
    ended: bool,
    /// What the application's answer to the end of the leaf's last stream comes to. Acquire has returned by then, so
    /// it is too late for the leaf, but not for the walk.
    stop: Option<Stop>,
}

impl TransferCallback for Leaf<'_> {
    fn next_stream(&mut self, page: &PageInfo) -> NextStream {
        self.application.next_stream(page)
    }

    fn message(&mut self, message: &TransferMessage) -> Answer {
        match message {
            TransferMessage::EndOfTransfer => {
                self.ended = true;
                Answer::Continue
            }
            TransferMessage::EndOfStream { .. } => {
                let answer = self.application.message(message);
                self.stop = answer.stop();
                answer
            }
            other => self.application.message(other),
        }
    }

    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        self.application.error_handler()
    }

    fn waiting_for_device(&mut self) {
        self.application.waiting_for_device();
    }
}
