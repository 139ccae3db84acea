//! A job as the page loop pulls it: one step at a time, none longer than a tick.
//!
//! ```text
//!  Probe ─▶ Look ─▶ (Layout) ─▶ Post ─▶ Ask ─▶ page ─▶ Ask ─▶ … ─▶ Over
//!                                 ▲      ▲ └─ Explain ─┘ │
//!                                 └──────┴──── Pause ◀───┘
//! ```
//! Every state sends one request and reads its answer; *Explain* asks the status to learn what an
//! answer meant. What the answers mean stands in `job.rs`.

use std::time::Duration;

use super::device::{
    CONTROL, DOCUMENT_LIMIT, Device, PAGES, POST_LIMIT, PROBE_LIMIT, SLOW_PROBE_LIMIT, TICK, read_status,
};
use super::job::{Known, Verdict, Why, job_path, judge, refusal, refusal_without_job};
use super::page::{Page, SNIFFED, format_of, plausible_layout, row_layout, scanned_area};
use super::rows::{Again, Guess};
use super::settings::{Plan, Variant, asked_mode, document};
use super::status::{ImageInfo, Status};
use super::watch::{Watch, Watched};
use crate::clock::Moment;
use crate::http::{HttpError, Lane, Method, Progress, REDIRECT_LIMIT, Request, Response};
use crate::minidriver::{
    Condition, DeviceFailure, FeederState, OfferedFormat, PageFormat, PageInfo, PageWait, ScanJob, Source, TransferId,
};
use crate::plain_text::{beginning, plain};
use crate::raster::RowLayout;
use crate::units::Percent;

/// Pause before a request is repeated, unless the device names another.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause that a device may ask for.
const RETRY_AFTER_LIMIT: u64 = 10;
/// Of so many 503 answers to GET one is explained by the status.
const EXPLAINED_EVERY: u32 = 5;
/// POSTs that are answered 503 (eSCL reference, 6.2).
const POST_TRIES: u32 = 10;
/// Longest pause after a page for devices that need one (reference, 6.3).
const PAGE_PAUSE_LIMIT: Duration = Duration::from_secs(1);
/// Of an unfinished head or a page's first bytes, with one lane (design, section 3).
pub(super) const FIRST_BYTE_LIMIT: Duration = Duration::from_secs(180);
/// Between two pieces of a body.
pub(super) const BODY_SILENCE_LIMIT: Duration = Duration::from_secs(60);
/// Silence of a page while the status says that the device is at work.
pub(super) const WORKING_LIMIT: Duration = Duration::from_secs(900);

/// Looks for bytes of a device that was reported as gone: more than it can have sent before, few enough
/// for one that is still there.
const LOOKS_AFTER_GONE: u32 = 32;

/// One transfer's conversation with the device.
pub(super) struct JobSource<'a> {
    pub(super) device: &'a mut Device,
    pub(super) transfer: TransferId,
    pub(super) wanted: &'a ScanJob,
    plans: Vec<Plan>,
    /// Which plan is under way; one for each area.
    at: usize,
    pub(super) state: State,
    /// The same answer in a row.
    tries: u32,
    /// Where the device sent the last request on to, and how often in a row.
    moved: (Option<String>, u32),
    /// The streams were brought back to their beginning once already.
    was_reset: bool,
    /// Pages that the device's job has delivered.
    pub(super) job_pages: u32,
    /// No page has been whole yet.
    none_yet: bool,
    /// Pages beyond the wanted number that are still to be taken, once the device was asked (R47).
    pub(super) ahead: Option<u32>,
    told_layout: Option<RowLayout>,
    pub(super) again: Option<Again>,
    pub(super) watch: Watch,
    /// A failure that came while bytes were gathered; the next wait is told.
    pub(super) unheard: Option<(Lane, HttpError)>,
    /// How often it was looked for bytes of a device that is gone.
    looks_after_gone: u32,
    pub(super) page: Option<OpenPage>,
    page_began: Moment,
}

