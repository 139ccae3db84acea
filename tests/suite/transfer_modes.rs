//! The three transfer modes and the formats that are made here: BMP, MEMORYBMP, WIA's raw format, bands, files and
//! whole devices (reference, part 6; R28, R29, R58, R59).

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use lightbar::minidriver::property::{Batch, Format, ItemProperties, keys};
use lightbar::minidriver::{AcquireEnd, Code, Condition, HandlerAnswer, ItemCategory, OnMultiFeed, PageInfo};
use lightbar::raster::{PixelFormat, RowLayout};
use lightbar::transfer::{
    Answer, Band, BandCallback, BandMessage, BandRequest, FileRequest, FolderTransfer, NextStream, StatusSource,
    TransferMessage, outcome_code,
};
use lightbar::units::Percent;

use crate::support::pictures::{JpegKind, jpeg_of, page};
use crate::support::transfer::{Bench, ScriptedPage, Seen, Step, StoredPage, assert_legal};

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

/// What a banded application was told, in short, and the image that its bands make.
#[derive(Default)]
struct Collector {
    told: Vec<&'static str>,
    images: Vec<Vec<u8>>,
    bands: Vec<Band>,
    largest: usize,
    announced: usize,
    complete: Option<bool>,
    holds: bool,
    cancel_at: Option<usize>,
    from_device: Vec<u8>,
    answer_to_status: Option<Answer>,
}

impl Collector {
    fn note(&mut self, what: &'static str) {
        if self.told.last() != Some(&what) {
            self.told.push(what);
        }
    }
}

impl BandCallback for Collector {
    fn message(&mut self, message: BandMessage) -> Answer {
        match message {
            BandMessage::DataHeader { band_size, .. } => {
                self.note("header");
                self.announced = band_size;
                self.images.push(Vec::new());
            }
            BandMessage::NewPage { .. } => {
                self.note("new page");
                self.images.push(Vec::new());
            }
            BandMessage::Data(band) => {
                self.note("data");
                self.largest = self.largest.max(band.bytes.len());
                let image = self.images.last_mut().expect("after a header");
                let end = band.offset as usize + band.bytes.len();
                if image.len() < end {
                    image.resize(end, 0);
                }
                image[band.offset as usize..end].copy_from_slice(&band.bytes);
                if self.cancel_at.is_some_and(|at| image.len() >= at) {
                    return Answer::Cancel;
                }
                if self.holds {
                    self.bands.push(band);
                }
            }
            BandMessage::Status { percent, from: StatusSource::FromDevice } => {
                self.note("device");
                self.from_device.push(percent.value());
                return self.answer_to_status.unwrap_or(Answer::Continue);
            }
            BandMessage::Status { .. } => {}
            BandMessage::Termination { complete } => {
                self.note("termination");
                self.complete = Some(complete);
            }
        }
        Answer::Continue
    }
}

fn bands(bench: &Bench, request: &BandRequest, collector: &mut Collector) -> Code {
    let item = feeder(bench, Format::Bmp);
    let transfer = bench.broker.prepare_item(&item).expect("can be");
    let outcome = bench.broker.read_bands(&item, transfer, request, collector);
    bench.broker.settle();
    outcome_code(&outcome)
}

/// A page of 1,000 rows of 1,000 gray pixels.
fn large_page() -> (RowLayout, Vec<u8>) {
    (RowLayout::packed(1000, PixelFormat::Gray8), (0..1_000_000u32).map(|at| (at * 7 % 251) as u8).collect())
}

#[test]
fn r58_a_request_below_buffer_size_gets_buffer_size() {
    let (layout, rows) = large_page();
    for (asked, double_buffer, expected) in
        [(1, false, 65536), (1, true, 32768), (100_000, false, 100_000), (200_000, true, 100_000)]
    {
        let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::rows(layout, &rows, Some(1000)))]]);
        let request = BandRequest { format: Format::MemoryBmp, buffer_size: asked, double_buffer };
        let mut collector = Collector::default();
        assert_eq!(bands(&bench, &request, &mut collector), Code::S_OK);
        assert_eq!((collector.announced, collector.largest), (expected, expected), "asked for {asked}");
        assert_eq!(collector.images[0].len(), 40 + 1024 + 1_000_000);
    }
}

