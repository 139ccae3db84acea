//! The same case through the broker.

use std::sync::{Arc, Mutex};

use lightbar::clock::ManualClock;
use lightbar::minidriver::{
    AcquireEnd, AcquireError, Code, DriverMessage, Flow, HandlerAnswer, MiniDriverCallback, PageStream, ScanJob,
    Source, StreamGrant, Streams, TransferId,
};
use lightbar::transfer::{Answer, Broker, Canceller, DefaultHandler, NextStream, outcome_code};

use super::reference::Trace;
use super::script::{Answered, CancelsBy, Destination, Ending, Script, Step};
use crate::support::transfer::{
    Acquire, Application, Handler, Journal, ScriptedDriver, StoredPage, device_status, job, page_info, status,
};

type Answers = Arc<Mutex<Vec<Result<usize, Code>>>>;

/// The transfer's canceller, in the hands of everybody who may use it.
#[derive(Clone)]
pub struct Canceling {
    canceller: Arc<Mutex<Option<Canceller>>>,
    by: CancelsBy,
}

impl Canceling {
    pub fn new(by: CancelsBy) -> Canceling {
        Canceling { canceller: Arc::default(), by }
    }

    pub fn set(&self, canceller: Canceller) {
        *self.canceller.lock().expect("nothing panics with it") = Some(canceller);
    }

    pub fn cancel(&self) {
        let Some(canceller) = self.canceller.lock().expect("nothing panics with it").clone() else { return };
        match self.by {
            CancelsBy::Once => canceller.cancel(),
            CancelsBy::Twice => {
                canceller.cancel();
                canceller.cancel();
            }
            CancelsBy::AnotherThread => {
                std::thread::scope(|scope| {
                    scope.spawn(|| canceller.cancel());
                });
            }
        }
    }
}

/// Plays a case; its transfer's number, and what both sides saw.
pub fn play(script: &Script) -> (TransferId, Trace) {
    let journal = Journal::default();
    let answers = Answers::default();
    let canceller = Canceling::new(script.cancels_by);
    let mut driver = {
        let (script, answers, canceller) = (script.clone(), Arc::clone(&answers), canceller.clone());
        ScriptedDriver::with_acquire(&journal, move |acquire| drive(&script, acquire, &answers, &canceller))
    };
    driver.handler = Mutex::new(Some(Box::new(handler("driver", &journal, script, 1))));
    let broker = broker(driver, &journal, script);
    let streams = if script.multipage { Streams::OneForAll } else { Streams::PerPage };
    let transfer = broker.prepare(ScanJob { streams, ..job(Source::Feeder) });
    let id = transfer.id();
    canceller.set(transfer.canceller());
    if script.cancelled_before {
        canceller.cancel();
    }
    let mut application = application(&journal, script, &canceller, Vec::new());
    let outcome = broker.download(transfer, &mut application);
    broker.settle();
    let answers = answers.lock().expect("nothing panics with it").clone();
    let streams = application.pages.iter().map(|page: &StoredPage| page.bytes().len()).collect();
    (id, Trace { seen: journal.all(), answers, streams, result: Some(outcome_code(&outcome)) })
}

/// A broker with the default handler of the case.
pub fn broker(driver: ScriptedDriver, journal: &Journal, script: &Script) -> Broker {
    let default = DefaultHandler::with_face(Box::new(handler("default", journal, script, 2)));
    Broker::with_default_handler(Box::new(driver), ManualClock::start(), default)
}

/// The driver of the case.
fn drive(
    script: &Script,
    acquire: Acquire<'_>,
    answers: &Answers,
    canceller: &Canceling,
) -> Result<AcquireEnd, AcquireError> {
    let mut streams = Vec::new();
    for step in &script.steps {
        let Some(answer) = take_step(step, acquire.callback, &mut streams, canceller) else { continue };
        answers.lock().expect("nothing panics with it").push(answer);
        match answer {
            Err(Code::STATUS_SKIP_ITEM) | Ok(_) => {}
            Err(_) if !script.obeys => {}
            Err(Code::S_FALSE) => return Ok(AcquireEnd::Cancelled),
            Err(code) => return Err(AcquireError::Application(code)),
        }
    }
    match script.end {
        Ending::Completed => Ok(AcquireEnd::Completed),
        Ending::EndOfMedia => Ok(AcquireEnd::EndOfMedia),
        Ending::Cancelled => Ok(AcquireEnd::Cancelled),
        Ending::Application(code) => Err(AcquireError::Application(code)),
        Ending::Device(condition) => Err(AcquireError::Device(condition.with("scripted"))),
        // Unwinds as a panic does, without the report on stderr.
        Ending::Panic => std::panic::resume_unwind(Box::new("made to panic")),
    }
}

