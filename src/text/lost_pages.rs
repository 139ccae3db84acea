//! Pages that are not what they were, in words: which they are, what is left of them, and what helps.

use std::mem::discriminant;
use std::path::{Path, PathBuf};

use crate::document::{PageId, Trouble};

use super::errors::{Sentences, say, upper_first};
use super::numbers::page_list;

/// The page that has lost something, and its file; `None`: it is another trouble.
pub fn lost_page(trouble: &Trouble) -> Option<(PageId, &PathBuf)> {
    match trouble {
        Trouble::PageMissing(page, file)
        | Trouble::PageUnreadable(page, file)
        | Trouble::PageDamaged(page, file)
        | Trouble::PageExchanged(page, file) => Some((*page, file)),
        Trouble::DatabaseDamaged(_) | Trouble::DatabaseLost | Trouble::PagesFound(_) => None,
    }
}

/// Whether two pages have lost something in the same way.
pub fn is_alike(one: &Trouble, other: &Trouble) -> bool {
    discriminant(one) == discriminant(other)
}

/// Pages with these numbers, in order, have all lost something in the way of this one. `None`: it is about no page.
pub fn lost_pages(trouble: &Trouble, numbers: &[u32]) -> Option<Sentences> {
    let (_, file) = lost_page(trouble)?;
    let (pages, is_one) = (page_list(numbers), numbers.len() == 1);
    let one_or = |one: &'static str, several: &'static str| if is_one { one } else { several };
    let title = match trouble {
        Trouble::PageDamaged(..) => format!("{pages} {} damaged", one_or("is", "are")),
        Trouble::PageUnreadable(..) => format!("{pages} cannot be read"),
        Trouble::PageExchanged(..) => format!("{pages} {} another page's file", one_or("has", "have")),
        _ => format!("{} of {pages} {} missing", one_or("the file", "the files"), one_or("is", "are")),
    };
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
    Some(say(upper_first(&title), format!("{left} {copy}, then open the document again.")))
}
