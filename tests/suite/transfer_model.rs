//! Random drivers against random applications, compared with a reference automaton of the state
//! table (transfer model reference, 7.1).
//!
//! `LIGHTBAR_MODEL_SEED` sets the seed, `LIGHTBAR_MODEL_CASE` runs one case of it alone and
//! `LIGHTBAR_MODEL_CASES` sets how many there are.

/// What a case consists of, how it is drawn and how it is made smaller.
pub(crate) mod script;

/// The reference automaton.
mod reference;

/// The same case through the broker.
mod playback;

/// Random stacks of paper through the page loop: parts 7, 9, 10 and 12 as a whole.
mod pages;

use std::collections::BTreeMap;

use reference::{Row, predict};
use script::{Random, Script, shrink, simpler};

const SEED: u64 = 0x11_6874_6261_7221;
const CASES: u64 = 30_000;

pub(crate) fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

fn disagrees(script: &Script) -> bool {
    let (id, played) = playback::play(script);
    predict(script, id).0 != played
}

#[test]
fn the_broker_does_what_the_state_table_says() {
    let seed = from_environment("LIGHTBAR_MODEL_SEED", SEED);
    let cases = from_environment("LIGHTBAR_MODEL_CASES", CASES);
    let (first, last) = match from_environment("LIGHTBAR_MODEL_CASE", u64::MAX) {
        u64::MAX => (0, cases),
        one => (one, one + 1),
    };
    println!("seed {seed}, cases {first} to {last}");
    let mut met: BTreeMap<Row, u64> = BTreeMap::new();
    for case in first..last {
        let script = Script::draw(&mut Random::new(seed, case));
        let (id, played) = playback::play(&script);
        let (expected, rows) = predict(&script, id);
        if played != expected {
            let small = shrink(script, simpler, disagrees);
            let (id, played) = playback::play(&small);
            let expected = predict(&small, id).0;
            panic!(
                "LIGHTBAR_MODEL_SEED={seed} LIGHTBAR_MODEL_CASE={case}\n{small:#?}\nexpected {expected:#?}\nplayed {played:#?}"
            );
        }
        for row in rows {
            *met.entry(row).or_default() += 1;
        }
    }
    // A case that never meets a row proves nothing about it.
    if last - first == CASES {
        for row in Row::ALL {
            let count = met.get(&row).copied().unwrap_or_default();
            assert!(count >= 100, "{row:?} was met {count} times only: {met:?}");
        }
    }
}

#[test]
fn a_case_that_fails_is_made_as_small_as_it_can_be() {
    let mut random = Random::new(SEED, 3);
    let script = std::iter::repeat_with(|| Script::draw(&mut random))
        .find(|script| script.steps.len() > 8 && script.steps.contains(&script::Step::NewPage))
        .expect("some script has a NEW_PAGE");
    let small = shrink(script, simpler, |script| script.steps.contains(&script::Step::NewPage));
    assert_eq!(small.steps, [script::Step::NewPage]);
    assert!(small.stream_answers.is_empty() && small.message_answers.is_empty());
}
