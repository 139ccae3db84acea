//! The transfer modes beside the stream, and the formats that are made here: BMP, MEMORYBMP and WIA's raw format
//! (reference, part 6; R28).

mod banded;
mod file;
mod folder;

use std::cell::RefCell;
use std::rc::Rc;

use lightbar::minidriver::property::{Batch, Format, ItemProperties, keys};
use lightbar::minidriver::{AcquireEnd, Code, Condition, ItemCategory};
use lightbar::raster::{PixelFormat, RowLayout};
use lightbar::transfer::{Answer, NextStream, TransferMessage, outcome_code};

use crate::support::pictures::{JpegKind, jpeg_of, page};
use crate::support::transfer::{Bench, ScriptedPage, Step, StoredPage, assert_legal};

/// Three gray pixels a row, padded to five bytes.
const GRAY: RowLayout = RowLayout { width: 3, format: PixelFormat::Gray8, stride: 5 };

/// Rows whose bytes tell their place; the padding is 0xEE.
fn gray_rows(rows: u8) -> Vec<u8> {
    (0..rows).flat_map(|row| [row * 3, row * 3 + 1, row * 3 + 2, 0xEE, 0xEE]).collect()
}

/// The feeder of a bench, set to this format.
fn feeder(bench: &Bench, format: Format) -> ItemProperties {
    let mut item = bench.broker.application_items().item(ItemCategory::Feeder).expect("there").clone();
    item.write(&Batch::new().set(keys::PAGES, 0).set(keys::FORMAT, format)).expect("offered");
    item
}

fn number(bytes: &[u8], at: usize) -> i64 {
    i64::from(i32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")))
}

/// Width, height, bits and rows of pixels of a bitmap, checked as a reader of such files would.
struct ReadBitmap {
    width: i64,
    height: i64,
    bits: u16,
    rows: Vec<Vec<u8>>,
}

fn read_bitmap(file: &[u8]) -> ReadBitmap {
    assert_eq!(&file[..2], b"BM");
    assert_eq!(number(file, 2), file.len() as i64, "the size of the file");
    let (offset, info) = (number(file, 10) as usize, number(file, 14));
    assert_eq!(info, 40);
    let (width, height) = (number(file, 18), number(file, 22));
    let bits = u16::from_le_bytes([file[28], file[29]]);
    assert!(height < 0, "rows come from the top");
    let stride = (width as usize * usize::from(bits)).div_ceil(32) * 4;
    let rows: Vec<Vec<u8>> = file[offset..].chunks(stride).map(<[u8]>::to_vec).collect();
    assert_eq!(rows.len() as i64, -height, "the height in the header is that of the rows");
    ReadBitmap { width, height: -height, bits, rows }
}

#[test]
fn r28_a_bitmap_of_unknown_height_is_right_after_the_last_write_and_not_before() {
    let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::rows(GRAY, &gray_rows(9), None))]]);
    let seen = Rc::new(RefCell::new(Vec::new()));
    let heights = Rc::clone(&seen);
    let mut application = bench.application().on_message(move |message, pages| {
        if let (TransferMessage::Status { percent, .. }, Some(page)) = (message, pages.last()) {
            let bytes = page.bytes();
            if bytes.len() >= 26 {
                heights.borrow_mut().push((percent.value(), number(&bytes, 22)));
            }
        }
        Answer::Continue
    });
    let item = feeder(&bench, Format::Bmp);
    let outcome = bench.broker.download(bench.broker.prepare_item(&item).expect("can be"), &mut application);
    assert_eq!(outcome, Ok(AcquireEnd::Completed));
    let bitmap = read_bitmap(&application.bytes()[0]);
    assert_eq!((bitmap.width, bitmap.height, bitmap.bits), (3, 9, 8));
    for (row, pixels) in bitmap.rows.iter().enumerate() {
        let first = row as u8 * 3;
        assert_eq!(pixels[..], [first, first + 1, first + 2, 0], "padded to four bytes");
    }
    let seen = seen.borrow();
    assert_eq!(seen.last(), Some(&(100, -9)));
    assert!(seen.iter().all(|(percent, height)| (*percent == 100) == (*height == -9)), "{seen:?}");
    assert_legal(&bench.journal.application());
}

