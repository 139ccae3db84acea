//! R17 a hundred thousand times: however transfers end, every lock is given back once.
//!
//! `LIGHTBAR_LOCKS_SEED` and `LIGHTBAR_LOCKS_ENDINGS` as in the models.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use lightbar::clock::{ManualClock, Signal, Waker};
use lightbar::minidriver::{
    AcquireEnd, AcquireError, CancelIo, Code, Condition, DeviceInfo, DriverError, FeederState, Item, MiniDriver,
    MiniDriverCallback, Notifications, PageInfo, Settled, Source, StreamGrant, TransferContext, TransferId,
};
use lightbar::transfer::{Answer, Broker, Canceller, NextStream, TransferCallback, TransferMessage};

use crate::support::transfer::{AcquireResult, StoredPage, device_status, flatbed_and_feeder, job, page_info, status};
use crate::transfer_model::from_environment;
use crate::transfer_model::script::Random;

const SEED: u64 = 0x6c_6f_63_6b;
const ENDINGS: u64 = 100_000;
/// How often each kind of ending comes at least.
const OFTEN: usize = 2_000;

/// How a transfer ends, or is kept from beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    Completed,
    EndOfMedia,
    DeviceCancelled,
    DriverFailsAsApplication,
    Jam,
    PanicInAcquire,
    LockFails,
    PanicInLock,
    PanicInUnlock,
    PanicInSettle,
    NotAtRest,
    CancelledBefore,
    CancelledInCallback,
    CancelAnswered,
    FailureAnswered,
    StreamRefused,
    StreamFails,
    ApplicationPanics,
    Busy,
    SourceMissing,
}

const ALL: [Ending; 20] = [
    Ending::Completed,
    Ending::EndOfMedia,
    Ending::DeviceCancelled,
    Ending::DriverFailsAsApplication,
    Ending::Jam,
    Ending::PanicInAcquire,
    Ending::LockFails,
    Ending::PanicInLock,
    Ending::PanicInUnlock,
    Ending::PanicInSettle,
    Ending::NotAtRest,
    Ending::CancelledBefore,
    Ending::CancelledInCallback,
    Ending::CancelAnswered,
    Ending::FailureAnswered,
    Ending::StreamRefused,
    Ending::StreamFails,
    Ending::ApplicationPanics,
    Ending::Busy,
    Ending::SourceMissing,
];

/// What the driver counts, and how it is to end.
struct Counts {
    ending: Ending,
    locks: u64,
    unlocks: u64,
    held: bool,
    /// Calls that came when they should not.
    wrong: Vec<&'static str>,
}

struct CountingDriver {
    info: DeviceInfo,
    items: Vec<Item>,
    cancel_io: Arc<CancelIo>,
    counts: Arc<Mutex<Counts>>,
}

