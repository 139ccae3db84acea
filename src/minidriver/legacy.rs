//! The older model of a driver: one page per call, bands in memory or one file (reference, parts 5, 6, 8.2 and 13).
//!
//! A driver implements [`LegacyMiniDriver`]. The compatibility layer calls it once for each page and makes
//! streams and messages of what it says; broker, session and window see a [`super::MiniDriver`].
//!
//! ```text
//! lock ─▶ ( write_properties ─▶ acquire: ( IT_MSG_DATA | IT_MSG_STATUS | … )* )*  one page each  ─▶ unlock
//! ```

use std::sync::Arc;

use super::property::{Format, HandlingCapabilities};
use super::{
    Button, Code, ColorMode, DeviceInfo, DriverError, FeederState, Justification, Notifications, PressedButton,
    Resolutions, ScanJob, Settled, TransferId,
};
use crate::units::{Dpi, Length, Percent};

/// A scanner driver of the older model.
///
/// As with [`super::MiniDriver`], one call is made at a time and only notifications come from any thread.
pub trait LegacyMiniDriver: Send {
    /// The device, as far as it is known.
    fn device(&self) -> &DeviceInfo;

    /// What the driver publishes of its device. Asked once; touches no device.
    #[doc(alias = "drvInitItemProperties")]
    fn properties(&self) -> LegacyProperties;

    /// Where events for the driver go. Asked once and kept outside of every lock. A driver that ignores
    /// CANCEL_IO learns of the cancel at its next callback, which answers `S_FALSE` (reference, 9.2).
    #[doc(alias = "drvNotifyPnpEvent")]
    fn notifications(&self) -> Arc<dyn Notifications>;

    /// Takes the device for this program: opens and claims it when it was released.
    ///
    /// # Errors
    /// It cannot be opened or does not answer.
    #[doc(alias = "drvLockWiaDevice")]
    fn lock(&mut self) -> Result<(), DriverError>;

    /// Ends what [`LegacyMiniDriver::lock`] began.
    #[doc(alias = "drvUnLockWiaDevice")]
    fn unlock(&mut self);

    /// The source is another one than in the transfer before. Flatbed and feeder share one item of the older
    /// model, so whatever was written to it is back at its first value (reference, 13).
    fn reset_properties(&mut self) {}

    /// Takes the settings of the page that [`LegacyMiniDriver::acquire`] is called for next: one area, one
    /// page, a format. Any success goes on.
    #[doc(alias = "drvWriteItemProperties")]
    fn write_properties(&mut self, job: &ScanJob) -> Code;

    /// Bytes of the next image as a file, asked after the settings were written; 0 when nobody knows.
    #[doc(alias = "WIA_IPA_ITEM_SIZE")]
    fn item_size(&self) -> u64 {
        0
    }

    /// Scans one page. `S_OK` when it is complete, `S_FALSE` when the job was cancelled, here or at the
    /// device, `PAPER_EMPTY` when there is no further sheet, and any failure code. An answer of the callback
    /// that is not `S_OK` ends the page and is what this call returns.
    #[doc(alias = "drvAcquireItemData")]
    fn acquire(&mut self, context: &mut LegacyContext, callback: &mut dyn LegacyCallback) -> Code;

    /// The pages asked for are there, and there may be further sheets: no other call of this job follows.
    #[doc(alias = "WIA_CMD_STOP_FEEDER")]
    fn stop_feeder(&mut self) {}

    /// A sentence for a person about a number that the driver left in [`LegacyContext::device_error`].
    #[doc(alias = "drvGetDeviceErrorStr")]
    fn device_error_string(&self, device_error: i32) -> Option<String> {
        let _ = device_error;
        None
    }

    /// Looks whether paper is in the feeder. Touches the device.
    ///
    /// # Errors
    /// The device cannot be reached.
    #[doc(alias = "drvReadItemProperties")]
    fn feeder_state(&mut self) -> Result<FeederState, DriverError> {
        Ok(FeederState::Unknown)
    }

