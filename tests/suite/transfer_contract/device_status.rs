//! R36 to R43.

use lightbar::clock::ManualClock;
use lightbar::minidriver::{
    AcquireEnd, AcquireError, Code, Condition, DriverMessage, Flow, HandlerAnswer, ScanJob, Source, StreamGrant,
    Streams,
};
use lightbar::transfer::{Broker, DefaultHandler, TransferError, outcome_code};

use crate::support::transfer::{
    Bench, Handler, Journal, ScriptedDriver, ScriptedPage, Seen, Step, device_status, job, page_bytes, page_info,
    status,
};

/// A driver that reports a condition once and passes on what it is answered.
fn reporting(condition: Condition) -> Bench {
    Bench::with_acquire(move |acquire| match acquire.callback.send_message(&device_status(condition, 25)) {
        Ok(Flow::Continue) => Ok(AcquireEnd::Completed),
        Ok(Flow::Cancelled) => Ok(AcquireEnd::Cancelled),
        Err(code) => Err(AcquireError::Application(code)),
    })
}

#[test]
fn r36_device_status_never_reaches_the_transfer_callback() {
    for condition in [Condition::WarmingUp, Condition::PaperJam] {
        let bench = reporting(condition);
        let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
        assert_eq!(bench.journal.application(), [Seen::EndOfTransfer]);
    }
}

#[test]
fn r37_handlers_are_asked_in_order_and_the_first_answer_ends_the_search() {
    use HandlerAnswer::{Handled, NotHandled};
    let code = Code::ERROR_COVER_OPEN;
    for (application, driver, expected) in [
        (Handled, Handled, vec!["application"]),
        (NotHandled, Handled, vec!["application", "driver"]),
        (HandlerAnswer::Code(Code::STATUS_NOT_HANDLED), NotHandled, vec!["application", "driver", "default"]),
    ] {
        let journal = Journal::default();
        let scripted = ScriptedDriver::with_acquire(&journal, |acquire| {
            match acquire.callback.send_message(&device_status(Condition::CoverOpen, 0)) {
                Ok(Flow::Continue) => Ok(AcquireEnd::Completed),
                other => panic!("handled, but answered {other:?}"),
            }
        });
        *scripted.handler.lock().expect("not poisoned") =
            Some(Box::new(Handler::new("driver", &journal, move |_| driver)));
        let face = Box::new(Handler::new("default", &journal, |_| Handled));
        let default = DefaultHandler::with_face(face);
        let broker = Broker::with_default_handler(Box::new(scripted), ManualClock::start(), default);
        let bench = Bench { broker, journal };
        let mut application = bench.application().handled_by(move |_| application);
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
        let asked: Vec<Seen> =
            bench.journal.all().into_iter().filter(|seen| matches!(seen, Seen::Report(..))).collect();
        let expected: Vec<Seen> = expected.into_iter().map(|name| Seen::Report(name, code, 0)).collect();
        assert_eq!(asked, expected);
    }
}

#[test]
fn r37_the_default_handler_knows_its_list_and_nothing_else() {
    for (condition, known) in [
        (Condition::WarmingUp, true),
        (Condition::Calibrating, true),
        (Condition::PaperJam, true),
        (Condition::PaperEmpty, true),
        (Condition::CoverOpen, true),
        (Condition::LampOff, true),
        (Condition::Locked, true),
        (Condition::MultiFeed, false),
        (Condition::Offline, false),
        (Condition::General, false),
    ] {
        let journal = Journal::default();
        let scripted = ScriptedDriver::with_acquire(&journal, move |acquire| {
            let _ = acquire.callback.send_message(&device_status(condition, 0));
            Ok(AcquireEnd::Completed)
        });
        let default =
            DefaultHandler::with_face(Box::new(Handler::new("default", &journal, |_| HandlerAnswer::Handled)));
        let broker = Broker::with_default_handler(Box::new(scripted), ManualClock::start(), default);
        let bench = Bench { broker, journal };
        let mut application = bench.application().handled_by(|_| HandlerAnswer::NotHandled);
        bench.scan_code(job(Source::Feeder), &mut application);
        let asked = bench.journal.count(&Seen::Report("default", condition.code(), 0));
        assert_eq!(asked, usize::from(known), "{condition:?}");
    }
}

#[test]
fn r38_an_unhandled_failure_is_answered_and_returned() {
    let bench = reporting(Condition::CoverOpen);
    let mut application = bench.application().handled_by(|_| HandlerAnswer::NotHandled);
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::ERROR_COVER_OPEN);
    // Through the page loop it keeps the device's own words.
    let bench = Bench::with_pages(vec![vec![Step::Trouble(Condition::CoverOpen)]]);
    let outcome = bench.scan(job(Source::Feeder), &mut bench.application());
    let failure = AcquireError::Device(Condition::CoverOpen.with("scripted"));
    assert_eq!(outcome, Err(TransferError::Acquire(failure)));
}

