//! R21 to R30.

use std::io::SeekFrom;
use std::sync::{Arc, Mutex};

use lightbar::minidriver::{
    AcquireEnd, AcquireError, Code, Condition, DriverMessage, Flow, HandlerAnswer, PageStream, ScanJob, Source,
    StreamGrant, Streams,
};
use lightbar::raster::{PixelFormat, RowLayout};
use lightbar::transfer::{Answer, TransferMessage};

use crate::support::transfer::{
    Bench, ScriptedPage, Seen, Step, assert_legal, device_status, job, page_bytes, page_info, status,
};

fn sheets(count: u8) -> Vec<Step> {
    (1..=count).map(|page| Step::Page(ScriptedPage::of(&page_bytes(page, 30), 10))).collect()
}

#[test]
fn r21_end_of_stream_comes_before_the_next_get_next_stream() {
    let bench = Bench::with_pages(vec![sheets(3)]);
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut bench.application()), Code::S_OK);
    let seen = bench.journal.application();
    for number in [2, 3] {
        let asked = seen.iter().position(|seen| *seen == Seen::NextStream(number)).expect("asked");
        assert_eq!(seen[asked - 1], Seen::EndOfStream { complete: true });
    }
}

#[test]
fn r22_the_last_stream_gets_its_end_of_stream_before_end_of_transfer() {
    let bench = Bench::with_pages(vec![sheets(2)]);
    bench.scan_code(job(Source::Feeder), &mut bench.application());
    let seen = bench.journal.application();
    assert_eq!(seen[seen.len() - 2..], [Seen::EndOfStream { complete: true }, Seen::EndOfTransfer]);
    let ends = seen.iter().filter(|seen| matches!(seen, Seen::EndOfStream { .. })).count();
    assert_eq!(ends, 2);
}

#[test]
fn r23_end_of_transfer_comes_once_last_after_acquire_on_every_ending() {
    let endings: [fn() -> Result<AcquireEnd, AcquireError>; 4] = [
        || Ok(AcquireEnd::Completed),
        || Ok(AcquireEnd::Cancelled),
        || Err(AcquireError::Application(Code::E_FAIL)),
        || panic!("made to panic at the end"),
    ];
    for ending in endings {
        let bench = Bench::with_acquire(move |acquire| {
            let _stream = acquire.callback.next_stream(&page_info(1));
            let result = std::panic::catch_unwind(ending);
            result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        bench.scan_code(job(Source::Feeder), &mut bench.application());
        assert_eq!(
            bench.journal.application(),
            [Seen::NextStream(1), Seen::EndOfStream { complete: false }, Seen::EndOfTransfer]
        );
        let all = bench.journal.all();
        if let Some(returned) = all.iter().position(|seen| *seen == Seen::AcquireReturned) {
            assert!(returned < bench.journal.position(&Seen::EndOfTransfer));
        }
    }
}

#[test]
fn r24_what_only_the_broker_may_send_cannot_come_from_a_driver() {
    // END_OF_STREAM and END_OF_TRANSFER are no `DriverMessage`. What is left of row 8 is a NEW_PAGE
    // where there is none: without a stream, and in a job with a stream per page.
    let bench = Bench::with_acquire(|acquire| {
        assert_eq!(acquire.callback.send_message(&DriverMessage::NewPage), Err(Code::E_INVALIDARG));
        let _stream = acquire.callback.next_stream(&page_info(1));
        assert_eq!(acquire.callback.send_message(&DriverMessage::NewPage), Err(Code::E_INVALIDARG));
        // The transfer is alive all the same.
        assert_eq!(acquire.callback.send_message(&status(0, 0)), Ok(Flow::Continue));
        Ok(AcquireEnd::Completed)
    });
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut bench.application()), Code::S_OK);
    assert_eq!(
        bench.journal.application(),
        [Seen::NextStream(1), Seen::Status(0, 0), Seen::EndOfStream { complete: false }, Seen::EndOfTransfer]
    );
}

