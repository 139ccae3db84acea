//! R60 and what belongs to it: a driver of the older model under a stream application (reference, 13).

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lightbar::clock::{Clock, Moment, SystemClock};
use lightbar::minidriver::legacy::{LegacyMessage, LegacyMiniDriver, LegacyProperties, LegacyStatus};
use lightbar::minidriver::property::{Batch, DataType, Format, HandlingCapabilities, Selection, Tymed, keys};
use lightbar::minidriver::{
    AcquireEnd, AcquireError, Button, Code, ColorMode, Condition, DeviceEvent, DriverError, FeederState, HandlerAnswer,
    ItemCategory, MiniDriver, OfferedFormat, OnMultiFeed, PageFormat, PressedButton, Resolutions, ScanJob, Side,
    Source, Streams, Unusable,
};
use lightbar::raster::{PixelFormat, RowLayout};
use lightbar::transfer::{Answer, BridgedDriver, Canceller, NextStream, TransferError, TransferMessage, outcome_code};
use lightbar::units::{Area, Length, Percent};

use crate::support::transfer::{
    Bench, LegacyCall, ScriptedLegacy, Seen, TestImage, assert_legal, job, legacy_properties, pages_of, read_bitmap,
};
use crate::transfer_model::script::Random;

/// A cancel that no device read stands in the way of ends a transfer within this.
const CANCEL_LIMIT: Duration = Duration::from_millis(500);

fn image(page: u8) -> TestImage {
    TestImage { width: 13, height: 9, bits: 8, page }
}

/// What the rows of an image are as a stream of rows.
fn rows_of(image: &TestImage) -> Vec<u8> {
    image.rows().concat()
}

