//! Scan settings as a person thinks of them, and their translation into a driver's job.

use crate::minidriver::property::{
    Batch, BatchError, DataType, Format, ItemProperties, Property, PropertyType, Refusal, Selection, ValidValues, keys,
};
use crate::minidriver::{
    ColorMode, Combination, FeederState, Item, ItemCategory, OfferedFormat, ScanJob, Source, Surface,
};
use crate::transfer::ApplicationItems;
use crate::units::{Dpi, Length};

use super::ScanWish;

pub use super::paper::{MalformedPaper, Paper};

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
    /// One page of both sides: a sheet has two.
    #[error("one page of both sides")]
    OnePageOfTwo,
    /// Any other value that the device's properties do not allow.
    #[error(transparent)]
    Property(BatchError),
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
    #[error("{free} bytes are free on the disk, {needed} are wanted")]
    NoSpace {
        /// Bytes that are free.
        free: u64,
        /// Bytes that are wanted.
        needed: u64,
    },
    /// A job is running already.
    #[error("a job is running")]
    Busy,
}

/// What a device offers, read from its properties once, so that a window can look at it in every frame.
#[derive(Clone, Debug)]
pub struct Offers {
    items: ApplicationItems,
    sources: Vec<(Source, Offer)>,
}

/// What one source of a device offers.
#[derive(Clone, Debug)]
pub struct Offer {
    surface: Surface,
    modes: Vec<OfferedMode>,
}

/// One mode of a source.
#[derive(Clone, Debug)]
struct OfferedMode {
    mode: ColorMode,
    resolutions: ValidValues,
    /// Whether a format of the device has such pixels; line art without one comes as gray.
    of_its_own: bool,
}

impl Offers {
    /// What these items offer.
    pub fn of(items: ApplicationItems) -> Offers {
        let sources = [Source::Flatbed, Source::Feeder, Source::Duplex];
        let offered = |source| Some((source, offer_of(&items, source)?));
        let sources = sources.into_iter().filter_map(offered).collect();
        Offers { items, sources }
    }

    /// The items, with the properties of every setting at its first value.
    pub fn items(&self) -> &ApplicationItems {
        &self.items
    }

    /// The sources, in the order in which they are shown.
    pub fn sources(&self) -> Vec<Source> {
        self.sources.iter().map(|(source, _)| *source).collect()
    }

    /// What a source offers; `None` when the device does not have it.
    pub fn offer(&self, source: Source) -> Option<&Offer> {
        self.sources.iter().find(|(one, _)| *one == source).map(|(_, offer)| offer)
    }

    /// The source for a person who names none: the feeder when paper lies in it, else the first.
    pub fn usual_source(&self, feeder: FeederState) -> Option<Source> {
        let loaded = feeder == FeederState::Loaded && self.offer(Source::Feeder).is_some();
        if loaded { Some(Source::Feeder) } else { self.sources.first().map(|(source, _)| *source) }
    }

    /// Whether there is a feeder.
    pub fn has_feeder(&self) -> bool {
        self.items.item(ItemCategory::Feeder).is_some()
    }

    /// The job that a wish means on this device.
    ///
    /// # Errors
    /// What the device does not offer is refused here, before paper moves, and nothing is corrected silently.
    pub fn job(&self, wish: &ScanWish) -> Result<ScanJob, SettingsError> {
        let item = self.properties(wish)?;
        item.job().map_err(|_| SettingsError::Source { wanted: wish.source, offered: self.sources() })
    }

    /// The properties that a wish comes to.
    ///
    /// # Errors
    /// As [`Offers::job`].
    pub fn properties(&self, wish: &ScanWish) -> Result<ItemProperties, SettingsError> {
        let no_source = || SettingsError::Source { wanted: wish.source, offered: self.sources() };
        let offer = self.offer(wish.source).ok_or_else(no_source)?;
        let mut item = self.items.item(category(wish.source)).ok_or_else(no_source)?.clone();
        let settings = &wish.settings;
        if !offer.takes(settings.paper) {
            let Surface { max_width, max_height, .. } = offer.surface;
            return Err(SettingsError::Paper { max_width, max_height });
        }
        item.write(&batch_of(wish, &offer.surface)).map_err(|error| offer.refused(error, settings))?;
        Ok(item)
    }
}

