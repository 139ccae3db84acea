//! The `minidriver` module deals with the *contract between a scanner driver and the application*,
//! in the sense of Windows Image Acquisition (transfer model reference, parts 1 to 12). It must not
//! know any protocol, any application and any file.
//!
//! # How to write a driver
//!
//! A driver is two things. A [`PageSource`] is its protocol, pulled step by step: is there a page
//! ([`PageSource::next_page`]), its next bytes ([`PageSource::read_band`]), is the trouble over
//! ([`PageSource::resume`]), the end ([`PageSource::finish`]). A [`MiniDriver`] is what the broker
//! calls: who the device is, [`MiniDriver::lock`] and [`MiniDriver::unlock`] around every use,
//! [`MiniDriver::acquire`] for a transfer, [`MiniDriver::settle`] after one that did not end by itself.
//!
//! No protocol writes the loop over pages. [`deliver_pages`] asks for streams, writes, reports and
//! listens, so that *skip*, *cancel*, a full disk, the number of pages and one stream for several of
//! them are right in every driver. What is left to a driver:
//!
//! - Each call of a source returns within half a second or so; what takes longer is
//!   [`PageWait::Waiting`] or [`BandRead::Tick`]. So a cancel is heard although nothing comes.
//! - [`CancelIo`] takes the events that come on any thread and wakes the wait; a source that finds its
//!   transfer cancelled says so, and asks nothing more of the device. What the device still needs is
//!   done in `settle`.
//! - After [`PnpEvent::Disconnected`] nothing is asked of the device until `lock` opens it again: a USB port that is
//!   wrapped in [`crate::usb::UntilGone`] sees to that.
//! - Trouble is a [`DeviceFailure`]: a [`Condition`] for people and a detail for the log. Whether
//!   somebody is asked about it is not the driver's business.
//! - A panic ends its call and nothing else; the broker gives the lock back.
//!
//! A whole driver, and a page through it (its description of the glass, the job and an application that
//! keeps the page in memory are in the source):
//!
//! ```
//! # use std::io::SeekFrom;
//! # use std::sync::{Arc, Mutex};
//! #
//! # use lightbar::clock::{Signal, SystemClock, Waker};
//! # use lightbar::minidriver::*;
//! # use lightbar::raster::{PixelFormat, RowLayout};
//! # use lightbar::transfer::{Answer, Broker, NextStream, TransferCallback, TransferMessage};
//! # use lightbar::units::{Area, Dpi, Length};
//! #
//! /// A device with one sheet on its glass: four rows of four gray pixels.
//! struct Tiny {
//!     info: DeviceInfo,
//!     glass: [Item; 1],
//!     cancel: Arc<CancelIo>,
//! }
//!
//! const LAYOUT: RowLayout = RowLayout { width: 4, format: PixelFormat::Gray8, stride: 4 };
//!
//! /// The protocol: what the device does next. It knows nothing of streams, messages and pages skipped.
//! struct Protocol<'a> {
//!     tiny: &'a Tiny,
//!     transfer: &'a TransferContext,
//!     rows: std::ops::Range<u8>,
//! }
//!
//! impl PageSource for Protocol<'_> {
//!     fn next_page(&mut self) -> Result<PageWait, DeviceFailure> {
//!         Ok(PageWait::Page(PageInfo {
//!             item: "Flatbed".into(), full_name: ItemCategory::Flatbed.full_name(),
//!             number: 1, side: Side::Front, // as the loop counts
//!             format: PageFormat::Rows(LAYOUT),
//!             dpi: self.transfer.job.dpi, area: self.transfer.job.areas[0],
//!             expected_width: 4, expected_rows: Some(4), expected_bytes: Some(16),
//!         }))
//!     }
//!     fn read_band(&mut self, band: &mut Vec<u8>) -> Result<BandRead, DeviceFailure> {
//!         if self.tiny.cancel.is_cancelled(self.transfer.id) { return Ok(BandRead::Cancelled) }
//!         let Some(row) = self.rows.next() else { return Ok(BandRead::EndOfPage) };
//!         band.extend_from_slice(&[row; 4]);
//!         Ok(BandRead::Band)
//!     }
//!     fn resume(&mut self) -> Result<Resumed, DeviceFailure> { Ok(Resumed::PageAgain) }
//!     fn finish(&mut self) {}
//! }
//!
//! impl MiniDriver for Tiny {
//!     fn device(&self) -> &DeviceInfo { &self.info }
//!     fn items(&self) -> &[Item] { &self.glass }
//!     fn notifications(&self) -> Arc<dyn Notifications> { Arc::clone(&self.cancel) as Arc<dyn Notifications> }
//!     fn lock(&mut self) -> Result<(), DriverError> { Ok(()) }
//!     fn unlock(&mut self) {}
//!     fn acquire(&mut self, transfer: &TransferContext, callback: &mut dyn MiniDriverCallback)
//!         -> Result<AcquireEnd, AcquireError> {
//!         deliver_pages(&mut Protocol { tiny: self, transfer, rows: 0..4 }, &transfer.job, callback)
//!     }
//!     fn settle(&mut self) -> Settled { Settled::Ready }
//!     fn feeder_state(&mut self, _: TransferId) -> Result<FeederState, DriverError> { Ok(FeederState::Unknown) }
//!     fn release(&mut self) {}
//! }
//!
//! # /// The application: keeps the page in memory.
//! # #[derive(Clone, Default)]
//! # struct Page(Arc<Mutex<Vec<u8>>>);
//! #
//! # impl PageStream for Page {
//! #     fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
//! #         self.0.lock().unwrap().extend_from_slice(bytes);
//! #         Ok(bytes.len())
//! #     }
//! #     fn seek(&mut self, _: SeekFrom) -> Result<u64, StreamError> {
//! #         Ok(self.0.lock().unwrap().len() as u64)
//! #     }
//! #     fn set_len(&mut self, length: u64) -> Result<(), StreamError> {
//! #         self.0.lock().unwrap().resize(length as usize, 0);
//! #         Ok(())
//! #     }
//! # }
//! #
//! # impl TransferCallback for Page {
//! #     fn next_stream(&mut self, _: &PageInfo) -> NextStream {
//! #         NextStream::Stream(Box::new(self.clone()))
//! #     }
//! #     fn message(&mut self, _: &TransferMessage) -> Answer {
//! #         Answer::Continue
//! #     }
//! # }
//! #
//! # let surface = Surface {
//! #     min_width: Length::from_mm(1),
//! #     min_height: Length::from_mm(1),
//! #     max_width: Length::from_mm(216),
//! #     max_height: Length::from_mm(297),
//! #     justification: Justification::Left,
//! # };
//! # let gray = Combination {
//! #     mode: ColorMode::Gray,
//! #     format: OfferedFormat::Rows,
//! #     resolutions: Resolutions::List(vec![Dpi(100)]),
//! # };
//! # let glass = Item {
//! #     name: "Flatbed".into(),
//! #     full_name: ItemCategory::Flatbed.full_name(),
//! #     category: ItemCategory::Flatbed,
//! #     surface,
//! #     combinations: vec![gray],
//! #     feeder: None,
//! # };
//! let tiny = Tiny {
//!     info: DeviceInfo { name: "Tiny".into(), manufacturer: None, serial: None },
//!     glass: [glass],
//!     cancel: CancelIo::new(Waker::from(Signal::new())),
//! };
//! let broker = Broker::new(Box::new(tiny), SystemClock::start());
//! # let job = ScanJob {
//! #     source: Source::Flatbed,
//! #     mode: ColorMode::Gray,
//! #     dpi: Dpi(100),
//! #     sides: Sides::default(),
//! #     format: None,
//! #     areas: vec![Area::of_size(Length::from_mm(1), Length::from_mm(1))],
//! #     pages: PageLimit::All,
//! #     streams: Streams::PerPage,
//! #     on_multi_feed: OnMultiFeed::Fail,
//! # };
//! let mut page = Page::default();
//! assert_eq!(broker.download(broker.prepare(job), &mut page), Ok(AcquireEnd::Completed));
//! assert_eq!(*page.0.lock().unwrap(), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
//! ```
//!
//! What happens between `download` and these calls is told in [`crate::transfer`]; which tests prove
//! which rule stands in `docs/conformance.md`.

mod callback;
mod code;
mod condition;
mod driver;
mod event;
mod handler;
mod item;
mod job;
pub mod legacy;
mod page;
mod page_loop;
pub mod property;

pub use callback::{DriverMessage, Flow, MiniDriverCallback, PageStream, StreamError, StreamGrant};
pub use code::{Code, Recovery};
pub use condition::{Condition, DeviceFailure};
pub use driver::{
    AcquireEnd, AcquireError, CancelIo, DeviceInfo, DriverError, FeederState, MiniDriver, Notifications, PnpEvent,
    Settled, TransferContext, TransferId, Unusable,
};
pub use event::{Button, DeviceEvent, PressedButton};
pub use handler::{ErrorHandler, HandlerAnswer};
pub use item::{
    ColorMode, Combination, Duplex, Feeder, Item, ItemCategory, Justification, OfferedFormat, ROOT_PATH, Resolutions,
    Surface,
};
pub use job::{OnMultiFeed, PageLimit, ScanJob, Sides, Source, Streams};
pub use page::{PageFormat, PageInfo, Side};
pub use page_loop::{BandRead, DrawnAhead, PageSource, PageWait, Resumed, deliver_pages};
