//! A JPEG that a disk has damaged, made such that decoders find their way through the rest of it.
//!
//! Between two restart markers a picture stands alone, and the markers are numbered modulo 8. Decoders lose their way
//! where one of them is damaged or missing, or where damage looks like a marker. So the sequence is put right before
//! they see it: missing markers are put in, with nothing before them, and what is no marker at its place is none any
//! more. Nothing else is changed. The bytes are untrusted; the worst they can do is to give a wrong picture.

use super::{JpegFrame, JpegMarkers, is_placeholder_height};

/// Markers before one that may be the last true one before it.
const LOOKED_BACK: usize = 24;
/// What a place of the sequence that is missing costs, where a marker that fits gains [`FITS`].
const MISSING: i64 = 2;
const FITS: i64 = 5;

/// Restart markers of a picture whose sequence is put right, and things in it that look like markers.
const MOST_MARKERS: u64 = 1 << 18;

/// Such a JPEG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MendedJpeg {
    /// What decoders take.
    pub bytes: Vec<u8>,
    /// Rows of the picture that are filled up, because nothing is there of what lies between two restart markers.
    pub lost_rows: u32,
}

/// Something in compressed data that looks like a marker.
#[derive(Clone, Copy, Debug)]
struct Found {
    at: usize,
    /// Of a restart marker.
    number: Option<u8>,
}

/// A restart marker that is in the sequence.
#[derive(Clone, Copy, Debug)]
struct Link {
    at: usize,
    /// Its place in the sequence, less that of the one before: 1, unless some are missing.
    step: u64,
}

impl MendedJpeg {
    /// Mends a JPEG; `known` is the frame header that it had when it was whole.
    pub fn of(mut bytes: Vec<u8>, known: Option<&JpegFrame>) -> MendedJpeg {
        put_frame(&mut bytes, known);
        let bytes = with_one_frame(bytes, known);
        let mut markers = JpegMarkers::new();
        markers.feed(&bytes);
        let facts = *markers.facts();
        let data = facts.first_scan.and_then(|at| usize::try_from(at).ok()).filter(|at| *at <= bytes.len());
        let (Some(frame), Some(data)) = (facts.frame, data) else { return MendedJpeg { bytes, lost_rows: 0 } };
        // Of several scans each has its own sequence.
        let scan = Scan::of(&bytes[..data], &frame).filter(|_| !frame.progressive);
        match scan {
            None => MendedJpeg { bytes, lost_rows: 0 },
            Some(scan) => scan.mended(&bytes, data),
        }
    }
}

/// Puts the frame header back where it was.
fn put_frame(bytes: &mut [u8], known: Option<&JpegFrame>) {
    let Some(frame) = known else { return };
    let place = usize::try_from(frame.height.offset).ok().and_then(|offset| offset.checked_sub(5));
    let Some(place) = place.and_then(|start| bytes.get_mut(start..start + 10)) else { return };
    let [_, code, ..] = *place else { return };
    let code = match (code, frame.progressive) {
        (0xc0 | 0xc1, false) => code,
        (_, false) => 0xc0,
        (_, true) => 0xc2,
    };
    let [height, width] = [frame.height.rows, frame.width].map(u16::to_be_bytes);
    let length = 8 + 3 * frame.components;
    let header = [0xff, code, 0, length, frame.precision, height[0], height[1], width[0], width[1], frame.components];
    place.copy_from_slice(&header);
}

