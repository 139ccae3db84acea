//! What an application asks a driver for.

use crate::units::{Area, Dpi};

use super::{ColorMode, ItemCategory, OfferedFormat, Side};

/// One job: everything a driver needs to know. Nothing in it is corrected silently; what the item
/// does not offer is refused before paper moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanJob {
    /// Where the pages come from.
    pub source: Source,
    /// What a pixel is to be.
    pub mode: ColorMode,
    /// Resolution.
    pub dpi: Dpi,
    /// Which sides of a sheet, and in which order; read for [`Source::Duplex`] alone.
    pub sides: Sides,
    /// The kind of bytes to ask the device for; `None`: whatever it does best in this mode.
    pub format: Option<OfferedFormat>,
    /// The areas to scan; a feeder takes exactly one, a flatbed scans them one after the other as pages of one job.
    pub areas: Vec<Area>,
    /// How many pages.
    pub pages: PageLimit,
    /// How pages are spread over streams.
    pub streams: Streams,
    /// What several sheets drawn in at once mean.
    pub on_multi_feed: OnMultiFeed,
}

impl ScanJob {
    /// The side that a page of the job shows, counted from 0.
    pub const fn side_of(&self, page: u32) -> Side {
        match (self.source, self.sides) {
            (Source::Flatbed | Source::Feeder, _) => Side::Front,
            (Source::Duplex, Sides::FrontFirst) if page.is_multiple_of(2) => Side::Front,
            (Source::Duplex, Sides::BackFirst) if !page.is_multiple_of(2) => Side::Front,
            (Source::Duplex, _) => Side::Back,
        }
    }

    /// How many pages of the job come of one sheet.
    pub const fn pages_per_sheet(&self) -> u32 {
        match (self.source, self.sides) {
            (Source::Duplex, Sides::FrontFirst | Sides::BackFirst) => 2,
            _ => 1,
        }
    }
}

/// The sides that a job of both sides delivers. A driver is asked for another than the first only if its
/// rules publish it ([`super::property::StandardRules::with_sides`]); its source then gives the pages in that order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sides {
    /// Front, back, front, back (R49).
    #[default]
    FrontFirst,
    /// Back, front, back, front (`BACK_FIRST`; reference, part 12).
    BackFirst,
    /// Backs alone, each of them a page (`BACK_ONLY`).
    BackOnly,
}

impl ScanJob {
    /// How many pages it has: on the flatbed one per area, whatever was asked for.
    pub fn limit(&self) -> PageLimit {
        match self.source {
            Source::Flatbed => PageLimit::from_pages(u32::try_from(self.areas.len().max(1)).unwrap_or(u32::MAX)),
            Source::Feeder | Source::Duplex => self.pages,
        }
    }
}

/// What happens when a feeder that looks for it finds that it drew in several sheets at once (R50). Either
/// way [`super::FeederState::Trouble`] names it until the feeder is reloaded or a new job starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMultiFeed {
    /// The person is asked; unanswered, the job fails with `MULTI_FEED`.
    #[default]
    Fail,
    /// The job ends well with the pages before it.
    End,
    /// The job goes on, as if it had not been noticed.
    GoOn,
}

/// How pages are spread over streams (R29).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Streams {
    /// One stream per page (`TYMED_FILE`).
    #[default]
    PerPage,
    /// One stream for the job with NEW_PAGE between the pages (`TYMED_MULTIPAGE_FILE`).
    OneForAll,
}

/// The choice a person makes; the last two are one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The glass.
    Flatbed,
    /// The feeder, one side.
    Feeder,
    /// The feeder, scanning both sides of a sheet; see [`Sides`].
    Duplex,
}

impl Source {
    /// The category of the item that it belongs to.
    pub const fn category(self) -> ItemCategory {
        match self {
            Source::Flatbed => ItemCategory::Flatbed,
            Source::Feeder | Source::Duplex => ItemCategory::Feeder,
        }
    }
}

/// How many sides are wanted (reference, part 12: PAGES).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageLimit {
    /// Until the feeder is empty.
    All,
    /// This many; never zero.
    Count(std::num::NonZeroU32),
}

impl PageLimit {
    /// WIA's number, where 0 is *all*.
    pub fn from_pages(pages: u32) -> PageLimit {
        std::num::NonZeroU32::new(pages).map_or(PageLimit::All, PageLimit::Count)
    }

    /// The same, back to WIA's number.
    pub fn number(self) -> i32 {
        match self {
            PageLimit::All => 0,
            PageLimit::Count(count) => i32::try_from(count.get()).unwrap_or(i32::MAX),
        }
    }

    /// Whether this many pages are all that is wanted.
    pub fn is_reached_by(self, pages: u32) -> bool {
        match self {
            PageLimit::All => false,
            PageLimit::Count(count) => pages >= count.get(),
        }
    }
}