#[test]
fn r38_a_handler_may_give_up_with_a_failure_of_its_own() {
    let bench = reporting(Condition::CoverOpen);
    let mut application = bench.application().handled_by(|_| HandlerAnswer::Code(Code::ERROR_USER_INTERVENTION));
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::ERROR_USER_INTERVENTION);
}

#[test]
fn r39_an_unhandled_delay_lets_the_transfer_go_on() {
    for with_handler in [true, false] {
        let page = ScriptedPage::of(&page_bytes(1, 30), 10);
        let steps = vec![Step::Delay(Condition::Calibrating, 10), Step::Page(page)];
        let bench = Bench::with_pages(vec![steps]);
        let mut application = bench.application();
        if with_handler {
            application = application.handled_by(|_| HandlerAnswer::NotHandled);
        }
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
        assert_eq!(application.complete(), [true]);
    }
}

#[test]
fn r39_another_success_of_a_handler_counts_as_handled() {
    let bench = reporting(Condition::PaperJam);
    let mut application = bench.application().handled_by(|_| HandlerAnswer::Code(Code(0x1234)));
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
}

#[test]
fn r39_what_is_no_status_of_a_device_reaches_no_handler_and_ends_nothing() {
    for code in [
        Code::S_OK,
        Code::S_FALSE,
        Code::STATUS_END_OF_MEDIA,
        Code::STATUS_CLEAR,
        Code::STATUS_SKIP_ITEM,
        Code::STATUS_NOT_HANDLED,
        Code::S_CHANGE_DEVICE,
    ] {
        let steps = vec![
            Step::Delay(Condition::WarmingUp, 10),
            Step::Delay(Condition::Other(code), 0),
            Step::Delay(Condition::WarmingUp, 20),
            Step::Page(ScriptedPage::of(&page_bytes(1, 30), 10)),
        ];
        let bench = Bench::with_pages(vec![steps]);
        let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK, "{code}");
        assert_eq!(application.complete(), [true]);
        assert_eq!(application.reported(), [Condition::WarmingUp, Condition::WarmingUp], "{code}");
        // The notice goes when the page comes, and not for what was no status (R41).
        let all = bench.journal.all();
        let cleared = all.iter().position(|seen| matches!(seen, Seen::Clear("application")));
        let last = all.iter().rposition(|seen| matches!(seen, Seen::Report("application", ..)));
        assert!(cleared > last, "{code}: {all:?}");
    }
    // A code of the driver's own is one, whatever its number.
    let own = Condition::Other(Code(0x0004_1234));
    let bench = reporting(own);
    let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
    assert_eq!(application.reported(), [own]);
}

#[test]
fn r40_a_handler_that_answers_s_false_cancels_whatever_the_status_was() {
    for condition in [Condition::WarmingUp, Condition::PaperJam, Condition::General] {
        for answer in [HandlerAnswer::Cancel, HandlerAnswer::Code(Code::S_FALSE)] {
            let bench = reporting(condition);
            let mut application = bench.application().handled_by(move |_| answer);
            assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_FALSE);
        }
    }
}

/// Runs one acquire script in a multipage job whose application shows every delay; returns what the
/// application's handler was told, and everything that was.
fn notices(
    script: impl FnMut(&mut dyn lightbar::minidriver::MiniDriverCallback) + Send + 'static,
) -> (usize, Vec<Seen>) {
    let mut script = script;
    let bench = Bench::with_acquire(move |acquire| {
        script(acquire.callback);
        Ok(AcquireEnd::Completed)
    });
    let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
    let multipage = ScanJob { streams: Streams::OneForAll, ..job(Source::Feeder) };
    bench.scan_code(multipage, &mut application);
    (bench.journal.count(&Seen::Clear("application")), bench.journal.all())
}

