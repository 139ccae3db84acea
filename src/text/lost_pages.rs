//! Pages that are not what they were, in words: which they are, what is left of them, and what helps.

use std::mem::discriminant;
use std::path::Path;

use crate::document::Trouble;

use super::documents::{numbered, of_a_page};
use super::errors::{Sentences, say};

/// Whether two pages have lost something in the same way.
pub fn is_alike(one: &Trouble, other: &Trouble) -> bool {
    discriminant(one) == discriminant(other)
}

/// Pages with these numbers, in order, have all lost something in the way of this one. `None`: it is about no page.
pub fn lost_pages(trouble: &Trouble, numbers: &[u32]) -> Option<Sentences> {
    let (_, file) = of_a_page(trouble)?;
    let is_one = numbers.len() == 1;
    let title = numbered(trouble, numbers, !is_one)?;
    let one_or = |one: &'static str, several: &'static str| if is_one { one } else { several };
    let left = match trouble {
        Trouble::PageDamaged(..) => {
            one_or("It is shown as far as it can be read.", "What can be read of them is shown.")
        }
        _ => one_or("It stays empty.", "They stay empty."),
    };
    let folder = file.parent().unwrap_or(Path::new("")).display();
    let copy = match is_one {
        true => format!("If there is a copy of its file, put it back as {}", file.display()),
        false => format!("If there are copies of their files, put them back in {folder}"),
    };
    Some(say(title, format!("{left} {copy}, then open the document again.")))
}
