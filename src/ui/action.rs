//! Everything a person can do, each with its name, its explanation, its keys and its icon: once.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

use super::icons::Icon;

/// Something a person can do in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start a job.
    Scan,
    /// End the job under way.
    Stop,
    /// Take away the page that is arriving.
    SkipThisPage,
    /// Leave out the page after this one, or take that back.
    SkipNextPage,
    /// The problem at the device is put right.
    Continue,
    /// Finish a paused job with the pages that are there.
    Finish,
    /// Save the document.
    Save,
    /// Stop saving.
    CancelSave,
    /// Delete the selected pages.
    DeletePages,
    /// Take back.
    Undo,
    /// Do again.
    Redo,
    /// Show the page before.
    PreviousPage,
    /// Show the page after.
    NextPage,
    /// Show the whole page.
    Fit,
    /// Show one pixel of the page as one pixel of the screen.
    ActualSize,
    /// Show the page larger.
    ZoomIn,
    /// Show the page smaller.
    ZoomOut,
    /// Use the virtual scanner.
    TryVirtual,
    /// Show the keys.
    Shortcuts,
    /// Close the window.
    Close,
}

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
const NONE: Modifiers = Modifiers::NONE;

impl Action {
    /// All of them, in the order of the sheet of keys.
    pub const ALL: [Action; 20] = [
        Action::Scan,
        Action::Stop,
        Action::SkipThisPage,
        Action::SkipNextPage,
        Action::Continue,
        Action::Finish,
        Action::Save,
        Action::CancelSave,
        Action::DeletePages,
        Action::Undo,
        Action::Redo,
        Action::PreviousPage,
        Action::NextPage,
        Action::Fit,
        Action::ActualSize,
        Action::ZoomIn,
        Action::ZoomOut,
        Action::TryVirtual,
        Action::Shortcuts,
        Action::Close,
    ];

    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Action::Scan => "Scan",
            Action::Stop => "Stop",
            Action::SkipThisPage => "Skip this page",
            Action::SkipNextPage => "Skip next page",
            Action::Continue => "Continue",
            Action::Finish => "Finish",
            Action::Save => "Save PDF",
            Action::CancelSave => "Cancel saving",
            Action::DeletePages => "Delete pages",
            Action::Undo => "Undo",
            Action::Redo => "Redo",
            Action::PreviousPage => "Previous page",
            Action::NextPage => "Next page",
            Action::Fit => "Fit",
            Action::ActualSize => "Actual size",
            Action::ZoomIn => "Zoom in",
            Action::ZoomOut => "Zoom out",
            Action::TryVirtual => "Try the virtual scanner",
            Action::Shortcuts => "Keyboard shortcuts",
            Action::Close => "Close the window",
        }
    }

    /// What it does, in one sentence without a full stop.
    pub const fn explanation(self) -> &'static str {
        match self {
            Action::Scan => "Scan with these settings; pages are added to the document",
            Action::Stop => "Stop scanning now; what arrived is kept",
            Action::SkipThisPage => "Leave out the page that is arriving and go on with the next",
            Action::SkipNextPage => "Leave out the page after this one; press again to keep it",
            Action::Continue => "The problem is put right: go on with the same job",
            Action::Finish => "End this job with the pages that are there",
            Action::Save => "Save all pages as one PDF file",
            Action::CancelSave => "Stop saving; an older file stays as it was",
            Action::DeletePages => "Delete the selected pages; this can be undone",
            Action::Undo => "Take back the last change",
            Action::Redo => "Make the change again",
            Action::PreviousPage => "Show the page before this one",
            Action::NextPage => "Show the page after this one",
            Action::Fit => "Show the whole page",
            Action::ActualSize => "One pixel of the page for each pixel of the screen",
            Action::ZoomIn => "Show the page larger",
            Action::ZoomOut => "Show the page smaller",
            Action::TryVirtual => "A simulated scanner with its own paper, to try everything out",
            Action::Shortcuts => "Show all keys",
            Action::Close => "Close the window; a scan under way ends, and what arrived is kept",
        }
    }

    /// Its keys; the first is the one that is shown.
    pub const fn shortcuts(self) -> &'static [Shortcut] {
        match self {
            Action::Scan => const { &[key(CTRL, Key::Enter, When::Always), key(NONE, Key::Enter, When::NoFocus)] },
            Action::Stop => const { &[key(NONE, Key::Escape, When::Always)] },
            Action::SkipThisPage => const { &[key(NONE, Key::K, When::NotTyping)] },
            Action::SkipNextPage => const { &[key(NONE, Key::N, When::NotTyping)] },
            Action::Save => const { &[key(CTRL, Key::S, When::Always)] },
            Action::DeletePages => const { &[key(NONE, Key::Delete, When::NotTyping)] },
            Action::Undo => const { &[key(CTRL, Key::Z, When::NotTyping)] },
            Action::Redo => const { &[key(CTRL_SHIFT, Key::Z, When::NotTyping), key(CTRL, Key::Y, When::NotTyping)] },
            Action::PreviousPage => const { &[key(NONE, Key::PageUp, When::NotTyping)] },
            Action::NextPage => const { &[key(NONE, Key::PageDown, When::NotTyping)] },
            Action::Fit => const { &[key(CTRL, Key::Num0, When::Always)] },
            Action::ActualSize => const { &[key(CTRL, Key::Num1, When::Always)] },
            Action::ZoomIn => const { &[key(CTRL, Key::Plus, When::Always), key(CTRL, Key::Equals, When::Always)] },
            Action::ZoomOut => const { &[key(CTRL, Key::Minus, When::Always)] },
            Action::Shortcuts => const { &[key(NONE, Key::Questionmark, When::NotTyping)] },
            Action::Close => const { &[key(CTRL, Key::Q, When::Anywhere), key(CTRL, Key::W, When::Anywhere)] },
            Action::Continue | Action::Finish | Action::CancelSave | Action::TryVirtual => &[],
        }
    }

    /// Its icon.
    pub const fn icon(self) -> Option<Icon> {
        match self {
            Action::Scan => Some(Icon::Scan),
            Action::Stop => Some(Icon::Stop),
            Action::SkipThisPage | Action::SkipNextPage => Some(Icon::Skip),
            Action::Save => Some(Icon::Save),
            Action::CancelSave | Action::Close => Some(Icon::Close),
            Action::DeletePages => Some(Icon::Delete),
            Action::Undo => Some(Icon::Undo),
            Action::Redo => Some(Icon::Redo),
            Action::Fit => Some(Icon::Fit),
            Action::ActualSize | Action::ZoomIn | Action::ZoomOut => Some(Icon::Zoom),
            Action::TryVirtual => Some(Icon::Virtual),
            Action::Shortcuts => Some(Icon::Keyboard),
            Action::Continue | Action::Finish | Action::PreviousPage | Action::NextPage => None,
        }
    }

    /// Its first key as it is written on a keyboard: `Ctrl+S`.
    pub fn key_name(self) -> Option<String> {
        self.shortcuts().first().map(|shortcut| written(shortcut.keys))
    }

    /// Explanation and key, for a tooltip.
    pub fn tooltip(self) -> String {
        match self.key_name() {
            Some(key) => format!("{}  ({key})", self.explanation()),
            None => self.explanation().to_owned(),
        }
    }

    /// Takes the actions out of the input whose keys were pressed; `free`: neither a dialog nor a list is open.
    pub(super) fn pressed(ctx: &Context, free: bool) -> Vec<Action> {
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
    if keys.modifiers.shift {
        text += "Shift+";
    }
    text + match keys.logical_key {
        Key::Escape => "Esc",
        Key::Delete => "Del",
        Key::Questionmark => "?",
        Key::PageUp => "Page up",
        Key::PageDown => "Page down",
        Key::Plus => "+",
        Key::Minus => "-",
        Key::Num0 => "0",
        Key::Num1 => "1",
        other => other.name(),
    }
}
