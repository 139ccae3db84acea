//! R1 to R13.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam_channel::bounded;
use lightbar::clock::{Clock, Moment, Signal, SystemClock, Waker};
use lightbar::minidriver::{AcquireEnd, AcquireError, Code, Condition, Flow, Source, StreamGrant};
use lightbar::transfer::{Answer, Broker, Canceller, NextStream, TransferMessage, outcome_code};

use crate::support::transfer::{
    Application, Bench, Journal, ScriptedDriver, ScriptedPage, Seen, Step, assert_legal, device_status, job,
    page_bytes, page_info, status,
};

/// Long enough for any machine, short against the wait that it ends.
const SOON: Duration = Duration::from_secs(20);

/// A bench whose driver runs `script` after the application cancelled from inside of its first callback.
fn cancelled_in_first_status(
    mut script: impl FnMut(&mut dyn lightbar::minidriver::MiniDriverCallback) -> Result<AcquireEnd, AcquireError>
    + Send
    + 'static,
) -> (Bench, Code) {
    let bench = Bench::with_acquire(move |acquire| {
        assert_eq!(acquire.callback.send_message(&status(0, 0)), Ok(Flow::Cancelled));
        script(acquire.callback)
    });
    let transfer = bench.broker.prepare(job(Source::Feeder));
    let canceller = transfer.canceller();
    let mut application = bench.application().on_message(move |_, _| {
        canceller.cancel();
        Answer::Continue
    });
    let outcome = bench.broker.download(transfer, &mut application);
    bench.broker.settle();
    (bench, outcome_code(&outcome))
}

#[test]
fn r01_after_cancel_every_get_next_stream_answers_s_false() {
    let (bench, code) = cancelled_in_first_status(|callback| {
        for number in 1..4 {
            assert!(matches!(callback.next_stream(&page_info(number)), Ok(StreamGrant::Cancelled)));
        }
        Ok(AcquireEnd::Cancelled)
    });
    assert_eq!(code, Code::S_FALSE);
    assert_eq!(bench.journal.application(), [Seen::Status(0, 0), Seen::EndOfTransfer]);
}

#[test]
fn r02_after_cancel_every_send_message_of_any_kind_answers_s_false() {
    let (bench, code) = cancelled_in_first_status(|callback| {
        for message in [
            status(1, 1),
            status(100, 1),
            lightbar::minidriver::DriverMessage::NewPage,
            device_status(Condition::WarmingUp, 5),
            device_status(Condition::PaperJam, 0),
        ] {
            assert_eq!(callback.send_message(&message), Ok(Flow::Cancelled), "{message:?}");
        }
        Ok(AcquireEnd::Cancelled)
    });
    assert_eq!(code, Code::S_FALSE);
    assert_eq!(bench.journal.application(), [Seen::Status(0, 0), Seen::EndOfTransfer]);
}

#[test]
fn r03_cancel_delivers_exactly_one_cancel_io_while_acquire_runs() {
    let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::of(&page_bytes(1, 100), 10))]]);
    let transfer = bench.broker.prepare(job(Source::Feeder));
    let (id, canceller) = (transfer.id(), transfer.canceller());
    let mut application = bench.application().on_message(move |message, _| {
        if matches!(message, TransferMessage::Status { transferred: 5.., .. }) {
            canceller.cancel();
            canceller.cancel();
        }
        Answer::Continue
    });
    assert_eq!(bench.broker.download(transfer, &mut application), Ok(AcquireEnd::Cancelled));
    assert_eq!(bench.journal.count(&Seen::CancelIo(id)), 1);
    let told = bench.journal.position(&Seen::CancelIo(id));
    assert!(bench.journal.position(&Seen::Acquire) < told);
    assert!(told < bench.journal.position(&Seen::AcquireReturned));
}

#[test]
fn r03_cancel_after_the_application_cancelled_by_an_answer_still_wakes_the_driver_once() {
    let bench = Bench::with_acquire(|acquire| {
        // Ignores the answer and goes on until CANCEL_IO comes.
        for _ in 0..10 {
            let _ = acquire.callback.send_message(&status(0, 0));
        }
        Ok(AcquireEnd::Cancelled)
    });
    let transfer = bench.broker.prepare(job(Source::Feeder));
    let (id, canceller) = (transfer.id(), transfer.canceller());
    let mut application = bench.application().on_message(move |_, _| {
        canceller.cancel();
        Answer::Cancel
    });
    assert_eq!(bench.broker.download(transfer, &mut application), Ok(AcquireEnd::Cancelled));
    assert_eq!(bench.journal.count(&Seen::CancelIo(id)), 1);
}

