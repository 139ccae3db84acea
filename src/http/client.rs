//! Requests and answers on the lanes of a link, and the drain-or-poison rule.
//!
//! ```text
//!   free ──start──▶ busy ──answer complete──▶ done ──finish──▶ free
//!                    │  └─abandon─▶ draining ──answer complete──▶ free     (a stream that has an end
//!                    └─error─▶ poisoned ──reset──▶ free                      is closed instead)
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{Address, Arrival, Exchange, HttpError, Lane, Link, LinkError, Method, Request, Response};
use crate::clock::{Clock, Moment, Waker};

/// Longest single wait inside [`HttpClient::fetch`]: how late it notices, without a wake, that nobody
/// wants the answer any more.
const TICK: Duration = Duration::from_millis(500);
/// Silence after an empty packet that ends an answer whose end nothing else tells (eSCL reference, 9.4).
const UNFRAMED_SILENCE: Duration = Duration::from_secs(2);
/// Bytes of a body that may wait to be taken; whoever lets more pile up has lost interest.
const BACKLOG_LIMIT: usize = 64 << 20;
/// Redirects that are followed.
pub const REDIRECT_LIMIT: u32 = 4;
/// Line ends that may follow an answer without anything being out of step.
const STRAY_LINE_ENDS: usize = 4;

/// HTTP/1.1 on the lanes of a link; one exchange per lane at a time.
pub struct HttpClient {
    link: Box<dyn Link>,
    clock: Arc<dyn Clock>,
    lanes: Vec<LaneState>,
    /// Connection header to send with every request.
    connection: Option<&'static str>,
    /// Bytes that came, on all lanes.
    received: Arc<AtomicU64>,
}

struct LaneState {
    work: Work,
    /// When a byte last came, or the request was sent.
    heard: Moment,
    /// When an empty packet came after which nothing else did.
    empty_since: Option<Moment>,
}

enum Work {
    Free,
    Busy(Exchange),
    Draining(Exchange),
    Poisoned,
}

/// What one wait brought.
#[derive(Debug)]
pub enum Progress {
    /// Something of an answer came.
    Arrived(Lane),
    /// An answer is complete: [`HttpClient::finish`] has it.
    Complete(Lane),
    /// An answer failed. The lane is free when its stream could be closed, else poisoned.
    Failed(Lane, HttpError),
    /// Somebody used the waker.
    Woken,
    /// The limit came first.
    TimedOut,
}

impl HttpClient {
    /// On a link. A stream that has an end is used for one request and asked to be closed after it.
    pub fn new(link: Box<dyn Link>, clock: Arc<dyn Clock>) -> HttpClient {
        let now = clock.now();
        let lane = || LaneState { work: Work::Free, heard: now, empty_since: None };
        let lanes = (0..link.lanes()).map(|_| lane()).collect();
        let connection = link.has_ends().then_some("close");
        HttpClient { link, clock, lanes, connection, received: Arc::default() }
    }

    /// Counts bytes that come in this counter, which may outlive the client.
    pub fn count_into(&mut self, received: Arc<AtomicU64>) {
        self.received = received;
    }

    /// Number of lanes.
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// Ends a wait of this client.
    pub fn waker(&self) -> Waker {
        self.link.waker()
    }

    /// Sends this Connection header with every request, over whatever link.
    pub fn set_connection(&mut self, value: &'static str) {
        self.connection = Some(value);
    }

    /// Whether a request can be started on a lane.
    pub fn is_free(&self, lane: Lane) -> bool {
        self.lanes.get(lane).is_some_and(|state| matches!(state.work, Work::Free))
    }

    /// Whether a lane is out of step.
    pub fn is_poisoned(&self, lane: Lane) -> bool {
        self.lanes.get(lane).is_some_and(|state| matches!(state.work, Work::Poisoned))
    }

    /// The answer under way on a lane, unless nobody wants it.
    pub fn exchange(&self, lane: Lane) -> Option<&Exchange> {
        match &self.lanes.get(lane)?.work {
            Work::Busy(exchange) => Some(exchange),
            _ => None,
        }
    }

    /// How long a lane has been silent since its request or its last byte.
    pub fn silence(&self, lane: Lane) -> Duration {
        self.lanes.get(lane).map_or(Duration::ZERO, |state| self.clock.now().since(state.heard))
    }

    /// Counts a lane's silence from now on.
    pub fn forgive_silence(&mut self, lane: Lane) {
        let now = self.clock.now();
        if let Some(state) = self.lanes.get_mut(lane) {
            state.heard = now;
        }
    }

    /// Sends a request on a free lane.
    pub fn start(&mut self, lane: Lane, request: &Request) -> Result<(), HttpError> {
        let state = self.lanes.get_mut(lane).ok_or(LinkError::ShutDown)?;
        match state.work {
            Work::Free => {}
            Work::Poisoned => return Err(HttpError::Poisoned),
            _ => return Err(HttpError::LaneBusy),
        }
        tracing::debug!(lane, method = %request.method, path = %request.path, "request");
        self.link.send(lane, request.encode(&self.link.host(), self.connection))?;
        state.work = Work::Busy(Exchange::new(request.method, request.limit, self.link.has_ends()));
        state.heard = self.clock.now();
        state.empty_since = None;
        Ok(())
    }

