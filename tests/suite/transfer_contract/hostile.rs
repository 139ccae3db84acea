//! Drivers and applications that break the contract: the other side sees a legal sequence each time,
//! and the next transfer works.

use std::io::SeekFrom;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use lightbar::minidriver::{
    AcquireEnd, AcquireError, Code, Condition, DriverMessage, MiniDriverCallback, PageStream, ScanJob, Source,
    StreamError, StreamGrant, Streams,
};
use lightbar::transfer::{Answer, Canceller, NextStream, TransferMessage};

use crate::support::transfer::{
    Application, Bench, Seen, StoredPage, device_status, job, page_bytes, page_info, status,
};

type Acquired = Result<AcquireEnd, AcquireError>;
type HostileDriver = fn(&mut dyn MiniDriverCallback) -> Acquired;

/// Asks, writes and reports on, whatever it is answered.
fn ignores_every_answer(callback: &mut dyn MiniDriverCallback) -> Acquired {
    for number in 1..=3 {
        let mut stream = match callback.next_stream(&page_info(number)) {
            Ok(StreamGrant::Stream(stream)) => Some(stream),
            _ => None,
        };
        for step in 1..=5 {
            if let Some(stream) = &mut stream {
                let _ = stream.write(&page_bytes(number as u8, 7));
            }
            let _ = callback.send_message(&status(step * 20, u64::from(step) * 7));
            let _ = callback.send_message(&DriverMessage::NewPage);
            let _ = callback.send_message(&device_status(Condition::WarmingUp, step));
        }
    }
    Ok(AcquireEnd::Completed)
}

fn asks_for_a_stream_per_band(callback: &mut dyn MiniDriverCallback) -> Acquired {
    for number in 1..=20 {
        match callback.next_stream(&page_info(number)) {
            Ok(StreamGrant::Stream(mut stream)) => {
                let _ = stream.write(&page_bytes(1, 3));
            }
            Ok(StreamGrant::Skip) => {}
            Ok(StreamGrant::Cancelled) => return Ok(AcquireEnd::Cancelled),
            Err(code) => return Err(AcquireError::Application(code)),
        }
    }
    Ok(AcquireEnd::Completed)
}

fn writes_one_byte_at_a_time(callback: &mut dyn MiniDriverCallback) -> Acquired {
    let Ok(StreamGrant::Stream(mut stream)) = callback.next_stream(&page_info(1)) else {
        return Ok(AcquireEnd::Cancelled);
    };
    for (index, byte) in page_bytes(1, 300).into_iter().enumerate() {
        if stream.write(&[byte]).is_err() || callback.send_message(&status(0, index as u64 + 1)).is_err() {
            return Err(AcquireError::Application(Code::E_FAIL));
        }
    }
    Ok(AcquireEnd::Completed)
}

/// Keeps every stream and goes on using all of them.
fn keeps_streams(callback: &mut dyn MiniDriverCallback) -> Acquired {
    let mut kept: Vec<Box<dyn PageStream>> = Vec::new();
    for number in 1..=4 {
        if let Ok(StreamGrant::Stream(stream)) = callback.next_stream(&page_info(number)) {
            kept.push(stream);
        }
        for stream in &mut kept {
            let _ = stream.seek(SeekFrom::Start(0));
            let _ = stream.write(b"everywhere");
            let _ = stream.set_len(4);
        }
    }
    Ok(AcquireEnd::Completed)
}

fn ends_with_nonsense(callback: &mut dyn MiniDriverCallback) -> Acquired {
    let _ = callback.next_stream(&page_info(1));
    Err(AcquireError::Application(Code::STATUS_CALIBRATING))
}

fn panics(callback: &mut dyn MiniDriverCallback) -> Acquired {
    let _stream = callback.next_stream(&page_info(1));
    panic!("made to panic while it holds a stream");
}

fn panics_between_pages(callback: &mut dyn MiniDriverCallback) -> Acquired {
    let _ = ignores_every_answer(callback);
    panic!("made to panic after its pages");
}

const DRIVERS: [HostileDriver; 7] = [
    ignores_every_answer,
    asks_for_a_stream_per_band,
    writes_one_byte_at_a_time,
    keeps_streams,
    ends_with_nonsense,
    panics,
    panics_between_pages,
];

/// What an application can do at its nth callback.
#[derive(Clone, Copy, Debug)]
enum Act {
    Nothing,
    Cancel,
    AnswerCancel,
    AnswerFailure,
    AnswerNonsense,
    Skip,
    Panic,
}

const ACTS: [Act; 7] =
    [Act::Nothing, Act::Cancel, Act::AnswerCancel, Act::AnswerFailure, Act::AnswerNonsense, Act::Skip, Act::Panic];

