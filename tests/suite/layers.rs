//! The order of the layers, read from the sources: who names whom, and what only one file may name.

use std::path::{Path, PathBuf};

/// Left to right as the data flows; a module names only itself and those before it.
const ORDER: [&str; 17] = [
    "units",
    "clock",
    "plain_text",
    "raster",
    "usb",
    "http",
    "minidriver",
    "virtual_device",
    "drivers",
    "transfer",
    "document",
    "export",
    "import",
    "session",
    "text",
    "cli",
    "ui",
];

/// Who may not name whom although the order would let it.
const APART: [(&str, &str); 3] = [
    // The device's side of the wire knows nothing of the driver's side, and the other way round.
    ("virtual_device", "minidriver"),
    ("drivers", "virtual_device"),
    ("ui", "cli"),
];

/// Words of the language and of foreign crates, and the only place that may use them.
const ONLY_IN: [(&str, &str); 8] = [
    ("rusb", "usb/libusb.rs"),
    ("libusb1_sys", "usb/libusb.rs"),
    ("unsafe", "usb/libusb.rs"),
    ("egui", "ui/"),
    ("eframe", "ui/"),
    ("egui_extras", "ui/"),
    ("rfd", "ui/"),
    ("zbus", "ui/sleep.rs"),
];

/// What is wrong with a file, one line each. `path` is relative to `src`.
fn violations(path: &str, source: &str) -> Vec<String> {
    let words = words(source);
    let mut found: Vec<String> = ONLY_IN
        .iter()
        .filter(|(word, place)| !path.starts_with(place) && words.iter().any(|found| found == word))
        .map(|(word, place)| format!("{path} names {word}, which belongs to {place}"))
        .collect();
    let own = path.split(['/', '.']).next().unwrap_or_default();
    // The root lists its modules, and the program stands behind all of them.
    if own == "lib" || own == "main" {
        return found;
    }
    let Some(own_place) = ORDER.iter().position(|layer| *layer == own) else {
        found.push(format!("{path}: {own} has no place in the order of the layers"));
        return found;
    };
    for named in named_layers(&words, depth(path)) {
        let later = ORDER.iter().position(|layer| *layer == named).is_some_and(|place| place > own_place);
        if later || APART.contains(&(own, named.as_str())) {
            found.push(format!("{path}: {own} names {named}"));
        }
    }
    found
}

/// How many `super`s lead from a file's module to the root.
fn depth(path: &str) -> usize {
    path.split('/').filter(|part| *part != "mod.rs").count()
}

