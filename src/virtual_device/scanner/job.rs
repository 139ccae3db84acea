//! One job of a scanner: what it was asked, which sides are drawn in, and the page under way.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::image::ImageSpec;
use super::settings::{PaperSource, Settings};
use crate::clock::Moment;

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobState {
    Processing,
    Completed,
    Canceled,
    Aborted,
}

impl JobState {
    pub(super) fn name(self) -> &'static str {
        match self {
            JobState::Processing => "Processing",
            JobState::Completed => "Completed",
            JobState::Canceled => "Canceled",
            JobState::Aborted => "Aborted",
        }
    }
}

/// One side of a sheet that is or will be under the lamp.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub(super) sheet: u32,
    pub(super) back: bool,
    pub(super) last_of_sheet: bool,
    /// When its first row is there, and how long the others take.
    pub(super) starts: Moment,
    pub(super) takes: Duration,
}

/// The page that is being sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnderWay {
    pub(super) side: Side,
    pub(super) image: ImageSpec,
    /// The next piece to send.
    pub(super) piece: u32,
    /// Counted from 1 over the device's life, for those who keep what was sent.
    pub(super) document: u64,
}

/// One job.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) name: String,
    pub(super) settings: Settings,
    pub(super) state: JobState,
    pub(super) reason: &'static str,
    pub(super) created: Moment,
    /// The lamp is warm.
    pub(super) ready_at: Moment,
    /// Sides drawn in and not sent, in order.
    pub(super) drawn: VecDeque<Side>,
    /// When the last sheet drawn in has passed the lamp.
    pub(super) mechanism_free: Moment,
    pub(super) under_way: Option<UnderWay>,
    pub(super) last_image: Option<ImageSpec>,
    /// Pages whose sending began.
    pub(super) begun: u32,
    /// Pages sent to their end.
    pub(super) sent: u32,
    /// How often it still says "busy" before the next page.
    pub(super) busy_left: u32,
    /// The page under way ends as soon as it is asked for.
    pub(super) break_off: bool,
    /// The page under way has had its end marker too early.
    pub(super) cut_short: bool,
    /// The page under way has no end.
    pub(super) endless: bool,
    /// A client let go of the finished job.
    pub(super) released: bool,
    pub(super) last_used: Moment,
}

impl Job {
    /// Whether the scanner is still occupied by it.
    pub(super) fn is_active(&self) -> bool {
        self.state == JobState::Processing || self.under_way.is_some()
    }

    pub(super) fn uses_feeder(&self) -> bool {
        matches!(self.settings.source, PaperSource::Feeder { .. })
    }

    /// Ends it; what is under way is left to its sender.
    pub(super) fn end(&mut self, state: JobState, reason: &'static str) {
        if self.state == JobState::Processing {
            (self.state, self.reason) = (state, reason);
        }
    }

    /// The first sheet that was drawn in and did not get out complete.
    pub(super) fn first_unfinished_sheet(&self) -> Option<u32> {
        let under_way = self.under_way.as_ref().map(|page| page.side.sheet);
        under_way.or_else(|| self.drawn.front().map(|side| side.sheet))
    }
}
