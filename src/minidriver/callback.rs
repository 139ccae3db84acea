//! What a driver may say while a transfer runs, and the answers (reference, parts 7, 8 and 10).

use std::io::SeekFrom;

use crate::units::Percent;

use super::{Code, DeviceFailure, PageInfo};

/// The application, as a driver sees it during a transfer.
///
/// Every answer that is not *go on* ends the job: the driver stops before its next request to the
/// device and returns from acquire. A failure code travels back unchanged (R14).
#[doc(alias = "IWiaMiniDrvTransferCallback")]
pub trait MiniDriverCallback {
    /// Asks for the stream of a page. Only one stream is active: asking ends the previous one (R25).
    #[doc(alias = "GetNextStream")]
    fn next_stream(&mut self, page: &PageInfo) -> Result<StreamGrant, Code>;

    /// Reports, and learns whether to go on.
    #[doc(alias = "SendMessage")]
    fn send_message(&mut self, message: &DriverMessage) -> Result<Flow, Code>;
}

/// The answer to [`MiniDriverCallback::next_stream`].
pub enum StreamGrant {
    /// Write the page here. Dropping it is releasing it (R30).
    Stream(Box<dyn PageStream>),
    /// Scan the page and throw it away; the job goes on (part 10).
    #[doc(alias = "WIA_STATUS_SKIP_ITEM")]
    Skip,
    /// The job is over.
    Cancelled,
}

/// The answer to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// Go on.
    Continue,
    /// The job is over.
    Cancelled,
}

/// A message of a driver. END_OF_STREAM and END_OF_TRANSFER are not here: only the broker sends them (R24).
///
/// ```compile_fail,E0599
/// let message = lightbar::minidriver::DriverMessage::EndOfStream;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriverMessage {
    /// Progress of the current page. 100 says that all of the page's bytes are written (R33); a
    /// stream that ends without it is a partial page.
    Status {
        /// Never falls within one stream (R32).
        percent: Percent,
        /// Bytes written to the current stream (R34).
        transferred: u64,
    },
    /// A delay or a problem at the device; the answer *go on* to a problem means that it was put right.
    DeviceStatus {
        /// What the matter is.
        failure: DeviceFailure,
        /// Progress of the delay itself, when the device tells it.
        percent: Percent,
    },
    /// In a multipage format: another page follows in the same stream.
    NewPage,
}

/// Where the bytes of a page go. A driver writes, seeks and sets the size; it cannot read or close (R26).
pub trait PageStream: Send {
    /// Appends or overwrites at the position; says how many bytes were taken. Zero for a non-empty
    /// buffer means that the destination is full.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError>;

    /// Moves the position; says where it is now, in bytes from the start.
    fn seek(&mut self, to: SeekFrom) -> Result<u64, StreamError>;

    /// Cuts or extends the stream.
    fn set_len(&mut self, length: u64) -> Result<(), StreamError>;
}

impl dyn PageStream + '_ {
    /// Writes all of it at the end, wherever the application left the position (R27).
    ///
    /// # Errors
    /// The stream's own failure, or `STG_E_MEDIUMFULL` when it takes no more.
    pub(crate) fn append(&mut self, mut bytes: &[u8]) -> Result<(), StreamError> {
        self.seek(SeekFrom::End(0))?;
        while !bytes.is_empty() {
            let taken = self.write(bytes)?.min(bytes.len());
            if taken == 0 {
                return Err(StreamError(Code::STG_E_MEDIUMFULL));
            }
            bytes = &bytes[taken..];
        }
        Ok(())
    }
}

/// A stream that failed, with the destination's own code (R16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream answered {0}")]
pub struct StreamError(pub Code);