/// What a wish writes, all of it in one batch.
fn batch_of(wish: &ScanWish, surface: &Surface) -> Batch {
    let ScanSettings { mode, dpi, paper } = wish.settings;
    let (data_type, depth) = DataType::of(mode);
    let dpi_number = i32::try_from(dpi.0).unwrap_or(i32::MAX);
    let batch = Batch::new()
        .set(keys::DATA_TYPE, data_type)
        .set(keys::DEPTH, depth)
        .set(keys::FORMAT, Format::Bmp)
        .set(keys::X_RES, dpi_number)
        .set(keys::Y_RES, dpi_number);
    let batch = match (wish.source, wish.pages) {
        (Source::Flatbed, _) => batch,
        (source, pages) => {
            batch.set(keys::DOCUMENT_HANDLING_SELECT, selection(source)).set(keys::PAGES, pages.number())
        }
    };
    match paper.named() {
        Some(size) => batch.set(keys::PAGE_SIZE, size),
        None => {
            let area = surface.area_of_sheet(paper.size());
            let pixels = |length: Length| i32::try_from(length.pixels(dpi)).unwrap_or(i32::MAX);
            // Right at an edge, two roundings could add up to a pixel beyond it.
            let within =
                |start: Length, size: Length, max: Length| pixels(size).min(pixels(max) - pixels(start)).max(1);
            batch
                .set(keys::X_POS, pixels(area.x))
                .set(keys::Y_POS, pixels(area.y))
                .set(keys::X_EXTENT, within(area.x, area.width, surface.max_width))
                .set(keys::Y_EXTENT, within(area.y, area.height, surface.max_height))
        }
    }
}

fn category(source: Source) -> ItemCategory {
    match source {
        Source::Flatbed => ItemCategory::Flatbed,
        Source::Feeder | Source::Duplex => ItemCategory::Feeder,
    }
}

fn selection(source: Source) -> Selection {
    match source {
        Source::Duplex => Selection::DUPLEX,
        Source::Flatbed | Source::Feeder => Selection::FRONT_ONLY,
    }
}

/// What a source offers, by trying each of its modes on a copy of its properties.
fn offer_of(items: &ApplicationItems, source: Source) -> Option<Offer> {
    let mut item = items.item(category(source))?.clone();
    if source == Source::Duplex {
        item.write(&Batch::new().set(keys::DOCUMENT_HANDLING_SELECT, Selection::DUPLEX)).ok()?;
    }
    let modes = [ColorMode::LineArt, ColorMode::Gray, ColorMode::Gray16, ColorMode::Color, ColorMode::Color48];
    let modes: Vec<OfferedMode> = modes.into_iter().filter_map(|mode| offered_mode(&item, mode)).collect();
    let surface = surface_of(item.item(), source);
    (!modes.is_empty()).then_some(Offer { surface, modes })
}

fn offered_mode(item: &ItemProperties, mode: ColorMode) -> Option<OfferedMode> {
    let (data_type, depth) = DataType::of(mode);
    let mut tried = item.clone();
    tried.write(&Batch::new().set(keys::DATA_TYPE, data_type).set(keys::DEPTH, depth)).ok()?;
    let resolutions = tried.store().entry(Property::XRes)?.valid.clone();
    let job = tried.job().ok()?;
    // The device's own formats count, not those that are made from them; a JPEG has no pixels of one bit.
    let has_one_bit = combinations_of(item.item(), job.source)
        .iter()
        .any(|offered| offered.mode == ColorMode::LineArt && offered.format != OfferedFormat::Jpeg);
    let of_its_own = job.mode == mode && (mode != ColorMode::LineArt || has_one_bit);
    Some(OfferedMode { mode, resolutions, of_its_own })
}

