//! What an item offers, turned into sets of valid values (reference, part 3 and 4.4).

use super::super::{ColorMode, Combination, Item, OfferedFormat, Resolutions, Surface};
use super::{DataType, Format, Selection, ValidValues, Value};
use crate::units::Dpi;

/// What one way of scanning offers: one side, or both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ways<'a> {
    pub(super) surface: &'a Surface,
    combinations: &'a [Combination],
}

impl<'a> Ways<'a> {
    /// What an item offers with this choice of sides.
    pub(super) fn of(item: &'a Item, selection: Selection) -> Ways<'a> {
        match item.feeder.as_ref().and_then(|feeder| feeder.duplex.as_ref()) {
            Some(duplex) if selection.has(Selection::DUPLEX) => {
                Ways { surface: &duplex.surface, combinations: &duplex.combinations }
            }
            _ => Ways { surface: &item.surface, combinations: &item.combinations },
        }
    }

    /// The modes that can be asked for. Line art can always be had from gray (design, section 3).
    fn modes(self) -> impl Iterator<Item = ColorMode> + 'a {
        [ColorMode::LineArt, ColorMode::Gray, ColorMode::Gray16, ColorMode::Color, ColorMode::Color48]
            .into_iter()
            .filter(move |mode| self.has_mode(self.scanned_as(*mode)))
    }

    fn has_mode(self, mode: ColorMode) -> bool {
        self.combinations.iter().any(|one| one.mode == mode)
    }

    /// The mode the device is asked for: gray where it has no line art of its own.
    pub(super) fn scanned_as(self, mode: ColorMode) -> ColorMode {
        if mode == ColorMode::LineArt && !self.has_mode(mode) { ColorMode::Gray } else { mode }
    }

    pub(super) fn data_types(self) -> Option<ValidValues> {
        let mut types: Vec<i32> = self.modes().map(|mode| DataType::of(mode).0.number()).collect();
        types.dedup();
        ValidValues::list(DataType::Color.number(), types)
    }

    pub(super) fn depths(self, data_type: DataType) -> Option<ValidValues> {
        let depths = self.modes().map(DataType::of).filter(|(kind, _)| *kind == data_type).map(|(_, depth)| depth);
        let depths: Vec<i32> = depths.collect();
        ValidValues::list(*depths.first()?, depths)
    }

    /// The formats the device sends in a mode, the best first.
    pub(super) fn sent_formats(self, mode: ColorMode) -> Vec<Format> {
        let mode = self.scanned_as(mode);
        let mut formats = Vec::new();
        for one in self.combinations.iter().filter(|one| one.mode == mode) {
            let format = Format::from(one.format);
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        formats
    }

    /// The formats a page can be had in: bitmaps and WIA's raw format are made from any.
    pub(super) fn formats(self, mode: ColorMode) -> Option<ValidValues> {
        let sent = self.sent_formats(mode).into_iter().filter(|format| *format != Format::Raw);
        let all = [Format::Bmp, Format::Raw].into_iter().chain(sent);
        ValidValues::list(Value::Guid(Format::Bmp.guid()), all.map(|format| Value::Guid(format.guid())))
    }

    /// Whether the device sends this kind of bytes in a mode at a resolution.
    pub(super) fn sends(self, mode: ColorMode, dpi: Dpi, kind: OfferedFormat) -> bool {
        let offered = |one: &Combination| one.mode == mode && one.format == kind && one.resolutions.contains(dpi);
        self.combinations.iter().any(offered)
    }

    /// The resolutions of a mode in a format; of a bitmap those of any format.
    pub(super) fn resolutions(self, mode: ColorMode, format: Format) -> Option<ValidValues> {
        let mode = self.scanned_as(mode);
        let sent = format.sent_as();
        let offered: Vec<&Resolutions> = self
            .combinations
            .iter()
            .filter(|one| one.mode == mode && sent.is_none_or(|sent| sent == one.format))
            .map(|one| &one.resolutions)
            .collect();
        let widest = offered.iter().find(|one| offered.iter().all(|other| one.has_all_of(other)));
        match widest {
            Some(Resolutions::Range { min, max, step }) => Some(range_of(*min, *max, *step)),
            _ => {
                let mut all: Vec<i32> =
                    offered.iter().flat_map(|one| one.values()).filter_map(|dpi| i32::try_from(dpi.0).ok()).collect();
                all.sort_unstable();
                all.dedup();
                let nominal = all.iter().copied().min_by_key(|dpi| dpi.abs_diff(USUAL_DPI))?;
                ValidValues::list(nominal, all)
            }
        }
    }
}

/// The resolution people want when they do not say.
const USUAL_DPI: i32 = 300;

/// Of a range with more steps than this, in a source that has other resolutions besides, the usual ones are listed.
const MOST_LISTED: u32 = 4096;

impl Resolutions {
    /// Every one of them, as far as that is a list of a sensible length.
    fn values(&self) -> Vec<Dpi> {
        match self {
            Resolutions::Range { min, max, step } if max.0.saturating_sub(min.0) / step.0.max(1) < MOST_LISTED => {
                (min.0..=max.0).step_by(step.0.max(1) as usize).map(Dpi).collect()
            }
            _ => self.choices(),
        }
    }

    /// Whether all of the other's are among these.
    fn has_all_of(&self, other: &Resolutions) -> bool {
        match (self, other) {
            (Resolutions::Range { min, max, step }, Resolutions::Range { min: low, max: high, step: distance }) => {
                min <= low && max >= high && distance.0.is_multiple_of(step.0.max(1)) && self.contains(*low)
            }
            (Resolutions::List(_), Resolutions::Range { .. }) => false,
            (_, Resolutions::List(list)) => list.iter().all(|dpi| self.contains(*dpi)),
        }
    }
}

fn range_of(min: Dpi, max: Dpi, step: Dpi) -> ValidValues {
    let number = |dpi: Dpi| i32::try_from(dpi.0).unwrap_or(i32::MAX);
    let (min, max, step) = (number(min), number(max), number(step).max(1));
    let range = |nominal| ValidValues::Range { min, nominal, max, step };
    match range(min).nearest(&Value::Number(USUAL_DPI)) {
        Value::Number(nominal) => range(nominal),
        Value::Guid(_) | Value::Text(_) => range(min),
    }
}
