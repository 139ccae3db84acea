//! The application's side of a transfer (reference, parts 7 and 8).

use crate::minidriver::{Code, ErrorHandler, PageInfo, PageStream};
use crate::units::Percent;

/// The application during one transfer. Every call comes on the thread that called
/// [`super::Broker::download`], in this order:
/// `Status* ( next_stream (Status | NewPage)* EndOfStream )* EndOfTransfer`.
///
/// [`super::Canceller::cancel`] may be called from inside of any of them.
#[doc(alias = "IWiaTransferCallback")]
pub trait TransferCallback {
    /// Where the bytes of the next page go.
    #[doc(alias = "GetNextStream")]
    fn next_stream(&mut self, page: &PageInfo) -> NextStream;

    /// What happened; the answer can end the job.
    #[doc(alias = "TransferCallback")]
    fn message(&mut self, message: &TransferMessage) -> Answer;

    /// Who is asked about delays and problems at the device. Without one no handler at all is asked (R43).
    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        None
    }

    /// The device is still being brought to rest after an earlier transfer, and this one waits for
    /// it. Called once, before everything else; the wait ends by itself or with a cancel.
    fn waiting_for_device(&mut self) {}
}

/// The answer to [`TransferCallback::next_stream`].
pub enum NextStream {
    /// Write the page here.
    Stream(Box<dyn PageStream>),
    /// Leave this page out and go on with the next one (part 10).
    Skip,
    /// End the job.
    Cancel,
    /// Any code, as it comes over the edge of the process: a failure ends the job with it (R14); a
    /// success that means nothing here counts as `E_UNEXPECTED`, also `S_OK` without a stream.
    Code(Code),
}

/// The answer to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Continue,
    /// End the job.
    Cancel,
    /// Any code, as it comes over the edge of the process: a failure ends the job with it (R14); a
    /// success that means nothing here counts as `E_UNEXPECTED`.
    Code(Code),
}

/// A message to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferMessage {
    /// Progress of the current page, exactly as the driver sent it (R31).
    Status {
        /// Share of the page.
        percent: Percent,
        /// Bytes written to the current stream.
        transferred: u64,
    },
    /// In a multipage format: another page follows in the same stream.
    NewPage,
    /// No more bytes come into the current stream. Every stream that was given gets this once.
    EndOfStream {
        /// Whether the page is complete: the driver said 100 percent while the job was alive, and
        /// wrote nothing after it. The end of a stream alone does not say it, because it also closes a
        /// cancelled and a failed page (reference, 7.1), and neither does the result of the job,
        /// because a jam on page five leaves four complete ones.
        complete: bool,
    },
    /// The job is over. The last message, sent once; the answer to it changes nothing.
    EndOfTransfer,
}

/// What an answer comes to, when it is not *go on*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Cancelled,
    Failed(Code),
}

impl Stop {
    /// Rows 4 and 5 of the state table: what a code that is not *go on* means there.
    fn from_code(code: Code) -> Stop {
        match code {
            Code::S_FALSE => Stop::Cancelled,
            failure if failure.is_failure() => Stop::Failed(failure),
            _ => Stop::Failed(Code::E_UNEXPECTED),
        }
    }
}

/// No stream, and why.
impl From<Stop> for NextStream {
    fn from(stop: Stop) -> NextStream {
        match stop {
            Stop::Cancelled => NextStream::Cancel,
            Stop::Failed(code) => NextStream::Code(code),
        }
    }
}

impl Answer {
    /// Row 5 of the state table.
    pub(super) fn stop(self) -> Option<Stop> {
        match self {
            Answer::Continue | Answer::Code(Code::S_OK) => None,
            Answer::Cancel => Some(Stop::Cancelled),
            Answer::Code(code) => Some(Stop::from_code(code)),
        }
    }
}

/// Row 4 of the state table.
pub(super) enum Granted {
    Stream(Box<dyn PageStream>),
    Skip,
    Stop(Stop),
}

impl From<NextStream> for Granted {
    fn from(answer: NextStream) -> Granted {
        match answer {
            NextStream::Stream(stream) => Granted::Stream(stream),
            NextStream::Skip | NextStream::Code(Code::STATUS_SKIP_ITEM) => Granted::Skip,
            NextStream::Cancel => Granted::Stop(Stop::Cancelled),
            NextStream::Code(code) => Granted::Stop(Stop::from_code(code)),
        }
    }
}