fn sheets(count: u8) -> Vec<Vec<u8>> {
    (1..=count).map(|page| image(page).memory_bitmap(-9)).collect()
}

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
fn a_file_is_not_kept_when_the_driver_fails() {
    let bench = ScriptedLegacy::new(|call| {
        call.context.write_to_file(b"half a file");
        Code::ERROR_PAPER_JAM
    })
    .bench();
    let jpeg = ScanJob { format: Some(OfferedFormat::Jpeg), ..job(Source::Feeder) };
    assert_eq!(bench.scan_code(jpeg, &mut bench.application()), Code::ERROR_PAPER_JAM);
    assert_eq!(bench.journal.application(), [Seen::EndOfTransfer]);
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

/// Scans with a cancel that comes from another thread when so many bytes of the page are there.
fn cancel_after(bench: &Bench, job: ScanJob, bytes: u64) -> (Code, Vec<Vec<u8>>, Duration) {
    let transfer = bench.broker.prepare(job);
    let canceller: Canceller = transfer.canceller();
    let cancelled = Arc::new(Mutex::new(None));
    let at = Arc::clone(&cancelled);
    let mut application = bench.application().on_message(move |message, _| {
        if matches!(message, TransferMessage::Status { transferred, .. } if *transferred >= bytes)
            && at.lock().expect("no panic here").is_none()
        {
            let canceller = canceller.clone();
            *at.lock().expect("no panic here") = Some(Instant::now());
            std::thread::spawn(move || canceller.cancel()).join().expect("it does not panic");
        }
        Answer::Continue
    });
    let outcome = bench.broker.download(transfer, &mut application);
    let taken = cancelled.lock().expect("no panic here").expect("it was cancelled").elapsed();
    bench.broker.settle();
    assert_legal(&bench.journal.application());
    (outcome_code(&outcome), application.bytes(), taken)
}

#[test]
fn a_cancel_in_mid_page_ends_the_driver_and_keeps_what_came() {
    let page = image(1);
    let bytes = page.memory_bitmap(-9);
    let clock = SystemClock::start();
    let driver = ScriptedLegacy::new(move |mut call| {
        let half = bytes.len() - 4 * 16;
        assert_eq!(call.send(&bytes[..half], half), Code::S_FALSE, "the answer to the last band");
        // The rest never comes: only CANCEL_IO ends this read.
        clock.wait(call.woken, Moment::after_start(Duration::from_secs(60)));
        assert!(call.cancel_io.is_cancelled(call.context.transfer));
        Code::S_FALSE
    });
    let calls = driver.calls();
    let bench = driver.bench();
    let (code, pages, taken) = cancel_after(&bench, job(Source::Feeder), 5 * 13);
    assert_eq!((code, pages), (Code::S_FALSE, vec![rows_of(&page)[..5 * 13].to_vec()]));
    assert!(taken < CANCEL_LIMIT, "{taken:?}");
    assert_eq!(calls.all()[1..], ["write", "acquire", "settle", "unlock"]);
}

#[test]
fn a_driver_that_ignores_cancel_io_ends_at_its_next_callback() {
    // From the bottom nothing was written yet, and a cancelled transfer takes no more.
    for (height, kept) in [(-9, 3 * 13), (9, 0)] {
        for ending in [Code::S_FALSE, Code::S_OK, Code::E_ABORT, Code::E_IO_ABORTED] {
            let page = image(1);
            let bytes = page.memory_bitmap(height);
            let answers = Arc::new(Mutex::new(Vec::new()));
            let heard = Arc::clone(&answers);
            let bench = ScriptedLegacy::new(move |mut call| {
                let header = bytes.len() - 9 * 16;
                let mut answers = heard.lock().expect("no panic here");
                answers.push(call.send(&bytes[..header + 3 * 16], header + 3 * 16));
                // It does not even look at the answers.
                for offset in [header + 3 * 16, 7] {
                    let bytes = &bytes[header..header + 16];
                    let data = LegacyMessage::Data { offset: offset as u64, bytes, percent: Percent::ZERO };
                    answers.push(call.callback.message(data));
                }
                answers.push(call.callback.message(LegacyMessage::NewPage));
                ending
            })
            .bench();
            let cancel_at = if height < 0 { 3 * 13 } else { 0 };
            let (code, pages, taken) = cancel_after(&bench, job(Source::Feeder), cancel_at);
            assert_eq!((code, pages), (Code::S_FALSE, vec![rows_of(&page)[..kept].to_vec()]), "{ending}");
            assert!(taken < CANCEL_LIMIT, "{taken:?}");
            assert_eq!(*answers.lock().expect("no panic here"), [Code::S_FALSE; 4]);
        }
    }
}

#[test]
fn an_answer_of_the_application_sets_the_same_latch() {
    let failure = Code(0x8004_4711);
    for (answer, heard, expected) in
        [(Answer::Cancel, Code::S_FALSE, Code::S_FALSE), (Answer::Code(failure), failure, failure)]
    {
        let bytes = image(1).memory_bitmap(-9);
        let bench = ScriptedLegacy::new(move |mut call| {
            assert_eq!(call.send(&bytes, 100), heard);
            assert_eq!(call.callback.message(LegacyMessage::FilePreviewHeader), heard, "whatever it says");
            heard
        })
        .bench();
        let mut application = bench.application().on_message(move |message, _| match message {
            TransferMessage::Status { transferred: 1.., .. } => answer,
            _ => Answer::Continue,
        });
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), expected);
        assert_eq!(application.complete(), [false]);
        assert_legal(&bench.journal.application());
    }
}

#[test]
fn a_refused_stream_and_a_full_one_end_the_driver_with_their_codes() {
    for (code, heard) in [(Code::S_FALSE, Code::S_FALSE), (Code::E_FAIL, Code::E_FAIL)] {
        let bench = ScriptedLegacy::new(move |mut call| {
            assert_eq!(call.send(&image(1).memory_bitmap(-9), 4000), heard);
            heard
        })
        .bench();
        let mut application = bench.application().on_stream(move |_, _| Some(NextStream::Code(code)));
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), code);
    }
    let bench = ScriptedLegacy::with_images(sheets(2), 64).bench();
    let mut application = bench.application().on_stream(|page, stored| {
        if page.number == 2 {
            stored.fails_at(20, Code::S_OK);
        }
        None
    });
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::STG_E_MEDIUMFULL);
    assert_eq!(application.complete(), [true, false]);
}

#[test]
fn a_jam_on_a_later_page_leaves_the_pages_before_it() {
    for height in [-9, 9] {
        let bench = ScriptedLegacy::new(move |mut call| {
            let bytes = image(call.context.page as u8 + 1).memory_bitmap(height);
            if call.context.page < 2 {
                return call.send(&bytes, 64);
            }
            let broken = bytes.len() - 7 * 16 + 5;
            assert_eq!(call.send(&bytes[..broken], broken), Code::S_OK);
            Code::ERROR_PAPER_JAM
        })
        .bench();
        let mut application = bench.application();
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::ERROR_PAPER_JAM);
        assert_eq!(application.complete(), [true, true, false]);
        // Two rows of it: the first ones, or those that such an image begins with.
        let rows = rows_of(&image(3));
        let kept = if height < 0 { &rows[..26] } else { &rows[7 * 13..] };
        assert_eq!(application.bytes(), [rows_of(&image(1)), rows_of(&image(2)), kept.to_vec()]);
    }
}

