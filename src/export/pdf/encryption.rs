//! Encryption of a PDF file while it is written: AES-256 with the security handler of PDF 2.0 (ISO 32000-2,
//! 7.6, revision 6). Every stream and every string is encrypted, each with a random beginning of its own.

use std::io::{self, Write};

use aes::cipher::{Block, BlockCipherEncrypt, BlockModeEncrypt, KeyInit, KeyIvInit};
use aes::{Aes128, Aes256};
use pdf_writer::{Chunk, Finish, Name, Ref, Str};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::export::{ExportError, Impossible, PdfPassword};

/// Bytes of a password, at most; the rest would be cut off unsaid.
const LONGEST_PASSWORD: usize = 127;
/// Bytes of a block of AES.
const BLOCK: usize = 16;
/// Bytes that are encrypted at once.
const PIECE: usize = 4096;
/// Whoever opens the file may do everything: all bits but the lowest two, which must be 0.
const PERMISSIONS: i32 = -4;

type Salt = [u8; 8];

/// The secret of one file, and how a password opens it.
pub(super) struct Encryption {
    key: [u8; 32],
    user: [u8; 48],
    user_key: [u8; 32],
    owner: [u8; 48],
    owner_key: [u8; 32],
    permissions: [u8; BLOCK],
}

/// A password as it goes into a file: in the one of several spellings that everybody uses (RFC 4013).
fn prepared(password: &str) -> Result<Vec<u8>, Impossible> {
    if password.is_empty() {
        return Err(Impossible::EmptyPassword);
    }
    let prepared = stringprep::saslprep(password).map_err(|_| Impossible::PasswordCharacters)?;
    match prepared.len() {
        0 => Err(Impossible::PasswordCharacters),
        1..=LONGEST_PASSWORD => Ok(prepared.into_owned().into_bytes()),
        _ => Err(Impossible::PasswordTooLong),
    }
}

/// Why this password cannot be had.
pub(in crate::export) fn refused(password: &PdfPassword) -> Option<Impossible> {
    let owner = password.owner.as_deref().map_or(Ok(Vec::new()), prepared);
    prepared(&password.user).and(owner).err()
}

impl Encryption {
    /// With a new secret.
    pub(super) fn new(password: &PdfPassword) -> Result<Encryption, ExportError> {
        let user_password = prepared(&password.user).map_err(ExportError::Impossible)?;
        let owner_password = match &password.owner {
            Some(owner) => prepared(owner).map_err(ExportError::Impossible)?,
            None => user_password.clone(),
        };
        let key: [u8; 32] = random()?;
        let (user, user_key) = opened_by(&user_password, &[], &key)?;
        let (owner, owner_key) = opened_by(&owner_password, &user, &key)?;
        let mut permissions = [0xff; BLOCK];
        permissions[..4].copy_from_slice(&PERMISSIONS.to_le_bytes());
        // T: the metadata is encrypted, too.
        permissions[8..12].copy_from_slice(b"Tadb");
        permissions[12..].copy_from_slice(&random::<4>()?);
        let mut block = Block::<Aes256>::from(permissions);
        Aes256::new(&key.into()).encrypt_block(&mut block);
        Ok(Encryption { key, user, user_key, owner, owner_key, permissions: block.into() })
    }

    /// Writes the dictionary that says how the file is encrypted. Nothing of it is.
    pub(super) fn dictionary(&self, chunk: &mut Chunk, object: Ref) {
        let mut dict = chunk.indirect(object).dict();
        dict.pair(Name(b"Filter"), Name(b"Standard"));
        dict.pair(Name(b"V"), 5);
        dict.pair(Name(b"R"), 6);
        dict.pair(Name(b"Length"), 256);
        dict.pair(Name(b"P"), PERMISSIONS);
        dict.pair(Name(b"U"), Str(&self.user));
        dict.pair(Name(b"UE"), Str(&self.user_key));
        dict.pair(Name(b"O"), Str(&self.owner));
        dict.pair(Name(b"OE"), Str(&self.owner_key));
        dict.pair(Name(b"Perms"), Str(&self.permissions));
        dict.pair(Name(b"StmF"), Name(b"StdCF"));
        dict.pair(Name(b"StrF"), Name(b"StdCF"));
        let mut filters = dict.insert(Name(b"CF")).dict();
        let mut filter = filters.insert(Name(b"StdCF")).dict();
        filter.pair(Name(b"Type"), Name(b"CryptFilter"));
        filter.pair(Name(b"CFM"), Name(b"AESV3"));
        filter.pair(Name(b"AuthEvent"), Name(b"DocOpen"));
        filter.pair(Name(b"Length"), 32);
        filter.finish();
        filters.finish();
    }

    /// A string, or a short stream.
    pub(super) fn sealed(&self, bytes: &[u8]) -> Result<Vec<u8>, ExportError> {
        let mut sealed = Vec::with_capacity(bytes.len() + 2 * BLOCK);
        let mut sealing = self.sealing()?.onto(&mut sealed)?;
        sealing.write_all(bytes)?;
        sealing.finish()?;
        Ok(sealed)
    }

    /// For one stream.
    pub(super) fn sealing(&self) -> Result<Sealing, ExportError> {
        let iv = random()?;
        Ok(Sealing { iv, cipher: cbc::Encryptor::new(&self.key.into(), &iv.into()) })
    }
}

/// What encrypts one stream.
pub(super) struct Sealing {
    iv: [u8; BLOCK],
    cipher: cbc::Encryptor<Aes256>,
}

