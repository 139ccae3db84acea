//! A question on the terminal about a problem at the device (reference, part 11). Where nobody sits there
//! is no question, and the problem ends the job.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::time::Duration;

use crossbeam_channel::Receiver;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{QueueSelector, tcflush};

use crate::text::errors::Sentences;

use super::words::prompt;

/// How often it is looked whether Ctrl+C ended the question.
const GLANCE: Duration = Duration::from_millis(50);
/// Of a line that is longer than this only the rest counts; every answer is a word.
const LONGEST_LINE: usize = 256;

/// Somebody at a terminal. It is read from only while a question is open: before that what is typed belongs to
/// others, to the shell that this program runs in the background of, or that is typed ahead for.
pub(super) struct Questioner(());

/// What the person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// It is put right: look again.
    Continue,
    /// End the job with what is there.
    Stop,
    /// Ctrl+C.
    Interrupted,
}

impl Questioner {
    /// When both standard input and standard error are a terminal, and it is ours to read from.
    pub(super) fn on_terminal() -> Option<Questioner> {
        let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        terminal.then_some(Questioner(()))
    }

    /// Asks, and waits for a line or for Ctrl+C. A program in the background asks nobody.
    pub(super) fn ask(&mut self, problem: &Sentences, interrupts: &Receiver<()>) -> Reply {
        if !is_in_the_foreground() {
            return Reply::Stop;
        }
        // What was typed before the question is no answer to it. A terminal that cannot be flushed is still one.
        if let Err(error) = tcflush(io::stdin(), QueueSelector::IFlush) {
            tracing::info!(%error, "what was typed before stays");
        }
        prompt(format_args!("\nlightbar: {}\nEnter to continue, s and Enter to stop: ", problem.joined()));
        reply(&io::stdin(), interrupts)
    }
}

/// Whether the terminal sends what is typed to this program, and not to another of the same shell.
fn is_in_the_foreground() -> bool {
    rustix::termios::tcgetpgrp(io::stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// Reads lines past the library's own buffer, which would keep what follows for a question that nobody has asked yet.
fn reply(typed: &impl AsFd, interrupts: &Receiver<()>) -> Reply {
    let glance = Timespec { tv_sec: 0, tv_nsec: GLANCE.as_nanos() as i64 };
    let mut line = Vec::new();
    loop {
        if interrupts.try_recv().is_ok() {
            return Reply::Interrupted;
        }
        match poll(&mut [PollFd::new(typed, PollFlags::IN)], Some(&glance)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Ok(_) => {}
            Err(_) => return Reply::Stop,
        }
        let mut byte = [0];
        match rustix::io::read(typed, &mut byte) {
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => continue,
            // The terminal is gone.
            Ok(0) | Err(_) => return Reply::Stop,
            Ok(_) if byte[0] != b'\n' => {
                if line.len() == LONGEST_LINE {
                    line.clear();
                }
                line.push(byte[0]);
                continue;
            }
            Ok(_) => {}
        }
        match meaning(&line) {
            Some(reply) => return reply,
            None => prompt(format_args!("Enter to continue, s and Enter to stop: ")),
        }
        line.clear();
    }
}

/// What a line says, if it says anything.
fn meaning(line: &[u8]) -> Option<Reply> {
    match String::from_utf8_lossy(line).trim() {
        "" | "c" | "C" | "continue" => Some(Reply::Continue),
        "s" | "S" | "stop" | "q" => Some(Reply::Stop),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use crossbeam_channel::{bounded, never};

    use super::*;

    /// Somebody types this and leaves, or stays and types no more.
    fn said(lines: &str) -> Reply {
        let (typed, mut person) = io::pipe().expect("a pipe");
        person.write_all(lines.as_bytes()).expect("room");
        drop(person);
        reply(&typed, &never())
    }

    #[test]
    fn enter_continues_s_stops_and_anything_else_is_asked_again() {
        assert_eq!(said("\n"), Reply::Continue);
        assert_eq!(said("s\n"), Reply::Stop);
        assert_eq!(said("what?\n c \n"), Reply::Continue);
        assert_eq!(said("what?\n"), Reply::Stop, "the terminal is gone");
        assert_eq!(said(&format!("{}\n\n", "x".repeat(3 * LONGEST_LINE + 1))), Reply::Continue);
    }

    #[test]
    fn one_line_answers_and_what_follows_stays_with_the_terminal() {
        let (mut typed, mut person) = io::pipe().expect("a pipe");
        person.write_all(b"\ns\n").expect("room");
        assert_eq!(reply(&typed, &never()), Reply::Continue);
        drop(person);
        let mut left = String::new();
        io::Read::read_to_string(&mut typed, &mut left).expect("it is there");
        assert_eq!(left, "s\n");
    }

    #[test]
    fn ctrl_c_ends_the_question() {
        let (interrupt, interrupts) = bounded(1);
        interrupt.send(()).expect("room");
        let (typed, _person) = io::pipe().expect("a pipe");
        assert_eq!(reply(&typed, &interrupts), Reply::Interrupted);
    }
}
