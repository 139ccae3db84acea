//! See `main.rs`.

use std::fs;
use std::io::{Read, SeekFrom};
use std::path::Path;

use lightbar::document::{
    Arrival, Document, DocumentFolder, DocumentId, Edit, Look, Origin, PageFacts, PageFile, PageFileWriter, PageHead,
    PageId, PageIntake, Part, PictureFacts, Rotation,
};
use lightbar::minidriver::{Code, PageFormat, PageInfo, PageStream};
use lightbar::raster::{PixelFormat, PixelWindow, RowLayout, Tone};

use crate::support::page_info::a4_page;
use crate::support::pictures::{JpegKind, height_place, jpeg, page, with_dnl, with_height};
use crate::support::random::Random;
use crate::support::small_disk::SmallDisk;

fn info(format: PageFormat) -> PageInfo {
    a4_page(format, 300)
}

fn head(format: PageFormat) -> PageHead {
    let document = DocumentId::new("20260102-030405-000").expect("a valid id");
    PageHead { page: PageId(1), document, origin: Origin::default(), info: info(format) }
}

fn gray(width: u32) -> PageFormat {
    PageFormat::Rows(RowLayout::packed(width, PixelFormat::Gray8))
}

fn content(page: &PageFile) -> Vec<u8> {
    let mut bytes = Vec::new();
    page.bytes().read_to_end(&mut bytes).expect("a page file that was replayed can be read");
    bytes
}

fn open(path: &Path) -> PageFile {
    PageFile::open(path).expect("the page file can be replayed")
}

#[test]
fn a_page_comes_back_as_it_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, format) in [("jpeg", PageFormat::Jpeg), ("rows", gray(500))] {
        let path = folder.path().join(name);
        let mut random = Random(11);
        let mut writer = PageFileWriter::create(&path, head(format)).expect("the file can be created");
        let mut expected = Vec::new();
        for band in 0..20 {
            let bytes =
                if band % 2 == 0 { vec![band; 5000] } else { random.bytes(3_000_000 / (usize::from(band) + 1)) };
            writer.append(&bytes).expect("the band is written");
            expected.extend(bytes);
        }
        writer.end(true, Some(9)).expect("the end is written");
        let page = open(&path);
        assert_eq!(*page.head(), head(format));
        assert!(page.is_complete() && !page.is_torn());
        assert_eq!(page.end().and_then(|end| end.rows), Some(9));
        assert!(content(&page) == expected, "{name}");
    }
}

#[test]
fn raw_rows_are_smaller_on_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("1.page");
    let mut writer = PageFileWriter::create(&path, head(gray(1000))).expect("the file can be created");
    writer.append(&vec![255; 1_000_000]).expect("the band is written");
    assert!(fs::metadata(&path).expect("the file is there").len() < 20_000);
    assert_eq!(open(&path).length(), 1_000_000);
}

#[test]
fn page_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let document = DocumentFolder::unborn(folder.path());
    let (page, _open) = document.begin_page(info(PageFormat::Jpeg), Origin::default()).expect("a page");
    let path = document.page_path(page).expect("the document exists");
    assert_eq!(fs::metadata(&path).expect("the file is there").permissions().mode() & 0o777, 0o600);
    let document_path = document.path().expect("the document exists");
    assert_eq!(fs::metadata(document_path).expect("the folder is there").permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_file_cut_anywhere_gives_all_its_whole_bands() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("1.page");
    let mut random = Random(5);
    for format in [PageFormat::Jpeg, gray(40)] {
        let _ = fs::remove_file(&path);
        let mut writer = PageFileWriter::create(&path, head(format)).expect("the file can be created");
        let mut expected = Vec::new();
        // After how many bytes of the file how much of the page is there.
        let mut steps = vec![(fs::metadata(&path).expect("there").len(), 0)];
        for band in 0..6 {
            let bytes = if band % 2 == 0 { random.bytes(60) } else { vec![7; 60 + band * 10] };
            writer.append(&bytes).expect("the band is written");
            expected.extend(bytes);
            steps.push((fs::metadata(&path).expect("there").len(), expected.len()));
        }
        writer.end(true, None).expect("the end is written");
        let whole = fs::read(&path).expect("the file can be read");
        let cut_path = folder.path().join("cut.page");
        for cut in 0..whole.len() {
            fs::write(&cut_path, &whole[..cut]).expect("written");
            let Ok(page) = PageFile::open(&cut_path) else {
                assert!((cut as u64) < steps[0].0, "a whole head is enough, cut at {cut}");
                continue;
            };
            let there = steps.iter().rev().find(|(at, _)| *at <= cut as u64).map_or(0, |(_, bytes)| *bytes);
            assert!(content(&page) == expected[..there], "cut at {cut}");
            assert!(!page.is_complete() && page.end().is_none());
        }
    }
}