#[test]
fn r59_a_banded_application_sees_header_data_new_page_data_termination_and_no_file_header() {
    let steps = vec![
        Step::Page(ScriptedPage::rows(GRAY, &gray_rows(9), None)),
        Step::Page(ScriptedPage::rows(GRAY, &gray_rows(4), Some(4))),
    ];
    let bench = Bench::with_pages(vec![steps]);
    let request = BandRequest { format: Format::MemoryBmp, buffer_size: 0, double_buffer: false };
    let mut collector = Collector::default();
    assert_eq!(bands(&bench, &request, &mut collector), Code::S_OK);
    assert_eq!(collector.told, ["header", "data", "new page", "data", "termination"]);
    assert_eq!(collector.complete, Some(true));
    for (image, rows) in collector.images.iter().zip([9, 4]) {
        assert_eq!((number(image, 0), number(image, 4), number(image, 8)), (40, 3, -rows), "at once the info header");
        assert_eq!(image.len() as i64, 40 + 1024 + rows * 4);
        assert_eq!(image[40 + 1024..][..4], [0, 1, 2, 0]);
    }
}

#[test]
fn a_band_that_is_held_is_not_filled_again() {
    let (layout, rows) = large_page();
    let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::rows(layout, &rows, Some(1000)))]]);
    let request = BandRequest { format: Format::Raw, buffer_size: 0, double_buffer: true };
    let mut collector = Collector { holds: true, ..Collector::default() };
    assert_eq!(bands(&bench, &request, &mut collector), Code::S_OK);
    let mut image = Vec::new();
    for band in &collector.bands {
        assert_eq!(band.offset, image.len() as u64);
        image.extend_from_slice(&band.bytes);
    }
    assert_eq!(image[80..], rows);
    let buffers: Vec<usize> = collector.bands.iter().take(4).map(|band| band.buffer).collect();
    assert_eq!(buffers, [0, 1, 0, 1], "the two halves in turn");
}

#[test]
fn a_banded_application_cancels_by_its_answer() {
    let (layout, rows) = large_page();
    let page = || Step::Page(ScriptedPage::rows(layout, &rows, Some(1000)));
    let bench = Bench::with_pages(vec![vec![page()], vec![page()]]);
    let request = BandRequest { format: Format::MemoryBmp, buffer_size: 0, double_buffer: false };
    let mut collector = Collector { cancel_at: Some(300_000), ..Collector::default() };
    assert_eq!(bands(&bench, &request, &mut collector), Code::S_FALSE);
    assert_eq!((collector.told.last(), collector.complete), (Some(&"termination"), Some(false)));
    let mut collector = Collector::default();
    assert_eq!(bands(&bench, &request, &mut collector), Code::S_OK, "the next one is whole");
    assert_eq!(collector.images[0].len(), 40 + 1024 + 1_000_000);
}

#[test]
fn a_banded_application_hears_of_warming_up_and_can_cancel_there() {
    let steps = || {
        vec![
            Step::Delay(Condition::WarmingUp, 10),
            Step::Delay(Condition::WarmingUp, 60),
            Step::Page(ScriptedPage::rows(GRAY, &gray_rows(2), Some(2))),
        ]
    };
    let bench = Bench::with_pages(vec![steps(), steps()]);
    let request = BandRequest { format: Format::MemoryBmp, buffer_size: 0, double_buffer: false };
    let mut collector = Collector::default();
    assert_eq!(bands(&bench, &request, &mut collector), Code::S_OK);
    assert_eq!((collector.from_device, collector.told[0]), (vec![10, 60], "device"));
    let mut collector = Collector { answer_to_status: Some(Answer::Cancel), ..Collector::default() };
    assert_eq!(bands(&bench, &request, &mut collector), Code::S_FALSE);
    assert_eq!(collector.told, ["device", "termination"]);
}