    /// The buttons of the device. Its other events follow from [`LegacyMiniDriver::properties`].
    #[doc(alias = "drvGetCapabilities")]
    fn buttons(&self) -> Vec<Button> {
        Vec::new()
    }

    /// See [`super::MiniDriver::take_button`].
    fn take_button(&mut self) -> Option<PressedButton> {
        None
    }

    /// See [`super::MiniDriver::is_at_rest`].
    fn is_at_rest(&self) -> bool {
        true
    }

    /// See [`super::MiniDriver::settle`]. A driver that is idle when acquire has returned needs none.
    fn settle(&mut self) -> Settled {
        Settled::Ready
    }

    /// Gives the device back to others; the next [`LegacyMiniDriver::lock`] takes it again.
    fn release(&mut self) {}
}

/// What a driver of the older model publishes of its device. What it leaves out is not there: the
/// compatibility layer decides what that means (reference, 13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LegacyProperties {
    /// What the device has. A driver without it has a flatbed and nothing else.
    #[doc(alias = "WIA_DPS_DOCUMENT_HANDLING_CAPABILITIES")]
    pub handling: Option<HandlingCapabilities>,
    /// Width and height of the glass. Required with a flatbed.
    #[doc(alias = "WIA_DPS_HORIZONTAL_BED_SIZE")]
    pub bed: Option<(Length, Length)>,
    /// Width and height of the longest sheet. Required with a feeder.
    #[doc(alias = "WIA_DPS_HORIZONTAL_SHEET_FEED_SIZE")]
    pub sheet_feed: Option<(Length, Length)>,
    /// Where a narrow sheet lies.
    #[doc(alias = "WIA_DPS_SHEET_FEEDER_REGISTRATION")]
    pub registration: Justification,
    /// The smallest area, as width and height; a tenth of an inch when it is left out.
    #[doc(alias = "WIA_IPS_MIN_HORIZONTAL_SIZE")]
    pub smallest: Option<(Length, Length)>,
    /// Resolutions. Required.
    #[doc(alias = "WIA_IPS_XRES")]
    pub resolutions: Option<Resolutions>,
    /// What a pixel can be; a memory bitmap has no samples of 16 bits. Required.
    #[doc(alias = "WIA_IPA_DATATYPE")]
    pub modes: Vec<ColorMode>,
    /// File formats that the driver makes besides MEMORYBMP, which every one makes. Not for line art.
    #[doc(alias = "WIA_IPA_FORMAT")]
    pub file_formats: Vec<Format>,
    /// The smallest band buffer, in bytes; 64 KiB when it is left out.
    #[doc(alias = "WIA_IPA_BUFFER_SIZE")]
    pub buffer_size: Option<u32>,
}

/// How the data of a page are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyMedium {
    /// In bands, by [`LegacyMessage::Data`].
    #[doc(alias = "TYMED_CALLBACK")]
    Callback,
    /// Into a file, by [`LegacyContext::write_buffer`] or [`LegacyContext::write_to_file`].
    #[doc(alias = "TYMED_FILE")]
    File,
}

/// The most that a page may have as a file, in bytes.
const LARGEST_FILE: usize = 256 << 20;

/// One page, as a driver of the older model sees it. The sizes are estimates: what the image says counts.
#[derive(Debug)]
#[doc(alias = "MINIDRV_TRANSFER_CONTEXT")]
pub struct LegacyContext {
    /// The transfer, as CANCEL_IO names it.
    pub transfer: TransferId,
    /// Which page of the job, from 0.
    pub page: u32,
    /// MEMORYBMP in bands; otherwise the format of the file.
    pub format: Format,
    /// How the data are handed over.
    pub medium: LegacyMedium,
    /// Pixels in a line.
    pub width: u32,
    /// Lines.
    pub lines: u32,
    /// Bits per pixel.
    pub depth: u32,
    /// Resolution across.
    pub x_resolution: Dpi,
    /// Resolution down.
    pub y_resolution: Dpi,
    /// Bytes of a line, padded to four.
    pub row_bytes: usize,
    /// Bytes of all lines.
    pub image_size: u64,
    /// Bytes of the whole item, header included; 0 when nobody knows.
    pub item_size: u64,
    /// Bytes of the largest band.
    pub buffer_size: usize,
    /// The broker's buffer: of `buffer_size` bytes for bands, of `item_size` bytes for a file. Empty when the
    /// driver has to bring its own.
    #[doc(alias = "bClassDrvAllocBuf")]
    pub buffer: Vec<u8>,
    /// The driver's own number of what went wrong; zero when nothing did.
    #[doc(alias = "plDevErrVal")]
    pub device_error: i32,
    /// What was written to the file.
    pub(crate) file: Vec<u8>,
}

