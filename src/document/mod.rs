//! The `document` module deals with *pages that are kept*: page files, the document's folder, edits
//! as values with undo. It knows no device and no export format.

/// Names a page within one document; a number is not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId(pub u64);
