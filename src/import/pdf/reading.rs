//! Reads a PDF and tells its pages.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hayro_syntax::page::Page;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use crate::import::limits::{MAX_PAGES, MAX_PDF_BYTES};
use crate::import::{Limit, Password, Remark};

use super::message::{Refusal, Teller, Told};
use super::{bombs, drawn, notes, page, picture, tree};

/// Bytes from the end of a file in which its structure is pointed to. Programs put a kilobyte behind it at most.
const END_WITHIN: usize = 64 << 10;

/// Why a page was not told.
pub(super) enum Stopped {
    /// The file is refused.
    Refused(Refusal),
    /// Nobody hears any more.
    Unheard(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Stopped {
        Stopped::Unheard(error)
    }
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Stopped {
        Stopped::Refused(refusal)
    }
}

/// Reads a file and tells all of it.
///
/// # Errors
/// When nobody hears any more.
pub(super) fn run(file: File, password: Option<&Password>, out: &mut dyn Write) -> io::Result<()> {
    let mut teller = Teller(out);
    let mut at = None;
    let read = catch_unwind(AssertUnwindSafe(|| pages(file, password, &mut teller, &mut at)));
    match read.unwrap_or(Err(Stopped::Refused(Refusal::Broken(at)))) {
        Ok(()) => teller.tell(&Told::Done),
        Err(Stopped::Refused(refusal)) => teller.tell(&Told::Refused(refusal)),
        Err(Stopped::Unheard(error)) => Err(error),
    }
}

fn pages(
    mut file: File,
    password: Option<&Password>,
    teller: &mut Teller<'_>,
    at: &mut Option<u32>,
) -> Result<(), Stopped> {
    let mut bytes = Vec::new();
    let length = file.metadata().map_or(0, |metadata| metadata.len()).min(MAX_PDF_BYTES);
    bytes.reserve_exact(usize::try_from(length).unwrap_or(0));
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(MAX_PDF_BYTES + 1).read_to_end(&mut bytes));
    if read.is_err() {
        return Err(Refusal::Unreadable.into());
    }
    if bytes.len() as u64 > MAX_PDF_BYTES {
        return Err(Refusal::TooLarge(None, Limit::FileBytes(MAX_PDF_BYTES)).into());
    }
    if !has_end(&bytes) {
        return Err(Refusal::Broken(None).into());
    }
    let pdf = opened(bytes, password)?;
    let order = tree::order(&pdf)?;
    let count = u32::try_from(order.pages.len()).unwrap_or(u32::MAX);
    if count == 0 {
        return Err(Refusal::NoPages.into());
    }
    if count > MAX_PAGES {
        return Err(Refusal::TooLarge(None, Limit::Pages(MAX_PAGES)).into());
    }
    teller.tell(&Told::Pages(count))?;
    let pages = order.pages.iter().filter_map(|place| pdf.pages().get(*place));
    for (number, page) in (1..).zip(pages) {
        *at = Some(number);
        read_page(page, number, teller)?;
    }
    if order.missing > 0 {
        teller.tell(&Told::Remark(Remark::PagesNotThere(order.missing)))?;
    }
    Ok(())
}

/// Opens a file: without a password, since many need none, then with it. The newest kind of encryption takes it in the
/// spelling of RFC 4013, and programs that do not know that as it is typed.
fn opened(bytes: Vec<u8>, password: Option<&Password>) -> Result<Pdf, Refusal> {
    let bytes = Arc::new(bytes);
    let typed = password.map(Password::reveal);
    let prepared = typed.and_then(|typed| stringprep::saslprep(typed).ok()).filter(|text| Some(text.as_ref()) != typed);
    let candidates = [Some(""), prepared.as_deref(), typed];
    let mut refused = Refusal::NeedsPassword;
    for candidate in candidates.into_iter().flatten() {
        refused = match Pdf::new_with_password(bytes.clone(), candidate) {
            Ok(pdf) => return Ok(pdf),
            Err(LoadPdfError::Decryption(DecryptionError::PasswordProtected)) => Refusal::NeedsPassword,
            Err(LoadPdfError::Decryption(_)) => {
                Refusal::Unsupported(1, "a PDF with encryption of this kind".to_owned())
            }
            Err(LoadPdfError::Invalid) => Refusal::Broken(None),
        };
    }
    Err(refused)
}

/// Whether a file has its end. The library puts one together that broke off, and pages without their pictures would
/// pass for whole ones.
fn has_end(bytes: &[u8]) -> bool {
    let end = &bytes[bytes.len().saturating_sub(END_WITHIN)..];
    memchr::memmem::find(end, b"startxref").is_some()
}

fn read_page(page: &Page<'_>, number: u32, teller: &mut Teller<'_>) -> Result<(), Stopped> {
    let whole = bombs::check(page, number)?;
    let sheet = page::Sheet::of(page, number)?;
    let picture = page::only_picture(page, &sheet);
    let taken = match &picture {
        Some(only) => picture::tell(only, number, teller)?,
        None => false,
    };
    let drawn_whole = taken || drawn::tell(page, &sheet, picture.map(|only| only.dpi), number, teller)?;
    if !whole || !drawn_whole {
        teller.tell(&Told::Remark(Remark::SomethingMissing(number)))?;
    }
    if notes::are_left_out(page) {
        teller.tell(&Told::Remark(Remark::NotesLeftOut(number)))?;
    }
    Ok(())
}