impl CountingDriver {
    fn count<T>(&self, note: impl FnOnce(&mut Counts) -> T) -> T {
        note(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// As a panic, without the report on stderr.
    fn panics_at(&self, ending: Ending) {
        if self.count(|counts| counts.ending) == ending {
            resume_unwind(Box::new("made to panic"));
        }
    }

    fn needs_lock(&self, call: &'static str) {
        self.count(|counts| {
            if !counts.held {
                counts.wrong.push(call);
            }
        });
    }
}

impl MiniDriver for CountingDriver {
    fn device(&self) -> &DeviceInfo {
        &self.info
    }

    fn items(&self) -> &[Item] {
        &self.items
    }

    fn notifications(&self) -> Arc<dyn Notifications> {
        Arc::clone(&self.cancel_io) as Arc<dyn Notifications>
    }

    fn lock(&mut self) -> Result<(), DriverError> {
        self.panics_at(Ending::PanicInLock);
        self.count(|counts| {
            if counts.ending == Ending::LockFails {
                return Err(Condition::Offline.with("scripted").into());
            }
            if std::mem::replace(&mut counts.held, true) {
                counts.wrong.push("lock");
            }
            counts.locks += 1;
            Ok(())
        })
    }

    fn unlock(&mut self) {
        self.needs_lock("unlock");
        self.count(|counts| {
            counts.held = false;
            counts.unlocks += 1;
        });
        self.panics_at(Ending::PanicInUnlock);
    }

    fn acquire(&mut self, _: &TransferContext, callback: &mut dyn MiniDriverCallback) -> AcquireResult {
        self.needs_lock("acquire");
        let failed = AcquireError::Application;
        let _ = callback.send_message(&device_status(Condition::WarmingUp, 10)).map_err(failed)?;
        let granted = callback.next_stream(&page_info(1)).map_err(failed)?;
        if let StreamGrant::Stream(mut stream) = granted {
            stream.write(b"page").map_err(|error| failed(error.0))?;
        }
        let _ = callback.send_message(&status(50, 4)).map_err(failed)?;
        self.panics_at(Ending::PanicInAcquire);
        match self.count(|counts| counts.ending) {
            Ending::EndOfMedia => Ok(AcquireEnd::EndOfMedia),
            Ending::DeviceCancelled | Ending::PanicInSettle => Ok(AcquireEnd::Cancelled),
            Ending::DriverFailsAsApplication => Err(failed(Code::E_FAIL)),
            Ending::Jam => Err(Condition::PaperJam.with("scripted").into()),
            _ => Ok(AcquireEnd::Completed),
        }
    }

    fn is_at_rest(&self) -> bool {
        self.count(|counts| counts.ending) != Ending::NotAtRest
    }

    fn settle(&mut self) -> Settled {
        self.needs_lock("settle");
        self.panics_at(Ending::PanicInSettle);
        Settled::Ready
    }

    fn feeder_state(&mut self, _question: TransferId) -> Result<FeederState, DriverError> {
        self.needs_lock("feeder_state");
        Ok(FeederState::Loaded)
    }

    fn release(&mut self) {}
}

struct Application {
    ending: Ending,
    broker: Broker,
    canceller: Canceller,
}

impl TransferCallback for Application {
    fn next_stream(&mut self, _: &PageInfo) -> NextStream {
        let page = StoredPage::default();
        match self.ending {
            Ending::StreamRefused => return NextStream::Cancel,
            Ending::StreamFails => page.fails_at(2, Code::STG_E_MEDIUMFULL),
            _ => {}
        }
        NextStream::Stream(Box::new(page))
    }

    fn message(&mut self, message: &TransferMessage) -> Answer {
        if !matches!(message, TransferMessage::Status { .. }) {
            return Answer::Continue;
        }
        match self.ending {
            Ending::CancelledInCallback => self.canceller.cancel(),
            Ending::CancelAnswered => return Answer::Cancel,
            Ending::FailureAnswered => return Answer::Code(Code::E_FAIL),
            Ending::ApplicationPanics => resume_unwind(Box::new("made to panic")),
            Ending::Busy => {
                let second = self.broker.prepare(job(Source::Feeder));
                let canceller = second.canceller();
                let broker = self.broker.clone();
                let mut another = Application { ending: Ending::Completed, broker: broker.clone(), canceller };
                assert!(broker.download(second, &mut another).is_err());
            }
            _ => {}
        }
        Answer::Continue
    }
}

#[test]
fn r17_lock_and_unlock_are_balanced_after_a_hundred_thousand_random_endings() {
    let seed = from_environment("LIGHTBAR_LOCKS_SEED", SEED);
    let endings = from_environment("LIGHTBAR_LOCKS_ENDINGS", ENDINGS);
    println!("seed {seed}, {endings} endings");
    let counts = Arc::new(Mutex::new(Counts {
        ending: Ending::Completed,
        locks: 0,
        unlocks: 0,
        held: false,
        wrong: Vec::new(),
    }));
    let mut items = flatbed_and_feeder();
    // Without a glass: a job for it is refused.
    items.remove(0);
    let driver = CountingDriver {
        info: DeviceInfo { name: "Counting".into(), manufacturer: None, serial: None },
        items,
        cancel_io: CancelIo::new(Waker::from(Signal::new())),
        counts: Arc::clone(&counts),
    };
    let broker = Broker::new(Box::new(driver), ManualClock::start());
    let mut random = Random::new(seed, 0);
    let mut met: BTreeMap<Ending, usize> = BTreeMap::new();
    for number in 0..endings {
        let ending = random.pick(&ALL);
        *met.entry(ending).or_default() += 1;
        set(&counts, ending);
        end_once(&broker, ending);
        // One in two is settled by whoever scanned, the others by whatever comes next.
        if random.one_in(2) {
            broker.settle();
        }
        if random.one_in(8) {
            let _ = broker.feeder_state();
        }
        if random.one_in(8) {
            broker.release();
        }
        check(&counts, &broker, number, ending);
    }
    set(&counts, Ending::Completed);
    broker.settle();
    check(&counts, &broker, endings, Ending::Completed);
    let counts = counts.lock().expect("nothing panics with it");
    assert_eq!(counts.locks, counts.unlocks);
    assert!(!counts.held);
    for ending in ALL.iter().filter(|_| endings == ENDINGS) {
        assert!(met.get(ending).is_some_and(|count| *count >= OFTEN), "{ending:?}: {met:?}");
    }
}

fn set(counts: &Mutex<Counts>, ending: Ending) {
    counts.lock().expect("nothing panics with it").ending = ending;
}

fn check(counts: &Mutex<Counts>, broker: &Broker, number: u64, ending: Ending) {
    let settling = broker.is_settling();
    let counts = counts.lock().expect("nothing panics with it");
    assert!(counts.wrong.is_empty(), "{number}, {ending:?}: {:?}", counts.wrong);
    assert_eq!(counts.held, settling, "{number}, {ending:?}");
    assert_eq!(counts.locks, counts.unlocks + u64::from(settling), "{number}, {ending:?}");
}

fn end_once(broker: &Broker, ending: Ending) {
    let source = if ending == Ending::SourceMissing { Source::Flatbed } else { Source::Feeder };
    let transfer = broker.prepare(job(source));
    let canceller = transfer.canceller();
    if ending == Ending::CancelledBefore {
        canceller.cancel();
    }
    let mut application = Application { ending, broker: broker.clone(), canceller };
    let ended = catch_unwind(AssertUnwindSafe(|| broker.download(transfer, &mut application)));
    assert_eq!(ended.is_err(), ending == Ending::ApplicationPanics);
}