/// Takes out segments that became something no decoder takes; with the frame known, also all other frames.
fn with_one_frame(bytes: Vec<u8>, known: Option<&JpegFrame>) -> Vec<u8> {
    let known = known.and_then(|frame| usize::try_from(frame.height.offset).ok()?.checked_sub(5));
    let mut kept = vec![0xff, 0xd8];
    let mut at = 2;
    while let Some([mark, code, high, low]) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        let end = at + 2 + usize::from(u16::from_be_bytes([*high, *low]));
        if (*mark, *code) == (0xff, 0xff) {
            at += 1;
            continue;
        }
        let is_frame = matches!(code, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf);
        let is_known = matches!(code, 0xc4 | 0xda..=0xdd | 0xe0..=0xef | 0xfe) || is_frame;
        if *mark != 0xff || end > bytes.len() || end < at + 4 {
            // Where the segments cannot be followed, the next one that makes sense goes on.
            match (at + 1..bytes.len()).find(|place| is_table(&bytes[*place..])) {
                Some(next) => at = next,
                None => return bytes,
            }
            continue;
        }
        if is_known && !(is_frame && known.is_some_and(|known| known != at)) {
            kept.extend_from_slice(&bytes[at..end]);
        }
        at = end;
        if *code == 0xda {
            kept.extend_from_slice(&bytes[at..]);
            return kept;
        }
    }
    bytes
}

/// Whether a segment begins here that decoders need, as long as such a one is.
fn is_table(bytes: &[u8]) -> bool {
    let [0xff, code, high, low, ..] = *bytes else { return false };
    let length = u16::from_be_bytes([high, low]);
    match code {
        0xdb => length > 2 && (length - 2).is_multiple_of(65) && length <= 262,
        0xdd => length == 4,
        0xc0..=0xc2 => matches!(length, 11 | 17 | 20),
        0xc4 => (20..=2000).contains(&length),
        0xda => matches!(length, 8 | 12 | 14),
        _ => false,
    }
}

/// What is known of the compressed data.
struct Scan {
    /// MCUs between two restart markers.
    interval: u64,
    mcus_in_row: u64,
    mcu_rows: u32,
    /// Restart markers of the whole picture, if its height is known.
    markers: Option<u64>,
}

