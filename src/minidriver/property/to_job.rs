//! From properties to the job that a driver gets.

use super::super::{Code, Item, ItemCategory, OfferedFormat, OnMultiFeed, PageLimit, ScanJob, Sides, Source};
use super::initial::Ways;
use super::{DataType, Format, ItemFlags, ItemProperties, MultiFeed, Selection, Tymed, keys};
use crate::units::Dpi;

/// The item has no transfer bit, or not the properties that a transfer needs (`E_INVALIDARG`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the item cannot be transferred")]
pub struct NotTransferable;

impl NotTransferable {
    /// The code that an application sees.
    pub const fn code(self) -> Code {
        Code::E_INVALIDARG
    }
}

impl ItemProperties {
    /// What the properties ask the device for.
    ///
    /// # Errors
    /// [`NotTransferable`] when the item cannot be transferred (reference, 7.1, row 1).
    pub fn job(&self) -> Result<ScanJob, NotTransferable> {
        let flags = self.get(keys::ITEM_FLAGS).unwrap_or_default();
        if !flags.has(ItemFlags::TRANSFER) {
            return Err(NotTransferable);
        }
        let selection = self.get(keys::DOCUMENT_HANDLING_SELECT).unwrap_or_default();
        let mode = self.get(keys::DATA_TYPE).zip(self.get(keys::DEPTH));
        let mode = mode.and_then(|(kind, depth)| DataType::mode(kind, depth)).ok_or(NotTransferable)?;
        let dpi = Dpi(self.get(keys::X_RES).ok_or(NotTransferable)?.unsigned_abs());
        let ways = Ways::of(self.item(), selection);
        let mode = ways.scanned_as(mode);
        let format = self.get(keys::FORMAT);
        // Raw pixels without loss where the device has them; made from a JPEG where not.
        let rows = Some(OfferedFormat::Rows).filter(|rows| format == Some(Format::Raw) && ways.sends(mode, dpi, *rows));
        Ok(ScanJob {
            source: source_of(self.item(), selection),
            mode,
            dpi,
            sides: sides_of(selection),
            format: rows.or_else(|| format.and_then(Format::sent_as)),
            areas: vec![self.area()],
            pages: PageLimit::from_pages(self.get(keys::PAGES).unwrap_or(1).unsigned_abs()),
            streams: self.get(keys::TYMED).map_or_else(Default::default, Tymed::streams),
            on_multi_feed: self.get(keys::MULTI_FEED).map_or_else(OnMultiFeed::default, MultiFeed::into),
        })
    }
}

fn sides_of(selection: Selection) -> Sides {
    if selection.has(Selection::BACK_ONLY) {
        Sides::BackOnly
    } else if selection.has(Selection::BACK_FIRST) {
        Sides::BackFirst
    } else {
        Sides::FrontFirst
    }
}

fn source_of(item: &Item, selection: Selection) -> Source {
    match item.category {
        ItemCategory::Flatbed => Source::Flatbed,
        ItemCategory::Feeder if selection.has(Selection::DUPLEX) => Source::Duplex,
        ItemCategory::Feeder => Source::Feeder,
    }
}
