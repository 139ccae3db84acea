//! The reference automaton: the state table of the reference, 7.1, row by row, with the handler
//! chain of part 11. It knows nothing of the broker and is written as flat as the table is.

use std::collections::BTreeSet;

use lightbar::minidriver::{Code, Condition, TransferId};

use super::script::{Answered, Ending, Script, Step};
use crate::support::transfer::Seen;

/// What both sides saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Everything that the application, the handlers and the driver's entry points saw.
    pub seen: Vec<Seen>,
    /// What the driver was answered: a code for each callback, bytes taken or a code for each write.
    pub answers: Vec<Result<usize, Code>>,
    /// The bytes of every stream that was given: how many there are.
    pub streams: Vec<usize>,
    /// What download returned.
    pub result: Option<Code>,
}

/// A row of the table, or a line of the result table, that a case met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    CancelledBefore1,
    FirstStream2,
    NextStream3,
    EndOfStreamStops3,
    Granted4,
    Skipped4,
    StreamCancelled4,
    StreamFailed4,
    StreamUnexpected4,
    Status5,
    NewPage6,
    DeviceStatus7,
    NoHandler7,
    NotRelayed8,
    Cancelled9,
    Failed10,
    WriteDropped11,
    WriteInHand11,
    OpenAtTheEnd12,
    LiveResult,
    LiveSkipResult,
    CancelledOverrules,
    CancelledButFailed,
    FailedOverrules,
    FailedOtherwise,
}

impl Row {
    pub const ALL: [Row; 25] = [
        Row::CancelledBefore1,
        Row::FirstStream2,
        Row::NextStream3,
        Row::EndOfStreamStops3,
        Row::Granted4,
        Row::Skipped4,
        Row::StreamCancelled4,
        Row::StreamFailed4,
        Row::StreamUnexpected4,
        Row::Status5,
        Row::NewPage6,
        Row::DeviceStatus7,
        Row::NoHandler7,
        Row::NotRelayed8,
        Row::Cancelled9,
        Row::Failed10,
        Row::WriteDropped11,
        Row::WriteInHand11,
        Row::OpenAtTheEnd12,
        Row::LiveResult,
        Row::LiveSkipResult,
        Row::CancelledOverrules,
        Row::CancelledButFailed,
        Row::FailedOverrules,
        Row::FailedOtherwise,
    ];
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Latch {
    Live,
    Cancelled,
    Failed(Code),
}

/// Part 11, as far as the cases go.
const IN_THE_DEFAULT_HANDLERS_LIST: [Condition; 5] =
    [Condition::WarmingUp, Condition::Calibrating, Condition::PaperJam, Condition::PaperEmpty, Condition::CoverOpen];

const HANDLERS: [&str; 3] = ["application", "driver", "default"];

/// The broker, as the table has it. Its driver is whoever calls it while [`Automaton::download`] acquires.
pub struct Automaton<'a> {
    script: &'a Script,
    id: TransferId,
    pub trace: Trace,
    pub rows: BTreeSet<Row>,
    latch: Latch,
    acquiring: bool,
    pub cancel_io_sent: bool,
    /// The driver was answered that it is over.
    told: bool,
    /// The stream that is open, and whether the driver said 100 of it.
    open: Option<(usize, bool)>,
    /// Streams that the driver got.
    driver_has: Vec<usize>,
    /// The delay that is shown, and by whom.
    notice: Option<(Code, BTreeSet<usize>)>,
    asked_streams: usize,
    sent_messages: usize,
    asked_handlers: [usize; 3],
}

/// What the table says of a case.
pub fn predict(script: &Script, id: TransferId) -> (Trace, BTreeSet<Row>) {
    let mut automaton = Automaton::new(script, id);
    automaton.download(Automaton::steps);
    (automaton.trace, automaton.rows)
}