/// Files in a folder, one per page.
struct Files {
    folder: tempfile::TempDir,
    one: bool,
    cancel_at: Option<u8>,
}

impl Files {
    fn new() -> Files {
        Files { folder: tempfile::tempdir().expect("a folder"), one: false, cancel_at: None }
    }

    fn there(&self) -> usize {
        std::fs::read_dir(self.folder.path()).expect("readable").count()
    }
}

impl FileRequest for Files {
    fn path(&mut self, page: &PageInfo) -> PathBuf {
        let number = if self.one { 1 } else { page.number };
        self.folder.path().join(format!("{number}.page"))
    }

    fn status(&mut self, percent: Percent, _transferred: u64) -> Answer {
        if self.cancel_at.is_some_and(|at| percent.value() >= at) { Answer::Cancel } else { Answer::Continue }
    }
}

#[test]
fn a_file_of_a_failed_transfer_is_deleted_and_the_pages_before_it_stay() {
    let jam = || ScriptedPage::of(&[7; 500], 100).then_trouble(Condition::PaperJam);
    let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::of(&[1; 300], 100)), Step::Page(jam())]]);
    let mut files = Files::new();
    let transfer = bench.broker.prepare(crate::support::transfer::job(lightbar::minidriver::Source::Feeder));
    let report = bench.broker.download_to_file(transfer, &mut files);
    assert_eq!(outcome_code(&report.outcome), Code::ERROR_PAPER_JAM);
    assert_eq!(report.files, [(files.folder.path().join("1.page"), true)]);
    assert_eq!((files.there(), std::fs::read(&report.files[0].0).expect("there")), (1, vec![1; 300]));
}

#[test]
fn a_multipage_file_is_kept_when_paper_was_the_trouble_and_deleted_otherwise() {
    for (condition, kept) in [(Condition::PaperJam, 1), (Condition::PaperProblem, 1), (Condition::Offline, 0)] {
        let torn = ScriptedPage::of(&[7; 500], 100).then_trouble(condition);
        let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::of(&[1; 300], 100)), Step::Page(torn)]]);
        let mut files = Files { one: true, ..Files::new() };
        let mut job = crate::support::transfer::job(lightbar::minidriver::Source::Feeder);
        job.streams = lightbar::minidriver::Streams::OneForAll;
        job.on_multi_feed = OnMultiFeed::Fail;
        let report = bench.broker.download_to_file(bench.broker.prepare(job), &mut files);
        assert_eq!(outcome_code(&report.outcome), condition.code());
        assert_eq!((report.files.len(), files.there()), (kept, kept), "{condition:?}");
    }
}

#[test]
fn a_file_that_exists_is_not_overwritten_and_a_cancelled_one_is_kept() {
    let page = || Step::Page(ScriptedPage::of(&[1; 300], 100).announced(300));
    let bench = Bench::with_pages(vec![vec![page()], vec![page()]]);
    let job = || crate::support::transfer::pages_of(lightbar::minidriver::Source::Feeder, 1);
    let mut files = Files { cancel_at: Some(30), ..Files::new() };
    let report = bench.broker.download_to_file(bench.broker.prepare(job()), &mut files);
    bench.broker.settle();
    assert_eq!((report.outcome, report.files.len()), (Ok(AcquireEnd::Cancelled), 1), "a cancel is a success");
    assert!(!report.files[0].1, "and its page is not complete");
    files.cancel_at = None;
    let report = bench.broker.download_to_file(bench.broker.prepare(job()), &mut files);
    assert_eq!((outcome_code(&report.outcome), report.files.len(), files.there()), (Code::E_FAIL, 0, 1));
}

