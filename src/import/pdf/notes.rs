//! What is written on a page from outside: fields of a form and remarks. They are drawn as the file says they look;
//! one that leaves its look to the program that shows it is not drawn, and that has to be said.

use hayro_syntax::object::{Array, Dict, Name, Object, Rect};
use hayro_syntax::page::Page;

/// Flags of what is not seen on the screen (ISO 32000-1, table 165: Hidden and NoView).
const NOT_SEEN: u32 = 1 << 1 | 1 << 5;
/// Remarks that stand on the paper; others are an icon beside it, or nothing at all.
const ON_PAPER: [&[u8]; 13] = [
    b"FreeText",
    b"Line",
    b"Square",
    b"Circle",
    b"Polygon",
    b"PolyLine",
    b"Highlight",
    b"Underline",
    b"Squiggly",
    b"StrikeOut",
    b"Stamp",
    b"Caret",
    b"Ink",
];
/// Fields within each other that are looked into for a value.
const DEEPEST: usize = 16;

/// Whether a field that was filled in, or a remark, is not drawn.
pub(super) fn are_left_out(page: &Page<'_>) -> bool {
    let Some(notes) = page.raw().get::<Array<'_>>(b"Annots") else { return false };
    notes.iter::<Dict<'_>>().any(|note| is_left_out(&note))
}

fn is_left_out(note: &Dict<'_>) -> bool {
    let hidden = note.get::<u32>(b"F").unwrap_or(0) & NOT_SEEN != 0;
    let empty = note.get::<Rect>(b"Rect").is_none_or(|place| place.width() * place.height() == 0.0);
    if hidden || empty || note.get::<Dict<'_>>(b"AP").is_some_and(|looks| looks.contains_key(b"N")) {
        return false;
    }
    match note.get::<Name<'_>>(b"Subtype") {
        Some(kind) if kind.as_ref() == b"Widget" => is_filled_in(note),
        Some(kind) => ON_PAPER.contains(&kind.as_ref()),
        None => false,
    }
}

/// Whether a field has a value to be seen: its own, or the one of the field that it is a part of.
fn is_filled_in(field: &Dict<'_>) -> bool {
    let mut field = field.clone();
    for _ in 0..DEEPEST {
        match field.get::<Object<'_>>(b"V") {
            Some(Object::String(text)) => return !text.as_bytes().is_empty(),
            Some(Object::Name(state)) => return state.as_ref() != b"Off",
            // A signature has nothing to be seen but what it says itself.
            Some(Object::Dict(_) | Object::Null(_)) => return false,
            Some(_) => return true,
            None => {}
        }
        match field.get::<Dict<'_>>(b"Parent") {
            Some(parent) => field = parent,
            None => return false,
        }
    }
    false
}
