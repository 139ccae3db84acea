//! Streams that unpack to more than they may. They are unpacked here once, with nothing kept, before a library
//! unpacks them into memory. What is not looked at here (fonts, and what hides behind rarer filters) is held by
//! the limit of memory alone.

use std::cell::Cell;
use std::collections::HashSet;
use std::io::{self, Read};

use flate2::read::DeflateDecoder;
use hayro_syntax::Filter;
use hayro_syntax::object::{Array, Dict, Name, Stream};
use hayro_syntax::page::Page;
use weezl::{BitOrder, decode::Decoder as Lzw};

use crate::import::Limit;
use crate::import::limits::MAX_PIXELS_AT_ONCE;

use super::message::Refusal;

/// Bytes of a page's drawing, unpacked. Maps have some ten millions.
const MOST_CONTENT: u64 = 256 << 20;
/// Compressed bytes that are unpacked at once.
const PIECE: usize = 8 << 10;
/// Bytes of a pixel: four samples of sixteen bits.
const LARGEST_PIXEL: u64 = 8;
/// Bytes that a picture may have beyond its pixels: one for each row, and what programs put behind.
const SLACK: u64 = 1 << 20;
/// Filters one after the other. Nobody needs more than two.
const MOST_FILTERS: usize = 4;
/// Forms within each other that are looked into.
const DEEPEST: usize = 16;
/// Pictures and forms of a page.
const MOST_OBJECTS: usize = 20_000;

/// Looks at what a page draws; `false` when a part of it is not there or breaks off, which a library that draws it
/// passes over.
pub(super) fn check(page: &Page<'_>, number: u32) -> Result<bool, Refusal> {
    let mut look = Look { number, seen: HashSet::new(), content: 0, whole: Cell::new(true) };
    if let Some(stream) = page.raw().get::<Stream<'_>>(b"Contents") {
        look.content(&stream)?;
    } else if let Some(streams) = page.raw().get::<Array<'_>>(b"Contents") {
        let mut found = 0;
        for stream in streams.iter::<Stream<'_>>() {
            look.content(&stream)?;
            found += 1;
        }
        if streams.raw_iter().count() != found {
            look.whole.set(false);
        }
    } else if page.raw().contains_key(b"Contents") {
        look.whole.set(false);
    }
    look.objects(&page.resources().x_objects, 0)?;
    Ok(look.whole.get())
}

struct Look {
    number: u32,
    /// Objects that were looked at.
    seen: HashSet<(u32, i32)>,
    /// Bytes of all drawing so far.
    content: u64,
    /// Whether everything could be unpacked so far.
    whole: Cell<bool>,
}

impl Look {
    fn content(&mut self, stream: &Stream<'_>) -> Result<(), Refusal> {
        self.content += self.unpacked(stream, MOST_CONTENT)?;
        if self.content > MOST_CONTENT {
            return Err(Refusal::Bomb(Some(self.number)));
        }
        // Filters that are not looked into here.
        if stream.decoded_data().is_err() {
            self.whole.set(false);
        }
        Ok(())
    }