/// A page whose bytes are being read.
pub(super) struct OpenPage {
    pub(super) lane: Lane,
    pub(super) page: Page,
    /// Bytes that came before the page was announced and are not delivered yet.
    pub(super) first: Vec<u8>,
    /// The answer is complete; nothing comes after `first`.
    pub(super) ended: bool,
    /// Its rows were announced with a layout that is a guess.
    pub(super) guess: Option<Guess>,
}

/// What is done next, or waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Probe(Lane),
    Look,
    Layout,
    Post,
    Ask,
    Explain(Why),
    /// Raw rows are all there; the device is asked how long one is.
    Measure,
    /// The page ended before the height asked for and does not say its own; the device is asked for it.
    Doubt,
    /// The page is announced again: its rows lie otherwise than announced.
    Again,
    Pause {
        until: Moment,
        then: Box<State>,
    },
    /// A request is on its way.
    Sent {
        lane: Lane,
        limit: Duration,
        of: Box<State>,
    },
    /// The page is asked for, or under way.
    Awaited(Lane),
    Over,
    OverCancelled,
}

/// What a step came to.
pub(super) enum Step {
    On,
    Wait,
    Page(PageInfo),
}

impl<'a> JobSource<'a> {
    pub(super) fn new(device: &'a mut Device, transfer: TransferId, wanted: &'a ScanJob, plans: Vec<Plan>) -> Self {
        let now = device.clock.now();
        let state = if device.connection.unproved { State::Probe(PAGES) } else { State::Look };
        JobSource {
            device,
            transfer,
            wanted,
            plans,
            at: 0,
            state,
            tries: 0,
            moved: (None, 0),
            was_reset: false,
            job_pages: 0,
            none_yet: true,
            ahead: None,
            told_layout: None,
            again: None,
            watch: Watch::new(now),
            unheard: None,
            looks_after_gone: 0,
            page: None,
            page_began: now,
        }
    }

    /// Whether nothing more may be asked of the device.
    pub(super) fn is_cancelled(&self) -> bool {
        self.device.cancel.is_cancelled(self.transfer)
    }

    /// # Errors
    /// [`Condition::Offline`] when the device was reported as gone, and what it sent before has been read.
    pub(super) fn check_gone(&mut self) -> Result<(), DeviceFailure> {
        if !self.device.cancel.is_gone() || self.has_last_bytes() {
            return Ok(());
        }
        Err(Condition::Offline.with("unplugged"))
    }

    /// Whether something of the page that a device sent before it was gone is still to be read.
    fn has_last_bytes(&mut self) -> bool {
        let State::Awaited(lane) = self.state else { return false };
        let least = match &self.page {
            Some(open) if !open.first.is_empty() => return true,
            Some(_) => 1,
            None => SNIFFED,
        };
        while self.looks_after_gone < LOOKS_AFTER_GONE {
            self.looks_after_gone += 1;
            let Ok(client) = self.device.connection.client() else { return false };
            if client.exchange(lane).is_some_and(|exchange| exchange.is_complete() || exchange.buffered() >= least) {
                return true;
            }
            match client.advance(Duration::ZERO) {
                Progress::Failed(..) | Progress::TimedOut => return false,
                Progress::Arrived(_) | Progress::Complete(_) | Progress::Woken => {}
            }
        }
        false
    }

    pub(super) fn is_from_feeder(&self) -> bool {
        self.wanted.source != Source::Flatbed
    }

    /// Steps until there is something to tell.
    pub(super) fn advance_to_page(&mut self) -> Result<PageWait, DeviceFailure> {
        let began = self.device.clock.now();
        loop {
            if self.is_cancelled() {
                return Ok(PageWait::Cancelled);
            }
            if self.state == State::OverCancelled {
                return Ok(PageWait::CancelledAtDevice);
            }
            self.check_gone()?;
            if self.state == State::Over {
                return Ok(PageWait::NoMorePages);
            }
            match self.step()? {
                Step::Page(info) => return Ok(PageWait::Page(info)),
                Step::On if self.device.clock.now().since(began) < TICK => {}
                Step::On | Step::Wait => return Ok(self.waiting()),
            }
        }
    }

