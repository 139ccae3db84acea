//! A driver of the older model as a driver of this program, and the loop that calls it once per page.

use std::sync::Arc;

use crate::clock::Waker;
use crate::minidriver::legacy::{LegacyContext, LegacyMedium, LegacyMiniDriver};
use crate::minidriver::property::{BatchError, Change, Format, PropertyRules, StandardRules, keys};
use crate::minidriver::{
    AcquireEnd, AcquireError, CancelIo, Code, Condition, DeviceEvent, DeviceFailure, DeviceInfo, DriverError,
    FeederState, Item, ItemCategory, MiniDriver, MiniDriverCallback, Notifications, OfferedFormat, OnMultiFeed,
    PageFormat, PageInfo, PageLimit, PnpEvent, PressedButton, ScanJob, Settled, Source, Streams, TransferContext,
    TransferId, Unusable,
};
use crate::units::Area;

use super::super::outcome::guarded;
use super::items::items_of;
use super::outlet::{Outlet, Stop};
use super::receiver::Receiver;

/// The band buffer when the driver does not say, and the largest it gets, in bytes.
const USUAL_BUFFER: u32 = 64 << 10;
const LARGEST_BUFFER: u32 = 16 << 20;
/// The header of a memory bitmap, without its palette, in bytes.
const INFO_HEADER: u64 = 40;

/// See the module.
pub struct BridgedDriver<L: LegacyMiniDriver> {
    driver: L,
    info: DeviceInfo,
    items: Vec<Item>,
    buffer_size: u32,
    cancel: Arc<CancelIo>,
    notifications: Arc<dyn Notifications>,
    /// Where the last transfer took its pages from.
    last_source: Option<ItemCategory>,
}

impl<L: LegacyMiniDriver> BridgedDriver<L> {
    /// Puts the layer over a driver.
    ///
    /// # Errors
    /// The driver is none that can be bridged: its device has neither a flatbed nor a feeder, or it leaves
    /// out a property that it must have (reference, 13).
    pub fn new(driver: L) -> Result<BridgedDriver<L>, DriverError> {
        let asked = guarded("properties", || (driver.device().clone(), driver.properties(), driver.notifications()));
        let (info, properties, driver_notifications) = asked.map_err(|panic| {
            tracing::error!(%panic, "opening a driver of the older model");
            DriverError::Unusable(Unusable::DriverPanicked)
        })?;
        let items = items_of(&properties).map_err(DriverError::Unusable)?;
        let buffer_size = properties.buffer_size.unwrap_or(USUAL_BUFFER).clamp(USUAL_BUFFER, LARGEST_BUFFER);
        // Nothing waits here: the driver's own notifications wake what does.
        let cancel = CancelIo::new(Waker::new(|| {}));
        let notifications = Arc::new(Both { cancel: Arc::clone(&cancel), driver: driver_notifications });
        Ok(BridgedDriver { driver, info, items, buffer_size, cancel, notifications, last_source: None })
    }

    /// One page per call until the number is reached or there is no more paper (reference, 12 and 13).
    fn deliver_pages(
        &mut self,
        transfer: &TransferContext,
        callback: &mut dyn MiniDriverCallback,
    ) -> Result<AcquireEnd, AcquireError> {
        let job = &transfer.job;
        let cancel = Arc::clone(&self.cancel);
        let mut outlet = Outlet::new(callback, &cancel, transfer.id, job.streams);
        let limit = job.limit();
        let mut pages = 0;
        loop {
            if limit.is_reached_by(pages) {
                if job.source != Source::Flatbed {
                    self.driver.stop_feeder();
                }
                return closed(&mut outlet, AcquireEnd::Completed);
            }
            match self.deliver_page(transfer, &mut outlet, pages)? {
                PageEnd::Page => pages += 1,
                PageEnd::LastPage => return closed(&mut outlet, end_of_paper(limit, pages + 1)),
                PageEnd::NoPaper if pages == 0 => {
                    return Err(Condition::PaperEmpty.with("no sheet in the feeder").into());
                }
                PageEnd::NoPaper => return closed(&mut outlet, end_of_paper(limit, pages)),
                PageEnd::Enough => return closed(&mut outlet, AcquireEnd::Completed),
                // Its stream is given up: half a page is not said to be whole (R33).
                PageEnd::EnoughInMidPage => return Ok(AcquireEnd::Completed),
                PageEnd::Cancelled => return Ok(AcquireEnd::Cancelled),
            }
        }
    }

    /// One call of the driver.
    fn deliver_page(
        &mut self,
        transfer: &TransferContext,
        outlet: &mut Outlet<'_>,
        page: u32,
    ) -> Result<PageEnd, AcquireError> {
        if let Some(stop) = outlet.stop() {
            return stopped(stop);
        }
        let job = one_page_of(&transfer.job, page)?;
        let written = self.driver.write_properties(&job);
        if written.is_failure() {
            return Err(self.failure(written, 0).into());
        }
        let mut context = self.context(transfer, &job, page)?;
        let info = page_info(&transfer.job, &job, &context, &self.items);
        let mut receiver = Receiver::new(outlet, info, context.medium, context.buffer_size);
        let code = self.driver.acquire(&mut context, &mut receiver);
        let came = receiver.has_data() || !context.file.is_empty();
        let complete = code == Code::S_OK || (code == Code::STATUS_END_OF_MEDIA && came);
        if complete && receiver.stop().is_none() {
            return match receiver.complete(context.file) {
                Ok(()) if code == Code::S_OK => Ok(PageEnd::Page),
                Ok(()) => Ok(PageEnd::LastPage),
                Err(stop) => stopped(stop),
            };
        }
        receiver.break_off(&context.file);
        self.broken_off(outlet.stop(), code, came, &context, &job)
    }