#[test]
fn several_sheets_at_once_end_as_the_job_says() {
    for (on_multi_feed, expected) in [(OnMultiFeed::Fail, Code::ERROR_MULTI_FEED), (OnMultiFeed::End, Code::S_OK)] {
        let mut images = sheets(2).into_iter();
        let bench = ScriptedLegacy::new(move |mut call| match images.next() {
            Some(image) => call.send(&image, 64),
            None => Code::ERROR_MULTI_FEED,
        })
        .bench();
        let mut application = bench.application();
        let job = ScanJob { on_multi_feed, ..job(Source::Feeder) };
        assert_eq!(bench.scan_code(job, &mut application), expected);
        assert_eq!(application.complete(), [true, true]);
    }
}

#[test]
fn a_failure_keeps_its_number_and_its_words() {
    let codes = [0x8021_0001..=0x8021_0015, 0x8000_4001..=0x8000_4005, 0x8007_0001..=0x8007_0060];
    let custom = [0x8004_1234, 0x8003_0070, 0x8000_FFFF, 0x8007_04C7, 0xFFFF_FFFF];
    for code in codes.into_iter().flatten().chain(custom).map(Code) {
        assert_eq!(Condition::of(code).code(), code);
        let mut driver = ScriptedLegacy::new(move |call| {
            call.context.device_error = 17;
            code
        });
        driver.sentences = vec![(17, "The glass is hot.")];
        let outcome = driver.bench().scan(job(Source::Flatbed), &mut Bench::with_pages(vec![]).application());
        // On the glass no paper is no ending of its own, but a failure like any other.
        assert_eq!(outcome_code(&outcome), code);
        let Err(TransferError::Acquire(AcquireError::Device(failure))) = outcome else { panic!("{outcome:?}") };
        let broken = failure.condition == Condition::Other(Code::ERROR_INVALID_DRIVER_RESPONSE);
        if matches!(failure.condition, Condition::Other(_)) && !broken {
            assert_eq!(failure.detail, "The glass is hot.", "{code}");
            assert!(lightbar::text::errors::problem(&failure).title.contains("The glass is hot."));
        }
    }
    let mut driver = ScriptedLegacy::new(|_| panic!("it is not asked to scan"));
    driver.write_answer = Code(0x8004_1234);
    let bench = driver.bench();
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut bench.application()), Code(0x8004_1234));
}