/// The modules of the root that a file's paths lead to: `crate::x`, `crate::{x, y::z}`, and as many
/// `super`s as it takes.
fn named_layers(words: &[String], depth: usize) -> Vec<String> {
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let rest = match word.as_str() {
            "crate" => &words[index + 1..],
            "super" if index < 2 || words[index - 1] != "::" || words[index - 2] != "super" => {
                let supers = words[index..].chunks(2).take_while(|pair| pair[0] == "super").count();
                if supers < depth {
                    continue;
                }
                &words[index + 2 * supers - 1..]
            }
            _ => continue,
        };
        if rest.first().is_some_and(|word| word == "::") {
            found.extend(path_starts(&rest[1..]).into_iter().filter(|name| ORDER.contains(&name.as_str())));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The first names of a path or of a group of paths.
fn path_starts(words: &[String]) -> Vec<String> {
    if words.first().is_none_or(|word| word != "{") {
        return words.first().cloned().into_iter().collect();
    }
    let mut found = Vec::new();
    let mut nesting = 0;
    for (index, word) in words.iter().enumerate() {
        match word.as_str() {
            "{" => nesting += 1,
            "}" => nesting -= 1,
            _ if nesting == 1 && matches!(words[index - 1].as_str(), "{" | ",") => found.push(word.clone()),
            _ => {}
        }
        if nesting == 0 {
            break;
        }
    }
    found
}

/// Names, `::` and punctuation, without comments, strings and characters.
fn words(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = raw_string(rest) {
            length
        } else if first == '"' {
            quoted(rest)
        } else if let Some(length) = character(rest) {
            length
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
            found.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            found.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                found.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

fn block_comment(text: &str) -> usize {
    let (mut nesting, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            nesting += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            nesting -= 1;
            at += 2;
            if nesting == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// `r"…"`, `r#"…"#`, `br"…"`.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = text.len() - body.len();
    Some(body.find(&end).map_or(text.len(), |at| start + at + end.len()))
}

/// `'x'` or `'\n'`, but not the lifetime `'a`.
fn character(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    let mut letters = body.char_indices();
    match letters.next()?.1 {
        '\\' => {
            letters.next()?;
            Some(letters.find(|(_, letter)| *letter == '\'')?.0 + 2)
        }
        _ => letters.next().filter(|(_, letter)| *letter == '\'').map(|(at, _)| at + 2),
    }
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("src can be read").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn every_module_names_only_those_before_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 30, "only {} files found", files.len());
    let mut wrong = Vec::new();
    for file in &files {
        let path = file.strip_prefix(&root).expect("it lies in src").to_string_lossy().replace('\\', "/");
        wrong.extend(violations(&path, &std::fs::read_to_string(file).expect("it can be read")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_way_to_name_a_later_layer_is_found() {
    for source in [
        "use crate::session::Session;",
        "use crate::{units::Dpi, session::{self, Event}};",
        "fn f() { let x = crate :: session::Session::start(); }",
        "use super::super::session;",
        "pub(crate) use crate::session as other;",
        "mod tests {\n    use crate::session::Event;\n}",
        "fn f<'a>(x: &'a str) -> crate::session::Event { 'x' }",
    ] {
        let found = violations("transfer/broker.rs", source);
        assert_eq!(found, ["transfer/broker.rs: transfer names session"], "{source}");
    }
    assert_eq!(violations("transfer/mod.rs", "use super::session;"), ["transfer/mod.rs: transfer names session"]);
    assert_eq!(violations("units.rs", "use super::clock;"), ["units.rs: units names clock"]);
    assert_eq!(violations("drivers/escl/mod.rs", "use super::super::session;").len(), 1);
}

#[test]
fn what_only_one_place_may_name_is_found() {
    assert_eq!(violations("usb/port.rs", "use rusb::Context;").len(), 1);
    assert_eq!(violations("usb/port.rs", "fn f() { unsafe { g() } }").len(), 1);
    assert_eq!(violations("session/mod.rs", "use egui::Context;").len(), 1);
    assert_eq!(violations("main.rs", "fn main() { eframe::run_native() }").len(), 1);
    assert_eq!(violations("drivers/escl/mod.rs", "use crate::virtual_device::UsbDevice;").len(), 1);
    assert_eq!(violations("virtual_device/http.rs", "use crate::minidriver::PageInfo;").len(), 1);
    assert_eq!(violations("ui/app.rs", "use crate::cli::Arguments;").len(), 1);
    assert_eq!(violations("helpers/mod.rs", "").len(), 1);
}

#[test]
fn what_is_allowed_is_not_found() {
    for (path, source) in [
        ("transfer/broker.rs", "use crate::minidriver::Item; use crate::transfer::Latch; use super::session_like::X;"),
        ("transfer/broker.rs", "// crate::session\n/* crate::ui /* nested */ crate::cli */ //! unsafe"),
        (
            "transfer/broker.rs",
            r##"let x = "crate::session \" crate::ui"; let y = r#"crate::ui "quoted" "#; let z = '"';"##,
        ),
        ("usb/libusb.rs", "use rusb::ffi; fn f() { unsafe { g() } }"),
        ("ui/app.rs", "use eframe::egui; use crate::session::Snapshot;"),
        ("lib.rs", "pub mod session;"),
        ("usb/port.rs", "#![deny(unsafe_code)]"),
    ] {
        assert_eq!(violations(path, source), Vec::<String>::new(), "{source}");
    }
}

#[test]
fn the_example_on_the_minidriver_page_is_short_enough_to_be_read() {
    const PAGE: &str = include_str!("../../src/minidriver/mod.rs");
    const MOST_LINES: usize = 60;
    let example = PAGE.split("//! ```\n").nth(1).expect("an example");
    let visible =
        |line: &&str| !matches!(line.trim_start_matches("//!").trim(), "" | "#") && !line.starts_with("//! # ");
    let lines = example.lines().filter(visible).count();
    assert!((30..=MOST_LINES).contains(&lines), "{lines} lines that a reader sees");
}
