//! The rules by which a batch is checked and its dependents are corrected (reference, 4.3).
//!
//! Strongest first: intent, sides and pages, data type, depth, format, resolution, paper, position, extent. A
//! written value is checked against what the stronger ones left valid; a value that was not
//! written is moved into its new set.

use std::collections::BTreeSet;

use super::super::{Item, ItemCategory, Surface};
use super::geometry::{clipped, pixels, thousandths};
use super::initial::Ways;
use super::{
    Batch, BatchError, DataType, Format, Intent, Key, MultiFeed, Orientation, PageSize, Property, PropertyStore,
    PropertyType, Refusal, Selection, Tymed, ValidValues, Value, keys,
};
use crate::units::{Area, Dpi, Length};

/// The smallest buffer of a banded transfer, in bytes (reference, 4.4).
const BUFFER_SIZE: i32 = 64 << 10;
/// The most pages that can be asked for by number; even, so that both sides of a last sheet count.
const MOST_PAGES: i32 = i32::MAX - 1;
/// A bitmap's file header and info header, in bytes.
const BITMAP_HEADERS: i64 = 54;
/// Resolutions that intents stand for.
const PREVIEW_DPI: i32 = 75;
const SMALL_DPI: i32 = 150;
const BEST_DPI: i32 = 300;

/// What a driver has to say about its properties. Called without the device and from any thread; it
/// must not touch hardware, because another application may still change its mind (reference, 4.2).
#[doc(alias = "drvInitItemProperties")]
#[doc(alias = "drvValidateItemProperties")]
pub trait PropertyRules: Send + Sync {
    /// Checks what was written and corrects what depends on it. With an empty batch and an empty store it
    /// gives every property its first value. A driver that knows more than its [`Item`] says calls
    /// [`StandardRules`] first and then offers, withdraws or narrows what it likes.
    ///
    /// # Errors
    /// The first written value that is not valid; nothing changes then.
    fn validate(&self, item: &Item, change: &mut Change<'_>) -> Result<(), BatchError>;
}

/// A batch that is being checked.
#[derive(Debug)]
pub struct Change<'a> {
    batch: &'a Batch,
    store: PropertyStore,
    /// The rectangle itself: resolutions come and go, it stays where it is.
    area: Area,
    settled: BTreeSet<Property>,
}

