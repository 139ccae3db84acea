//! See `main.rs`.

use std::fs;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use lightbar::document::{DocumentId, Origin, PageFacts, PageFile, PageFileError, PageFileWriter, PageHead, PageId};
use lightbar::minidriver::PageFormat;
use lightbar::raster::{PixelFormat, RowLayout};

use crate::support::page_info::a4_page;
use crate::support::pictures::{JpegKind, jpeg};
use crate::support::random::{Random, number};

/// Bytes before the first chunk, and before a chunk's payload.
const FILE_HEADER: usize = 10;
const CHUNK_HEADER: usize = 9;
/// Pixels in a row, and rows in a band, of the raw pages here.
const WIDTH: u32 = 40;
const BAND: u32 = 6;
const BANDS: u32 = 12;

/// A chunk of a page file.
#[derive(Clone, Debug)]
struct Chunk {
    kind: u8,
    place: Range<usize>,
}

/// Where the chunks of a page file lie (`src/document/page_file/frame.rs` has their form).
fn chunks(file: &[u8]) -> Vec<Chunk> {
    let mut found = Vec::new();
    let mut at = FILE_HEADER;
    while at + CHUNK_HEADER <= file.len() {
        let length = u32::from_le_bytes(file[at + 1..at + 5].try_into().expect("four bytes")) as usize;
        found.push(Chunk { kind: file[at], place: at..at + CHUNK_HEADER + length });
        at += CHUNK_HEADER + length;
    }
    found
}

/// A page file on disk, and copies of it that are damaged.
struct Sample {
    folder: tempfile::TempDir,
    whole: Vec<u8>,
    /// The bytes of the page, and those of each of its chunks.
    bytes: Vec<u8>,
    parts: Vec<(Chunk, Range<usize>)>,
}

impl Sample {
    /// A page that came in these bands.
    fn of(format: PageFormat, bands: &[Vec<u8>]) -> Sample {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("1.page");
        let document = DocumentId::new("20260102-030405-000").expect("a valid id");
        let info = a4_page(format, 75);
        let head = PageHead { page: PageId(1), document, origin: Origin::default(), info };
        let mut writer = PageFileWriter::create(&path, head).expect("created");
        for band in bands {
            writer.append(band).expect("written");
        }
        writer.end(true, None).expect("ended");
        let whole = fs::read(&path).expect("readable");
        let mut at = 0;
        let parts = chunks(&whole).into_iter().skip(1).zip(bands).map(|(chunk, band)| {
            at += band.len();
            (chunk, at - band.len()..at)
        });
        Sample { parts: parts.collect(), bytes: bands.concat(), folder, whole }
    }

    /// Rows, some of which become smaller on the disk and some of which do not.
    fn rows(random: &mut Random) -> Sample {
        let bytes = (WIDTH * BAND) as usize;
        let bands: Vec<Vec<u8>> =
            (0..BANDS).map(|band| if band % 3 == 0 { random.bytes(bytes) } else { vec![band as u8; bytes] }).collect();
        let sample = Sample::of(PageFormat::Rows(RowLayout::packed(WIDTH, PixelFormat::Gray8)), &bands);
        assert!([7, 8].iter().all(|kind| sample.parts.iter().any(|(chunk, _)| chunk.kind == *kind)));
        sample
    }

    fn jpeg() -> Sample {
        let bands: Vec<Vec<u8>> = jpeg(JpegKind::COLOUR, 200, 160).chunks(700).map(<[u8]>::to_vec).collect();
        Sample::of(PageFormat::Jpeg, &bands)
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("1.page")
    }

    /// The page as a damaged file has it.
    fn opened(&self, file: &[u8]) -> Result<PageFile, PageFileError> {
        fs::write(self.path(), file).expect("written");
        PageFile::open(&self.path())
    }

    /// One bit of this byte is another one.
    fn flipped(&self, byte: usize, random: &mut Random) -> Vec<u8> {
        let mut file = self.whole.clone();
        file[byte] ^= 1 << random.below(8);
        file
    }
}

fn content(page: &PageFile) -> Vec<u8> {
    let mut bytes = Vec::new();
    page.bytes().read_to_end(&mut bytes).expect("a page file that was replayed can be read");
    bytes
}

