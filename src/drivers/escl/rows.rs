//! Raw rows whose length nothing tells in advance (eSCL reference, 4.2).
//!
//! A page is announced with the layout of its rows, and a device may pad them. One that says so only
//! after the page, or never, has its page announced with the best guess there is, so that every byte
//! is kept as it comes; a copy in memory is kept as well. When the page is whole the device is asked,
//! and when the guess was wrong the page comes again, from the copy, with the layout that is right.

use super::device::{PAGES, PROBE_LIMIT};
use super::job::Why;
use super::page::{Page, page_info, plausible_layout, row_layout};
use super::settings::Variant;
use super::source::{JobSource, OpenPage, State, Step};
use super::status::ImageInfo;
use crate::http::{Head, Lane, Request, Response};
use crate::minidriver::{Condition, DeviceFailure, PageFormat};
use crate::raster::RowLayout;

/// Raw rows of which a copy is kept. Of a larger page the rows seen by then may show how they lie; when
/// they do not, only the next page can have the layout that the device tells after this one.
const COPY_LIMIT: usize = 32 << 20;
/// What devices round the bytes of a row up to, besides not at all.
const ALIGNMENTS: [usize; 9] = [2, 4, 8, 16, 32, 64, 128, 256, 512];
/// Rows with something on them before their padding is believed …
const MARKED_ROWS: usize = 8;
/// … and so many bytes unlike it would lie in its place, on average, if it were none.
const CERTAINTY: usize = 32;

/// A page whose row layout is a guess.
#[derive(Debug)]
pub(super) struct Guess {
    layout: RowLayout,
    head: Head,
    /// Everything that was delivered; `None` when that became too much.
    copy: Option<Vec<u8>>,
}

/// A page that comes again because its rows lie otherwise than announced.
#[derive(Debug)]
pub(super) struct Again {
    lane: Lane,
    head: Head,
    bytes: Vec<u8>,
    layout: RowLayout,
    ended: bool,
}

