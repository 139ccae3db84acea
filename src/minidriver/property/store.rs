//! Values with what may be done with them.

use std::collections::BTreeMap;

use super::{Key, Property, PropertyType, ValidValues, Value};

/// What an application may do with a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read it.
    Read,
    /// Read and write it.
    ReadWrite,
}

/// One property as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its value.
    pub value: Value,
    /// What may be done with it.
    pub access: Access,
    /// What it could be.
    pub valid: ValidValues,
}

/// The properties of one item, for one application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyStore {
    entries: BTreeMap<Property, Entry>,
}

impl PropertyStore {
    /// The value of a property; `None` when the item does not have it.
    pub fn get<T: PropertyType>(&self, key: Key<T>) -> Option<T> {
        T::from_value(&self.entries.get(&key.property())?.value)
    }

    /// A property as it stands; `None` when the item does not have it.
    pub fn entry(&self, property: Property) -> Option<&Entry> {
        self.entries.get(&property)
    }

    /// The values a property could have, as far as they are a list.
    pub fn choices<T: PropertyType>(&self, key: Key<T>) -> Vec<T> {
        match self.entries.get(&key.property()).map(|entry| &entry.valid) {
            Some(ValidValues::List { values, .. }) => values.iter().filter_map(T::from_value).collect(),
            _ => Vec::new(),
        }
    }

    /// All properties, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (Property, &Entry)> {
        self.entries.iter().map(|(property, entry)| (*property, entry))
    }

    /// A value that only reading is allowed of.
    pub fn publish<T: PropertyType>(&mut self, key: Key<T>, value: &T) {
        let entry = Entry { value: value.to_value(), access: Access::Read, valid: ValidValues::Any };
        self.entries.insert(key.property(), entry);
    }

    /// A value out of a set.
    pub fn offer(&mut self, property: Property, value: Value, valid: ValidValues) {
        self.entries.insert(property, Entry { value, access: Access::ReadWrite, valid });
    }

    /// The item does not have it any more.
    pub fn withdraw(&mut self, property: Property) {
        self.entries.remove(&property);
    }
}