    /// Waits for the next thing that happens on any lane.
    pub fn advance(&mut self, limit: Duration) -> Progress {
        let now = self.clock.now();
        let mut wait = limit;
        for lane in 0..self.lanes.len() {
            if let Some(left) = self.lanes[lane].until_silent_end(now) {
                if left.is_zero() {
                    return self.end_by_silence(lane);
                }
                wait = wait.min(left);
            }
        }
        match self.link.wait(wait) {
            Arrival::Data { lane, bytes } => {
                self.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                self.feed(lane, &bytes)
            }
            Arrival::Empty { lane } => {
                let now = self.clock.now();
                if let Some(state) = self.lanes.get_mut(lane) {
                    state.empty_since.get_or_insert(now);
                }
                Progress::Arrived(lane)
            }
            Arrival::Closed { lane } => self.end_of_stream(lane),
            Arrival::Failed { lane, error } => self.fail(lane, error.into()),
            Arrival::Woken => Progress::Woken,
            Arrival::TimedOut => Progress::TimedOut,
        }
    }

    /// Moves what came of a body to `output`; says how much.
    pub fn take_body(&mut self, lane: Lane, output: &mut Vec<u8>) -> usize {
        match self.lanes.get_mut(lane).map(|state| &mut state.work) {
            Some(Work::Busy(exchange)) => exchange.take_body(output),
            _ => 0,
        }
    }

    /// Takes a complete answer; the lane is free again. `None` while it is not complete.
    pub fn finish(&mut self, lane: Lane) -> Option<Response> {
        let state = self.lanes.get_mut(lane)?;
        match std::mem::replace(&mut state.work, Work::Free) {
            Work::Busy(exchange) if exchange.is_complete() => Some(exchange.into_response()),
            other => {
                state.work = other;
                None
            }
        }
    }

    /// Nobody wants the answer of a lane any more: a stream that has an end is closed, any other is
    /// read to the answer's end by the waits that follow.
    pub fn abandon(&mut self, lane: Lane) {
        let Some(state) = self.lanes.get_mut(lane) else { return };
        match std::mem::replace(&mut state.work, Work::Free) {
            Work::Busy(exchange) if exchange.is_complete() => {}
            Work::Busy(_) | Work::Draining(_) if self.link.has_ends() => self.link.close(lane),
            Work::Busy(exchange) => state.work = Work::Draining(exchange),
            other => state.work = other,
        }
    }

    /// Takes the wakes that nobody has heard yet; to be called before it is looked for what a wake is for.
    pub fn hear_wakes(&mut self) {
        self.link.hear_wakes();
    }

    /// Brings every lane back to its beginning.
    pub fn reset(&mut self) -> Result<(), HttpError> {
        let now = self.clock.now();
        for state in &mut self.lanes {
            *state = LaneState { work: Work::Free, heard: now, empty_since: None };
        }
        Ok(self.link.reset()?)
    }

    /// Gives the device back.
    pub fn shut_down(&mut self) {
        self.link.shut_down();
    }

    /// One request and its whole answer, redirects followed. `stop` is asked before every request and
    /// every wait: a wake that an earlier wait took counts as well.
    ///
    /// # Errors
    /// [`HttpError::Interrupted`] when `stop` said so: a request that was sent goes on and its lane
    /// stays busy.
    /// [`HttpError::Silent`] after `limit` without a byte: the answer is abandoned.
    /// [`HttpError::Redirected`] when redirects do not end.
    pub fn fetch(
        &mut self,
        lane: Lane,
        request: &Request,
        limit: Duration,
        stop: &dyn Fn() -> bool,
    ) -> Result<Response, HttpError> {
        let mut request = request.clone();
        for _ in 0..REDIRECT_LIMIT {
            if stop() {
                return Err(HttpError::Interrupted);
            }
            self.start(lane, &request)?;
            let response = self.await_answer(lane, limit, stop)?;
            match self.redirected(&request, &response) {
                Some(next) => request = next,
                None => return Ok(response),
            }
        }
        Err(HttpError::Redirected)
    }

    /// The request that an answer asks for instead of this one, to be sent to the place it names; `None` when it asks
    /// for none. At most [`REDIRECT_LIMIT`] of them should be followed in a row.
    pub fn redirected(&mut self, request: &Request, response: &Response) -> Option<Request> {
        let next = redirected(request, response)?;
        let location = response.head.header("location").unwrap_or_default();
        if let Ok(address) = Address::parse(location)
            && location.contains("://")
        {
            self.link.redirect(&address);
        }
        Some(next)
    }