    fn waiting(&self) -> PageWait {
        match self.watch.is_warming_up() {
            true => PageWait::Delayed(Condition::WarmingUp.with("State Testing"), Percent::ZERO),
            false => PageWait::Waiting,
        }
    }

    pub(super) fn step(&mut self) -> Result<Step, DeviceFailure> {
        match self.state.clone() {
            State::Probe(lane) => self.send(lane, &self.device.status_request(), self.probe_limit()),
            State::Look | State::Explain(_) => match self.device.free_lane() {
                Some(lane) => self.send(lane, &self.device.status_request(), DOCUMENT_LIMIT),
                None => self.unanswered(self.state.clone(), HttpError::LaneBusy),
            },
            State::Layout => self.send_layout_question(),
            State::Post => self.post(),
            State::Ask => self.ask_for_page(),
            State::Pause { until, then } => self.rest(until, *then),
            State::Sent { lane, limit, of } => self.receive(lane, limit, *of),
            State::Awaited(lane) => self.await_page(lane),
            State::Measure | State::Doubt => self.send_measure_question(),
            State::Again => self.announce_again(),
            State::Over | State::OverCancelled => Ok(Step::On),
        }
    }

    pub(super) fn plan(&self) -> Result<&Plan, DeviceFailure> {
        self.plans.get(self.at).ok_or_else(|| Condition::Refused.with("no area"))
    }

    fn probe_limit(&self) -> Duration {
        if self.was_reset { SLOW_PROBE_LIMIT } else { PROBE_LIMIT }
    }

    pub(super) fn send(&mut self, lane: Lane, request: &Request, limit: Duration) -> Result<Step, DeviceFailure> {
        let started = self.device.connection.client()?.start(lane, request);
        let of = Box::new(self.state.clone());
        match started {
            Ok(()) => {
                self.state = State::Sent { lane, limit, of };
                Ok(Step::On)
            }
            Err(error) => self.unanswered(*of, error),
        }
    }

    fn rest(&mut self, until: Moment, then: State) -> Result<Step, DeviceFailure> {
        let left = until.since(self.device.clock.now());
        if left.is_zero() {
            self.state = then;
            return Ok(Step::On);
        }
        match self.device.connection.client()?.advance(left.min(TICK)) {
            Progress::Failed(_, error) if error.is_gone() => Err(self.device.failure(error)),
            Progress::TimedOut | Progress::Woken => Ok(Step::Wait),
            _ => Ok(Step::On),
        }
    }

    fn pause_before(&mut self, then: State, length: Duration) {
        self.state = State::Pause { until: self.device.clock.now() + length, then: Box::new(then) };
    }

    /// Waits a tick for the answer of what was sent, and acts on it.
    fn receive(&mut self, lane: Lane, limit: Duration, of: State) -> Result<Step, DeviceFailure> {
        let client = self.device.connection.client()?;
        if let Some(response) = client.finish(lane) {
            self.device.connection.unproved = false;
            return self.answered(lane, of, response);
        }
        let left = limit.saturating_sub(client.silence(lane));
        if left.is_zero() {
            client.abandon(lane);
            return self.unanswered(of, HttpError::Silent(limit));
        }
        match client.advance(left.min(TICK)) {
            Progress::Failed(failed, error) if failed == lane => self.unanswered(of, error),
            Progress::Failed(_, error) if error.is_gone() => Err(self.device.failure(error)),
            Progress::TimedOut | Progress::Woken => Ok(Step::Wait),
            _ => Ok(Step::On),
        }
    }

