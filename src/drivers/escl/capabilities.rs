//! ScannerCapabilities, read leniently (eSCL reference, 4).
//!
//! One bad element never costs the device: it is left out and noted. A device is refused only when no
//! source with a colour mode, a format and a resolution is left.

use super::xml::{Element, XmlError, unprefixed};
use crate::minidriver::{ColorMode, Justification, Unusable};
use crate::plain_text::{beginning, plain, plain_or_none};

/// Profiles of one source that are read.
const PROFILE_LIMIT: usize = 64;
/// Resolutions of one list that are read.
const RESOLUTION_LIMIT: usize = 256;
/// Notes that are kept.
const NOTE_LIMIT: usize = 100;
/// Sizes above this many 1/300 inch are nonsense (100 m).
const SIZE_LIMIT: i64 = 1_200_000;
/// Resolutions above this are nonsense.
const DPI_LIMIT: i64 = 100_000;
/// Namespace of the dialect of 2011, as far as it is its own.
const OLD_NAMESPACE: &str = "escl/2011/02/08";

/// What a device says it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// eSCL version.
    pub version: Option<String>,
    /// Maker and model in one text; often the model alone, sometimes nonsense.
    pub make_and_model: Option<String>,
    /// Maker.
    pub manufacturer: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// UUID without `urn:uuid:`.
    pub uuid: Option<String>,
    /// Address of the device's own web page.
    pub admin_uri: Option<String>,
    /// The flatbed.
    pub platen: Option<SourceCaps>,
    /// The feeder.
    pub adf: Option<AdfCaps>,
    /// Range of the compression factor: low is better quality.
    pub compression: Option<(i64, i64)>,
    /// What was left out, for diagnostics.
    pub notes: Vec<String>,
}

/// A feeder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdfCaps {
    /// One side.
    pub simplex: Option<SourceCaps>,
    /// Both sides.
    pub duplex: Option<SourceCaps>,
    /// Sheets.
    pub capacity: Option<u32>,
    /// It notices paper.
    pub detects_paper: bool,
    /// Where a narrow sheet lies.
    pub justification: Justification,
}

/// One source: sizes in 1/300 inch and what can be had together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceCaps {
    /// Smallest width.
    pub min_width: i64,
    /// Largest width.
    pub max_width: i64,
    /// Smallest height.
    pub min_height: i64,
    /// Largest height.
    pub max_height: i64,
    /// Sets of values that exist together.
    pub profiles: Vec<Profile>,
    /// Intents, without prefixes.
    pub intents: Vec<String>,
    /// The end of the sheet is found by the device.
    pub finds_bottom: bool,
}

/// Modes × formats × resolutions that exist together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Colour modes this program knows.
    pub modes: Vec<ColorMode>,
    /// Formats, known or not.
    pub formats: Vec<Format>,
    /// Resolutions; those of a mode of its own first.
    pub resolutions: Vec<ResolutionSet>,
}

/// A format as the device spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// Media type.
    pub mime: String,
    /// It stands in a DocumentFormatExt, so a request may too.
    pub ext: bool,
}

/// One list or range of resolutions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolutionSet {
    /// The only mode it holds for.
    pub mode: Option<ColorMode>,
    /// Values in dots per inch, the same in both directions.
    pub values: ResolutionValues,
}

/// Values of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolutionValues {
    /// These, ascending.
    List(Vec<u32>),
    /// From, to, step.
    Range(u32, u32, u32),
}

