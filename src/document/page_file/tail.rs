//! Following a page file that another thread writes.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::content::{Content, unpack};
use super::frame::{ChunkWalk, Next};

/// A follower that waits looks this often whether it is still wanted. It is woken when the file
/// grows; the limit only keeps every wait bounded.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How far a page file has come, shared by the thread that writes and those that follow.
#[derive(Debug)]
pub(super) struct Growth {
    file: Arc<File>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    file_len: u64,
    ended: bool,
}

impl Growth {
    pub(super) fn start(file: Arc<File>) -> Arc<Growth> {
        Arc::new(Growth { file, state: Mutex::default(), changed: Condvar::new() })
    }

    pub(super) fn grew(&self, file_len: u64) {
        self.lock().file_len = file_len;
        self.changed.notify_all();
    }

    pub(super) fn ended(&self, file_len: u64) {
        *self.lock() = State { file_len, ended: true };
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the file is longer than `seen` or has ended, at most until the limit.
    fn wait_beyond(&self, seen: u64) -> State {
        let state = self.lock();
        if state.file_len > seen || state.ended {
            return *state;
        }
        match self.changed.wait_timeout(state, LOOK_AGAIN) {
            Ok((state, _)) => *state,
            Err(poisoned) => *poisoned.into_inner().0,
        }
    }
}

/// Reads the bytes of a page in the order in which they are appended, waiting for them. The end comes
/// when the page has ended, its writer is gone, or somebody stopped it. Bytes that are patched after
/// they were handed out are not seen: a page whose stream was moved is read again when it is finished.
pub struct PageTail {
    growth: Arc<Growth>,
    walk: Option<ChunkWalk>,
    ready: Vec<u8>,
    taken: usize,
    stop: TailStop,
}

/// Ends a [`PageTail`] from another thread.
#[derive(Clone, Debug, Default)]
pub struct TailStop(Arc<Stopped>);

#[derive(Debug, Default)]
struct Stopped {
    stopped: AtomicBool,
    growth: Mutex<Option<Arc<Growth>>>,
}

impl TailStop {
    /// The follower's next read is its end; one that waits is woken.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Release);
        if let Some(growth) = &*self.0.growth.lock().unwrap_or_else(PoisonError::into_inner) {
            // Taking the lock makes sure that nobody is between looking and waiting.
            drop(growth.lock());
            growth.changed.notify_all();
        }
    }

    fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Acquire)
    }
}

impl PageTail {
    pub(super) fn new(growth: Arc<Growth>) -> PageTail {
        let stop = TailStop::default();
        *stop.0.growth.lock().unwrap_or_else(PoisonError::into_inner) = Some(growth.clone());
        PageTail { growth, walk: None, ready: Vec::new(), taken: 0, stop }
    }

    /// What ends this follower.
    pub fn stop_handle(&self) -> TailStop {
        self.stop.clone()
    }

    /// Waits for the next appended bytes; `false` at the end.
    fn next_bytes(&mut self) -> io::Result<bool> {
        loop {
            if self.stop.is_stopped() {
                return Ok(false);
            }
            let seen = self.walk.as_ref().map_or(0, ChunkWalk::position);
            let state = self.growth.wait_beyond(seen);
            if state.file_len <= seen {
                if state.ended {
                    return Ok(false);
                }
                continue;
            }
            if self.take_chunk()? {
                return Ok(true);
            }
        }
    }

    /// Takes the chunk that is known to be there; whether it brought bytes.
    fn take_chunk(&mut self) -> io::Result<bool> {
        let walk = match &mut self.walk {
            Some(walk) => walk,
            none => {
                let walk = ChunkWalk::from_start(self.growth.file.clone()).map_err(io::Error::other)?;
                none.insert(walk)
            }
        };
        // What lies behind the chunks that are known to be whole may be half written.
        walk.look_again();
        match walk.next()? {
            Next::Chunk(chunk) => {
                self.ready.clear();
                self.taken = 0;
                match Content::of(chunk.kind, chunk.payload) {
                    Some(Content::Append { bytes, .. }) => self.ready.extend_from_slice(bytes),
                    Some(Content::Packed { packed, .. }) => {
                        let place = chunk.payload_at;
                        unpack(packed, &mut self.ready)
                            .map_err(|()| io::Error::other(super::PageFileError::Damaged(place)))?;
                    }
                    _ => {}
                }
                Ok(!self.ready.is_empty())
            }
            Next::End | Next::Bad => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

impl Read for PageTail {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.taken == self.ready.len() && !self.next_bytes()? {
            return Ok(0);
        }
        let left = &self.ready[self.taken..];
        let taken = left.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&left[..taken]);
        self.taken += taken;
        Ok(taken)
    }
}
