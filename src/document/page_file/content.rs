//! What a chunk does to its page.

use super::PageEnd;
use super::frame::{ChunkKind, MAX_PIECE};

/// A chunk's payload, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    /// What the page is.
    Head,
    /// Bytes for the end of the page.
    Append {
        /// The page's length before; version 1 does not say it.
        at: Option<u64>,
        bytes: &'a [u8],
    },
    /// The same, compressed.
    Packed {
        at: Option<u64>,
        /// Bytes that they unpack to.
        length: u32,
        /// For [`unpack`].
        packed: &'a [u8],
    },
    /// Bytes somewhere else.
    Patch { at: u64, bytes: &'a [u8] },
    /// The page's length from now on.
    SetLen(u64),
    /// The page is over.
    End {
        /// Its length; version 1 does not say it.
        length: Option<u64>,
        end: PageEnd,
    },
}

impl<'a> Content<'a> {
    /// `None` for a payload that no version writes.
    pub(super) fn of(kind: ChunkKind, payload: &'a [u8]) -> Option<Content<'a>> {
        Some(match kind {
            ChunkKind::Head => Content::Head,
            ChunkKind::Append => Content::Append { at: None, bytes: payload },
            ChunkKind::AppendPacked => Content::Packed { at: None, length: unpacked_length(payload)?, packed: payload },
            ChunkKind::Patch => {
                let (at, bytes) = placed(payload)?;
                Content::Patch { at, bytes }
            }
            ChunkKind::SetLen => Content::SetLen(u64::from_le_bytes(payload.try_into().ok()?)),
            ChunkKind::End => Content::End { length: None, end: end(payload)? },
            ChunkKind::PlacedAppend => {
                let (at, bytes) = placed(payload)?;
                Content::Append { at: Some(at), bytes }
            }
            ChunkKind::PlacedAppendPacked => {
                let (at, packed) = placed(payload)?;
                Content::Packed { at: Some(at), length: unpacked_length(packed)?, packed }
            }
            ChunkKind::PlacedEnd => {
                let (length, rest) = placed(payload)?;
                Content::End { length: Some(length), end: end(rest)? }
            }
        })
    }
}

/// A number and what follows it.
fn placed(payload: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = payload.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*number), rest))
}

fn end(payload: &[u8]) -> Option<PageEnd> {
    let (complete, rows) = payload.split_first()?;
    let rows = u32::from_le_bytes(rows.try_into().ok()?);
    Some(PageEnd { complete: *complete == 1, rows: (rows != u32::MAX).then_some(rows) })
}

/// Bytes that a compressed piece unpacks to; `None` for more than one may have.
pub(super) fn unpacked_length(packed: &[u8]) -> Option<u32> {
    let (length, _) = packed.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length);
    (length as usize <= MAX_PIECE).then_some(length)
}

/// Unpacks a compressed piece; an error when it does not give what it promises.
pub(super) fn unpack(packed: &[u8], piece: &mut Vec<u8>) -> Result<(), ()> {
    let length = unpacked_length(packed).ok_or(())? as usize;
    piece.clear();
    piece.resize(length, 0);
    match lz4_flex::block::decompress_into(&packed[4..], piece) {
        Ok(unpacked) if unpacked == length => Ok(()),
        _ => Err(()),
    }
}