    /// Looks at pictures and forms.
    fn objects(&mut self, named: &Dict<'_>, depth: usize) -> Result<(), Refusal> {
        let too_much = |what: &str| Err(Refusal::Unsupported(self.number, format!("a PDF with {what}")));
        if depth > DEEPEST {
            return too_much("forms so deep within each other");
        }
        if self.seen.len() > MOST_OBJECTS {
            return too_much("so many pictures on a page");
        }
        for name in named.keys() {
            let Some(stream) = named.get::<Stream<'_>>(&name) else { continue };
            let id = stream.obj_id();
            if !self.seen.insert((id.obj_number, id.gen_number)) {
                continue;
            }
            let dict = stream.dict();
            match dict.get::<Name<'_>>(b"Subtype").as_deref() {
                Some(b"Image") => self.picture(&stream)?,
                Some(b"Form") => {
                    self.content(&stream)?;
                    let resources = dict.get::<Dict<'_>>(b"Resources");
                    if let Some(inner) = resources.and_then(|resources| resources.get::<Dict<'_>>(b"XObject")) {
                        self.objects(&inner, depth + 1)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn picture(&mut self, stream: &Stream<'_>) -> Result<(), Refusal> {
        let dict = stream.dict();
        let side = |key: &[u8]| u64::from(dict.get::<u32>(key).unwrap_or(0));
        let pixels = side(b"Width").saturating_mul(side(b"Height"));
        if pixels > MAX_PIXELS_AT_ONCE {
            return Err(Refusal::TooLarge(Some(self.number), Limit::Pixels(MAX_PIXELS_AT_ONCE)));
        }
        self.unpacked(stream, pixels * LARGEST_PIXEL + SLACK)?;
        for mask in [b"SMask" as &[u8], b"Mask"] {
            let Some(mask) = dict.get::<Stream<'_>>(mask) else { continue };
            let id = mask.obj_id();
            if self.seen.insert((id.obj_number, id.gen_number)) {
                self.picture(&mask)?;
            }
        }
        Ok(())
    }

    /// Bytes that a stream unpacks to, as far as its filters are looked into here.
    fn unpacked(&self, stream: &Stream<'_>, most: u64) -> Result<u64, Refusal> {
        let filters = stream.filters();
        if filters.len() > MOST_FILTERS {
            return Err(Refusal::Unsupported(self.number, "a PDF with so many filters".to_owned()));
        }
        let raw = stream.raw_data();
        let over = Cell::new(false);
        let mut bytes: Box<dyn Read + '_> = Box::new(&raw[..]);
        for filter in filters {
            // What one filter gives is in memory before the next one takes it.
            bytes = match filter {
                Filter::FlateDecode => Box::new(AtMost { bytes: inflating(bytes), left: most, over: &over }),
                Filter::LzwDecode => Box::new(AtMost { bytes: Unpacking::new(bytes), left: most, over: &over }),
                _ => break,
            };
        }
        // Broken data ends here as it does for the library: with what came before.
        let unpacked = io::copy(&mut bytes, &mut io::sink());
        drop(bytes);
        if over.get() {
            return Err(Refusal::Bomb(Some(self.number)));
        }
        if unpacked.is_err() {
            self.whole.set(false);
        }
        Ok(unpacked.unwrap_or(0))
    }
}

/// Data with the header of zlib or without, as it is met with.
fn inflating<'a>(mut bytes: Box<dyn Read + 'a>) -> Box<dyn Read + 'a> {
    let mut head = [0; 2];
    let mut read = 0;
    while let Some(rest) = head.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match bytes.read(rest) {
            Ok(0) | Err(_) => break,
            Ok(more) => read += more,
        }
    }
    let is_zlib = read == 2 && head[0] & 0x0f == 8 && u16::from_be_bytes(head) % 31 == 0 && head[1] & 0x20 == 0;
    if is_zlib {
        return Box::new(DeflateDecoder::new(bytes));
    }
    Box::new(DeflateDecoder::new(io::Cursor::new(head).take(read as u64).chain(bytes)))
}

/// Gives so many bytes and no more.
struct AtMost<'a, R> {
    bytes: R,
    left: u64,
    /// Set when there would have been more.
    over: &'a Cell<bool>,
}

impl<R: Read> Read for AtMost<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                self.over.set(true);
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        Ok(read)
    }
}

/// LZW on its way to being unpacked.
struct Unpacking<R> {
    bytes: R,
    lzw: Lzw,
    packed: Vec<u8>,
    taken: usize,
}

impl<R: Read> Unpacking<R> {
    fn new(bytes: R) -> Unpacking<R> {
        let lzw = Lzw::with_tiff_size_switch(BitOrder::Msb, 8);
        Unpacking { bytes, lzw, packed: Vec::new(), taken: 0 }
    }
}

impl<R: Read> Read for Unpacking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.taken == self.packed.len() {
                self.packed.resize(PIECE, 0);
                let read = self.bytes.read(&mut self.packed)?;
                self.packed.truncate(read);
                self.taken = 0;
                if read == 0 {
                    return Ok(0);
                }
            }
            let result = self.lzw.decode_bytes(&self.packed[self.taken..], buffer);
            self.taken += result.consumed_in;
            match result.status {
                _ if result.consumed_out > 0 => return Ok(result.consumed_out),
                Ok(weezl::LzwStatus::Ok) if result.consumed_in > 0 => {}
                Ok(_) => return Ok(0),
                Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }
}