#[test]
fn writing_moving_and_cutting_is_what_a_plain_file_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let seed = 31;
    println!("seed {seed}");
    let mut random = Random(seed);
    for round in 0..60 {
        let document = DocumentFolder::unborn(folder.path());
        let format = if round % 2 == 0 { PageFormat::Jpeg } else { gray(10) };
        let (id, open_page) = document.begin_page(info(format), Origin::default()).expect("a page");
        let mut stream = open_page.stream();
        let mut plain: Vec<u8> = Vec::new();
        let mut position = 0usize;
        for _ in 0..random.below(40) {
            match random.below(5) {
                0 => {
                    position = random.below(plain.len() as u64 + 50) as usize;
                    assert_eq!(stream.seek(SeekFrom::Start(position as u64)), Ok(position as u64));
                }
                1 => {
                    let length = random.below(plain.len() as u64 + 100) as usize;
                    stream.set_len(length as u64).expect("cut or extended");
                    plain.resize(length, 0);
                }
                _ => {
                    let length = random.below(300) as usize;
                    let bytes = if random.below(2) == 0 { random.bytes(length) } else { vec![3; length] };
                    assert_eq!(stream.write(&bytes), Ok(length));
                    if length > 0 {
                        plain.resize(plain.len().max(position + length), 0);
                        plain[position..position + length].copy_from_slice(&bytes);
                    }
                    position += length;
                }
            }
        }
        assert_eq!(stream.seek(SeekFrom::End(0)), Ok(plain.len() as u64));
        open_page.end(true, None).expect("the end is written");
        assert_eq!(stream.write(b"late"), Err(lightbar::minidriver::StreamError(Code::E_UNEXPECTED)));
        let page = open(&document.page_path(id).expect("the document exists"));
        assert!(content(&page) == plain, "round {round}");
        assert!(page.is_complete());
    }
}

#[test]
fn a_follower_gets_every_byte_while_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = DocumentFolder::unborn(folder.path());
    for format in [PageFormat::Jpeg, gray(100)] {
        let (_, open_page) = document.begin_page(info(format), Origin::default()).expect("a page");
        let mut tail = open_page.tail();
        let follower = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            tail.read_to_end(&mut bytes).map(|_| bytes)
        });
        let mut stream = open_page.stream();
        let mut random = Random(3);
        let mut expected = Vec::new();
        for band in 0..200 {
            let bytes = if band % 2 == 0 { random.bytes(700) } else { vec![1; 4000] };
            stream.write(&bytes).expect("written");
            expected.extend(bytes);
        }
        open_page.end(false, None).expect("the end is written");
        let bytes = follower.join().expect("no panic").expect("no error");
        assert!(bytes == expected);
    }
}

#[test]
fn a_follower_ends_when_it_is_stopped_or_its_writer_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = DocumentFolder::unborn(folder.path());
    for stopped in [true, false] {
        let (_, open_page) = document.begin_page(info(PageFormat::Jpeg), Origin::default()).expect("a page");
        let mut stream = open_page.stream();
        stream.write(b"some bytes").expect("written");
        let mut tail = open_page.tail();
        let stop = tail.stop_handle();
        let mut first = [0; 10];
        tail.read_exact(&mut first).expect("they are there");
        let follower = std::thread::spawn(move || tail.read(&mut [0; 10]).ok());
        if stopped {
            stop.stop();
        } else {
            drop(stream);
            drop(open_page);
        }
        assert_eq!(follower.join().expect("no panic"), Some(0));
    }
}

