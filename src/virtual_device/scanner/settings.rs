//! ScanSettings as a device reads them: strictly (eSCL reference, 6.1).

use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::super::model::{Model, Source, Units};
use crate::raster::PixelFormat;

pub(super) const SCAN_NS: &str = "http://schemas.hp.com/imaging/escl/2011/05/03";
pub(super) const PWG_NS: &str = "http://www.pwg.org/schemas/2010/12/sm";
/// Elements deep and elements in all that a request may have.
const DEPTH_LIMIT: usize = 16;
const ELEMENT_LIMIT: usize = 256;

/// Values the image controls can take.
pub(super) const TONE_RANGE: std::ops::RangeInclusive<i32> = -127..=127;
pub(super) const THRESHOLD_RANGE: std::ops::RangeInclusive<i32> = 0..=255;
pub(super) const COMPRESSION_RANGE: std::ops::RangeInclusive<i32> = 0..=100;
pub(super) const COMPRESSION_NORMAL: i32 = 25;
pub(super) const INTENTS: [&str; 4] = ["Document", "TextAndGraphic", "Photo", "Preview"];

/// Where a job takes its paper from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PaperSource {
    Platen,
    Feeder { duplex: bool },
}

/// How the image of a page is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum ImageFormat {
    Jpeg,
    Raw,
}

/// What a job is to do, checked.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) source: PaperSource,
    pub(super) x: Units,
    pub(super) y: Units,
    pub(super) width: Units,
    pub(super) height: Units,
    pub(super) dpi: u32,
    pub(super) pixels: PixelFormat,
    pub(super) format: ImageFormat,
    pub(super) brightness: i32,
    pub(super) contrast: i32,
    pub(super) threshold: i32,
    pub(super) compression: i32,
}

/// Why settings are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Not a ScanSettings document: 400.
    Malformed,
    /// A document that asks for what this device does not do: 409.
    Conflict,
}

/// A flat list of the leaves of a document.
#[derive(Debug, Default)]
struct Leaves {
    values: Vec<(String, String)>,
    regions: usize,
}

impl Leaves {
    fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Refusal> {
        self.get(name).map(|text| text.parse().map_err(|_| Refusal::Conflict)).transpose()
    }

    fn within(&self, name: &str, range: std::ops::RangeInclusive<i32>, normal: i32) -> Result<i32, Refusal> {
        let value = self.number(name)?.unwrap_or(normal);
        if range.contains(&value) { Ok(value) } else { Err(Refusal::Conflict) }
    }
}

/// Reads and checks the settings of a job.
pub(super) fn parse_settings(model: &Model, body: &[u8]) -> Result<Settings, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::Malformed)?;
    let leaves = read_leaves(text)?;
    let (source, paper) = parse_source(model, &leaves)?;
    let (x, y, width, height) = parse_region(paper, &leaves)?;
    let (pixels, format) = parse_image(model, &leaves)?;
    if leaves.get("Intent").is_some_and(|intent| !INTENTS.contains(&intent)) {
        return Err(Refusal::Conflict);
    }
    Ok(Settings {
        source,
        x,
        y,
        width,
        height,
        dpi: parse_resolution(paper, &leaves)?,
        pixels,
        format,
        brightness: leaves.within("Brightness", TONE_RANGE, 0)?,
        contrast: leaves.within("Contrast", TONE_RANGE, 0)?,
        threshold: leaves.within("Threshold", THRESHOLD_RANGE, 128)?,
        compression: leaves.within("CompressionFactor", COMPRESSION_RANGE, COMPRESSION_NORMAL)?,
    })
}

fn parse_source<'m>(model: &'m Model, leaves: &Leaves) -> Result<(PaperSource, &'m Source), Refusal> {
    let duplex = match leaves.get("Duplex") {
        None | Some("false" | "0") => false,
        Some("true" | "1") => true,
        Some(_) => return Err(Refusal::Conflict),
    };
    let default = if model.platen.is_some() { "Platen" } else { "Feeder" };
    let (source, paper) = match leaves.get("InputSource").unwrap_or(default) {
        "Platen" if !duplex => (PaperSource::Platen, model.platen.as_ref()),
        "Feeder" if model.duplex || !duplex => (PaperSource::Feeder { duplex }, model.feeder.as_ref()),
        _ => return Err(Refusal::Conflict),
    };
    Ok((source, paper.ok_or(Refusal::Conflict)?))
}

