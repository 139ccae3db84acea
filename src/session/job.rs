//! The job under way, as the session thread keeps it.

use std::sync::Arc;

use crate::document::{Arrival, PageId};
use crate::minidriver::{ColorMode, DeviceFailure, PageLimit, Source, TransferId};

use super::documents::Placement;
use super::live_page::LivePage;
use super::progress::{Counters, Meter};
use super::{JobEnd, JobReport, Phase, ScanWish};

/// One job from its order to the rest of its device.
pub(super) struct Job {
    /// Known once the scan thread has begun.
    pub(super) transfer: Option<TransferId>,
    /// Where its pages belong, and where the next one does.
    pub(super) placement: Placement,
    pub(super) place: Arrival,
    /// The mode that was asked for.
    pub(super) mode: ColorMode,
    /// What it is doing.
    pub(super) phase: Phase,
    /// The page whose bytes come.
    pub(super) page: Option<ArrivingPage>,
    /// Number of the page under way or next.
    pub(super) number: u32,
    /// What it waits for a person with.
    pub(super) paused: Option<DeviceFailure>,
    /// Pages left out.
    pub(super) skipped: u32,
    /// How many pages were asked for.
    limit: PageLimit,
    /// Pages received beyond that.
    beyond: u32,
    /// Its pages that count, with their numbers: a page fed again takes the place of the earlier one.
    pages: Vec<JobPage>,
    pub(super) meter: Meter,
    /// Its end, while the device is being brought to rest.
    pub(super) end: Option<JobEnd>,
}

/// A page whose bytes come.
pub(super) struct ArrivingPage {
    pub(super) id: PageId,
    pub(super) live: Option<Arc<LivePage>>,
    pub(super) expected_rows: Option<u32>,
    pub(super) counters: Arc<Counters>,
}

#[derive(Clone, Copy, Debug)]
struct JobPage {
    id: PageId,
    number: u32,
    complete: bool,
}

impl Job {
    pub(super) fn ordered(wish: &ScanWish, placement: Placement) -> Job {
        Job {
            transfer: None,
            placement,
            place: placement.arrival(),
            mode: wish.settings.mode,
            phase: Phase::Starting,
            page: None,
            number: 1,
            paused: None,
            skipped: 0,
            // On the flatbed the areas are the number.
            limit: if wish.source == Source::Flatbed { PageLimit::All } else { wish.pages },
            beyond: 0,
            pages: Vec::new(),
            meter: Meter::default(),
            end: None,
        }
    }

    /// Whether this is the job that a late message means.
    pub(super) fn is(&self, transfer: TransferId) -> bool {
        self.transfer == Some(transfer)
    }

    /// A page of the job is over and something of it is there. When it is complete, earlier pages of
    /// the same number, and of later numbers (the rest of a sheet that was fed again), are replaced:
    /// they come back, to be taken out of the document. So does a page beyond the number asked for.
    pub(super) fn page_over(&mut self, id: PageId, number: u32, complete: bool) -> Vec<PageId> {
        if self.limit.is_reached_by(number.saturating_sub(1)) {
            self.beyond += 1;
            return vec![id];
        }
        let mut replaced = Vec::new();
        if complete {
            self.pages.retain(|page| {
                let keep = page.number < number;
                if !keep {
                    replaced.push(page.id);
                }
                keep
            });
        }
        self.pages.push(JobPage { id, number, complete });
        replaced
    }

    /// The number in the job of a page that a person leaves out by deleting it: the one that is arriving, or that
    /// has just ended.
    pub(super) fn left_out_with(&self, pages: &[PageId]) -> Option<(u32, PageId)> {
        let newest = match &self.page {
            Some(arriving) => Some((self.number, arriving.id)),
            None => self.pages.last().map(|page| (page.number, page.id)),
        };
        newest.filter(|(_, id)| pages.contains(id))
    }

    /// Its pages that count, in order.
    pub(super) fn page_ids(&self) -> Vec<PageId> {
        self.pages.iter().map(|page| page.id).collect()
    }

    /// Complete pages so far.
    pub(super) fn complete(&self) -> u32 {
        self.pages.iter().filter(|page| page.complete).count() as u32
    }

    /// What is left of the job.
    pub(super) fn report(&self, transfer: TransferId, end: JobEnd) -> JobReport {
        let complete = self.complete();
        let partial = self.pages.len() as u32 - complete;
        JobReport { transfer, end, complete, partial, skipped: self.skipped, beyond: self.beyond }
    }
}