    fn answered(&mut self, lane: Lane, of: State, response: Response) -> Result<Step, DeviceFailure> {
        match of {
            State::Probe(_) => {
                let lanes = self.device.connection.client()?.lanes();
                match lane + 1 {
                    next if next < lanes => self.state = State::Probe(next),
                    _ => self.looked(&read_status(&response))?,
                }
            }
            State::Look => self.looked(&read_status(&response))?,
            State::Layout => {
                let plan = self.plan()?;
                let (mode, area) = self.asked(plan);
                self.told_layout = (response.head.status == 200)
                    .then(|| ImageInfo::parse(&response.body).ok())
                    .flatten()
                    .and_then(|info| plausible_layout(info.width, info.bytes_per_line, plan, mode, area));
                self.state = State::Post;
            }
            State::Post => self.posted(&response)?,
            State::Explain(why) => self.explained(&why, read_status(&response))?,
            State::Measure => return self.measured(&response),
            State::Doubt => self.doubt_answered(&response)?,
            other => self.state = other,
        }
        Ok(Step::On)
    }

    /// A request without an answer. A stream out of step is brought back to its beginning, once.
    fn unanswered(&mut self, of: State, error: HttpError) -> Result<Step, DeviceFailure> {
        if self.is_cancelled() {
            return Ok(Step::On);
        }
        let failure = self.device.failure(error.clone());
        let probing = matches!(of, State::Probe(_));
        let curable = error.is_out_of_step() || matches!(error, HttpError::Silent(_) | HttpError::BadBody(_));
        let before_job = probing || matches!(of, State::Look | State::Layout);
        if !error.is_gone() && curable && before_job && !self.was_reset && self.device.connection.is_usb() {
            self.was_reset = true;
            self.device.left.paging = None;
            let (cancel, transfer) = (std::sync::Arc::clone(&self.device.cancel), self.transfer);
            let stop = || cancel.is_cancelled(transfer);
            let reset = self.device.connection.reset(&self.device.quirks, &stop);
            if self.is_cancelled() {
                return Ok(Step::On);
            }
            reset.map_err(|error| Condition::Offline.with(error.to_string()))?;
            self.pause_before(State::Probe(PAGES), super::connect::RESET_PAUSE);
            return Ok(Step::On);
        }
        match of {
            _ if error.is_gone() || failure.condition == Condition::Offline => Err(failure),
            // Looking and asking for a layout are courtesies; the job itself will tell.
            State::Look | State::Layout if !error.is_out_of_step() => {
                self.state = if matches!(of, State::Look) { self.after_look()? } else { State::Post };
                Ok(Step::On)
            }
            State::Post => {
                self.device.left.posting = None;
                Err(failure)
            }
            State::Measure => self.measured(&Response::default()),
            State::Doubt => {
                self.doubt_answered(&Response::default())?;
                Ok(Step::On)
            }
            // Nothing was learned, so the first answer stands for itself.
            State::Explain(why) => {
                self.explained(&why, Status::default())?;
                Ok(Step::On)
            }
            _ => Err(failure),
        }
    }

    /// Before paper moves: what the status says about it.
    fn looked(&mut self, status: &Status) -> Result<(), DeviceFailure> {
        self.watch.note(status.clone(), self.device.clock.now());
        if self.is_from_feeder() {
            let adf = self.device.capabilities.adf.as_ref();
            let detects = adf.is_some_and(|adf| adf.detects_paper) || self.device.quirks.look_before_job;
            match status.feeder(detects) {
                FeederState::Empty => {
                    self.state = State::Over;
                    return Ok(());
                }
                FeederState::Trouble(condition) => {
                    return Err(condition.with(format!("{:?} before the job", status.adf)));
                }
                FeederState::Loaded | FeederState::Unknown => {}
            }
        }
        self.state = self.after_look()?;
        Ok(())
    }

    fn after_look(&self) -> Result<State, DeviceFailure> {
        Ok(if self.plan()?.kind == OfferedFormat::Rows { State::Layout } else { State::Post })
    }

    fn settings(&self) -> Result<Vec<u8>, DeviceFailure> {
        Ok(document(self.plan()?, self.device.variant, &self.device.quirks).into_bytes())
    }