fn parse_region(paper: &Source, leaves: &Leaves) -> Result<(Units, Units, Units, Units), Refusal> {
    if leaves.regions == 0 {
        // Without a region the whole glass is scanned; from a feeder a sheet of A4.
        return Ok((0, 0, paper.max_width.min(2480), paper.max_height.min(3508)));
    }
    let units = leaves.get("ContentRegionUnits").map(|units| units.rsplit(':').next().unwrap_or(units));
    if leaves.regions > 1 || !matches!(units, None | Some("ThreeHundredthsOfInches" | "ThreeHundredthsOfInch")) {
        return Err(Refusal::Conflict);
    }
    let x: Units = leaves.number("XOffset")?.unwrap_or(0);
    let y: Units = leaves.number("YOffset")?.unwrap_or(0);
    let width: Units = leaves.number("Width")?.unwrap_or(paper.max_width);
    let height: Units = leaves.number("Height")?.unwrap_or(paper.max_height);
    let fits = |offset: Units, size: Units, min: Units, max: Units| {
        size >= min && offset.checked_add(size).is_some_and(|end| end <= max)
    };
    if fits(x, width, paper.min_width, paper.max_width) && fits(y, height, paper.min_height, paper.max_height) {
        Ok((x, y, width, height))
    } else {
        Err(Refusal::Conflict)
    }
}

fn parse_image(model: &Model, leaves: &Leaves) -> Result<(PixelFormat, ImageFormat), Refusal> {
    let extended = leaves.get("DocumentFormatExt");
    if extended.is_some() && !model.quirks.format_ext {
        return Err(Refusal::Conflict);
    }
    let format = match extended.or(leaves.get("DocumentFormat")).unwrap_or("image/jpeg") {
        "image/jpeg" => ImageFormat::Jpeg,
        "application/octet-stream" if model.raw_rows => ImageFormat::Raw,
        _ => return Err(Refusal::Conflict),
    };
    let pixels = match leaves.get("ColorMode").unwrap_or("RGB24") {
        "RGB24" => PixelFormat::Rgb8,
        "Grayscale8" => PixelFormat::Gray8,
        "BlackAndWhite1" if format == ImageFormat::Raw => PixelFormat::Bw1,
        _ => return Err(Refusal::Conflict),
    };
    Ok((pixels, format))
}

fn parse_resolution(paper: &Source, leaves: &Leaves) -> Result<u32, Refusal> {
    let x: u32 = leaves.number("XResolution")?.unwrap_or(300);
    let y: u32 = leaves.number("YResolution")?.unwrap_or(x);
    if x == y && paper.resolutions.contains(&x) { Ok(x) } else { Err(Refusal::Conflict) }
}

/// Both namespaces are accepted for every element: clients differ in InputSource and in regions.
fn read_leaves(text: &str) -> Result<Leaves, Refusal> {
    let mut reader = NsReader::from_str(text);
    let mut leaves = Leaves::default();
    let mut path: Vec<String> = Vec::new();
    let mut content = String::new();
    let mut elements = 0;
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|_| Refusal::Malformed)?;
        match event {
            Event::Start(element) => {
                elements += 1;
                let known = matches!(namespace, ResolveResult::Bound(ns)
                    if ns.as_ref() == SCAN_NS || ns.as_ref() == PWG_NS);
                let name = element.local_name().as_ref().to_owned();
                if path.is_empty() && !(known && name == "ScanSettings") {
                    return Err(Refusal::Malformed);
                }
                if path.len() >= DEPTH_LIMIT || elements > ELEMENT_LIMIT {
                    return Err(Refusal::Malformed);
                }
                leaves.regions += usize::from(name == "ScanRegion");
                content.clear();
                path.push(if known { name } else { String::new() });
            }
            Event::Text(piece) => content.push_str(&piece.xml10_content()),
            Event::End(_) => {
                let name = path.pop().ok_or(Refusal::Malformed)?;
                let value = content.trim();
                if !name.is_empty() && !value.is_empty() {
                    leaves.values.push((name, value.to_owned()));
                }
                content.clear();
                if path.is_empty() {
                    return Ok(leaves);
                }
            }
            Event::DocType(_) | Event::Eof => return Err(Refusal::Malformed),
            _ => {}
        }
    }
}
