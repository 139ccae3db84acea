//! Writing a document into its database: what changed, in one transaction.

use std::collections::HashMap;

use rusqlite::{Transaction, TransactionBehavior, params};

use crate::document::history::{Entry, Touched};
use crate::document::{CameFrom, Document, Page, PageId};

use super::reading::{BEGAN, CAME_FROM, DEVICE, LEAVING, SAVED, SAVED_TO, STANDS, TITLE, path_to_text};
use super::rows::{self, UPSERT, number, to_json};
use super::{Store, StoreError};

impl Store {
    /// Whether there is something that did not get into the database.
    pub(in crate::document) fn is_behind(&self) -> bool {
        self.behind
    }

    /// Writes what changed. `file_bytes` gives the length of a page's file. What a person did is on the disk when this
    /// returns; of what arrived the database is only told.
    ///
    /// # Errors
    /// [`StoreError`]; the database is as it was, and the next call writes everything.
    pub(in crate::document) fn write(
        &mut self,
        document: &Document,
        touched: &Touched,
        file_bytes: &dyn Fn(PageId) -> Option<u64>,
    ) -> Result<(), StoreError> {
        let everything = self.behind || touched.everything;
        self.behind = true;
        let durable = everything || touched.is_a_persons();
        self.connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        if everything {
            write_all(&transaction, document, file_bytes)?;
        } else {
            write_touched(&transaction, document, touched, file_bytes)?;
        }
        let order: Vec<PageId> = document.pages().iter().map(|page| page.id).collect();
        if order != self.order || everything {
            let known = if everything { &[][..] } else { &self.order[..] };
            write_order(&transaction, known, &order)?;
        }
        transaction.commit()?;
        self.order = order;
        self.behind = false;
        Ok(())
    }
}

fn write_all(
    transaction: &Transaction<'_>,
    document: &Document,
    file_bytes: &dyn Fn(PageId) -> Option<u64>,
) -> Result<(), StoreError> {
    transaction.execute_batch("DELETE FROM page; DELETE FROM history; DELETE FROM about;")?;
    let mut upsert = transaction.prepare_cached(UPSERT)?;
    for page in document.pages().iter().chain(document.put_aside()) {
        write_page(&mut upsert, page, file_bytes)?;
    }
    for entry in document.history().entries() {
        write_entry(transaction, entry)?;
    }
    write_about(transaction, document)?;
    write_stands(transaction, document)
}

fn write_touched(
    transaction: &Transaction<'_>,
    document: &Document,
    touched: &Touched,
    file_bytes: &dyn Fn(PageId) -> Option<u64>,
) -> Result<(), StoreError> {
    let mut remove = transaction.prepare_cached("DELETE FROM page WHERE id = ?1")?;
    for page in &touched.gone {
        remove.execute([number(*page)])?;
    }
    let mut upsert = transaction.prepare_cached(UPSERT)?;
    for page in pages(document, touched) {
        write_page(&mut upsert, page, file_bytes)?;
    }
    if let Some(from) = touched.forgotten_from {
        transaction.execute("DELETE FROM history WHERE number >= ?1", [signed(from)])?;
    }
    if let Some(to) = touched.forgotten_to {
        transaction.execute("DELETE FROM history WHERE number <= ?1", [signed(to)])?;
    }
    for entry in touched.entries.iter().filter_map(|entry| document.history().entry(*entry)) {
        write_entry(transaction, entry)?;
    }
    if touched.about {
        write_about(transaction, document)?;
    }
    if touched.stands { write_stands(transaction, document) } else { Ok(()) }
}

/// The pages that changed and are still known.
fn pages<'a>(document: &'a Document, touched: &Touched) -> Vec<&'a Page> {
    match touched.pages.iter().next() {
        // The usual case, and the one that must not become slower with every page: the newest page.
        Some(only) if touched.pages.len() == 1 => {
            let newest = document.pages().last().filter(|page| page.id == *only);
            newest.or_else(|| document.page(*only)).into_iter().collect()
        }
        _ => {
            let all = document.pages().iter().chain(document.put_aside());
            all.filter(|page| touched.pages.contains(&page.id)).collect()
        }
    }
}

fn write_page(
    upsert: &mut rusqlite::Statement<'_>,
    page: &Page,
    file_bytes: &dyn Fn(PageId) -> Option<u64>,
) -> Result<(), StoreError> {
    let length = page.facts().and_then(|_| file_bytes(page.file));
    Ok(rows::write(upsert, page, length)?)
}

fn write_entry(transaction: &Transaction<'_>, entry: &Entry) -> Result<(), StoreError> {
    let mut insert =
        transaction.prepare_cached("INSERT OR REPLACE INTO history (number, edit, undo) VALUES (?1, ?2, ?3)")?;
    insert.execute(params![signed(entry.number), to_json(&entry.edit), entry.undo.as_ref().map(to_json)])?;
    Ok(())
}

fn write_about(transaction: &Transaction<'_>, document: &Document) -> Result<(), StoreError> {
    let about = document.about();
    put(transaction, BEGAN, document.began().map(|began| began.to_string()))?;
    put(transaction, TITLE, about.title.clone())?;
    put(transaction, DEVICE, about.device.clone())?;
    put(transaction, CAME_FROM, about.came_from.as_ref().map(CameFrom::kept))?;
    put(transaction, LEAVING, Some(document.leaving()).filter(|files| !files.is_empty()).map(|files| to_json(&files)))?;
    put(transaction, SAVED_TO, about.saved_to.as_deref().map(path_to_text))?;
    put(transaction, SAVED, Some(to_json(document.saved())))
}

fn write_stands(transaction: &Transaction<'_>, document: &Document) -> Result<(), StoreError> {
    put(transaction, STANDS, Some(document.history().stands().to_string()))
}

fn put(transaction: &Transaction<'_>, key: &str, value: Option<String>) -> Result<(), StoreError> {
    match value {
        Some(value) => {
            let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO about (key, value) VALUES (?1, ?2)")?;
            insert.execute([key, &value])?;
        }
        None => {
            transaction.prepare_cached("DELETE FROM about WHERE key = ?1")?.execute([key])?;
        }
    }
    Ok(())
}

/// Writes the places of the pages whose place changed.
fn write_order(transaction: &Transaction<'_>, before: &[PageId], now: &[PageId]) -> Result<(), StoreError> {
    let mut place = transaction.prepare_cached("UPDATE page SET place = ?2 WHERE id = ?1")?;
    // Most pages come to the end: what is before them is passed over quickly.
    let same = before.iter().zip(now).take_while(|(before, now)| before == now).count();
    let mut old: HashMap<PageId, usize> = before.iter().copied().zip(0..).skip(same).collect();
    for (at, page) in now.iter().enumerate().skip(same) {
        if old.remove(page) != Some(at) {
            place.execute(params![number(*page), at as i64])?;
        }
    }
    for page in old.keys() {
        place.execute(params![number(*page), None::<i64>])?;
    }
    Ok(())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
