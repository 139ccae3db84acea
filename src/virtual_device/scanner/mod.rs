//! The scanner itself: glass, feeder, lamp and jobs, spoken to in eSCL, or line by line.
//!
//! A passive value. It answers requests, gives out the bytes of pages as far as the clock has come,
//! and knows neither USB nor sockets.
//!
//! ```text
//! POST ─▶ Processing ─┬─ last page sent, no paper ─▶ Completed
//!                     ├─ DELETE, or the button ────▶ Canceled    the page under way breaks off
//!                     └─ jam, cover, nobody asks ──▶ Aborted     the page under way breaks off
//! ```

mod answers;
mod button;
mod documents;
mod feeder;
mod job;
mod lines;
mod pages;
mod settings;

use std::time::Duration;

use super::fault::{FaultName, FaultPlan};
use super::image::Imager;
use super::model::Model;
use super::options::{DocumentSink, Options};
use crate::clock::Moment;
use button::ScanButton;
use feeder::Feeder;
use job::{Job, JobState};
pub(in crate::virtual_device) use lines::{LineWindow, PageEnding, Refused, Started};
pub(in crate::virtual_device) use settings::ImageFormat;

/// The root of all resources.
const ROOT: &str = "/eSCL";
/// Finished jobs that stay in the status.
const JOBS_LISTED: usize = 12;
/// A job nobody asks for pages is given up after this.
const JOB_IDLE_LIMIT: Duration = Duration::from_secs(180);
/// How long the lamp stays warm after a job.
const LAMP_STAYS_WARM: Duration = Duration::from_secs(120);
/// From the request to the first row: the head moves to the start, or the feeder draws a sheet in.
const START_DELAY: Duration = Duration::from_millis(600);
/// Between two sheets.
const FEED_GAP: Duration = Duration::from_millis(400);
/// Requests that are remembered for those who watch.
const REQUESTS_LISTED: usize = 4096;

/// What keeps the paper path from working until a person has been there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Paper is stuck.
    Jam,
    /// The cover is open.
    CoverOpen,
    /// Two sheets were drawn in at once.
    MultiFeed,
}

/// Names the page a body is made of.
#[derive(Clone, Debug)]
pub(in crate::virtual_device) struct PageBody {
    job: String,
}

/// The scanner.
pub(in crate::virtual_device) struct Scanner {
    model: &'static Model,
    feeder: Feeder,
    button: ScanButton,
    jobs: Vec<Job>,
    jobs_begun: u32,
    documents_begun: u64,
    trouble: Option<Trouble>,
    /// The sheet that goes back on the stack when the trouble is over.
    sheet_to_feed_again: Option<u32>,
    lamp_warm_until: Moment,
    /// Seconds of an A4 page at 300 dpi; `None` is as fast as bytes are taken.
    page_time: Option<Duration>,
    pub(in crate::virtual_device) faults: FaultPlan,
    imager: Imager,
    sink: Option<Box<dyn DocumentSink>>,
    requests: Vec<String>,
    /// No byte more until it is reset.
    mute: bool,
    /// USB transfers that hosts took back.
    pub(in crate::virtual_device) transfers_taken_back: u64,
    /// It is off the bus.
    unplugged: bool,
    fixed_after: Option<Duration>,
    fix_at: Option<Moment>,
}

impl Scanner {
    pub(in crate::virtual_device) fn new(model: &'static Model, options: Options) -> Scanner {
        let speed = options.pages_per_minute.unwrap_or(model.pages_per_minute);
        let page_time = (speed > 0.0).then(|| Duration::try_from_secs_f64(60.0 / speed).unwrap_or(Duration::MAX));
        let stack = options.sheets.unwrap_or(model.feeder_capacity);
        Scanner {
            model,
            feeder: Feeder::new(stack, options.reload),
            button: ScanButton::pressed_after(options.press_after.filter(|_| model.has_button())),
            jobs: Vec::new(),
            jobs_begun: 0,
            documents_begun: 0,
            trouble: None,
            sheet_to_feed_again: None,
            lamp_warm_until: Moment::START,
            page_time,
            faults: FaultPlan::new(options.faults),
            imager: Imager::default(),
            sink: options.sink,
            requests: Vec::new(),
            mute: false,
            transfers_taken_back: 0,
            unplugged: false,
            fixed_after: options.fixed_after,
            fix_at: None,
        }
    }