impl JobSource<'_> {
    pub(super) fn announce(
        &mut self,
        lane: Lane,
        head: &Head,
        first: Vec<u8>,
        format: PageFormat,
        ended: bool,
    ) -> Result<Step, DeviceFailure> {
        let plan = self.plan()?;
        let (_, area) = self.asked(plan);
        let info = page_info(plan, area, format, head);
        let mut page = Page::new(&info, plan.source, plan.whole);
        page.feed(&first);
        self.page = Some(OpenPage { lane, page, first, ended, guess: None });
        self.state = State::Awaited(lane);
        Ok(Step::Page(info))
    }

    /// Announces bytes that are no picture.
    pub(super) fn announce_foreign(
        &mut self,
        lane: Lane,
        head: &Head,
        first: Vec<u8>,
        what: String,
    ) -> Result<Step, DeviceFailure> {
        let step = self.announce(lane, head, first, PageFormat::Unknown, false)?;
        if let Some(open) = &mut self.page {
            open.page.is_instead(what);
        }
        Ok(step)
    }

    /// Announces raw rows of which nothing is known but how wide they should be.
    pub(super) fn announce_guess(&mut self, lane: Lane, head: Head, first: Vec<u8>) -> Result<Step, DeviceFailure> {
        let plan = self.plan()?;
        let (mode, area) = self.asked(plan);
        let packed = RowLayout::packed(area.width.pixels(plan.dpi), mode.pixels());
        let stride = stride_shown_by(&first, packed.stride).unwrap_or(packed.stride);
        let layout = RowLayout { stride, ..packed };
        let step = self.announce(lane, &head, first, PageFormat::Rows(layout), false)?;
        if let Some(open) = &mut self.page {
            open.guess = Some(Guess { layout, head, copy: Some(Vec::new()) });
        }
        Ok(step)
    }

    /// Announces a page again, with the layout that was found.
    pub(super) fn announce_again(&mut self) -> Result<Step, DeviceFailure> {
        let Some(Again { lane, head, bytes, layout, ended }) = self.again.take() else {
            return Err(Condition::Communication.with("no page to announce again"));
        };
        self.announce(lane, &head, bytes, PageFormat::Rows(layout), ended)
    }

    /// Keeps a copy of what is delivered while its layout is a guess.
    pub(super) fn keep_copy(&mut self, bytes: &[u8]) {
        let Some(open) = &mut self.page else { return };
        let Some(guess) = &mut open.guess else { return };
        let packed = guess.packed();
        let Some(copy) = &mut guess.copy else { return };
        copy.extend_from_slice(bytes);
        if copy.len() < COPY_LIMIT {
            return;
        }
        match stride_shown_by(copy, packed) {
            None => guess.copy = None,
            Some(stride) => {
                let layout = RowLayout { stride, ..guess.layout };
                let (lane, ended) = (open.lane, open.ended);
                if let Some(guess) = open.guess.take() {
                    self.settle_guess(lane, guess, layout, ended);
                }
            }
        }
    }

    /// The answer is complete, and nothing has told yet how its rows lie: the device is asked.
    pub(super) fn measure(&mut self) {
        self.device.left.paging = None;
        self.state = State::Measure;
        if let Some(open) = &mut self.page {
            open.ended = true;
        }
    }

    pub(super) fn send_measure_question(&mut self) -> Result<Step, DeviceFailure> {
        let path = self.device.left.path.clone().unwrap_or_default();
        let lane = self.device.free_lane().unwrap_or(PAGES);
        self.send(lane, &Request::get(format!("{path}/ScanImageInfo")), PROBE_LIMIT)
    }

    /// How the rows of a whole page lie: as the device says, as length and height say, as they show.
    pub(super) fn measured(&mut self, response: &Response) -> Result<Step, DeviceFailure> {
        let plan = self.plan()?.clone();
        let (mode, area) = self.asked(&plan);
        let told = (response.head.status == 200)
            .then(|| ImageInfo::parse(&response.body).ok())
            .flatten()
            .and_then(|info| plausible_layout(info.width, info.bytes_per_line, &plan, mode, area));
        let Some(open) = &mut self.page else {
            return Err(Condition::Communication.with("no page to measure"));
        };
        let (lane, length) = (open.lane, open.page.received());
        let guess = open.guess.take();
        self.state = State::Awaited(lane);
        let Some(guess) = guess else { return Ok(Step::On) };
        let rows = area.height.pixels(plan.dpi);
        let shown = || stride_of_whole(guess.copy.as_deref()?, guess.packed(), rows);
        let layout = told
            .or_else(|| row_layout(&plan, mode, area, None, Some(length)))
            .or_else(|| Some(RowLayout { stride: shown()?, ..guess.layout }))
            .unwrap_or(guess.layout);
        if let Some(layout) = told {
            self.device.learned.set(mode, area.width.pixels(plan.dpi), layout);
        }
        self.settle_guess(lane, guess, layout, true);
        Ok(Step::On)
    }

    /// The answer is complete and shorter than asked: the sheet may have ended there, or the page broke
    /// off. The device is asked for its height, and then for its status.
    pub(super) fn doubt(&mut self) {
        self.device.left.paging = None;
        self.state = State::Doubt;
        if let Some(open) = &mut self.page {
            open.ended = true;
        }
    }

    /// A page that lacks rows broke off; one that seems whole still is not if the device is in trouble.
    pub(super) fn doubt_answered(&mut self, response: &Response) -> Result<(), DeviceFailure> {
        let told = (response.head.status == 200).then(|| ImageInfo::parse(&response.body).ok()).flatten();
        // A device that cannot be told a size has its own, and nobody else knows it.
        let may_end =
            self.plan()?.finds_bottom || self.device.variant == Variant::NoRegion || self.device.quirks.ends_with_sheet;
        let Some(open) = &self.page else {
            return Err(Condition::Communication.with("no page to measure"));
        };
        let missing = open.page.missing_of_sheet(told.and_then(|info| info.height), may_end);
        self.state = State::Explain(missing.map_or(Why::Short, Why::Cut));
        Ok(())
    }

    /// The page goes on to its end, which is right.
    pub(super) fn accept_short_page(&mut self) {
        // Without a page there is nothing to accept, and the next one is asked for.
        self.state = State::Ask;
        if let Some(open) = &mut self.page {
            open.page.accept();
            self.state = State::Awaited(open.lane);
        }
    }

    /// Goes on with the page when the guess was right, and begins it again when it was not and can be.
    fn settle_guess(&mut self, lane: Lane, guess: Guess, layout: RowLayout, ended: bool) {
        if layout == guess.layout {
            return;
        }
        tracing::debug!(guessed = ?guess.layout, ?layout, "the rows lie otherwise");
        if let Some(bytes) = guess.copy {
            self.again = Some(Again { lane, head: guess.head, bytes, layout, ended });
            self.state = State::Again;
        }
    }
}