    /// Waits for the end of the answer that is under way on a lane.
    pub fn await_answer(
        &mut self,
        lane: Lane,
        limit: Duration,
        stop: &dyn Fn() -> bool,
    ) -> Result<Response, HttpError> {
        loop {
            if let Some(response) = self.finish(lane) {
                return Ok(response);
            }
            if stop() {
                return Err(HttpError::Interrupted);
            }
            if self.exchange(lane).is_none() {
                return Err(if self.is_poisoned(lane) { HttpError::Poisoned } else { LinkError::ShutDown.into() });
            }
            let left = limit.saturating_sub(self.silence(lane));
            if left.is_zero() {
                self.abandon(lane);
                return Err(HttpError::Silent(limit));
            }
            if let Progress::Failed(failed, error) = self.advance(left.min(TICK))
                && failed == lane
            {
                return Err(error);
            }
        }
    }

    fn feed(&mut self, lane: Lane, bytes: &[u8]) -> Progress {
        let now = self.clock.now();
        let Some(state) = self.lanes.get_mut(lane) else { return Progress::TimedOut };
        state.heard = now;
        state.empty_since = None;
        let (exchange, wanted) = match &mut state.work {
            Work::Busy(exchange) => (exchange, true),
            Work::Draining(exchange) => (exchange, false),
            Work::Poisoned => return Progress::Arrived(lane),
            Work::Free if is_stray(bytes) => return Progress::Arrived(lane),
            Work::Free => return self.fail(lane, HttpError::Poisoned),
        };
        let eaten = match exchange.feed(bytes) {
            Ok(eaten) => eaten,
            Err(error) => return self.fail(lane, error),
        };
        if !wanted {
            exchange.take_body(&mut Vec::new());
        } else if exchange.buffered() > BACKLOG_LIMIT {
            return self.fail(lane, HttpError::TooLong { limit: BACKLOG_LIMIT as u64 });
        }
        let complete = exchange.is_complete();
        if !is_stray(&bytes[eaten..]) && !self.link.has_ends() {
            // More came than the answer holds: whatever it is, the next answer would begin with it.
            return self.fail(lane, HttpError::Poisoned);
        }
        if complete { self.completed(lane, wanted) } else { Progress::Arrived(lane) }
    }

    fn completed(&mut self, lane: Lane, wanted: bool) -> Progress {
        self.link.close(lane);
        if wanted {
            return Progress::Complete(lane);
        }
        self.lanes[lane].work = Work::Free;
        Progress::Arrived(lane)
    }

    fn end_of_stream(&mut self, lane: Lane) -> Progress {
        let Some(state) = self.lanes.get_mut(lane) else { return Progress::TimedOut };
        match &mut state.work {
            Work::Busy(exchange) => match exchange.end_of_stream() {
                Ok(()) => self.completed(lane, true),
                Err(error) => self.fail(lane, error),
            },
            Work::Draining(_) => self.completed(lane, false),
            Work::Free | Work::Poisoned => Progress::Arrived(lane),
        }
    }

    fn end_by_silence(&mut self, lane: Lane) -> Progress {
        let state = &mut self.lanes[lane];
        state.empty_since = None;
        let (exchange, wanted) = match &mut state.work {
            Work::Busy(exchange) => (exchange, true),
            Work::Draining(exchange) => (exchange, false),
            _ => return Progress::TimedOut,
        };
        if exchange.end_of_silence() { self.completed(lane, wanted) } else { Progress::TimedOut }
    }

    fn fail(&mut self, lane: Lane, error: HttpError) -> Progress {
        tracing::debug!(lane, %error, "answer failed");
        let Some(state) = self.lanes.get_mut(lane) else { return Progress::Failed(lane, error) };
        if self.link.has_ends()
            && let Work::Busy(exchange) = &mut state.work
            && exchange.settle_for_head()
        {
            return self.completed(lane, true);
        }
        state.work = if self.link.has_ends() { Work::Free } else { Work::Poisoned };
        self.link.close(lane);
        Progress::Failed(lane, error)
    }
}

impl Drop for HttpClient {
    fn drop(&mut self) {
        self.link.shut_down();
    }
}

impl LaneState {
    /// Time until silence ends the answer, when it may.
    fn until_silent_end(&self, now: Moment) -> Option<Duration> {
        let since = self.empty_since?;
        match &self.work {
            Work::Busy(exchange) | Work::Draining(exchange) if exchange.may_end_by_silence() => {
                Some(UNFRAMED_SILENCE.saturating_sub(now.since(since)))
            }
            _ => None,
        }
    }
}

/// Line ends after an answer are harmless.
fn is_stray(bytes: &[u8]) -> bool {
    bytes.len() <= STRAY_LINE_ENDS && bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
}

/// The request that a redirect asks for. The method is kept for 307 and 308; elsewhere only a GET is
/// repeated, because an answer that moved a POST or a DELETE is as good as any (eSCL reference, 3).
fn redirected(request: &Request, response: &Response) -> Option<Request> {
    let repeat = match response.head.status {
        301..=303 => matches!(request.method, Method::Get | Method::Head),
        307 | 308 => request.method != Method::Delete,
        _ => false,
    };
    let location = response.head.header("location").filter(|_| repeat)?.trim();
    let path = match location.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => location,
    };
    let path = match path.starts_with('/') {
        true => path.to_owned(),
        false => format!("{}/{path}", request.path.rsplit_once('/').map_or("", |(folder, _)| folder)),
    };
    (path != request.path || location.contains("://")).then(|| Request { path, ..request.clone() })
}
