//! What the window needs of the application behind it.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::session::pictures::Pictures;
use crate::session::{Command, Event, Session, Snapshot};

/// The application behind the window: a [`Session`], or a test that moves snapshots by hand.
/// No call may block.
pub trait Backend {
    /// The truth, as it is now.
    fn snapshot(&self) -> Arc<Snapshot>;
    /// Sends a wish.
    fn send(&self, command: Command);
    /// Ends the job under way, at once.
    fn stop(&self);
    /// What happened, in order.
    fn events(&self) -> &Receiver<Event>;
    /// Pictures of finished pages.
    fn pictures(&self) -> &Pictures;
}

impl Backend for Session {
    fn snapshot(&self) -> Arc<Snapshot> {
        Session::snapshot(self)
    }

    fn send(&self, command: Command) {
        if !Session::send(self, command) {
            tracing::warn!("the session is too busy for another wish");
        }
    }

    fn stop(&self) {
        Session::stop(self);
    }

    fn events(&self) -> &Receiver<Event> {
        Session::events(self)
    }

    fn pictures(&self) -> &Pictures {
        Session::pictures(self)
    }
}

impl<B: Backend + ?Sized> Backend for Arc<B> {
    fn snapshot(&self) -> Arc<Snapshot> {
        (**self).snapshot()
    }

    fn send(&self, command: Command) {
        (**self).send(command);
    }

    fn stop(&self) {
        (**self).stop();
    }

    fn events(&self) -> &Receiver<Event> {
        (**self).events()
    }

    fn pictures(&self) -> &Pictures {
        (**self).pictures()
    }
}
