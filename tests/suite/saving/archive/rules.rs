//! The clauses of ISO 19005-2 (PDF/A-2), level B, as far as a file of pictures can break them. What such a
//! file does not have at all (fonts, annotations, forms, actions, layers …) is a rule, too: it must not be there.

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, Name, Object, Stream};
use quick_xml::events::Event;

/// A file and what stands in it.
struct Parsed<'a> {
    bytes: &'a [u8],
    pdf: &'a Pdf,
}

type Rule = fn(&Parsed<'_>) -> Result<(), String>;

/// The names of the rules broken, each behind its clause.
pub(super) fn broken_rules(bytes: &[u8]) -> Vec<String> {
    let Ok(pdf) = Pdf::new(bytes.to_vec()) else { return vec!["6.1.1: no PDF".to_owned()] };
    let parsed = Parsed { bytes, pdf: &pdf };
    RULES.iter().filter_map(|(clause, rule)| rule(&parsed).err().map(|why| format!("{clause}: {why}"))).collect()
}

const RULES: [(&str, Rule); 21] = [
    ("6.1.2", header),
    ("6.1.3", trailer),
    ("6.1.4", cross_reference_table),
    ("6.1.6", strings),
    ("6.1.7.1", stream_objects),
    ("6.1.7.2", filters),
    ("6.1.9", indirect_objects),
    ("6.1.13", limits),
    ("6.2.2", content_streams),
    ("6.2.3", output_intent),
    ("6.2.4.3", device_colours),
    ("6.2.8", images),
    ("6.2.9", |parsed| no_subtype(parsed, &["Form", "PS"])),
    ("6.2.10", |parsed| no_key(parsed, &["SMask", "SMaskInData", "Group", "Mask"])),
    ("6.2.11", |parsed| no_key(parsed, &["Font", "ToUnicode"])),
    ("6.3", |parsed| no_key(parsed, &["Annots", "AcroForm", "XFA"])),
    ("6.5", |parsed| {
        no_key(
            parsed,
            &[
                "OpenAction",
                "AA",
                "A",
                "Names",
                "JavaScript",
                "EF",
                "Requirements",
                "OCProperties",
                "AlternatePresentations",
                "PresSteps",
                "Perms",
            ],
        )
    }),
    ("6.6.2.1", metadata),
    ("6.6.2.3", schemas),
    ("6.6.3", information),
    ("6.6.4", identification),
];

fn demand(kept: bool, what: &str) -> Result<(), String> {
    if kept { Ok(()) } else { Err(what.to_owned()) }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn objects<'a>(parsed: &Parsed<'a>) -> Vec<Object<'a>> {
    parsed.pdf.objects().into_iter().collect()
}

/// Every dictionary, those inside others included.
fn dictionaries<'a>(parsed: &Parsed<'a>) -> Vec<Dict<'a>> {
    let mut found = Vec::new();
    let mut open = objects(parsed);
    while let Some(object) = open.pop() {
        let dict = match object {
            Object::Dict(dict) => dict,
            Object::Stream(stream) => stream.dict().clone(),
            Object::Array(array) => {
                open.extend(array.raw_iter().filter_map(|item| match item {
                    hayro_syntax::object::MaybeRef::NotRef(object) => Some(object),
                    hayro_syntax::object::MaybeRef::Ref(_) => None,
                }));
                continue;
            }
            _ => continue,
        };
        open.extend(dict.entries().filter_map(|(_, value)| match value {
            hayro_syntax::object::MaybeRef::NotRef(object) => Some(object),
            hayro_syntax::object::MaybeRef::Ref(_) => None,
        }));
        found.push(dict);
    }
    found
}

fn streams<'a>(parsed: &Parsed<'a>) -> Vec<Stream<'a>> {
    objects(parsed).into_iter().filter_map(Object::into_stream).collect()
}

fn name(dict: &Dict<'_>, key: &str) -> Option<String> {
    dict.get::<Name<'_>>(key).map(|name| String::from_utf8_lossy(name.as_ref()).into_owned())
}

fn catalog<'a>(parsed: &Parsed<'a>) -> Result<Dict<'a>, String> {
    parsed.pdf.xref().get::<Dict<'_>>(parsed.pdf.xref().root_id()).ok_or_else(|| "no catalog".to_owned())
}

