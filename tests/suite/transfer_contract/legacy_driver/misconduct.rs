//! What the layer makes of a driver that does wrong, and of one whose device is gone.

use std::sync::{Arc, Mutex};

use lightbar::minidriver::legacy::LegacyMessage;
use lightbar::minidriver::{Code, DriverError, OfferedFormat, PageFormat, ScanJob, Source, Unusable};
use lightbar::transfer::BridgedDriver;
use lightbar::units::Percent;

use crate::support::transfer::{Bench, LegacyCall, ScriptedLegacy, TestImage, assert_legal, job, pages_of};
use crate::transfer_model::script::Random;

use super::{cancel_after, image, rows_of, sheets};

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