impl Guess {
    /// Bytes of a row without padding.
    fn packed(&self) -> usize {
        RowLayout::packed(self.layout.width, self.layout.format).stride
    }
}

/// How far apart rows lie whose picture has this many bytes, as their padding shows: its bytes are all
/// alike, and the picture's are not. `None` when nothing shows.
fn stride_shown_by(bytes: &[u8], packed: usize) -> Option<usize> {
    let fitting = || strides(packed).filter(|stride| shows_padding(bytes, packed, *stride));
    // The more padding, the less of an accident; but several rows fit as well as one.
    let longest = fitting().last()?;
    fitting().find(|stride| longest.is_multiple_of(*stride))
}

fn shows_padding(bytes: &[u8], packed: usize, stride: usize) -> bool {
    let padding = bytes.get(packed).copied().unwrap_or_default();
    let (mut unlike, mut marked) = (0, 0);
    for row in bytes.chunks_exact(stride) {
        let (picture, rest) = row.split_at(packed);
        if rest.iter().any(|byte| *byte != padding) {
            return false;
        }
        let of_row = picture.iter().filter(|byte| **byte != padding).count();
        unlike += of_row;
        marked += usize::from(of_row > 0);
    }
    marked >= MARKED_ROWS && unlike * (stride - packed) >= CERTAINTY * packed
}

/// The same for a page that is whole and has at most about so many rows: its length counts as well.
fn stride_of_whole(bytes: &[u8], packed: usize, rows: u32) -> Option<usize> {
    let divides = |stride: usize| stride > 0 && bytes.len().is_multiple_of(stride);
    stride_shown_by(bytes, packed)
        .filter(|stride| divides(*stride))
        .or_else(|| divides(packed).then_some(packed))
        .or_else(|| strides(packed).find(|stride| divides(*stride) && bytes.len() / stride <= rows as usize))
}

/// The lengths that a row of this many bytes may be padded to, the shortest first.
fn strides(packed: usize) -> impl Iterator<Item = usize> {
    let mut last = packed;
    ALIGNMENTS.into_iter().filter_map(move |alignment| {
        let stride = packed.next_multiple_of(alignment);
        (std::mem::replace(&mut last, stride) != stride).then_some(stride)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of 37 bytes: white with a stroke in every fourth row, then padding.
    fn page(rows: usize, padding: &[u8]) -> Vec<u8> {
        let row = |number: usize| {
            let mut row = vec![0xff; 37];
            if number.is_multiple_of(4) {
                row[number % 30..number % 30 + 5].fill(0x12);
            }
            row.extend_from_slice(padding);
            row
        };
        (0..rows).flat_map(row).collect()
    }

    #[test]
    fn padding_shows_in_the_rows() {
        for (padding, stride) in [(&[0; 27][..], 64), (&[0xff; 27], 64), (&[0; 3], 40), (&[7; 1], 38)] {
            let bytes = page(1000, padding);
            assert_eq!(stride_shown_by(&bytes, 37), Some(stride), "{padding:?}");
            assert_eq!(stride_of_whole(&bytes, 37, 1000), Some(stride), "{padding:?}");
        }
        for nothing in [page(1000, &[]), vec![0xff; 64_000], page(7, &[0; 27]), Vec::new(), vec![1]] {
            assert_eq!(stride_shown_by(&nothing, 37), None, "{} bytes", nothing.len());
        }
    }

    #[test]
    fn the_length_tells_where_the_rows_do_not() {
        let white = |stride: usize, rows: usize| vec![0xff; stride * rows];
        assert_eq!(stride_of_whole(&white(37, 998), 37, 1000), Some(37));
        assert_eq!(stride_of_whole(&white(64, 998), 37, 1000), Some(64));
        assert_eq!(stride_of_whole(&white(41, 1000), 37, 1000), None);
    }
}
