//! The rows of a page of any kind, for formats that encode them anew.

use std::ops::ControlFlow;

use crate::document::{PageFacts, PictureFacts, encoding_of};
use crate::raster::{DecodeError, DecodeOptions, PictureInfo, PixelFormat, RowLayout, RowSink, decode};

use super::output::Watch;
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

/// The rows a page will give; `None` when there are none.
pub(super) fn layout_of(facts: &PageFacts) -> Option<RowLayout> {
    match facts.picture {
        PictureFacts::Jpeg(jpeg) => {
            let format = match jpeg.frame.components {
                1 => PixelFormat::Gray8,
                3 => PixelFormat::Rgb8,
                4 => PixelFormat::Cmyk8,
                _ => return None,
            };
            Some(RowLayout::packed(facts.width, format))
        }
        PictureFacts::Png(layout) | PictureFacts::Tiff(layout) | PictureFacts::Rows(layout) => Some(layout),
        PictureFacts::Unknown => None,
    }
}

/// Gives the rows of a page to an encoder: exactly as many as the facts say.
pub(super) fn encode_rows(
    page: &OpenedPage,
    watch: &mut Watch<'_, '_>,
    encoder: &mut dyn RowEncoder,
) -> Result<(), ExportError> {
    let OpenedPage { file, facts, .. } = page;
    let mut feed = Feed { encoder, watch, left: facts.height, of: facts.height, failure: None };
    let options = DecodeOptions { expected_rows: Some(facts.height), enough: None };
    let result = decode(file.bytes(), encoding_of(file.head()), &options, &mut feed);
    let left = feed.left;
    if let Some(failure) = feed.failure {
        return Err(failure);
    }
    match result {
        _ if left == 0 => Ok(()),
        Err(DecodeError::Io(error)) => Err(error.into()),
        // The page was looked at and found to have these rows; now it has not.
        _ => Err(ExportError::NotPossible(file.head().page)),
    }
}

struct Feed<'a, 'b, 'c> {
    encoder: &'a mut dyn RowEncoder,
    watch: &'a mut Watch<'b, 'c>,
    left: u32,
    of: u32,
    failure: Option<ExportError>,
}

impl Feed<'_, '_, '_> {
    fn go_on(&mut self, result: Result<(), ExportError>) -> ControlFlow<()> {
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
        self.go_on(result)
    }

    fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
        let look = if self.left.is_multiple_of(LOOK_EVERY) { self.watch.look() } else { Ok(()) };
        let result = look.and_then(|()| self.encoder.row(row));
        self.left -= u32::from(result.is_ok());
        self.go_on(result)
    }
}