#[test]
fn r24_a_driver_has_three_messages_and_none_of_them_is_an_end() {
    // Without a wildcard: this does not compile when a kind is added that nobody thought about.
    let reaches_application = |message: &DriverMessage| match message {
        DriverMessage::Status { .. } => Seen::Status(5, 3),
        DriverMessage::NewPage => Seen::NewPage,
        DriverMessage::DeviceStatus { .. } => Seen::Report("application", Code::STATUS_WARMING_UP, 7),
    };
    for message in [status(5, 3), DriverMessage::NewPage, device_status(Condition::WarmingUp, 7)] {
        let expected = reaches_application(&message);
        let bench = Bench::with_acquire(move |acquire| {
            let _stream = acquire.callback.next_stream(&page_info(1));
            assert_eq!(acquire.callback.send_message(&message), Ok(Flow::Continue));
            Ok(AcquireEnd::Completed)
        });
        let job = ScanJob { streams: Streams::OneForAll, ..job(Source::Feeder) };
        let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
        assert_eq!(bench.scan_code(job, &mut application), Code::S_OK);
        let told = bench.journal.position(&expected);
        assert!(bench.journal.position(&Seen::NextStream(1)) < told);
        // The ends came all the same, once each.
        assert_eq!(bench.journal.count(&Seen::EndOfStream { complete: false }), 1);
        assert_eq!(bench.journal.count(&Seen::EndOfTransfer), 1);
    }
}

#[test]
fn r25_a_new_get_next_stream_ends_the_previous_stream() {
    let bench = Bench::with_acquire(|acquire| {
        let Ok(StreamGrant::Stream(mut first)) = acquire.callback.next_stream(&page_info(1)) else {
            panic!("a stream was expected");
        };
        first.write(b"one").map_err(|error| AcquireError::Application(error.0))?;
        let Ok(StreamGrant::Stream(mut second)) = acquire.callback.next_stream(&page_info(2)) else {
            panic!("a stream was expected");
        };
        assert_eq!(first.write(b"more").map_err(|error| error.0), Err(Code::E_ABORT));
        assert_eq!(first.seek(SeekFrom::Start(0)).map_err(|error| error.0), Err(Code::E_ABORT));
        assert_eq!(first.set_len(0).map_err(|error| error.0), Err(Code::E_ABORT));
        second.write(b"two").map_err(|error| AcquireError::Application(error.0))?;
        Ok(AcquireEnd::Completed)
    });
    let mut application = bench.application();
    bench.scan_code(job(Source::Feeder), &mut application);
    assert_eq!(application.bytes(), [b"one".to_vec(), b"two".to_vec()]);
    assert_legal(&bench.journal.application());
}

#[test]
fn r26_a_driver_can_write_seek_and_set_the_size_and_these_reach_the_stream() {
    let bench = Bench::with_acquire(|acquire| {
        let Ok(StreamGrant::Stream(mut stream)) = acquire.callback.next_stream(&page_info(1)) else {
            panic!("a stream was expected");
        };
        let failed = |error: lightbar::minidriver::StreamError| AcquireError::Application(error.0);
        assert_eq!(stream.write(b"head----body").map_err(failed)?, 12);
        assert_eq!(stream.seek(SeekFrom::Start(4)).map_err(failed)?, 4);
        stream.write(b"true").map_err(failed)?;
        assert_eq!(stream.seek(SeekFrom::End(0)).map_err(failed)?, 12);
        stream.set_len(10).map_err(failed)?;
        Ok(AcquireEnd::Completed)
    });
    let mut application = bench.application();
    bench.scan_code(job(Source::Feeder), &mut application);
    assert_eq!(application.bytes(), [b"headtruebo".to_vec()]);
}

#[test]
fn r27_a_band_is_appended_although_the_application_moved_the_position() {
    let bench = Bench::with_pages(vec![sheets(2)]);
    let mut application = bench.application().on_message(|message, pages| {
        if let (TransferMessage::Status { transferred, .. }, Some(page)) = (message, pages.last()) {
            page.move_to(transferred / 2);
        }
        Answer::Continue
    });
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
    assert_eq!(application.bytes(), [page_bytes(1, 30), page_bytes(2, 30)]);
}

#[test]
fn r28_the_final_height_of_raw_rows_is_right_after_the_last_write() {
    let layout = RowLayout { width: 7, format: PixelFormat::Gray8, stride: 8 };
    // The device expected 20 rows, then none were announced: 13 come, and the bytes say so.
    for expected in [Some(20), None] {
        let rows = page_bytes(3, 13 * layout.stride);
        let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::rows(layout, &rows, expected))]]);
        let heights = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heights);
        let mut application = bench.application().on_message(move |message, pages| {
            if let Some(page) = pages.last() {
                let height = page.bytes().len() / layout.stride;
                seen.lock().expect("no panic here").push((*message, height));
            }
            Answer::Continue
        });
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
        let heights = heights.lock().expect("no panic here").clone();
        let last_write = heights
            .iter()
            .rev()
            .find(|(message, _)| matches!(message, TransferMessage::Status { percent, .. } if percent.value() < 100));
        assert_eq!(last_write.map(|(_, height)| *height), Some(13));
        assert_eq!(application.bytes(), [rows]);
        assert_eq!(application.complete(), [true]);
    }
}

