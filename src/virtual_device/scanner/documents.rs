//! The XML a scanner writes: capabilities, status, facts about an image.

use std::fmt::Write as _;

use super::super::model::{Model, Source};
use super::settings::{COMPRESSION_NORMAL, COMPRESSION_RANGE, INTENTS, PWG_NS, SCAN_NS, THRESHOLD_RANGE, TONE_RANGE};

/// What the status document says.
pub(super) struct Status<'a> {
    pub(super) state: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) adf_state: Option<&'static str>,
    pub(super) jobs: &'a [JobLine],
}

/// A job in the status document.
pub(super) struct JobLine {
    pub(super) uri: String,
    pub(super) uuid: String,
    pub(super) age_seconds: u64,
    pub(super) images_completed: u32,
    pub(super) images_to_transfer: u32,
    pub(super) state: &'static str,
    pub(super) reason: &'static str,
}

fn root(model: &Model, name: &str, content: &str) -> Vec<u8> {
    let version = format!("<pwg:Version>{}</pwg:Version>", model.escl_version);
    let document =
        format!("<scan:{name} xmlns:pwg=\"{PWG_NS}\" xmlns:scan=\"{SCAN_NS}\">\n{version}{content}</scan:{name}>\n");
    if model.quirks.sloppy_xml {
        let document = document.replace("=\"", "='").replace("\">", "'>").replace("\" ", "' ");
        return format!("<!-- THIS DATA SUBJECT TO DISCLAIMER -->\n{document}").into_bytes();
    }
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{document}").into_bytes()
}

/// ScannerCapabilities.
pub(super) fn capabilities(model: &Model) -> Vec<u8> {
    let mut xml = format!("<pwg:MakeAndModel>{}</pwg:MakeAndModel>", model.make_and_model);
    let _ = write!(xml, "<pwg:SerialNumber>{}</pwg:SerialNumber>", model.serial);
    if !model.uuid.is_empty() {
        let _ = write!(xml, "<scan:UUID>{}</scan:UUID>", model.uuid);
        xml.push_str("<scan:Manufacturer>Lightbar</scan:Manufacturer><scan:AdminURI>/</scan:AdminURI>");
    }
    if model.quirks.sloppy_xml {
        let _ = write!(xml, "<scan:SettingProfiles>{}</scan:SettingProfiles>", profile(model, &[75], "9", true));
    }
    if let Some(platen) = &model.platen {
        let _ = write!(xml, "<scan:Platen>{}</scan:Platen>", source(model, platen, "PlatenInputCaps", 0));
    }
    if let Some(feeder) = &model.feeder {
        xml.push_str("<scan:Adf>");
        xml.push_str(&source(model, feeder, "AdfSimplexInputCaps", 1));
        if model.duplex {
            xml.push_str(&source(model, feeder, "AdfDuplexInputCaps", 2));
        }
        let _ = write!(xml, "<scan:FeederCapacity>{}</scan:FeederCapacity><scan:AdfOptions>", model.feeder_capacity);
        xml.push_str("<scan:AdfOption>DetectPaperLoaded</scan:AdfOption>");
        if model.duplex {
            xml.push_str("<scan:AdfOption>Duplex</scan:AdfOption>");
        }
        xml.push_str("</scan:AdfOptions><scan:Justification><pwg:XImagePosition>Left</pwg:XImagePosition>");
        xml.push_str("<pwg:YImagePosition>Top</pwg:YImagePosition></scan:Justification></scan:Adf>");
    }
    for (name, range, normal) in [
        ("Brightness", TONE_RANGE, 0),
        ("Contrast", TONE_RANGE, 0),
        ("Threshold", THRESHOLD_RANGE, 128),
        ("CompressionFactor", COMPRESSION_RANGE, COMPRESSION_NORMAL),
    ] {
        if name == "Threshold" && !model.raw_rows {
            continue;
        }
        let _ = write!(
            xml,
            "<scan:{name}Support><scan:Min>{}</scan:Min><scan:Max>{}</scan:Max><scan:Normal>{normal}</scan:Normal>\
             <scan:Step>1</scan:Step></scan:{name}Support>",
            range.start(),
            range.end()
        );
    }
    root(model, "ScannerCapabilities", &xml)
}