#[test]
fn a_bitmap_is_made_of_whatever_the_device_sends() {
    let samples = page(3, 37, 23);
    let bench = Bench::with_pages(vec![vec![
        Step::Page(ScriptedPage::of(&jpeg_of(JpegKind::COLOUR, 37, &samples), 100)),
        Step::Page(ScriptedPage::rows(RowLayout::packed(11, PixelFormat::Bw1), &[0xAA, 0xA0, 0x55, 0x40], Some(2))),
        Step::Page(ScriptedPage::rows(
            RowLayout::packed(2, PixelFormat::Rgb16),
            &[9, 0, 8, 0, 7, 0, 6, 0, 5, 0, 4, 0],
            Some(1),
        )),
    ]]);
    let mut application = bench.application();
    let item = feeder(&bench, Format::Bmp);
    let outcome = bench.broker.download(bench.broker.prepare_item(&item).expect("can be"), &mut application);
    assert_eq!(outcome, Ok(AcquireEnd::Completed));
    let [colour, bits, deep] = &application.bytes()[..] else { panic!("three pages") };
    let colour = read_bitmap(colour);
    assert_eq!((colour.width, colour.height, colour.bits), (37, 23, 24));
    // Blue comes first; JPEG may be off by a little.
    let (x, y) = (17, 11);
    let expected = &samples[(y * 37 + x) * 3..][..3];
    let pixel = &colour.rows[y][x * 3..][..3];
    assert!(pixel.iter().rev().zip(expected).all(|(had, wanted)| had.abs_diff(*wanted) < 24), "{pixel:?} {expected:?}");
    let bits = read_bitmap(bits);
    assert_eq!((bits.width, bits.bits, &bits.rows[0][..2]), (11, 1, &[0xAA, 0xA0][..]));
    let deep = read_bitmap(deep);
    assert_eq!((deep.bits, &deep.rows[0][..6]), (24, &[7, 8, 9, 4, 5, 6][..]), "the high bytes, blue first");
}

#[test]
fn a_bitmap_that_broke_off_has_the_rows_that_came() {
    let torn = ScriptedPage::rows(GRAY, &gray_rows(4), Some(9)).then_trouble(Condition::Offline);
    let bench = Bench::with_pages(vec![vec![Step::Page(torn)]]);
    let mut application = bench.application();
    let item = feeder(&bench, Format::Bmp);
    let outcome = bench.broker.download(bench.broker.prepare_item(&item).expect("can be"), &mut application);
    assert_eq!(outcome_code(&outcome), Code::ERROR_OFFLINE);
    assert_eq!(read_bitmap(&application.bytes()[0]).height, 4);
    assert_eq!(application.complete(), [false]);
    assert_legal(&bench.journal.application());
}

#[test]
fn bytes_that_are_no_image_end_the_transfer_with_a_failure_and_the_next_one_works() {
    let good = jpeg_of(JpegKind::GRAY, 8, &page(1, 8, 8));
    let bench = Bench::with_pages(vec![
        vec![Step::Page(ScriptedPage::of(b"<html>404</html>", 5))],
        vec![Step::Page(ScriptedPage::of(&good, 50))],
    ]);
    let item = feeder(&bench, Format::Bmp);
    let mut application = bench.application();
    let outcome = bench.broker.download(bench.broker.prepare_item(&item).expect("can be"), &mut application);
    assert_eq!(outcome_code(&outcome), Code::ERROR_DEVICE_COMMUNICATION);
    assert_legal(&bench.journal.application());
    bench.broker.settle();
    let mut application = bench.application();
    let outcome = bench.broker.download(bench.broker.prepare_item(&item).expect("can be"), &mut application);
    assert_eq!(outcome, Ok(AcquireEnd::Completed));
    assert_eq!(read_bitmap(&application.bytes()[0]).width, 8);
}

