//! The commands of a device that is no eSCL scanner: one ordered stream of commands and answers on a vendor's
//! own interface. The made-up protocol is described at its driver, in `drivers/legacy_sample/protocol.rs`.

use std::collections::VecDeque;

use super::http_server::{Pull, Taken};
use super::scanner::{LineWindow, PageBody, PageEnding, Refused, Scanner, Started};
use crate::clock::Moment;

/// Bytes of the head of a command and of an answer.
const HEAD: usize = 8;
const COMMAND: u8 = b'L';
const ANSWER: u8 = b'l';
/// Bytes a host may send ahead.
const INPUT_LIMIT: usize = 4096;
/// The longest payload of a command.
const PAYLOAD_LIMIT: usize = 64;

const IDENTIFY: u8 = 1;
const WINDOW: u8 = 2;
const START: u8 = 3;
const READ: u8 = 4;
const STOP: u8 = 5;
const STATUS: u8 = 6;

const OK: u8 = 0;
const END_OF_PAGE: u8 = 1;
const CANCELLED: u8 = 2;
const REFUSED: u8 = 0x10;
const NO_PAPER: u8 = 0x11;
const JAM: u8 = 0x12;
const COVER_OPEN: u8 = 0x13;
const MULTI_FEED: u8 = 0x14;
const BUSY: u8 = 0x15;
const BROKEN_OFF: u8 = 0x16;
const UNKNOWN_COMMAND: u8 = 0xff;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct LineStream {
    input: Vec<u8>,
    output: VecDeque<u8>,
    /// A command whose answer takes time.
    held: Option<Command>,
    window: Option<LineWindow>,
    job: Option<String>,
    page: Option<PageBody>,
    /// Bytes of the page that were made and not asked for.
    rest: VecDeque<u8>,
}

#[derive(Clone, Debug)]
struct Command {
    code: u8,
    sequence: u8,
    payload: Vec<u8>,
}

/// What is answered to a command.
enum Reply {
    Now(u8, Vec<u8>),
    Later(Moment),
}

