//! Ctrl+C, SIGTERM and a terminal that is closed, as messages.

use std::thread;

use crossbeam_channel::{Receiver, bounded};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Interrupts that may wait to be looked at; more say nothing new.
const WAITING: usize = 4;

/// A channel that gets a message for each Ctrl+C or SIGTERM from now on.
///
/// # Errors
/// When the system refuses to register the handlers.
pub(super) fn interrupts() -> std::io::Result<Receiver<()>> {
    let (sender, receiver) = bounded(WAITING);
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::Builder::new().name("interrupts".to_owned()).spawn(move || {
        for _ in signals.forever() {
            // A full channel holds the same news already.
            let _ = sender.try_send(());
        }
    })?;
    Ok(receiver)
}

/// Calls this at each Ctrl+C or SIGTERM from now on. The channel gets a message for each but the first: somebody is
/// in a hurry.
///
/// # Errors
/// When the system refuses to register the handlers, or has no thread to give.
pub fn on_interrupt(interrupted: impl Fn() + Send + 'static) -> std::io::Result<Receiver<()>> {
    let interrupts = interrupts()?;
    let (sender, hurry) = bounded(1);
    thread::Builder::new().name("close".to_owned()).spawn(move || {
        for (nth, ()) in interrupts.into_iter().enumerate() {
            interrupted();
            if nth > 0 {
                // A full channel holds the same news already.
                let _ = sender.try_send(());
            }
        }
    })?;
    Ok(hurry)
}