    fn send_layout_question(&mut self) -> Result<Step, DeviceFailure> {
        let request = Request::new(Method::Put, self.device.path("ScanBufferInfo"));
        let request = request.with_body("text/xml", self.settings()?);
        let lane = self.device.free_lane().unwrap_or(PAGES);
        self.send(lane, &request, PROBE_LIMIT)
    }

    fn post_request(&self) -> Result<Request, DeviceFailure> {
        let path = self.moved.0.clone().unwrap_or_else(|| self.device.path("ScanJobs"));
        let mut request = Request::new(Method::Post, path).with_body("text/xml", self.settings()?);
        request.host = self.device.quirks.host_localhost.then(|| "localhost".to_owned());
        Ok(request)
    }

    /// Whether an answer sends a request on to another place, which the next one then goes to.
    fn is_moved(&mut self, request: &Request, response: &Response) -> Result<bool, DeviceFailure> {
        let next = self.device.connection.client()?.redirected(request, response);
        self.moved = match next {
            Some(_) if self.moved.1 >= REDIRECT_LIMIT => return Err(self.device.failure(HttpError::Redirected)),
            Some(next) => (Some(next.path), self.moved.1 + 1),
            None => (None, 0),
        };
        Ok(self.moved.0.is_some())
    }

    fn post(&mut self) -> Result<Step, DeviceFailure> {
        let request = self.post_request()?;
        self.device.left.path = None;
        self.job_pages = 0;
        let lane = self.device.free_lane().unwrap_or(PAGES);
        self.device.left.posting = Some(lane);
        self.send(lane, &request, POST_LIMIT)
    }

    fn posted(&mut self, response: &Response) -> Result<(), DeviceFailure> {
        self.device.left.posting = None;
        let request = self.post_request()?;
        if self.is_moved(&request, response)? {
            self.state = State::Post;
            return Ok(());
        }
        let code = response.head.status;
        match code {
            200..=202 => {
                let location = response.head.header("location").unwrap_or_default();
                let path = job_path(location, &self.device.root)
                    .ok_or_else(|| Condition::Communication.with(without_job(response, location)))?;
                tracing::debug!(path, "job");
                self.device.left.path = Some(path);
                self.tries = 0;
                self.state = State::Ask;
            }
            503 => {
                self.tries += 1;
                if self.tries > POST_TRIES {
                    return Err(refusal(code));
                }
                let pause = retry_pause(response);
                // The status says whether it is busy, warming up, or in trouble.
                self.pause_before(State::Explain(Why::PostBusy), pause);
            }
            400 | 409 => self.state = State::Explain(Why::PostRefused(code)),
            _ => return Err(refusal_without_job(code)),
        }
        Ok(())
    }

    /// What is asked for with the variant in use: mode and area.
    pub(super) fn asked(&self, plan: &Plan) -> (crate::minidriver::ColorMode, crate::units::Area) {
        let variant = self.device.variant;
        (asked_mode(plan, variant), scanned_area(plan, variant == Variant::NoRegion))
    }

    fn explained(&mut self, why: &Why, status: Status) -> Result<(), DeviceFailure> {
        let known = Known {
            path: self.device.left.path.as_deref(),
            from_feeder: self.wanted.source != Source::Flatbed,
            pages: self.job_pages,
            none_yet: self.none_yet,
            tries: self.tries,
            job_per_sheet: self.device.quirks.job_per_sheet
                || self.device.capabilities.adf.as_ref().is_some_and(|adf| adf.capacity == Some(1)),
            not_found_means_again: self.device.quirks.not_found_means_again,
            over_usb: self.device.connection.is_usb(),
        };
        let verdict = judge(why, &status, &known);
        self.watch.note(status, self.device.clock.now());
        match verdict {
            Verdict::AskAgain => {
                self.tries += 1;
                let pause = if let Why::Unavailable { pause } = why { *pause } else { RETRY_PAUSE };
                self.pause_before(State::Ask, pause);
            }
            Verdict::PostAgain => self.state = State::Post,
            Verdict::OtherVariant => {
                let code = if let Why::PostRefused(code) = why { *code } else { 409 };
                let next = self.device.variant.after(self.plan()?).ok_or_else(|| refusal(code));
                // The next job starts from the usual way again.
                self.device.variant = next.clone().unwrap_or(Variant::Usual);
                next?;
                self.state = State::Post;
            }
            Verdict::NextJob => self.state = State::Post,
            Verdict::PageWhole => self.accept_short_page(),
            Verdict::NoMorePages => self.state = State::Over,
            Verdict::Cancelled => self.state = State::OverCancelled,
            Verdict::Failed(failure) => return Err(failure),
        }
        Ok(())
    }