#[test]
fn r34_bytes_told_are_bytes_written_also_through_a_format() {
    let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::rows(GRAY, &gray_rows(40), Some(40)))]]);
    let mut application = bench.application().on_message(|message, pages| {
        if let (TransferMessage::Status { transferred, .. }, Some(page)) = (message, pages.last()) {
            assert_eq!(*transferred, page.bytes().len() as u64);
        }
        Answer::Continue
    });
    let item = feeder(&bench, Format::Raw);
    let outcome = bench.broker.download(bench.broker.prepare_item(&item).expect("can be"), &mut application);
    assert_eq!(outcome, Ok(AcquireEnd::Completed));
    let raw = &application.bytes()[0];
    assert_eq!(
        (&raw[..4], number(raw, 8), number(raw, 20), number(raw, 24), number(raw, 28)),
        (&b"WRAW"[..], 80, 3, 40, 4)
    );
    assert_eq!(raw.len(), 80 + 40 * 4);
    assert_eq!(number(raw, 68), 40 * 4, "the size of the data");
}

/// Disk full at every byte of a small page: the code travels unchanged, the sequence stays legal, the next transfer works.
#[test]
fn a_destination_that_fills_up_at_any_byte_of_a_bitmap_is_told_as_it_is() {
    let whole = {
        let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::rows(GRAY, &gray_rows(3), None))]]);
        let mut application = bench.application();
        let item = feeder(&bench, Format::Bmp);
        bench.broker.download(bench.broker.prepare_item(&item).expect("can be"), &mut application).expect("fine");
        application.bytes()[0].len() as u64
    };
    for full_at in (0..whole).step_by(7).chain(whole - 20..whole) {
        let pages = || vec![Step::Page(ScriptedPage::rows(GRAY, &gray_rows(3), None))];
        let bench = Bench::with_pages(vec![pages(), pages()]);
        let item = feeder(&bench, Format::Bmp);
        let mut application = bench.application().on_stream(move |_, stored| {
            stored.fails_at(full_at, Code::STG_E_MEDIUMFULL);
            stored.takes_at_most(1 + full_at as usize % 7);
            Some(NextStream::Stream(Box::new(stored.clone())))
        });
        let outcome = bench.broker.download(bench.broker.prepare_item(&item).expect("can be"), &mut application);
        assert_eq!(outcome_code(&outcome), Code::STG_E_MEDIUMFULL, "full at {full_at}");
        assert_legal(&bench.journal.application());
        bench.broker.settle();
        let mut application = bench.application().on_stream(|_, stored| {
            stored.takes_at_most(3);
            Some(NextStream::Stream(Box::new(stored.clone())))
        });
        let outcome = bench.broker.download(bench.broker.prepare_item(&item).expect("can be"), &mut application);
        assert_eq!((outcome, application.bytes()[0].len() as u64), (Ok(AcquireEnd::Completed), whole));
    }
}

/// The filter hands on what is not about pages.
#[test]
fn a_format_made_here_changes_nothing_of_skip_and_cancel() {
    let page = |byte: u8| Step::Page(ScriptedPage::rows(GRAY, &[byte; 10], Some(2)));
    let bench = Bench::with_pages(vec![vec![page(1), page(2), page(3)]]);
    let item = feeder(&bench, Format::Bmp);
    let mut application = bench.application().on_stream(|info, _: &StoredPage| match info.number {
        1 => Some(NextStream::Skip),
        3 => Some(NextStream::Cancel),
        _ => None,
    });
    let outcome = bench.broker.download(bench.broker.prepare_item(&item).expect("can be"), &mut application);
    assert_eq!(outcome, Ok(AcquireEnd::Cancelled));
    assert_eq!(application.bytes().len(), 1);
    assert_eq!(read_bitmap(&application.bytes()[0]).rows[0], [2, 2, 2, 0]);
    assert_legal(&bench.journal.application());
}
