//! Device status: who is asked, in which order, and when a notice goes (reference, part 11).

use crate::minidriver::{Code, DeviceFailure, ErrorHandler, HandlerAnswer};
use crate::units::Percent;

use super::callback::Stop;
use super::outcome::guarded;

/// The last handler of the chain. It knows the conditions that every scanner may report and puts
/// them before its face, a window or a terminal; what it does not know it leaves alone. Without a
/// face it lets delays pass and handles no problem.
#[derive(Default)]
pub struct DefaultHandler {
    face: Option<Box<dyn ErrorHandler + Send>>,
}

impl DefaultHandler {
    /// What the default handler knows.
    pub const KNOWN: [Code; 11] = [
        Code::STATUS_WARMING_UP,
        Code::STATUS_CALIBRATING,
        Code::STATUS_RESERVING_NETWORK_DEVICE,
        Code::STATUS_NETWORK_DEVICE_RESERVED,
        Code::ERROR_PAPER_JAM,
        Code::ERROR_PAPER_EMPTY,
        Code::ERROR_COVER_OPEN,
        Code::ERROR_LAMP_OFF,
        Code::ERROR_DEVICE_LOCKED,
        Code::ERROR_DESTINATION,
        Code::ERROR_NETWORK_RESERVATION_FAILED,
    ];

    /// A default handler that asks a person through this.
    pub fn with_face(face: Box<dyn ErrorHandler + Send>) -> DefaultHandler {
        DefaultHandler { face: Some(face) }
    }
}

impl ErrorHandler for DefaultHandler {
    fn report_status(&mut self, failure: &DeviceFailure, percent: Percent) -> HandlerAnswer {
        let code = failure.condition.code();
        if !DefaultHandler::KNOWN.contains(&code) {
            return HandlerAnswer::NotHandled;
        }
        match &mut self.face {
            Some(face) => face.report_status(failure, percent),
            None if code.is_failure() => HandlerAnswer::NotHandled,
            None => HandlerAnswer::Handled,
        }
    }

    fn clear(&mut self) {
        if let Some(face) = &mut self.face {
            face.clear();
        }
    }
}

/// The handlers behind the application's own, and the notice that is shown.
pub(super) struct Handlers<'a> {
    pub(super) driver: Option<&'a mut (dyn ErrorHandler + Send + 'static)>,
    pub(super) default: &'a mut DefaultHandler,
    notice: Option<Notice>,
}

/// A delay that is being shown, and by whom.
struct Notice {
    code: Code,
    shown_by: Vec<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Application,
    Driver,
    Default,
}

impl<'a> Handlers<'a> {
    pub(super) fn new(
        driver: Option<&'a mut (dyn ErrorHandler + Send + 'static)>,
        default: &'a mut DefaultHandler,
    ) -> Handlers<'a> {
        Handlers { driver, default, notice: None }
    }

    /// Puts a status before the handlers, the application's first (R37). `None` is *go on*.
    pub(super) fn report(
        &mut self,
        application: &mut dyn ErrorHandler,
        failure: &DeviceFailure,
        percent: Percent,
    ) -> Option<Stop> {
        let code = failure.condition.code();
        if self.notice.as_ref().is_some_and(|notice| notice.code != code) {
            self.clear(Some(application));
        }
        for place in [Place::Application, Place::Driver, Place::Default] {
            let answer = match place {
                Place::Application => application.report_status(failure, percent),
                Place::Driver => self.ask_driver(failure, percent),
                Place::Default => self.default.report_status(failure, percent),
            };
            match answer {
                HandlerAnswer::NotHandled | HandlerAnswer::Code(Code::STATUS_NOT_HANDLED) => {}
                HandlerAnswer::Cancel | HandlerAnswer::Code(Code::S_FALSE) => return Some(Stop::Cancelled),
                HandlerAnswer::Code(failure) if failure.is_failure() => return Some(Stop::Failed(failure)),
                HandlerAnswer::Handled | HandlerAnswer::Code(_) => {
                    self.remember_notice(code, place);
                    return None;
                }
            }
        }
        unhandled(code)
    }

    /// Tells whoever shows a notice that it can go (R41).
    pub(super) fn clear(&mut self, application: Option<&mut dyn ErrorHandler>) {
        let Some(notice) = self.notice.take() else { return };
        if let Some(application) = application
            && notice.shown_by.contains(&Place::Application)
        {
            application.clear();
        }
        if let Some(driver) = self.driver.as_mut()
            && notice.shown_by.contains(&Place::Driver)
            && let Err(panic) = guarded("the status handler", || driver.clear())
        {
            tracing::error!(%panic, "clearing a notice");
        }
        if notice.shown_by.contains(&Place::Default) {
            self.default.clear();
        }
    }

    /// A driver's handler that panics has not handled anything.
    fn ask_driver(&mut self, failure: &DeviceFailure, percent: Percent) -> HandlerAnswer {
        let Some(driver) = self.driver.as_mut() else { return HandlerAnswer::NotHandled };
        guarded("the status handler", || driver.report_status(failure, percent)).unwrap_or_else(|panic| {
            tracing::error!(%panic, "asking about {failure}");
            HandlerAnswer::NotHandled
        })
    }

    /// Only a delay is shown as a notice that stays; a problem was a question, and is answered.
    fn remember_notice(&mut self, code: Code, place: Place) {
        if code.is_failure() {
            return;
        }
        let notice = self.notice.get_or_insert(Notice { code, shown_by: Vec::new() });
        if !notice.shown_by.contains(&place) {
            notice.shown_by.push(place);
        }
    }
}

/// Codes that are no status of a device: ends of a transfer, answers, and what the broker alone sends.
const NO_STATUS: [Code; 7] = [
    Code::S_OK,
    Code::S_FALSE,
    Code::STATUS_END_OF_MEDIA,
    Code::STATUS_CLEAR,
    Code::STATUS_SKIP_ITEM,
    Code::STATUS_NOT_HANDLED,
    Code::S_CHANGE_DEVICE,
];

/// Whether a code says something of a device: a delay, a problem, or a word of the driver's own (reference, part 11).
pub(super) fn is_device_status(code: Code) -> bool {
    !NO_STATUS.contains(&code)
}

/// What a status comes to that nobody handled (R38, R39).
pub(super) fn unhandled(code: Code) -> Option<Stop> {
    code.is_failure().then_some(Stop::Failed(code))
}
