//! True numbers of the page under way: a shared latest value, written where bytes and rows come in
//! and read when a snapshot is made.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Moment;

use super::Progress;

/// Counters of one page.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Bytes of this page in its file.
    pub(super) bytes: AtomicU64,
    /// Rows decoded.
    pub(super) rows: AtomicU32,
    /// All of it is there.
    pub(super) whole: AtomicBool,
}

/// How far back the speed looks.
const SPEED_WINDOW: Duration = Duration::from_secs(2);
/// No time left is named before this much of the page has been watched.
const ESTIMATE_AFTER: Duration = Duration::from_millis(800);

/// Turns readings of the counters into speed and time left.
#[derive(Debug, Default)]
pub(super) struct Meter {
    readings: VecDeque<(Moment, u64, u32)>,
    last_growth: Option<Moment>,
}

impl Meter {
    /// A new page begins.
    pub(super) fn restart(&mut self, now: Moment) {
        self.readings.clear();
        self.last_growth = Some(now);
    }

    /// One reading, and what follows from it.
    pub(super) fn read(&mut self, now: Moment, counters: &Counters, expected_rows: Option<u32>) -> Progress {
        let bytes = counters.bytes.load(Ordering::Relaxed);
        let rows = counters.rows.load(Ordering::Relaxed);
        let whole = counters.whole.load(Ordering::Relaxed);
        if self.readings.back().is_none_or(|(_, before, _)| bytes > *before) {
            self.last_growth = Some(now);
        }
        self.readings.push_back((now, bytes, rows));
        while self.readings.front().is_some_and(|(then, ..)| now.since(*then) > SPEED_WINDOW) {
            self.readings.pop_front();
        }
        let (mut bytes_per_second, mut left) = (0.0, None);
        if let Some((then, old_bytes, old_rows)) = self.readings.front() {
            let seconds = now.since(*then).as_secs_f64();
            if seconds > 0.0 {
                bytes_per_second = bytes.saturating_sub(*old_bytes) as f64 / seconds;
                let rows_per_second = f64::from(rows.saturating_sub(*old_rows)) / seconds;
                left = time_left(rows, expected_rows, rows_per_second).filter(|_| now.since(*then) >= ESTIMATE_AFTER);
            }
        }
        let silent = self.last_growth.map_or(Duration::ZERO, |then| now.since(then));
        Progress { bytes, rows, expected_rows, whole, bytes_per_second, left, silent }
    }
}

fn time_left(rows: u32, expected: Option<u32>, rows_per_second: f64) -> Option<Duration> {
    let missing = expected?.saturating_sub(rows);
    (rows_per_second > 1.0).then(|| Duration::from_secs_f64(f64::from(missing) / rows_per_second))
}
