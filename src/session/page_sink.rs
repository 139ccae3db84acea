//! The application's side of one transfer: takes pages into page files and tells the session thread.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use crossbeam_channel::Sender;

use crate::document::{DocumentFolder, OpenPage, Origin, PageId, PageIntake, encoding_of};
use crate::minidriver::{Code, Condition, DeviceFailure, ErrorHandler, HandlerAnswer, PageInfo, TransferId};
use crate::transfer::{Answer, NextStream, TransferCallback, TransferMessage};
use crate::units::Percent;

use super::device_thread::News;
use super::job_control::{JobControl, Reply};
use super::live_page::LivePage;
use super::preview::PageToShow;
use super::progress::Counters;
use super::{Phase, ProblemAnswer, Remark};

/// What a job needs to keep its pages.
#[derive(Clone)]
pub(super) struct JobDesk {
    /// The document's folder.
    pub(super) folder: Arc<DocumentFolder>,
    /// The device's name for commands.
    pub(super) device: String,
    /// The device's name for people.
    pub(super) device_name: String,
    /// The job's number within the document.
    pub(super) job: u64,
    /// Where pages are shown while they come; `None` without a window.
    pub(super) preview: Option<Sender<PageToShow>>,
    /// What other threads may say to the job.
    pub(super) control: JobControl,
    /// The way to the session thread.
    pub(super) news: Sender<News>,
}

/// One job's callback.
pub(super) struct PageSink {
    desk: JobDesk,
    transfer: TransferId,
    open: Option<Open>,
    phase: Phase,
}

struct Open {
    id: PageId,
    number: u32,
    page: PageIntake,
    counters: Arc<Counters>,
}

impl PageSink {
    pub(super) fn new(desk: JobDesk, transfer: TransferId) -> PageSink {
        PageSink { desk, transfer, open: None, phase: Phase::Starting }
    }

    fn tell(&self, news: News) {
        // The session thread lives longer than its device threads; without it nobody wants to know.
        let _ = self.desk.news.send(news);
    }

    fn set_phase(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.tell(News::Phase(self.transfer, phase));
        }
    }

    fn begin_page(&mut self, info: &PageInfo) -> Result<PageIntake, Code> {
        let began = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let origin = Origin {
            device: self.desk.device.clone(),
            device_name: self.desk.device_name.clone(),
            began,
            job: self.desk.job,
        };
        let (id, page) = self.desk.folder.begin_page(info.clone(), origin).map_err(|error| {
            tracing::error!(%error, "a page cannot be begun");
            error.code()
        })?;
        let counters = Arc::new(Counters::default());
        let live = self.desk.preview.as_ref().map(|preview| self.show(preview, info, &page, counters.clone()));
        let head = page.head();
        let sync = page.sync_handle();
        let counted = counters.clone();
        self.tell(News::PageBegan { transfer: self.transfer, head: Box::new(head), sync, live, counters: counted });
        let page = PageIntake::new(page);
        self.open = Some(Open { id, number: info.number, page: page.clone(), counters });
        Ok(page)
    }

    fn show(
        &self,
        preview: &Sender<PageToShow>,
        info: &PageInfo,
        page: &OpenPage,
        counters: Arc<Counters>,
    ) -> Arc<LivePage> {
        let live = Arc::new(LivePage::for_page(info.expected_width.max(1), info.likely_rows().max(1)));
        let page = PageToShow {
            info: info.clone(),
            encoding: encoding_of(&page.head()),
            tail: page.tail(),
            live: live.clone(),
            counters,
        };
        // A preview that is still busy with the page before goes without this one: the scanner never waits for it.
        if preview.try_send(page).is_err() {
            tracing::debug!("the preview is behind and leaves a page out");
        }
        live
    }

    /// Ends the page's file. What was not seen of the page as it came is found out on the session
    /// thread: a large page takes longer to look at than a cancelled job may take to end.
    fn end_page(&mut self, complete: bool) {
        let Some(open) = self.open.take() else { return };
        let facts = open.page.end(complete, None).unwrap_or_else(|error| {
            tracing::error!(%error, "the end of a page cannot be written");
            // The page counts as partial, and somebody will ask why.
            self.tell(News::Remark(Remark::DiskTrouble));
            None
        });
        self.tell(News::PageEnded { transfer: self.transfer, page: open.id, number: open.number, facts });
    }
}

impl TransferCallback for PageSink {
    fn next_stream(&mut self, page: &PageInfo) -> NextStream {
        self.set_phase(Phase::Receiving);
        if self.desk.control.takes_skip(page.number) {
            self.tell(News::PageSkipped(self.transfer, page.number));
            return NextStream::Skip;
        }
        match self.begin_page(page) {
            Ok(open) => NextStream::Stream(Box::new(open.stream())),
            Err(code) => NextStream::Code(code),
        }
    }

    fn message(&mut self, message: &TransferMessage) -> Answer {
        match message {
            TransferMessage::Status { percent, transferred } => {
                if let Some(open) = &self.open {
                    open.counters.bytes.store(*transferred, Ordering::Relaxed);
                    open.counters.whole.store(*percent == Percent::DONE, Ordering::Relaxed);
                }
            }
            TransferMessage::EndOfStream { complete } => self.end_page(*complete),
            TransferMessage::NewPage | TransferMessage::EndOfTransfer => {}
        }
        Answer::Continue
    }

    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        Some(self)
    }

    fn waiting_for_device(&mut self) {
        self.set_phase(Phase::WaitingForDevice);
    }
}

impl ErrorHandler for PageSink {
    fn report_status(&mut self, failure: &DeviceFailure, _percent: Percent) -> HandlerAnswer {
        match failure.condition {
            Condition::WarmingUp => self.set_phase(Phase::WarmingUp),
            Condition::Calibrating => self.set_phase(Phase::Calibrating),
            Condition::PagesPassedOn(pages) => self.tell(News::Remark(Remark::PagesPassedOn(pages))),
            _ if failure.condition.can_be_fixed_now() => return self.ask(failure),
            _ => return HandlerAnswer::NotHandled,
        }
        HandlerAnswer::Handled
    }

    fn clear(&mut self) {
        self.set_phase(if self.open.is_some() { Phase::Receiving } else { Phase::Starting });
    }
}

impl PageSink {
    /// Puts a problem before the person and waits for the answer or a stop.
    fn ask(&mut self, failure: &DeviceFailure) -> HandlerAnswer {
        self.desk.control.open_question();
        self.tell(News::Paused { transfer: self.transfer, failure: failure.clone() });
        match self.desk.control.wait_for_answer() {
            Reply::Answer(ProblemAnswer::Continue) => {
                self.tell(News::Resumed(self.transfer));
                HandlerAnswer::Handled
            }
            Reply::Answer(ProblemAnswer::Finish) => HandlerAnswer::Code(failure.condition.code()),
            Reply::Stopped => HandlerAnswer::Cancel,
        }
    }
}
