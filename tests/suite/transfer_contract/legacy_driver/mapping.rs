//! What its calls and messages become for a stream application, page by page.

use std::sync::{Arc, Mutex};

use lightbar::minidriver::legacy::{LegacyMessage, LegacyStatus};
use lightbar::minidriver::property::{Batch, DataType, Format, keys};
use lightbar::minidriver::{
    AcquireEnd, Code, HandlerAnswer, ItemCategory, OfferedFormat, PageFormat, ScanJob, Side, Source, Streams,
};
use lightbar::transfer::{Answer, NextStream, TransferMessage};
use lightbar::units::{Area, Length, Percent};

use crate::support::transfer::{LegacyCall, ScriptedLegacy, Seen, TestImage, assert_legal, job, pages_of, read_bitmap};

use super::{image, rows_of, sheets};

#[test]
fn r60_every_feeder_page_of_a_one_page_driver_comes_in_its_own_stream_as_a_bitmap() {
    let kinds = [(1, DataType::Threshold, 1), (8, DataType::Gray, 8), (24, DataType::Color, 24)];
    for ((bits, data_type, depth), count) in kinds.into_iter().flat_map(|kind| (1..=3).map(move |count| (kind, count)))
    {
        // From the top, from the bottom, and with a height that only the end tells.
        for sign in [-1, 1, 0] {
            let pages: Vec<TestImage> =
                (1..=count).map(|page| TestImage { width: 13 + u32::from(page), height: 21, bits, page }).collect();
            let driver =
                ScriptedLegacy::with_images(pages.iter().map(|page| page.memory_bitmap(21 * sign)).collect(), 70);
            let calls = driver.calls();
            let bench = driver.bench();
            let mut items = bench.broker.application_items();
            let feeder = items.item_mut(ItemCategory::Feeder).expect("a feeder");
            let wish = Batch::new()
                .set(keys::FORMAT, Format::Bmp)
                .set(keys::DATA_TYPE, data_type)
                .set(keys::DEPTH, depth)
                .set(keys::PAGES, 0);
            feeder.write(&wish).expect("offered");
            let transfer = bench.broker.prepare_item(feeder).expect("a transferable item");
            let mut application = bench.application();
            assert_eq!(bench.broker.download(transfer, &mut application), Ok(AcquireEnd::Completed));
            assert_eq!(application.complete(), vec![true; usize::from(count)]);
            for (page, file) in pages.iter().zip(application.bytes()) {
                assert_eq!(read_bitmap(&file), (page.width, page.rows()), "{bits} bits, height {}", 21 * sign);
            }
            // Once for each page, and once more to learn that there is no further one.
            let per_page = ["write", "acquire"].repeat(usize::from(count) + 1);
            assert_eq!(calls.all(), [&["lock"], &per_page[..], &["unlock"]].concat());
            assert_legal(&bench.journal.application());
        }
    }
}