#[test]
fn every_hostile_driver_meets_every_answer_at_every_point() {
    for (index, driver) in DRIVERS.into_iter().enumerate() {
        for streams in [Streams::PerPage, Streams::OneForAll] {
            for act in ACTS {
                for at in [0, 1, 2, 3, 5, 8, 13, 21] {
                    one_hostile_case(index, driver, streams, act, at);
                }
            }
        }
    }
}

fn one_hostile_case(index: usize, driver: HostileDriver, streams: Streams, act: Act, at: usize) {
    let case = format!("driver {index}, {streams:?}, {act:?} at {at}");
    let bench = Bench::with_acquire(move |acquire| match acquire.turn {
        0 => driver(acquire.callback),
        _ => writes_one_byte_at_a_time(acquire.callback),
    });
    let transfer = bench.broker.prepare(ScanJob { streams, ..job(Source::Feeder) });
    let canceller = transfer.canceller();
    let mut application = acting(bench.application(), act, at, canceller);
    let ended = catch_unwind(AssertUnwindSafe(|| bench.broker.download(transfer, &mut application)));
    let panicked = ended.is_err();
    bench.broker.settle();
    bench.assert_locks_balanced();
    if !panicked {
        application.assert_legal(&case);
    }
    assert!(application.pages.iter().all(|page| page.holders() == 1), "{case}: a stream is still held");
    next_works(&bench, &case);
}

fn acting(application: Application, act: Act, at: usize, canceller: lightbar::transfer::Canceller) -> Application {
    use std::cell::Cell;
    use std::rc::Rc;
    let count = Rc::new(Cell::new(0));
    let counted = Rc::clone(&count);
    let streams_canceller = canceller.clone();
    let now = move |count: &Cell<usize>| count.replace(count.get() + 1) == at;
    application
        .on_stream(move |_, _| {
            if !now(&counted) {
                return None;
            }
            match act {
                Act::Nothing => None,
                Act::Cancel => {
                    streams_canceller.cancel();
                    None
                }
                Act::AnswerCancel => Some(NextStream::Cancel),
                Act::AnswerFailure => Some(NextStream::Code(Code::E_FAIL)),
                Act::AnswerNonsense => Some(NextStream::Code(Code::S_OK)),
                Act::Skip => Some(NextStream::Skip),
                Act::Panic => panic!("the application was made to panic"),
            }
        })
        .on_message(move |_, _| {
            if !now(&count) {
                return Answer::Continue;
            }
            match act {
                Act::Nothing => Answer::Continue,
                Act::Cancel => {
                    canceller.cancel();
                    Answer::Continue
                }
                Act::AnswerCancel => Answer::Cancel,
                Act::AnswerFailure => Answer::Code(Code::E_FAIL),
                Act::AnswerNonsense => Answer::Code(Code::STATUS_END_OF_MEDIA),
                Act::Skip => Answer::Code(Code::STATUS_SKIP_ITEM),
                Act::Panic => panic!("the application was made to panic"),
            }
        })
}

#[test]
fn a_panic_of_the_application_goes_on_when_the_device_is_safe() {
    let bench = Bench::with_acquire(|acquire| {
        assert_eq!(acquire.callback.send_message(&status(0, 0)), Err(Code::E_UNEXPECTED));
        // Not called again.
        assert_eq!(acquire.callback.send_message(&status(0, 0)), Err(Code::E_UNEXPECTED));
        Err(AcquireError::Application(Code::E_UNEXPECTED))
    });
    let mut application = bench.application().on_message(|_, _| panic!("made to panic in a message"));
    let transfer = bench.broker.prepare(job(Source::Feeder));
    assert!(catch_unwind(AssertUnwindSafe(|| bench.broker.download(transfer, &mut application))).is_err());
    assert!(bench.broker.settle().is_some());
    assert_eq!(bench.journal.application(), [Seen::Status(0, 0)]);
    bench.assert_locks_balanced();
}

#[test]
fn complete_is_taken_back_by_a_byte_that_follows() {
    let bench = Bench::with_acquire(|acquire| {
        let Ok(StreamGrant::Stream(mut stream)) = acquire.callback.next_stream(&page_info(1)) else {
            panic!("a stream was expected");
        };
        let _ = acquire.callback.send_message(&status(100, 0));
        let _ = stream.write(b"more");
        Ok(AcquireEnd::Completed)
    });
    let mut application = bench.application();
    bench.scan_code(job(Source::Feeder), &mut application);
    assert_eq!(application.complete(), [false]);
}