fn combinations_of(item: &Item, source: Source) -> &[Combination] {
    let duplex = item.feeder.as_ref().and_then(|feeder| feeder.duplex.as_ref());
    match (source, duplex) {
        (Source::Duplex, Some(duplex)) => &duplex.combinations,
        _ => &item.combinations,
    }
}

fn surface_of(item: &Item, source: Source) -> Surface {
    let duplex = item.feeder.as_ref().and_then(|feeder| feeder.duplex.as_ref());
    match (source, duplex) {
        (Source::Duplex, Some(duplex)) => duplex.surface,
        _ => item.surface,
    }
}

impl Offer {
    /// The modes, simplest first. Line art can always be had from gray (design, section 3).
    pub fn modes(&self) -> Vec<ColorMode> {
        self.modes.iter().map(|one| one.mode).collect()
    }

    /// Sizes.
    pub fn surface(&self) -> &Surface {
        &self.surface
    }

    /// Whether line art comes as one bit a pixel. Where it does not, gray pages are kept instead.
    pub fn has_line_art_of_its_own(&self) -> bool {
        self.mode(ColorMode::LineArt).is_some_and(|one| one.of_its_own)
    }

    /// The resolutions of a mode for a person to choose from, ascending.
    pub fn resolutions(&self, mode: ColorMode) -> Vec<Dpi> {
        self.mode(mode).map_or_else(Vec::new, |one| choices(&one.resolutions))
    }

    /// Whether a resolution exists in a mode.
    pub fn has(&self, mode: ColorMode, dpi: Dpi) -> bool {
        let number = i32::try_from(dpi.0).unwrap_or(i32::MAX);
        self.mode(mode).is_some_and(|one| one.resolutions.contains(&number.to_value()))
    }

    /// Whether a paper fits.
    pub fn takes(&self, paper: Paper) -> bool {
        self.surface.takes(paper.size())
    }

    fn mode(&self, mode: ColorMode) -> Option<&OfferedMode> {
        self.modes.iter().find(|one| one.mode == mode)
    }

    /// What a refused batch means to a person.
    fn refused(&self, error: BatchError, settings: &ScanSettings) -> SettingsError {
        let Surface { max_width, max_height, .. } = self.surface;
        match (error.property(), &error.refusal) {
            (Some(Property::DataType | Property::Depth), _) => {
                SettingsError::Mode { wanted: settings.mode, offered: self.modes() }
            }
            (Some(Property::XRes | Property::YRes), _) => {
                SettingsError::Resolution { wanted: settings.dpi, offered: self.resolutions(settings.mode) }
            }
            (Some(Property::PageSize | Property::XPos | Property::YPos | Property::XExtent | Property::YExtent), _) => {
                SettingsError::Paper { max_width, max_height }
            }
            (Some(Property::Pages), Refusal::Conflict { .. }) => SettingsError::OnePageOfTwo,
            _ => SettingsError::Property(error),
        }
    }
}

/// A short ascending list for a person to choose from: all values of a list, the usual ones of a range.
fn choices(valid: &ValidValues) -> Vec<Dpi> {
    const USUAL: [i32; 9] = [75, 100, 150, 200, 300, 400, 600, 1200, 2400];
    /// More than this in a list are too many to choose from.
    const MANY: usize = 16;
    let usual: Vec<i32> = USUAL.into_iter().filter(|dpi| valid.contains(&dpi.to_value())).collect();
    let numbers: Vec<i32> = match valid {
        ValidValues::List { values, .. } if values.len() > MANY && !usual.is_empty() => usual,
        ValidValues::List { values, .. } => values.iter().filter_map(i32::from_value).collect(),
        ValidValues::Range { .. } if !usual.is_empty() => usual,
        ValidValues::Range { min, max, .. } => vec![*min, *max],
        ValidValues::Any | ValidValues::Flags { .. } => Vec::new(),
    };
    let mut found: Vec<Dpi> = numbers.into_iter().map(|dpi| Dpi(dpi.unsigned_abs())).collect();
    found.dedup();
    found
}