    /// What it means that a call ended without a complete page.
    fn broken_off(
        &self,
        stop: Option<Stop>,
        code: Code,
        came: bool,
        context: &LegacyContext,
        job: &ScanJob,
    ) -> Result<PageEnd, AcquireError> {
        match (stop, code) {
            (Some(stop @ (Stop::Broken(_) | Stop::Gone)), _) => stopped(stop),
            (Some(stop), _) if !code.is_failure() || code == stop.answer() || code.is_abort() => stopped(stop),
            (_, Code::S_FALSE) => Ok(PageEnd::Cancelled),
            (_, Code::ERROR_PAPER_EMPTY | Code::STATUS_END_OF_MEDIA) if !came => Ok(PageEnd::NoPaper),
            (_, Code::ERROR_MULTI_FEED) if job.on_multi_feed == OnMultiFeed::End => {
                Ok(if came { PageEnd::EnoughInMidPage } else { PageEnd::Enough })
            }
            (_, failure) if failure.is_failure() => Err(self.failure(failure, context.device_error).into()),
            (_, other) => {
                tracing::warn!(%other, "no way to end a page");
                stopped(Stop::Broken("an ending that means nothing"))
            }
        }
    }

    /// What a driver ended with, its number unchanged. What the program has no sentence for is told in the
    /// driver's own words; without any, and with 0, which is no error, there is nothing to add.
    fn failure(&self, code: Code, device_error: i32) -> DeviceFailure {
        let words = (device_error != 0).then(|| self.driver.device_error_string(device_error)).flatten();
        match (Condition::of(code), words) {
            (Condition::Other(_) | Condition::General, Some(words)) => Condition::Other(code).with(words),
            (condition, Some(words)) => condition.with(format!("device error {device_error}: {words}")),
            (condition @ Condition::Other(_), None) => condition.with(""),
            (condition, None) if device_error == 0 => condition.with(""),
            (condition, None) => condition.with(format!("device error {device_error}")),
        }
    }

    /// What the driver is told of a page before its acquire call.
    fn context(&self, transfer: &TransferContext, job: &ScanJob, page: u32) -> Result<LegacyContext, AcquireError> {
        let format = match job.format {
            None | Some(OfferedFormat::Rows) => Format::MemoryBmp,
            Some(OfferedFormat::Jpeg) => Format::Jpeg,
            Some(OfferedFormat::Png) => Format::Png,
            Some(OfferedFormat::Tiff) => Format::Tiff,
        };
        let medium = if format == Format::MemoryBmp { LegacyMedium::Callback } else { LegacyMedium::File };
        let area = area_of(job);
        let (width, lines, depth) = (area.width.pixels(job.dpi), area.height.pixels(job.dpi), job.mode.pixels().bits());
        let row_bytes = (width as usize * depth as usize).div_ceil(32) * 4;
        let image_size = row_bytes as u64 * u64::from(lines);
        let colors = if depth <= 8 { 4_u64 << depth } else { 0 };
        let item_size = match medium {
            LegacyMedium::Callback => INFO_HEADER + colors + image_size,
            LegacyMedium::File => self.driver.item_size(),
        };
        let buffer_size = self.buffer_size as usize;
        let buffer = match medium {
            LegacyMedium::Callback => buffer_size,
            LegacyMedium::File => usize::try_from(item_size).unwrap_or(usize::MAX),
        };
        if buffer > LegacyContext::LARGEST_FILE {
            return Err(Condition::Other(Code::E_OUTOFMEMORY).with("").into());
        }
        Ok(LegacyContext {
            transfer: transfer.id,
            page,
            format,
            medium,
            width,
            lines,
            depth,
            x_resolution: job.dpi,
            y_resolution: job.dpi,
            row_bytes,
            image_size,
            item_size,
            buffer_size,
            buffer: vec![0; buffer],
            device_error: 0,
            file: Vec::new(),
        })
    }
}

/// What came of one call of the driver.
enum PageEnd {
    Page,
    /// A page, after which the driver knows of no further one.
    LastPage,
    /// No page, because there is no paper.
    NoPaper,
    /// The job is to end well with the pages before.
    Enough,
    /// The same, with half of a page delivered.
    EnoughInMidPage,
    Cancelled,
}

/// The job is over for this reason.
fn stopped(stop: Stop) -> Result<PageEnd, AcquireError> {
    match stop {
        Stop::Cancelled => Ok(PageEnd::Cancelled),
        Stop::Application(code) => Err(AcquireError::Application(code)),
        Stop::Gone => Err(Condition::Offline.with("unplugged").into()),
        Stop::Broken(how) => {
            tracing::error!(how, "the driver broke the contract");
            Err(Condition::Other(Code::ERROR_INVALID_DRIVER_RESPONSE).with(how).into())
        }
    }
}