#[test]
fn r60_the_number_of_pages_is_counted_by_the_layer() {
    // As many as asked for: further paper stays, and the driver is told that no call follows.
    let driver = ScriptedLegacy::with_images(sheets(5), 64);
    let calls = driver.calls();
    let bench = driver.bench();
    let mut application = bench.application();
    assert_eq!(bench.scan(pages_of(Source::Feeder, 2), &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.bytes(), [rows_of(&image(1)), rows_of(&image(2))]);
    assert_eq!((calls.count("acquire"), calls.count("stop_feeder"), calls.count("settle")), (2, 1, 0));
    // Fewer than asked for.
    let bench = ScriptedLegacy::with_images(sheets(2), 64).bench();
    let mut application = bench.application();
    assert_eq!(bench.scan_code(pages_of(Source::Feeder, 3), &mut application), Code::STATUS_END_OF_MEDIA);
    assert_eq!(application.complete(), [true, true]);
    // None at all: no stream is asked for (R46).
    for pages in [0, 2] {
        let bench = ScriptedLegacy::with_images(Vec::new(), 64).bench();
        let outcome = bench.scan_code(pages_of(Source::Feeder, pages), &mut bench.application());
        assert_eq!((outcome, bench.journal.application()), (Code::ERROR_PAPER_EMPTY, vec![Seen::EndOfTransfer]));
    }
    // A driver that says with its last page that it was the last.
    let bench = ScriptedLegacy::new(|mut call| match call.send(&image(1).memory_bitmap(-9), 64) {
        Code::S_OK => Code::STATUS_END_OF_MEDIA,
        answer => answer,
    })
    .bench();
    let mut application = bench.application();
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
    assert_eq!(application.complete(), [true]);
}

#[test]
fn both_sides_alternate_and_each_area_of_the_glass_is_a_call() {
    let bench = ScriptedLegacy::with_images(sheets(4), 64).bench();
    let mut application = bench.application();
    assert_eq!(bench.scan_code(job(Source::Duplex), &mut application), Code::S_OK);
    let sides: Vec<(u32, Side)> = application.infos.iter().map(|page| (page.number, page.side)).collect();
    assert_eq!(sides, [(1, Side::Front), (2, Side::Back), (3, Side::Front), (4, Side::Back)]);
    let areas = vec![Area::of_size(Length::from_mm(50), Length::from_mm(50)); 3];
    let driver = ScriptedLegacy::with_images(sheets(4), 64);
    let calls = driver.calls();
    let bench = driver.bench();
    let outcome = bench.scan_code(ScanJob { areas, ..job(Source::Flatbed) }, &mut bench.application());
    assert_eq!((outcome, calls.count("acquire"), calls.count("stop_feeder")), (Code::S_OK, 3, 0));
}

#[test]
fn the_message_mapping_row_by_row() {
    let page = image(1);
    let bytes = page.memory_bitmap(-9);
    let header = bytes.len() - 9 * 16;
    let bench = ScriptedLegacy::new(move |call| {
        let percent = Percent::new;
        let rows = |row: usize| &bytes[header + row * 16..header + (row + 3) * 16];
        let data = |offset, bytes, value| LegacyMessage::Data { offset, bytes, percent: percent(value) };
        let status = |status, value| LegacyMessage::Status { status, percent: percent(value) };
        let messages = [
            status(LegacyStatus::FromDevice, 3),
            status(LegacyStatus::Result(Code::STATUS_WARMING_UP), 40),
            data(0, &bytes[..header], 5),
            data(header as u64, rows(0), 20),
            LegacyMessage::FilePreviewHeader,
            LegacyMessage::FilePreviewData { bytes: b"preview" },
            status(LegacyStatus::Processing, 25),
            data(header as u64 + 48, rows(3), 50),
            LegacyMessage::NewPage,
            // Falls, and says the end too early: R32 and R33 are the layer's business.
            status(LegacyStatus::ToClient, 10),
            data(header as u64 + 96, rows(6), 100),
        ];
        if call.context.page > 0 {
            return Code::ERROR_PAPER_EMPTY;
        }
        for message in messages {
            assert_eq!(call.callback.message(message), Code::S_OK, "{message:?}");
        }
        Code::S_OK
    })
    .bench();
    let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
    assert_eq!(
        bench.journal.all().into_iter().filter(|seen| !matches!(seen, Seen::Clear(_))).collect::<Vec<_>>(),
        [
            Seen::Status(3, 0),
            Seen::Report("application", Code::STATUS_WARMING_UP, 40),
            Seen::NextStream(1),
            Seen::Status(0, 0),
            Seen::Status(5, 0),
            Seen::Status(20, 39),
            Seen::Status(25, 39),
            Seen::Status(50, 78),
            Seen::Status(50, 78),
            Seen::Status(99, 117),
            Seen::Status(100, 117),
            Seen::EndOfStream { complete: true },
            Seen::EndOfTransfer,
        ]
    );
    assert_eq!(application.bytes(), [rows_of(&page)]);
}

#[test]
fn a_file_is_copied_in_one_write_at_the_end() {
    for item_size in [0, 40] {
        let mut driver = ScriptedLegacy::new(|call| {
            let LegacyCall { context, callback, .. } = call;
            if context.page > 1 {
                return Code::ERROR_PAPER_EMPTY;
            }
            assert_eq!(context.format, Format::Jpeg);
            for part in [b"first half, ", b"second half."] {
                let written = match context.buffer.len() {
                    // The size is not known: the driver brings its own buffer.
                    0 => context.write_to_file(part),
                    _ => {
                        context.buffer[..12].copy_from_slice(part);
                        assert_eq!(context.write_buffer(41), Code::E_INVALIDARG, "more than there is");
                        context.write_buffer(12)
                    }
                };
                assert_eq!(written, Code::S_OK);
                let status = LegacyMessage::Status { status: LegacyStatus::ToClient, percent: Percent::new(50) };
                assert_eq!(callback.message(status), Code::S_OK);
            }
            Code::S_OK
        });
        driver.item_size = item_size;
        let bench = driver.bench();
        let writes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&writes);
        let mut application = bench.application().on_message(move |message, pages| {
            if matches!(message, TransferMessage::Status { .. })
                && let Some(page) = pages.last()
            {
                seen.lock().expect("no panic here").push((pages.len(), page.bytes().len()));
            }
            Answer::Continue
        });
        let jpeg = ScanJob { format: Some(OfferedFormat::Jpeg), ..job(Source::Feeder) };
        assert_eq!(bench.scan_code(jpeg, &mut application), Code::S_OK);
        assert_eq!(application.bytes(), vec![b"first half, second half.".to_vec(); 2]);
        assert_eq!(application.complete(), [true, true]);
        assert!(application.infos.iter().all(|info| info.format == PageFormat::Jpeg));
        // Nothing, then everything. While the next file is made the last stream's end is said again.
        let mut lengths = writes.lock().expect("no panic here").clone();
        lengths.dedup();
        assert_eq!(lengths, [(1, 0), (1, 24), (2, 0), (2, 24)]);
    }
}

