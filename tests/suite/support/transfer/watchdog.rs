//! A limit for what must not hang.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Long for anything that is not stuck, also on a machine with other work.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs this on a thread of its own and fails when it does not come back; nothing sleeps.
#[track_caller]
pub fn without_deadlock<T: Send + 'static>(case: &str, body: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, is_done) = channel();
    let thread = std::thread::spawn(move || {
        let _ = done.send(body());
    });
    match is_done.recv_timeout(LIMIT) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => panic!("{case}: not done after {LIMIT:?}"),
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => unreachable!("it sends before it ends"),
        },
    }
}
