//! What makes a file of pictures an archive, PDF/A-2b (ISO 19005-2): metadata in XMP that says the same as
//! the information dictionary, and a profile that says what its colours are.

use std::fmt::Write;

use moxcms::ColorProfile;
use pdf_writer::types::OutputIntentSubtype;
use pdf_writer::writers::Catalog;
use pdf_writer::{Chunk, Finish, Name, Ref, TextStr};

use crate::export::ExportError;
use crate::units::Date;

use super::PRODUCER;
use super::about::About;

/// What the profile is called.
const SRGB: &str = "sRGB IEC61966-2.1";
/// The header of a profile: where its version, its date and its digest stand.
const PROFILE_VERSION: std::ops::Range<usize> = 8..12;
const PROFILE_DATE: std::ops::Range<usize> = 24..36;
const PROFILE_DIGEST: std::ops::Range<usize> = 84..100;
/// The newest version that the standard knows, 4.2, and a date for ever: year, month, day.
const VERSION_4_2: [u8; 4] = [4, 0x20, 0, 0];
const FOR_EVER: [u8; 12] = [0x07, 0xe8, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0];

/// Objects of an archive.
pub(super) struct Archive {
    pub(super) metadata: Ref,
    pub(super) profile: Ref,
}

impl Archive {
    /// Names them in the catalog.
    pub(super) fn name_in(&self, catalog: &mut Catalog<'_>) {
        catalog.metadata(self.metadata);
        let mut intents = catalog.output_intents();
        let mut intent = intents.push();
        intent.subtype(OutputIntentSubtype::PDFA);
        intent.output_condition_identifier(TextStr(SRGB)).info(TextStr(SRGB)).dest_output_profile(self.profile);
        intent.finish();
        intents.finish();
    }

    /// Writes them.
    pub(super) fn put(&self, chunk: &mut Chunk, about: &About, created: &Date) -> Result<(), ExportError> {
        chunk.stream(self.profile, &srgb()?).pair(Name(b"N"), 3);
        chunk.metadata(self.metadata, xmp(about, created).as_bytes());
        Ok(())
    }
}

/// The profile of sRGB; the same bytes each time.
fn srgb() -> Result<Vec<u8>, ExportError> {
    let mut profile = ColorProfile::new_srgb().encode().map_err(|error| {
        tracing::error!(?error, "the colour profile");
        ExportError::CheckFailed("no colour profile")
    })?;
    for (place, bytes) in [(PROFILE_VERSION, &VERSION_4_2[..]), (PROFILE_DATE, &FOR_EVER), (PROFILE_DIGEST, &[0; 16])] {
        profile.get_mut(place).ok_or(ExportError::CheckFailed("no colour profile"))?.copy_from_slice(bytes);
    }
    Ok(profile)
}

/// The metadata as an XMP packet.
fn xmp(about: &About, created: &Date) -> String {
    let mut words = String::new();
    let mut put = |name: &str, before: &str, text: Option<&str>, behind: &str| {
        if let Some(text) = text {
            let _ = writeln!(words, "<{name}>{before}{}{behind}</{name}>", escaped(text));
        }
    };
    let (alt, alt_end) = ("<rdf:Alt><rdf:li xml:lang=\"x-default\">", "</rdf:li></rdf:Alt>");
    put("dc:format", "", Some("application/pdf"), "");
    put("dc:title", alt, about.title.as_deref(), alt_end);
    put("dc:creator", "<rdf:Seq><rdf:li>", about.author.as_deref(), "</rdf:li></rdf:Seq>");
    put("dc:description", alt, about.subject.as_deref(), alt_end);
    put("pdf:Keywords", "", about.keywords.as_deref(), "");
    put("pdf:Producer", "", Some(PRODUCER), "");
    let date = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        created.year, created.month, created.day, created.hour, created.minute, created.second
    );
    put("xmp:CreateDate", "", Some(&date), "");
    put("xmp:ModifyDate", "", Some(&date), "");
    put("pdfaid:part", "", Some("2"), "");
    put("pdfaid:conformance", "", Some("B"), "");
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
         xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n\
         {words}</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>"
    )
}

/// Text in XML. What XML cannot have was left out before.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
