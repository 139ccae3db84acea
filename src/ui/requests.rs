//! What the panels wish for in one frame.

use crate::session::Command;

use super::action::Action;

/// Wishes of one frame, in order. Panels push, [`super::Application`] carries out.
#[derive(Debug, Default)]
pub(super) struct Requests(Vec<Request>);

/// One wish.
#[derive(Debug)]
pub(super) enum Request {
    /// Something with a name; what it means depends on what is shown.
    Do(Action),
    /// Something for the session.
    Send(Command),
    /// What the tool on the page comes to.
    ApplyTool,
}

impl Requests {
    /// Wishes for an action.
    pub(super) fn act(&mut self, action: Action) {
        self.0.push(Request::Do(action));
    }

    /// Wishes for a command.
    pub(super) fn send(&mut self, command: Command) {
        self.0.push(Request::Send(command));
    }

    /// Wishes for what the tool on the page comes to.
    pub(super) fn apply_tool(&mut self) {
        self.0.push(Request::ApplyTool);
    }

    /// All wishes so far, leaving none.
    pub(super) fn take(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.0)
    }
}
