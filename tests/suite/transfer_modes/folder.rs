//! Folder acquisition: all leaves of a device as one transfer (reference, part 12).

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use lightbar::minidriver::property::{Batch, BatchError, Change, Format, PropertyRules, StandardRules, keys};
use lightbar::minidriver::{AcquireEnd, Code, Item, ItemCategory};
use lightbar::transfer::{Answer, ApplicationItems, FolderTransfer, NextStream, TransferMessage, outcome_code};

use crate::support::transfer::{Bench, Journal, ScriptedDriver, ScriptedPage, Seen, Step, assert_legal};

/// The items of a bench, set to the format that the device sends.
fn jpeg_items(bench: &Bench) -> ApplicationItems {
    let mut items = bench.broker.application_items();
    for category in [ItemCategory::Flatbed, ItemCategory::Feeder] {
        let item = items.item_mut(category).expect("there");
        item.write(&Batch::new().set(keys::FORMAT, Format::Jpeg)).expect("offered");
    }
    items
}

fn a_page(byte: u8) -> Vec<Step> {
    vec![Step::Page(ScriptedPage::of(&[byte; 30], 10))]
}

#[test]
fn a_folder_is_acquired_leaf_by_leaf_with_one_end() {
    let bench = Bench::with_pages(vec![
        vec![Step::Page(ScriptedPage::of(&[1; 30], 10))],
        vec![Step::Page(ScriptedPage::of(&[2; 30], 10)), Step::Page(ScriptedPage::of(&[3; 30], 10))],
    ]);
    let mut items = jpeg_items(&bench);
    let all = Batch::new().set(keys::PAGES, 0);
    items.item_mut(ItemCategory::Feeder).expect("there").write(&all).expect("offered");
    // The first leaf is left out: the walk goes on.
    let mut skipped = false;
    let mut application =
        bench.application().on_stream(move |_, _| (!std::mem::replace(&mut skipped, true)).then_some(NextStream::Skip));
    let walk = FolderTransfer::new(&items);
    assert_eq!(bench.broker.download_children(&walk, &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.bytes(), [vec![2; 30], vec![3; 30]]);
    assert_eq!(bench.journal.count(&Seen::EndOfTransfer), 1);
    assert_eq!(bench.journal.count(&Seen::Acquire), 2, "one call for each leaf");
    assert_legal(&bench.journal.application());
}

#[test]
fn a_cancel_ends_the_walk_over_a_folder() {
    let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::of(&[1; 30], 10))], vec![]]);
    let items = bench.broker.application_items();
    let walk = FolderTransfer::new(&items);
    let canceller = walk.canceller();
    let mut application = bench.application().on_message(move |_, _| {
        canceller.cancel();
        Answer::Continue
    });
    assert_eq!(bench.broker.download_children(&walk, &mut application), Ok(AcquireEnd::Cancelled));
    assert_eq!((bench.journal.count(&Seen::Acquire), bench.journal.count(&Seen::EndOfTransfer)), (1, 1));
    bench.broker.settle();
    let walk = FolderTransfer::new(&items);
    walk.canceller().cancel();
    let mut application = bench.application();
    assert_eq!(bench.broker.download_children(&walk, &mut application), Ok(AcquireEnd::Cancelled));
    assert_eq!(bench.journal.count(&Seen::Acquire), 1, "cancelled before it began");
}

#[test]
fn the_answer_to_the_end_of_a_leaf_ends_the_walk_unless_it_was_the_last() {
    for (answer, code) in [(Answer::Cancel, Code::S_FALSE), (Answer::Code(Code::E_FAIL), Code::E_FAIL)] {
        for (answered_at, expected, leaves) in [(1, code, 1), (2, Code::S_OK, 2)] {
            let bench = Bench::with_pages(vec![a_page(1), a_page(2)]);
            let items = jpeg_items(&bench);
            let mut ends = 0;
            let mut application = bench.application().on_message(move |message, _| {
                ends += usize::from(matches!(message, TransferMessage::EndOfStream { .. }));
                let at_end = matches!(message, TransferMessage::EndOfStream { .. }) && ends == answered_at;
                if at_end { answer } else { Answer::Continue }
            });
            let outcome = bench.broker.download_children(&FolderTransfer::new(&items), &mut application);
            assert_eq!(outcome_code(&outcome), expected, "{answer:?} at {answered_at}");
            assert_eq!(bench.journal.count(&Seen::Acquire), leaves, "{answer:?} at {answered_at}");
            assert_eq!(application.complete(), vec![true; leaves]);
            assert_legal(&bench.journal.application());
            bench.assert_locks_balanced();
        }
    }
}

#[test]
fn r17_a_panic_of_the_application_in_a_leaf_ends_the_walk_with_the_device_given_back() {
    let bench = Bench::with_pages(vec![a_page(1), a_page(2), a_page(3)]);
    let items = jpeg_items(&bench);
    // As a panic, without the report on stderr.
    let mut panics = bench.application().on_message(|_, _| resume_unwind(Box::new("made to panic")));
    let walk = FolderTransfer::new(&items);
    let walked = catch_unwind(AssertUnwindSafe(|| bench.broker.download_children(&walk, &mut panics)));
    assert!(walked.is_err());
    assert_eq!(bench.journal.count(&Seen::Acquire), 1);
    bench.broker.settle();
    bench.assert_locks_balanced();
    let mut application = bench.application();
    let walk = FolderTransfer::new(&items);
    assert_eq!(bench.broker.download_children(&walk, &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.bytes(), [vec![2; 30], vec![3; 30]]);
}

/// A driver that says that it serves all leaves in one acquire call, which nobody asks it for.
#[test]
fn no_item_announces_folder_acquisition_by_the_driver() {
    struct Announcing;
    impl PropertyRules for Announcing {
        fn validate(&self, item: &Item, change: &mut Change<'_>) -> Result<(), BatchError> {
            StandardRules::default().validate(item, change)?;
            change.store().publish(keys::TRANSFER_CAPABILITIES, &3);
            Ok(())
        }
    }
    let journal = Journal::default();
    let mut driver = ScriptedDriver::with_pages(&journal, vec![a_page(1), a_page(2)]);
    driver.rules = Arc::new(Announcing);
    let bench = Bench::around(driver, journal);
    let items = jpeg_items(&bench);
    for item in items.items() {
        assert_eq!(item.get(keys::TRANSFER_CAPABILITIES), Some(2), "the other bits are the driver's");
    }
    let mut application = bench.application();
    let outcome = bench.broker.download_children(&FolderTransfer::new(&items), &mut application);
    assert_eq!((outcome, bench.journal.count(&Seen::Acquire)), (Ok(AcquireEnd::Completed), 2), "leaf by leaf");
}
