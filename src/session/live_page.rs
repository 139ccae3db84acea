//! The page under way as a small picture that grows: written by the preview thread, read by the
//! window, which uploads only the rows that are new.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// The longer side of a live picture, in pixels (design, section 11).
pub const LIVE_PICTURE_SIDE: u32 = 1600;

/// A growing picture, RGBA, at most [`LIVE_PICTURE_SIDE`] pixels on its longer side.
pub struct LivePage {
    inner: Mutex<Inner>,
}

struct Inner {
    width: u32,
    height: u32,
    /// Rows that hold picture, from the top.
    filled: u32,
    dirty: Range<u32>,
    /// `width × height × 4` bytes; rows not filled yet are unspecified.
    pixels: Vec<u8>,
}

/// Rows that changed since they were last taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirtyRows {
    /// The picture's width in pixels.
    pub width: u32,
    /// The picture's height in pixels, now; it can change when a page turns out longer or shorter.
    pub height: u32,
    /// The rows.
    pub rows: Range<u32>,
    /// Their pixels, RGBA, `rows.len() × width × 4` bytes.
    pub pixels: Vec<u8>,
}

impl std::fmt::Debug for LivePage {
    /// Its size and how far it is; the pixels would fill a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let inner = self.lock();
        write!(f, "LivePage({} × {}, {} rows)", inner.width, inner.height, inner.filled)
    }
}

impl LivePage {
    /// An empty picture for a page of this many pixels.
    pub fn for_page(width: u32, rows: u32) -> LivePage {
        let (width, height) = fitted(width, rows, LIVE_PICTURE_SIDE);
        let pixels = vec![0; width as usize * height as usize * 4];
        LivePage { inner: Mutex::new(Inner { width, height, filled: 0, dirty: 0..0, pixels }) }
    }

    /// Begins anew for a page that turned out to have this many pixels; the picture's new size comes back.
    pub fn restart(&self, width: u32, rows: u32) -> (u32, u32) {
        let (width, height) = fitted(width, rows, LIVE_PICTURE_SIDE);
        let mut inner = self.lock();
        if (inner.width, inner.height) != (width, height) || inner.filled > 0 {
            let pixels = vec![0; width as usize * height as usize * 4];
            *inner = Inner { width, height, filled: 0, dirty: 0..0, pixels };
        }
        (width, height)
    }

    /// Size of the picture in pixels.
    pub fn size(&self) -> (u32, u32) {
        let inner = self.lock();
        (inner.width, inner.height)
    }

    /// How much of the height is filled, 0 to 1.
    pub fn filled(&self) -> f32 {
        let inner = self.lock();
        inner.filled as f32 / inner.height.max(1) as f32
    }

    /// Adds rows below those that are there; what does not fit is left away.
    pub fn push_rows(&self, rgba: &[u8]) {
        let mut inner = self.lock();
        let row = inner.width as usize * 4;
        let room = (inner.height - inner.filled) as usize;
        let rows = (rgba.len() / row.max(1)).min(room);
        let start = inner.filled as usize * row;
        inner.pixels[start..start + rows * row].copy_from_slice(&rgba[..rows * row]);
        let from = if inner.dirty.is_empty() { inner.filled } else { inner.dirty.start };
        inner.filled += rows as u32;
        inner.dirty = from..inner.filled;
    }

    /// Takes the rows that are new since the last call; `None` when there are none.
    pub fn take_dirty(&self) -> Option<DirtyRows> {
        let mut inner = self.lock();
        if inner.dirty.is_empty() {
            return None;
        }
        let rows = std::mem::take(&mut inner.dirty);
        let row = inner.width as usize * 4;
        let pixels = inner.pixels[rows.start as usize * row..rows.end as usize * row].to_vec();
        Some(DirtyRows { width: inner.width, height: inner.height, rows, pixels })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The size of a page's picture with at most this many pixels on its longer side: the page's own, or
/// smaller in the same proportion.
pub fn fitted(width: u32, height: u32, side: u32) -> (u32, u32) {
    let longer = width.max(height).max(1);
    if longer <= side {
        return (width.max(1), height.max(1));
    }
    let (side, longer) = (u64::from(side), u64::from(longer));
    let scale = |length: u32| ((u64::from(length) * side + longer / 2) / longer).max(1) as u32;
    (scale(width), scale(height))
}