#[test]
fn r41_clear_comes_when_something_else_follows_a_delay_and_at_no_other_time() {
    fn say(callback: &mut dyn lightbar::minidriver::MiniDriverCallback, message: DriverMessage) {
        assert_eq!(callback.send_message(&message), Ok(Flow::Continue));
    }
    let warm = || device_status(Condition::WarmingUp, 10);
    // The same status again, with another percent: none until the end of the transfer.
    let (clears, all) = notices(move |callback| {
        say(callback, warm());
        say(callback, device_status(Condition::WarmingUp, 60));
    });
    assert_eq!(clears, 1);
    let last_report = all.iter().rposition(|seen| matches!(seen, Seen::Report(..))).expect("asked");
    assert_eq!(
        all[last_report + 1..last_report + 4],
        [Seen::AcquireReturned, Seen::Clear("application"), Seen::EndOfTransfer]
    );
    // A different status: before it is reported.
    let (clears, all) = notices(move |callback| {
        say(callback, warm());
        say(callback, device_status(Condition::Calibrating, 0));
    });
    assert_eq!(clears, 2);
    let calibrating = Seen::Report("application", Code::STATUS_CALIBRATING, 0);
    let at = all.iter().position(|seen| *seen == calibrating).expect("asked");
    assert_eq!(all[at - 1], Seen::Clear("application"));
    // A problem is a question and leaves no notice, but it is a different status.
    let (clears, _) = notices(move |callback| {
        say(callback, warm());
        say(callback, device_status(Condition::PaperJam, 0));
        say(callback, status(0, 0));
    });
    assert_eq!(clears, 1);
    // A STATUS message, once.
    let (clears, all) = notices(move |callback| {
        say(callback, warm());
        say(callback, status(0, 0));
        say(callback, status(1, 0));
    });
    assert_eq!(clears, 1);
    let at = all.iter().position(|seen| *seen == Seen::Status(0, 0)).expect("relayed");
    assert_eq!(all[at - 1], Seen::Clear("application"));
    // GetNextStream.
    let (clears, all) = notices(move |callback| {
        say(callback, warm());
        let _stream = callback.next_stream(&page_info(1));
    });
    assert_eq!(clears, 1);
    let at = all.iter().position(|seen| *seen == Seen::NextStream(1)).expect("asked");
    assert_eq!(all[at - 1], Seen::Clear("application"));
    // NEW_PAGE is not in the list; the end of the stream is.
    let (clears, all) = notices(move |callback| {
        let Ok(StreamGrant::Stream(_stream)) = callback.next_stream(&page_info(1)) else {
            panic!("a stream was expected");
        };
        say(callback, warm());
        say(callback, DriverMessage::NewPage);
    });
    assert_eq!(clears, 1);
    let at = all.iter().position(|seen| matches!(seen, Seen::EndOfStream { .. })).expect("ended");
    assert_eq!(all[at - 1], Seen::Clear("application"));
    // Nothing was shown: nothing is cleared.
    let (clears, _) = notices(move |callback| {
        say(callback, device_status(Condition::PaperJam, 0));
        say(callback, status(0, 0));
    });
    assert_eq!(clears, 0);
}

#[test]
fn r41_only_the_handler_that_shows_the_notice_is_told() {
    let journal = Journal::default();
    let scripted = ScriptedDriver::with_acquire(&journal, |acquire| {
        let _ = acquire.callback.send_message(&device_status(Condition::WarmingUp, 0));
        Ok(AcquireEnd::Completed)
    });
    *scripted.handler.lock().expect("not poisoned") =
        Some(Box::new(Handler::new("driver", &journal, |_| HandlerAnswer::Handled)));
    let bench = Bench::around(scripted, journal);
    let mut application = bench.application().handled_by(|_| HandlerAnswer::NotHandled);
    bench.scan_code(job(Source::Feeder), &mut application);
    assert_eq!(bench.journal.count(&Seen::Clear("driver")), 1);
    assert_eq!(bench.journal.count(&Seen::Clear("application")), 0);
}

#[test]
fn r42_a_problem_that_was_put_right_resumes_the_same_transfer() {
    // Between pages, and in mid page: there the page comes again in a new stream, the torn one is incomplete.
    let torn = ScriptedPage::of(&page_bytes(2, 12), 6).then_trouble(Condition::PaperJam);
    let steps = vec![
        Step::Trouble(Condition::CoverOpen),
        Step::Page(ScriptedPage::of(&page_bytes(1, 30), 10)),
        Step::Page(torn),
        Step::Page(ScriptedPage::of(&page_bytes(2, 30), 10)),
    ];
    let bench = Bench::with_pages(vec![steps]);
    let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
    assert_eq!(application.bytes(), [page_bytes(1, 30), page_bytes(2, 12), page_bytes(2, 30)]);
    assert_eq!(application.complete(), [true, false, true]);
    let numbers: Vec<u32> = application.infos.iter().map(|page| page.number).collect();
    assert_eq!(numbers, [1, 2, 2], "a page fed again does not count twice");
    assert_eq!(bench.journal.count(&Seen::Acquire), 1);
}

#[test]
fn r43_without_an_error_handler_no_handler_at_all_is_asked() {
    for (condition, expected) in [(Condition::PaperJam, Code::ERROR_PAPER_JAM), (Condition::WarmingUp, Code::S_OK)] {
        let journal = Journal::default();
        let scripted = ScriptedDriver::with_acquire(&journal, move |acquire| {
            match acquire.callback.send_message(&device_status(condition, 0)) {
                Ok(_) => Ok(AcquireEnd::Completed),
                Err(code) => Err(AcquireError::Application(code)),
            }
        });
        *scripted.handler.lock().expect("not poisoned") =
            Some(Box::new(Handler::new("driver", &journal, |_| HandlerAnswer::Handled)));
        let default =
            DefaultHandler::with_face(Box::new(Handler::new("default", &journal, |_| HandlerAnswer::Handled)));
        let broker = Broker::with_default_handler(Box::new(scripted), ManualClock::start(), default);
        let bench = Bench { broker, journal };
        let transfer = bench.broker.prepare(job(Source::Feeder));
        let outcome = bench.broker.download(transfer, &mut bench.application());
        assert_eq!(outcome_code(&outcome), expected);
        assert!(!bench.journal.all().iter().any(|seen| matches!(seen, Seen::Report(..) | Seen::Clear(_))));
    }
}
