//! From a job to ScanSettings: only what the capabilities list (eSCL reference, 6.1).

use super::capabilities::{AdfCaps, Capabilities, Format, SourceCaps};
use super::items::{Offer, offers_of, one_side};
use super::quirks::Quirks;
use super::xml::escaped;
use crate::minidriver::{ColorMode, Condition, DeviceFailure, Justification, OfferedFormat, ScanJob, Sides, Source};
use crate::units::{Area, Dpi, Length};

/// Height of a sheet when a job names no area: never the feeder's longest, which some take at its
/// word (reference, 4.3). A4, in 1/300 inch.
const USUAL_HEIGHT: i64 = 3508;

/// One job of the device: everything its settings need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Where the page comes from.
    pub source: Source,
    /// Region in 1/300 inch.
    pub region: Region,
    /// The same, as it is told to the application: what is really scanned.
    pub area: Area,
    /// The whole surface, which is what comes when a device takes no region.
    pub whole: Area,
    /// What is asked for; gray where line art cannot be had.
    pub mode: ColorMode,
    /// What the application asked for.
    pub wanted: ColorMode,
    /// Media type asked for.
    pub format: Format,
    /// The kind of bytes asked for.
    pub kind: OfferedFormat,
    /// Resolution.
    pub dpi: Dpi,
    /// Intent, when the device has a fitting one.
    pub intent: Option<String>,
    /// Compression factor, when the device has one.
    pub compression: Option<i64>,
    /// Whether the feeder knows two sides, so that a request says which is wanted.
    pub knows_duplex: bool,
    /// Whether the device finds the end of the sheet by itself.
    pub finds_bottom: bool,
}

/// A region in 1/300 inch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    /// From the left.
    pub x: i64,
    /// From the top.
    pub y: i64,
    /// Across.
    pub width: i64,
    /// Down.
    pub height: i64,
}

/// Ways of writing the same settings, for devices that refuse them without a word (reference, 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variant {
    /// As the schema has it.
    Usual,
    /// Without the region.
    NoRegion,
    /// With the region's list in the scan namespace.
    RegionInScanNamespace,
    /// Gray instead of line art.
    GrayForLineArt,
    /// Without intent and image controls.
    Plain,
}

impl Variant {
    /// The next one to try for a plan; `None` when all were tried.
    pub(super) fn after(self, plan: &Plan) -> Option<Variant> {
        match self {
            Variant::Usual => Some(Variant::NoRegion),
            Variant::NoRegion => Some(Variant::RegionInScanNamespace),
            Variant::RegionInScanNamespace if plan.mode == ColorMode::LineArt => Some(Variant::GrayForLineArt),
            Variant::RegionInScanNamespace | Variant::GrayForLineArt => Some(Variant::Plain),
            Variant::Plain => None,
        }
    }
}

/// The device's jobs for a job of the application: one for each area.
///
/// # Errors
/// [`Condition::Refused`] when the device has no such source, or not this mode at this resolution, or
/// the area lies outside; nothing has moved then.
pub(super) fn plans(job: &ScanJob, capabilities: &Capabilities, quirks: &Quirks) -> Result<Vec<Plan>, DeviceFailure> {
    let (source, justification) = source_caps(job.source, capabilities)
        .ok_or_else(|| Condition::Refused.with(format!("no such source: {:?}", job.source)))?;
    let offer = offers_of(source, quirks)
        .into_iter()
        .find(|offer| offer.answers(job))
        .ok_or_else(|| Condition::Refused.with(format!("{:?} at {} is not offered", job.mode, job.dpi)))?;
    if job.source == Source::Duplex && job.sides != Sides::FrontFirst {
        return Err(Condition::Refused.with(format!("sides as {:?}: the protocol knows one order", job.sides)));
    }
    if job.source != Source::Flatbed && job.areas.len() > 1 {
        return Err(Condition::Refused.with("a feeder takes one area"));
    }
    let whole = match job.source {
        Source::Flatbed => source.max_height,
        Source::Feeder | Source::Duplex => source.max_height.min(USUAL_HEIGHT),
    };
    let whole = Area::of_size(Length::from_three_hundredths(source.max_width), Length::from_three_hundredths(whole));
    let areas = if job.areas.is_empty() { vec![whole] } else { job.areas.clone() };
    areas
        .into_iter()
        .map(|area| {
            let region = region_of(area, source, job.source, justification, quirks)?;
            Ok(plan(job, region, &offer, source, capabilities))
        })
        .collect()
}

fn source_caps(source: Source, capabilities: &Capabilities) -> Option<(&SourceCaps, Justification)> {
    let adf: Option<&AdfCaps> = capabilities.adf.as_ref();
    let caps = match source {
        Source::Flatbed => capabilities.platen.as_ref(),
        Source::Feeder => adf.and_then(one_side),
        Source::Duplex => adf.and_then(|adf| adf.duplex.as_ref()),
    };
    let justification = adf.map_or(Justification::Left, |adf| adf.justification);
    caps.filter(|caps| caps.is_usable()).map(|caps| (caps, justification))
}

