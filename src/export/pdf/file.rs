//! The bones of a PDF file: objects as they come, then the table that says where they are.

use std::borrow::Cow;
use std::io::Write;

use pdf_writer::{Chunk, Ref};

use crate::export::ExportError;
use crate::export::output::Output;

use super::encryption::{Encryption, Sealing};

/// Offsets the classic table can hold: ten digits. Larger files get a cross-reference stream.
const LARGEST_CLASSIC_OFFSET: u64 = 9_999_999_999;
/// Objects that are reserved from the start: catalog, page tree, information.
const RESERVED: usize = 3;

/// A PDF file that is being written.
pub(super) struct PdfFile<'a> {
    pub(super) out: Output<'a>,
    /// Where object n + 1 begins; zero: not written.
    offsets: Vec<u64>,
    fingerprint: Fingerprint,
    encryption: Option<Encryption>,
}

impl<'a> PdfFile<'a> {
    pub(super) fn begin(mut out: Output<'a>, encryption: Option<Encryption>) -> Result<PdfFile<'a>, ExportError> {
        // This kind of encryption came with 2.0.
        out.write_all(if encryption.is_some() { b"%PDF-2.0" } else { b"%PDF-1.7" })?;
        // The comment's bytes above 127 tell transfer programs that the file is binary.
        out.write_all(b"\n%\x80\x80\x80\x80\n\n")?;
        Ok(PdfFile { out, offsets: vec![0; RESERVED], fingerprint: Fingerprint::new(), encryption })
    }

    /// A string, or a short stream, as it stands in the file: encrypted, when the file is.
    pub(super) fn sealed<'b>(&self, bytes: &'b [u8]) -> Result<Cow<'b, [u8]>, ExportError> {
        match &self.encryption {
            None => Ok(Cow::Borrowed(bytes)),
            Some(encryption) => encryption.sealed(bytes).map(Cow::Owned),
        }
    }

    /// What a stream goes through; nothing, unless the file is encrypted.
    pub(super) fn sealing(&self) -> Result<Option<Sealing>, ExportError> {
        self.encryption.as_ref().map(Encryption::sealing).transpose()
    }

    /// A name for an object that will be written.
    pub(super) fn reserve(&mut self) -> Ref {
        self.offsets.push(0);
        Ref::new(i32::try_from(self.offsets.len()).unwrap_or(i32::MAX))
    }

    /// Notes that this object begins here.
    pub(super) fn begins(&mut self, object: Ref) {
        let index = (object.get() - 1) as usize;
        self.offsets[index] = self.out.position();
    }

    /// Writes the objects of a chunk.
    pub(super) fn put(&mut self, chunk: &Chunk) -> Result<(), ExportError> {
        let bytes = chunk.as_bytes();
        let base = self.out.position();
        for object in chunk.refs() {
            let at = find(bytes, format!("{} 0 obj", object.get()).as_bytes()).unwrap_or(0);
            self.offsets[(object.get() - 1) as usize] = base + at as u64;
        }
        self.out.write_all(bytes)?;
        self.seen(bytes);
        Ok(())
    }

    /// Begins a stream object: the dictionary is written by `pdf-writer`, the data is ours, so that it
    /// need not be in memory. `dictionary` is an indirect object that holds a dictionary alone.
    pub(super) fn begin_stream(&mut self, object: Ref, dictionary: &Chunk) -> Result<(), ExportError> {
        self.begins(object);
        let bytes = dictionary.as_bytes();
        let end = bytes.windows(6).rposition(|window| window == b"endobj").unwrap_or(bytes.len());
        let head = bytes[..end].trim_ascii_end();
        self.out.write_all(head)?;
        self.out.write_all(b"\nstream\n")?;
        self.seen(head);
        Ok(())
    }

    pub(super) fn end_stream(&mut self) -> Result<(), ExportError> {
        self.out.write_all(b"\nendstream\nendobj\n\n")?;
        Ok(())
    }

    /// Lets the file's identity depend on these bytes.
    pub(super) fn seen(&mut self, bytes: &[u8]) {
        self.fingerprint.feed(bytes);
    }

    /// Writes table and trailer.
    pub(super) fn finish(mut self, catalog: Ref, information: Ref) -> Result<(), ExportError> {
        let mut trailer = format!("/Root {} 0 R\n/Info {} 0 R\n", catalog.get(), information.get());
        if let Some(encryption) = self.encryption.take() {
            let object = self.reserve();
            let mut chunk = Chunk::new();
            encryption.dictionary(&mut chunk, object);
            self.put(&chunk)?;
            trailer += &format!("/Encrypt {} 0 R\n", object.get());
        }
        let id = self.fingerprint.hex();
        trailer += &format!("/ID [<{id}> <{id}>]");
        let table = self.out.position();
        if table <= LARGEST_CLASSIC_OFFSET {
            self.classic_table(&trailer)?;
        } else {
            self.table_stream(&trailer)?;
        }
        write!(self.out, "startxref\n{table}\n%%EOF\n")?;
        Ok(self.out.flush()?)
    }

    fn classic_table(&mut self, trailer: &str) -> Result<(), ExportError> {
        let size = self.offsets.len() + 1;
        write!(self.out, "xref\n0 {size}\n0000000000 65535 f\r\n")?;
        for index in 0..self.offsets.len() {
            match self.offsets[index] {
                0 => self.out.write_all(b"0000000000 65535 f\r\n")?,
                offset => write!(self.out, "{offset:010} 00000 n\r\n")?,
            }
        }
        write!(self.out, "trailer\n<<\n/Size {size}\n{trailer}\n>>\n")?;
        Ok(())
    }

    /// The same as a stream of binary numbers, for files above ten gigabytes.
    fn table_stream(&mut self, trailer: &str) -> Result<(), ExportError> {
        let own = self.reserve();
        self.begins(own);
        let size = self.offsets.len() + 1;
        let length = size * 10;
        write!(
            self.out,
            "{} 0 obj\n<<\n/Type /XRef\n/W [1 8 1]\n/Size {size}\n/Length {length}\n{trailer}\n>>\nstream\n",
            own.get()
        )?;
        self.out.write_all(&[0; 10])?;
        for index in 0..self.offsets.len() {
            let offset = self.offsets[index];
            let mut entry = [0; 10];
            entry[0] = u8::from(offset != 0);
            entry[1..9].copy_from_slice(&offset.to_be_bytes());
            self.out.write_all(&entry)?;
        }
        self.end_stream()
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let starts_line = |at: usize| at == 0 || bytes[at - 1] == b'\n';
    (0..bytes.len().saturating_sub(what.len() - 1)).find(|at| starts_line(*at) && bytes[*at..].starts_with(what))
}

