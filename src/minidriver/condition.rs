//! What can be the matter with a device, as data that a person can be told.

use super::Code;

/// The state of a device that keeps it from going on, or delays it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Sheets are stuck.
    PaperJam,
    /// The feeder has no paper.
    PaperEmpty,
    /// The feeder could not take the sheet.
    PaperProblem,
    /// Several sheets went through at once.
    MultiFeed,
    /// A cover or hatch is open.
    CoverOpen,
    /// The lamp is off or defective.
    LampOff,
    /// The lamp warms up. A delay, not a failure.
    WarmingUp,
    /// The device calibrates itself. A delay, not a failure.
    Calibrating,
    /// Another program or person uses the device.
    Busy,
    /// The device is locked (transport lock, or held by another program).
    Locked,
    /// Something has to be done at the device; its display says what.
    Attention,
    /// Unplugged, switched off or not reachable.
    Offline,
    /// Connected, but it does not answer. Waiting longer may help.
    NotAnswering,
    /// What came was not what the protocol says: HTML, garbage, or a sentence broken off in the middle.
    Communication,
    /// The page broke off although the device called it complete.
    TruncatedPage,
    /// All of the page came, and its data cannot be read to the end.
    DamagedPage,
    /// More rows came than were asked for, and the last of them is not whole.
    LongPage,
    /// What came as a page is no picture: a PDF, a text, or bytes of no known kind.
    NotAPicture,
    /// More than one picture came as one page; only the first can be shown.
    SeveralPictures,
    /// The page is shorter than asked for, and the device does not say whether its sheet ended there.
    ShortPage,
    /// The page does not end: more came than a page of its size can have.
    EndlessPage,
    /// The device counts a page as sent of which not a byte came.
    LostPage,
    /// The page says that it is larger than any sheet that fits the device, and its rows are not there.
    ImpossibleSize,
    /// The device refused the settings.
    Refused,
    /// Scanning is switched off or protected in the device's own settings.
    NotPermitted,
    /// The device gave up the job and did not say why.
    General,
    /// The device answered with an error of its own before there was a job.
    DeviceError,
    /// The device took the job and sends no page, although it has paper or says that it is at work.
    NoPages,
    /// The device ended the job between two pages although it has paper, and did not say why.
    PaperLeft,
    /// No encrypted connection can be set up: the device knows only old encryption, or none.
    NoEncryption,
    /// So many pages, drawn in beyond the number asked for, come out without having been received
    /// (R47). A notice, not a failure.
    PagesPassedOn(u32),
    /// What a driver of the older model ended with and this program has no word for: one of the codes
    /// of part 14, or a number of the driver's own. It travels unchanged.
    Other(Code),
}

impl Condition {
    /// The WIA code of the condition.
    pub const fn code(self) -> Code {
        match self {
            Condition::PaperJam => Code::ERROR_PAPER_JAM,
            Condition::PaperEmpty => Code::ERROR_PAPER_EMPTY,
            Condition::PaperProblem => Code::ERROR_PAPER_PROBLEM,
            Condition::MultiFeed => Code::ERROR_MULTI_FEED,
            Condition::CoverOpen => Code::ERROR_COVER_OPEN,
            Condition::LampOff => Code::ERROR_LAMP_OFF,
            Condition::WarmingUp => Code::STATUS_WARMING_UP,
            Condition::Calibrating => Code::STATUS_CALIBRATING,
            Condition::Busy => Code::ERROR_BUSY,
            Condition::Locked => Code::ERROR_DEVICE_LOCKED,
            Condition::Attention => Code::ERROR_USER_INTERVENTION,
            Condition::Offline => Code::ERROR_OFFLINE,
            Condition::NotAnswering
            | Condition::Communication
            | Condition::TruncatedPage
            | Condition::DamagedPage
            | Condition::LongPage
            | Condition::NotAPicture
            | Condition::SeveralPictures
            | Condition::ShortPage
            | Condition::EndlessPage
            | Condition::LostPage
            | Condition::ImpossibleSize
            | Condition::NoEncryption => Code::ERROR_DEVICE_COMMUNICATION,
            Condition::Refused => Code::E_INVALIDARG,
            Condition::NotPermitted => Code::E_ACCESSDENIED,
            Condition::General | Condition::DeviceError | Condition::NoPages | Condition::PaperLeft => {
                Code::ERROR_GENERAL_ERROR
            }
            Condition::PagesPassedOn(_) => Code::STATUS_PAGES_PASSED_ON,
            Condition::Other(code) => code,
        }
    }

    /// The condition that a code means; its code is that one again.
    pub const fn of(code: Code) -> Condition {
        match code {
            Code::ERROR_PAPER_JAM => Condition::PaperJam,
            Code::ERROR_PAPER_EMPTY => Condition::PaperEmpty,
            Code::ERROR_PAPER_PROBLEM => Condition::PaperProblem,
            Code::ERROR_MULTI_FEED => Condition::MultiFeed,
            Code::ERROR_COVER_OPEN => Condition::CoverOpen,
            Code::ERROR_LAMP_OFF => Condition::LampOff,
            Code::STATUS_WARMING_UP => Condition::WarmingUp,
            Code::STATUS_CALIBRATING => Condition::Calibrating,
            Code::ERROR_BUSY => Condition::Busy,
            Code::ERROR_DEVICE_LOCKED => Condition::Locked,
            Code::ERROR_USER_INTERVENTION => Condition::Attention,
            Code::ERROR_OFFLINE => Condition::Offline,
            Code::ERROR_DEVICE_COMMUNICATION => Condition::Communication,
            Code::E_INVALIDARG => Condition::Refused,
            Code::E_ACCESSDENIED => Condition::NotPermitted,
            Code::ERROR_GENERAL_ERROR => Condition::General,
            other => Condition::Other(other),
        }
    }

    /// Whether a person can put it right while the job waits (reference, 14, *now*). Such a
    /// condition is first sent as device status; only unanswered it ends the transfer.
    pub const fn can_be_fixed_now(self) -> bool {
        matches!(
            self,
            Condition::PaperJam
                | Condition::PaperEmpty
                | Condition::PaperProblem
                | Condition::MultiFeed
                | Condition::CoverOpen
                | Condition::LampOff
                | Condition::Locked
                | Condition::Attention
                | Condition::NotAnswering
        )
    }
}

/// A failure of the device: what the matter is, and what only the log needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{condition:?} ({detail})")]
pub struct DeviceFailure {
    /// What a person can be told.
    pub condition: Condition,
    /// The device's own words or numbers, for the log: an HTTP status, an AdfState, a USB error.
    pub detail: String,
    /// Where the device was looked for, as a person names it: host, or host and port.
    pub address: Option<String>,
}

impl DeviceFailure {
    /// A failure with its detail for the log.
    pub fn new(condition: Condition, detail: impl Into<String>) -> DeviceFailure {
        DeviceFailure { condition, detail: detail.into(), address: None }
    }

    /// The same, with the place where the device was looked for.
    pub fn at(self, address: impl Into<String>) -> DeviceFailure {
        DeviceFailure { address: Some(address.into()), ..self }
    }
}