impl<'a> Change<'a> {
    pub(super) fn new(batch: &'a Batch, store: PropertyStore, area: Area) -> Change<'a> {
        Change { batch, store, area, settled: BTreeSet::new() }
    }

    /// The properties as they will be.
    pub fn store(&mut self) -> &mut PropertyStore {
        &mut self.store
    }

    /// What was written.
    pub fn batch(&self) -> &Batch {
        self.batch
    }

    /// Publishes what is valid for a property now, checks what was written, and moves what was not.
    ///
    /// # Errors
    /// When the batch wrote a value outside of the set.
    pub fn settle<T: PropertyType>(&mut self, key: Key<T>, valid: ValidValues) -> Result<T, BatchError> {
        let property = key.property();
        let now = self.store.entry(property).map(|entry| valid.nearest(&entry.value));
        self.settle_to(key, valid, now)
    }

    /// The same for values without a *near*: what was not written and is not valid any more becomes the usual one.
    ///
    /// # Errors
    /// As [`Change::settle`].
    pub fn settle_kind<T: PropertyType>(&mut self, key: Key<T>, valid: ValidValues) -> Result<T, BatchError> {
        let now = self.store.entry(key.property()).map(|entry| entry.value.clone());
        let now = now.filter(|value| valid.contains(value));
        self.settle_to(key, valid, now)
    }

    /// The same, with the value to take when none was written.
    fn settle_to<T: PropertyType>(
        &mut self,
        key: Key<T>,
        valid: ValidValues,
        unwritten: Option<Value>,
    ) -> Result<T, BatchError> {
        let property = key.property();
        let value = match self.batch.value(property) {
            Some(written) if valid.contains(written) => Some(written.clone()),
            Some(_) => None,
            None => unwritten.or_else(|| valid.nominal()),
        };
        let typed = value.as_ref().and_then(T::from_value);
        let (Some(value), Some(typed)) = (value, typed) else { return Err(self.outside(property, valid)) };
        self.store.offer(property, value, valid);
        self.settled.insert(property);
        Ok(typed)
    }

    /// What a property is moved to if the batch does not write it.
    fn prefer<T: PropertyType>(&mut self, key: Key<T>, value: &T) {
        let valid = self.store.entry(key.property()).map_or(ValidValues::Any, |entry| entry.valid.clone());
        self.store.offer(key.property(), value.to_value(), valid);
    }

    fn writes<T: PropertyType>(&self, key: Key<T>) -> bool {
        self.batch.writes(key.property())
    }

    fn written<T: PropertyType>(&self, key: Key<T>) -> Option<T> {
        self.batch.value(key.property()).and_then(T::from_value)
    }

    fn outside(&self, property: Property, valid: ValidValues) -> BatchError {
        let value = self.batch.value(property).cloned().unwrap_or(Value::Number(0));
        BatchError::new(property, Refusal::Outside { value, valid })
    }

    fn conflict(&self, property: Property, other: Property) -> BatchError {
        let value = self.batch.value(property).cloned().unwrap_or(Value::Number(0));
        BatchError::new(property, Refusal::Conflict { value, other })
    }

    /// Everything that was written has to have been looked at.
    pub(super) fn finish(self) -> Result<(PropertyStore, Area), BatchError> {
        if let Some(id) = self.batch.unknown() {
            return Err(BatchError { id, refusal: Refusal::Unknown });
        }
        for (property, _) in self.batch.iter() {
            if !self.settled.contains(&property) {
                let there = self.store.entry(property).is_some();
                return Err(BatchError::new(property, if there { Refusal::ReadOnly } else { Refusal::Unknown }));
            }
        }
        Ok((self.store, self.area))
    }
}

/// The rules that follow from what an item says it offers.
#[derive(Clone, Copy, Debug, Default)]
pub struct StandardRules {
    sides: Selection,
}

impl StandardRules {
    /// For a feeder that scans both sides and has these ways of doing it besides *front first*.
    pub const fn with_sides(sides: Selection) -> StandardRules {
        StandardRules { sides }
    }
}

impl PropertyRules for StandardRules {
    fn validate(&self, item: &Item, change: &mut Change<'_>) -> Result<(), BatchError> {
        who_it_is(item, change);
        let selection = sides_and_pages(item, self.sides, change)?;
        let ways = Ways::of(item, selection);
        let (data_type, depth) = pixels_of(ways, change)?;
        let format = format_of(item, ways, data_type, depth, change)?;
        let dpi = resolution(ways, data_type, depth, format, change)?;
        rectangle(ways.surface, dpi, change)?;
        fixed(data_type, change)?;
        estimates(data_type, depth, format, change);
        Ok(())
    }
}

fn who_it_is(item: &Item, change: &mut Change<'_>) {
    let category = item.category.guid();
    let surface = &item.surface;
    let store = change.store();
    store.publish(keys::ITEM_NAME, &item.name);
    store.publish(keys::FULL_ITEM_NAME, &item.full_name);
    store.publish(keys::ITEM_CATEGORY, &category);
    store.publish(keys::ITEM_FLAGS, &item.category.flags());
    store.publish(keys::ACCESS_RIGHTS, &3);
    store.publish(keys::BUFFER_SIZE, &BUFFER_SIZE);
    store.publish(keys::MAX_HORIZONTAL_SIZE, &thousandths(surface.max_width));
    store.publish(keys::MAX_VERTICAL_SIZE, &thousandths(surface.max_height));
    store.publish(keys::MIN_HORIZONTAL_SIZE, &thousandths(surface.min_width));
    store.publish(keys::MIN_VERTICAL_SIZE, &thousandths(surface.min_height));
    store.publish(keys::TRANSFER_CAPABILITIES, &0);
}

/// One side or both, and how many (reference, part 12, R54). The glass has neither choice.
fn sides_and_pages(item: &Item, more: Selection, change: &mut Change<'_>) -> Result<Selection, BatchError> {
    if item.category != ItemCategory::Feeder {
        return Ok(Selection::default());
    }
    let has_both = item.feeder.as_ref().is_some_and(|feeder| feeder.duplex.is_some());
    let one = Selection::FRONT_ONLY;
    let mask = if has_both { one.and(Selection::DUPLEX).and(Selection::FRONT_FIRST).and(more) } else { one };
    let mut selection =
        change.settle(keys::DOCUMENT_HANDLING_SELECT, ValidValues::Flags { nominal: one.0, mask: mask.0 })?;
    check_selection(selection, change)?;
    let mut pages = change.settle(keys::PAGES, ValidValues::range(0, 1, MOST_PAGES))?;
    let wrote = (change.writes(keys::DOCUMENT_HANDLING_SELECT), change.writes(keys::PAGES));
    // Backs alone are one page a sheet.
    if selection.has(Selection::DUPLEX) && !selection.has(Selection::BACK_ONLY) {
        match wrote {
            (true, true) if pages == 1 => {
                return Err(change.conflict(Property::Pages, Property::DocumentHandlingSelect));
            }
            (false, true) if pages == 1 => {
                selection = one;
                change.prefer(keys::DOCUMENT_HANDLING_SELECT, &one);
            }
            (true, false) => {
                pages += pages % 2;
                change.prefer(keys::PAGES, &pages);
            }
            _ => {}
        }
    }
    let settings = [MultiFeed::StopError, MultiFeed::StopSuccess, MultiFeed::Continue, MultiFeed::Disabled];
    // The headers' default is not to look. Pages would be lost silently then, so here somebody is asked.
    if let Some(valid) = ValidValues::list(MultiFeed::StopError.number(), settings.map(MultiFeed::number)) {
        change.settle_kind(keys::MULTI_FEED, valid)?;
    }
    Ok(selection)
}

/// Both sides and one side exclude each other, and some choices mean nothing without both (R54).
fn check_selection(selection: Selection, change: &Change<'_>) -> Result<(), BatchError> {
    let needs_both = Selection::BACK_FIRST.and(Selection::BACK_ONLY).and(Selection::FRONT_FIRST);
    let both = selection.has(Selection::DUPLEX);
    let contradicts = if both {
        selection.has(Selection::FRONT_ONLY) || selection.has(Selection::FRONT_FIRST.and(Selection::BACK_FIRST))
    } else {
        selection.has_any(needs_both)
    };
    let property = Property::DocumentHandlingSelect;
    if contradicts && change.batch.writes(property) {
        let valid = change.store.entry(property).map_or(ValidValues::Any, |entry| entry.valid.clone());
        return Err(change.outside(property, valid));
    }
    Ok(())
}

/// Data type and depth; an intent says what they are when they were not written (R53).
fn pixels_of(ways: Ways<'_>, change: &mut Change<'_>) -> Result<(DataType, i32), BatchError> {
    let Some(types) = ways.data_types() else { return Err(nothing_offered(change)) };
    let intent = intent(&types, change)?;
    if let Some(wanted) = intent.and_then(image_of) {
        match change.written(keys::DATA_TYPE) {
            Some(written) if written != wanted => return Err(change.conflict(Property::DataType, Property::CurIntent)),
            Some(_) => {}
            None => change.prefer(keys::DATA_TYPE, &wanted),
        }
    }
    let data_type = change.settle_kind(keys::DATA_TYPE, types)?;
    let Some(depths) = ways.depths(data_type) else { return Err(nothing_offered(change)) };
    let depth = change.settle_kind(keys::DEPTH, depths)?;
    Ok((data_type, depth))
}

/// The intent, if one was written.
fn intent(types: &ValidValues, change: &mut Change<'_>) -> Result<Option<Intent>, BatchError> {
    let kinds = [(DataType::Color, Intent::COLOR), (DataType::Gray, Intent::GRAY), (DataType::Threshold, Intent::TEXT)];
    let sizes = Intent::MINIMIZE_SIZE.and(Intent::MAXIMIZE_QUALITY).and(Intent::BEST_PREVIEW);
    let mask = kinds
        .into_iter()
        .filter(|(kind, _)| types.contains(&kind.to_value()))
        .fold(sizes, |all, (_, bit)| all.and(bit));
    let valid = ValidValues::Flags { nominal: 0, mask: mask.0 };
    let intent = change.settle(keys::CUR_INTENT, valid.clone())?;
    if !change.writes(keys::CUR_INTENT) {
        return Ok(None);
    }
    if intent.has(Intent::COLOR.and(Intent::GRAY)) {
        return Err(change.outside(Property::CurIntent, valid));
    }
    Ok(Some(intent))
}

/// The richest picture that an intent names.
fn image_of(intent: Intent) -> Option<DataType> {
    let kinds = [(DataType::Color, Intent::COLOR), (DataType::Gray, Intent::GRAY), (DataType::Threshold, Intent::TEXT)];
    kinds.into_iter().find(|(_, bit)| intent.has(*bit)).map(|(kind, _)| kind)
}

/// A source that offers nothing cannot be written to.
fn nothing_offered(change: &Change<'_>) -> BatchError {
    let first = change.batch.iter().next().map_or(Property::DataType, |(property, _)| property);
    BatchError::new(first, Refusal::Unknown)
}

fn format_of(
    item: &Item,
    ways: Ways<'_>,
    data_type: DataType,
    depth: i32,
    change: &mut Change<'_>,
) -> Result<Format, BatchError> {
    let Some((mode, formats)) = data_type.mode(depth).and_then(|mode| Some((mode, ways.formats(mode)?))) else {
        return Err(nothing_offered(change));
    };
    let format = change.settle_kind(keys::FORMAT, formats)?;
    if let Some(sent) = ways.sent_formats(mode).first() {
        change.store.publish(keys::PREFERRED_FORMAT, sent);
    }
    change.store.publish(keys::FILENAME_EXTENSION, &format.extension().to_owned());
    change.settle_kind(keys::COMPRESSION, ValidValues::only(format.compression().number()))?;
    // Rows of several pages can follow one another in one stream; whole files cannot.
    let several = item.category == ItemCategory::Feeder && format == Format::Raw;
    let ways_over =
        if several { vec![Tymed::File.number(), Tymed::MultipageFile.number()] } else { vec![Tymed::File.number()] };
    if let Some(valid) = ValidValues::list(Tymed::File.number(), ways_over) {
        change.settle_kind(keys::TYMED, valid)?;
    }
    Ok(format)
}

/// The resolution, which is the same in both directions on every device so far.
fn resolution(
    ways: Ways<'_>,
    data_type: DataType,
    depth: i32,
    format: Format,
    change: &mut Change<'_>,
) -> Result<Dpi, BatchError> {
    let offered = data_type.mode(depth).and_then(|mode| ways.resolutions(mode, format));
    let Some(valid) = offered else { return Err(nothing_offered(change)) };
    let wanted = match change.written::<Intent>(keys::CUR_INTENT) {
        Some(intent) if intent.has(Intent::BEST_PREVIEW) => Some(PREVIEW_DPI),
        Some(intent) if intent.has(Intent::MAXIMIZE_QUALITY) => Some(BEST_DPI),
        Some(intent) if intent.has(Intent::MINIMIZE_SIZE) => Some(SMALL_DPI),
        _ => None,
    };
    match (change.written(keys::X_RES), change.written(keys::Y_RES)) {
        (Some(across), Some(down)) if across != down => return Err(change.conflict(Property::YRes, Property::XRes)),
        (None, Some(down)) => {
            // Written for one direction alone it holds for both; first it has to be valid.
            change.settle(keys::Y_RES, valid.clone())?;
            change.prefer(keys::X_RES, &down);
        }
        (None, None) => {
            if let Some(wanted) = wanted {
                change.prefer(keys::X_RES, &wanted);
            }
        }
        (Some(_), _) => {}
    }
    let across = change.settle(keys::X_RES, valid.clone())?;
    change.prefer(keys::Y_RES, &across);
    change.settle(keys::Y_RES, valid.clone())?;
    let best = match valid {
        ValidValues::Range { max, .. } => max,
        ValidValues::List { values, .. } => values.iter().filter_map(i32::from_value).max().unwrap_or(across),
        ValidValues::Any | ValidValues::Flags { .. } => across,
    };
    change.store.publish(keys::OPTICAL_X_RES, &best);
    change.store.publish(keys::OPTICAL_Y_RES, &best);
    Ok(Dpi(across.unsigned_abs()))
}

/// Paper, position and extent. The rectangle is physical: pixels follow the resolution, not the other way round (R52).
fn rectangle(surface: &Surface, dpi: Dpi, change: &mut Change<'_>) -> Result<(), BatchError> {
    let sideways = PageSize::NAMED.into_iter().any(|size| size.fits(surface, Orientation::Landscape));
    let lying =
        if sideways { vec![Orientation::Portrait, Orientation::Landscape] } else { vec![Orientation::Portrait] };
    let lying = ValidValues::list(Orientation::Portrait.number(), lying.into_iter().map(Orientation::number));
    let orientation = match lying {
        Some(valid) => change.settle_kind(keys::ORIENTATION, valid)?,
        None => Orientation::Portrait,
    };
    let first = change.store.entry(Property::PageSize).is_none();
    let extents = [keys::X_POS, keys::Y_POS, keys::X_EXTENT, keys::Y_EXTENT];
    let wrote_extents = extents.iter().any(|key| change.writes(*key));
    if wrote_extents && !change.writes(keys::PAGE_SIZE) {
        change.prefer(keys::PAGE_SIZE, &PageSize::Custom);
    }
    let size =
        change.settle_to(keys::PAGE_SIZE, sizes_on(surface, orientation), paper_now(surface, orientation, change))?;
    let sheet = size.size_lying(orientation);
    match sheet {
        // A paper that was named overrides extents of the same batch, if they are any.
        Some(sheet) => {
            check_pixels(surface, dpi, change)?;
            change.area = surface.area_of_sheet(sheet);
            put_pixels(surface, dpi, change);
        }
        None => {
            if first {
                change.area = Area::of_size(surface.max_width, surface.max_height.min(LONGEST_UNASKED));
            }
            change.area = clipped(change.area, surface);
            extent(Axis::Across, surface, dpi, change)?;
            extent(Axis::Down, surface, dpi, change)?;
        }
    }
    let upright = size.thousandths();
    let (width, height) = match upright {
        Some((width, height)) if orientation.is_sideways() => (height, width),
        Some(size) => size,
        None => (thousandths(change.area.width), thousandths(change.area.height)),
    };
    change.store.publish(keys::PAGE_WIDTH, &width);
    change.store.publish(keys::PAGE_HEIGHT, &height);
    Ok(())
}

/// Height that is scanned when nobody says: never the feeder's longest, which some take at its word. A4.
const LONGEST_UNASKED: Length = Length::from_mm(297);

fn sizes_on(surface: &Surface, orientation: Orientation) -> ValidValues {
    let fitting = PageSize::NAMED.into_iter().filter(|size| size.fits(surface, orientation)).chain([PageSize::Custom]);
    ValidValues::list(PageSize::A4.number(), fitting.map(PageSize::number))
        .unwrap_or_else(|| ValidValues::only(PageSize::Custom.number()))
}

/// The paper as it was; a custom one when it does not fit as it lies now.
fn paper_now(surface: &Surface, orientation: Orientation, change: &Change<'_>) -> Option<Value> {
    let now = change.store.get(keys::PAGE_SIZE)?;
    Some(if now.fits(surface, orientation) { now } else { PageSize::Custom }.to_value())
}

/// What was written of position and extent has to be valid also where it counts for nothing (R51).
fn check_pixels(surface: &Surface, dpi: Dpi, change: &mut Change<'_>) -> Result<(), BatchError> {
    for axis in [Axis::Across, Axis::Down] {
        let (min, max) = axis.bounds(surface, dpi);
        let (position, extent) = axis.keys();
        // What was not written is in nobody's way.
        change.prefer(position, &0);
        let from = change.settle(position, ValidValues::range(0, 0, max - min))?;
        change.settle(extent, ValidValues::range(min, max - from, max - from))?;
    }
    Ok(())
}

/// Position and extent as the rectangle says, whatever the batch wrote.
fn put_pixels(surface: &Surface, dpi: Dpi, change: &mut Change<'_>) {
    for axis in [Axis::Across, Axis::Down] {
        let (min, max) = axis.bounds(surface, dpi);
        let (start, size) = axis.of(change.area);
        let size = pixels(size, dpi).clamp(min, max);
        let start = pixels(start, dpi).min(max - size);
        let (position, extent) = axis.keys();
        change.store.offer(position.property(), Value::Number(start), ValidValues::range(0, 0, max - min));
        change.store.offer(extent.property(), Value::Number(size), ValidValues::range(min, max - start, max - start));
    }
}

/// One direction of the rectangle.
fn extent(axis: Axis, surface: &Surface, dpi: Dpi, change: &mut Change<'_>) -> Result<(), BatchError> {
    let (min, max) = axis.bounds(surface, dpi);
    let (start, size) = axis.of(change.area);
    let (position, extent) = axis.keys();
    change.prefer(position, &pixels(start, dpi));
    let from = change.settle(position, ValidValues::range(0, 0, max - min))?;
    change.prefer(extent, &pixels(size, dpi));
    let length = change.settle(extent, ValidValues::range(min, max - from, max - from))?;
    let physical = |pixels: i32| Length::from_pixels(pixels.unsigned_abs(), dpi);
    // What was not written keeps its exact size; a pixel more or less must not move it.
    let start = if change.writes(position) { physical(from) } else { start };
    let size = if change.writes(extent) || pixels(size, dpi) != length { physical(length) } else { size };
    // Pixels are rounded: the last one may reach over the edge.
    let (least, most) = axis.sizes(surface);
    let start = start.min(most - least);
    axis.put(&mut change.area, start, size.min(most - start).max(least));
    Ok(())
}

/// A direction.
#[derive(Clone, Copy)]
enum Axis {
    Across,
    Down,
}

impl Axis {
    fn keys(self) -> (Key<i32>, Key<i32>) {
        match self {
            Axis::Across => (keys::X_POS, keys::X_EXTENT),
            Axis::Down => (keys::Y_POS, keys::Y_EXTENT),
        }
    }