    fn ask_for_page(&mut self) -> Result<Step, DeviceFailure> {
        let Some(path) = self.device.left.path.clone() else {
            self.state = State::Post;
            return Ok(Step::On);
        };
        let client = self.device.connection.client()?;
        let lane = [PAGES, CONTROL].into_iter().find(|lane| client.is_free(*lane)).unwrap_or(PAGES);
        let path = self.moved.0.clone().unwrap_or(format!("{path}/NextDocument"));
        let request = Request::get(path).with_limit(Request::PAGE_LIMIT);
        self.page_began = self.device.clock.now();
        match client.start(lane, &request) {
            Ok(()) => {
                self.device.left.paging = Some(lane);
                self.watch.begin(self.page_began);
                self.state = State::Awaited(lane);
            }
            Err(error) if error.is_gone() => return Err(self.device.failure(error)),
            Err(error) => self.state = State::Explain(Why::Broken(self.device.failure(error))),
        }
        Ok(Step::On)
    }

    fn await_page(&mut self, lane: Lane) -> Result<Step, DeviceFailure> {
        let client = self.device.connection.client()?;
        let Some(exchange) = client.exchange(lane) else {
            return Ok(self.page_broke(Condition::Communication.with("the page's answer is gone")));
        };
        let buffered = exchange.buffered();
        if let Some(status) = exchange.head().map(|head| head.status)
            && (exchange.is_complete() || (status == 200 && buffered >= SNIFFED))
        {
            return self.page_answered(lane, status, buffered);
        }
        match self.listen(lane)? {
            Some(failure) => Ok(self.page_broke(failure)),
            None => Ok(Step::Wait),
        }
    }

    fn page_broke(&mut self, failure: DeviceFailure) -> Step {
        self.device.left.paging = None;
        self.state = State::Explain(Why::Broken(failure));
        Step::On
    }

    /// Waits a tick for the page's lane while the other one watches the device. An answer that broke
    /// comes back as a failure; an error is one of the device.
    pub(super) fn listen(&mut self, lane: Lane) -> Result<Option<DeviceFailure>, DeviceFailure> {
        let watched = self.watch.step(self.device, lane)?;
        let client = self.device.connection.client()?;
        let silence = client.silence(lane);
        let limit = match (watched, client.exchange(lane).is_some_and(|exchange| exchange.received() > 0)) {
            (Watched::AtWork, _) => WORKING_LIMIT,
            (Watched::Unknown, true) => BODY_SILENCE_LIMIT,
            (Watched::Unknown, false) => FIRST_BYTE_LIMIT,
        };
        if silence >= limit {
            return Err(Condition::NotAnswering.with(format!("silent for {} s", silence.as_secs())));
        }
        let wait = TICK.min(limit - silence).min(self.watch.due(self.device.clock.now()));
        let progress = match self.unheard.take() {
            Some((lane, error)) => Progress::Failed(lane, error),
            None => client.advance(wait),
        };
        match progress {
            Progress::Failed(_, error) if error.is_gone() => Err(self.device.failure(error)),
            Progress::Failed(failed, error) if failed == lane => Ok(Some(self.device.failure(error))),
            _ => Ok(None),
        }
    }