impl<'a> Automaton<'a> {
    pub fn new(script: &'a Script, id: TransferId) -> Automaton<'a> {
        Automaton {
            script,
            id,
            trace: Trace::default(),
            rows: BTreeSet::new(),
            latch: Latch::Live,
            acquiring: false,
            cancel_io_sent: false,
            told: false,
            open: None,
            driver_has: Vec::new(),
            notice: None,
            asked_streams: 0,
            sent_messages: 0,
            asked_handlers: [0; 3],
        }
    }

    pub fn download(&mut self, acquire: impl FnOnce(&mut Automaton<'a>) -> Ending) {
        if self.script.cancelled_before {
            self.rows.insert(Row::CancelledBefore1);
            self.trace.result = Some(Code::S_FALSE);
            return;
        }
        self.see(Seen::Lock);
        self.see(Seen::Acquire);
        self.acquiring = true;
        let end = acquire(self);
        self.acquiring = false;
        if end != Ending::Panic {
            self.see(Seen::AcquireReturned);
        }
        // Answers to what follows change nothing any more.
        let latch = self.latch;
        self.clear_notice();
        if self.open.is_some() {
            self.rows.insert(Row::OpenAtTheEnd12);
            self.end_stream();
        }
        self.message(Seen::EndOfTransfer);
        if !matches!(end, Ending::Completed | Ending::EndOfMedia) {
            self.see(Seen::Settle);
        }
        self.see(Seen::Unlock);
        self.trace.result = Some(self.result(latch, &end));
    }

    /// The driver: step by step, to its end.
    fn steps(&mut self) -> Ending {
        for step in &self.script.steps {
            let answer = match *step {
                Step::NextStream => self.next_stream(1),
                Step::Status(percent, bytes) => self.status(percent, bytes),
                Step::NewPage => self.new_page(),
                Step::DeviceStatus(condition, percent) => self.device_status(condition, percent),
                Step::Write(count) => match self.driver_has.last() {
                    Some(&stream) => self.write(stream, count),
                    None => continue,
                },
                Step::WriteToFirst(count) => match self.driver_has.first() {
                    Some(&stream) => self.write(stream, count),
                    None => continue,
                },
                Step::CancelElsewhere => {
                    self.cancel();
                    continue;
                }
            };
            self.trace.answers.push(answer);
            if self.script.obeys
                && let Err(code) = answer
                && code != Code::STATUS_SKIP_ITEM
            {
                return if code == Code::S_FALSE { Ending::Cancelled } else { Ending::Application(code) };
            }
        }
        self.script.end.clone()
    }

    pub fn see(&mut self, seen: Seen) {
        self.trace.seen.push(seen);
    }

    pub fn cancel(&mut self) {
        if !self.acquiring {
            return;
        }
        if self.latch == Latch::Live {
            self.latch = Latch::Cancelled;
        }
        if !self.cancel_io_sent {
            self.cancel_io_sent = true;
            self.see(Seen::CancelIo(self.id));
        }
    }

    fn set(&mut self, latch: Latch) {
        if self.latch == Latch::Live {
            self.latch = latch;
        }
    }

    /// Rows 9 and 10, and the end of every other row.
    fn by_latch(&mut self) -> Result<usize, Code> {
        match self.latch {
            Latch::Live => Ok(0),
            Latch::Cancelled => {
                self.told = true;
                Err(Code::S_FALSE)
            }
            Latch::Failed(code) => {
                self.told = true;
                Err(code)
            }
        }
    }

    fn is_over(&mut self) -> bool {
        match self.latch {
            Latch::Live => return false,
            Latch::Cancelled => self.rows.insert(Row::Cancelled9),
            Latch::Failed(_) => self.rows.insert(Row::Failed10),
        };
        true
    }

    /// The application is told something; its answer as a code.
    fn message(&mut self, seen: Seen) -> Code {
        self.see(seen);
        let answer = self.script.message_answers.get(self.sent_messages).copied();
        self.sent_messages += 1;
        self.answer(answer, Code::S_OK)
    }

    fn answer(&mut self, answer: Option<Answered>, otherwise: Code) -> Code {
        let Some(answer) = answer else { return otherwise };
        if answer.cancels {
            self.cancel();
        }
        answer.code
    }

    /// Row 5, column *answer*.
    fn apply(&mut self, code: Code) {
        match code {
            Code::S_OK => {}
            Code::S_FALSE => self.set(Latch::Cancelled),
            Code(value) if value >= 0x8000_0000 => self.set(Latch::Failed(code)),
            _ => self.set(Latch::Failed(Code::E_UNEXPECTED)),
        }
    }

    fn end_stream(&mut self) -> Code {
        match self.open.take() {
            Some((_, complete)) => self.message(Seen::EndOfStream { complete }),
            None => Code::S_OK,
        }
    }

    pub fn next_stream(&mut self, page: u32) -> Result<usize, Code> {
        if self.is_over() {
            return self.by_latch();
        }
        self.clear_notice();
        self.rows.insert(if self.open.is_some() { Row::NextStream3 } else { Row::FirstStream2 });
        let answer = self.end_stream();
        self.apply(answer);
        if self.latch != Latch::Live {
            self.rows.insert(Row::EndOfStreamStops3);
            return self.by_latch();
        }
        self.see(Seen::NextStream(page));
        let answer = self.script.stream_answers.get(self.asked_streams).copied();
        self.asked_streams += 1;
        let code = self.answer(answer, Code::S_OK);
        match code {
            Code::S_OK if self.script.gives_stream => {
                self.rows.insert(Row::Granted4);
                let stream = self.trace.streams.len();
                self.trace.streams.push(0);
                self.open = Some((stream, false));
                self.by_latch()?;
                self.driver_has.push(stream);
                Ok(0)
            }
            Code::STATUS_SKIP_ITEM => {
                self.rows.insert(Row::Skipped4);
                self.by_latch()?;
                Err(code)
            }
            Code::S_FALSE => {
                self.rows.insert(Row::StreamCancelled4);
                self.set(Latch::Cancelled);
                self.by_latch()
            }
            Code(value) if value >= 0x8000_0000 => {
                self.rows.insert(Row::StreamFailed4);
                self.set(Latch::Failed(code));
                self.by_latch()
            }
            _ => {
                self.rows.insert(Row::StreamUnexpected4);
                self.set(Latch::Failed(Code::E_UNEXPECTED));
                self.by_latch()
            }
        }
    }

    pub fn status(&mut self, percent: u8, bytes: u64) -> Result<usize, Code> {
        if self.is_over() {
            return self.by_latch();
        }
        self.rows.insert(Row::Status5);
        self.clear_notice();
        if let Some((_, complete)) = &mut self.open
            && percent == 100
        {
            *complete = true;
        }
        let answer = self.message(Seen::Status(percent, bytes));
        self.apply(answer);
        self.by_latch()
    }

    pub fn new_page(&mut self) -> Result<usize, Code> {
        if self.is_over() {
            return self.by_latch();
        }
        match &mut self.open {
            Some((_, complete)) if self.script.multipage => *complete = false,
            _ => {
                self.rows.insert(Row::NotRelayed8);
                return Err(Code::E_INVALIDARG);
            }
        }
        self.rows.insert(Row::NewPage6);
        let answer = self.message(Seen::NewPage);
        self.apply(answer);
        self.by_latch()
    }

    pub fn device_status(&mut self, condition: Condition, percent: u8) -> Result<usize, Code> {
        if self.is_over() {
            return self.by_latch();
        }
        let code = condition.code();
        let failure = code.0 >= 0x8000_0000;
        if !self.script.has_handler {
            self.rows.insert(Row::NoHandler7);
            if failure {
                self.set(Latch::Failed(code));
            }
            return self.by_latch();
        }
        self.rows.insert(Row::DeviceStatus7);
        if self.notice.as_ref().is_some_and(|(shown, _)| *shown != code) {
            self.clear_notice();
        }
        for (handler, name) in HANDLERS.into_iter().enumerate() {
            // The default handler does not put before its face what is not in its list.
            if handler == 2 && !IN_THE_DEFAULT_HANDLERS_LIST.contains(&condition) {
                continue;
            }
            self.see(Seen::Report(name, code, percent));
            let answer = self.script.handler_answers[handler].get(self.asked_handlers[handler]).copied();
            self.asked_handlers[handler] += 1;
            // Only the application's handler cancels from inside.
            let answer = answer.map(|answer| Answered { cancels: answer.cancels && handler == 0, ..answer });
            match self.answer(answer, Code::STATUS_NOT_HANDLED) {
                Code::STATUS_NOT_HANDLED => continue,
                Code::S_FALSE => self.set(Latch::Cancelled),
                other if other.0 >= 0x8000_0000 => self.set(Latch::Failed(other)),
                _ if failure => {}
                _ => {
                    self.notice.get_or_insert((code, BTreeSet::new())).1.insert(handler);
                }
            }
            return self.by_latch();
        }
        if failure {
            self.set(Latch::Failed(code));
        }
        self.by_latch()
    }

    fn clear_notice(&mut self) {
        let Some((_, shown_by)) = self.notice.take() else { return };
        for handler in shown_by {
            self.see(Seen::Clear(HANDLERS[handler]));
        }
    }

    pub fn write(&mut self, stream: usize, count: usize) -> Result<usize, Code> {
        let refusal = match self.latch {
            Latch::Failed(code) => Some(code),
            Latch::Cancelled if self.told => Some(Code::E_ABORT),
            _ => None,
        };
        let is_open = matches!(self.open, Some((open, _)) if open == stream);
        if let Some(code) = refusal {
            self.rows.insert(Row::WriteDropped11);
            return Err(code);
        }
        if !is_open {
            return Err(Code::E_ABORT);
        }
        if self.latch == Latch::Cancelled {
            self.rows.insert(Row::WriteInHand11);
        }
        if let Some((_, complete)) = &mut self.open
            && count > 0
        {
            *complete = false;
        }
        self.trace.streams[stream] += count;
        Ok(count)
    }

    /// The result table.
    fn result(&mut self, latch: Latch, end: &Ending) -> Code {
        let own = match end {
            Ending::Completed => Code::S_OK,
            Ending::EndOfMedia => Code::STATUS_END_OF_MEDIA,
            Ending::Cancelled => Code::S_FALSE,
            Ending::Application(code) => *code,
            Ending::Device(condition) => condition.code(),
            Ending::Panic => Code::ERROR_EXCEPTION_IN_DRIVER,
        };
        let success_or_abort = own.0 < 0x8000_0000 || [0x8000_4004, 0x8007_03E3, 0x8007_04C7].contains(&own.0);
        match (latch, success_or_abort) {
            (Latch::Cancelled, true) => {
                self.rows.insert(Row::CancelledOverrules);
                Code::S_FALSE
            }
            (Latch::Failed(code), true) => {
                self.rows.insert(Row::FailedOverrules);
                code
            }
            (Latch::Cancelled, false) => {
                self.rows.insert(Row::CancelledButFailed);
                own
            }
            (Latch::Failed(_), false) => {
                self.rows.insert(Row::FailedOtherwise);
                own
            }
            (Latch::Live, _) if own == Code::STATUS_SKIP_ITEM => {
                self.rows.insert(Row::LiveSkipResult);
                Code::S_OK
            }
            (Latch::Live, _) => {
                self.rows.insert(Row::LiveResult);
                let an_end = [Code::S_OK, Code::S_FALSE, Code::STATUS_END_OF_MEDIA].contains(&own);
                if an_end || own.0 >= 0x8000_0000 { own } else { Code::ERROR_INVALID_DRIVER_RESPONSE }
            }
        }
    }
}