fn source(model: &Model, source: &Source, name: &str, id: u32) -> String {
    let mut xml = format!(
        "<scan:{name}><scan:MinWidth>{}</scan:MinWidth><scan:MaxWidth>{}</scan:MaxWidth>\
         <scan:MinHeight>{}</scan:MinHeight><scan:MaxHeight>{}</scan:MaxHeight>\
         <scan:MaxScanRegions>1</scan:MaxScanRegions>",
        source.min_width, source.max_width, source.min_height, source.max_height
    );
    let optical = source.resolutions.last().copied().unwrap_or(300);
    let _ = write!(
        xml,
        "<scan:MaxOpticalXResolution>{optical}</scan:MaxOpticalXResolution>\
         <scan:MaxOpticalYResolution>{optical}</scan:MaxOpticalYResolution><scan:SupportedIntents>"
    );
    for intent in INTENTS {
        let _ = write!(xml, "<scan:Intent>{intent}</scan:Intent>");
    }
    xml.push_str("</scan:SupportedIntents><scan:SettingProfiles>");
    xml.push_str(&profile(model, source.resolutions, &format!("{id}"), true));
    if model.raw_rows {
        xml.push_str(&profile(model, source.resolutions, &format!("{id}r"), false));
    }
    xml.push_str("</scan:SettingProfiles>");
    if model.quirks.height_at_the_end && id > 0 {
        xml.push_str("<scan:EdgeAutoDetection><scan:SupportedEdge>BottomEdge</scan:SupportedEdge>");
        xml.push_str("</scan:EdgeAutoDetection>");
    }
    let _ = write!(xml, "</scan:{name}>");
    xml
}

/// One combination: JPEG in gray and colour, or raw rows in those and in line art.
fn profile(model: &Model, resolutions: &[u32], name: &str, jpeg: bool) -> String {
    let mut xml = format!("<scan:SettingProfile name=\"p{name}\"><scan:ColorModes>");
    let modes: &[&str] = if jpeg { &["Grayscale8", "RGB24"] } else { &["BlackAndWhite1", "Grayscale8", "RGB24"] };
    for mode in modes {
        let _ = write!(xml, "<scan:ColorMode>{mode}</scan:ColorMode>");
    }
    let format = if jpeg { "image/jpeg" } else { "application/octet-stream" };
    let _ = write!(xml, "</scan:ColorModes><scan:DocumentFormats><pwg:DocumentFormat>{format}</pwg:DocumentFormat>");
    if model.quirks.format_ext {
        let _ = write!(xml, "<scan:DocumentFormatExt>{format}</scan:DocumentFormatExt>");
    }
    xml.push_str("</scan:DocumentFormats><scan:SupportedResolutions><scan:DiscreteResolutions>");
    for dpi in resolutions {
        let _ = write!(
            xml,
            "<scan:DiscreteResolution><scan:XResolution>{dpi}</scan:XResolution>\
             <scan:YResolution>{dpi}</scan:YResolution></scan:DiscreteResolution>"
        );
    }
    xml.push_str("</scan:DiscreteResolutions></scan:SupportedResolutions><scan:ColorSpaces>");
    xml.push_str("<scan:ColorSpace>sRGB</scan:ColorSpace></scan:ColorSpaces></scan:SettingProfile>");
    xml
}

/// ScannerStatus.
pub(super) fn status(model: &Model, status: &Status<'_>) -> Vec<u8> {
    let mut xml = format!("<pwg:State>{}</pwg:State>", status.state);
    if let Some(reason) = status.reason {
        let _ = write!(xml, "<pwg:StateReasons><pwg:StateReason>{reason}</pwg:StateReason></pwg:StateReasons>");
    }
    if let Some(adf_state) = status.adf_state {
        let _ = write!(xml, "<scan:AdfState>{adf_state}</scan:AdfState>");
    }
    if !status.jobs.is_empty() {
        xml.push_str("\n<scan:Jobs>");
        for job in status.jobs {
            let _ = write!(
                xml,
                "<scan:JobInfo><pwg:JobUri>{}</pwg:JobUri><pwg:JobUuid>{}</pwg:JobUuid><scan:Age>{}</scan:Age>\
                 <pwg:ImagesCompleted>{}</pwg:ImagesCompleted><pwg:ImagesToTransfer>{}</pwg:ImagesToTransfer>\
                 <pwg:JobState>{}</pwg:JobState><pwg:JobStateReasons><pwg:JobStateReason>{}</pwg:JobStateReason>\
                 </pwg:JobStateReasons></scan:JobInfo>",
                job.uri, job.uuid, job.age_seconds, job.images_completed, job.images_to_transfer, job.state, job.reason
            );
        }
        xml.push_str("</scan:Jobs>");
    }
    root(model, "ScannerStatus", &xml)
}

/// ScanImageInfo.
pub(super) fn image_info(
    model: &Model,
    job_uri: &str,
    width: u32,
    height: u32,
    row_bytes: usize,
    blank: bool,
) -> Vec<u8> {
    let xml = format!(
        "<pwg:JobUri>{job_uri}</pwg:JobUri><scan:ActualWidth>{width}</scan:ActualWidth>\
         <scan:ActualHeight>{height}</scan:ActualHeight><scan:ActualBytesPerLine>{row_bytes}</scan:ActualBytesPerLine>\
         <scan:BlankPageDetected>{blank}</scan:BlankPageDetected>"
    );
    root(model, "ScanImageInfo", &xml)
}

/// What the device's web server shows on its own pages, and instead of an answer when something is wrong.
pub(super) fn web_page(model: &Model) -> Vec<u8> {
    format!(
        "<!doctype html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1><p>Please log in.</p></body></html>\n",
        model.make_and_model
    )
    .into_bytes()
}
