//! The properties of one item as one application sees them.

use std::fmt;
use std::sync::Arc;

use super::super::Item;
use super::rules::Change;
use super::{Batch, BatchError, Key, PropertyRules, PropertyStore, PropertyType, StandardRules};
use crate::units::Area;

/// An application's own copy of an item's properties: what one writes, no other sees (R55).
#[derive(Clone)]
pub struct ItemProperties {
    item: Arc<Item>,
    rules: Arc<dyn PropertyRules>,
    store: PropertyStore,
    area: Area,
}

impl ItemProperties {
    /// With the rules that follow from the item alone.
    pub fn of(item: Item) -> ItemProperties {
        ItemProperties::with_rules(Arc::new(item), Arc::new(StandardRules::default()))
    }

    /// With a driver's rules. An item for which they fail has no properties to write.
    pub fn with_rules(item: Arc<Item>, rules: Arc<dyn PropertyRules>) -> ItemProperties {
        let batch = Batch::new();
        let mut change = Change::new(&batch, PropertyStore::default(), Area::default());
        let checked = rules.validate(&item, &mut change).and_then(|()| change.finish());
        let (store, area) = checked.unwrap_or_else(|error| {
            tracing::warn!(%error, item = item.name, "no properties");
            Default::default()
        });
        ItemProperties { item, rules, store, area }
    }

    /// The item.
    pub fn item(&self) -> &Item {
        &self.item
    }

    /// All values and what they could be.
    pub fn store(&self) -> &PropertyStore {
        &self.store
    }

    /// The value of a property; `None` when the item does not have it.
    pub fn get<T: PropertyType>(&self, key: Key<T>) -> Option<T> {
        self.store.get(key)
    }

    /// The rectangle to scan: exact, where the properties tell it in pixels.
    pub fn area(&self) -> Area {
        self.area
    }

    /// Writes all of a batch, or nothing (R51). Read again what is shown: one value may have moved others.
    ///
    /// # Errors
    /// The value that is to blame, with what it could have been.
    #[doc(alias = "WriteMultiple")]
    pub fn write(&mut self, batch: &Batch) -> Result<(), BatchError> {
        let mut change = Change::new(batch, self.store.clone(), self.area);
        self.rules.validate(&self.item, &mut change)?;
        (self.store, self.area) = change.finish()?;
        Ok(())
    }
}

impl fmt::Debug for ItemProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemProperties")
            .field("item", &self.item.name)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
