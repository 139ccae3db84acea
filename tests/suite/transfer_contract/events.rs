//! Events of a device (reference, part 15).

use lightbar::minidriver::property::{HandlingStatus, keys};
use lightbar::minidriver::{Button, Condition, DeviceEvent, FeederState, PressedButton, Source};

use crate::support::transfer::{Bench, Journal, ScriptedDriver, ScriptedPage, Seen, Step, job};

fn driver(journal: &Journal) -> ScriptedDriver {
    ScriptedDriver::with_pages(journal, vec![vec![Step::Page(ScriptedPage::of(&[1; 10], 10))]])
}

#[test]
fn the_status_is_up_to_date_before_its_event_is_told() {
    let journal = Journal::default();
    let driver = driver(&journal);
    let feeder = driver.feeder.clone();
    let bench = Bench::around(driver, journal);
    let mut items = bench.broker.application_items();
    let mut look = |state: FeederState| {
        *feeder.lock().expect("unpoisoned") = state;
        let (seen, events) = bench.broker.poll_events(&mut items).expect("nobody uses it");
        assert_eq!(seen, state);
        let status = HandlingStatus(items.root().get(keys::DOCUMENT_HANDLING_STATUS).expect("there"));
        (events, status.has(HandlingStatus::FEED_READY), status.has(HandlingStatus::PATH_COVER_UP))
    };
    assert_eq!(look(FeederState::Empty), (vec![], false, false));
    assert_eq!(look(FeederState::Loaded), (vec![DeviceEvent::FeederLoaded], true, false));
    assert_eq!(look(FeederState::Trouble(Condition::CoverOpen)), (vec![DeviceEvent::CoverOpened], false, true));
    assert_eq!(look(FeederState::Loaded), (vec![DeviceEvent::CoverClosed], true, false));
    assert_eq!(look(FeederState::Empty), (vec![DeviceEvent::FeederEmptied], false, false));
}

#[test]
fn paper_that_a_job_used_up_is_not_told_as_taken_out() {
    let journal = Journal::default();
    let driver = driver(&journal);
    let feeder = driver.feeder.clone();
    let bench = Bench::around(driver, journal);
    let mut items = bench.broker.application_items();
    bench.broker.poll_events(&mut items).expect("idle");
    bench.scan(job(Source::Feeder), &mut bench.application()).expect("a page");
    *feeder.lock().expect("unpoisoned") = FeederState::Empty;
    assert_eq!(bench.broker.poll_events(&mut items), Ok((FeederState::Empty, vec![])));
}

#[test]
fn a_button_names_its_source_starts_nothing_and_is_passed_on_only_when_declared() {
    for declared in [true, false] {
        let journal = Journal::default();
        let mut driver = driver(&journal);
        let event = DeviceEvent::Button(Button::Email);
        driver.declared = declared.then(|| vec![event]);
        driver
            .pressed
            .lock()
            .expect("unpoisoned")
            .push(PressedButton { button: Button::Email, item: Some("Feeder".into()) });
        let bench = Bench::around(driver, journal);
        let mut items = bench.broker.application_items();
        let (_, events) = bench.broker.poll_events(&mut items).expect("idle");
        assert_eq!(events, if declared { vec![event] } else { vec![] });
        let named = items.root().get(keys::SCAN_AVAILABLE_ITEM);
        assert_eq!(named.as_deref(), Some(if declared { "Feeder" } else { "" }));
        items.set_scan_available_item("");
        assert_eq!(items.root().get(keys::SCAN_AVAILABLE_ITEM).as_deref(), Some(""), "the event is done with");
        assert_eq!(bench.journal.count(&Seen::Acquire), 0);
    }
}

#[test]
fn a_driver_is_told_before_the_computer_sleeps_and_given_back_after() {
    let journal = Journal::default();
    let bench = Bench::around(driver(&journal), journal);
    bench.broker.power_suspending();
    assert!(bench.broker.power_resumed());
    let all = bench.journal.all();
    assert_eq!(all, [Seen::PowerSuspend, Seen::PowerResume, Seen::Release]);
    bench.scan(job(Source::Feeder), &mut bench.application()).expect("the next job opens it anew");
}