#[test]
fn a_folder_is_acquired_leaf_by_leaf_with_one_end() {
    let bench = Bench::with_pages(vec![
        vec![Step::Page(ScriptedPage::of(&[1; 30], 10))],
        vec![Step::Page(ScriptedPage::of(&[2; 30], 10)), Step::Page(ScriptedPage::of(&[3; 30], 10))],
    ]);
    let mut items = bench.broker.application_items();
    for category in [ItemCategory::Flatbed, ItemCategory::Feeder] {
        let item = items.item_mut(category).expect("there");
        item.write(&Batch::new().set(keys::FORMAT, Format::Jpeg)).expect("offered");
    }
    let all = Batch::new().set(keys::PAGES, 0);
    items.item_mut(ItemCategory::Feeder).expect("there").write(&all).expect("offered");
    // The first leaf is left out: the walk goes on.
    let mut skipped = false;
    let mut application =
        bench.application().on_stream(move |_, _| (!std::mem::replace(&mut skipped, true)).then_some(NextStream::Skip));
    let walk = FolderTransfer::new(&items);
    assert_eq!(bench.broker.download_children(&walk, &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.bytes(), [vec![2; 30], vec![3; 30]]);
    assert_eq!(bench.journal.count(&Seen::EndOfTransfer), 1);
    assert_eq!(bench.journal.count(&Seen::Acquire), 2, "one call for each leaf");
    assert_legal(&bench.journal.application());
}

#[test]
fn a_cancel_ends_the_walk_over_a_folder() {
    let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::of(&[1; 30], 10))], vec![]]);
    let items = bench.broker.application_items();
    let walk = FolderTransfer::new(&items);
    let canceller = walk.canceller();
    let mut application = bench.application().on_message(move |_, _| {
        canceller.cancel();
        Answer::Continue
    });
    assert_eq!(bench.broker.download_children(&walk, &mut application), Ok(AcquireEnd::Cancelled));
    assert_eq!((bench.journal.count(&Seen::Acquire), bench.journal.count(&Seen::EndOfTransfer)), (1, 1));
    bench.broker.settle();
    let walk = FolderTransfer::new(&items);
    walk.canceller().cancel();
    let mut application = bench.application();
    assert_eq!(bench.broker.download_children(&walk, &mut application), Ok(AcquireEnd::Cancelled));
    assert_eq!(bench.journal.count(&Seen::Acquire), 1, "cancelled before it began");
}

/// An application that offers a handler keeps it in every mode.
#[test]
fn a_problem_in_a_banded_transfer_goes_to_the_applications_own_handler() {
    struct Handled(Collector, Vec<Code>);
    impl BandCallback for Handled {
        fn message(&mut self, message: BandMessage) -> Answer {
            self.0.message(message)
        }
        fn error_handler(&mut self) -> Option<&mut dyn lightbar::minidriver::ErrorHandler> {
            Some(self)
        }
    }
    impl lightbar::minidriver::ErrorHandler for Handled {
        fn report_status(&mut self, failure: &lightbar::minidriver::DeviceFailure, _: Percent) -> HandlerAnswer {
            self.1.push(failure.condition.code());
            HandlerAnswer::Handled
        }
    }
    let steps = vec![Step::Trouble(Condition::CoverOpen), Step::Page(ScriptedPage::rows(GRAY, &gray_rows(2), Some(2)))];
    let bench = Bench::with_pages(vec![steps]);
    let item = feeder(&bench, Format::Bmp);
    let request = BandRequest { format: Format::MemoryBmp, buffer_size: 0, double_buffer: false };
    let mut handled = Handled(Collector::default(), Vec::new());
    let transfer = bench.broker.prepare_item(&item).expect("can be");
    assert_eq!(bench.broker.read_bands(&item, transfer, &request, &mut handled), Ok(AcquireEnd::Completed));
    assert_eq!(handled.1, [Code::ERROR_COVER_OPEN]);
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
