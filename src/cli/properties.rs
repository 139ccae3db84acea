//! Properties of a device's items, printed with their valid values (`lightbar devices --properties`).

use serde::Serialize;

use crate::minidriver::ROOT_PATH;
use crate::minidriver::property::{Access, Entry, Property, PropertyStore, ValidValues, Value};
use crate::text::errors::valid_values;
use crate::transfer::ApplicationItems;

/// One item, as programs read it.
#[derive(Serialize)]
pub(super) struct ItemRow {
    /// Its path from the root.
    pub(super) name: String,
    /// Its properties, in the order of their numbers.
    pub(super) properties: Vec<PropertyRow>,
}

/// One property: WIA's number and name, and WIA's container of valid values, element by element.
#[derive(Serialize)]
pub(super) struct PropertyRow {
    id: u32,
    name: &'static str,
    access: &'static str,
    value: serde_json::Value,
    kind: &'static str,
    valid: Vec<serde_json::Value>,
    #[serde(skip)]
    words: String,
}

/// The root and its sources.
pub(super) fn item_rows(items: &ApplicationItems) -> Vec<ItemRow> {
    let root = ItemRow { name: ROOT_PATH.to_owned(), properties: property_rows(items.root()) };
    let sources = items.items().iter().map(|properties| ItemRow {
        name: properties.item().full_name.clone(),
        properties: property_rows(properties.store()),
    });
    std::iter::once(root).chain(sources).collect()
}

fn property_rows(store: &PropertyStore) -> Vec<PropertyRow> {
    store.iter().map(|(property, entry)| property_row(property, entry)).collect()
}

fn property_row(property: Property, entry: &Entry) -> PropertyRow {
    PropertyRow {
        id: property.id(),
        name: property.name(),
        access: match entry.access {
            Access::Read => "R",
            Access::ReadWrite => "RW",
        },
        value: json(&entry.value),
        kind: match entry.valid {
            ValidValues::Any => "NONE",
            ValidValues::Range { .. } => "RANGE",
            ValidValues::List { .. } => "LIST",
            ValidValues::Flags { .. } => "FLAG",
        },
        valid: entry.valid.elements().iter().map(json).collect(),
        words: match entry.valid {
            ValidValues::Any => String::new(),
            ref valid => valid_values(valid),
        },
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Number(number) => (*number).into(),
        Value::Guid(guid) => guid.to_string().into(),
        Value::Text(text) => text.as_str().into(),
    }
}

/// A table for people: number, name, access, value, and what it could be.
pub(super) fn property_table(rows: &[PropertyRow]) -> String {
    let name = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let line = |row: &PropertyRow| {
        let value = row.value.as_str().map_or_else(|| row.value.to_string(), str::to_owned);
        let PropertyRow { id, name: wia, access, words, .. } = row;
        format!("  {id:>4}  {wia:name$}  {access:2}  {value:<10}  {words}").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