/// Bytes of a chunk in which a bit is flipped: all of its header, and some others.
fn bytes_of(chunk: &Chunk, random: &mut Random) -> Vec<usize> {
    let payload = chunk.place.start + CHUNK_HEADER..chunk.place.end;
    let some = (0..12).map(|_| payload.start + random.below(payload.len() as u64) as usize);
    (chunk.place.start..payload.start).chain([payload.start, payload.end - 1]).chain(some).collect()
}

/// One flipped bit costs the rows of its chunk, which are white, and no others.
#[test]
fn a_flipped_bit_costs_the_rows_of_its_chunk_and_no_others() {
    let mut random = Random::seeded(number("LIGHTBAR_PAGE_FILE_SEED", 1));
    let sample = Sample::rows(&mut random);
    for (chunk, part) in &sample.parts {
        for byte in bytes_of(chunk, &mut random) {
            let file = sample.flipped(byte, &mut random);
            let page = sample.opened(&file).expect("its head is sound");
            let mut expected = sample.bytes.clone();
            expected[part.clone()].fill(0xff);
            assert!(content(&page) == expected, "chunk at {}, byte {byte}", chunk.place.start);
            let lost = part.start as u64..part.end as u64;
            assert_eq!(page.lost(), std::slice::from_ref(&lost));
            assert!(page.is_damaged() && !page.is_complete() && page.end().is_some_and(|end| end.complete));
            let facts = PageFacts::of(&page).expect("readable");
            assert_eq!((facts.height, facts.blank, facts.damaged), (BANDS * BAND, BAND, Some(BANDS * BAND)));
            assert!(!facts.complete && facts.readable() == (BANDS - 1) * BAND);
        }
    }
}

/// Of a picture the bytes of the damaged chunk are kept: all but the flipped bit are right.
#[test]
fn a_flipped_bit_in_a_picture_costs_that_bit() {
    let mut random = Random::seeded(number("LIGHTBAR_PAGE_FILE_SEED", 2));
    let sample = Sample::jpeg();
    let sound = PageFacts::of(&sample.opened(&sample.whole).expect("sound")).expect("readable");
    assert!(sound.complete && sound.height == 160);
    for (chunk, part) in &sample.parts {
        for byte in bytes_of(chunk, &mut random) {
            let file = sample.flipped(byte, &mut random);
            let page = sample.opened(&file).expect("its head is sound");
            // Behind the header and the place of the bytes.
            let bytes = chunk.place.end - part.len()..chunk.place.end;
            let mut expected = sample.bytes.clone();
            expected[part.clone()].copy_from_slice(&file[bytes]);
            assert!(content(&page) == expected, "chunk at {}, byte {byte}", chunk.place.start);
            assert!(page.is_damaged() && !page.is_complete());
            let facts = PageFacts::of(&page).expect("readable");
            assert!(!facts.complete && facts.damaged.is_some(), "{facts:?}");
        }
    }
}

/// A page that is damaged in several places has everything between them; the end of a page, or a chunk that was torn, is none.
#[test]
fn what_lies_between_damaged_places_is_regained() {
    let mut random = Random::seeded(number("LIGHTBAR_PAGE_FILE_SEED", 3));
    let sample = Sample::rows(&mut random);
    for _ in 0..60 {
        let mut file = sample.whole.clone();
        let mut expected = sample.bytes.clone();
        for (chunk, part) in &sample.parts {
            if random.below(3) == 0 {
                // A sector that the disk gives as zeros, wherever it lies.
                let at = chunk.place.start + random.below(chunk.place.len() as u64) as usize;
                let zeros = at..chunk.place.end;
                if file[zeros.clone()].iter().any(|byte| *byte != 0) {
                    file[zeros].fill(0);
                    expected[part.clone()].fill(0xff);
                }
            }
        }
        let page = sample.opened(&file).expect("its head is sound");
        assert!(content(&page) == expected);
        assert_eq!(page.is_damaged(), expected != sample.bytes);
    }
    let end = chunks(&sample.whole).last().expect("it has an end").clone();
    for byte in end.place.clone() {
        let page = sample.opened(&sample.flipped(byte, &mut random)).expect("its head is sound");
        assert!(content(&page) == sample.bytes && page.is_torn() && !page.is_damaged() && !page.is_complete());
    }
    let (last, part) = sample.parts.last().expect("it has some");
    let torn = sample.opened(&sample.whole[..last.place.end - 1]).expect("its head is sound");
    assert!(content(&torn) == sample.bytes[..part.start] && torn.is_torn() && !torn.is_damaged());
}

