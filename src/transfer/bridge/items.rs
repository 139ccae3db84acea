//! What a driver of the older model publishes, turned into items: the limits of the compatibility layer
//! (reference, 13).

use crate::minidriver::legacy::LegacyProperties;
use crate::minidriver::property::{Format, HandlingCapabilities};
use crate::minidriver::{
    ColorMode, Combination, Duplex, Feeder, Item, ItemCategory, Justification, OfferedFormat, Resolutions, Surface,
    Unusable,
};
use crate::units::Length;

/// The smallest area when the driver does not say: a tenth of an inch each way.
const SMALLEST: (Length, Length) = (Length::from_thousandths(100), Length::from_thousandths(100));

/// The items of a device, the flatbed first.
///
/// # Errors
/// The device has nothing that is scanned from here, or its driver leaves out what it must have.
pub(super) fn items_of(properties: &LegacyProperties) -> Result<Vec<Item>, Unusable> {
    let handling = properties.handling.unwrap_or(HandlingCapabilities::FLAT);
    let (flat, feed) = (handling.has(HandlingCapabilities::FLAT), handling.has(HandlingCapabilities::FEED));
    if !flat && !feed {
        return Err(match handling {
            film if film.has(HandlingCapabilities::FILM) => Unusable::FilmOnly,
            storage if storage.has(HandlingCapabilities::STORAGE) => Unusable::StorageOnly,
            _ => Unusable::NoSource,
        });
    }
    let combinations = combinations_of(properties)?;
    let mut items = Vec::new();
    if flat {
        let bed = properties.bed.ok_or(Unusable::MissingProperty("WIA_DPS_HORIZONTAL_BED_SIZE"))?;
        let surface = surface_of(bed, Justification::Left, properties)?;
        items.push(item(ItemCategory::Flatbed, surface, &combinations, None));
    }
    if feed {
        let sheet = properties.sheet_feed.ok_or(Unusable::MissingProperty("WIA_DPS_HORIZONTAL_SHEET_FEED_SIZE"))?;
        let surface = surface_of(sheet, properties.registration, properties)?;
        let duplex = handling.has(HandlingCapabilities::DUPLEX);
        let feeder = Feeder {
            duplex: duplex.then(|| Duplex { surface, combinations: combinations.clone() }),
            capacity: None,
            detects_paper: handling.has(HandlingCapabilities::DETECT_FEED),
        };
        items.push(item(ItemCategory::Feeder, surface, &combinations, Some(feeder)));
    }
    Ok(items)
}

fn item(category: ItemCategory, surface: Surface, combinations: &[Combination], feeder: Option<Feeder>) -> Item {
    Item {
        name: category.name().to_owned(),
        full_name: category.full_name(),
        category,
        surface,
        combinations: combinations.to_vec(),
        feeder,
    }
}

fn surface_of(
    (max_width, max_height): (Length, Length),
    justification: Justification,
    properties: &LegacyProperties,
) -> Result<Surface, Unusable> {
    let (min_width, min_height) = properties.smallest.unwrap_or(SMALLEST);
    if max_width <= Length::ZERO || max_height <= Length::ZERO {
        return Err(Unusable::NoSource);
    }
    Ok(Surface {
        min_width: min_width.min(max_width),
        min_height: min_height.min(max_height),
        max_width,
        max_height,
        justification,
    })
}

/// Memory bitmaps first: their bands appear early, and nothing is lost.
fn combinations_of(properties: &LegacyProperties) -> Result<Vec<Combination>, Unusable> {
    let missing = || Unusable::MissingProperty("WIA_IPS_XRES");
    let resolutions = properties.resolutions.clone().ok_or_else(missing)?;
    if matches!(&resolutions, Resolutions::List(list) if list.is_empty()) {
        return Err(missing());
    }
    let modes = [ColorMode::LineArt, ColorMode::Gray, ColorMode::Color];
    let modes: Vec<ColorMode> = modes.into_iter().filter(|mode| properties.modes.contains(mode)).collect();
    if modes.is_empty() {
        return Err(Unusable::MissingProperty("WIA_IPA_DATATYPE"));
    }
    let files = properties.file_formats.iter().filter_map(|format| match format {
        Format::Jpeg => Some(OfferedFormat::Jpeg),
        Format::Png => Some(OfferedFormat::Png),
        Format::Tiff => Some(OfferedFormat::Tiff),
        Format::Bmp | Format::MemoryBmp | Format::Raw => None,
    });
    let formats: Vec<OfferedFormat> = std::iter::once(OfferedFormat::Rows).chain(files).collect();
    let one = |mode, format| Combination { mode, format, resolutions: resolutions.clone() };
    let all = modes.iter().flat_map(|&mode| {
        let fitting =
            formats.iter().filter(move |format| mode != ColorMode::LineArt || **format == OfferedFormat::Rows);
        fitting.map(move |&format| one(mode, format))
    });
    Ok(all.collect())
}
