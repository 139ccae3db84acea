//! The queue between whoever runs transfers and whoever waits for them.
//!
//! One side puts completions in, the other waits for one, for a wake or for a limit. Waking is a
//! flag and a condition variable: no device, no library call, no lock that is held for longer than
//! it takes to look. This module knows nothing of libusb.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Completion, Wait};
use crate::clock::Waker;

/// Completions on their way to the port's owner. The number of armed transfers bounds its length.
#[derive(Debug, Default)]
pub(super) struct CompletionQueue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    ended: VecDeque<Completion>,
    woken: bool,
}

impl CompletionQueue {
    /// Hands over one ended transfer.
    pub(super) fn push(&self, completion: Completion) {
        self.lock().ended.push_back(completion);
        self.changed.notify_all();
    }

    /// Ends the wait under way, or the next one.
    fn wake(&self) {
        self.lock().woken = true;
        self.changed.notify_all();
    }

    /// Whether a wake is there that no wait has ended with yet.
    pub(super) fn is_woken(&self) -> bool {
        self.lock().woken
    }

    /// A waker for this queue.
    pub(super) fn waker(self: &Arc<Self>) -> Waker {
        let queue = Arc::clone(self);
        Waker::new(move || queue.wake())
    }

    /// The next wake, completion or the limit. A wake is answered first, because it is how a cancel
    /// gets through while data streams in; the completions stay for the next wait.
    pub(super) fn wait(&self, limit: Duration) -> Wait {
        let start = Instant::now();
        let mut state = self.lock();
        loop {
            if std::mem::take(&mut state.woken) {
                return Wait::Woken;
            }
            if let Some(completion) = state.ended.pop_front() {
                return Wait::Completed(completion);
            }
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Wait::TimedOut;
            }
            state = match self.changed.wait_timeout(state, left) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usb::{EndpointAddress, TransferTag};

    /// Long enough that a test which needs it has failed.
    const FAR: Duration = Duration::from_secs(60);

    fn completion(tag: u64) -> Completion {
        Completion {
            tag: TransferTag(tag),
            endpoint: EndpointAddress(0x81),
            data: vec![1, 2, 3],
            moved: 3,
            result: Ok(()),
        }
    }

    #[test]
    fn completions_come_out_in_the_order_they_went_in() {
        let queue = Arc::new(CompletionQueue::default());
        queue.push(completion(1));
        queue.push(completion(2));
        for expected in [1, 2] {
            match queue.wait(FAR) {
                Wait::Completed(found) => assert_eq!(found.tag, TransferTag(expected)),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(queue.wait(Duration::ZERO), Wait::TimedOut));
    }

    #[test]
    fn a_wake_comes_before_data_once_and_loses_none() {
        let queue = Arc::new(CompletionQueue::default());
        queue.push(completion(7));
        queue.waker().wake();
        queue.waker().wake();
        assert!(matches!(queue.wait(FAR), Wait::Woken));
        assert!(matches!(queue.wait(FAR), Wait::Completed(_)));
        assert!(matches!(queue.wait(Duration::ZERO), Wait::TimedOut));
    }

    #[test]
    fn a_wake_from_another_thread_ends_a_wait() {
        let queue = Arc::new(CompletionQueue::default());
        let waker = queue.waker();
        let other = std::thread::spawn(move || waker.wake());
        assert!(matches!(queue.wait(FAR), Wait::Woken));
        other.join().expect("the waking thread does not panic");
    }
}
