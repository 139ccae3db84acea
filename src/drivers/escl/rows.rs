//! Raw rows whose length nothing tells in advance: they are held until the device can be asked.
//!
//! A page is announced with the layout of its rows, and a device may pad them (eSCL reference, 4.2). One
//! that says so only after the page costs the live view of its first page; later ones are known.

use super::device::{PAGES, PROBE_LIMIT};
use super::page::{Page, page_info, plausible_layout, row_layout};
use super::source::{JobSource, OpenPage, State, Step};
use super::status::ImageInfo;
use crate::http::{Head, Lane, Request, Response};
use crate::minidriver::{Condition, DeviceFailure, PageFormat};
use crate::raster::RowLayout;

/// Raw rows that are held back until the device can be asked how long a row is.
const HOLD_LIMIT: usize = 32 << 20;
/// Raw rows whose layout is not known yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) head: Head,
    pub(super) bytes: Vec<u8>,
    pub(super) ended: bool,
}

impl JobSource<'_> {
    pub(super) fn announce(
        &mut self,
        lane: Lane,
        head: Head,
        first: Vec<u8>,
        format: PageFormat,
        ended: bool,
    ) -> Result<Step, DeviceFailure> {
        let plan = self.plan()?;
        let (_, area) = self.asked(plan);
        let info = page_info(plan, area, format, &head);
        let mut page = Page::new(&info, plan.source);
        page.feed(&first);
        self.page = Some(OpenPage { lane, page, first, ended });
        self.state = State::Awaited(lane);
        Ok(Step::Page(info))
    }

    /// Takes in raw rows until they are all there or too many to wait for.
    pub(super) fn hold(&mut self, lane: Lane) -> Result<Step, DeviceFailure> {
        let client = self.device.connection.client()?;
        client.take_body(lane, &mut self.held.bytes);
        if client.exchange(lane).is_some_and(|exchange| exchange.is_complete()) {
            client.finish(lane);
            self.device.left.paging = None;
            self.held.ended = true;
            self.state = State::Measure;
            return Ok(Step::On);
        }
        if self.held.bytes.len() < HOLD_LIMIT && client.exchange(lane).is_some() {
            match self.listen(lane) {
                Ok(None) => return Ok(Step::Wait),
                Ok(Some(failure)) => tracing::info!(%failure, "while rows were held"),
                // What came is delivered; reading on meets the failure again.
                Err(failure) if failure.condition != Condition::Offline => {
                    tracing::info!(%failure, "while rows were held");
                }
                Err(failure) => return Err(failure),
            }
        }
        self.release_held(lane, None)
    }

    pub(super) fn send_measure_question(&mut self) -> Result<Step, DeviceFailure> {
        let path = self.device.left.path.clone().unwrap_or_default();
        let lane = self.device.free_lane().unwrap_or(PAGES);
        self.send(lane, &Request::get(format!("{path}/ScanImageInfo")), PROBE_LIMIT)
    }

    pub(super) fn measured(&mut self, response: &Response) -> Result<Step, DeviceFailure> {
        let plan = self.plan()?;
        let (mode, area) = self.asked(plan);
        let told = (response.head.status == 200)
            .then(|| ImageInfo::parse(&response.body).ok())
            .flatten()
            .and_then(|info| plausible_layout(info.width, info.bytes_per_line, plan, mode, area));
        let layout = told.or_else(|| row_layout(plan, mode, area, None, Some(self.held.bytes.len() as u64)));
        if let Some(layout) = told {
            let width = area.width.pixels(plan.dpi);
            self.device.learned.set(mode, width, layout);
        }
        self.release_held(PAGES, layout)
    }

    fn release_held(&mut self, lane: Lane, layout: Option<RowLayout>) -> Result<Step, DeviceFailure> {
        let plan = self.plan()?;
        let (mode, area) = self.asked(plan);
        let layout = layout.unwrap_or(RowLayout::packed(area.width.pixels(plan.dpi), mode.pixels()));
        let Held { head, bytes, ended } = std::mem::take(&mut self.held);
        self.announce(lane, head, bytes, PageFormat::Rows(layout), ended)
    }
}
