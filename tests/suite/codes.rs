//! The codes of the transfer model (reference, part 14): what each means, and a sentence for each.

use lightbar::minidriver::property::{Batch, NotTransferable, Refusal, Value};
use lightbar::minidriver::{Code, Condition, ItemCategory, Recovery, Source};
use lightbar::text::errors::{self, Sentences};
use lightbar::transfer::TransferError;

use crate::support::transfer::Bench;

/// Part 14 once more, as numbers, so that no slip in the program's table goes unseen.
const INFO: [u32; 8] =
    [0x0021_0002, 0x0021_0003, 0x0021_0006, 0x0021_0007, 0x0021_0008, 0x0021_0009, 0x0021_000A, 0x0021_000B];
const NOW: [u32; 7] = [0x8021_0002, 0x8021_0003, 0x8021_0004, 0x8021_0008, 0x8021_000D, 0x8021_0010, 0x8021_0011];
const AGAIN: [u32; 14] = [
    0x8021_0001,
    0x8021_0005,
    0x8021_0006,
    0x8021_0007,
    0x8021_0009,
    0x8021_000A,
    0x8021_000C,
    0x8021_000E,
    0x8021_0012,
    0x8021_0013,
    0x8021_0014,
    0x8021_0015,
    0x8000_4005,
    0x8003_0070,
];
const AGAIN_TOO: [u32; 1] = [0x8007_000E];
const NO: [u32; 7] = [0x8021_000B, 0x8021_000F, 0x8000_4001, 0x8000_4003, 0x8000_FFFF, 0x8007_0005, 0x8007_0057];
const END: [u32; 6] = [0, 1, 0x0021_0001, 0x8000_4004, 0x8007_03E3, 0x8007_04C7];

#[test]
fn every_code_of_the_table_means_what_the_table_says() {
    let expected = [
        (Recovery::Info, &INFO[..]),
        (Recovery::Now, &NOW),
        (Recovery::Again, &AGAIN),
        (Recovery::Again, &AGAIN_TOO),
        (Recovery::No, &NO),
        (Recovery::End, &END),
    ];
    let mut count = 0;
    for (recovery, values) in expected {
        for value in values {
            let code = Code(*value);
            assert_eq!(code.recovery(), Some(recovery), "{code:?}");
            assert!(code.meaning().is_some_and(|meaning| meaning.ends_with('.')), "{code:?}");
            count += 1;
        }
    }
    // And one of our own, for R47.
    assert_eq!(Code::all().count(), count + 1);
    assert_eq!(Code::STATUS_PAGES_PASSED_ON.recovery(), Some(Recovery::Info));
}

fn is_a_sentence(sentences: &Sentences) -> bool {
    let advice_ends = sentences.advice.is_empty() || sentences.advice.ends_with('.');
    !sentences.title.is_empty() && !sentences.title.ends_with('.') && advice_ends
}

#[test]
fn every_code_of_the_table_has_a_sentence_of_its_own() {
    for code in Code::all() {
        let sentences = errors::code(code);
        assert!(is_a_sentence(&sentences), "{code:?}: {sentences:?}");
        // What is told of codes that nobody knows names their number or name; a person is told in words.
        let joined = sentences.joined();
        assert!(!joined.contains(&code.to_string()) && !joined.contains("0x"), "{code:?}: {joined}");
    }
}

#[test]
fn codes_that_can_be_put_right_say_how() {
    for code in Code::all().filter(|code| matches!(code.recovery(), Some(Recovery::Now | Recovery::Again))) {
        assert!(!errors::code(code).advice.is_empty(), "{code:?}");
    }
}

#[test]
fn every_condition_has_a_sentence_and_a_code_of_the_table() {
    for condition in CONDITIONS {
        let sentences = errors::problem(&condition.with("scripted"));
        assert!(is_a_sentence(&sentences), "{condition:?}: {sentences:?}");
        assert!(condition.code().name().is_some(), "{condition:?}");
        // What the table has as *now* is asked about while the job waits.
        if condition.code().recovery() == Some(Recovery::Now) {
            assert!(condition.can_be_fixed_now(), "{condition:?}");
        }
    }
}

