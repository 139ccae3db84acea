//! Everything a person can do, each with its name, its explanation, its keys and its icon: once.

mod keys;
mod words;

pub use keys::{Shortcut, When};

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
    /// Save every scan by itself, or change how.
    AutoSave,
    /// Put the document away and begin a new one.
    NewDocument,
    /// Show all documents.
    Documents,
    /// Add the pages of files.
    Import,
    /// Stop importing.
    CancelImport,
    /// Select all pages.
    SelectAll,
    /// Delete the selected pages.
    DeletePages,
    /// Take all pages out.
    ClearDocument,
    /// Turn the selected pages by a quarter to the left.
    RotateLeft,
    /// Turn the selected pages by a quarter to the right.
    RotateRight,
    /// Turn the selected pages upside down.
    RotateHalf,
    /// Keep a part of the page.
    Crop,
    /// Leave nothing of the selected pages out any more.
    WholePage,
    /// Make the selected pages lighter, darker, or black and white.
    Adjust,
    /// Make two pages of one.
    Split,
    /// Scan the page again.
    Rescan,
    /// Scan to behind the selected page.
    InsertHere,
    /// Move the selected pages one place up.
    MoveUp,
    /// Move the selected pages one place down.
    MoveDown,
    /// Move the selected pages to the start.
    MoveToStart,
    /// Move the selected pages to the end.
    MoveToEnd,
    /// Put fronts and backs in order.
    CombineSides,
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

impl Action {
    /// All of them, in the order of the sheet of keys.
    pub const ALL: [Action; 41] = [
        Action::Scan,
        Action::Stop,
        Action::SkipThisPage,
        Action::SkipNextPage,
        Action::Continue,
        Action::Finish,
        Action::Save,
        Action::CancelSave,
        Action::AutoSave,
        Action::NewDocument,
        Action::Documents,
        Action::Import,
        Action::CancelImport,
        Action::SelectAll,
        Action::DeletePages,
        Action::ClearDocument,
        Action::RotateLeft,
        Action::RotateRight,
        Action::RotateHalf,
        Action::Crop,
        Action::WholePage,
        Action::Adjust,
        Action::Split,
        Action::Rescan,
        Action::InsertHere,
        Action::MoveUp,
        Action::MoveDown,
        Action::MoveToStart,
        Action::MoveToEnd,
        Action::CombineSides,
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

    /// Its icon.
    pub const fn icon(self) -> Option<Icon> {
        match self {
            Action::Scan => Some(Icon::Scan),
            Action::Stop => Some(Icon::Stop),
            Action::SkipThisPage | Action::SkipNextPage => Some(Icon::Skip),
            Action::Save | Action::AutoSave => Some(Icon::Save),
            Action::CancelSave | Action::Close => Some(Icon::Close),
            Action::NewDocument => Some(Icon::New),
            Action::Documents => Some(Icon::Folder),
            Action::Import => Some(Icon::Import),
            Action::CancelImport => Some(Icon::Close),
            Action::SelectAll => Some(Icon::SelectAll),
            Action::DeletePages => Some(Icon::Delete),
            Action::ClearDocument => Some(Icon::Clear),
            Action::RotateLeft => Some(Icon::RotateLeft),
            Action::RotateRight => Some(Icon::RotateRight),
            Action::RotateHalf => Some(Icon::RotateHalf),
            Action::Crop => Some(Icon::Crop),
            Action::Adjust => Some(Icon::Adjust),
            Action::Split => Some(Icon::Split),
            Action::Rescan => Some(Icon::Rescan),
            Action::InsertHere => Some(Icon::Insert),
            Action::MoveUp => Some(Icon::Up),
            Action::MoveDown => Some(Icon::DownOne),
            Action::MoveToStart => Some(Icon::ToStart),
            Action::MoveToEnd => Some(Icon::ToEnd),
            Action::CombineSides => Some(Icon::Combine),
            Action::Undo => Some(Icon::Undo),
            Action::Redo => Some(Icon::Redo),
            Action::Fit => Some(Icon::Fit),
            Action::WholePage => Some(Icon::Fit),
            Action::ActualSize | Action::ZoomIn | Action::ZoomOut => Some(Icon::Zoom),
            Action::TryVirtual => Some(Icon::Virtual),
            Action::Shortcuts => Some(Icon::Keyboard),
            Action::Continue | Action::Finish | Action::PreviousPage | Action::NextPage => None,
        }
    }

    /// Explanation and key, for a tooltip.
    pub fn tooltip(self) -> String {
        match self.key_name() {
            Some(key) => format!("{}  ({key})", self.explanation()),
            None => self.explanation().to_owned(),
        }
    }
}