impl LineStream {
    /// Takes what a host sent, as far as there is room; says how much that was.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(INPUT_LIMIT - self.input.len());
        self.input.extend_from_slice(&bytes[..taken]);
        taken
    }

    /// Goes as far as it can at this time. Answers when to come back, if time alone can change anything.
    pub(super) fn advance(&mut self, now: Moment, scanner: &mut Scanner) -> Option<Moment> {
        while self.output.is_empty() {
            let command = match self.held.take() {
                Some(command) => command,
                None => {
                    let command = self.next_command()?;
                    scanner.received_line_command(now, name_of(command.code), command.code == START);
                    command
                }
            };
            if scanner.is_mute() || scanner.is_unplugged() {
                return None;
            }
            match self.answer(now, scanner, &command) {
                Reply::Now(status, payload) => self.say(&command, status, &payload),
                Reply::Later(at) => {
                    self.held = Some(command);
                    return Some(at);
                }
            }
        }
        None
    }

    /// Takes bytes of the answer.
    pub(super) fn take(&mut self, limit: usize) -> Taken {
        let bytes: Vec<u8> = self.output.drain(..limit.min(self.output.len())).collect();
        Taken { ends_answer: !bytes.is_empty() && self.output.is_empty(), bytes }
    }

    pub(super) fn waiting(&self) -> usize {
        self.output.len()
    }

    pub(super) fn is_thinking(&self) -> bool {
        self.held.is_some()
    }

    pub(super) fn is_undrained(&self) -> bool {
        !self.output.is_empty()
    }

    /// The stream begins anew; the page under way is lost.
    pub(super) fn abandon(self, now: Moment, scanner: &mut Scanner) {
        if let Some(job) = self.job {
            scanner.stop_lines(now, &job);
        }
    }

    /// The next whole command. What does not begin like one is thrown away, and the host is told.
    fn next_command(&mut self) -> Option<Command> {
        if self.input.len() < HEAD {
            return None;
        }
        let length = u32::from_le_bytes(self.input[4..HEAD].try_into().ok()?) as usize;
        if self.input[0] != COMMAND || length > PAYLOAD_LIMIT {
            self.input.clear();
            return Some(Command { code: 0, sequence: 0, payload: Vec::new() });
        }
        if self.input.len() < HEAD + length {
            return None;
        }
        let bytes: Vec<u8> = self.input.drain(..HEAD + length).collect();
        Some(Command { code: bytes[1], sequence: bytes[2], payload: bytes[HEAD..].to_vec() })
    }

    fn say(&mut self, command: &Command, status: u8, payload: &[u8]) {
        self.output.extend([ANSWER, command.code, command.sequence, status]);
        self.output.extend((payload.len() as u32).to_le_bytes());
        self.output.extend(payload);
    }

    fn answer(&mut self, now: Moment, scanner: &mut Scanner, command: &Command) -> Reply {
        let done = |status| Reply::Now(status, Vec::new());
        match command.code {
            IDENTIFY => Reply::Now(OK, scanner.line_identity()),
            WINDOW => {
                self.window = LineWindow::parse(scanner.model(), &command.payload);
                self.give_up(now, scanner);
                done(if self.window.is_some() { OK } else { REFUSED })
            }
            START => self.start(now, scanner),
            READ => self.read(now, scanner, &command.payload),
            STOP => {
                self.give_up(now, scanner);
                done(OK)
            }
            STATUS => Reply::Now(OK, vec![scanner.line_status(now)]),
            _ => done(UNKNOWN_COMMAND),
        }
    }

    fn give_up(&mut self, now: Moment, scanner: &mut Scanner) {
        (self.page, self.rest) = (None, VecDeque::new());
        if let Some(job) = self.job.take() {
            scanner.stop_lines(now, &job);
        }
    }

    fn start(&mut self, now: Moment, scanner: &mut Scanner) -> Reply {
        let Some(window) = &self.window else { return Reply::Now(REFUSED, Vec::new()) };
        let refused = match scanner.start_lines(now, window, &mut self.job) {
            Started::Page { body, width, lines, line_bytes } => {
                self.page = Some(body);
                self.rest.clear();
                let sizes = [width, lines, line_bytes];
                return Reply::Now(OK, sizes.into_iter().flat_map(u32::to_le_bytes).collect());
            }
            Started::Later(at) => return Reply::Later(at),
            Started::Refused(refused) => refused,
        };
        self.job = None;
        Reply::Now(number_of(refused), Vec::new())
    }

    fn read(&mut self, now: Moment, scanner: &mut Scanner, payload: &[u8]) -> Reply {
        let most = payload.try_into().map(u32::from_le_bytes).unwrap_or(0) as usize;
        let Some(page) = self.page.as_ref().filter(|_| most > 0) else { return Reply::Now(REFUSED, Vec::new()) };
        if self.rest.is_empty() {
            match scanner.pull_page(now, page) {
                Pull::Bytes(bytes) => self.rest.extend(bytes.iter()),
                Pull::Later(at) => return Reply::Later(at),
                Pull::End => {
                    let status = match scanner.ending_of(page) {
                        PageEnding::Complete => END_OF_PAGE,
                        PageEnding::Cancelled => CANCELLED,
                        PageEnding::Refused(refused) => number_of(refused),
                    };
                    self.page = None;
                    return Reply::Now(status, Vec::new());
                }
            }
        }
        let taken = most.min(self.rest.len());
        Reply::Now(OK, self.rest.drain(..taken).collect())
    }
}

fn number_of(refused: Refused) -> u8 {
    match refused {
        Refused::NoPaper => NO_PAPER,
        Refused::Jam => JAM,
        Refused::CoverOpen => COVER_OPEN,
        Refused::MultiFeed => MULTI_FEED,
        Refused::Busy => BUSY,
        Refused::BrokenOff => BROKEN_OFF,
    }
}

/// A command as those who watch the device see it.
fn name_of(code: u8) -> &'static str {
    match code {
        IDENTIFY => "IDENTIFY",
        WINDOW => "WINDOW",
        START => "START",
        READ => "READ",
        STOP => "STOP",
        STATUS => "STATUS",
        _ => "?",
    }
}