fn trailer_text<'a>(parsed: &Parsed<'a>) -> &'a str {
    let at = parsed.bytes.windows(8).rposition(|window| window == b"trailer\n").unwrap_or(0);
    std::str::from_utf8(&parsed.bytes[at..]).unwrap_or_default()
}

fn header(parsed: &Parsed<'_>) -> Result<(), String> {
    demand(parsed.bytes.starts_with(b"%PDF-1."), "version")?;
    demand((b'0'..=b'7').contains(&parsed.bytes[7]) && parsed.bytes[8] == b'\n', "version")?;
    demand(parsed.bytes[9] == b'%' && parsed.bytes[10..14].iter().all(|byte| *byte > 127), "comment of binary bytes")
}

fn trailer(parsed: &Parsed<'_>) -> Result<(), String> {
    let trailer = trailer_text(parsed);
    demand(trailer.contains("/ID [<"), "no ID")?;
    demand(!trailer.contains("/Encrypt"), "encrypted")?;
    demand(parsed.bytes.ends_with(b"%%EOF\n"), "something behind the end")
}

fn cross_reference_table(parsed: &Parsed<'_>) -> Result<(), String> {
    let at = find(parsed.bytes, b"\nxref\n0 ").ok_or("one line break between xref and its section")?;
    let entries = &parsed.bytes[at + 6..];
    let first = entries.iter().position(|byte| *byte == b'\n').ok_or("no entries")? + 1;
    demand(entries[first..].starts_with(b"0000000000 65535 f\r\n"), "entries of twenty bytes")
}

/// Hexadecimal strings: an even number of digits and nothing else. They stand outside streams here.
fn strings(parsed: &Parsed<'_>) -> Result<(), String> {
    let trailer = trailer_text(parsed);
    for string in trailer.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(string, _)| string) {
        let good = string.bytes().all(|byte| byte.is_ascii_hexdigit()) && string.len().is_multiple_of(2);
        demand(good || string.contains('/') || string.is_empty(), "hexadecimal digits")?;
    }
    Ok(())
}

fn stream_objects(parsed: &Parsed<'_>) -> Result<(), String> {
    for stream in streams(parsed) {
        let dict = stream.dict();
        demand(!["F", "FFilter", "FDecodeParms"].iter().any(|key| dict.contains_key(key)), "data outside the file")?;
        let length = dict.get::<i64>("Length").ok_or("no length")? as usize;
        let data = stream.raw_data();
        demand(data.len() == length, "another length")?;
        let at = find(parsed.bytes, &data).ok_or("no data")?;
        demand(parsed.bytes[..at].ends_with(b"stream\n"), "one line break behind stream")?;
        demand(parsed.bytes[at + length..].starts_with(b"\nendstream"), "a line break before endstream")?;
    }
    Ok(())
}

