//! Pages that must be encoded, on several threads: as many at once as there are cores, never far ahead of
//! the page that is written, and taken in order, so that the same document gives the same bytes.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};

use super::ExportError;
use super::output::Watch;

/// Threads at most: each holds a decoder, an encoder and their page.
const MOST: usize = 4;
/// Pages that may be ready, or under way, before the one that is waited for is.
const AHEAD: usize = 2;
/// How long a page under way is waited for before somebody is asked whether to go on.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Asks whether to go on; an error says no.
pub(super) type GoOn<'a> = dyn FnMut() -> Result<(), ExportError> + 'a;

/// Makes something of each of so many pages and takes the results in order, on this thread.
pub(super) fn in_order<T: Send>(
    pages: usize,
    make: impl Fn(usize, &mut GoOn<'_>) -> Result<T, ExportError> + Sync,
    watch: &mut Watch<'_, '_>,
    take: impl FnMut(usize, T, &mut Watch<'_, '_>) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    on_threads(cores.min(MOST).min(pages), pages, &make, watch, take)
}

fn on_threads<T: Send>(
    threads: usize,
    pages: usize,
    make: &(impl Fn(usize, &mut GoOn<'_>) -> Result<T, ExportError> + Sync),
    watch: &mut Watch<'_, '_>,
    mut take: impl FnMut(usize, T, &mut Watch<'_, '_>) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let ahead = threads + AHEAD;
    let stopped = AtomicBool::new(false);
    thread::scope(|scope| {
        let (orders, to_do) = bounded::<usize>(ahead);
        let (done, results) = bounded(ahead);
        let mut started = 0;
        for _ in 0..threads {
            let (to_do, done, stopped) = (to_do.clone(), done.clone(), &stopped);
            let work = move || {
                for page in to_do {
                    let made = guarded(|| make(page, &mut || go_on(stopped)));
                    if done.send((page, made)).is_err() {
                        break;
                    }
                }
            };
            match thread::Builder::new().name("encode".to_owned()).spawn_scoped(scope, work) {
                Ok(_) => started += 1,
                Err(error) => tracing::warn!(%error, "a thread less for encoding pages"),
            }
        }
        drop((to_do, done));
        // Before the channels go: whoever encodes hears of it.
        let _stopping = Stopping(&stopped);
        let mut early = BTreeMap::new();
        let mut ordered = 0;
        for page in 0..pages {
            if started == 0 {
                let made = make(page, &mut || watch.look())?;
                take(page, made, watch)?;
                continue;
            }
            while ordered < pages.min(page + ahead) {
                orders.send(ordered).map_err(|_| NO_WORKERS)?;
                ordered += 1;
            }
            let made = loop {
                if let Some(made) = early.remove(&page) {
                    break made;
                }
                match results.recv_timeout(LOOK_EVERY) {
                    Ok((other, made)) => drop(early.insert(other, made)),
                    Err(RecvTimeoutError::Timeout) => watch.look()?,
                    Err(RecvTimeoutError::Disconnected) => return Err(NO_WORKERS),
                }
            };
            take(page, made?, watch)?;
        }
        Ok(())
    })
}

const NO_WORKERS: ExportError = ExportError::CheckFailed("nobody encodes pages");

fn go_on(stopped: &AtomicBool) -> Result<(), ExportError> {
    if stopped.load(Ordering::Relaxed) { Err(ExportError::Cancelled) } else { Ok(()) }
}

/// A page whose encoder unwinds fails the save, and nothing else.
fn guarded<T>(work: impl FnOnce() -> Result<T, ExportError>) -> Result<T, ExportError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(ExportError::CheckFailed("the encoder gave up")))
}

/// Ends all work when it goes.
struct Stopping<'a>(&'a AtomicBool);

impl Drop for Stopping<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn taken(
        threads: usize,
        pages: usize,
        make: impl Fn(usize, &mut GoOn<'_>) -> Result<usize, ExportError> + Sync,
    ) -> (Vec<usize>, Result<(), ExportError>) {
        let mut taken = Vec::new();
        let mut go_on = |_| ControlFlow::Continue(());
        let result = on_threads(threads, pages, &make, &mut Watch::new(pages, &mut go_on), |page, made, _| {
            assert_eq!(made, page * 10);
            taken.push(page);
            Ok(())
        });
        (taken, result)
    }

    #[test]
    fn results_come_in_order_whoever_is_done_first() {
        for threads in 0..=4 {
            let (pages, result) = taken(threads, 50, |page, _| {
                // The later of a few is done first.
                (0..(50 - page) * 500).for_each(|spin| _ = std::hint::black_box(spin));
                Ok(page * 10)
            });
            assert_eq!((pages, result), ((0..50).collect(), Ok(())), "{threads} threads");
        }
    }

    #[test]
    fn several_pages_are_made_at_once_but_never_many() {
        let (under_way, most, together) = (AtomicUsize::new(0), AtomicUsize::new(0), Barrier::new(3));
        let (_, result) = taken(3, 30, |page, _| {
            let now = under_way.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            // Nobody gets on before all three are here.
            together.wait();
            under_way.fetch_sub(1, Ordering::SeqCst);
            Ok(page * 10)
        });
        assert_eq!((result, most.load(Ordering::SeqCst)), (Ok(()), 3));
    }

    #[test]
    fn no_page_is_made_far_ahead_of_the_one_that_is_taken() {
        let at = AtomicUsize::new(0);
        let mut go_on = |_| ControlFlow::Continue(());
        let make = |page: usize, _: &mut GoOn<'_>| {
            assert!(page < at.load(Ordering::SeqCst) + 2 + AHEAD, "page {page}");
            Ok(page)
        };
        let result = on_threads(2, 40, &make, &mut Watch::new(40, &mut go_on), |page, _, _| {
            at.store(page + 1, Ordering::SeqCst);
            Ok(())
        });
        assert_eq!(result, Ok(()));
    }

    #[test]
    fn a_failure_and_an_unwinding_worker_end_the_work_at_their_page() {
        for threads in [1, 4] {
            let (pages, result) =
                taken(threads, 30, |page, _| if page == 7 { Err(ExportError::Full) } else { Ok(page * 10) });
            assert_eq!((pages, result), ((0..7).collect(), Err(ExportError::Full)));
            let (pages, result) =
                taken(threads, 30, |page, _| if page == 5 { panic!("on purpose") } else { Ok(page * 10) });
            assert_eq!((pages, result), ((0..5).collect(), Err(ExportError::CheckFailed("the encoder gave up"))));
        }
    }

    #[test]
    fn a_cancel_reaches_a_page_that_takes_for_ever() {
        let mut looks = 0;
        let mut cancel = |_| {
            looks += 1;
            if looks == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let for_ever = |_: usize, go_on: &mut GoOn<'_>| -> Result<(), ExportError> {
            loop {
                go_on()?;
                thread::yield_now();
            }
        };
        let result = on_threads(2, 9, &for_ever, &mut Watch::new(9, &mut cancel), |_, (), _| Ok(()));
        assert_eq!((result, looks), (Err(ExportError::Cancelled), 3));
    }
}
