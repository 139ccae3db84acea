//! Scan settings as a person thinks of them, and their translation into a driver's job.

use std::collections::BTreeSet;

use crate::minidriver::{
    ColorMode, Combination, Item, ItemCategory, Justification, OfferedFormat, OnMultiFeed, ScanJob, Source, Streams,
    Surface,
};
use crate::units::{Area, Dpi, Length};

use super::ScanWish;

/// Settings that do not depend on a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanSettings {
    /// Colour mode.
    pub mode: ColorMode,
    /// Resolution.
    pub dpi: Dpi,
    /// Size of the paper.
    pub paper: Paper,
}

impl Default for ScanSettings {
    /// A colour page of 300 dpi on A4.
    fn default() -> ScanSettings {
        ScanSettings { mode: ColorMode::Color, dpi: Dpi(300), paper: Paper::A4 }
    }
}

/// A size of paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// 210 × 297 mm.
    A4,
    /// 148 × 210 mm.
    A5,
    /// 8.5 × 11 inches.
    Letter,
    /// 8.5 × 14 inches.
    Legal,
    /// Any other.
    Custom {
        /// Width.
        width: Length,
        /// Height.
        height: Length,
    },
}

impl Paper {
    /// The sizes with a name.
    pub const NAMED: [Paper; 4] = [Paper::A4, Paper::A5, Paper::Letter, Paper::Legal];

    /// Width and height.
    pub const fn size(self) -> (Length, Length) {
        match self {
            Paper::A4 => (Length::from_mm(210), Length::from_mm(297)),
            Paper::A5 => (Length::from_mm(148), Length::from_mm(210)),
            Paper::Letter => (Length::from_thousandths(8500), Length::from_thousandths(11_000)),
            Paper::Legal => (Length::from_thousandths(8500), Length::from_thousandths(14_000)),
            Paper::Custom { width, height } => (width, height),
        }
    }
}

/// Why a wish cannot become a job on this device, with what could.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No device was chosen, or it has not said yet what it can do.
    #[error("no device is ready")]
    NoDevice,
    /// The device has no such source.
    #[error("no source {wanted:?}, only {offered:?}")]
    Source {
        /// What was asked for.
        wanted: Source,
        /// What there is.
        offered: Vec<Source>,
    },
    /// The source has no such mode.
    #[error("no mode {wanted:?}, only {offered:?}")]
    Mode {
        /// What was asked for.
        wanted: ColorMode,
        /// What there is.
        offered: Vec<ColorMode>,
    },
    /// The mode has no such resolution.
    #[error("no {wanted} in this mode, only {offered:?}")]
    Resolution {
        /// What was asked for.
        wanted: Dpi,
        /// What there is; of a range the usual ones.
        offered: Vec<Dpi>,
    },
    /// The paper does not fit the source.
    #[error("the paper is larger than the source takes")]
    Paper {
        /// The largest width.
        max_width: Length,
        /// The largest height.
        max_height: Length,
    },
    /// The folder for documents cannot be written.
    #[error("documents cannot be kept in {0}")]
    Storage(std::path::PathBuf),
    /// The disk has too little room for the first page.
    #[error("the disk is full")]
    NoSpace,
    /// A job is running already.
    #[error("a job is running")]
    Busy,
}

/// How much larger than the surface a paper may be and still count as fitting: devices round their
/// own size by up to a millimetre or two, and nobody misses that edge.
const PAPER_TOLERANCE: Length = Length::from_mm(2);

/// What one source of a device offers.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// Sizes.
    pub surface: &'a Surface,
    /// What can be asked for together.
    pub combinations: &'a [Combination],
}

/// The sources a device offers, in the order in which they are shown.
pub fn sources(items: &[Item]) -> Vec<Source> {
    [Source::Flatbed, Source::Feeder, Source::Duplex]
        .into_iter()
        .filter(|source| offer(items, *source).is_some())
        .collect()
}

/// What a source offers; `None` when the device does not have it.
pub fn offer(items: &[Item], source: Source) -> Option<Offer<'_>> {
    let of = |category| items.iter().find(move |item| item.category == category);
    let whole = |item: &'_ Item| !item.combinations.is_empty();
    match source {
        Source::Flatbed => of(ItemCategory::Flatbed).filter(|item| whole(item)).map(simplex),
        Source::Feeder => of(ItemCategory::Feeder).filter(|item| whole(item)).map(simplex),
        Source::Duplex => {
            let duplex = of(ItemCategory::Feeder)?.feeder.as_ref()?.duplex.as_ref()?;
            Some(Offer { surface: &duplex.surface, combinations: &duplex.combinations })
        }
    }
}