    fn page_answered(&mut self, lane: Lane, status: u16, buffered: usize) -> Result<Step, DeviceFailure> {
        if status == 200 && buffered > 0 {
            self.moved = (None, 0);
            return self.begin_page(lane);
        }
        let response = self.device.connection.client()?.finish(lane).unwrap_or_default();
        self.device.left.paging = None;
        let path = self.device.left.path.clone().unwrap_or_default();
        let asked = Request::get(self.moved.0.clone().unwrap_or(format!("{path}/NextDocument")));
        if self.is_moved(&asked, &response)? {
            self.state = State::Ask;
            return Ok(Step::On);
        }
        let why = match status {
            200 | 204 => Why::Empty,
            404 => Why::NotFound,
            410 => Why::Gone,
            409 => Why::Conflict,
            503 => Why::Unavailable { pause: retry_pause(&response) },
            401 | 403 => return Err(refusal(status)),
            _ => Why::Broken(refusal(status)),
        };
        match why {
            Why::Unavailable { pause } if !self.is_to_be_explained() => {
                self.tries += 1;
                self.pause_before(State::Ask, pause);
            }
            why => self.state = State::Explain(why),
        }
        Ok(Step::On)
    }

    /// Whether the status is asked what a 503 means. Before the first page at once: the device may be warming up, and
    /// with one lane there is no other moment to learn of it.
    fn is_to_be_explained(&self) -> bool {
        let first = if self.none_yet { 0 } else { 1 };
        self.tries == first || self.watch.is_warming_up() || (self.tries + 1).is_multiple_of(EXPLAINED_EVERY)
    }

    fn begin_page(&mut self, lane: Lane) -> Result<Step, DeviceFailure> {
        let mut first = Vec::new();
        let client = self.device.connection.client()?;
        let head = client.exchange(lane).and_then(|exchange| exchange.head()).cloned().unwrap_or_default();
        client.take_body(lane, &mut first);
        self.tries = 0;
        let plan = self.plan()?;
        let (mode, area) = self.asked(plan);
        let known = self.told_layout.or(self.device.learned.get(mode, area.width.pixels(plan.dpi)));
        let layout = row_layout(plan, mode, area, known, head.content_length());
        let format = match format_of(&first, &head, plan, layout.unwrap_or(RowLayout::packed(0, mode.pixels()))) {
            Ok(format) => format,
            // Its sheet has gone through: what came is kept, and told for what it is at its end.
            Err(what) => return self.announce_foreign(lane, &head, first, what),
        };
        if matches!(format, PageFormat::Rows(_)) && layout.is_none() {
            return self.announce_guess(lane, head, first);
        }
        self.announce(lane, &head, first, format, false)
    }

    /// The page is whole; the next one, or the next area, is to come.
    pub(super) fn page_ended(&mut self) {
        self.page = None;
        self.device.left.paging = None;
        self.job_pages += 1;
        self.none_yet = false;
        if self.is_from_feeder() {
            let took = self.device.clock.now().since(self.page_began);
            match self.device.quirks.pause_after_page {
                true => self.pause_before(State::Ask, PAGE_PAUSE_LIMIT.min(took / 2)),
                false => self.state = State::Ask,
            }
            return;
        }
        self.at += 1;
        self.state = if self.at < self.plans.len() { State::Post } else { State::Over };
    }

    /// Starts over with a new job of the device, from the area under way.
    pub(super) fn restart(&mut self) {
        self.page = None;
        self.tries = 0;
        self.device.left.path = None;
        self.state = State::Look;
    }
}

/// What an answer is that should have named a job, in words.
fn without_job(response: &Response, location: &str) -> String {
    if !location.is_empty() {
        return format!("a job at “{}”, which is no address", plain(location));
    }
    match response.body.is_empty() {
        true => "no address of a job".to_owned(),
        false => format!("what begins with {} instead of a job", beginning(&response.body)),
    }
}

fn retry_pause(response: &Response) -> Duration {
    response.head.retry_after().map_or(RETRY_PAUSE, |seconds| Duration::from_secs(seconds.clamp(1, RETRY_AFTER_LIMIT)))
}