impl LegacyContext {
    /// The largest file that [`LegacyContext::write_to_file`] takes.
    pub const LARGEST_FILE: usize = LARGEST_FILE;

    /// Appends the first bytes of the broker's buffer to the file. `E_INVALIDARG` when it has not so many.
    #[doc(alias = "wiasWritePageBufToFile")]
    pub fn write_buffer(&mut self, length: usize) -> Code {
        let buffer = std::mem::take(&mut self.buffer);
        let written = buffer.get(..length).map(|bytes| self.write_to_file(bytes));
        self.buffer = buffer;
        written.unwrap_or(Code::E_INVALIDARG)
    }

    /// Appends bytes to the file. `E_INVALIDARG` when data go to the callback, `STG_E_MEDIUMFULL` when the
    /// file becomes too large.
    #[doc(alias = "wiasWriteBufToFile")]
    pub fn write_to_file(&mut self, bytes: &[u8]) -> Code {
        if self.medium != LegacyMedium::File {
            return Code::E_INVALIDARG;
        }
        if self.file.len() + bytes.len() > LARGEST_FILE {
            return Code::STG_E_MEDIUMFULL;
        }
        self.file.extend_from_slice(bytes);
        Code::S_OK
    }
}

/// Who listens to a driver of the older model during a page.
#[doc(alias = "IWiaMiniDrvCallBack")]
pub trait LegacyCallback {
    /// Takes a message. `S_OK` to go on, `S_FALSE` when the job was cancelled, a failure to stop and return it.
    #[doc(alias = "MiniDrvCallback")]
    fn message(&mut self, message: LegacyMessage<'_>) -> Code;
}

/// A message of a driver of the older model. DATA_HEADER and TERMINATION are not here: only the broker
/// sends them (reference, 8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyMessage<'a> {
    /// A band; of a MEMORYBMP the first ones carry the header.
    #[doc(alias = "IT_MSG_DATA")]
    Data {
        /// Where the band begins in the image, header included: bands follow one another.
        offset: u64,
        /// At most [`LegacyContext::buffer_size`] of them.
        bytes: &'a [u8],
        /// Of the page.
        percent: Percent,
    },
    /// Progress only.
    #[doc(alias = "IT_MSG_STATUS")]
    Status {
        /// Who says it, or what the matter is.
        status: LegacyStatus,
        /// Of the page, or of the delay.
        percent: Percent,
    },
    /// The page is finished and another follows. Means nothing where every call is one page.
    #[doc(alias = "IT_MSG_NEW_PAGE")]
    NewPage,
    /// The beginning of an out-of-band preview. Lost in the compatibility layer.
    #[doc(alias = "IT_MSG_FILE_PREVIEW_DATA_HEADER")]
    FilePreviewHeader,
    /// An out-of-band preview. Lost in the compatibility layer.
    #[doc(alias = "IT_MSG_FILE_PREVIEW_DATA")]
    FilePreviewData {
        /// The preview.
        bytes: &'a [u8],
    },
}

/// The status of a progress message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyStatus {
    /// Data come from the device.
    #[doc(alias = "IT_STATUS_TRANSFER_FROM_DEVICE")]
    FromDevice,
    /// Data are worked on.
    #[doc(alias = "IT_STATUS_PROCESSING_DATA")]
    Processing,
    /// Data go to the application.
    #[doc(alias = "IT_STATUS_TRANSFER_TO_CLIENT")]
    ToClient,
    /// A value that is no set of these bits is a result code (reference, 8.2).
    Result(Code),
}