#[test]
fn what_a_driver_does_wrong_ends_its_transfer_and_keeps_the_pages_before() {
    type Wrong = fn(&mut LegacyCall<'_>, &[u8]) -> Code;
    let wrongs: [(&str, Wrong); 9] = [
        ("nothing at all", |_, _| Code::S_OK),
        ("a header alone", |call, image| call.send(&image[..image.len() - 9 * 16], 4000)),
        ("half a header", |call, image| call.send(&image[..39], 4000)),
        ("a row too few", |call, image| call.send(&image[..image.len() - 16], 64)),
        ("a byte too few", |call, image| call.send(&image[..image.len() - 1], 64)),
        ("a byte too many", |call, image| {
            let _ = call.send(&[image, &[0]].concat(), 64);
            Code::S_OK
        }),
        ("a jump", |call, image| {
            let _ = call.send(&image[..64], 64);
            let _ =
                call.callback.message(LegacyMessage::Data { offset: 65, bytes: &image[64..], percent: Percent::ZERO });
            Code::ERROR_PAPER_JAM
        }),
        ("a band larger than the buffer", |call, _| call.send(&[0; (128 << 10) + 1], usize::MAX)),
        ("an ending that means nothing", |call, image| match call.send(image, 64) {
            Code::S_OK => Code::STATUS_SKIP_ITEM,
            answer => answer,
        }),
    ];
    for (name, wrong) in wrongs {
        let bench = ScriptedLegacy::new(move |mut call| {
            let bytes = image(call.context.page as u8 + 1).memory_bitmap(-9);
            if call.context.page < 1 { call.send(&bytes, 64) } else { wrong(&mut call, &bytes) }
        })
        .bench();
        let mut application = bench.application();
        assert_eq!(
            bench.scan_code(job(Source::Feeder), &mut application),
            Code::ERROR_INVALID_DRIVER_RESPONSE,
            "{name}"
        );
        assert_eq!(application.bytes()[0], rows_of(&image(1)), "{name}");
        assert!(application.complete()[0] && !application.complete()[1..].contains(&true), "{name}");
        assert_legal(&bench.journal.application());
    }
    // A band where a file is wanted.
    let bench = ScriptedLegacy::new(|mut call| call.send(b"\xff\xd8", 2)).bench();
    let jpeg = ScanJob { format: Some(OfferedFormat::Jpeg), ..job(Source::Feeder) };
    assert_eq!(bench.scan_code(jpeg, &mut bench.application()), Code::ERROR_INVALID_DRIVER_RESPONSE);
}

/// Headers with a few bytes changed: the transfer ends with a page as it says or with the driver's fault, the
/// sequence is legal, and no number in a header makes a buffer.
#[test]
fn no_header_does_harm() {
    const SEED: u64 = 0x60_60;
    const CASES: u64 = 3000;
    println!("seed {SEED:#x}");
    let (mut good, mut bad) = (0, 0);
    for case in 0..CASES {
        let mut random = Random::new(SEED, case);
        let bits = [1, 8, 24][random.below(3) as usize];
        let mut bytes = TestImage { bits, ..image(1) }.memory_bitmap([-9, 9, 0][random.below(3) as usize]);
        for _ in 0..=random.below(3) {
            let at = random.below(48) as usize;
            bytes[at] = if random.one_in(2) { random.next() as u8 } else { [0, 1, 0x7f, 0x80, 0xff][at % 5] };
        }
        let band = 1 + random.below(200) as usize;
        let bench = ScriptedLegacy::with_images(vec![bytes], band).bench();
        let mut application = bench.application();
        let code = bench.scan_code(pages_of(Source::Feeder, 1), &mut application);
        match code {
            Code::S_OK => good += 1,
            Code::ERROR_INVALID_DRIVER_RESPONSE => bad += 1,
            other => panic!("case {case}: {other}"),
        }
        assert_eq!(application.complete().contains(&true), code == Code::S_OK, "case {case}");
        assert_legal(&bench.journal.application());
        for (info, bytes) in application.infos.iter().zip(application.bytes()) {
            let PageFormat::Rows(layout) = info.format else { panic!("case {case}: {info:?}") };
            assert_eq!(bytes.len() % layout.stride, 0, "case {case}: whole rows");
        }
    }
    assert!(good > CASES / 20 && bad > CASES / 2, "{good} good, {bad} bad");
}

#[test]
fn a_panic_in_any_entry_point_ends_the_call_and_nothing_else() {
    for call in ["device", "properties", "notifications"] {
        let mut driver = ScriptedLegacy::with_images(sheets(1), 64);
        driver.panics_in = call;
        let opened = BridgedDriver::new(driver).map(|_| ());
        assert_eq!(opened, Err(DriverError::Unusable(Unusable::DriverPanicked)), "{call}");
    }
    let driver_failed = Code::ERROR_EXCEPTION_IN_DRIVER;
    for (call, expected) in [
        ("lock", driver_failed),
        ("write", driver_failed),
        ("item_size", driver_failed),
        ("acquire", driver_failed),
        ("stop_feeder", driver_failed),
        ("is_at_rest", Code::S_OK),
        ("unlock", Code::S_OK),
    ] {
        let mut driver = ScriptedLegacy::new(|call| call.context.write_to_file(b"\xff\xd8"));
        driver.panics_in = call;
        let bench = driver.bench();
        let jpeg = ScanJob { format: Some(OfferedFormat::Jpeg), ..pages_of(Source::Feeder, 1) };
        let mut application = bench.application();
        assert_eq!(bench.scan_code(jpeg, &mut application), expected, "{call}");
        if call != "lock" {
            assert_legal(&bench.journal.application());
        }
    }
    for call in ["device_error_string", "settle"] {
        let mut driver = ScriptedLegacy::new(|call| {
            call.context.device_error = 1;
            Code::ERROR_COVER_OPEN
        });
        driver.panics_in = call;
        let bench = driver.bench();
        let expected = if call == "settle" { Code::ERROR_COVER_OPEN } else { driver_failed };
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut bench.application()), expected, "{call}");
    }
    let mut driver = ScriptedLegacy::with_images(sheets(3), 64);
    driver.panics_in = "reset";
    let bench = driver.bench();
    assert_eq!(bench.scan_code(pages_of(Source::Feeder, 1), &mut bench.application()), Code::S_OK);
    assert_eq!(bench.scan_code(job(Source::Flatbed), &mut Bench::with_pages(vec![]).application()), driver_failed);
    for call in ["feeder_state", "release"] {
        let mut driver = ScriptedLegacy::with_images(sheets(1), 64);
        driver.panics_in = call;
        let bench = driver.bench();
        assert_eq!(bench.broker.feeder_state().is_err(), call == "feeder_state");
        assert_eq!(bench.broker.release(), call != "release");
    }
    // A page that came before a panic stays.
    let bench = ScriptedLegacy::new(|mut call| {
        assert_eq!(call.send(&image(1).memory_bitmap(-9)[..1200], 64), Code::S_OK);
        if call.context.page == 1 {
            panic!("made to panic in mid page");
        }
        call.callback.message(LegacyMessage::Data {
            offset: 1200,
            bytes: &image(1).memory_bitmap(-9)[1200..],
            percent: Percent::ZERO,
        })
    })
    .bench();
    let mut application = bench.application();
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), driver_failed);
    assert_eq!(application.complete(), [true, false]);
    assert_eq!(application.bytes()[0], rows_of(&image(1)));
    // The cancel counts although the driver did not take it.
    let mut driver = ScriptedLegacy::with_images(sheets(1), 64);
    driver.panics_in = "notify";
    assert_eq!(cancel_after(&driver.bench(), job(Source::Feeder), 0).0, Code::S_FALSE);
}

