//! The rows of a page with what was done to it: a part of it, in another tone. Turning a page is not
//! done here: PDF and JPEG say how they are turned, other files are turned in blocks, and a screen turns what it shows.

use std::ops::ControlFlow;

use super::decode::{PictureInfo, RowSink};
use super::tone::{Tone, ToneRows};
use super::window::PixelWindow;
use super::{PixelFormat, RowLayout};

/// What of a page is shown, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelEdit {
    /// The size of the picture that the window is in. A decoder may deliver a smaller one.
    pub full: (u32, u32),
    /// The part of it.
    pub window: PixelWindow,
    /// Its tone.
    pub tone: Tone,
}

impl PixelEdit {
    /// The rows that come out, from a picture of its full size.
    pub fn layout(&self, from: PixelFormat) -> RowLayout {
        RowLayout::packed(self.window.width, self.tone.format(from))
    }
}

/// Passes on the rows of a page as they are with an edit.
pub struct EditedRows<'a> {
    edit: PixelEdit,
    sink: &'a mut dyn RowSink,
    running: Option<Running>,
}

struct Running {
    window: PixelWindow,
    format: PixelFormat,
    tone: Option<ToneRows>,
    at: u32,
    row: Vec<u8>,
}

impl<'a> EditedRows<'a> {
    /// For one page.
    pub fn new(edit: PixelEdit, sink: &'a mut dyn RowSink) -> EditedRows<'a> {
        EditedRows { edit, sink, running: None }
    }
}

impl RowSink for EditedRows<'_> {
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        let PixelEdit { full, window, tone } = self.edit;
        // A page of which only a part came still says how tall it would have been: it is made smaller as all of it is.
        let rows = match picture.height {
            0 => u64::from(full.1),
            whole => u64::from(full.1) * u64::from(picture.rows) / u64::from(whole),
        };
        let now = (picture.layout.width, u32::try_from(rows).unwrap_or(u32::MAX).max(1));
        let reduced = picture.layout.width != full.0;
        let Some(window) = if reduced { window.scaled(full, now) } else { window }.within(now.0, u32::MAX) else {
            return ControlFlow::Break(());
        };
        let format = picture.layout.format;
        let cut = RowLayout::packed(window.width, format);
        let tone = (!tone.is_neutral()).then(|| ToneRows::new(tone, cut));
        let layout = tone.as_ref().map_or(cut, ToneRows::layout);
        let edited =
            PictureInfo { width: self.edit.window.width, height: self.edit.window.height, layout, rows: window.height };
        self.running = Some(Running { window, format, tone, at: 0, row: Vec::new() });
        self.sink.begin(&edited)
    }

    fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
        let Some(running) = &mut self.running else { return ControlFlow::Break(()) };
        let at = running.at;
        running.at += 1;
        if at < running.window.top {
            return ControlFlow::Continue(());
        }
        running.row.clear();
        running.window.cut(row, running.format, &mut running.row);
        let row = match &mut running.tone {
            Some(tone) => tone.turn(&running.row),
            None => &running.row,
        };
        let bottom = running.window.top.saturating_add(running.window.height);
        let flow = self.sink.row(row);
        if at + 1 >= bottom { ControlFlow::Break(()) } else { flow }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Kept(Option<PictureInfo>, Vec<Vec<u8>>);

    impl RowSink for Kept {
        fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
            self.0 = Some(*picture);
            ControlFlow::Continue(())
        }

        fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
            self.1.push(row.to_vec());
            ControlFlow::Continue(())
        }
    }

    #[test]
    fn only_the_window_comes_out_in_its_tone() {
        let edit = PixelEdit {
            full: (4, 4),
            window: PixelWindow { left: 1, top: 1, width: 2, height: 2 },
            tone: Tone { brightness: 20, ..Tone::default() },
        };
        let mut kept = Kept::default();
        let mut rows = EditedRows::new(edit, &mut kept);
        let layout = RowLayout::packed(4, PixelFormat::Gray8);
        assert!(rows.begin(&PictureInfo { width: 4, height: 4, layout, rows: 4 }).is_continue());
        let mut taken = 0;
        while taken < 4 && rows.row(&[10 * taken, 1, 2, 3]).is_continue() {
            taken += 1;
        }
        assert_eq!(taken, 2, "nothing below the window is asked for");
        assert_eq!(kept.1, [[52, 53], [52, 53]]);
        assert_eq!(kept.0.map(|info| (info.width, info.height, info.layout.width)), Some((2, 2, 2)));
    }

    #[test]
    fn a_reduced_picture_has_the_same_part() {
        let edit = PixelEdit {
            full: (8, 8),
            window: PixelWindow { left: 4, top: 4, width: 4, height: 4 },
            tone: Tone::default(),
        };
        let mut kept = Kept::default();
        let mut rows = EditedRows::new(edit, &mut kept);
        let layout = RowLayout::packed(4, PixelFormat::Gray8);
        assert!(rows.begin(&PictureInfo { width: 8, height: 8, layout, rows: 4 }).is_continue());
        for row in 0..4 {
            if rows.row(&[row, row + 1, row + 2, row + 3]).is_break() {
                break;
            }
        }
        assert_eq!(kept.1, [[4, 5], [5, 6]]);
    }

    /// Of a page of sixteen rows eight came, and its decoder makes it half as large.
    #[test]
    fn a_part_of_a_page_that_came_in_part_is_made_smaller_in_proportion() {
        let edit = PixelEdit {
            full: (8, 8),
            window: PixelWindow { left: 0, top: 4, width: 8, height: 4 },
            tone: Tone::default(),
        };
        let mut kept = Kept::default();
        let mut rows = EditedRows::new(edit, &mut kept);
        let layout = RowLayout::packed(4, PixelFormat::Gray8);
        assert!(rows.begin(&PictureInfo { width: 8, height: 16, layout, rows: 8 }).is_continue());
        let taken = (0..8).take_while(|row| rows.row(&[*row; 4]).is_continue()).count();
        assert_eq!((taken, &kept.1), (3, &vec![vec![2; 4], vec![3; 4]]));
        assert_eq!(kept.0.map(|info| (info.height, info.rows)), Some((4, 2)));
    }
}
