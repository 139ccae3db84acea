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
pub fn interrupts() -> std::io::Result<Receiver<()>> {
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