impl Capabilities {
    /// Reads a capabilities document; `media_type` is the answer's, for telling a web page.
    ///
    /// # Errors
    /// Why the device cannot be used.
    pub fn parse(bytes: &[u8], media_type: &str) -> Result<Capabilities, Unusable> {
        let root = Element::parse(bytes).map_err(|error| match error {
            _ if is_web_page(bytes, media_type) => Unusable::WebPage,
            _ if mentions(bytes, OLD_NAMESPACE) => Unusable::OldDialect,
            XmlError::TooLong | XmlError::TooMuch | XmlError::Malformed(_) | XmlError::NoRoot => {
                tracing::info!(%error, "capabilities");
                Unusable::Unreadable(match bytes {
                    [] => "nothing".to_owned(),
                    _ => format!("what is no whole XML and begins with {}", beginning(bytes)),
                })
            }
        })?;
        if root.name != "ScannerCapabilities" {
            let page = is_web_page(bytes, media_type) || root.name.eq_ignore_ascii_case("html");
            let other = || Unusable::Unreadable(format!("another document, called “{}”", plain(&root.name)));
            return Err(if page { Unusable::WebPage } else { other() });
        }
        let capabilities = Reader { root: &root, notes: Vec::new() }.read();
        capabilities.check(&root)?;
        Ok(capabilities)
    }

    fn check(&self, root: &Element) -> Result<(), Unusable> {
        let usable = self.sources().any(SourceCaps::is_usable);
        if usable {
            return Ok(());
        }
        let old = root.declares_namespace(OLD_NAMESPACE)
            || !root.all("ColorReferences").is_empty()
            || !root.all("ColorProfiles").is_empty();
        if old {
            return Err(Unusable::OldDialect);
        }
        let formats: Vec<&Format> =
            self.sources().flat_map(|source| &source.profiles).flat_map(|profile| &profile.formats).collect();
        let pdf_only = !formats.is_empty() && formats.iter().all(|format| format.mime == "application/pdf");
        Err(if pdf_only { Unusable::PdfOnly } else { Unusable::NoSource })
    }

    fn sources(&self) -> impl Iterator<Item = &SourceCaps> {
        let adf = self.adf.iter().flat_map(|adf| adf.simplex.iter().chain(&adf.duplex));
        self.platen.iter().chain(adf)
    }
}

impl SourceCaps {
    /// Whether a page can be had from it.
    pub fn is_usable(&self) -> bool {
        self.max_width > 0
            && self.max_height > 0
            && self.profiles.iter().any(|profile| {
                !profile.modes.is_empty()
                    && !profile.resolutions.is_empty()
                    && profile.formats.iter().any(|format| is_image(&format.mime))
            })
    }
}

impl Profile {
    /// The resolutions of a mode.
    pub fn resolutions_of(&self, mode: ColorMode) -> impl Iterator<Item = &ResolutionValues> {
        let own = self.resolutions.iter().any(|set| set.mode == Some(mode));
        self.resolutions
            .iter()
            .filter(move |set| set.mode == Some(mode) || (!own && set.mode.is_none()))
            .map(|set| &set.values)
    }
}

/// Formats this program takes.
fn is_image(mime: &str) -> bool {
    matches!(mime, "image/jpeg" | "image/png" | "image/tiff" | "application/octet-stream")
}

struct Reader<'a> {
    root: &'a Element,
    notes: Vec<String>,
}

