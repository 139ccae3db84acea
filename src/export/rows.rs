//! The rows of a page of any kind, as it looks, for formats that encode them anew.

use std::ops::ControlFlow;

use crate::document::render;
use crate::raster::{DecodeError, PictureInfo, RowLayout, RowSink};

use super::workers::GoOn;
use super::{ExportError, OpenedPage};

/// Rows between two looks at the cancel.
const LOOK_EVERY: u32 = 32;

/// Takes the rows of one page.
pub(super) trait RowEncoder {
    /// Comes first.
    fn begin(&mut self, layout: RowLayout, rows: u32) -> Result<(), ExportError>;

    /// The next row, without padding.
    fn row(&mut self, row: &[u8]) -> Result<(), ExportError>;
}

/// Gives the rows of a page to an encoder: exactly as many as its look leaves of it.
pub(super) fn encode_rows(
    page: &OpenedPage,
    go_on: &mut GoOn<'_>,
    encoder: &mut dyn RowEncoder,
) -> Result<(), ExportError> {
    let OpenedPage { file, shown } = page;
    let (_, rows) = shown.size();
    let mut feed = Feed { encoder, go_on, left: rows, of: rows, failure: None };
    let result = render(file, &shown.facts, &shown.look, None, &mut feed);
    let left = feed.left;
    if let Some(failure) = feed.failure {
        return Err(failure);
    }
    match result {
        _ if left == 0 => Ok(()),
        Err(DecodeError::Io(error)) => Err(error.into()),
        // The page was looked at and found to have these rows; now it has not.
        _ => Err(ExportError::NotPossible(shown.page)),
    }
}

struct Feed<'a, 'b, 'c> {
    encoder: &'a mut dyn RowEncoder,
    go_on: &'b mut GoOn<'c>,
    left: u32,
    of: u32,
    failure: Option<ExportError>,
}

impl Feed<'_, '_, '_> {
    fn goes_on(&mut self, result: Result<(), ExportError>) -> ControlFlow<()> {
        match result {
            Ok(()) if self.left > 0 => ControlFlow::Continue(()),
            Ok(()) => ControlFlow::Break(()),
            Err(failure) => {
                self.failure = Some(failure);
                ControlFlow::Break(())
            }
        }
    }
}

impl RowSink for Feed<'_, '_, '_> {
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        let result = self.encoder.begin(picture.layout, self.of);
        self.goes_on(result)
    }

    fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
        let look = if self.left.is_multiple_of(LOOK_EVERY) { (self.go_on)() } else { Ok(()) };
        let result = look.and_then(|()| self.encoder.row(row));
        self.left -= u32::from(result.is_ok());
        self.goes_on(result)
    }
}