/// All of them: the match in [`place`] does not compile when one is missing there.
const CONDITIONS: [Condition; 32] = [
    Condition::PaperJam,
    Condition::PaperEmpty,
    Condition::PaperProblem,
    Condition::MultiFeed,
    Condition::CoverOpen,
    Condition::LampOff,
    Condition::WarmingUp,
    Condition::Calibrating,
    Condition::Busy,
    Condition::Locked,
    Condition::Attention,
    Condition::Offline,
    Condition::NotAnswering,
    Condition::Communication,
    Condition::TruncatedPage,
    Condition::ShortPage,
    Condition::EndlessPage,
    Condition::LostPage,
    Condition::ImpossibleSize,
    Condition::Refused,
    Condition::NotPermitted,
    Condition::General,
    Condition::NoPages,
    Condition::NoEncryption,
    Condition::PagesPassedOn(2),
    Condition::Other(Code::E_FAIL),
    Condition::DamagedPage,
    Condition::LongPage,
    Condition::NotAPicture,
    Condition::SeveralPictures,
    Condition::PaperLeft,
    Condition::DeviceError,
];

/// The place of a condition in the list.
fn place(condition: Condition) -> usize {
    match condition {
        Condition::PaperJam => 0,
        Condition::PaperEmpty => 1,
        Condition::PaperProblem => 2,
        Condition::MultiFeed => 3,
        Condition::CoverOpen => 4,
        Condition::LampOff => 5,
        Condition::WarmingUp => 6,
        Condition::Calibrating => 7,
        Condition::Busy => 8,
        Condition::Locked => 9,
        Condition::Attention => 10,
        Condition::Offline => 11,
        Condition::NotAnswering => 12,
        Condition::Communication => 13,
        Condition::TruncatedPage => 14,
        Condition::ShortPage => 15,
        Condition::EndlessPage => 16,
        Condition::LostPage => 17,
        Condition::ImpossibleSize => 18,
        Condition::Refused => 19,
        Condition::NotPermitted => 20,
        Condition::General => 21,
        Condition::NoPages => 22,
        Condition::NoEncryption => 23,
        Condition::PagesPassedOn(_) => 24,
        Condition::Other(_) => 25,
        Condition::DamagedPage => 26,
        Condition::LongPage => 27,
        Condition::NotAPicture => 28,
        Condition::SeveralPictures => 29,
        Condition::PaperLeft => 30,
        Condition::DeviceError => 31,
    }
}

#[test]
fn the_list_of_conditions_is_whole() {
    assert!(CONDITIONS.iter().enumerate().all(|(at, condition)| place(*condition) == at));
}

/// What can be continued is a job that waits. Whatever else is said is said where nobody can.
#[test]
fn only_a_job_that_waits_is_told_to_be_continued() {
    for condition in CONDITIONS {
        let said = [errors::problem(&condition.with("detail")), errors::code(condition.code())];
        assert!(said.iter().all(|said| !said.joined().to_lowercase().contains("continue")), "{condition:?}: {said:?}");
    }
    let silent = Condition::NotAnswering.with("no answer");
    assert!(errors::question(&silent).advice.contains("continue to wait"));
    assert_eq!(errors::question(&silent).title, errors::problem(&silent).title);
}

#[test]
fn a_code_that_nobody_knows_is_told_by_severity_and_number() {
    assert_eq!(errors::code(Code(0x8004_1234)).title, "The scan failed (0x80041234)");
    assert_eq!(errors::code(Code(0x0004_1234)).title, "The scanner reports something of its own (0x00041234)");
    assert_eq!((Code(0x8004_1234).recovery(), Code(0x8004_1234).meaning()), (None, None));
}

#[test]
fn a_second_download_is_told_in_words() {
    assert_eq!(TransferError::Busy.code(), Code::ERROR_BUSY);
    assert_eq!(errors::transfer(&TransferError::Busy), errors::code(Code::ERROR_BUSY));
}

#[test]
fn an_item_that_cannot_be_transferred_is_told_in_words() {
    assert_eq!(NotTransferable.code(), Code::E_INVALIDARG);
    assert!(is_a_sentence(&errors::not_transferable(&NotTransferable)));
    // A source that the device does not have at all.
    let missing = TransferError::NoSuchSource(Source::Feeder);
    assert_eq!(missing.code(), Code::E_INVALIDARG);
    assert_eq!(errors::transfer(&missing), errors::code(Code::E_INVALIDARG));
}

#[test]
fn a_property_that_does_not_exist_is_told_by_its_number() {
    let bench = Bench::with_acquire(|_| unreachable!("nothing is scanned"));
    let mut items = bench.broker.application_items();
    let flatbed = items.item_mut(ItemCategory::Flatbed).expect("it has one");
    let error = flatbed.write(&Batch::new().set_number(4711, Value::Number(1))).expect_err("no such number");
    assert_eq!((error.code(), &error.refusal), (Code::E_INVALIDARG, &Refusal::Unknown));
    let sentences = errors::property(&error);
    assert_eq!(sentences.title, "Property 4711 does not exist here");
    assert!(is_a_sentence(&sentences));
}
