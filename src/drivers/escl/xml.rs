//! XML as scanners write it: a small tree, matched by local names, with limits.
//!
//! Prefixes are arbitrary and real documents put elements into the wrong namespace or none (eSCL
//! reference, 4), so only the local name counts.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Longest document, in bytes.
const LENGTH_LIMIT: usize = 2 << 20;
/// Deepest nesting.
const DEPTH_LIMIT: usize = 64;
/// Most elements.
const ELEMENT_LIMIT: usize = 20_000;
/// Most attributes of one element that are kept.
const ATTRIBUTE_LIMIT: usize = 32;
/// Longest text of one element that is kept.
const TEXT_LIMIT: usize = 4096;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Name without prefix.
    pub(super) name: String,
    /// Its own text, without that of its children.
    text: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
}

/// A text that is no readable XML document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Longer than any real document.
    #[error("longer than {LENGTH_LIMIT} bytes")]
    TooLong,
    /// More, or more deeply nested, elements than any real document has.
    #[error("nested too deeply, or too many elements")]
    TooMuch,
    /// Not well-formed at this byte.
    #[error("not well-formed at byte {0}")]
    Malformed(u64),
    /// No root element of the expected kind, or one that is never closed.
    #[error("no such root element, or one that is never closed")]
    NoRoot,
}

impl Element {
    /// Reads a document; what follows the root element does not matter.
    pub(super) fn parse(bytes: &[u8]) -> Result<Element, XmlError> {
        if bytes.len() > LENGTH_LIMIT {
            return Err(XmlError::TooLong);
        }
        let text = String::from_utf8_lossy(bytes);
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim_start());
        reader.config_mut().check_end_names = true;
        let mut open: Vec<Element> = Vec::new();
        let mut count = 0;
        loop {
            let event = reader.read_event().map_err(|_| XmlError::Malformed(reader.error_position()))?;
            let closed = match event {
                Event::Start(start) => {
                    count += 1;
                    if open.len() == DEPTH_LIMIT || count > ELEMENT_LIMIT {
                        return Err(XmlError::TooMuch);
                    }
                    open.push(Element::started(&start));
                    None
                }
                Event::Empty(start) => {
                    count += 1;
                    if count > ELEMENT_LIMIT {
                        return Err(XmlError::TooMuch);
                    }
                    Some(Element::started(&start))
                }
                Event::End(_) => open.pop(),
                Event::Text(text) => {
                    append(&mut open, &text);
                    None
                }
                Event::CData(text) => {
                    append(&mut open, &text);
                    None
                }
                Event::GeneralRef(reference) => {
                    match reference.resolve_char_ref() {
                        Ok(Some(character)) => append(&mut open, character.encode_utf8(&mut [0; 4])),
                        _ => append(&mut open, named_character(&reference)),
                    }
                    None
                }
                Event::Eof => return Err(XmlError::NoRoot),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => None,
            };
            if let Some(element) = closed {
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => return Ok(element),
                }
            }
        }
    }

    fn started(start: &BytesStart<'_>) -> Element {
        let attributes = start
            .attributes()
            .with_checks(false)
            .flatten()
            .take(ATTRIBUTE_LIMIT)
            .map(|attribute| {
                let name: &str = attribute.key.as_ref();
                let value: String = attribute.value.chars().take(TEXT_LIMIT).collect();
                (name.to_owned(), value)
            })
            .collect();
        let name = start.local_name();
        let name: &str = name.as_ref();
        Element { name: name.to_owned(), attributes, ..Element::default() }
    }

    /// The element's text without the white space around it; `None` when there is nothing else.
    pub(super) fn value(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }

    /// The first child of a name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children.
    pub(super) fn children(&self) -> &[Element] {
        &self.children
    }

    /// All children of a name.
    pub(super) fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of a name.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name)?.value()
    }

    /// The number in the first child of a name.
    pub(super) fn number_of(&self, name: &str) -> Option<i64> {
        number(self.text_of(name)?)
    }

    /// Every element of a name below this one, in document order.
    pub(super) fn all<'a>(&'a self, name: &str) -> Vec<&'a Element> {
        let mut found = Vec::new();
        self.collect(name, &mut found);
        found
    }

    fn collect<'a>(&'a self, name: &str, found: &mut Vec<&'a Element>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            child.collect(name, found);
        }
    }

    /// The value of an attribute, by its local name.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let local = |key: &str| key.rsplit(':').next().unwrap_or_default().to_owned();
        self.attributes.iter().find(|(key, _)| local(key) == name).map(|(_, value)| value.as_str())
    }

    /// Whether a namespace of this kind is declared here.
    pub(super) fn declares_namespace(&self, part: &str) -> bool {
        self.attributes.iter().any(|(key, value)| key.starts_with("xmlns") && value.contains(part))
    }
}

/// A whole number; some devices write a fraction.
pub(super) fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    whole.parse().ok()
}

/// A value without the prefix that some devices put before it.
pub(super) fn unprefixed(value: &str) -> &str {
    value.rsplit(':').next().unwrap_or(value).trim()
}

/// Text as it stands in a document.
pub(super) fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        let room = TEXT_LIMIT.saturating_sub(element.text.len());
        let mut end = text.len().min(room);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        element.text.push_str(&text[..end]);
    }
}

fn named_character(name: &str) -> &'static str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_padding_quotes_and_references_do_not_matter() {
        let text = "\u{feff}<!-- c --><a:r x:d='1' y=\"2\"><!----><b:v>\n  A &amp; &#66;<![CDATA[<]]> </b:v><c/></a:r>";
        let root = Element::parse(text.as_bytes()).expect("well-formed");
        assert_eq!((root.name.as_str(), root.text_of("v")), ("r", Some("A & B<")));
        assert_eq!((root.attribute("d"), root.attribute("y")), (Some("1"), Some("2")));
        assert_eq!(root.child("c").and_then(Element::value), None);
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        assert_eq!(Element::parse(b"<a><b></b>"), Err(XmlError::NoRoot));
        assert_eq!(Element::parse(b""), Err(XmlError::NoRoot));
        assert!(matches!(Element::parse(b"<a></b>"), Err(XmlError::Malformed(_))));
        assert_eq!(Element::parse("<a>".repeat(100_000).as_bytes()), Err(XmlError::TooMuch));
        assert_eq!(Element::parse(&vec![b' '; LENGTH_LIMIT + 1]), Err(XmlError::TooLong));
    }
}