/// One step; the answer as the automaton writes it, or nothing when there was none.
fn take_step(
    step: &Step,
    callback: &mut dyn MiniDriverCallback,
    streams: &mut Vec<Box<dyn PageStream>>,
    canceller: &Canceling,
) -> Option<Result<usize, Code>> {
    let flow = |answer: Result<Flow, Code>| match answer {
        Ok(Flow::Continue) => Ok(0),
        Ok(Flow::Cancelled) => Err(Code::S_FALSE),
        Err(code) => Err(code),
    };
    Some(match *step {
        Step::NextStream => match callback.next_stream(&page_info(1)) {
            Ok(StreamGrant::Stream(stream)) => {
                streams.push(stream);
                Ok(0)
            }
            Ok(StreamGrant::Skip) => Err(Code::STATUS_SKIP_ITEM),
            Ok(StreamGrant::Cancelled) => Err(Code::S_FALSE),
            Err(code) => Err(code),
        },
        Step::Status(percent, bytes) => flow(callback.send_message(&status(percent, bytes))),
        Step::NewPage => flow(callback.send_message(&DriverMessage::NewPage)),
        Step::DeviceStatus(condition, percent) => flow(callback.send_message(&device_status(condition, percent))),
        Step::Write(count) => streams.last_mut()?.write(&vec![1; count]).map_err(|error| error.0),
        Step::WriteToFirst(count) => streams.first_mut()?.write(&vec![2; count]).map_err(|error| error.0),
        Step::CancelElsewhere => {
            canceller.cancel();
            return None;
        }
    })
}

/// The application of the case.
pub fn application(
    journal: &Journal,
    script: &Script,
    canceller: &Canceling,
    destinations: Vec<Destination>,
) -> Application {
    let (typed, gives_stream) = (script.typed, script.gives_stream);
    let mut stream_answers = script.stream_answers.clone().into_iter();
    let mut message_answers = script.message_answers.clone().into_iter();
    let next = |answers: &mut dyn Iterator<Item = Answered>, canceller: &Canceling| {
        let answer = answers.next()?;
        if answer.cancels {
            canceller.cancel();
        }
        Some(answer.code)
    };
    let (at_stream, at_message) = (canceller.clone(), canceller.clone());
    let moves: Vec<bool> = destinations.iter().map(|destination| destination.moves).collect();
    let mut destinations = destinations.into_iter();
    let application = Application::new(journal)
        .on_stream(move |_, page| match next(&mut stream_answers, &at_stream).unwrap_or(Code::S_OK) {
            Code::S_OK if gives_stream => {
                destinations.next().unwrap_or_default().prepare(page);
                None
            }
            Code::STATUS_SKIP_ITEM if typed => Some(NextStream::Skip),
            Code::S_FALSE if typed => Some(NextStream::Cancel),
            code => Some(NextStream::Code(code)),
        })
        .on_message(move |_, pages| {
            if let (Some(page), Some(true)) = (pages.last(), moves.get(pages.len().wrapping_sub(1))) {
                page.move_to(page.bytes().len() as u64 / 2);
            }
            match next(&mut message_answers, &at_message).unwrap_or(Code::S_OK) {
                Code::S_OK if typed => Answer::Continue,
                Code::S_FALSE if typed => Answer::Cancel,
                code => Answer::Code(code),
            }
        });
    if !script.has_handler {
        return application;
    }
    let mut answers = script.handler_answers[0].clone().into_iter();
    let at_handler = canceller.clone();
    application
        .handled_by(move |_| handler_answer(typed, next(&mut answers, &at_handler).unwrap_or(Code::STATUS_NOT_HANDLED)))
}

pub fn handler(name: &'static str, journal: &Journal, script: &Script, list: usize) -> Handler {
    let typed = script.typed;
    let mut answers = script.handler_answers[list].clone().into_iter();
    Handler::new(name, journal, move |_| {
        handler_answer(typed, answers.next().map_or(Code::STATUS_NOT_HANDLED, |answer| answer.code))
    })
}

fn handler_answer(typed: bool, code: Code) -> HandlerAnswer {
    if typed { HandlerAnswer::from(code) } else { HandlerAnswer::Code(code) }
}
