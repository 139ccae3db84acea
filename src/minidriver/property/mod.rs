//! The `property` module deals with *what an item can be told*: every setting is a property with a kind, a number, a
//! value and a set of valid values (reference, part 4).
//!
//! An application never writes one value: it writes a [`Batch`], which succeeds or fails as a whole
//! ([`ItemProperties::write`]). What it wrote is checked and never corrected; what depends on it is
//! corrected, so values have to be read again after a write. The result is a [`super::ScanJob`].
//!
//! ```
//! use lightbar::minidriver::property::{Batch, DataType, ItemProperties, keys};
//! # use lightbar::minidriver::{ColorMode, Combination, Item, ItemCategory, Justification, OfferedFormat, Resolutions, Surface};
//! # use lightbar::units::{Dpi, Length};
//! # let offered = |mode| Combination { mode, format: OfferedFormat::Jpeg, resolutions: Resolutions::List(vec![Dpi(75), Dpi(300)]) };
//! # let item = Item {
//! #     name: "Flatbed".to_owned(),
//! #     full_name: r"0000\Root\Flatbed".to_owned(),
//! #     category: ItemCategory::Flatbed,
//! #     surface: Surface {
//! #         min_width: Length::from_mm(10),
//! #         min_height: Length::from_mm(10),
//! #         max_width: Length::from_mm(216),
//! #         max_height: Length::from_mm(297),
//! #         justification: Justification::Left,
//! #     },
//! #     combinations: vec![offered(ColorMode::Gray), offered(ColorMode::Color)],
//! #     feeder: None,
//! # };
//! let mut flatbed = ItemProperties::of(item);
//! let changed = Batch::new().set(keys::DATA_TYPE, DataType::Gray).set(keys::X_RES, 300);
//! flatbed.write(&changed)?;
//! // The depth followed (R53).
//! assert_eq!(flatbed.get(keys::DEPTH), Some(8));
//! // A value outside of its set changes nothing (R51).
//! assert!(flatbed.write(&Batch::new().set(keys::X_RES, 301)).is_err());
//! assert_eq!(flatbed.get(keys::X_RES), Some(300));
//! # Ok::<(), lightbar::minidriver::property::BatchError>(())
//! ```

mod batch;
mod geometry;
mod guid;
mod id;
mod initial;
mod item_properties;
pub mod keys;
mod kinds;
mod rules;
mod store;
mod to_job;
mod valid;

pub use batch::{Batch, BatchError, Refusal};
pub use geometry::PageSize;
pub use guid::Guid;
pub use id::Property;
pub use item_properties::ItemProperties;
pub use keys::{Key, PropertyType};
pub use kinds::*;
pub use rules::{Change, PropertyRules, StandardRules};
pub use store::{Access, Entry, PropertyStore};
pub use to_job::NotTransferable;
pub use valid::{ValidValues, Value};