impl Scan {
    /// Reads the segments before the data; `None` without restart markers.
    fn of(head: &[u8], frame: &JpegFrame) -> Option<Scan> {
        let (mut at, mut interval, mut mcu_width) = (2, 0, 8);
        while let Some([0xff, code, high, low]) = head.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
            let end = at + 2 + usize::from(u16::from_be_bytes([*high, *low]));
            let content = head.get(at + 4..end)?;
            match code {
                0xdd => interval = u64::from(u16::from_be_bytes([*content.first()?, *content.get(1)?])),
                0xc0..=0xc2 if frame.components > 1 => {
                    let samplings = content.get(6..)?.chunks_exact(3).map(|component| component[1] >> 4);
                    mcu_width = 8 * u64::from(samplings.max()?.max(1));
                }
                _ => {}
            }
            at = end;
        }
        let mcu_rows = if frame.components > 1 { u32::from(frame.mcu_rows) } else { 8 }.max(1);
        let mcus_in_row = u64::from(frame.width).div_ceil(mcu_width).max(1);
        let rows = frame.height.rows;
        let mcus = u64::from(u32::from(rows).div_ceil(mcu_rows)) * mcus_in_row;
        let markers = (!is_placeholder_height(rows) && interval > 0).then(|| mcus.div_ceil(interval) - 1);
        (interval > 0 && markers.is_none_or(|markers| markers <= MOST_MARKERS)).then_some(Scan {
            interval,
            mcus_in_row,
            mcu_rows,
            markers,
        })
    }

    fn mended(&self, bytes: &[u8], data: usize) -> MendedJpeg {
        // The last end marker is the picture's.
        let end = (data..bytes.len().saturating_sub(1)).rev().find(|at| bytes[*at..at + 2] == [0xff, 0xd9]);
        let end = end.unwrap_or(bytes.len());
        let Some(found) = found_in(bytes, data, end) else { return MendedJpeg { bytes: bytes.to_vec(), lost_rows: 0 } };
        let mut links = chain(&found);
        let tail = self.spread(&mut links, data, end);
        let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 8);
        out.extend_from_slice(&bytes[..data]);
        let (mut from, mut number, mut lost) = (data, 0_u64, 0_u64);
        let ends = links.iter().map(|link| (link.at, link.step)).chain([(end, tail + 1)]);
        for (to, step) in ends {
            let last = number + step - 1;
            // As many things that look like markers as are missing are those.
            let first = found.partition_point(|found| found.at < from);
            let between = &found[first..found.partition_point(|found| found.at < to).max(first)];
            let are_those = between.len() as u64 == step - 1;
            let pieces = if are_those { between } else { &[] };
            for Found { at, .. } in pieces {
                escaped(&bytes[from..*at], &mut out);
                out.extend_from_slice(&[0xff, 0xd0 + (number % 8) as u8]);
                number += 1;
                from = at + 2;
            }
            escaped(&bytes[from.min(to)..to], &mut out);
            while number < last {
                out.extend_from_slice(&[0xff, 0xd0 + (number % 8) as u8]);
                number += 1;
                lost += 1;
            }
            if to < end {
                out.extend_from_slice(&[0xff, 0xd0 + (number % 8) as u8]);
                number += 1;
                from = to + 2;
            }
        }
        out.extend_from_slice(&[0xff, 0xd9]);
        let rows = (lost * self.interval).div_ceil(self.mcus_in_row) * u64::from(self.mcu_rows);
        MendedJpeg { bytes: out, lost_rows: u32::try_from(rows).unwrap_or(u32::MAX) }
    }

    /// Numbers say how many markers are missing but for multiples of eight: those are where there are the most bytes for a
    /// marker even with them. What is missing at the end is given back.
    fn spread(&self, links: &mut [Link], data: usize, end: usize) -> u64 {
        let there: u64 = links.iter().map(|link| link.step).sum();
        let Some(mut missing) = self.markers.and_then(|markers| markers.checked_sub(there)) else { return 0 };
        while missing >= 8 {
            let starts = std::iter::once(data).chain(links.iter().map(|link| link.at));
            let density = |from: usize, to: usize, step: u64| (to - from) as u64 / step;
            let each = links.iter().zip(starts).map(|(link, from)| density(from, link.at, link.step + 8)).enumerate();
            let Some((densest, most)) = each.max_by_key(|(_, density)| *density) else { break };
            if most <= density(links.last().map_or(data, |link| link.at), end, missing + 1) {
                break;
            }
            // A few times for all of them, however many there are.
            let some = (missing / 8).div_ceil(16) * 8;
            links[densest].step += some;
            missing -= some;
        }
        missing
    }
}

/// All that looks like a marker in compressed data; `None` for more than [`MOST_MARKERS`].
fn found_in(bytes: &[u8], data: usize, end: usize) -> Option<Vec<Found>> {
    let mut found = Vec::new();
    let mut at = data;
    while at + 1 < end {
        match (bytes[at], bytes[at + 1]) {
            (0xff, 0x00) => at += 2,
            (0xff, 0xff) => at += 1,
            (0xff, _) if found.len() as u64 == MOST_MARKERS => return None,
            (0xff, code) => {
                found.push(Found { at, number: (0xd0..=0xd7).contains(&code).then(|| code - 0xd0) });
                at += 2;
            }
            _ => at += 1,
        }
    }
    Some(found)
}

