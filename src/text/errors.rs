//! What went wrong, in words a person can act on: one pair of sentences for each kind.

use crate::minidriver::property::{BatchError, NotTransferable, Refusal, ValidValues};
use crate::minidriver::{AcquireError, Code, ColorMode, Condition, DeviceFailure, DriverError, Source, Unusable};
use crate::session::settings::SettingsError;
use crate::session::{DeviceState, DeviceTrouble, JobEnd, JobReport, Remark};
use crate::transfer::TransferError;
use crate::usb::UsbError;
use crate::usb::permission::INSTALL_COMMAND;

use super::numbers::bytes;

/// What happened, and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentences {
    /// What happened: a few words without a full stop.
    pub title: String,
    /// What to do about it: one or two sentences; empty when there is nothing to do.
    pub advice: String,
}

impl Sentences {
    /// Both on one line, for a terminal.
    pub fn joined(&self) -> String {
        if self.advice.is_empty() { self.title.clone() } else { format!("{}. {}", self.title, self.advice) }
    }

    /// The advice in two: words, and the line for a terminal that they end with, if they do.
    pub fn words_and_command(&self) -> (&str, Option<&'static str>) {
        match self.advice.strip_suffix(INSTALL_COMMAND) {
            Some(words) => (words.trim_end(), Some(INSTALL_COMMAND)),
            None => (&self.advice, None),
        }
    }
}

pub(super) fn say(title: impl Into<String>, advice: impl Into<String>) -> Sentences {
    Sentences { title: title.into(), advice: advice.into() }
}