fn simplex(item: &Item) -> Offer<'_> {
    Offer { surface: &item.surface, combinations: &item.combinations }
}

impl Offer<'_> {
    /// The modes, simplest first. Line art can always be had from gray (design, section 3).
    pub fn modes(&self) -> Vec<ColorMode> {
        let mut modes: BTreeSet<ColorMode> = self.combinations.iter().map(|combination| combination.mode).collect();
        if modes.contains(&ColorMode::Gray) {
            modes.insert(ColorMode::LineArt);
        }
        modes.into_iter().collect()
    }

    /// Whether line art comes as one bit a pixel. Where it does not, gray pages are kept instead.
    pub fn has_line_art_of_its_own(&self) -> bool {
        let own = |one: &Combination| one.mode == ColorMode::LineArt && one.format != OfferedFormat::Jpeg;
        self.combinations.iter().any(own)
    }

    /// The resolutions of a mode for a person to choose from, ascending.
    pub fn resolutions(&self, mode: ColorMode) -> Vec<Dpi> {
        let mode = self.scanned_as(mode);
        let all: BTreeSet<Dpi> = self
            .combinations
            .iter()
            .filter(|combination| combination.mode == mode)
            .flat_map(|combination| combination.resolutions.choices())
            .collect();
        all.into_iter().collect()
    }

    /// Whether a resolution exists in a mode.
    pub fn has(&self, mode: ColorMode, dpi: Dpi) -> bool {
        let mode = self.scanned_as(mode);
        self.combinations.iter().any(|combination| combination.mode == mode && combination.resolutions.contains(dpi))
    }

    /// Whether a paper fits.
    pub fn takes(&self, paper: Paper) -> bool {
        let (width, height) = paper.size();
        width <= self.surface.max_width + PAPER_TOLERANCE && height <= self.surface.max_height + PAPER_TOLERANCE
    }

    /// The mode the device is asked for: gray where it has no line art of its own.
    fn scanned_as(&self, mode: ColorMode) -> ColorMode {
        let has = |mode| self.combinations.iter().any(|combination| combination.mode == mode);
        if mode == ColorMode::LineArt && !has(ColorMode::LineArt) { ColorMode::Gray } else { mode }
    }

    /// The rectangle of a paper on this surface, where a sheet of its width lies.
    fn area_of(&self, paper: Paper) -> Area {
        let (width, height) = paper.size();
        let width = width.min(self.surface.max_width);
        let height = height.min(self.surface.max_height);
        let free = self.surface.max_width - width;
        let x = match self.surface.justification {
            Justification::Left => Length::ZERO,
            Justification::Center => free.half(),
            Justification::Right => free,
        };
        Area { x, ..Area::of_size(width, height) }
    }
}

/// The job that a wish means on a device with these items.
///
/// # Errors
/// What the device does not offer is refused here, before paper moves, and nothing is corrected silently.
pub fn job_for(items: &[Item], wish: &ScanWish) -> Result<ScanJob, SettingsError> {
    let offered = sources(items);
    let offer = offer(items, wish.source).ok_or(SettingsError::Source { wanted: wish.source, offered })?;
    let settings = &wish.settings;
    let modes = offer.modes();
    if !modes.contains(&settings.mode) {
        return Err(SettingsError::Mode { wanted: settings.mode, offered: modes });
    }
    if !offer.has(settings.mode, settings.dpi) {
        let offered = offer.resolutions(settings.mode);
        return Err(SettingsError::Resolution { wanted: settings.dpi, offered });
    }
    if !offer.takes(settings.paper) {
        let Surface { max_width, max_height, .. } = *offer.surface;
        return Err(SettingsError::Paper { max_width, max_height });
    }
    Ok(ScanJob {
        source: wish.source,
        mode: offer.scanned_as(settings.mode),
        dpi: settings.dpi,
        format: None,
        areas: vec![offer.area_of(settings.paper)],
        pages: wish.pages,
        streams: Streams::PerPage,
        on_multi_feed: OnMultiFeed::default(),
    })
}
