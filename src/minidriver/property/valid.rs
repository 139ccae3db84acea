//! Values, and the sets they have to lie in (reference, 4.1).

use std::fmt;

use super::Guid;

/// A value as it is stored and printed. Inside of the program it is read through a typed [`super::Key`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number, or a set of bits.
    Number(i32),
    /// A format, a category.
    Guid(Guid),
    /// A name.
    Text(String),
}

/// The values that a property can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValidValues {
    /// No constraint is published.
    Any,
    /// Numbers from `min` in steps of `step`.
    Range {
        /// The smallest.
        min: i32,
        /// The usual one.
        nominal: i32,
        /// The largest.
        max: i32,
        /// The distance; never below 1.
        step: i32,
    },
    /// These and no others. A device with one fixed value has a list of one.
    List {
        /// The usual one.
        nominal: Value,
        /// All of them; never empty.
        values: Vec<Value>,
    },
    /// Any combination of these bits.
    Flags {
        /// The usual combination.
        nominal: i32,
        /// The bits that may be set.
        mask: i32,
    },
}

impl ValidValues {
    /// Numbers one apart.
    pub const fn range(min: i32, nominal: i32, max: i32) -> ValidValues {
        ValidValues::Range { min, nominal, max, step: 1 }
    }

    /// One value and no other.
    pub fn only(value: impl Into<Value>) -> ValidValues {
        let value = value.into();
        ValidValues::List { nominal: value.clone(), values: vec![value] }
    }

    /// These numbers; `None` when there are none. The nominal one counts if it is among them, the first otherwise.
    pub fn list<T: Into<Value>>(nominal: T, values: impl IntoIterator<Item = T>) -> Option<ValidValues> {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        let nominal = nominal.into();
        let nominal = if values.contains(&nominal) { nominal } else { values.first()?.clone() };
        Some(ValidValues::List { nominal, values })
    }

    /// Whether a value lies in the set; a number off a range's steps lies outside.
    pub fn contains(&self, value: &Value) -> bool {
        match (self, value) {
            (ValidValues::Any, _) => true,
            (ValidValues::Range { min, max, step, .. }, Value::Number(number)) => {
                (min..=max).contains(&number) && (i64::from(*number) - i64::from(*min)) % i64::from((*step).max(1)) == 0
            }
            (ValidValues::List { values, .. }, value) => values.contains(value),
            (ValidValues::Flags { mask, .. }, Value::Number(number)) => number & !mask == 0,
            (ValidValues::Range { .. } | ValidValues::Flags { .. }, _) => false,
        }
    }

    /// The usual value.
    pub fn nominal(&self) -> Option<Value> {
        match self {
            ValidValues::Any => None,
            ValidValues::Range { nominal, .. } | ValidValues::Flags { nominal, .. } => Some(Value::Number(*nominal)),
            ValidValues::List { nominal, .. } => Some(nominal.clone()),
        }
    }

    /// The value of the set that comes nearest to one that may lie outside: of numbers the closest, and
    /// of two the smaller; of bits those that are allowed; of anything else the usual one.
    pub fn nearest(&self, value: &Value) -> Value {
        if self.contains(value) {
            return value.clone();
        }
        let near = match (self, value) {
            (ValidValues::Range { min, max, step, .. }, Value::Number(number)) => {
                let step = i64::from((*step).max(1));
                let steps =
                    (i64::from(*number).clamp((*min).into(), (*max).into()) - i64::from(*min) + step / 2) / step;
                let most = (i64::from(*max) - i64::from(*min)) / step;
                i32::try_from(i64::from(*min) + steps.min(most) * step).ok().map(Value::Number)
            }
            (ValidValues::List { values, .. }, Value::Number(number)) => values
                .iter()
                .filter_map(|value| match value {
                    Value::Number(other) => Some(*other),
                    Value::Guid(_) | Value::Text(_) => None,
                })
                .min_by_key(|other| (other.abs_diff(*number), *other))
                .map(Value::Number),
            (ValidValues::Flags { mask, .. }, Value::Number(number)) => Some(Value::Number(number & mask)),
            _ => None,
        };
        near.or_else(|| self.nominal()).unwrap_or_else(|| value.clone())
    }

    /// WIA's container, element by element: `[min, nominal, max, step]`, `[count, nominal, v0, …]`, `[nominal, mask]`.
    pub fn elements(&self) -> Vec<Value> {
        match self {
            ValidValues::Any => Vec::new(),
            ValidValues::Range { min, nominal, max, step } => {
                [min, nominal, max, step].map(|value| Value::Number(*value)).into()
            }
            ValidValues::List { nominal, values } => {
                let count = i32::try_from(values.len()).unwrap_or(i32::MAX);
                [Value::Number(count), nominal.clone()].into_iter().chain(values.iter().cloned()).collect()
            }
            ValidValues::Flags { nominal, mask } => vec![Value::Number(*nominal), Value::Number(*mask)],
        }
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Value {
        Value::Number(value)
    }
}

impl From<Guid> for Value {
    fn from(value: Guid) -> Value {
        Value::Guid(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.to_owned())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Guid(guid) => write!(f, "{guid}"),
            Value::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_off_the_steps_lies_outside() {
        let range = ValidValues::Range { min: 50, nominal: 300, max: 1210, step: 25 };
        assert!(range.contains(&Value::Number(75)) && !range.contains(&Value::Number(76)));
        assert!(!range.contains(&Value::Number(25)) && !range.contains(&Value::Text("75".to_owned())));
        assert_eq!(range.nearest(&Value::Number(5000)), Value::Number(1200), "the last step below the end");
        assert_eq!(range.nearest(&Value::Number(-5)), Value::Number(50));
        let widest = ValidValues::range(i32::MIN, 0, i32::MAX);
        assert!(widest.contains(&Value::Number(i32::MIN)) && widest.contains(&Value::Number(i32::MAX)));
    }

    #[test]
    fn containers_have_the_order_of_the_headers() {
        let number = |values: &[i32]| values.iter().map(|value| Value::Number(*value)).collect::<Vec<_>>();
        assert_eq!(ValidValues::range(1, 2, 3).elements(), number(&[1, 2, 3, 1]));
        assert_eq!(ValidValues::list(300, [75, 300]).map(|list| list.elements()), Some(number(&[2, 300, 75, 300])));
        assert_eq!(ValidValues::Flags { nominal: 0x20, mask: 0x24 }.elements(), number(&[0x20, 0x24]));
        assert_eq!(ValidValues::only(7).elements(), number(&[1, 7, 7]));
    }

    #[test]
    fn the_nearest_value_of_a_list_is_the_closest_number() {
        let list = ValidValues::list(300, [75, 300, 600]).unwrap();
        assert_eq!(list.nearest(&Value::Number(500)), Value::Number(600));
        assert_eq!(list.nearest(&Value::Number(450)), Value::Number(300), "of two the smaller");
        assert_eq!(ValidValues::list(1, []), None);
    }
}