/// The job ended by itself.
fn closed(outlet: &mut Outlet<'_>, end: AcquireEnd) -> Result<AcquireEnd, AcquireError> {
    match outlet.close() {
        Ok(()) => Ok(end),
        Err(stop) => stopped(stop).map(|_| AcquireEnd::Cancelled),
    }
}

fn end_of_paper(limit: PageLimit, pages: u32) -> AcquireEnd {
    match limit {
        PageLimit::Count(_) if !limit.is_reached_by(pages) => AcquireEnd::EndOfMedia,
        PageLimit::All | PageLimit::Count(_) => AcquireEnd::Completed,
    }
}

/// The settings of one call: PAGES is 1 (reference, 13), and of several areas it is this page's.
fn one_page_of(job: &ScanJob, page: u32) -> Result<ScanJob, AcquireError> {
    let index = if job.source == Source::Flatbed { page as usize } else { 0 };
    let area = job.areas.get(index).ok_or_else(|| Condition::Refused.with("no area"))?;
    Ok(ScanJob {
        areas: vec![*area],
        pages: PageLimit::from_pages(1),
        streams: Streams::PerPage,
        format: Some(job.format.unwrap_or(OfferedFormat::Rows)),
        ..job.clone()
    })
}

fn area_of(job: &ScanJob) -> Area {
    job.areas.first().copied().unwrap_or_default()
}

fn page_info(whole: &ScanJob, job: &ScanJob, context: &LegacyContext, items: &[Item]) -> PageInfo {
    let category = whole.source.category();
    let item = items.iter().find(|item| item.category == category);
    let format = match job.format {
        Some(format) => format.of_page(job.mode, context.width),
        None => PageFormat::Rows(crate::raster::RowLayout::packed(context.width, job.mode.pixels())),
    };
    PageInfo {
        item: item.map(|item| item.name.clone()).unwrap_or_default(),
        full_name: item.map(|item| item.full_name.clone()).unwrap_or_default(),
        number: context.page + 1,
        side: whole.side_of(context.page),
        format,
        dpi: job.dpi,
        area: area_of(job),
        expected_width: context.width,
        expected_rows: Some(context.lines),
        expected_bytes: None,
    }
}

impl<L: LegacyMiniDriver> MiniDriver for BridgedDriver<L> {
    fn device(&self) -> &DeviceInfo {
        &self.info
    }

    fn items(&self) -> &[Item] {
        &self.items
    }

    fn property_rules(&self) -> Arc<dyn PropertyRules> {
        Arc::new(BridgedRules { buffer_size: i32::try_from(self.buffer_size).unwrap_or(i32::MAX) })
    }

    fn notifications(&self) -> Arc<dyn Notifications> {
        Arc::clone(&self.notifications)
    }

    fn events(&self) -> Vec<DeviceEvent> {
        let buttons = self.driver.buttons().into_iter().map(DeviceEvent::Button);
        DeviceEvent::of_items(&self.items).into_iter().chain(buttons).collect()
    }

    fn take_button(&mut self) -> Option<PressedButton> {
        self.driver.take_button()
    }

    fn lock(&mut self) -> Result<(), DriverError> {
        self.driver.lock()?;
        self.cancel.is_back();
        Ok(())
    }

    fn unlock(&mut self) {
        self.driver.unlock();
    }

    fn acquire(
        &mut self,
        transfer: &TransferContext,
        callback: &mut dyn MiniDriverCallback,
    ) -> Result<AcquireEnd, AcquireError> {
        let source = transfer.job.source.category();
        if self.last_source.replace(source).is_some_and(|last| last != source) {
            self.driver.reset_properties();
        }
        self.deliver_pages(transfer, callback)
    }

    fn is_at_rest(&self) -> bool {
        self.driver.is_at_rest()
    }

    fn settle(&mut self) -> Settled {
        self.driver.settle()
    }

    fn feeder_state(&mut self, _question: TransferId) -> Result<FeederState, DriverError> {
        self.driver.feeder_state()
    }

    fn release(&mut self) {
        self.driver.release();
    }
}

/// Events go to the layer's own latch first, then to the driver.
struct Both {
    cancel: Arc<CancelIo>,
    driver: Arc<dyn Notifications>,
}

impl Notifications for Both {
    fn notify(&self, event: PnpEvent) {
        self.cancel.notify(event);
        self.driver.notify(event);
    }

    fn bytes_received(&self) -> u64 {
        self.driver.bytes_received()
    }
}

/// The rules that follow from the items, with the driver's own buffer.
struct BridgedRules {
    buffer_size: i32,
}

impl PropertyRules for BridgedRules {
    fn validate(&self, item: &Item, change: &mut Change<'_>) -> Result<(), BatchError> {
        StandardRules::default().validate(item, change)?;
        change.store().publish(keys::BUFFER_SIZE, &self.buffer_size);
        Ok(())
    }
}
