//! The icons that are used: a small part of Lucide, as a font (`assets/fonts/lucide-subset.ttf`).

use eframe::egui::{Align2, Color32, Painter, Pos2, vec2};

use super::fonts;

/// The usual size of an icon in points.
pub(super) const SIZE: f32 = 18.0;

/// The signs stand a little too high in their line; this part of their size brings them to its middle.
const DROP: f32 = 0.06;

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Corners of a frame with a line across.
    Scan,
    /// A square.
    Stop,
    /// An arrow onto a line.
    Save,
    /// An arrow head that points down.
    Down,
    /// Three lines.
    Menu,
    /// A tick.
    Tick,
    /// A triangle before a bar.
    Skip,
    /// A bin.
    Delete,
    /// An arrow that turns back.
    Undo,
    /// An arrow that turns forward.
    Redo,
    /// A keyboard.
    Keyboard,
    /// A cross.
    Close,
    /// A triangle with an exclamation mark.
    Warning,
    /// A circle with an i.
    Information,
    /// A circle with a tick.
    Done,
    /// A flask.
    Virtual,
    /// The whole.
    Fit,
    /// A magnifier with a plus.
    Zoom,
    /// A sheet with a plus.
    New,
    /// An open folder.
    Folder,
    /// Two ticks.
    SelectAll,
    /// A rubber.
    Clear,
    /// An arrow around to the left.
    RotateLeft,
    /// An arrow around to the right.
    RotateRight,
    /// A square with an arrow around.
    RotateHalf,
    /// Two corners that cross.
    Crop,
    /// A sun.
    Adjust,
    /// A square with a line through it.
    Split,
    /// Two arrows in a circle.
    Rescan,
    /// A line between two rows.
    Insert,
    /// An arrow up.
    Up,
    /// An arrow down.
    DownOne,
    /// An arrow up to a line.
    ToStart,
    /// An arrow down to a line.
    ToEnd,
    /// Layers.
    Combine,
    /// Three dots.
    More,
    /// An arrow into a tray.
    Import,
    /// A box with an arrow out of it.
    Restore,
    /// A pencil.
    Rename,
    /// A clock that turns back.
    History,
}

impl Icon {
    /// Its sign in the font.
    const fn sign(self) -> char {
        match self {
            Icon::Scan => '\u{e258}',
            Icon::Stop => '\u{e167}',
            Icon::Save => '\u{e0b2}',
            Icon::Down => '\u{e06d}',
            Icon::Menu => '\u{e115}',
            Icon::Tick => '\u{e06c}',
            Icon::Skip => '\u{e3ea}',
            Icon::Delete => '\u{e18e}',
            Icon::Undo => '\u{e2a1}',
            Icon::Redo => '\u{e2a0}',
            Icon::Keyboard => '\u{e284}',
            Icon::Close => '\u{e1b2}',
            Icon::Warning => '\u{e193}',
            Icon::Information => '\u{e0f9}',
            Icon::Done => '\u{e226}',
            Icon::Virtual => '\u{e0d5}',
            Icon::Fit => '\u{e112}',
            Icon::Zoom => '\u{e1b6}',
            Icon::New => '\u{e0c9}',
            Icon::Folder => '\u{e247}',
            Icon::SelectAll => '\u{e38e}',
            Icon::Clear => '\u{e28f}',
            Icon::RotateLeft => '\u{e148}',
            Icon::RotateRight => '\u{e149}',
            Icon::RotateHalf => '\u{e5d1}',
            Icon::Crop => '\u{e0ab}',
            Icon::Adjust => '\u{e2b1}',
            Icon::Split => '\u{e3b6}',
            Icon::Rescan => '\u{e145}',
            Icon::Insert => '\u{e592}',
            Icon::Up => '\u{e04a}',
            Icon::DownOne => '\u{e042}',
            Icon::ToStart => '\u{e45b}',
            Icon::ToEnd => '\u{e455}',
            Icon::Combine => '\u{e529}',
            Icon::More => '\u{e0b6}',
            Icon::Import => '\u{e22f}',
            Icon::Restore => '\u{e2cd}',
            Icon::Rename => '\u{e1f9}',
            Icon::History => '\u{e1f5}',
        }
    }

    /// Paints it around a point.
    pub(super) fn paint(self, painter: &Painter, center: Pos2, size: f32, color: Color32) {
        let center = center + vec2(0.0, size * DROP);
        painter.text(center, Align2::CENTER_CENTER, self.sign(), fonts::icons(size), color);
    }
}