/// A part of a line as it stands at its beginning.
pub(super) fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A problem at the device.
pub fn problem(failure: &DeviceFailure) -> Sentences {
    match failure.condition {
        Condition::PaperJam => {
            say("Paper is jammed", "Open the cover, remove the sheet, and put it and the following sheets back in.")
        }
        Condition::PaperEmpty => say("No paper in the feeder", "Put the document into the feeder."),
        Condition::PaperProblem => {
            say("The feeder could not take the page", "Straighten the sheets and put them back in.")
        }
        Condition::MultiFeed => say(
            "Several sheets were pulled in at once",
            "Take them out, fan the stack, and put them and the following sheets back in.",
        ),
        Condition::CoverOpen => say("A cover is open", "Close the scanner's cover."),
        Condition::LampOff => say("The lamp is off or defective", "Switch the scanner off and on again."),
        Condition::WarmingUp => say("The scanner is warming up", "This takes up to a minute."),
        Condition::Calibrating => say("The scanner is calibrating", "This takes a moment."),
        Condition::Busy => {
            say("The scanner is in use", "Wait until the other program or person is done, then try again.")
        }
        Condition::Locked => {
            say("The scanner is locked", "Release its transport lock, or close the program that holds it.")
        }
        Condition::Attention => say("The scanner needs attention", "Its display says what to do."),
        Condition::Offline => match &failure.address {
            Some(address) => say(
                format!("The scanner at {address} is not reachable"),
                "Check that it is switched on and in the same network, and look at the address for a slip.",
            ),
            None => say("The scanner is not reachable", "Check its power and its cable, then scan again."),
        },
        Condition::NotAnswering => say(
            "The scanner does not answer",
            "It may be busy or asleep: try again shortly. If it stays silent, switch it off and on again.",
        ),
        Condition::Communication => {
            let what = "The scanner gave an answer that makes no sense";
            let title = match failure.detail.as_str() {
                "" => what.to_owned(),
                detail => format!("{what} ({detail})"),
            };
            say(title, "Scan again. If it happens again, switch the scanner off and on.")
        }
        Condition::TruncatedPage => {
            say("The page broke off", "The scanner sent only part of it. Scan that page again.")
        }
        Condition::DamagedPage => {
            say("The page is damaged", "All of it came, but its data cannot be read to the end. Scan that page again.")
        }
        Condition::LongPage => say(
            "The scanner sent more rows than were asked for",
            "The last of them is not whole, so the page may be askew. Compare it with the paper, and scan it again.",
        ),
        Condition::NotAPicture => say(
            format!("The scanner sent {} instead of a picture", failure.detail),
            "What came is kept, but it cannot be shown. Scan that page again.",
        ),
        Condition::SeveralPictures => say(
            "The scanner sent more than one picture as one page",
            "Only the first can be shown; all that came is kept. Scan the rest again, one sheet at a time.",
        ),
        Condition::PaperLeft => say(
            "The scanner ended the job although paper is left in its feeder",
            "It does not say why. See its display, then scan the rest again.",
        ),
        Condition::ShortPage => say(
            "The page is shorter than asked for",
            "The scanner does not say whether the sheet ended there. Compare it with the paper, or choose the paper's own size.",
        ),
        Condition::EndlessPage => say(
            "The page does not end",
            "The scanner sent more than a page of this size can have. Scan that page again; if it stays like this, switch the scanner off and on.",
        ),
        Condition::LostPage => {
            say("A page did not arrive", "The scanner counts it as sent, and nothing of it came. Scan that page again.")
        }
        Condition::ImpossibleSize => say(
            format!("The scanner sent a page that says it has {}", failure.detail),
            "That cannot be, and its rows are not there. Scan that page again; if it stays like this, switch the scanner off and on.",
        ),
        Condition::Refused => {
            say("The scanner refused these settings", "Choose another resolution, colour or paper size.")
        }
        Condition::NotPermitted => say(
            "The scanner does not permit scanning from a computer",
            "Switch it on in the scanner's own settings, or ask whoever looks after it.",
        ),
        Condition::General => {
            say("The scanner gave up the job", "It did not say why. See its display, then scan again.")
        }
        Condition::DeviceError => say(
            format!("The scanner answered with an error of its own ({})", failure.detail),
            "Switch it off and on, then try again.",
        ),
        Condition::NoPages => say(
            "The scanner took the job and sent no page",
            "It does not say why. Switch it off and on, then scan again.",
        ),
        Condition::NoEncryption => say(
            format!("No encrypted connection to {}", failure.address.as_deref().unwrap_or("the scanner")),
            "It may know only old encryption, or none. If you trust this network, name it with http:// instead of https://.",
        ),
        Condition::PagesPassedOn(pages) => remark(&Remark::PagesPassedOn(pages)),
        Condition::Other(Code::ERROR_INVALID_DRIVER_RESPONSE) => code(Code::ERROR_EXCEPTION_IN_DRIVER),
        // The driver's own words, where it has some.
        Condition::Other(answer) if failure.detail.is_empty() => code(answer),
        Condition::Other(_) => say(
            format!("The scanner's driver reported: {}", failure.detail),
            "The pages so far are kept. Scan the rest again.",
        ),
    }
}

/// A problem at the device while the job waits for somebody, who can continue it or end it.
pub fn question(failure: &DeviceFailure) -> Sentences {
    match failure.condition {
        Condition::NotAnswering => say(
            "The scanner does not answer",
            "It may still be busy: continue to wait longer. If it stays silent, switch it off and on again.",
        ),
        _ => problem(failure),
    }
}

