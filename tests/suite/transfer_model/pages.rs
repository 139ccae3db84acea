//! Random stacks of paper through the page loop and the broker, compared with what parts 7.2, 9, 10,
//! 11 and 12 of the reference say of them.
//!
//! `LIGHTBAR_PAGES_SEED`, `LIGHTBAR_PAGES_CASE` and `LIGHTBAR_PAGES_CASES` as in the model of the state table.

/// What a case consists of, how it is drawn and how it is made smaller.
mod scenario;

/// The device of a case.
mod paper;

/// What the reference says.
mod reference;

/// The same through the page loop.
mod playback;

use std::collections::BTreeMap;

use playback::Breakage;
use reference::{Situation, predict};
use scenario::{Scenario, simpler};

use super::from_environment;
use super::script::{Random, shrink};
use crate::support::transfer::{Seen, assert_legal};

const SEED: u64 = 0x70_6167_6573;
const CASES: u64 = 25_000;
/// How often each situation has to be met in all cases together.
const OFTEN: u64 = 40;
/// Within so many cases everything that is broken on purpose is found.
const CASES_FOR_A_BREAKAGE: u64 = 1_500;

fn disagrees(scenario: &Scenario, broken: Breakage) -> bool {
    let (id, played) = playback::play(scenario, broken);
    predict(scenario, id).0 != played
}

#[test]
fn the_page_loop_does_what_the_reference_says() {
    let seed = from_environment("LIGHTBAR_PAGES_SEED", SEED);
    let cases = from_environment("LIGHTBAR_PAGES_CASES", CASES);
    let (first, last) = match from_environment("LIGHTBAR_PAGES_CASE", u64::MAX) {
        u64::MAX => (0, cases),
        one => (one, one + 1),
    };
    println!("seed {seed}, cases {first} to {last}");
    let mut met: BTreeMap<Situation, u64> = BTreeMap::new();
    for case in first..last {
        let scenario = Scenario::draw(&mut Random::new(seed, case));
        let (id, played) = playback::play(&scenario, Breakage::None);
        let (expected, situations) = predict(&scenario, id);
        if played != expected {
            let small = shrink(scenario, simpler, |scenario| disagrees(scenario, Breakage::None));
            let (id, played) = playback::play(&small, Breakage::None);
            let expected = predict(&small, id).0;
            panic!(
                "LIGHTBAR_PAGES_SEED={seed} LIGHTBAR_PAGES_CASE={case}\n{small:#?}\nexpected {expected:#?}\nplayed {played:#?}"
            );
        }
        let heard: Vec<Seen> = played.seen.into_iter().filter(Seen::by_application).collect();
        if !scenario.script.cancelled_before {
            assert_legal(&heard);
        }
        for situation in situations {
            *met.entry(situation).or_default() += 1;
        }
    }
    // A case that never meets a situation proves nothing about it.
    if last - first == CASES {
        for situation in Situation::ALL {
            let count = met.get(situation).copied().unwrap_or_default();
            assert!(count >= OFTEN, "{situation:?} was met {count} times only: {met:#?}");
        }
    }
}

#[test]
fn a_page_loop_that_is_broken_is_found() {
    for broken in [
        Breakage::OnePageMore,
        Breakage::OverhearsCancel,
        Breakage::OverhearsFailure,
        Breakage::NoNewPage,
        Breakage::NoFinish,
        Breakage::NeverComplete,
        Breakage::AsksNobody,
        Breakage::WritesWhereItStands,
    ] {
        let found = (0..CASES_FOR_A_BREAKAGE)
            .map(|case| Scenario::draw(&mut Random::new(SEED, case)))
            .find(|scenario| disagrees(scenario, broken));
        let small = shrink(found.unwrap_or_else(|| panic!("{broken:?} is not found")), simpler, |scenario| {
            disagrees(scenario, broken)
        });
        assert!(small.sheets.len() <= 2, "{broken:?} is not shown by a small case: {small:#?}");
    }
}