#[test]
fn r57_a_driver_whose_device_is_gone_is_told_so_at_every_callback() {
    let brokers: Arc<Mutex<Option<lightbar::transfer::Broker>>> = Arc::default();
    let inside = Arc::clone(&brokers);
    let bytes = image(1).memory_bitmap(-9);
    let bench = ScriptedLegacy::new(move |mut call| {
        assert_eq!(call.send(&bytes[..1140], 1140), Code::S_OK);
        inside.lock().expect("no panic here").as_ref().expect("put there").device_gone();
        let data = LegacyMessage::Data { offset: 1140, bytes: &bytes[1140..], percent: Percent::ZERO };
        assert_eq!(call.callback.message(data), Code::ERROR_OFFLINE);
        Code::E_FAIL
    })
    .bench();
    *brokers.lock().expect("no panic here") = Some(bench.broker.clone());
    let mut application = bench.application();
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::ERROR_OFFLINE);
    assert_eq!(application.complete(), [false]);
    brokers.lock().expect("no panic here").take();
}

#[test]
fn the_limits_of_the_layer() {
    let opened = |change: fn(&mut LegacyProperties)| {
        let mut driver = ScriptedLegacy::with_images(Vec::new(), 1);
        change(&mut driver.properties);
        BridgedDriver::new(driver).map(|driver| driver.items().iter().map(|item| item.category).collect::<Vec<_>>())
    };
    let refused = |reason| Err(DriverError::Unusable(reason));
    assert_eq!(opened(|_| {}), Ok(vec![ItemCategory::Flatbed, ItemCategory::Feeder]));
    assert_eq!(opened(|properties| properties.handling = None), Ok(vec![ItemCategory::Flatbed]));
    assert_eq!(
        opened(|properties| properties.handling = Some(HandlingCapabilities::FEED)),
        Ok(vec![ItemCategory::Feeder])
    );
    assert_eq!(
        opened(|properties| properties.handling = Some(HandlingCapabilities::FILM)),
        refused(Unusable::FilmOnly)
    );
    assert_eq!(
        opened(|properties| properties.handling = Some(HandlingCapabilities::STORAGE)),
        refused(Unusable::StorageOnly)
    );
    assert_eq!(opened(|properties| properties.handling = Some(HandlingCapabilities(0))), refused(Unusable::NoSource));
    type Change = fn(&mut LegacyProperties);
    let missing: [(Change, &str); 5] = [
        (|properties| properties.bed = None, "WIA_DPS_HORIZONTAL_BED_SIZE"),
        (|properties| properties.sheet_feed = None, "WIA_DPS_HORIZONTAL_SHEET_FEED_SIZE"),
        (|properties| properties.resolutions = None, "WIA_IPS_XRES"),
        (|properties| properties.resolutions = Some(Resolutions::List(Vec::new())), "WIA_IPS_XRES"),
        (|properties| properties.modes = vec![ColorMode::Gray16], "WIA_IPA_DATATYPE"),
    ];
    for (change, name) in missing {
        assert_eq!(opened(change), refused(Unusable::MissingProperty(name)));
        let told = lightbar::text::errors::unusable(&Unusable::MissingProperty(name));
        assert!(told.advice.contains(name));
    }
}

