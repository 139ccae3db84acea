//! A question on the terminal about a problem at the device (reference, part 11). Where nobody sits there
//! is no question, and the problem ends the job.

use std::io::{self, BufRead, IsTerminal};
use std::thread;

use crossbeam_channel::{Receiver, bounded, never, select};

use crate::text::errors::Sentences;

use super::words::prompt;

/// Somebody at a terminal.
pub(super) struct Questioner {
    /// What is typed, once a question has been asked. Before that the terminal belongs to others: to the
    /// shell that this program runs in the background of, or that is typed ahead for.
    lines: Option<Receiver<String>>,
}

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
        terminal.then_some(Questioner { lines: None })
    }

    /// Asks, and waits for a line or for Ctrl+C. A program in the background asks nobody.
    pub(super) fn ask(&mut self, problem: &Sentences, interrupts: &Receiver<()>) -> Reply {
        if !is_in_the_foreground() {
            return Reply::Stop;
        }
        if self.lines.is_none() {
            self.lines = typed_lines();
        }
        let Some(lines) = &self.lines else { return Reply::Stop };
        // What was typed before the question is no answer to it.
        while lines.try_recv().is_ok() {}
        prompt(format_args!("\nlightbar: {}\nEnter to continue, s and Enter to stop: ", problem.joined()));
        reply(lines, interrupts)
    }
}

/// Whether the terminal sends what is typed to this program, and not to another of the same shell.
fn is_in_the_foreground() -> bool {
    rustix::termios::tcgetpgrp(io::stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// Lines as they are typed. The thread is left behind when the program ends: nobody can be made to press a key.
fn typed_lines() -> Option<Receiver<String>> {
    let (sender, lines) = bounded(1);
    let reading = thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        for line in io::stdin().lock().lines() {
            if line.map_or(true, |line| sender.send(line).is_err()) {
                break;
            }
        }
    });
    reading.is_ok().then_some(lines)
}

fn reply(lines: &Receiver<String>, interrupts: &Receiver<()>) -> Reply {
    // Somebody who can send no interrupts any more cannot be waited for in that way.
    let mut interrupts = interrupts.clone();
    loop {
        select! {
            recv(lines) -> line => return match line.as_deref().map(str::trim) {
                Ok("" | "c" | "C" | "continue") => Reply::Continue,
                Ok("s" | "S" | "stop" | "q") | Err(_) => Reply::Stop,
                Ok(_) => {
                    prompt(format_args!("Enter to continue, s and Enter to stop: "));
                    continue;
                }
            },
            recv(interrupts) -> interrupt => match interrupt {
                Ok(()) => return Reply::Interrupted,
                Err(_) => interrupts = never(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lines: &[&str]) -> Reply {
        let (sender, typed) = bounded(lines.len());
        for line in lines {
            sender.send((*line).to_owned()).unwrap();
        }
        drop(sender);
        reply(&typed, &never())
    }

    #[test]
    fn enter_continues_s_stops_and_anything_else_is_asked_again() {
        assert_eq!(said(&[""]), Reply::Continue);
        assert_eq!(said(&["s"]), Reply::Stop);
        assert_eq!(said(&["what?", " c "]), Reply::Continue);
        assert_eq!(said(&["what?"]), Reply::Stop, "the terminal is gone");
    }

    #[test]
    fn ctrl_c_ends_the_question() {
        let (interrupt, interrupts) = bounded(1);
        interrupt.send(()).unwrap();
        let (_typing, typed) = bounded(0);
        assert_eq!(reply(&typed, &interrupts), Reply::Interrupted);
    }
}
