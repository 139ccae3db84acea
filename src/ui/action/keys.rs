//! The keys of actions, and when they count.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

use super::Action;

/// A key, and when it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// The key with its modifiers.
    pub keys: KeyboardShortcut,
    /// When it counts.
    pub when: When,
}

/// When a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Whatever is open.
    Anywhere,
    /// Not while a dialog or a list is open: it has the keyboard, Esc above all. Nor do the others.
    Always,
    /// Not while a text field has the focus.
    NotTyping,
    /// Only while no control has the focus.
    NoFocus,
}

const fn key(modifiers: Modifiers, key: Key, when: When) -> Shortcut {
    Shortcut { keys: KeyboardShortcut::new(modifiers, key), when }
}

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;
const NONE: Modifiers = Modifiers::NONE;

/// A letter or another key that is also typed into text.
macro_rules! quiet {
    ($modifiers:expr, $key:ident) => {
        const { &[key($modifiers, Key::$key, When::NotTyping)] }
    };
}

/// A key that counts beside a text field, too.
macro_rules! always {
    ($modifiers:expr, $key:ident) => {
        const { &[key($modifiers, Key::$key, When::Always)] }
    };
}

impl Action {
    /// Its keys; the first is the one that is shown.
    pub const fn shortcuts(self) -> &'static [Shortcut] {
        match self {
            Action::Scan => const { &[key(CTRL, Key::Enter, When::Always), key(NONE, Key::Enter, When::NoFocus)] },
            Action::Stop => always!(NONE, Escape),
            Action::SkipThisPage => quiet!(NONE, K),
            Action::SkipNextPage => quiet!(NONE, N),
            Action::Save => always!(CTRL, S),
            Action::AutoSave => always!(CTRL_SHIFT, S),
            Action::NewDocument => always!(CTRL, N),
            Action::Documents => always!(CTRL, O),
            Action::Import => always!(CTRL, I),
            Action::SelectAll => quiet!(CTRL, A),
            Action::DeletePages => quiet!(NONE, Delete),
            Action::ClearDocument => quiet!(CTRL_SHIFT, Delete),
            Action::RotateLeft => quiet!(NONE, OpenBracket),
            Action::RotateRight => quiet!(NONE, CloseBracket),
            Action::RotateHalf => quiet!(NONE, U),
            Action::Crop => quiet!(NONE, C),
            Action::WholePage => quiet!(SHIFT, C),
            Action::Adjust => quiet!(NONE, A),
            Action::Split => quiet!(NONE, S),
            Action::Rescan => quiet!(NONE, R),
            Action::InsertHere => quiet!(NONE, I),
            Action::MoveUp => quiet!(ALT, ArrowUp),
            Action::MoveDown => quiet!(ALT, ArrowDown),
            Action::MoveToStart => quiet!(ALT, Home),
            Action::MoveToEnd => quiet!(ALT, End),
            Action::CombineSides => quiet!(NONE, B),
            Action::Undo => quiet!(CTRL, Z),
            Action::Redo => const { &[key(CTRL_SHIFT, Key::Z, When::NotTyping), key(CTRL, Key::Y, When::NotTyping)] },
            Action::PreviousPage => quiet!(NONE, PageUp),
            Action::NextPage => quiet!(NONE, PageDown),
            Action::Fit => always!(CTRL, Num0),
            Action::ActualSize => always!(CTRL, Num1),
            Action::ZoomIn => const { &[key(CTRL, Key::Plus, When::Always), key(CTRL, Key::Equals, When::Always)] },
            Action::ZoomOut => always!(CTRL, Minus),
            Action::Shortcuts => quiet!(NONE, Questionmark),
            Action::Close => const { &[key(CTRL, Key::Q, When::Anywhere), key(CTRL, Key::W, When::Anywhere)] },
            Action::Continue | Action::Finish | Action::CancelSave | Action::CancelImport | Action::TryVirtual => &[],
        }
    }

    /// Its first key as it is written on a keyboard: `Ctrl+S`.
    pub fn key_name(self) -> Option<String> {
        self.shortcuts().first().map(|shortcut| written(shortcut.keys))
    }

    /// Takes the actions out of the input whose keys were pressed; `free`: neither a dialog nor a list is open.
    pub(in super::super) fn pressed(ctx: &Context, free: bool) -> Vec<Action> {
        let typing = ctx.text_edit_focused();
        let focus = ctx.memory(|memory| memory.focused().is_some());
        let counts = |when| match when {
            When::Anywhere => true,
            When::Always => free,
            When::NotTyping => free && !typing,
            When::NoFocus => free && !focus,
        };
        // A key with Shift would also count as the same one without it, so those with it are looked at first.
        ctx.input_mut(|input| {
            let mut pressed = |action: Action, shift: bool| {
                let mut keys = action.shortcuts().iter().filter(|key| key.keys.modifiers.shift == shift);
                keys.any(|key| counts(key.when) && input.consume_shortcut(&key.keys)).then_some(action)
            };
            let shift_first = [true, false].into_iter().flat_map(|shift| Action::ALL.map(|action| (action, shift)));
            shift_first.filter_map(|(action, shift)| pressed(action, shift)).collect()
        })
    }
}

fn written(keys: KeyboardShortcut) -> String {
    let mut text = String::new();
    if keys.modifiers.command || keys.modifiers.ctrl {
        text += "Ctrl+";
    }
    if keys.modifiers.alt {
        text += "Alt+";
    }
    if keys.modifiers.shift {
        text += "Shift+";
    }
    text + match keys.logical_key {
        Key::Escape => "Esc",
        Key::Delete => "Del",
        Key::Questionmark => "?",
        Key::PageUp => "Page up",
        Key::PageDown => "Page down",
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        Key::Plus => "+",
        Key::Minus => "-",
        Key::Num0 => "0",
        Key::Num1 => "1",
        other => other.name(),
    }
}
