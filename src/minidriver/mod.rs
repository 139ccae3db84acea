//! The `minidriver` module deals with the *contract between a scanner driver and the application*,
//! in the sense of Windows Image Acquisition (transfer model reference, parts 1 to 12).
//!
//! A driver implements [`MiniDriver`]. While a transfer runs it asks for streams and sends messages
//! through [`MiniDriverCallback`]; the answers can end the job. No protocol writes the loop over
//! pages: it implements [`PageSource`], and [`deliver_pages`] does the rest.
//!
//! This module must not know any protocol, any application and any file.

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
    ColorMode, Combination, Duplex, Feeder, Item, ItemCategory, Justification, OfferedFormat, Resolutions, Surface,
};
pub use job::{OnMultiFeed, PageLimit, ScanJob, Source, Streams};
pub use page::{PageFormat, PageInfo, Side};
pub use page_loop::{BandRead, DrawnAhead, PageSource, PageWait, Resumed, deliver_pages};