    pub(in crate::virtual_device) fn model(&self) -> &'static Model {
        self.model
    }

    /// Lets time pass: paper that is loaded, sheets drawn in ahead, jobs given up. Answers when
    /// something will happen by itself.
    pub(in crate::virtual_device) fn advance(&mut self, now: Moment) -> Option<Moment> {
        if self.fix_at.is_some_and(|at| at <= now) {
            self.fix();
        }
        let mut next = self.fix_at;
        let mut sooner = |at: Option<Moment>| next = [next, at].into_iter().flatten().min();
        sooner(self.feeder.advance(now));
        sooner(self.button.advance(now));
        if let Some(index) = self.active() {
            sooner(self.feed_ahead(index, now));
            let job = &mut self.jobs[index];
            if now.since(job.last_used) >= JOB_IDLE_LIMIT {
                job.break_off = true;
                self.end_job(index, now, JobState::Aborted, "AbortedBySystem");
            } else {
                sooner(Some(job.last_used + JOB_IDLE_LIMIT));
            }
        }
        next
    }

    /// The faults that can strike at any moment.
    pub(in crate::virtual_device) fn misbehave(&mut self, now: Moment) {
        if self.faults.fires(FaultName::Unplug) {
            self.unplug(now);
        }
        if self.faults.fires(FaultName::Silence) {
            self.go_mute();
        }
    }

    /// Stops answering until the device is reset.
    pub(in crate::virtual_device) fn go_mute(&mut self) {
        self.mute = true;
    }

    pub(in crate::virtual_device) fn is_mute(&self) -> bool {
        self.mute
    }

    pub(in crate::virtual_device) fn is_unplugged(&self) -> bool {
        self.unplugged
    }

    /// The cable is pulled; the job is lost.
    pub(in crate::virtual_device) fn unplug(&mut self, now: Moment) {
        self.restart(now);
        self.unplugged = true;
    }

    /// The cable is put back.
    pub(in crate::virtual_device) fn replug(&mut self) {
        self.unplugged = false;
    }

    /// The electronics start anew, as after a bus reset: jobs are aborted, trouble with paper stays.
    pub(in crate::virtual_device) fn restart(&mut self, now: Moment) {
        self.mute = false;
        self.button.forget();
        if let Some(index) = self.active() {
            self.abort_page(index, now);
        }
    }

    /// A person clears the paper path, closes the cover, switches a hung device off and on.
    pub(in crate::virtual_device) fn fix(&mut self) {
        self.fix_at = None;
        self.mute = false;
        self.trouble = None;
        if let Some(sheet) = self.sheet_to_feed_again.take() {
            self.feeder.put_back(sheet);
        }
    }

    /// Something is wrong with the paper path: the job on it breaks off.
    pub(in crate::virtual_device) fn begin_trouble(&mut self, now: Moment, trouble: Trouble) {
        self.trouble = Some(trouble);
        if let Some(index) = self.active() {
            let job = &mut self.jobs[index];
            job.break_off = true;
            if job.uses_feeder() {
                self.sheet_to_feed_again = job.first_unfinished_sheet();
            }
            job.drawn.clear();
            job.end(JobState::Aborted, "ErrorsDetected");
            self.lamp_warm_until = now + LAMP_STAYS_WARM;
        }
        self.call_for_help(now);
    }

    /// Cancel on the device's own panel.
    pub(in crate::virtual_device) fn press_cancel(&mut self, now: Moment) {
        if let Some(index) = self.active() {
            self.jobs[index].break_off = true;
            self.end_job(index, now, JobState::Canceled, "JobCanceledAtDevice");
        }
    }

    pub(in crate::virtual_device) fn load_sheets(&mut self, sheets: u32) {
        self.feeder.load(sheets);
    }

    pub(in crate::virtual_device) fn sheets_left(&self) -> u32 {
        self.feeder.left()
    }

    pub(in crate::virtual_device) fn pages_begun(&self) -> u64 {
        self.documents_begun
    }

    /// Every request so far, as `METHOD path`; the oldest are forgotten past a few thousand.
    pub(in crate::virtual_device) fn requests(&self) -> Vec<String> {
        self.requests.clone()
    }

    pub(in crate::virtual_device) fn is_busy(&self) -> bool {
        self.active().is_some()
    }

    fn call_for_help(&mut self, now: Moment) {
        if let Some(after) = self.fixed_after {
            self.fix_at = Some(now + after);
        }
    }

    fn active(&self) -> Option<usize> {
        self.jobs.iter().position(Job::is_active)
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.jobs.iter().position(|job| job.name == name)
    }

    fn end_job(&mut self, index: usize, now: Moment, state: JobState, reason: &'static str) {
        let job = &mut self.jobs[index];
        job.end(state, reason);
        job.drawn.clear();
        self.lamp_warm_until = now + LAMP_STAYS_WARM;
        self.feeder.job_ended(now);
    }

    /// The page under way will not be read on: its job is over.
    fn abort_page(&mut self, index: usize, now: Moment) {
        self.end_page(index, now, false);
        self.end_job(index, now, JobState::Aborted, "AbortedBySystem");
    }
}