#[test]
fn complete_needs_a_transfer_that_is_alive_when_the_last_byte_is_told() {
    for cancel_first in [true, false] {
        let bench = Bench::with_acquire(|acquire| {
            let _stream = acquire.callback.next_stream(&page_info(1));
            let _ = acquire.callback.send_message(&status(99, 0));
            let _ = acquire.callback.send_message(&status(100, 0));
            Ok(AcquireEnd::Cancelled)
        });
        let mut application = bench.application().on_message(move |message, _| match message {
            TransferMessage::Status { percent, .. } if (percent.value() == 99) == cancel_first => Answer::Cancel,
            _ => Answer::Continue,
        });
        bench.scan_code(job(Source::Feeder), &mut application);
        // All bytes were there before the person cancelled, or not.
        assert_eq!(application.complete(), [!cancel_first]);
    }
}

/// Takes everything, counts it and keeps nothing.
struct Counting(Arc<AtomicU64>);

impl PageStream for Counting {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        self.0.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        Ok(bytes.len())
    }

    fn seek(&mut self, _: SeekFrom) -> Result<u64, StreamError> {
        Ok(self.0.load(Ordering::SeqCst))
    }

    fn set_len(&mut self, _: u64) -> Result<(), StreamError> {
        Ok(())
    }
}

#[test]
fn a_gigabyte_without_a_message_is_passed_on_and_the_next_transfer_works() {
    const GIGABYTE: u64 = 1 << 30;
    for cancelled in [false, true] {
        let handle: Arc<Mutex<Option<Canceller>>> = Arc::default();
        let elsewhere = Arc::clone(&handle);
        let bench = Bench::with_acquire(move |acquire| {
            if acquire.turn > 0 {
                return writes_one_byte_at_a_time(acquire.callback);
            }
            let Ok(StreamGrant::Stream(mut stream)) = acquire.callback.next_stream(&page_info(1)) else {
                panic!("a stream was expected");
            };
            let band = vec![7; 1 << 20];
            for number in 0..GIGABYTE >> 20 {
                if cancelled && number == 512 {
                    elsewhere.lock().expect("not poisoned").take().expect("the test put it there").cancel();
                }
                let _ = stream.write(&band);
            }
            Ok(AcquireEnd::Completed)
        });
        let written = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&written);
        let transfer = bench.broker.prepare(job(Source::Feeder));
        *handle.lock().expect("not poisoned") = Some(transfer.canceller());
        let mut application = bench
            .application()
            .on_stream(move |_, _| Some(NextStream::Stream(Box::new(Counting(Arc::clone(&counter))))));
        let outcome = bench.broker.download(transfer, &mut application);
        bench.broker.settle();
        // A driver that says nothing learns nothing; what it wrote was received, and the page is no whole one.
        assert_eq!(written.load(Ordering::SeqCst), GIGABYTE);
        let expected = if cancelled { AcquireEnd::Cancelled } else { AcquireEnd::Completed };
        assert_eq!(outcome, Ok(expected));
        application.assert_legal("a gigabyte");
        assert_eq!(application.complete(), [false]);
        next_works(&bench, "a gigabyte");
    }
}

fn next_works(bench: &Bench, case: &str) {
    bench.journal.clear();
    let mut next = bench.application();
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut next), Code::S_OK, "{case}");
    assert_eq!(next.bytes(), [page_bytes(1, 300)], "{case}");
    next.assert_legal(case);
}

#[test]
fn a_stream_used_on_another_thread_after_the_end_is_dead_also_while_the_next_transfer_runs() {
    type Late = Box<dyn PageStream>;
    let (late, kept) = crossbeam_channel::unbounded::<Late>();
    let bench = Bench::with_acquire(move |acquire| {
        if acquire.turn > 0 {
            return writes_one_byte_at_a_time(acquire.callback);
        }
        if let Ok(StreamGrant::Stream(stream)) = acquire.callback.next_stream(&page_info(1)) {
            late.send(stream).expect("the test listens");
        }
        Ok(AcquireEnd::Completed)
    });
    let mut first = bench.application();
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut first), Code::S_OK);
    first.assert_legal("kept beyond the end");
    let mut stream = kept.try_recv().expect("the driver kept it");
    let write_late = move |_: &TransferMessage, _: &[StoredPage]| {
        std::thread::scope(|scope| {
            let written = scope.spawn(|| stream.write(b"late"));
            assert_eq!(written.join().expect("no panic"), Err(StreamError(Code::E_ABORT)));
        });
        Answer::Continue
    };
    bench.journal.clear();
    let mut next = bench.application().on_message(write_late);
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut next), Code::S_OK);
    assert_eq!(next.bytes(), [page_bytes(1, 300)]);
    assert_eq!(first.bytes(), [Vec::<u8>::new()]);
    next.assert_legal("the next transfer");
}