#[test]
fn r04_a_driver_blocked_in_a_read_returns_soon_after_cancel_io_without_a_callback() {
    let clock = SystemClock::start();
    let journal = Journal::default();
    let (reading, is_reading) = bounded(1);
    let wake = Signal::new();
    let (read_clock, read_wake) = (clock.clone(), wake.clone());
    let driver = ScriptedDriver::woken_by(&journal, Waker::from(wake), move |acquire| {
        assert_eq!(acquire.callback.send_message(&status(0, 0)), Ok(Flow::Continue));
        reading.send(()).expect("the test listens");
        let limit = read_clock.now() + Duration::from_secs(600);
        while !acquire.cancel_io.is_cancelled(acquire.transfer.id) && read_clock.now() < limit {
            read_clock.wait(&read_wake, limit);
            read_wake.take();
        }
        Ok(AcquireEnd::Cancelled)
    });
    let broker = Broker::new(Box::new(driver), clock.clone());
    let transfer = broker.prepare(job(Source::Flatbed));
    let canceller = transfer.canceller();
    let mut application = Application::new(&journal);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            is_reading.recv_timeout(SOON).expect("the driver reads");
            canceller.cancel();
        });
        assert_eq!(broker.download(transfer, &mut application), Ok(AcquireEnd::Cancelled));
    });
    assert!(clock.now() < Moment::START + SOON, "took {:?}", clock.now());
    assert_eq!(journal.application(), [Seen::Status(0, 0), Seen::EndOfTransfer]);
}

#[test]
fn r05_cancel_returns_without_waiting_for_the_transfer() {
    let (reading, is_reading) = bounded(1);
    let (cancelled, was_cancelled) = bounded::<()>(1);
    let bench = Bench::with_acquire(move |_| {
        reading.send(()).expect("the test listens");
        // Stays in acquire until cancel has returned: a cancel that waits for acquire would hang here.
        was_cancelled.recv_timeout(SOON).expect("cancel returns while acquire runs");
        Ok(AcquireEnd::Cancelled)
    });
    let transfer = bench.broker.prepare(job(Source::Flatbed));
    let canceller = transfer.canceller();
    let mut application = bench.application();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            is_reading.recv_timeout(SOON).expect("acquire runs");
            canceller.cancel();
            cancelled.send(()).expect("the driver listens");
        });
        assert_eq!(bench.broker.download(transfer, &mut application), Ok(AcquireEnd::Cancelled));
    });
}

#[test]
fn r05_cancel_is_safe_inside_of_every_callback() {
    for place in ["next_stream", "status", "end_of_stream", "end_of_transfer", "handler"] {
        let bench = Bench::with_pages(vec![vec![
            Step::Delay(Condition::WarmingUp, 10),
            Step::Page(ScriptedPage::of(&page_bytes(1, 10), 10)),
            Step::Page(ScriptedPage::of(&page_bytes(2, 10), 10)),
        ]]);
        let transfer = bench.broker.prepare(job(Source::Feeder));
        let at = transfer.canceller();
        let (at_stream, at_handler) = (at.clone(), at.clone());
        let mut application = bench
            .application()
            .on_stream(move |_, _| {
                if place == "next_stream" {
                    at_stream.cancel();
                }
                None
            })
            .on_message(move |message, _| {
                let here = match message {
                    TransferMessage::Status { .. } | TransferMessage::NewPage => "status",
                    TransferMessage::EndOfStream { .. } => "end_of_stream",
                    TransferMessage::EndOfTransfer => "end_of_transfer",
                };
                if here == place {
                    at.cancel();
                }
                Answer::Continue
            })
            .handled_by(move |_| {
                if place == "handler" {
                    at_handler.cancel();
                }
                lightbar::minidriver::HandlerAnswer::Handled
            });
        let outcome = bench.broker.download(transfer, &mut application);
        bench.broker.settle();
        // Row 12: a cancel after acquire returned is too late.
        let expected = if place == "end_of_transfer" { AcquireEnd::Completed } else { AcquireEnd::Cancelled };
        assert_eq!(outcome, Ok(expected), "{place}");
        assert_legal(&bench.journal.application());
        bench.assert_locks_balanced();
    }
}