#[test]
fn r29_one_stream_per_page_or_one_for_all_with_new_page_between() {
    for count in 1..=4_u8 {
        let bench = Bench::with_pages(vec![sheets(count)]);
        let mut application = bench.application();
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
        assert_eq!(application.bytes().len(), usize::from(count));
        assert_eq!(bench.journal.count(&Seen::NewPage), 0);

        let bench = Bench::with_pages(vec![sheets(count)]);
        let mut application = bench.application();
        let multipage = ScanJob { streams: Streams::OneForAll, ..job(Source::Feeder) };
        assert_eq!(bench.scan_code(multipage, &mut application), Code::S_OK);
        let all: Vec<u8> = (1..=count).flat_map(|page| page_bytes(page, 30)).collect();
        assert_eq!(application.bytes(), [all]);
        assert_eq!(bench.journal.count(&Seen::NewPage), usize::from(count) - 1);
        assert_eq!(application.complete(), [true]);
        assert_legal(&bench.journal.application());
    }
}

/// R29 counts jobs without trouble. NEW_PAGE would leave the torn page in the first stream, where nobody could tell
/// it from a whole one.
#[test]
fn a_page_fed_again_in_one_stream_for_all_begins_a_second_stream() {
    let steps = vec![
        Step::Page(ScriptedPage::of(&page_bytes(1, 30), 10)),
        Step::Page(ScriptedPage::of(&page_bytes(2, 12), 6).then_trouble(Condition::PaperJam)),
        Step::Page(ScriptedPage::of(&page_bytes(2, 30), 10)),
        Step::Page(ScriptedPage::of(&page_bytes(3, 30), 10)),
    ];
    let bench = Bench::with_pages(vec![steps]);
    let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
    let multipage = ScanJob { streams: Streams::OneForAll, ..job(Source::Feeder) };
    assert_eq!(bench.scan_code(multipage, &mut application), Code::S_OK);
    let torn = [page_bytes(1, 30), page_bytes(2, 12)].concat();
    assert_eq!(application.bytes(), [torn, [page_bytes(2, 30), page_bytes(3, 30)].concat()]);
    assert_eq!(application.complete(), [false, true]);
    assert_eq!(bench.journal.count(&Seen::NewPage), 2, "between each two pages of a stream");
    assert_legal(&bench.journal.application());
}

#[test]
fn r30_nobody_holds_a_stream_after_its_page_or_after_acquire() {
    let bench = Bench::with_pages(vec![sheets(2)]);
    let mut application = bench.application().on_message(|message, pages| {
        if matches!(message, TransferMessage::EndOfStream { .. } | TransferMessage::EndOfTransfer) {
            assert!(pages.iter().all(|page| page.holders() == 1), "somebody still holds a stream");
        }
        Answer::Continue
    });
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
}

#[test]
fn r30_a_stream_that_a_driver_keeps_is_dead() {
    let kept: Arc<Mutex<Vec<Box<dyn PageStream>>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let bench = Bench::with_acquire(move |acquire| {
        for number in 1..=2 {
            let Ok(StreamGrant::Stream(mut stream)) = acquire.callback.next_stream(&page_info(number)) else {
                panic!("a stream was expected");
            };
            let _ = stream.write(b"bytes");
            keep.lock().expect("no panic here").push(stream);
        }
        Err(AcquireError::Device(Condition::PaperJam.with("scripted")))
    });
    let mut application = bench.application();
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::ERROR_PAPER_JAM);
    for stream in kept.lock().expect("no panic here").iter_mut() {
        assert_eq!(stream.write(b"late").map_err(|error| error.0), Err(Code::E_ABORT));
    }
    assert!(application.pages.iter().all(|page| page.holders() == 1));
    assert_eq!(application.bytes(), [b"bytes".to_vec(), b"bytes".to_vec()]);
}
