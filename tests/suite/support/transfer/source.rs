//! A protocol that plays a list of steps.

use std::collections::VecDeque;
use std::sync::Arc;

use lightbar::minidriver::{
    BandRead, CancelIo, Condition, DeviceFailure, DrawnAhead, PageFormat, PageInfo, PageSource, PageWait, Resumed,
    Side, TransferId,
};
use lightbar::units::{Area, Dpi, Percent};

use super::{Journal, Seen};

/// One thing that a device does next.
pub enum Step {
    /// A page comes.
    Page(ScriptedPage),
    /// Half a second passes before a page.
    Wait,
    /// The device is busy with itself.
    Delay(Condition, u8),
    /// Trouble between pages.
    Trouble(Condition),
    /// The device's own cancel button, between pages.
    CancelButton,
    /// A page that the device drew in beyond what was asked for.
    DrawnAhead(ScriptedPage),
    /// So many pages that the device drew in as well and does not deliver.
    PassesOn(u32),
}

/// A page: its bands, and what happens after which of them.
#[derive(Default)]
pub struct ScriptedPage {
    events: VecDeque<PageEvent>,
    expected_bytes: Option<u64>,
    expected_rows: Option<u32>,
    format: Option<PageFormat>,
}

enum PageEvent {
    Band(Vec<u8>),
    Tick,
    Trouble(Condition),
    CancelButton,
}

impl ScriptedPage {
    /// These bytes in bands of this size, their number not told in advance.
    pub fn of(bytes: &[u8], band: usize) -> ScriptedPage {
        let events = bytes.chunks(band.max(1)).map(|band| PageEvent::Band(band.to_vec())).collect();
        ScriptedPage { events, ..ScriptedPage::default() }
    }

    /// Rows without a header. `rows` is what the device expects, if it does.
    pub fn rows(layout: lightbar::raster::RowLayout, bytes: &[u8], rows: Option<u32>) -> ScriptedPage {
        ScriptedPage {
            format: Some(PageFormat::Rows(layout)),
            expected_rows: rows,
            ..ScriptedPage::of(bytes, layout.stride * 4)
        }
    }

    /// The device says how many bytes come.
    pub fn announced(mut self, bytes: u64) -> ScriptedPage {
        self.expected_bytes = Some(bytes);
        self
    }

    pub fn then_tick(self) -> ScriptedPage {
        self.then(PageEvent::Tick)
    }

    pub fn then_trouble(self, condition: Condition) -> ScriptedPage {
        self.then(PageEvent::Trouble(condition))
    }

    /// The device's own cancel button.
    pub fn then_cancel_button(self) -> ScriptedPage {
        self.then(PageEvent::CancelButton)
    }

    fn then(mut self, event: PageEvent) -> ScriptedPage {
        self.events.push_back(event);
        self
    }
}

/// See the module. When the steps are used up the feeder is empty.
pub struct ScriptedSource {
    steps: VecDeque<Step>,
    page: VecDeque<PageEvent>,
    journal: Journal,
    cancel: Option<(Arc<CancelIo>, TransferId)>,
    /// Answers of `resume`, in turn; then the page comes again.
    pub resumes: VecDeque<Result<Resumed, Condition>>,
}

impl ScriptedSource {
    pub fn new(steps: Vec<Step>, journal: &Journal) -> ScriptedSource {
        ScriptedSource {
            steps: steps.into(),
            page: VecDeque::new(),
            journal: journal.clone(),
            cancel: None,
            resumes: VecDeque::new(),
        }
    }

    /// As every protocol does: a cancel that came ends the next wait.
    pub fn cancelled_by(&mut self, cancel: Arc<CancelIo>, transfer: TransferId) {
        self.cancel = Some((cancel, transfer));
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(|(cancel, transfer)| cancel.is_cancelled(*transfer))
    }

    fn begin(&mut self, page: ScriptedPage) -> PageWait {
        self.page = page.events;
        PageWait::Page(PageInfo {
            item: "Feeder".into(),
            full_name: r"0000\Root\Feeder".into(),
            number: 0,
            side: Side::Front,
            format: page.format.unwrap_or(PageFormat::Jpeg),
            dpi: Dpi(100),
            area: Area::default(),
            expected_width: 100,
            expected_rows: page.expected_rows,
            expected_bytes: page.expected_bytes,
        })
    }
}

impl PageSource for ScriptedSource {
    fn next_page(&mut self) -> Result<PageWait, DeviceFailure> {
        if self.is_cancelled() {
            return Ok(PageWait::Cancelled);
        }
        Ok(match self.steps.pop_front() {
            None | Some(Step::PassesOn(_)) => PageWait::NoMorePages,
            Some(Step::Page(page) | Step::DrawnAhead(page)) => self.begin(page),
            Some(Step::Wait) => PageWait::Waiting,
            Some(Step::Delay(condition, percent)) => {
                PageWait::Delayed(condition.with("scripted"), Percent::new(percent))
            }
            Some(Step::Trouble(condition)) => return Err(condition.with("scripted")),
            Some(Step::CancelButton) => PageWait::CancelledAtDevice,
        })
    }

    fn read_band(&mut self, band: &mut Vec<u8>) -> Result<BandRead, DeviceFailure> {
        if self.is_cancelled() {
            return Ok(BandRead::Cancelled);
        }
        Ok(match self.page.pop_front() {
            None => BandRead::EndOfPage,
            Some(PageEvent::Band(bytes)) => {
                band.extend_from_slice(&bytes);
                BandRead::Band
            }
            Some(PageEvent::Tick) => BandRead::Tick,
            Some(PageEvent::Trouble(condition)) => return Err(condition.with("scripted")),
            Some(PageEvent::CancelButton) => BandRead::CancelledAtDevice,
        })
    }

    fn resume(&mut self) -> Result<Resumed, DeviceFailure> {
        match self.resumes.pop_front() {
            Some(Ok(resumed)) => Ok(resumed),
            Some(Err(condition)) => Err(condition.with("still")),
            None => Ok(Resumed::PageAgain),
        }
    }

    fn drawn_ahead(&mut self) -> Result<DrawnAhead, DeviceFailure> {
        Ok(match self.steps.front() {
            Some(Step::DrawnAhead(_)) => DrawnAhead::Page,
            Some(Step::PassesOn(pages)) => DrawnAhead::PassesOn(*pages),
            _ => DrawnAhead::Nothing,
        })
    }

    fn finish(&mut self) {
        self.journal.note(Seen::Finish);
    }
}