/// What is worth knowing of a device.
pub fn remark(remark: &Remark) -> Sentences {
    match remark {
        Remark::PagesPassedOn(pages) => say(
            format!("{} went through unscanned", count_pages(*pages)),
            "The scanner had drawn them in beyond the number asked for. Put them back before scanning the rest.",
        ),
        Remark::DiskTrouble => say(
            "The disk did not take all of a page",
            "It is full, or it is failing. Save the document to another one.",
        ),
        Remark::NotEncrypted => say(
            "The scanner is used without encryption",
            "No encrypted connection to it could be set up. Whoever is in the same network can read the pages.",
        ),
        Remark::StoppedForSleep => say(
            "The scan was stopped because the computer went to sleep",
            "What had come is kept. Scan the rest again.",
        ),
        Remark::NewIdentity(fingerprint) => say(
            "The scanner is met encrypted for the first time",
            format!("Its certificate is remembered. SHA-256: {}", in_groups(fingerprint)),
        ),
        Remark::ChangedIdentity(fingerprint) => say(
            "The scanner has another certificate than before",
            format!(
                "It may have been set up anew, or another device answers at its address. If you do not know why, do not \
                 scan what is confidential. The new one is remembered. SHA-256: {}",
                in_groups(fingerprint)
            ),
        ),
    }
}