fn filters(parsed: &Parsed<'_>) -> Result<(), String> {
    for stream in streams(parsed) {
        let filter = name(stream.dict(), "Filter");
        let known = ["FlateDecode", "DCTDecode", "CCITTFaxDecode"];
        demand(filter.is_none_or(|filter| known.contains(&filter.as_str())), "a filter")?;
        demand(stream.dict().get::<Array<'_>>("Filter").is_none(), "several filters")?;
    }
    Ok(())
}

fn indirect_objects(parsed: &Parsed<'_>) -> Result<(), String> {
    let count = objects(parsed).len();
    for number in 1..=count {
        demand(find(parsed.bytes, format!("\n{number} 0 obj\n").as_bytes()).is_some(), "line breaks around obj")?;
    }
    demand(
        parsed.bytes.windows(8).filter(|window| window == b"\nendobj\n").count() >= count,
        "line breaks around endobj",
    )
}

fn limits(parsed: &Parsed<'_>) -> Result<(), String> {
    demand(objects(parsed).len() <= 8_388_607, "too many objects")?;
    for page in parsed.pdf.pages().iter() {
        for area in [page.media_box(), page.crop_box()] {
            let sides = [area.x1 - area.x0, area.y1 - area.y0];
            demand(sides.iter().all(|side| (3.0..=14_400.0).contains(side)), &format!("a page of {sides:?}"))?;
        }
    }
    for dict in dictionaries(parsed) {
        for (name, value) in dict.entries() {
            demand(name.as_ref().len() <= 127, "a long name")?;
            if let hayro_syntax::object::MaybeRef::NotRef(Object::String(text)) = value {
                demand(text.as_ref().len() <= 32_767, "a long string")?;
            }
        }
    }
    Ok(())
}

fn content_streams(parsed: &Parsed<'_>) -> Result<(), String> {
    for page in parsed.pdf.pages().iter() {
        let content = String::from_utf8_lossy(page.page_stream().ok_or("no content")?).into_owned();
        let operators: Vec<&str> =
            content.split_ascii_whitespace().filter(|word| word.starts_with(char::is_alphabetic)).collect();
        demand(operators == ["q", "cm", "Do", "Q"], &format!("operators {operators:?}"))?;
        let resources = page.raw().get::<Dict<'_>>("Resources").ok_or("the page has no resources of its own")?;
        let pictures = resources.get::<Dict<'_>>("XObject").ok_or("no picture")?;
        demand(pictures.contains_key("Im0"), "a name that is not in the resources")?;
    }
    Ok(())
}

fn output_intent(parsed: &Parsed<'_>) -> Result<(), String> {
    let intents = catalog(parsed)?.get::<Array<'_>>("OutputIntents").ok_or("no output intent")?;
    let intents: Vec<Dict<'_>> = intents.iter::<Dict<'_>>().collect();
    demand(intents.len() == 1 && name(&intents[0], "S").as_deref() == Some("GTS_PDFA1"), "not one for PDF/A")?;
    demand(intents[0].contains_key("OutputConditionIdentifier"), "no identifier")?;
    let profile = intents[0].get::<Stream<'_>>("DestOutputProfile").ok_or("no profile")?;
    demand(profile.dict().get::<i64>("N") == Some(3), "number of components")?;
    let profile = profile.decoded_data().map_err(|_| "no profile")?;
    demand(profile.len() > 128 && &profile[36..40] == b"acsp", "no profile")?;
    demand(
        u32::from_be_bytes([profile[0], profile[1], profile[2], profile[3]]) as usize == profile.len(),
        "its length",
    )?;
    demand(profile[8] == 4 && profile[9] <= 0x20, "its version")?;
    demand(&profile[12..16] == b"mntr" && &profile[16..20] == b"RGB ", "for a screen, in RGB")?;
    moxcms::ColorProfile::new_from_slice(&profile).map(drop).map_err(|error| format!("{error:?}"))
}

fn device_colours(parsed: &Parsed<'_>) -> Result<(), String> {
    let light = catalog(parsed)?.contains_key("OutputIntents");
    for stream in streams(parsed) {
        let Some(space) = name(stream.dict(), "ColorSpace") else { continue };
        demand(
            light && ["DeviceRGB", "DeviceGray"].contains(&space.as_str()),
            &format!("{space} without a profile for it"),
        )?;
        if name(stream.dict(), "Filter").as_deref() == Some("DCTDecode") {
            let mut markers = lightbar::raster::JpegMarkers::new();
            markers.feed(&stream.raw_data());
            let components = markers.facts().frame.map(|frame| frame.components);
            demand(components == Some(if space == "DeviceRGB" { 3 } else { 1 }), "other components than it says")?;
        }
    }
    Ok(())
}

fn images(parsed: &Parsed<'_>) -> Result<(), String> {
    for stream in streams(parsed) {
        let dict = stream.dict();
        let forbidden = ["Alternates", "OPI", "Interpolate"];
        demand(!forbidden.iter().any(|key| dict.contains_key(key)), "a forbidden key")?;
        if name(dict, "Subtype").as_deref() == Some("Image") {
            let bits = dict.get::<i64>("BitsPerComponent").unwrap_or(0);
            demand([1, 2, 4, 8, 16].contains(&bits), &format!("{bits} bits"))?;
            demand(!dict.contains_key("Intent"), "an intent")?;
        }
    }
    Ok(())
}

fn no_subtype(parsed: &Parsed<'_>, forbidden: &[&str]) -> Result<(), String> {
    for dict in dictionaries(parsed) {
        if let Some(subtype) = name(&dict, "Subtype") {
            demand(!forbidden.contains(&subtype.as_str()), &subtype)?;
        }
    }
    Ok(())
}

fn no_key(parsed: &Parsed<'_>, forbidden: &[&str]) -> Result<(), String> {
    for dict in dictionaries(parsed) {
        for key in forbidden {
            demand(!dict.contains_key(key), key)?;
        }
    }
    Ok(())
}

/// The XMP packet.
fn packet(parsed: &Parsed<'_>) -> Result<String, String> {
    let stream = catalog(parsed)?.get::<Stream<'_>>("Metadata").ok_or("no metadata")?;
    demand(name(stream.dict(), "Type").as_deref() == Some("Metadata"), "its type")?;
    demand(name(stream.dict(), "Subtype").as_deref() == Some("XML"), "its subtype")?;
    demand(!stream.dict().contains_key("Filter"), "compressed")?;
    String::from_utf8(stream.raw_data().into_owned()).map_err(|_| "not UTF-8".to_owned())
}

fn metadata(parsed: &Parsed<'_>) -> Result<(), String> {
    let packet = packet(parsed)?;
    demand(
        packet.starts_with("<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"),
        "the packet's header",
    )?;
    demand(packet.ends_with("<?xpacket end=\"w\"?>"), "the packet's end")?;
    properties(&packet).map(drop)
}

/// The properties of a packet: name and text.
fn properties(packet: &str) -> Result<Vec<(String, String)>, String> {
    let mut reader = quick_xml::Reader::from_str(packet);
    let (mut open, mut found): (Vec<String>, Vec<(String, String)>) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                open.push(start.name().as_ref().to_owned());
                // Below x:xmpmeta, rdf:RDF and rdf:Description.
                if open.len() == 4 {
                    found.push((open[3].clone(), String::new()));
                }
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(text) if open.len() >= 4 => {
                if let Some(last) = found.last_mut() {
                    last.1 += text.trim_matches('\n');
                }
            }
            Event::GeneralRef(entity) if open.len() >= 4 => {
                let letter = match &*entity {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    other => return Err(format!("&{other};")),
                };
                if let Some(last) = found.last_mut() {
                    last.1.push(letter);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    demand(open.is_empty(), "elements that do not end")?;
    Ok(found)
}

fn schemas(parsed: &Parsed<'_>) -> Result<(), String> {
    let known = [
        "dc:format",
        "dc:title",
        "dc:creator",
        "dc:description",
        "pdf:Keywords",
        "pdf:Producer",
        "xmp:CreateDate",
        "xmp:ModifyDate",
        "pdfaid:part",
        "pdfaid:conformance",
    ];
    for (name, _) in properties(&packet(parsed)?)? {
        demand(known.contains(&name.as_str()), &name)?;
    }
    Ok(())
}

/// The information dictionary says the same as the metadata.
fn information(parsed: &Parsed<'_>) -> Result<(), String> {
    let properties = properties(&packet(parsed)?)?;
    let about = parsed.pdf.metadata();
    let pairs = [
        ("dc:title", &about.title),
        ("dc:creator", &about.author),
        ("dc:description", &about.subject),
        ("pdf:Keywords", &about.keywords),
        ("pdf:Producer", &about.producer),
    ];
    for (name, told) in pairs {
        let here = properties.iter().find(|(property, _)| property == name).map(|(_, text)| text.clone());
        let there = told.as_ref().map(|bytes| text(bytes));
        demand(here == there, &format!("{name}: {here:?} and {there:?}"))?;
    }
    let date = |name: &str| properties.iter().find(|(property, _)| property == name).map(|(_, text)| text.clone());
    for (name, key) in [("xmp:CreateDate", "/CreationDate (D:"), ("xmp:ModifyDate", "/ModDate (D:")] {
        let at = find(parsed.bytes, key.as_bytes()).ok_or("no date")? + key.len();
        let told: String = parsed.bytes[at..at + 14].iter().map(|byte| char::from(*byte)).collect();
        let digits: String = date(name).unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
        demand(told == digits, name)?;
    }
    Ok(())
}

fn text(bytes: &[u8]) -> String {
    match bytes.strip_prefix(b"\xfe\xff") {
        Some(wide) => {
            let units: Vec<u16> = wide.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn identification(parsed: &Parsed<'_>) -> Result<(), String> {
    let packet = packet(parsed)?;
    demand(packet.contains("xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\""), "the schema's name")?;
    let properties = properties(&packet)?;
    let is = |name: &str, value: &str| properties.iter().any(|(property, text)| property == name && text == value);
    demand(is("pdfaid:part", "2") && is("pdfaid:conformance", "B"), "not PDF/A-2b")
}