#[test]
fn a_document_is_open_once_and_comes_back_from_its_files() {
    let data = tempfile::tempdir().expect("a folder");
    assert!(DocumentFolder::list(data.path()).expect("readable").is_empty());
    let document = DocumentFolder::unborn(data.path());
    assert!(document.id().is_none(), "nothing is on disk before the first page");
    for number in 0..12u8 {
        let (page, open_page) = document.begin_page(info(PageFormat::Jpeg), Origin::default()).expect("a page");
        assert_eq!(page, PageId(u64::from(number) + 1));
        open_page.stream().write(&[number]).expect("written");
        if number != 11 {
            open_page.end(true, None).expect("the end is written");
        }
        open_page.sync_handle().sync().expect("synced");
    }
    let id = document.id().expect("it exists now");
    assert_eq!(DocumentFolder::list(data.path()).expect("readable"), std::slice::from_ref(&id));
    assert!(matches!(DocumentFolder::open(data.path(), &id), Err(lightbar::document::FolderError::Locked)));
    fs::write(document.page_path(PageId(99)).expect("a path"), b"rubbish").expect("written");
    drop(document);
    let document = DocumentFolder::open(data.path(), &id).expect("nobody has it open any more");
    let recovered = document.recover().expect("readable");
    let numbers: Vec<u64> = recovered.pages.iter().map(|(page, _)| page.0).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<u64>>());
    assert!(recovered.pages.iter().all(|(page, file)| file.is_complete() == (page.0 != 12)));
    assert_eq!(recovered.unreadable.len(), 1);
    let (next, _page) = document.begin_page(info(PageFormat::Jpeg), Origin::default()).expect("a page");
    assert_eq!(next, PageId(100), "a number is not used again");
    document.remove().expect("removed");
    assert!(DocumentFolder::list(data.path()).expect("readable").is_empty());
}

/// Pages of every kind that devices send, whole, with a name and their format.
fn pages_of_every_kind() -> Vec<(&'static str, PageFormat, Vec<u8>)> {
    let colour = jpeg(JpegKind::COLOUR, 320, 400);
    let gray = jpeg(JpegKind::GRAY, 160, 240);
    let samples = page(3, 100, 80);
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 100, 80);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().expect("a header").write_image_data(&samples).expect("data");
    let mut tiff = std::io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut tiff).expect("an encoder");
    encoder.write_image::<tiff::encoder::colortype::RGB8>(100, 80, &samples).expect("encoded");
    let padded = RowLayout { width: 413, format: PixelFormat::Rgb8, stride: 413 * 3 + 5 };
    vec![
        ("colour", PageFormat::Jpeg, colour.clone()),
        ("gray", PageFormat::Jpeg, gray.clone()),
        ("CMYK", PageFormat::Jpeg, jpeg(JpegKind::CMYK, 160, 240)),
        ("progressive", PageFormat::Jpeg, jpeg(JpegKind { progressive: true, ..JpegKind::COLOUR }, 160, 240)),
        ("DNL after 0", PageFormat::Jpeg, with_dnl(&gray, 0)),
        ("DNL after 65535", PageFormat::Jpeg, with_dnl(&gray, 65_535)),
        ("no height at all", PageFormat::Jpeg, with_height(&gray, 0)),
        ("too high", PageFormat::Jpeg, with_height(&gray, 9_999)),
        ("followed by more", PageFormat::Jpeg, [colour, b"rubbish".to_vec()].concat()),
        ("no JPEG", PageFormat::Jpeg, b"<html>404</html>".to_vec()),
        ("PNG", PageFormat::Png, png),
        ("TIFF", PageFormat::Tiff, tiff.into_inner()),
        ("rows", PageFormat::Rows(padded), page(1, padded.stride, 60)),
    ]
}

/// Takes a page in, in bands of random sizes; what was seen of it, and what reading it again says.
fn taken_in(
    format: PageFormat,
    bytes: &[u8],
    (complete, rows): (bool, Option<u32>),
    random: &mut Random,
) -> (Option<PageFacts>, PageFacts) {
    let folder = tempfile::tempdir().expect("a folder");
    let document = DocumentFolder::unborn(folder.path());
    let (id, open_page) = document.begin_page(info(format), Origin::default()).expect("a page");
    let intake = PageIntake::new(open_page);
    let mut stream = intake.stream();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (band, behind) = rest.split_at((1 + random.below(9000) as usize).min(rest.len()));
        stream.write(band).expect("written");
        rest = behind;
    }
    let seen = intake.end(complete, rows).expect("the end is written");
    let page = open(&document.page_path(id).expect("it exists"));
    (seen, PageFacts::of(&page).expect("readable"))
}