fn plan(job: &ScanJob, region: Region, offer: &Offer, source: &SourceCaps, capabilities: &Capabilities) -> Plan {
    let length = Length::from_three_hundredths;
    Plan {
        source: job.source,
        region,
        area: Area {
            x: length(region.x),
            y: length(region.y),
            width: length(region.width),
            height: length(region.height),
        },
        whole: Area::of_size(length(source.max_width), length(source.max_height)),
        mode: offer.asked,
        wanted: offer.mode,
        format: offer.format.clone(),
        kind: offer.kind,
        dpi: job.dpi,
        intent: source.intents.iter().find(|intent| *intent == "Document").cloned(),
        compression: capabilities.compression.filter(|_| offer.kind == OfferedFormat::Jpeg).map(|(best, _)| best),
        knows_duplex: capabilities.adf.as_ref().is_some_and(|adf| adf.duplex.is_some()),
        finds_bottom: source.finds_bottom,
    }
}

/// The region on the surface: clipped to it, not below the device's smallest, and where a narrow sheet lies.
fn region_of(
    area: Area,
    source: &SourceCaps,
    from: Source,
    justification: Justification,
    quirks: &Quirks,
) -> Result<Region, DeviceFailure> {
    let (min_width, min_height) = quirks.smallest_region.unwrap_or((1, 1));
    let min_width = source.min_width.max(min_width).min(source.max_width);
    let min_height = source.min_height.max(min_height).min(source.max_height);
    let mut x = area.x.three_hundredths().max(0);
    let y = area.y.three_hundredths().max(0);
    let (width, height) = (area.width.three_hundredths(), area.height.three_hundredths());
    if from != Source::Flatbed && x == 0 {
        let free = (source.max_width - width).max(0);
        x = match justification {
            Justification::Left => 0,
            Justification::Center => free / 2,
            Justification::Right => free,
        };
        x = (x + quirks.feeder_shift).clamp(0, free);
    }
    if width <= 0 || height <= 0 || x >= source.max_width || y >= source.max_height {
        return Err(Condition::Refused.with("the area lies outside of what can be scanned"));
    }
    let width = width.min(source.max_width - x).max(min_width);
    let height = height.min(source.max_height - y).max(min_height);
    Ok(Region { x: x.min(source.max_width - width), y: y.min(source.max_height - height), width, height })
}

/// The document that is sent, in the order of the schema.
pub(super) fn document(plan: &Plan, variant: Variant, quirks: &Quirks) -> String {
    let variant = match variant {
        Variant::Usual if quirks.region_in_scan_namespace => Variant::RegionInScanNamespace,
        other => other,
    };
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <scan:ScanSettings xmlns:pwg=\"http://www.pwg.org/schemas/2010/12/sm\" \
         xmlns:scan=\"http://schemas.hp.com/imaging/escl/2011/05/03\"><pwg:Version>2.0</pwg:Version>",
    );
    let mut put = |name: &str, value: &str| text.push_str(&format!("<{name}>{}</{name}>", escaped(value)));
    if let Some(intent) = plan.intent.as_deref().filter(|_| variant != Variant::Plain) {
        put("scan:Intent", intent);
    }
    if variant != Variant::NoRegion {
        let list = if variant == Variant::RegionInScanNamespace { "scan:ScanRegions" } else { "pwg:ScanRegions" };
        text.push_str(&region_list(list, plan.region));
    }
    let mut put = |name: &str, value: &str| text.push_str(&format!("<{name}>{}</{name}>", escaped(value)));
    put("pwg:InputSource", if plan.source == Source::Flatbed { "Platen" } else { "Feeder" });
    if let Some(factor) = plan.compression.filter(|_| variant != Variant::Plain) {
        put("scan:CompressionFactor", &factor.to_string());
    }
    let mode = asked_mode(plan, variant);
    put("scan:ColorMode", mode_name(mode));
    put("pwg:DocumentFormat", &plan.format.mime);
    if plan.format.ext {
        put("scan:DocumentFormatExt", &plan.format.mime);
    }
    put("scan:XResolution", &plan.dpi.0.to_string());
    put("scan:YResolution", &plan.dpi.0.to_string());
    // Never on the flatbed, and `true` only where two sides are offered (reference, 6.1).
    match plan.source {
        Source::Duplex => put("scan:Duplex", "true"),
        Source::Feeder if plan.knows_duplex => put("scan:Duplex", "false"),
        Source::Feeder | Source::Flatbed => {}
    }
    text.push_str("</scan:ScanSettings>");
    text
}

/// What a variant asks the device for.
pub(super) fn asked_mode(plan: &Plan, variant: Variant) -> ColorMode {
    match (variant, plan.mode) {
        (Variant::GrayForLineArt | Variant::Plain, ColorMode::LineArt) => ColorMode::Gray,
        (_, mode) => mode,
    }
}

fn region_list(list: &str, region: Region) -> String {
    let Region { x, y, width, height } = region;
    // The prefix in the units' value is declared nowhere, and yet this is how everybody writes it.
    format!(
        "<{list}><pwg:ScanRegion>\
         <pwg:ContentRegionUnits>escl:ThreeHundredthsOfInches</pwg:ContentRegionUnits>\
         <pwg:XOffset>{x}</pwg:XOffset><pwg:YOffset>{y}</pwg:YOffset>\
         <pwg:Width>{width}</pwg:Width><pwg:Height>{height}</pwg:Height>\
         </pwg:ScanRegion></{list}>"
    )
}

const fn mode_name(mode: ColorMode) -> &'static str {
    match mode {
        ColorMode::LineArt => "BlackAndWhite1",
        ColorMode::Gray => "Grayscale8",
        ColorMode::Gray16 => "Grayscale16",
        ColorMode::Color => "RGB24",
        ColorMode::Color48 => "RGB48",
    }
}