/// The restart markers that make the best sequence.
fn chain(found: &[Found]) -> Vec<Link> {
    let restarts: Vec<(usize, u8)> = found.iter().filter_map(|found| Some((found.at, found.number?))).collect();
    // Of each: the best worth of a sequence that ends with it, the one before it, and the step from there.
    let mut best: Vec<(i64, Option<usize>, u64)> = Vec::with_capacity(restarts.len());
    for (index, (_, number)) in restarts.iter().enumerate() {
        let worth = |step: u64| FITS - MISSING * (step as i64 - 1);
        let first = u64::from(*number) + 1;
        let mut here = (worth(first), None, first);
        for before in index.saturating_sub(LOOKED_BACK)..index {
            let step = u64::from(number.wrapping_sub(restarts[before].1).wrapping_sub(1) & 7) + 1;
            let together = best[before].0 + worth(step);
            if together > here.0 {
                here = (together, Some(before), step);
            }
        }
        best.push(here);
    }
    let mut at = (0..best.len()).max_by_key(|index| best[*index].0);
    let mut links = Vec::new();
    while let Some(index) = at {
        let (_, before, step) = best[index];
        links.push(Link { at: restarts[index].0, step });
        at = before;
    }
    links.reverse();
    links
}

/// Compressed data without anything that looks like a marker.
fn escaped(bytes: &[u8], out: &mut Vec<u8>) {
    let mut bytes = bytes.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        out.push(byte);
        if byte == 0xff {
            out.push(0);
            bytes.next_if_eq(&0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A gray picture of 8 × 800 with a marker behind each of its hundred blocks, and this data.
    fn picture(data: impl IntoIterator<Item = u8>) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xdd, 0, 4, 0, 1, 0xff, 0xc0, 0, 11, 8, 3, 32, 0, 8, 1, 1, 0x11, 0];
        bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
        bytes.extend(data);
        bytes.extend([0xff, 0xd9]);
        bytes
    }

    fn blocks() -> impl Iterator<Item = u8> {
        (0..100_u8)
            .flat_map(|block| if block == 0 { vec![1, 2, 3] } else { vec![0xff, 0xd0 + (block - 1) % 8, 1, 2, 3] })
    }

    #[test]
    fn a_sequence_that_is_right_stays_as_it_is() {
        let whole = picture(blocks());
        assert_eq!(MendedJpeg::of(whole.clone(), None), MendedJpeg { bytes: whole, lost_rows: 0 });
    }

    #[test]
    fn a_marker_that_is_none_any_more_is_put_right() {
        let (whole, mut broken) = (picture(blocks()), picture(blocks()));
        let third = whole.windows(2).position(|pair| pair == [0xff, 0xd2]).expect("the third marker");
        broken[third + 1] = 0x92;
        assert_eq!(MendedJpeg::of(broken, None), MendedJpeg { bytes: whole, lost_rows: 0 });
    }

    #[test]
    fn more_markers_than_a_picture_has_are_left_alone() {
        let crowd = picture(
            (0..2 * MOST_MARKERS + 2).map(|byte| if byte % 2 == 0 { 0xff } else { 0xd0 + (byte / 7 % 16) as u8 }),
        );
        assert_eq!(MendedJpeg::of(crowd.clone(), None).bytes, crowd);
        // As many as are looked at take no time to speak of.
        let most = picture(
            (0..2 * MOST_MARKERS - 2).map(|byte| if byte % 2 == 0 { 0xff } else { 0xd0 + (byte / 7 % 8) as u8 }),
        );
        assert!(!MendedJpeg::of(most, None).bytes.is_empty());
    }

    #[test]
    fn nothing_that_a_disk_does_is_too_much() {
        let whole = picture(blocks());
        let mut random = 20_261_122_u32;
        let mut below = |limit: usize| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 8) as usize % limit
        };
        for _ in 0..20_000 {
            let mut bytes = whole.clone();
            for _ in 0..=below(6) {
                let at = below(bytes.len());
                match below(3) {
                    0 => bytes[at] ^= 1 << below(8),
                    1 => bytes[at] = [0, 0xff, 0xd0 + below(16) as u8][below(3)],
                    _ => bytes.truncate(at.max(2)),
                }
            }
            let grown = MendedJpeg::of(bytes.clone(), None).bytes.len();
            assert!(grown <= 2 * whole.len() + 2 * MOST_MARKERS as usize + 64, "{grown} from {bytes:02x?}");
        }
    }
}
