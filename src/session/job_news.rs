//! What device threads and the search for devices have to tell, and what follows from it.

use crate::clock::Clock;
use crate::document::{Arrival, PageFacts, PageId};
use crate::minidriver::{DeviceEvent, FeederState, Settled, TransferId};

use super::chosen::Chosen;
use super::core::Core;
use super::device_list::{ForTheDevice, ListNews};
use super::device_thread::{News, Order};
use super::job::{ArrivingPage, Job};
use super::{Event, JobEnd, Matter};

impl Core {
    pub(super) fn hear(&mut self, news: News) {
        match news {
            News::Asked { device, result } => {
                if let Some(chosen) = self.chosen.as_mut().filter(|chosen| chosen.is(device)) {
                    let result = chosen.asked(result);
                    self.tell(Event::DeviceAsked(result));
                }
            }
            News::Feeder { device, state } => self.feeder(device, state),
            News::Device { device, event } => {
                if self.chosen.as_ref().is_some_and(|chosen| chosen.is(device)) {
                    if matches!(event, DeviceEvent::Button(_)) {
                        self.button_pressed();
                    }
                    self.tell(Event::Device(event));
                }
            }
            News::Began(transfer) => {
                if let Some(job) = &mut self.job {
                    job.transfer = Some(transfer);
                }
            }
            News::Phase(transfer, phase) => {
                if let Some(job) = self.job_of(transfer) {
                    job.phase = phase;
                }
            }
            News::PageBegan { transfer, head, sync, live, counters } => {
                let id = head.page;
                let (number, expected_rows) = (head.info.number, head.info.expected_rows);
                let place = self.job.as_ref().map_or(Arrival::AtEnd, |job| job.place);
                self.binder.page_began(&head, place, sync);
                let now = self.wall.now();
                if let Some(job) = self.job_of(transfer) {
                    job.number = number;
                    if job.place != Arrival::AtEnd {
                        job.place = Arrival::Behind(id);
                    }
                    job.page = Some(ArrivingPage { id, live, expected_rows, counters });
                    job.meter.restart(now);
                }
                self.tell(Event::PageBegan(transfer, id));
            }
            News::PageEnded { transfer, page, number, facts } => self.page_ended(transfer, page, number, facts),
            News::PageSkipped(transfer, number) => {
                if let Some(job) = self.job_of(transfer) {
                    job.skipped += 1;
                    job.number = number + 1;
                    self.left_out.skipped(number);
                }
                self.tell(Event::PageSkipped(transfer, number));
            }
            News::Paused { transfer, failure } => {
                if let Some(job) = self.job_of(transfer) {
                    job.paused = Some(failure.clone());
                }
                self.tell(Event::Paused(transfer, failure));
            }
            News::Resumed(transfer) => {
                if let Some(job) = self.job_of(transfer) {
                    job.paused = None;
                }
            }
            News::Remark(remark) => self.remark(remark),
            News::Ended(transfer, end) => self.job_ended(transfer, end),
            News::Rested(transfer, settled) => self.job_rested(transfer, settled),
        }
    }

    /// The job a message means; late messages mean none.
    fn job_of(&mut self, transfer: TransferId) -> Option<&mut Job> {
        self.job.as_mut().filter(|job| job.is(transfer))
    }

    fn feeder(&mut self, device: u64, state: FeederState) {
        if let Some(chosen) = self.chosen.as_mut().filter(|chosen| chosen.is(device)) {
            chosen.set_feeder(state);
        }
    }

    fn page_ended(&mut self, transfer: TransferId, page: PageId, number: u32, seen: Option<PageFacts>) {
        let facts = self.binder.page_ended(page, seen);
        let complete = facts.is_some_and(|facts| facts.complete);
        let mut replaced = Vec::new();
        if let Some(job) = self.job_of(transfer) {
            if job.page.as_ref().is_some_and(|arriving| arriving.id == page) {
                job.page = None;
            }
            if facts.is_some() {
                replaced = job.page_over(page, number, complete);
            }
            if complete {
                job.number = number + 1;
            }
        }
        // Undoable: the partial page of a sheet that was fed again, and a page that nobody asked for,
        // stay within reach.
        self.binder.delete(replaced);
        self.replace_page(page, complete);
        self.tell(Event::PageEnded { transfer, page, complete });
    }

    fn job_ended(&mut self, transfer: TransferId, end: JobEnd) {
        let Some(job) = self.job_of(transfer) else { return };
        job.paused = None;
        job.page = None;
        let report = job.report(transfer, end.clone());
        job.end = Some(end);
        if let Some(job) = self.job.take() {
            self.job_pages_came(&job);
            self.job = Some(job);
        }
        self.notices.add(Matter::JobEnded(report.clone()));
        self.tell(Event::JobEnded(report));
    }

    fn job_rested(&mut self, transfer: TransferId, settled: Option<Settled>) {
        if self.job_of(transfer).is_some() {
            self.job = None;
        }
        if settled == Some(Settled::NotResponding) {
            self.notices.add(Matter::DeviceNotResponding);
        }
        self.tell(Event::Settled(transfer, settled));
    }

    pub(super) fn take_list(&mut self, news: ListNews) {
        let change = self.devices.take(news, self.chosen.as_ref().map(Chosen::id));
        if let (Some(chosen), Some(change)) = (&mut self.chosen, change) {
            match change {
                ForTheDevice::Gone => {
                    chosen.order(Order::Gone);
                }
                ForTheDevice::Called(id) => chosen.rename(id),
            }
        }
        self.tell(Event::DevicesChanged);
    }
}
