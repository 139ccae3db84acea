//! R60 and what belongs to it: a driver of the older model under a stream application (reference, 13).

mod ending;
mod legacy_application;
mod mapping;
mod misconduct;
mod publishing;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lightbar::minidriver::{Code, ScanJob};
use lightbar::transfer::{Answer, Canceller, TransferMessage, outcome_code};

use crate::support::transfer::{Bench, TestImage, assert_legal};

fn image(page: u8) -> TestImage {
    TestImage { width: 13, height: 9, bits: 8, page }
}

/// What the rows of an image are as a stream of rows.
fn rows_of(image: &TestImage) -> Vec<u8> {
    image.rows().concat()
}

fn sheets(count: u8) -> Vec<Vec<u8>> {
    (1..=count).map(|page| image(page).memory_bitmap(-9)).collect()
}

/// Scans with a cancel that comes from another thread when so many bytes of the page are there.
fn cancel_after(bench: &Bench, job: ScanJob, bytes: u64) -> (Code, Vec<Vec<u8>>, Duration) {
    let transfer = bench.broker.prepare(job);
    let canceller: Canceller = transfer.canceller();
    let cancelled = Arc::new(Mutex::new(None));
    let at = Arc::clone(&cancelled);
    let mut application = bench.application().on_message(move |message, _| {
        if matches!(message, TransferMessage::Status { transferred, .. } if *transferred >= bytes)
            && at.lock().expect("no panic here").is_none()
        {
            let canceller = canceller.clone();
            *at.lock().expect("no panic here") = Some(Instant::now());
            std::thread::spawn(move || canceller.cancel()).join().expect("it does not panic");
        }
        Answer::Continue
    });
    let outcome = bench.broker.download(transfer, &mut application);
    let taken = cancelled.lock().expect("no panic here").expect("it was cancelled").elapsed();
    bench.broker.settle();
    assert_legal(&bench.journal.application());
    (outcome_code(&outcome), application.bytes(), taken)
}
