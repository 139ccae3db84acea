//! What an application of the older model hears of the device itself (reference, part 13).

use crate::minidriver::{Condition, DeviceFailure, HandlerAnswer};

use super::super::callback::{Answer, Stop};

/// Who a status is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusSource {
    /// Data are on their way (`TO_CLIENT`).
    ToClient,
    /// The device is busy with itself (`FROM_DEVICE`).
    FromDevice,
}

/// Of all that a device says, the older model knows delays alone. `tell` tells one as a status from the device, by
/// whose answer the application can cancel; the rest is left to the other handlers.
pub(super) fn told_as_status(failure: &DeviceFailure, tell: impl FnOnce() -> Answer) -> HandlerAnswer {
    if !matches!(failure.condition, Condition::WarmingUp | Condition::Calibrating) {
        return HandlerAnswer::NotHandled;
    }
    match tell().stop() {
        None => HandlerAnswer::Handled,
        Some(Stop::Cancelled) => HandlerAnswer::Cancel,
        Some(Stop::Failed(code)) => HandlerAnswer::Code(code),
    }
}