/// 128 bits that depend on all content: two checksums of everything, spread. It tells documents
/// apart; it proves nothing to anybody who forges them.
struct Fingerprint {
    sum: crc32fast::Hasher,
    length: u64,
    mixed: u128,
}

impl Fingerprint {
    /// FNV-1a, 128 bits.
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

    fn new() -> Fingerprint {
        Fingerprint { sum: crc32fast::Hasher::new(), length: 0, mixed: Fingerprint::OFFSET }
    }

    /// Bytes behind which the running sum takes part, so that more than its 32 bits do. Where the pieces end in which
    /// bytes come, and how many somebody takes of them at a time, says nothing of a document.
    const STEP: u64 = 4096;

    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = Fingerprint::STEP - self.length % Fingerprint::STEP;
            let (piece, rest) = bytes.split_at(usize::try_from(room).map_or(bytes.len(), |room| room.min(bytes.len())));
            self.sum.update(piece);
            self.length += piece.len() as u64;
            if self.length.is_multiple_of(Fingerprint::STEP) {
                self.mix(self.sum.clone().finalize());
            }
            bytes = rest;
        }
    }

    fn mix(&mut self, value: u32) {
        for byte in value.to_le_bytes() {
            self.mixed = (self.mixed ^ u128::from(byte)).wrapping_mul(Fingerprint::PRIME);
        }
    }

    fn hex(&mut self) -> String {
        self.mix(self.sum.clone().finalize());
        self.mix(self.length as u32);
        format!("{:032x}", self.mixed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_of_the_bytes_and_not_of_their_pieces() {
        let bytes: Vec<u8> = (0..50_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let identity = |bytes: &[u8], piece: usize| {
            let mut fingerprint = Fingerprint::new();
            bytes.chunks(piece).for_each(|piece| fingerprint.feed(piece));
            fingerprint.hex()
        };
        let whole = identity(&bytes, bytes.len());
        for piece in [1, 7, 4095, 4096, 4097, 16_384] {
            assert_eq!(identity(&bytes, piece), whole, "in pieces of {piece}");
        }
        assert_ne!(identity(&bytes[1..], 4096), whole);
        let mut other = bytes.clone();
        other[20_000] ^= 1;
        assert_ne!(identity(&other, 4096), whole);
    }
}
