//! The session's handle: what windows and command lines hold.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::clock::Waker;

use super::pictures::Pictures;
use super::{Command, Event, Snapshot};

/// How a session is to run.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// Where documents are kept.
    pub data_dir: PathBuf,
    /// Called after every change of the snapshot or of a picture: a window asks for a frame here.
    pub changed: Waker,
}

/// A running session. Dropping it ends the job under way as a cancel does and waits for it.
pub struct Session {
    snapshot: Arc<std::sync::Mutex<Arc<Snapshot>>>,
}

impl Session {
    /// Starts the session's threads.
    pub fn start(_options: SessionOptions) -> Session {
        Session { snapshot: Arc::default() }
    }

    /// Sends a wish down the channel. Never blocks.
    pub fn send(&self, _command: Command) {}

    /// Ends the job under way, at once and from any thread (cancel-I/O). Nothing happens when no job runs.
    pub fn stop(&self) {}

    /// The truth, as it is now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// What happened, in order.
    pub fn events(&self) -> &Receiver<Event> {
        unimplemented!("the session's threads come next")
    }

    /// Pictures of pages.
    pub fn pictures(&self) -> &Pictures {
        unimplemented!("the session's threads come next")
    }
}