#[test]
fn r06_s_false_from_the_application_answers_that_message_and_only_the_end_follows() {
    let bench = Bench::with_acquire(|acquire| {
        let Ok(StreamGrant::Stream(_stream)) = acquire.callback.next_stream(&page_info(1)) else {
            panic!("a stream was expected");
        };
        assert_eq!(acquire.callback.send_message(&status(0, 0)), Ok(Flow::Continue));
        assert_eq!(acquire.callback.send_message(&status(10, 7)), Ok(Flow::Cancelled));
        assert_eq!(acquire.callback.send_message(&status(20, 9)), Ok(Flow::Cancelled));
        Ok(AcquireEnd::Cancelled)
    });
    let mut application = bench.application().on_message(|message, _| match message {
        TransferMessage::Status { transferred: 7, .. } => Answer::Cancel,
        _ => Answer::Continue,
    });
    assert_eq!(bench.scan(job(Source::Feeder), &mut application), Ok(AcquireEnd::Cancelled));
    assert_eq!(
        bench.journal.application(),
        [
            Seen::NextStream(1),
            Seen::Status(0, 0),
            Seen::Status(10, 7),
            Seen::EndOfStream { complete: false },
            Seen::EndOfTransfer
        ]
    );
}

#[test]
fn r07_s_false_from_get_next_stream_ends_the_transfer_without_a_byte_of_that_page() {
    let bench = Bench::with_pages(vec![vec![
        Step::Page(ScriptedPage::of(&page_bytes(1, 30), 10)),
        Step::Page(ScriptedPage::of(&page_bytes(2, 30), 10)),
        Step::Page(ScriptedPage::of(&page_bytes(3, 30), 10)),
    ]]);
    let mut application = bench.application().on_stream(|page, _| (page.number == 2).then_some(NextStream::Cancel));
    assert_eq!(bench.scan(job(Source::Feeder), &mut application), Ok(AcquireEnd::Cancelled));
    assert_eq!(application.bytes(), [page_bytes(1, 30)]);
    assert_eq!(application.complete(), [true]);
    assert_eq!(bench.journal.count(&Seen::NextStream(3)), 0);
}

#[test]
fn r08_a_cancelled_acquire_makes_download_return_s_false_without_an_error() {
    let (_, code) = cancelled_in_first_status(|_| Ok(AcquireEnd::Cancelled));
    assert_eq!(code, Code::S_FALSE);
}

#[test]
fn r09_the_cancel_button_of_the_device_ends_with_s_false() {
    for steps in
        [vec![Step::CancelButton], vec![Step::Page(ScriptedPage::of(&page_bytes(1, 30), 10).then_cancel_button())]]
    {
        let bench = Bench::with_pages(vec![steps]);
        let mut application = bench.application();
        let end = bench.scan(job(Source::Feeder), &mut application).expect("no failure");
        assert_eq!((end, end.code()), (AcquireEnd::CancelledAtDevice, Code::S_FALSE));
        assert!(application.complete().iter().all(|complete| !complete));
        assert_legal(&bench.journal.application());
        assert_eq!(bench.journal.count(&Seen::Settle), 1);
        bench.assert_locks_balanced();
    }
}

#[test]
fn r10_after_a_cancel_the_next_download_starts_with_the_new_image() {
    let bench = Bench::with_pages(vec![
        vec![Step::Page(ScriptedPage::of(&page_bytes(1, 300), 10))],
        vec![Step::Page(ScriptedPage::of(&page_bytes(2, 300), 10))],
    ]);
    let mut first = bench.application().on_message(|message, _| match message {
        TransferMessage::Status { transferred: 100.., .. } => Answer::Cancel,
        _ => Answer::Continue,
    });
    assert_eq!(bench.scan(job(Source::Feeder), &mut first), Ok(AcquireEnd::Cancelled));
    assert_eq!(first.bytes(), [page_bytes(1, 300)[..100].to_vec()]);
    let mut second = bench.application();
    assert_eq!(bench.scan(job(Source::Feeder), &mut second), Ok(AcquireEnd::Completed));
    assert_eq!(second.bytes(), [page_bytes(2, 300)]);
    bench.assert_locks_balanced();
}

