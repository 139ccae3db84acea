//! What an application writes, and why it was refused.

use std::collections::BTreeMap;

use super::super::Code;
use super::{Key, Property, PropertyType, ValidValues, Value};

/// Values that are written together: all of them or none (reference, 4.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    values: BTreeMap<Property, Value>,
    unknown: Option<u32>,
}

impl Batch {
    /// An empty one.
    pub fn new() -> Batch {
        Batch::default()
    }

    /// With this value; a property that is written twice has the later one.
    #[must_use]
    pub fn set<T: PropertyType>(mut self, key: Key<T>, value: T) -> Batch {
        self.values.insert(key.property(), value.to_value());
        self
    }

    /// With a value from outside of the program, by WIA's number. A number that no property has makes
    /// the whole batch fail when it is written.
    #[must_use]
    pub fn set_number(mut self, id: u32, value: Value) -> Batch {
        match Property::from_id(id) {
            Some(property) => {
                self.values.insert(property, value);
            }
            None => self.unknown = self.unknown.or(Some(id)),
        }
        self
    }

    /// Whether a property is written.
    pub fn writes(&self, property: Property) -> bool {
        self.values.contains_key(&property)
    }

    /// What a property is to be.
    pub fn value(&self, property: Property) -> Option<&Value> {
        self.values.get(&property)
    }

    /// What is written, by the number of the property.
    pub fn iter(&self) -> impl Iterator<Item = (Property, &Value)> {
        self.values.iter().map(|(property, value)| (*property, value))
    }

    /// The first number written that no property has.
    pub fn unknown(&self) -> Option<u32> {
        self.unknown
    }
}

/// Why a batch was refused; nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("property {id}: {refusal}")]
pub struct BatchError {
    /// The number of the property that is to blame.
    pub id: u32,
    /// What was wrong with it.
    pub refusal: Refusal,
}

/// What was wrong with a written value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such property on this item.
    #[error("there is no such property")]
    Unknown,
    /// It can only be read.
    #[error("it can only be read")]
    ReadOnly,
    /// The value lies outside of what is valid, as things stand after the stronger properties of the batch (4.3, rule 3).
    #[error("{value} is not valid")]
    Outside {
        /// The value that was written.
        value: Value,
        /// What could have been.
        valid: ValidValues,
    },
    /// The value is valid, but not together with this other one of the batch.
    #[error("{value} does not go with {}", other.name())]
    Conflict {
        /// The value that was written.
        value: Value,
        /// The stronger property.
        other: Property,
    },
    /// The driver panicked while it checked the batch.
    #[error("the driver failed")]
    DriverPanicked,
}

impl BatchError {
    pub(super) fn new(property: Property, refusal: Refusal) -> BatchError {
        BatchError { id: property.id(), refusal }
    }

    /// The property that is to blame, if there is one of this number.
    pub fn property(&self) -> Option<Property> {
        Property::from_id(self.id)
    }

    /// The code that an application sees.
    pub fn code(&self) -> Code {
        match self.refusal {
            Refusal::ReadOnly => Code::E_ACCESSDENIED,
            Refusal::DriverPanicked => Code::ERROR_EXCEPTION_IN_DRIVER,
            Refusal::Unknown | Refusal::Outside { .. } | Refusal::Conflict { .. } => Code::E_INVALIDARG,
        }
    }
}
