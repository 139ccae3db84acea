//! Who is asked about a delay or a problem at the device (reference, part 11).

use crate::units::Percent;

use super::{Code, DeviceFailure};

/// One of the handlers that a device status is put before: the application's, the driver's, the default one.
///
/// A handler decides by the condition, not by time: what it handled once it goes on handling.
#[doc(alias = "IWiaAppErrorHandler")]
pub trait ErrorHandler {
    /// Takes a status. For a problem (a code that is a failure) the answer may wait for a person;
    /// for a delay it shows a notice and answers at once, and the same status comes again with a
    /// growing percent for as long as the delay lasts.
    #[doc(alias = "ReportStatus")]
    fn report_status(&mut self, failure: &DeviceFailure, percent: Percent) -> HandlerAnswer;

    /// The notice shown for the last delay can go. Called on a handler that shows one, and on no other (R41).
    #[doc(alias = "WIA_STATUS_CLEAR")]
    fn clear(&mut self) {}
}

/// What a handler answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandlerAnswer {
    /// A delay is shown; the cause of a problem is put right, and the driver is to look again (`S_OK`).
    Handled,
    /// The next handler is to be asked.
    NotHandled,
    /// The person cancelled (`S_FALSE`), whatever the status was (R40).
    Cancel,
    /// Any code: a failure ends the transfer with it; another success counts as handled.
    Code(Code),
}

impl From<Code> for HandlerAnswer {
    fn from(code: Code) -> HandlerAnswer {
        match code {
            Code::S_OK => HandlerAnswer::Handled,
            Code::S_FALSE => HandlerAnswer::Cancel,
            Code::STATUS_NOT_HANDLED => HandlerAnswer::NotHandled,
            other => HandlerAnswer::Code(other),
        }
    }
}