impl Reader<'_> {
    fn read(mut self) -> Capabilities {
        let root = self.root;
        let platen = root.child("Platen").and_then(|platen| self.source(platen.child("PlatenInputCaps")));
        let adf = root.child("Adf").and_then(|adf| self.feeder(adf));
        Capabilities {
            version: plain_or_none(root.text_of("Version")),
            make_and_model: plain_or_none(root.text_of("MakeAndModel").or(root.text_of("ModelName"))),
            manufacturer: plain_or_none(root.text_of("Manufacturer")),
            serial: plain_or_none(root.text_of("SerialNumber")),
            uuid: plain_or_none(root.text_of("UUID").map(|uuid| uuid.trim_start_matches("urn:uuid:"))),
            // A part of an address leads nowhere.
            admin_uri: root.text_of("AdminURI").filter(|uri| plain(uri) == *uri).map(str::to_owned),
            platen,
            adf,
            compression: root.child("CompressionFactorSupport").and_then(range),
            notes: self.notes,
        }
    }

    fn note(&mut self, note: String) {
        tracing::debug!(note, "capabilities");
        if self.notes.len() < NOTE_LIMIT {
            self.notes.push(note);
        }
    }

    fn feeder(&mut self, adf: &Element) -> Option<AdfCaps> {
        let simplex = self.source(adf.child("AdfSimplexInputCaps"));
        let duplex = self.source(adf.child("AdfDuplexInputCaps"));
        if simplex.is_none() && duplex.is_none() {
            self.note("the feeder has no usable way of scanning".to_owned());
            return None;
        }
        let options: Vec<&str> = adf.all("AdfOption").into_iter().filter_map(Element::value).map(unprefixed).collect();
        let justification = adf.child("Justification").or_else(|| adf.all("Justification").into_iter().next());
        let position = justification.and_then(|element| element.text_of("XImagePosition")).map(unprefixed);
        Some(AdfCaps {
            simplex,
            duplex,
            capacity: adf.number_of("FeederCapacity").and_then(|sheets| u32::try_from(sheets).ok()),
            detects_paper: options.contains(&"DetectPaperLoaded"),
            justification: match position {
                Some("Center") => Justification::Center,
                Some("Right") => Justification::Right,
                _ => Justification::Left,
            },
        })
    }

    /// Sizes, and the profiles that are written here, referenced from here, or stand for all.
    fn source(&mut self, caps: Option<&Element>) -> Option<SourceCaps> {
        let caps = caps?;
        let size = |name: &str| caps.number_of(name).filter(|size| (0..=SIZE_LIMIT).contains(size));
        let (max_width, max_height) = match (size("MaxWidth"), size("MaxHeight")) {
            (Some(width), Some(height)) if width > 0 && height > 0 => (width, height),
            _ => {
                self.note(format!("{} without its size", caps.name));
                return None;
            }
        };
        let mut elements: Vec<&Element> = caps.all("SettingProfile");
        let shared: Vec<&Element> = self
            .root
            .child("SettingProfiles")
            .map(|list| list.children_named("SettingProfile").collect())
            .unwrap_or_default();
        for element in &mut elements {
            if let Some(name) = element.attribute("ref")
                && let Some(named) = shared.iter().find(|profile| profile.attribute("name") == Some(name))
            {
                *element = named;
            }
        }
        let profiles: Vec<Profile> =
            elements.into_iter().take(PROFILE_LIMIT).filter_map(|element| self.profile(element)).collect();
        if profiles.is_empty() {
            self.note(format!("{} without a usable profile", caps.name));
        }
        let edges = caps.all("SupportedEdge");
        let intents = caps.child("SupportedIntents").map(Element::children).unwrap_or_default();
        Some(SourceCaps {
            min_width: size("MinWidth").unwrap_or(1).clamp(1, max_width),
            min_height: size("MinHeight").unwrap_or(1).clamp(1, max_height),
            max_width,
            max_height,
            profiles,
            intents: intents.iter().filter_map(Element::value).map(|intent| unprefixed(intent).to_owned()).collect(),
            finds_bottom: edges.iter().any(|edge| edge.value().map(unprefixed) == Some("BottomEdge")),
        })
    }

    fn profile(&mut self, element: &Element) -> Option<Profile> {
        let mut modes = Vec::new();
        // ColorMode also stands inside of SupportedResolutions, with another meaning.
        for mode in element.child("ColorModes").map(|list| list.all("ColorMode")).unwrap_or_default() {
            match mode.value().and_then(color_mode) {
                Some(known) if !modes.contains(&known) => modes.push(known),
                Some(_) => {}
                None => self.note(format!("colour mode {:?} left out", mode.value().unwrap_or_default())),
            }
        }
        let formats = self.formats(element);
        let mut resolutions = Vec::new();
        for list in element.all("SupportedResolutions") {
            self.resolutions(list, &mut resolutions);
        }
        let complete = !modes.is_empty() && !formats.is_empty() && !resolutions.is_empty();
        if !complete {
            self.note("a profile without modes, formats or resolutions left out".to_owned());
        }
        complete.then_some(Profile { modes, formats, resolutions })
    }

    fn formats(&mut self, element: &Element) -> Vec<Format> {
        let mut formats: Vec<Format> = Vec::new();
        for (name, ext) in [("DocumentFormat", false), ("DocumentFormatExt", true)] {
            for value in element.all(name).into_iter().filter_map(Element::value) {
                let mime = value.to_ascii_lowercase();
                let mime = if mime == "image/jpg" { "image/jpeg".to_owned() } else { mime };
                match formats.iter_mut().find(|format| format.mime == mime) {
                    Some(known) => known.ext |= ext,
                    None => formats.push(Format { mime, ext }),
                }
            }
        }
        formats
    }

    fn resolutions(&mut self, list: &Element, sets: &mut Vec<ResolutionSet>) {
        let mode = match list.child("ColorMode").and_then(Element::value) {
            Some(text) => match color_mode(text) {
                Some(mode) => Some(mode),
                // A list for a mode that is not known is of no use.
                None => return,
            },
            None => None,
        };
        let mut values: Vec<u32> = Vec::new();
        for pair in list.all("DiscreteResolution").into_iter().take(RESOLUTION_LIMIT) {
            let (x, y) = (pair.number_of("XResolution"), pair.number_of("YResolution"));
            match (x.and_then(dpi), y.or(x).and_then(dpi)) {
                (Some(x), Some(y)) if x == y => values.push(x),
                _ => self.note(format!("resolution {x:?} × {y:?} left out")),
            }
        }
        values.sort_unstable();
        values.dedup();
        if !values.is_empty() {
            sets.push(ResolutionSet { mode, values: ResolutionValues::List(values) });
        }
        for element in list.all("ResolutionRange") {
            match resolution_range(element) {
                Some(values) => sets.push(ResolutionSet { mode, values }),
                None => self.note("a range of resolutions left out".to_owned()),
            }
        }
    }
}