#[test]
fn its_events_are_those_of_any_device_and_its_buttons() {
    let mut driver = ScriptedLegacy::with_images(sheets(1), 64);
    driver.pressed = Some(PressedButton { button: Button::Email, item: Some("Feeder".into()) });
    let bench = driver.bench();
    let mut items = bench.broker.application_items();
    let heard = bench.broker.poll_events(&mut items);
    assert_eq!(heard, Ok((FeederState::Loaded, vec![DeviceEvent::Button(Button::Email)])));
    assert_eq!(items.root().get(keys::SCAN_AVAILABLE_ITEM).as_deref(), Some("Feeder"));
    // One that panics over its buttons has none, and scans.
    for call in ["buttons", "take_button"] {
        let mut driver = ScriptedLegacy::with_images(sheets(1), 64);
        driver.panics_in = call;
        let bench = driver.bench();
        let heard = bench.broker.poll_events(&mut bench.broker.application_items());
        assert_eq!(heard, Ok((FeederState::Loaded, vec![])), "{call}");
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut bench.application()), Code::S_OK, "{call}");
    }
}

#[test]
fn another_source_resets_what_was_written() {
    let driver = ScriptedLegacy::with_images(sheets(4), 64);
    let calls = driver.calls();
    let bench = driver.bench();
    for source in [Source::Flatbed, Source::Flatbed, Source::Feeder, Source::Duplex] {
        let job = pages_of(source, 1);
        assert_eq!(bench.scan_code(job, &mut Bench::with_pages(vec![]).application()), Code::S_OK);
    }
    let told: Vec<String> = calls.all().into_iter().filter(|call| call == "reset" || call == "write").collect();
    assert_eq!(told, ["write", "write", "reset", "write", "write"]);
}

#[test]
fn the_properties_of_such_a_device() {
    let driver = ScriptedLegacy::with_images(sheets(1), 64);
    assert_eq!(driver.properties(), legacy_properties());
    let bench = driver.bench();
    let mut items = bench.broker.application_items();
    let capabilities = HandlingCapabilities(items.root().get(keys::DOCUMENT_HANDLING_CAPABILITIES).expect("there"));
    assert_eq!(
        capabilities,
        HandlingCapabilities::FLAT.and(HandlingCapabilities::FEED).and(HandlingCapabilities::DUPLEX)
    );
    let feeder = items.item_mut(ItemCategory::Feeder).expect("a feeder");
    // The driver's own buffer (R58).
    assert_eq!(feeder.get(keys::BUFFER_SIZE), Some(128 << 10));
    feeder.write(&Batch::new().set(keys::DATA_TYPE, DataType::Gray)).expect("offered");
    assert_eq!(feeder.store().choices(keys::FORMAT), [Format::Bmp, Format::Raw, Format::Jpeg]);
    assert!(feeder.write(&Batch::new().set(keys::X_RES, 200)).is_err(), "not published");
    // MULTIPAGE_CALLBACK never (reference, 13).
    assert!(!feeder.store().choices(keys::TYMED).contains(&Tymed::MultipageCallback));
    feeder.write(&Batch::new().set(keys::DOCUMENT_HANDLING_SELECT, Selection::DUPLEX)).expect("offered");
    // Line art is made by the driver, and is no file.
    feeder.write(&Batch::new().set(keys::DATA_TYPE, DataType::Threshold)).expect("offered");
    assert_eq!(feeder.store().choices(keys::FORMAT), [Format::Bmp, Format::Raw]);
    let bench = ScriptedLegacy::with_images(vec![TestImage { bits: 1, ..image(1) }.memory_bitmap(-9)], 64).bench();
    let mut application = bench.application();
    let line_art = ScanJob { mode: ColorMode::LineArt, ..job(Source::Feeder) };
    assert_eq!(bench.scan_code(line_art, &mut application), Code::S_OK);
    assert_eq!(application.infos[0].format, PageFormat::Rows(RowLayout::packed(13, PixelFormat::Bw1)));
}