/// A long number as people compare it: in groups of eight.
fn in_groups(digits: &str) -> String {
    let groups: Vec<&str> = digits.as_bytes().chunks(8).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

/// A scanner that draws sheets in ahead sent more pages than were asked for.
pub fn received_beyond(pages: u32) -> Sentences {
    say(
        format!("{} beyond the number asked for received and left out", count_pages(pages)),
        "The scanner had drawn them in already.",
    )
}

/// Why a device cannot be used.
pub fn device_trouble(trouble: &DeviceTrouble) -> Sentences {
    match trouble {
        DeviceTrouble::Driver(DriverError::Usb(error)) => usb(error),
        DeviceTrouble::Driver(DriverError::Device(failure)) => problem(failure),
        DeviceTrouble::Driver(DriverError::Unusable(reason)) => unusable(reason),
        DeviceTrouble::Unknown(name) => {
            say(format!("No scanner is called “{name}”"), "`lightbar devices` lists what can be scanned from.")
        }
        DeviceTrouble::Ambiguous { name, own } => {
            say(format!("Several scanners are called “{name}”"), format!("Name one of them: {}.", own.join(", ")))
        }
        DeviceTrouble::NoThread => usb(&UsbError::NoResources),
        DeviceTrouble::Malformed(name) => say(
            format!("“{name}” is not the name of a device"),
            "A device is named like virtual:feeder, usb:04b8:1234 or escl:http://192.168.1.20/eSCL.",
        ),
    }
}

/// What helps with a device of the list that cannot be used; `None` when it can.
pub fn device_state(state: &DeviceState) -> Option<Sentences> {
    match state {
        DeviceState::Unknown | DeviceState::Ready => None,
        DeviceState::NoPermission => Some(usb(&UsbError::NoPermission)),
        DeviceState::Busy => Some(usb(&UsbError::Busy { interface: 0 })),
        DeviceState::Unusable(reason) => Some(unusable(reason)),
    }
}

/// A device that was found and cannot be scanned from.
pub fn unusable(reason: &Unusable) -> Sentences {
    match reason {
        Unusable::OldDialect => say(
            "This scanner speaks an older protocol",
            "It knows eSCL 1.0 only, which Lightbar does not speak. Newer firmware may help.",
        ),
        Unusable::PdfOnly => {
            say("This scanner delivers PDF only", "Lightbar needs pictures of the pages and cannot use it.")
        }
        Unusable::WebPage => say(
            "This scanner answered with a web page",
            "Scanning over the network may be switched off in its settings, or the address is not that of the scanner.",
        ),
        Unusable::Redirects => say(
            "This address sends every request on to another one",
            "It may belong to a web page, or want a login. Ask for the scanner's own address.",
        ),
        Unusable::OldEncryption => say(
            "This scanner insists on encryption that Lightbar does not speak",
            "It is too old to be safe. Switch it off in the scanner's own settings, or update its firmware.",
        ),
        Unusable::NoSource => {
            say("This device offers nothing to scan from", "It lists neither a flatbed nor a feeder that can be used.")
        }
        Unusable::NoScanner => say(
            "There is no scanner here",
            "The device answers, but it only prints over this connection, or the address has another path.",
        ),
        Unusable::FilmOnly => say(
            "This scanner scans film only",
            "Its driver offers neither a flatbed nor a feeder, which Lightbar needs.",
        ),
        Unusable::StorageOnly => say(
            "This device only holds pictures",
            "Its driver offers neither a flatbed nor a feeder. Copy the pictures with a file manager.",
        ),
        Unusable::MissingProperty(name) => say(
            "This scanner's driver is incomplete",
            format!("It does not tell {name}, without which nothing can be scanned. A newer driver may help."),
        ),
        Unusable::DriverPanicked => {
            say("The scanner driver failed", "Choose the scanner again; please report this if it happens again.")
        }
        Unusable::Unreadable(what) => say(
            format!("This scanner's description of itself cannot be read: it sent {what}"),
            "Switch it off and on. If that does not help, the address may be another device's, or its firmware may need an update.",
        ),
    }
}

/// A USB request that did not succeed.
pub fn usb(error: &UsbError) -> Sentences {
    match error {
        UsbError::NoPermission => say(
            "You may not use this scanner yet",
            format!("The system does not let you open it. Run this line in a terminal: {INSTALL_COMMAND}"),
        ),
        UsbError::Busy { .. } => say(
            "Another program uses the scanner",
            "Close other scanning programs. The print system can hold it as well: wait until printing is done.",
        ),
        UsbError::Disconnected => problem(&Condition::Offline.with("disconnected")),
        UsbError::TimedOut(_) => problem(&Condition::NotAnswering.with("no answer")),
        UsbError::NotFound(_) => unusable(&Unusable::NoScanner),
        UsbError::Stall(_) | UsbError::Overflow(_) | UsbError::Io { .. } | UsbError::Cancelled => say(
            "The connection to the scanner failed",
            "Plug the cable in again, straight into the computer if there is a hub in between.",
        ),
        UsbError::NoResources => say("Not enough memory for the scanner", "Close other programs and try again."),
    }
}

/// A code by itself: what an application or a stream answered with, most often the disk, and what comes
/// over the edge of the process. One that is not in the table is told by its severity and its number.
pub fn code(code: Code) -> Sentences {
    match code {
        Code::STG_E_MEDIUMFULL => say("The disk is full", "The pages so far are kept. Make room, then scan the rest."),
        Code::E_ACCESSDENIED => say("The document's folder cannot be written", "Check its permissions."),
        Code::E_OUTOFMEMORY => {
            say("There is not enough memory", "Choose a smaller paper or a lower resolution, or close other programs.")
        }
        Code::E_INVALIDARG => refused(),
        Code::ERROR_EXCEPTION_IN_DRIVER => {
            say("The scanner driver failed", "The pages so far are kept. Scan the rest again; please report this.")
        }
        Code::ERROR_INVALID_DRIVER_RESPONSE => say(
            "The scanner driver gave an answer that makes no sense",
            "The pages so far are kept; please report this.",
        ),
        Code::ERROR_DESTINATION => {
            say("The scanner cannot deliver to this computer", "Choose this computer at the scanner, then scan again.")
        }
        Code::ERROR_NETWORK_RESERVATION_FAILED => {
            say("The scanner could not be reserved", "Others may be using it. Try again shortly.")
        }
        Code::ERROR_ITEM_DELETED => say("This source does not exist any more", "Choose where to scan from again."),
        Code::ERROR_INVALID_COMMAND => say("The scanner does not support this", "Choose other settings."),
        Code::ERROR_INCORRECT_HARDWARE_SETTING => {
            say("A setting or switch at the scanner is wrong", "Put it right, then scan again.")
        }
        Code::ERROR_WARMING_UP => say("The scanner is still warming up", "Try again shortly."),
        Code::ERROR_MAXIMUM_PRINTER_ENDORSER_COUNTER => {
            say("The counter that is printed on the sheets began again at zero", "Scan the rest again.")
        }
        Code::E_NOTIMPL => say("This is not possible with this scanner", "Choose other settings."),
        Code::E_POINTER | Code::E_UNEXPECTED => {
            say("Lightbar itself made a mistake", "The pages so far are kept; please report this.")
        }
        Code::E_FAIL => say("The scan failed", "The pages so far are kept. Scan the rest again."),
        other => device_code(other).or_else(|| status_code(other)).unwrap_or_else(|| unknown_code(other)),
    }
}

/// A code that a device's condition stands behind.
fn device_code(code: Code) -> Option<Sentences> {
    match Condition::of(code) {
        Condition::Other(_) => None,
        // Without the device's words it can only be its connection.
        Condition::Communication => Some(usb(&UsbError::Cancelled)),
        condition => Some(problem(&condition.with(""))),
    }
}

/// A code that is no failure.
fn status_code(code: Code) -> Option<Sentences> {
    Some(match code {
        Code::S_OK => say("The scan is done", ""),
        Code::S_FALSE | Code::E_ABORT | Code::E_IO_ABORTED | Code::E_CANCELLED => say("The scan was cancelled", ""),
        Code::STATUS_END_OF_MEDIA => say("The feeder is empty", "Fewer pages came than were asked for."),
        Code::STATUS_RESERVING_NETWORK_DEVICE => say("Waiting for the scanner", "Others are using it."),
        Code::STATUS_NETWORK_DEVICE_RESERVED => say("The scanner is reserved", "Put the document in."),
        Code::STATUS_CLEAR => say("What was shown is over", ""),
        Code::STATUS_SKIP_ITEM => say("The page is left out", ""),
        Code::STATUS_NOT_HANDLED => say("Nothing was done about it", ""),
        Code::S_CHANGE_DEVICE => say("Another scanner was chosen", ""),
        Code::STATUS_PAGES_PASSED_ON => say("Pages went through unscanned", "Put them back before scanning the rest."),
        _ => return None,
    })
}

/// A code that only the device or its driver knows.
fn unknown_code(code: Code) -> Sentences {
    if code.is_failure() {
        say(format!("The scan failed ({code})"), "The pages so far are kept. Scan the rest again.")
    } else {
        say(format!("The scanner reports something of its own ({code})"), "")
    }
}

/// What the device does not offer.
fn refused() -> Sentences {
    problem(&Condition::Refused.with("refused"))
}

/// An item that cannot be scanned from.
pub fn not_transferable(_: &NotTransferable) -> Sentences {
    say("This cannot be scanned from", "Choose a source that can, such as the flatbed or the feeder.")
}

/// Why a transfer failed.
pub fn transfer(error: &TransferError) -> Sentences {
    match error {
        TransferError::Busy => problem(&Condition::Busy.with("busy")),
        TransferError::StillSettling => problem(&Condition::NotAnswering.with("not at rest")),
        TransferError::NoSuchSource(_) | TransferError::WrongAreas(_) | TransferError::OnePageFile => refused(),
        TransferError::Lock(DriverError::Usb(error)) => usb(error),
        TransferError::Lock(DriverError::Device(failure)) => problem(failure),
        TransferError::Lock(DriverError::Unusable(reason)) => unusable(reason),
        // The application is this program, and its destination the document's folder.
        TransferError::Acquire(AcquireError::Application(Code::ERROR_DESTINATION)) => disk_failing(
            "The pages so far are kept. To keep the rest on another disk, name a folder there with LIGHTBAR_DATA_DIR.",
        ),
        TransferError::Acquire(AcquireError::Application(answer)) => code(*answer),
        TransferError::Acquire(AcquireError::Device(failure)) => problem(failure),
        TransferError::DriverPanicked(_) | TransferError::InvalidDriverResponse(_) => {
            code(Code::ERROR_EXCEPTION_IN_DRIVER)
        }
    }
}

/// A word for what a job failed with, for programs that read the result.
pub fn condition_name(error: &TransferError) -> String {
    match error {
        TransferError::Acquire(AcquireError::Device(failure)) | TransferError::Lock(DriverError::Device(failure)) => {
            match failure.condition {
                Condition::Other(_) => "Driver".to_owned(),
                condition => format!("{condition:?}"),
            }
        }
        TransferError::Acquire(AcquireError::Application(Code::STG_E_MEDIUMFULL)) => "DiskFull".to_owned(),
        TransferError::Acquire(AcquireError::Application(_)) => "Storage".to_owned(),
        TransferError::Lock(DriverError::Usb(UsbError::NoPermission)) => "NoPermission".to_owned(),
        TransferError::Lock(DriverError::Usb(UsbError::Busy { .. })) | TransferError::Busy => "Busy".to_owned(),
        TransferError::Lock(_) => "Offline".to_owned(),
        TransferError::StillSettling => "NotAnswering".to_owned(),
        TransferError::NoSuchSource(_) | TransferError::WrongAreas(_) | TransferError::OnePageFile => {
            "Refused".to_owned()
        }
        TransferError::DriverPanicked(_) | TransferError::InvalidDriverResponse(_) => "Driver".to_owned(),
    }
}

const CANCELLED_AT_DEVICE: &str = "The scan was cancelled at the scanner";

/// Somebody ended the job at the scanner's panel.
pub fn cancelled_at_device() -> Sentences {
    say(CANCELLED_AT_DEVICE, "What had come is kept. Scan the rest again.")
}

/// How a job ended.
pub fn job(report: &JobReport) -> Sentences {
    let kept = kept(report);
    match &report.end {
        JobEnd::Completed => say(kept, ""),
        JobEnd::FewerPages => say("The feeder is empty", kept + "."),
        JobEnd::Cancelled => say("Scan stopped", kept + "."),
        JobEnd::CancelledAtDevice => say(CANCELLED_AT_DEVICE, kept + "."),
        JobEnd::FeederEmpty => problem(&Condition::PaperEmpty.with("empty")),
        JobEnd::Failed(error) => {
            let sentences = transfer(error);
            say(sentences.title, format!("{kept}. {}", sentences.advice))
        }
    }
}

/// What a job left behind: `3 pages scanned, 1 of them partial`.
fn kept(report: &JobReport) -> String {
    let pages = report.complete + report.partial;
    let mut text = match report.partial {
        _ if pages == 0 => "No page was scanned".to_owned(),
        0 => format!("{} scanned", count_pages(pages)),
        1 if pages == 1 => "1 partial page scanned".to_owned(),
        partial if partial == pages => format!("{pages} partial pages scanned"),
        partial => format!("{pages} pages scanned, {partial} of them partial"),
    };
    if report.skipped > 0 {
        text += &format!(", {} left out", report.skipped);
    }
    if report.beyond > 0 {
        text += &format!(". {}", received_beyond(report.beyond).title);
    }
    text
}

/// `1 page`, `2 pages`.
pub fn count_pages(pages: u32) -> String {
    if pages == 1 { "1 page".to_owned() } else { format!("{pages} pages") }
}

/// A wish that the device cannot fulfil, with what it can.
pub fn settings(error: &SettingsError) -> Sentences {
    match error {
        SettingsError::NoDevice => say("No scanner is ready", "Choose a scanner first."),
        SettingsError::Source { wanted, offered } => say(
            format!("This scanner has no {}", source_name(*wanted)),
            format!("It has: {}.", list(offered.iter().map(|source| source_name(*source).to_owned()))),
        ),
        SettingsError::Mode { wanted, offered } => say(
            format!("This source does not scan in {}", mode_name(*wanted)),
            format!("It offers: {}.", list(offered.iter().map(|mode| mode_name(*mode).to_owned()))),
        ),
        SettingsError::Resolution { wanted, offered } => say(
            format!("This source does not offer {wanted} in this mode"),
            format!("It offers: {} dpi.", list(offered.iter().map(|dpi| dpi.0.to_string()))),
        ),
        SettingsError::OnePageOfTwo => say(
            "One page of both sides cannot be scanned",
            "A sheet has two: ask for an even number of pages, or for the feeder's front sides.",
        ),
        SettingsError::Property(error) => property(error),
        SettingsError::Paper { max_width, max_height } => say(
            "The paper is larger than the scanner takes",
            format!("The largest is {:.0} × {:.0} mm.", max_width.mm(), max_height.mm()),
        ),
        SettingsError::Storage(folder) => say(
            format!("Pages cannot be kept in {}", folder.display()),
            "Check that folder's permissions, or name another one with LIGHTBAR_DATA_DIR.",
        ),
        SettingsError::NoSpace { free, needed } => say(
            format!("Only {} are free on the disk, and a scan wants {}", bytes(*free as f64), bytes(*needed as f64)),
            "Make room before scanning: pages are kept on disk as they come.",
        ),
        SettingsError::Busy => say("A scan is running", "Wait until it is done, or stop it."),
    }
}

/// Why a property could not be written, by the name that a developer knows.
pub fn property(error: &BatchError) -> Sentences {
    let name = error.property().map_or_else(|| format!("Property {}", error.id), |property| property.name().to_owned());
    match &error.refusal {
        Refusal::Unknown => say(format!("{name} does not exist here"), "This source has no such setting."),
        Refusal::ReadOnly => say(format!("{name} cannot be changed"), "The scanner sets it."),
        Refusal::Outside { value, valid } => {
            say(format!("{name} cannot be {value}"), format!("Valid is {}.", valid_values(valid)))
        }
        Refusal::Conflict { value, other } => say(
            format!("{name} cannot be {value} together with what {} asks for", other.name()),
            "Change one of the two.",
        ),
        Refusal::DriverPanicked => say("The scanner driver failed", "Choose the scanner again."),
    }
}

/// A set of valid values in words: `75, 150 or 300`, `50 to 1200 in steps of 25`.
pub fn valid_values(valid: &ValidValues) -> String {
    match valid {
        ValidValues::Any => "anything".to_owned(),
        ValidValues::Range { min, max, step: 1, .. } => format!("{min} to {max}"),
        ValidValues::Range { min, max, step, .. } => format!("{min} to {max} in steps of {step}"),
        ValidValues::List { values, .. } => list(values.iter().map(ToString::to_string)),
        ValidValues::Flags { mask, .. } => format!("any sum of the bits in {mask:#x}"),
    }
}

pub(super) fn source_name(source: Source) -> &'static str {
    match source {
        Source::Flatbed => "flatbed",
        Source::Feeder => "feeder",
        Source::Duplex => "duplex",
    }
}

pub(super) fn mode_name(mode: ColorMode) -> &'static str {
    match mode {
        ColorMode::LineArt => "lineart",
        ColorMode::Gray => "gray",
        ColorMode::Gray16 => "16-bit gray",
        ColorMode::Color => "color",
        ColorMode::Color48 => "48-bit color",
    }
}

pub(super) fn list(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// The system says of a disk that it does not do what it should.
pub(super) fn disk_failing(advice: &str) -> Sentences {
    say("The disk reports an error and may be failing", advice)
}

/// Line art was asked for, and the source scans gray instead.
pub fn gray_instead() -> Sentences {
    say(
        "This source has no black and white of its own",
        "The pages came in gray and were made black and white; undo in the document brings the gray back.",
    )
}

/// A device was named and does not answer.
pub fn device_silent() -> Sentences {
    problem(&Condition::NotAnswering.with("no answer"))
}

/// The application's own threads are gone.
pub fn session_gone() -> Sentences {
    say("Lightbar itself failed", "The pages are kept. Please report this.")
}
