//! From capabilities to items, and to a name worth showing.

use super::capabilities::{AdfCaps, Capabilities, Format, Profile, ResolutionValues, SourceCaps};
use super::quirks::Quirks;
use crate::minidriver::{
    ColorMode, Combination, DeviceInfo, Duplex, Feeder, Item, ItemCategory, Justification, OfferedFormat, Resolutions,
    ScanJob, Surface,
};
use crate::units::{Dpi, Length};

/// Serial numbers shorter than this are placeholders.
const SHORTEST_SERIAL: usize = 4;

/// What a way of scanning asks the device for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// What is offered to the application.
    pub(super) mode: ColorMode,
    /// What is asked for: gray where line art cannot be had.
    pub(super) asked: ColorMode,
    /// The format as the device spells it.
    pub(super) format: Format,
    /// The kind of bytes.
    pub(super) kind: OfferedFormat,
    /// Resolutions.
    pub(super) resolutions: Resolutions,
}

impl Offer {
    /// Whether it is what a job asks for.
    pub(super) fn answers(&self, job: &ScanJob) -> bool {
        self.mode == job.mode
            && self.resolutions.contains(job.dpi)
            && job.format.is_none_or(|format| format == self.kind)
    }
}

impl Capabilities {
    /// The items of a device, the flatbed first.
    pub fn items(&self, quirks: &Quirks) -> Vec<Item> {
        items_of(self, quirks)
    }

    /// Name, maker and serial number as far as the capabilities tell them.
    pub fn device_info(&self) -> DeviceInfo {
        device_info(self, &Known::default())
    }
}

/// The items of a device, the flatbed first.
pub(super) fn items_of(capabilities: &Capabilities, quirks: &Quirks) -> Vec<Item> {
    let mut items = Vec::new();
    if let Some(platen) = capabilities.platen.as_ref().filter(|platen| platen.is_usable()) {
        items.push(Item {
            name: ItemCategory::Flatbed.name().to_owned(),
            full_name: ItemCategory::Flatbed.full_name(),
            category: ItemCategory::Flatbed,
            surface: surface_of(platen, Justification::Left),
            combinations: combinations_of(platen, quirks),
            feeder: None,
        });
    }
    if let Some(adf) = &capabilities.adf
        && let Some(side) = one_side(adf)
    {
        let duplex = adf.duplex.as_ref().filter(|duplex| duplex.is_usable());
        items.push(Item {
            name: ItemCategory::Feeder.name().to_owned(),
            full_name: ItemCategory::Feeder.full_name(),
            category: ItemCategory::Feeder,
            surface: surface_of(side, adf.justification),
            combinations: combinations_of(side, quirks),
            feeder: Some(Feeder {
                duplex: duplex.map(|duplex| Duplex {
                    surface: surface_of(duplex, adf.justification),
                    combinations: combinations_of(duplex, quirks),
                }),
                capacity: adf.capacity,
                detects_paper: adf.detects_paper,
            }),
        });
    }
    items
}

/// The caps for scanning one side; a feeder that lists only both sides scans one with the same.
pub(super) fn one_side(adf: &AdfCaps) -> Option<&SourceCaps> {
    adf.simplex.iter().chain(&adf.duplex).find(|caps| caps.is_usable())
}

/// Everything a source can be asked for, the best way of each mode first.
pub(super) fn offers_of(source: &SourceCaps, quirks: &Quirks) -> Vec<Offer> {
    let mut offers = Vec::new();
    for profile in &source.profiles {
        for mode in [ColorMode::LineArt, ColorMode::Gray, ColorMode::Gray16, ColorMode::Color, ColorMode::Color48] {
            // Line art that cannot be had is scanned as gray; the threshold is an edit (design, section 3).
            let mut found = offers_in(profile, mode, mode, quirks);
            if mode == ColorMode::LineArt && found.is_empty() {
                found = offers_in(profile, mode, ColorMode::Gray, quirks);
            }
            offers.append(&mut found);
        }
    }
    // True line art of one profile makes the gray substitute of another needless.
    let has_line_art = offers.iter().any(|offer| offer.asked == ColorMode::LineArt);
    offers.retain(|offer| !has_line_art || offer.mode != ColorMode::LineArt || offer.asked == ColorMode::LineArt);
    offers.sort_by_key(|offer| rank(offer.mode, offer.asked, offer.kind));
    offers
}

fn offers_in(profile: &Profile, mode: ColorMode, asked: ColorMode, quirks: &Quirks) -> Vec<Offer> {
    if !profile.modes.contains(&asked) || (asked == ColorMode::LineArt && quirks.line_art_fails) {
        return Vec::new();
    }
    let most = match asked {
        ColorMode::LineArt => None,
        _ => quirks.most_dpi_but_line_art,
    };
    let mut offers = Vec::new();
    for format in &profile.formats {
        let Some(kind) = kind_of(&format.mime) else { continue };
        if !carries(kind, asked) {
            continue;
        }
        for values in profile.resolutions_of(asked) {
            if let Some(resolutions) = resolutions_of(values, most) {
                offers.push(Offer { mode, asked, format: format.clone(), kind, resolutions });
            }
        }
    }
    offers
}

