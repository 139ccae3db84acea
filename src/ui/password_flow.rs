//! The password of a file that is being imported, while it is typed.

use crate::import::Password;
use crate::session::{Command, Snapshot};

/// What is typed, as long as the session asks for it.
#[derive(Default)]
pub(super) struct PasswordFlow(Option<Typing>);

/// One question, and what was typed to it.
pub(super) struct Typing {
    /// The number of the question: an answer that comes late is none to the next one.
    number: u64,
    /// What was typed.
    pub(super) typed: String,
    /// The field was given the keyboard.
    pub(super) focused: bool,
}

impl PasswordFlow {
    /// Follows what is asked. Each question begins with an empty field.
    pub(super) fn follow(&mut self, shown: &Snapshot) {
        let asked = shown.locked.as_ref().map(|locked| locked.number);
        if asked != self.0.as_ref().map(|typing| typing.number) {
            self.0 = asked.map(|number| Typing { number, typed: String::new(), focused: false });
        }
    }

    /// Whether something is asked.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// The question that is open.
    pub(super) fn typing(&mut self) -> Option<&mut Typing> {
        self.0.as_mut()
    }
}

impl Typing {
    /// Whether there is something to try.
    pub(super) fn is_something(&self) -> bool {
        !self.typed.is_empty()
    }

    /// The answer: what was typed, or that the file is left out.
    pub(super) fn answer(&mut self, goes_on: bool) -> Command {
        let typed = std::mem::take(&mut self.typed);
        let password = Password::new(&typed).filter(|_| goes_on);
        Command::AnswerPassword { number: self.number, password }
    }
}