#[test]
fn r11_a_cancel_never_affects_the_next_transfer() {
    let page = || vec![Step::Page(ScriptedPage::of(&page_bytes(1, 30), 10))];
    let bench = Bench::with_pages(vec![page(), page()]);
    let first = bench.broker.prepare(job(Source::Feeder));
    let late = first.canceller();
    late.cancel();
    assert_eq!(bench.broker.download(first, &mut bench.application()), Ok(AcquireEnd::Cancelled));
    bench.broker.settle();
    // The old handle is used while the next transfer runs.
    let mut application = bench.application().on_message(move |_, _| {
        late.cancel();
        Answer::Continue
    });
    assert_eq!(bench.scan(job(Source::Feeder), &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.complete(), [true]);
    assert!(!bench.journal.all().iter().any(|seen| matches!(seen, Seen::CancelIo(_))));
}

#[test]
fn r12_a_cancelled_driver_may_return_success_or_an_aborted_io_but_another_failure_is_told() {
    let failed = |code| Err(AcquireError::Application(code));
    let jam = AcquireError::Device(Condition::PaperJam.with("scripted"));
    for (returned, expected) in [
        (Ok(AcquireEnd::Completed), Code::S_FALSE),
        (Ok(AcquireEnd::EndOfMedia), Code::S_FALSE),
        (Ok(AcquireEnd::Cancelled), Code::S_FALSE),
        (failed(Code::E_ABORT), Code::S_FALSE),
        (failed(Code::E_IO_ABORTED), Code::S_FALSE),
        (failed(Code::E_CANCELLED), Code::S_FALSE),
        (failed(Code::STATUS_SKIP_ITEM), Code::S_FALSE),
        (failed(Code::STATUS_WARMING_UP), Code::S_FALSE),
        (failed(Code::E_FAIL), Code::E_FAIL),
        (Err(jam), Code::ERROR_PAPER_JAM),
    ] {
        let shown = format!("{returned:?}");
        let (bench, code) = cancelled_in_first_status(move |_| returned.clone());
        assert_eq!(code, expected, "{shown}");
        bench.assert_locks_balanced();
    }
}

#[test]
fn r13_cancel_with_no_transfer_running_has_no_effect() {
    let page = || vec![Step::Page(ScriptedPage::of(&page_bytes(1, 30), 10))];
    let bench = Bench::with_pages(vec![page(), page()]);
    let transfer = bench.broker.prepare(job(Source::Feeder));
    let canceller = transfer.canceller();
    assert_eq!(bench.broker.download(transfer, &mut bench.application()), Ok(AcquireEnd::Completed));
    let before = bench.journal.all();
    canceller.cancel();
    canceller.cancel();
    assert_eq!(bench.journal.all(), before);
    assert!(!canceller.is_cancelled());
    assert_eq!(bench.scan(job(Source::Feeder), &mut bench.application()), Ok(AcquireEnd::Completed));
}

#[test]
fn cancel_before_the_transfer_begins_means_that_acquire_is_not_called() {
    let bench = Bench::with_pages(vec![]);
    let transfer = bench.broker.prepare(job(Source::Feeder));
    transfer.canceller().cancel();
    assert_eq!(bench.broker.download(transfer, &mut bench.application()), Ok(AcquireEnd::Cancelled));
    assert_eq!(bench.broker.settle(), None);
    assert_eq!(bench.journal.count(&Seen::Acquire), 0);
    assert_eq!(bench.journal.application(), []);
    bench.assert_locks_balanced();
}

#[test]
fn a_band_in_hand_when_the_cancel_comes_is_kept_and_what_follows_is_dropped() {
    let handle: Arc<Mutex<Option<Canceller>>> = Arc::default();
    let elsewhere = Arc::clone(&handle);
    let bench = Bench::with_acquire(move |acquire| {
        let Ok(StreamGrant::Stream(mut stream)) = acquire.callback.next_stream(&page_info(1)) else {
            panic!("a stream was expected");
        };
        assert_eq!(acquire.callback.send_message(&status(0, 0)), Ok(Flow::Continue));
        elsewhere.lock().expect("not poisoned").take().expect("the test put it there").cancel();
        // Received before the cancel, so it belongs to the partial page.
        stream.write(b"in hand").map_err(|error| AcquireError::Application(error.0))?;
        assert_eq!(acquire.callback.send_message(&status(10, 7)), Ok(Flow::Cancelled));
        assert_eq!(stream.write(b"too late").map_err(|error| error.0), Err(Code::E_ABORT));
        Ok(AcquireEnd::Cancelled)
    });
    let transfer = bench.broker.prepare(job(Source::Feeder));
    *handle.lock().expect("not poisoned") = Some(transfer.canceller());
    let mut application = bench.application();
    assert_eq!(bench.broker.download(transfer, &mut application), Ok(AcquireEnd::Cancelled));
    assert_eq!(application.bytes(), [b"in hand".to_vec()]);
    assert_eq!(application.complete(), [false]);
}