/// Whether a format can hold the pixels of a mode without loss of their depth.
fn carries(kind: OfferedFormat, mode: ColorMode) -> bool {
    match mode {
        ColorMode::Gray | ColorMode::Color => true,
        ColorMode::LineArt | ColorMode::Gray16 | ColorMode::Color48 => kind != OfferedFormat::Jpeg,
    }
}

/// JPEG for what is continuous, lossless formats for what it cannot hold.
fn rank(mode: ColorMode, asked: ColorMode, kind: OfferedFormat) -> (ColorMode, u8) {
    let order = match asked {
        ColorMode::Gray | ColorMode::Color => {
            [OfferedFormat::Jpeg, OfferedFormat::Png, OfferedFormat::Rows, OfferedFormat::Tiff]
        }
        ColorMode::LineArt => [OfferedFormat::Rows, OfferedFormat::Png, OfferedFormat::Tiff, OfferedFormat::Jpeg],
        ColorMode::Gray16 | ColorMode::Color48 => {
            [OfferedFormat::Png, OfferedFormat::Rows, OfferedFormat::Tiff, OfferedFormat::Jpeg]
        }
    };
    (mode, order.iter().position(|known| *known == kind).unwrap_or(order.len()) as u8)
}

fn kind_of(mime: &str) -> Option<OfferedFormat> {
    match mime {
        "image/jpeg" => Some(OfferedFormat::Jpeg),
        "image/png" => Some(OfferedFormat::Png),
        "image/tiff" => Some(OfferedFormat::Tiff),
        "application/octet-stream" => Some(OfferedFormat::Rows),
        _ => None,
    }
}

fn resolutions_of(values: &ResolutionValues, most: Option<u32>) -> Option<Resolutions> {
    let most = most.unwrap_or(u32::MAX);
    match values {
        ResolutionValues::List(list) => {
            let list: Vec<Dpi> = list.iter().copied().filter(|dpi| *dpi <= most).map(Dpi).collect();
            (!list.is_empty()).then_some(Resolutions::List(list))
        }
        ResolutionValues::Range(min, max, step) => (*min <= most).then_some(Resolutions::Range {
            min: Dpi(*min),
            max: Dpi((*max).min(most)),
            step: Dpi((*step).max(1)),
        }),
    }
}

fn combinations_of(source: &SourceCaps, quirks: &Quirks) -> Vec<Combination> {
    let mut combinations: Vec<Combination> = Vec::new();
    for offer in offers_of(source, quirks) {
        let combination = Combination { mode: offer.mode, format: offer.kind, resolutions: offer.resolutions };
        if !combinations.contains(&combination) {
            combinations.push(combination);
        }
    }
    combinations
}

fn surface_of(source: &SourceCaps, justification: Justification) -> Surface {
    Surface {
        min_width: Length::from_three_hundredths(source.min_width),
        min_height: Length::from_three_hundredths(source.min_height),
        max_width: Length::from_three_hundredths(source.max_width),
        max_height: Length::from_three_hundredths(source.max_height),
        justification,
    }
}

/// What the descriptors of a USB device say of it, for want of something better.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) manufacturer: Option<String>,
    pub(super) name: Option<String>,
    pub(super) serial: Option<String>,
}

/// Name, maker and serial number, from the better of two sources.
pub(super) fn device_info(capabilities: &Capabilities, known: &Known) -> DeviceInfo {
    let manufacturer = known.manufacturer.clone().or_else(|| capabilities.manufacturer.clone());
    let model = capabilities
        .make_and_model
        .clone()
        .filter(|model| !is_placeholder_name(model))
        .or_else(|| known.name.clone())
        .or_else(|| capabilities.make_and_model.clone())
        .unwrap_or_else(|| "eSCL scanner".to_owned());
    let name = match &manufacturer {
        Some(maker) if !starts_with_word_of(&model, maker) && !is_placeholder_name(&model) => {
            format!("{maker} {model}")
        }
        _ => model,
    };
    let serial = [known.serial.as_ref(), capabilities.serial.as_ref()]
        .into_iter()
        .flatten()
        .find(|serial| is_serial(serial))
        .cloned();
    DeviceInfo { name, manufacturer, serial }
}

/// "xxxx", "pst_p04f": names that name nothing (reference, 4.4).
fn is_placeholder_name(name: &str) -> bool {
    let name = name.trim();
    let same = name.chars().next().is_none_or(|first| name.chars().all(|other| other == first));
    same || (name.contains('_') && !name.contains(' ') && name.to_lowercase() == name)
}

/// Whether a name already begins with its maker, however long that is written.
fn starts_with_word_of(name: &str, maker: &str) -> bool {
    let first = |text: &str| text.split([' ', '-', ',']).next().unwrap_or_default().to_lowercase();
    first(name) == first(maker) || name.to_lowercase().contains(&maker.to_lowercase())
}

fn is_serial(serial: &str) -> bool {
    serial.len() >= SHORTEST_SERIAL && serial.chars().any(|character| character != '0')
}