#[test]
fn a_file_that_breaks_off_is_kept_as_a_partial_page() {
    let bench = ScriptedLegacy::new(|call| {
        call.context.write_to_file(b"half a file");
        Code::ERROR_PAPER_JAM
    })
    .bench();
    let jpeg = ScanJob { format: Some(OfferedFormat::Jpeg), ..job(Source::Feeder) };
    let mut application = bench.application();
    assert_eq!(bench.scan_code(jpeg, &mut application), Code::ERROR_PAPER_JAM);
    assert_eq!((application.bytes(), application.complete()), (vec![b"half a file".to_vec()], vec![false]));
    assert_legal(&bench.journal.application());
}

#[test]
fn a_skipped_page_is_consumed_and_nothing_is_told_of_it() {
    for height in [-9, 9] {
        let images = (1..=3).map(|page| image(page).memory_bitmap(height)).collect();
        // The first band has all of the header, so none comes before a page's stream.
        let bench = ScriptedLegacy::with_images(images, 1100).bench();
        let mut application = bench.application().on_stream(|page, _| (page.number == 2).then_some(NextStream::Skip));
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
        assert_eq!(application.bytes(), [rows_of(&image(1)), rows_of(&image(3))]);
        let seen = bench.journal.application();
        let asked = seen.iter().position(|seen| *seen == Seen::NextStream(2)).expect("asked");
        assert_eq!(seen[asked + 1], Seen::NextStream(3), "{seen:?}");
        assert_legal(&seen);
    }
}

#[test]
fn rows_of_all_pages_can_share_a_stream() {
    let bench = ScriptedLegacy::with_images(sheets(3), 64).bench();
    let mut application = bench.application();
    let all = ScanJob { streams: Streams::OneForAll, ..job(Source::Feeder) };
    assert_eq!(bench.scan_code(all.clone(), &mut application), Code::S_OK);
    assert_eq!(application.bytes(), [(1..=3).flat_map(|page| rows_of(&image(page))).collect::<Vec<u8>>()]);
    assert_eq!((bench.journal.count(&Seen::NewPage), application.complete()), (2, vec![true]));
    // Rows of another width cannot.
    let wide = TestImage { width: 14, ..image(2) };
    let bench = ScriptedLegacy::with_images(vec![image(1).memory_bitmap(-9), wide.memory_bitmap(-9)], 64).bench();
    let mut application = bench.application();
    assert_eq!(bench.scan_code(all, &mut application), Code::ERROR_INVALID_DRIVER_RESPONSE);
    assert_eq!(application.bytes(), [rows_of(&image(1))]);
}