    fn of(self, area: Area) -> (Length, Length) {
        match self {
            Axis::Across => (area.x, area.width),
            Axis::Down => (area.y, area.height),
        }
    }

    fn put(self, area: &mut Area, start: Length, size: Length) {
        match self {
            Axis::Across => (area.x, area.width) = (start, size),
            Axis::Down => (area.y, area.height) = (start, size),
        }
    }

    /// The smallest and the largest extent, in pixels; never below one.
    fn bounds(self, surface: &Surface, dpi: Dpi) -> (i32, i32) {
        let (min, max) = self.sizes(surface);
        let max = pixels(max, dpi).max(1);
        (pixels(min, dpi).clamp(1, max), max)
    }

    /// The smallest and the largest extent.
    fn sizes(self, surface: &Surface) -> (Length, Length) {
        match self {
            Axis::Across => (surface.min_width, surface.max_width),
            Axis::Down => (surface.min_height, surface.max_height),
        }
    }
}

/// What this program leaves to the edits of a document, and says so with a list of one.
fn fixed(data_type: DataType, change: &mut Change<'_>) -> Result<(), BatchError> {
    for key in [keys::BRIGHTNESS, keys::CONTRAST, keys::PREVIEW, keys::PHOTOMETRIC_INTERP] {
        change.settle(key, ValidValues::only(0))?;
    }
    change.settle_kind(keys::ROTATION, ValidValues::only(Orientation::Portrait.number()))?;
    match data_type {
        DataType::Threshold => {
            change.settle(keys::THRESHOLD, ValidValues::only(128))?;
        }
        DataType::Gray | DataType::Color => change.store.withdraw(Property::Threshold),
    }
    Ok(())
}

/// What a page will probably be; the page itself knows better.
fn estimates(data_type: DataType, depth: i32, format: Format, change: &mut Change<'_>) {
    let store = change.store();
    let width = store.get(keys::X_EXTENT).unwrap_or(0);
    let height = store.get(keys::Y_EXTENT).unwrap_or(0);
    let bits = i64::from(width) * i64::from(depth);
    let row = match format {
        Format::Bmp | Format::MemoryBmp => (bits + 31) / 32 * 4,
        Format::Jpeg | Format::Png | Format::Tiff | Format::Raw => (bits + 7) / 8,
    };
    let colors = if depth <= 8 { 4 << depth } else { 0 };
    let size = match format {
        Format::Bmp => BITMAP_HEADERS + colors + row * i64::from(height),
        // Compressed, or with a header of its own: unknown.
        _ => 0,
    };
    store.publish(keys::CHANNELS, &data_type.channels());
    store.publish(keys::BITS_PER_CHANNEL, &(depth / data_type.channels()));
    store.publish(keys::PIXELS_PER_LINE, &width);
    store.publish(keys::NUMBER_OF_LINES, &height);
    store.publish(keys::BYTES_PER_LINE, &i32::try_from(row).unwrap_or(0));
    store.publish(keys::ITEM_SIZE, &i32::try_from(size).unwrap_or(0));
}