#[test]
fn what_is_seen_of_a_page_as_it_comes_is_what_reading_it_again_says() {
    let seed = 0x0fac_7500;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    for (name, format, whole) in pages_of_every_kind() {
        let is_jpeg = format == PageFormat::Jpeg;
        let has_rows = matches!(format, PageFormat::Rows(_));
        let (seen, read) = taken_in(format, &whole, (true, None), &mut random);
        assert_eq!(seen.is_some(), has_rows || (is_jpeg && name != "no height at all"), "{name} is not read again");
        assert!(seen.is_none_or(|seen| seen == read), "{name}: {seen:?}, {read:?}");
        assert_eq!(read.complete, !matches!(name, "no JPEG"), "{name}: {read:?}");
        for _ in 0..40 {
            let cut = random.below(whole.len() as u64 + 1) as usize;
            let said = (random.below(2) == 0, (random.below(4) == 0).then(|| random.below(300) as u32));
            let (seen, read) = taken_in(format, &whole[..cut], said, &mut random);
            assert!(seen.is_none_or(|seen| seen == read), "{name} cut at {cut}, {said:?}: {seen:?}, {read:?}");
            assert!(seen.is_some() || !has_rows, "{name} cut at {cut} is not read again");
        }
    }
}

/// What was moved, cut or perhaps not kept is for the file to say.
#[test]
fn a_stream_that_was_not_written_in_one_go_is_looked_at_again() {
    let whole = jpeg(JpegKind::GRAY, 160, 240);
    let height_at = height_place(&whole) as u64;
    let folder = tempfile::tempdir().expect("a folder");
    let document = DocumentFolder::unborn(folder.path());
    let facts = |change: &dyn Fn(&mut dyn PageStream)| {
        let (id, open_page) = document.begin_page(info(PageFormat::Jpeg), Origin::default()).expect("a page");
        let intake = PageIntake::new(open_page);
        let mut stream = intake.stream();
        stream.write(&whole).expect("written");
        change(&mut stream);
        let seen = intake.end(true, None).expect("the end is written");
        (seen, PageFacts::of(&open(&document.page_path(id).expect("it exists"))).expect("readable"))
    };
    let (seen, read) = facts(&|stream| {
        assert_eq!(stream.seek(SeekFrom::Start(3)), Ok(3));
    });
    assert_eq!(seen, Some(read), "moving alone changes nothing");
    let (seen, read) = facts(&|stream| {
        stream.seek(SeekFrom::Start(height_at)).expect("moved");
        stream.write(&120u16.to_be_bytes()).expect("written");
    });
    assert_eq!((seen, read.height), (None, 120));
    let (seen, read) = facts(&|stream| stream.set_len(whole.len() as u64 / 2).expect("cut"));
    assert!(seen.is_none() && !read.complete && read.height < 240, "{read:?}");
}

/// What a person sees of a document.
fn seen(document: &Document) -> Vec<(u64, Look)> {
    document.pages().iter().map(|page| (page.id.0, page.look)).collect()
}

fn arrive(document: &mut Document, page: u64) {
    document.page_began(&PageHead { page: PageId(page), ..head(PageFormat::Jpeg) }, Arrival::AtEnd);
    let picture = PictureFacts::Unknown;
    let (damaged, blank, mark, sheet) = (None, 0, 0, None);
    let facts = PageFacts { width: 9, height: 9, complete: true, bytes: 81, picture, damaged, blank, mark, sheet };
    document.page_ended(PageId(page), facts);
}

fn some_edit(random: &mut Random, pages: u64) -> Edit {
    let mut page = || PageId(1 + random.below(pages));
    let (one, two, three) = (page(), page(), page());
    let after = (random.below(4) != 0).then_some(three);
    match random.below(11) {
        0 => Edit::Insert { pages: vec![one, two], after },
        1 => Edit::Delete(vec![one, two]),
        2 => Edit::Clear,
        3 => Edit::Move { pages: vec![one, two], after },
        4 => Edit::Rotate { pages: vec![one, two], by: [Rotation::Quarter, Rotation::Half][random.below(2) as usize] },
        5 => Edit::Replace { old: one, new: two },
        6 => Edit::Tone { pages: vec![one, two], tone: Tone { brightness: random.below(3) as i8, ..Tone::default() } },
        7 => Edit::Crop(vec![(one, (random.below(2) == 0).then_some(PixelWindow::all(5, 5))), (two, None)]),
        8 => {
            let part = || Part { page: PageId(1000 + random.below(1 << 40)), crop: PixelWindow::all(3, 3) };
            Edit::Split { page: one, into: std::iter::repeat_with(part).take(2).collect() }
        }
        9 => Edit::Interleave { fronts: vec![one, two], backs: vec![three] },
        _ => Edit::Move { pages: vec![one], after },
    }
}