/// What looks like chunks and is none is not read again and again.
#[test]
fn false_chunks_are_not_searched_without_end() {
    let mut random = Random::seeded(4);
    let sample = Sample::rows(&mut random);
    let (chunk, _) = &sample.parts[5];
    let with = |between: &[u8]| {
        let behind = &sample.whole[chunk.place.start..];
        [&sample.whole[..chunk.place.start], between, behind].concat()
    };
    // A chunk of a million bytes begins at every ninth byte.
    let mut false_chunk = [0; CHUNK_HEADER];
    false_chunk[0] = 7;
    false_chunk[1..5].copy_from_slice(&1_000_000u32.to_le_bytes());
    let page = sample.opened(&with(&false_chunk.repeat(300_000))).expect("its head is sound");
    assert!(content(&page) == sample.bytes[..sample.parts[5].1.start] && page.is_torn() && page.is_damaged());
    // As many bytes that look like nothing are passed over.
    let page = sample.opened(&with(&[0; CHUNK_HEADER].repeat(300_000))).expect("its head is sound");
    assert!(content(&page) == sample.bytes && page.is_damaged() && page.lost().is_empty());
    // Chunks of another page are none.
    let other = Sample::rows(&mut random);
    let head = &chunks(&other.whole)[0];
    let info = a4_page(PageFormat::Rows(RowLayout::packed(WIDTH, PixelFormat::Gray8)), 75);
    let document = DocumentId::new("20260102-030405-000").expect("a valid id");
    let head_of_two = PageHead { page: PageId(2), document, origin: Origin::default(), info };
    let path = other.folder.path().join("2.page");
    PageFileWriter::create(&path, head_of_two).and_then(|mut page| page.append(&[9; 500])).expect("written");
    let foreign = fs::read(&path).expect("readable");
    let page = sample.opened(&with(&foreign[head.place.end..])).expect("its head is sound");
    assert!(content(&page) == sample.bytes && page.is_damaged() && page.lost().is_empty());
}

/// What version 1 wrote: later versions must go on reading it.
const VERSION_1: [(&[u8], usize); 2] = [
    (include_bytes!("../documents/page-version-1-jpeg.page"), 1046),
    (include_bytes!("../documents/page-version-1-rows.page"), 59 * 89),
];

fn written(folder: &Path, file: &[u8]) -> PageFile {
    let path = folder.join("1.page");
    fs::write(&path, file).expect("written");
    PageFile::open(&path).expect("its head is sound")
}

#[test]
fn a_page_of_version_1_is_read_and_regained_as_far_as_it_can_tell() {
    let mut random = Random::seeded(number("LIGHTBAR_PAGE_FILE_SEED", 5));
    let folder = tempfile::tempdir().expect("a folder");
    for (file, length) in VERSION_1 {
        let page = written(folder.path(), file);
        let whole = content(&page);
        assert_eq!((whole.len(), page.is_complete(), page.is_damaged()), (length, true, false));
        let facts = PageFacts::of(&page).expect("readable");
        assert_eq!((facts.width, facts.height, facts.complete), (89, 59, true));
        let chunks = chunks(file);
        for chunk in &chunks[1..chunks.len() - 1] {
            // What a packed piece unpacks to is known from its first four bytes alone.
            let payload = chunk.place.start + CHUNK_HEADER + 4..chunk.place.end;
            for _ in 0..8 {
                let mut damaged = file.to_vec();
                damaged[payload.start + random.below(payload.len() as u64) as usize] ^= 1 << random.below(8);
                let page = written(folder.path(), &damaged);
                let bytes = content(&page);
                let differ = bytes.iter().zip(&whole).filter(|(one, other)| one != other).count();
                let lost: u64 = page.lost().iter().map(|lost| lost.end - lost.start).sum();
                assert_eq!(bytes.len(), length, "everything is in its place");
                assert!((1..=lost as usize).contains(&differ) && lost < length as u64 / 2);
                assert!(page.is_damaged() && !page.is_complete());
            }
            // Where its length is wrong, too, rows end there, and a picture goes on.
            let mut damaged = file.to_vec();
            damaged[chunk.place.start + 1] ^= 1;
            let page = written(folder.path(), &damaged);
            match facts.layout().is_some_and(|layout| layout.format == PixelFormat::Gray8) && length == 59 * 89 {
                true => assert!(page.length() < length as u64 && whole.starts_with(&content(&page))),
                false => assert!(content(&page) == whole),
            }
            assert!(page.is_damaged() && !page.is_complete());
        }
    }
}
