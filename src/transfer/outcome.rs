//! How a transfer ended: the result table of the reference, 7.1.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::minidriver::{AcquireEnd, AcquireError, Code, DriverError, Source};

use super::callback::Stop;

/// What a download returns. Cancelled and *fewer pages* are outcomes, not errors.
pub type Outcome = Result<AcquireEnd, TransferError>;

/// Why a download failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// Another transfer is running; it was not disturbed (R56).
    #[error("another transfer is running")]
    Busy,
    /// The device did not come to rest after an earlier transfer. Switching it off and on helps.
    #[error("the device is not at rest after an earlier transfer")]
    StillSettling,
    /// The device has no such source. Nothing was touched.
    #[error("the device has no source {0:?}")]
    NoSuchSource(Source),
    /// A job needs one area, on the flatbed one or more. Nothing was touched.
    #[error("{0} areas are not possible here")]
    WrongAreas(usize),
    /// More pages are asked for than go into one file, in a format with a page to a file. Nothing was touched.
    #[error("more than one page for a file of one page")]
    OnePageFile,
    /// The device could not be taken for this program.
    #[error("not locked: {0}")]
    Lock(#[source] DriverError),
    /// The job began and failed.
    #[error(transparent)]
    Acquire(#[from] AcquireError),
    /// The driver panicked. Scanning can be started again.
    #[error("the driver panicked: {0}")]
    DriverPanicked(String),
    /// The driver ended with a code that means nothing as an end.
    #[error("the driver ended with {0}")]
    InvalidDriverResponse(Code),
}

impl TransferError {
    /// The code as an application sees it.
    pub fn code(&self) -> Code {
        match self {
            TransferError::Busy | TransferError::StillSettling => Code::ERROR_BUSY,
            TransferError::NoSuchSource(_) | TransferError::WrongAreas(_) | TransferError::OnePageFile => {
                Code::E_INVALIDARG
            }
            TransferError::Lock(error) => error.code(),
            TransferError::Acquire(error) => error.code(),
            TransferError::DriverPanicked(_) => Code::ERROR_EXCEPTION_IN_DRIVER,
            TransferError::InvalidDriverResponse(_) => Code::ERROR_INVALID_DRIVER_RESPONSE,
        }
    }
}

/// The code of an outcome, for edges and logs.
pub fn outcome_code(outcome: &Outcome) -> Code {
    match outcome {
        Ok(end) => end.code(),
        Err(error) => error.code(),
    }
}

/// What acquire came to: its result, or the panic it ended with.
pub(super) type Returned = Result<Result<AcquireEnd, AcquireError>, DriverPanic>;

/// Whether the driver says that the job ended by itself and that it has done its closing work.
/// Otherwise the device has to be settled.
pub(super) fn ended_by_itself(returned: &Returned) -> bool {
    matches!(returned, Ok(Ok(AcquireEnd::Completed | AcquireEnd::EndOfMedia)))
}

/// The result table.
pub(super) fn outcome(stop: Option<Stop>, returned: Returned) -> Outcome {
    let own = match returned {
        Err(panic) => Err(TransferError::DriverPanicked(panic.0)),
        Ok(Ok(end)) => Ok(end),
        Ok(Err(error)) => own_result(error),
    };
    let overruled = match &own {
        Ok(_) | Err(TransferError::InvalidDriverResponse(_)) => true,
        Err(error) => error.code().is_abort(),
    };
    match stop {
        Some(Stop::Cancelled) if overruled => Ok(AcquireEnd::Cancelled),
        Some(Stop::Failed(code)) if overruled => Err(AcquireError::Application(code).into()),
        _ => own,
    }
}

/// An error whose code is a success is none, or is nonsense.
fn own_result(error: AcquireError) -> Outcome {
    match error.code() {
        Code::S_OK | Code::STATUS_SKIP_ITEM => Ok(AcquireEnd::Completed),
        Code::S_FALSE => Ok(AcquireEnd::Cancelled),
        Code::STATUS_END_OF_MEDIA => Ok(AcquireEnd::EndOfMedia),
        code if code.is_failure() => Err(error.into()),
        code => Err(TransferError::InvalidDriverResponse(code)),
    }
}

/// A panic caught at the border to a driver, with its message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct DriverPanic(pub(super) String);

/// Calls into a driver. A panic ends the call and nothing else: what the driver left half done is
/// its own, and the calls that follow (settle, unlock) are guarded in the same way.
pub(super) fn guarded<T>(call: &'static str, body: impl FnOnce() -> T) -> Result<T, DriverPanic> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        let message = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        DriverPanic(format!("in {call}: {message}"))
    })
}