impl Sealing {
    /// What is written to this goes encrypted to the sink.
    pub(super) fn onto<W: Write>(self, mut sink: W) -> io::Result<Sealed<W>> {
        sink.write_all(&self.iv)?;
        Ok(Sealed { cipher: self.cipher, sink, held: Vec::with_capacity(PIECE) })
    }
}

/// A stream on its way through AES.
pub(super) struct Sealed<W: Write> {
    cipher: cbc::Encryptor<Aes256>,
    sink: W,
    /// Plain bytes, less than a piece.
    held: Vec<u8>,
}

impl<W: Write> Sealed<W> {
    /// Ends the stream: it is filled up to a whole block.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let missing = BLOCK - self.held.len() % BLOCK;
        self.held.extend(std::iter::repeat_n(missing as u8, missing));
        self.put()
    }

    /// Encrypts and writes the whole blocks.
    fn put(&mut self) -> io::Result<()> {
        let whole = self.held.len() / BLOCK * BLOCK;
        encrypt(&mut self.cipher, &mut self.held[..whole]);
        self.sink.write_all(&self.held[..whole])?;
        self.held.drain(..whole);
        Ok(())
    }
}

impl<W: Write> Write for Sealed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.chunks(PIECE) {
            self.held.extend_from_slice(piece);
            if self.held.len() >= PIECE {
                self.put()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

/// Encrypts whole blocks in place.
fn encrypt(cipher: &mut impl BlockModeEncrypt<BlockSize = aes::cipher::consts::U16>, bytes: &mut [u8]) {
    for block in bytes.as_chunks_mut::<BLOCK>().0 {
        cipher.encrypt_block(block.into());
    }
}

fn random<const N: usize>() -> Result<[u8; N], ExportError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "no random numbers");
        ExportError::Io(io::ErrorKind::Other)
    })?;
    Ok(bytes)
}

/// What proves a password, and the file's secret as it opens it (algorithms 8 and 9).
fn opened_by(password: &[u8], user: &[u8], key: &[u8; 32]) -> Result<([u8; 48], [u8; 32]), ExportError> {
    let (proof_salt, key_salt): (Salt, Salt) = (random()?, random()?);
    let mut proof = [0; 48];
    proof[..32].copy_from_slice(&hash(password, &proof_salt, user));
    proof[32..40].copy_from_slice(&proof_salt);
    proof[40..].copy_from_slice(&key_salt);
    let mut sealed = *key;
    let lock = hash(password, &key_salt, user);
    encrypt(&mut cbc::Encryptor::<Aes256>::new(&lock.into(), &[0; BLOCK].into()), &mut sealed);
    Ok((proof, sealed))
}

/// The slow hash of a password (algorithm 2.B).
fn hash(password: &[u8], salt: &Salt, user: &[u8]) -> [u8; 32] {
    let mut key: Vec<u8> =
        Sha256::new().chain_update(password).chain_update(salt).chain_update(user).finalize().to_vec();
    let mut round = 0u32;
    let mut last = 0;
    while round < 64 || u32::from(last) + 32 > round {
        let mut text = [password, &key, user].concat().repeat(64);
        let (Ok(aes_key), Ok(iv)) =
            (<[u8; BLOCK]>::try_from(&key[..BLOCK]), <[u8; BLOCK]>::try_from(&key[BLOCK..2 * BLOCK]))
        else {
            break;
        };
        encrypt(&mut cbc::Encryptor::<Aes128>::new(&aes_key.into(), &iv.into()), &mut text);
        let remainder = text[..BLOCK].iter().map(|byte| u32::from(*byte)).sum::<u32>() % 3;
        key = match remainder {
            0 => Sha256::digest(&text).to_vec(),
            1 => Sha384::digest(&text).to_vec(),
            _ => Sha512::digest(&text).to_vec(),
        };
        last = text.last().copied().unwrap_or(0);
        round += 1;
    }
    let mut short = [0; 32];
    short.copy_from_slice(&key[..32]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_taken_in_one_spelling_or_refused_by_name() {
        assert_eq!(prepared("").err(), Some(Impossible::EmptyPassword));
        assert_eq!(prepared("\u{ad}").err(), Some(Impossible::PasswordCharacters));
        assert_eq!(prepared("a\u{7}").err(), Some(Impossible::PasswordCharacters));
        assert_eq!(prepared(&"x".repeat(128)).err(), Some(Impossible::PasswordTooLong));
        assert_eq!(prepared(&"ä".repeat(64)).err(), Some(Impossible::PasswordTooLong));
        assert_eq!(prepared(&"x".repeat(127)).map(|bytes| bytes.len()), Ok(127));
        assert_eq!(prepared("ma\u{308}rz"), Ok("märz".as_bytes().to_vec()));
    }

    #[test]
    fn a_stream_is_filled_up_to_whole_blocks_whatever_pieces_it_comes_in() {
        let encryption = Encryption::new(&PdfPassword { user: "x".to_owned(), owner: None }).unwrap();
        for length in [0, 1, 15, 16, 17, PIECE - 1, PIECE, 3 * PIECE + 5] {
            let plain: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let sealing = encryption.sealing().unwrap();
            let mut once = cbc::Encryptor::<Aes256>::new(&encryption.key.into(), &sealing.iv.into());
            let mut apart = Vec::new();
            let mut sealed = sealing.onto(&mut apart).unwrap();
            plain.chunks(7).for_each(|piece| sealed.write_all(piece).unwrap());
            sealed.finish().unwrap();
            assert_eq!(apart.len(), BLOCK + length / BLOCK * BLOCK + BLOCK);
            let missing = BLOCK - length % BLOCK;
            let mut expected = [plain, vec![missing as u8; missing]].concat();
            encrypt(&mut once, &mut expected);
            assert!(apart[BLOCK..] == expected, "{length}");
        }
    }
}
