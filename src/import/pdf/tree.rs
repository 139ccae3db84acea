//! Which pages a file has, and in which order. The library gives each page object once, where a page tree may
//! name it as often as it likes, and passes over what it cannot read.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use hayro_syntax::Pdf;
use hayro_syntax::object::array::ArrayIter;
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, ObjectIdentifier};

use crate::import::Limit;
use crate::import::limits::MAX_PAGES;

use super::message::Refusal;

/// The pages of a file.
pub(super) struct Order {
    /// For each page its place among those that the library gives.
    pub(super) pages: Vec<usize>,
    /// Pages that are named in the tree and are not in the file.
    pub(super) missing: u32,
}

/// Reads the page tree.
///
/// # Errors
/// [`Refusal::TooLarge`]: more pages than a file may have, which takes a few bytes only when parts of a tree are named
/// several times.
pub(super) fn order(pdf: &Pdf) -> Result<Order, Refusal> {
    let given = pdf.pages().len();
    let root = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()).and_then(|root| root.get::<Dict<'_>>(b"Pages"));
    let Some(root) = root else { return Ok(as_given(given, 0)) };
    let mut walk = Walk { pdf, pages: Vec::new(), given: 0, missing: 0, known: HashMap::new(), open: HashSet::new() };
    walk.walk(&root)?;
    if walk.given == given {
        return Ok(Order { pages: walk.pages, missing: walk.missing });
    }
    // The library saw another tree: it put a broken file together in its own way.
    let said = root.get::<u32>(b"Count").unwrap_or(0).min(MAX_PAGES);
    Ok(as_given(given, said))
}

fn as_given(given: usize, said: u32) -> Order {
    Order { pages: (0..given).collect(), missing: said.saturating_sub(u32::try_from(given).unwrap_or(u32::MAX)) }
}

/// A tree that is being walked. A node is gone through once; when it is named again, its pages are known.
struct Walk<'a> {
    pdf: &'a Pdf,
    pages: Vec<usize>,
    /// Pages that the library gave so far: it gives them in the order in which they are met first.
    given: usize,
    missing: u32,
    /// Where the pages of a node lie in `pages`.
    known: HashMap<ObjectIdentifier, Range<usize>>,
    /// Nodes that are being gone through: one that names itself is no page.
    open: HashSet<ObjectIdentifier>,
}

struct Node<'a> {
    kids: ArrayIter<'a>,
    id: Option<ObjectIdentifier>,
    first: usize,
}

impl<'a> Walk<'a> {
    fn walk(&mut self, root: &Dict<'a>) -> Result<(), Refusal> {
        let mut nodes: Vec<Node<'a>> = self.enter(root, root.obj_id()).into_iter().collect();
        while let Some(node) = nodes.last_mut() {
            let Some(kid) = node.kids.next() else {
                if let Some(id) = node.id {
                    self.open.remove(&id);
                    self.known.insert(id, node.first..self.pages.len());
                }
                nodes.pop();
                continue;
            };
            let (id, dict) = match kid {
                MaybeRef::Ref(id) => {
                    let id = ObjectIdentifier::from(id);
                    if self.open.contains(&id) {
                        continue;
                    }
                    if let Some(known) = self.known.get(&id).cloned() {
                        self.room_for(known.len())?;
                        self.pages.extend_from_within(known);
                        continue;
                    }
                    (Some(id), self.pdf.xref().get::<Dict<'a>>(id))
                }
                MaybeRef::NotRef(object) => (None, object.into_dict()),
            };
            match dict {
                Some(dict) if is_node(&dict) => nodes.extend(self.enter(&dict, id)),
                Some(_) => self.page(id)?,
                None => self.missing = self.missing.saturating_add(1),
            }
        }
        Ok(())
    }

    /// Begins with a node; one without kids has lost them.
    fn enter(&mut self, dict: &Dict<'a>, id: Option<ObjectIdentifier>) -> Option<Node<'a>> {
        let Some(kids) = dict.get::<Array<'a>>(b"Kids") else {
            let lost = dict.get::<u32>(b"Count").unwrap_or(1).min(MAX_PAGES);
            self.missing = self.missing.saturating_add(lost);
            return None;
        };
        self.open.extend(id);
        Some(Node { kids: kids.raw_iter(), id, first: self.pages.len() })
    }

    fn page(&mut self, id: Option<ObjectIdentifier>) -> Result<(), Refusal> {
        self.room_for(1)?;
        if let Some(id) = id {
            self.known.insert(id, self.pages.len()..self.pages.len() + 1);
        }
        self.pages.push(self.given);
        self.given += 1;
        Ok(())
    }

    fn room_for(&self, more: usize) -> Result<(), Refusal> {
        match self.pages.len() + more <= MAX_PAGES as usize {
            true => Ok(()),
            false => Err(Refusal::TooLarge(None, Limit::Pages(MAX_PAGES))),
        }
    }
}

fn is_node(dict: &Dict<'_>) -> bool {
    dict.get::<Name<'_>>(b"Type").is_some_and(|kind| kind.as_ref() == b"Pages")
}
