//! One application's own copy of a device's item tree (reference, part 3).

use std::sync::Arc;

use super::outcome::guarded;
use crate::minidriver::property::{
    Batch, BatchError, Change, HandlingCapabilities, HandlingStatus, ItemFlags, ItemProperties, PropertyRules,
    PropertyStore, ROOT_CATEGORY, Refusal, keys,
};
use crate::minidriver::{Condition, FeederState, Item, ItemCategory, ROOT_PATH};

/// The bit of TRANSFER_CAPABILITIES that says that a driver acquires all leaves of a folder in one call.
const CHILDREN_IN_ONE_CALL: i32 = 1;

/// The root of a device and its sources, with the settings of one application: what it writes, no
/// other sees (R55).
#[derive(Clone, Debug)]
pub struct ApplicationItems {
    root: PropertyStore,
    items: Vec<ItemProperties>,
}

impl ApplicationItems {
    /// With every property at its first value, by a driver's rules.
    pub fn new(items: &[Item], rules: &Arc<dyn PropertyRules>) -> ApplicationItems {
        let of = |item: &Item| ItemProperties::with_rules(Arc::new(item.clone()), Arc::clone(rules));
        ApplicationItems { root: root_of(items), items: items.iter().map(of).collect() }
    }

    /// The properties of the device itself; all of them can only be read.
    pub fn root(&self) -> &PropertyStore {
        &self.root
    }

    /// The sources, the flatbed first.
    pub fn items(&self) -> &[ItemProperties] {
        &self.items
    }

    /// The source of a category; `None` when the device does not have it.
    pub fn item(&self, category: ItemCategory) -> Option<&ItemProperties> {
        self.items.iter().find(|properties| properties.item().category == category)
    }

    /// The same, to be written to.
    pub fn item_mut(&mut self, category: ItemCategory) -> Option<&mut ItemProperties> {
        self.items.iter_mut().find(|properties| properties.item().category == category)
    }

    /// Writes to the root, where everything can only be read.
    ///
    /// # Errors
    /// Always, unless the batch is empty.
    pub fn write_root(&self, batch: &Batch) -> Result<(), BatchError> {
        if let Some(id) = batch.unknown() {
            return Err(BatchError { id, refusal: Refusal::Unknown });
        }
        match batch.iter().next() {
            None => Ok(()),
            Some((property, _)) => {
                let there = self.root.entry(property).is_some();
                let refusal = if there { Refusal::ReadOnly } else { Refusal::Unknown };
                Err(BatchError { id: property.id(), refusal })
            }
        }
    }

    /// Takes what the device said of its feeder.
    pub(super) fn set_feeder(&mut self, state: FeederState) {
        let status = status_of(state, self.root.get(keys::DOCUMENT_HANDLING_CAPABILITIES).unwrap_or(0));
        self.root.publish(keys::DOCUMENT_HANDLING_STATUS, &status.0);
    }

    /// A button was pressed that means this source; an empty name when the event is done with (reference, part 15).
    pub fn set_scan_available_item(&mut self, name: &str) {
        self.root.publish(keys::SCAN_AVAILABLE_ITEM, &name.to_owned());
    }
}

/// A driver's rules, whose panic is a refusal. No driver is asked to serve all leaves in one acquire call, so none
/// announces that it does (reference, part 12).
struct GuardedRules(Arc<dyn PropertyRules>);

pub(super) fn guarded_rules(rules: Arc<dyn PropertyRules>) -> Arc<dyn PropertyRules> {
    Arc::new(GuardedRules(rules))
}

impl PropertyRules for GuardedRules {
    fn validate(&self, item: &Item, change: &mut Change<'_>) -> Result<(), BatchError> {
        let validated = guarded("validate", || self.0.validate(item, change)).unwrap_or_else(|panic| {
            tracing::error!(%panic, "checking properties");
            let first = change.batch().iter().next().map_or(0, |(property, _)| property.id());
            Err(BatchError { id: first, refusal: Refusal::DriverPanicked })
        });
        let capabilities = change.store().get(keys::TRANSFER_CAPABILITIES).unwrap_or(0);
        change.store().publish(keys::TRANSFER_CAPABILITIES, &(capabilities & !CHILDREN_IN_ONE_CALL));
        validated
    }
}

fn root_of(items: &[Item]) -> PropertyStore {
    let mut root = PropertyStore::default();
    let feeder = items.iter().find_map(|item| item.feeder.as_ref());
    let has = |there: bool, bit: HandlingCapabilities| if there { bit.0 } else { 0 };
    let capabilities = has(items.iter().any(|item| item.category == ItemCategory::Flatbed), HandlingCapabilities::FLAT)
        | has(feeder.is_some(), HandlingCapabilities::FEED)
        | has(feeder.is_some_and(|feeder| feeder.duplex.is_some()), HandlingCapabilities::DUPLEX)
        | has(feeder.is_some_and(|feeder| feeder.detects_paper), HandlingCapabilities::DETECT_FEED);
    root.publish(keys::ITEM_NAME, &"Root".to_owned());
    root.publish(keys::FULL_ITEM_NAME, &ROOT_PATH.to_owned());
    root.publish(keys::ITEM_CATEGORY, &ROOT_CATEGORY);
    root.publish(keys::ITEM_FLAGS, &ItemFlags::ROOT.and(ItemFlags::FOLDER).and(ItemFlags::DEVICE));
    root.publish(keys::ACCESS_RIGHTS, &1);
    root.publish(keys::DOCUMENT_HANDLING_CAPABILITIES, &capabilities);
    root.publish(keys::DOCUMENT_HANDLING_STATUS, &status_of(FeederState::Unknown, capabilities).0);
    root.publish(keys::SCAN_AVAILABLE_ITEM, &String::new());
    root
}

/// The status bits that a feeder's state comes to.
fn status_of(state: FeederState, capabilities: i32) -> HandlingStatus {
    let capabilities = HandlingCapabilities(capabilities);
    let glass =
        if capabilities.has(HandlingCapabilities::FLAT) { HandlingStatus::FLAT_READY } else { HandlingStatus(0) };
    let feeder = match state {
        FeederState::Loaded if capabilities.has(HandlingCapabilities::DUPLEX) => {
            HandlingStatus::FEED_READY.and(HandlingStatus::DUPLEX_READY)
        }
        FeederState::Loaded => HandlingStatus::FEED_READY,
        FeederState::Empty | FeederState::Unknown => HandlingStatus(0),
        FeederState::Trouble(condition) => match condition {
            Condition::PaperJam => HandlingStatus::PAPER_JAM,
            Condition::MultiFeed => HandlingStatus::MULTIPLE_FEED,
            Condition::CoverOpen => HandlingStatus::PATH_COVER_UP,
            Condition::LampOff => HandlingStatus::LAMP_ERROR,
            _ => HandlingStatus::DEVICE_ATTENTION,
        },
    };
    glass.and(feeder)
}