#[test]
fn every_change_can_be_taken_back_and_made_again() {
    let seed = 2026;
    println!("seed {seed}");
    let mut random = Random(seed);
    for round in 0..400 {
        let mut document = Document::new();
        let pages = 1 + random.below(7);
        (1..=pages).for_each(|page| arrive(&mut document, page));
        let mut states = vec![seen(&document)];
        for _ in 0..random.below(20) {
            let edit = some_edit(&mut random, pages + 1);
            let before = seen(&document);
            if document.apply(edit.clone()) {
                assert_eq!(document.undo_name(), Some(edit.name()));
                states.push(seen(&document));
            } else {
                assert_eq!(seen(&document), before, "round {round}: {edit:?} said that it changed nothing");
            }
        }
        for state in states.iter().rev().skip(1) {
            assert!(document.undo());
            assert_eq!(seen(&document), *state, "round {round}");
        }
        assert!(!document.undo() && document.undo_name().is_none());
        for state in states.iter().skip(1) {
            assert!(document.redo());
            assert_eq!(seen(&document), *state, "round {round}");
        }
        assert!(!document.redo());
    }
}

#[test]
fn pages_that_arrive_meanwhile_are_neither_lost_nor_doubled() {
    let seed = 2027;
    println!("seed {seed}");
    let mut random = Random(seed);
    for round in 0..400 {
        let mut document = Document::new();
        let mut pages = 0;
        for _ in 0..60 {
            match random.below(4) {
                0 => {
                    pages += 1;
                    arrive(&mut document, pages);
                }
                1 => drop(document.undo()),
                2 => drop(document.redo()),
                _ => drop(document.apply(some_edit(&mut random, pages + 1))),
            }
            let mut there: Vec<u64> = document.pages().iter().map(|page| page.id.0).collect();
            there.sort_unstable();
            let unique = there.windows(2).all(|pair| pair[0] != pair[1]);
            let known = (1..=pages).all(|page| document.page(PageId(page)).is_some());
            assert!(unique && known, "round {round}: {there:?}");
        }
        // With everything taken back, all pages are there.
        while document.undo() {}
        let mut there: Vec<u64> = document.pages().iter().map(|page| page.id.0).collect();
        there.sort_unstable();
        assert_eq!(there, (1..=pages).collect::<Vec<u64>>(), "round {round}");
    }
}

#[test]
fn a_job_under_way_does_not_stand_between_a_person_and_their_last_change() {
    let mut document = Document::new();
    (1..=3).for_each(|page| arrive(&mut document, page));
    assert!(document.apply(Edit::Delete(vec![PageId(2)])));
    arrive(&mut document, 4);
    assert_eq!(document.undo_name(), Some("Delete"));
    assert!(document.undo());
    assert_eq!(seen(&document).iter().map(|(page, _)| *page).collect::<Vec<u64>>(), [1, 2, 3, 4]);
    assert!(document.redo());
    assert_eq!(document.forget_history(), [PageId(2)], "its file may go now");
}

#[test]
fn a_full_disk_keeps_what_was_written() {
    let Some(small) = SmallDisk::of(1024) else { return };
    let document = DocumentFolder::unborn(small.path());
    let (id, open_page) = document.begin_page(info(PageFormat::Jpeg), Origin::default()).expect("a page");
    let mut stream = open_page.stream();
    let mut random = Random(1);
    let mut expected = Vec::new();
    let refused = loop {
        let band = random.bytes(10_000);
        match stream.write(&band) {
            Ok(_) => expected.extend(band),
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused, lightbar::minidriver::StreamError(Code::STG_E_MEDIUMFULL));
    let page = open(&document.page_path(id).expect("it exists"));
    assert!(content(&page) == expected, "every band that was taken is there");
    let ended = open_page.end(false, None);
    assert!(ended.is_ok() || matches!(ended, Err(lightbar::document::PageFileError::Io(_))));
}