/// The values that both directions offer.
fn resolution_range(element: &Element) -> Option<ResolutionValues> {
    let direction = |names: [&str; 2]| {
        let child = names.iter().find_map(|name| element.child(name))?;
        let step = child.number_of("Step").and_then(dpi).unwrap_or(1);
        let (min, max) = range(child)?;
        Some((dpi(min.max(1))?, dpi(max)?, step))
    };
    let (x, y) = (direction(["XResolutionRange", "XResolution"]), direction(["YResolutionRange", "YResolution"]));
    let ((x_min, x_max, x_step), (y_min, y_max, y_step)) = (x.or(y)?, y.or(x)?);
    let (min, max) = (x_min.max(y_min), x_max.min(y_max));
    (min <= max).then_some(ResolutionValues::Range(min, max, x_step.max(y_step)))
}

fn range(element: &Element) -> Option<(i64, i64)> {
    let (min, max) = (element.number_of("Min")?, element.number_of("Max")?);
    (min <= max).then_some((min, max))
}

fn dpi(value: i64) -> Option<u32> {
    (1..=DPI_LIMIT).contains(&value).then_some(value as u32)
}

/// A colour mode this program can ask for. Automatic ones are left to a person.
fn color_mode(text: &str) -> Option<ColorMode> {
    match unprefixed(text) {
        "BlackAndWhite1" => Some(ColorMode::LineArt),
        "Grayscale8" => Some(ColorMode::Gray),
        "Grayscale16" => Some(ColorMode::Gray16),
        "RGB24" => Some(ColorMode::Color),
        "RGB48" => Some(ColorMode::Color48),
        _ => None,
    }
}

fn is_web_page(bytes: &[u8], media_type: &str) -> bool {
    let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).to_ascii_lowercase();
    let beginning = beginning.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']);
    let looks = beginning.starts_with("<!doctype html") || beginning.contains("<html");
    looks || (media_type.contains("html") && !beginning.contains("scannercapabilities"))
}

fn mentions(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).take(64 << 10).any(|window| window == text.as_bytes())
}
