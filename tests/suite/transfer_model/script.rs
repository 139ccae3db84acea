//! What a case consists of, how it is drawn and how it is made smaller.

use lightbar::minidriver::{Code, Condition};

use crate::support::transfer::StoredPage;

/// What a driver does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    NextStream,
    Status(u8, u64),
    NewPage,
    DeviceStatus(Condition, u8),
    /// Writes so many bytes to the stream it got last.
    Write(usize),
    /// Writes to the first stream it ever got and should have let go of.
    WriteToFirst(usize),
    /// Somebody cancels while the driver is busy with itself.
    CancelElsewhere,
}

/// How the driver ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Completed,
    EndOfMedia,
    Cancelled,
    Application(Code),
    Device(Condition),
    Panic,
}

/// How somebody cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelsBy {
    /// One call.
    Once,
    /// Two calls in a row.
    Twice,
    /// A call on another thread, which has returned when the case goes on.
    AnotherThread,
}

/// An answer of the application, as a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    pub code: Code,
    /// Calls cancel before it answers.
    pub cancels: bool,
}

/// How a destination takes its bytes; by default all of them, where they are put.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// Bytes taken in one write; zero is any number.
    pub at_most: usize,
    /// Fails with this code when so many bytes are stored; with `S_OK` it takes none and says so.
    pub fails_at: Option<(u64, Code)>,
    /// The application moves the position inside of every message.
    pub moves: bool,
}

impl Destination {
    pub fn prepare(&self, page: &StoredPage) {
        page.takes_at_most(self.at_most);
        if let Some((length, code)) = self.fails_at {
            page.fails_at(length, code);
        }
    }
}

/// A case.
#[derive(Clone, Debug)]
pub struct Script {
    pub multipage: bool,
    /// The transfer is cancelled before it begins.
    pub cancelled_before: bool,
    pub cancels_by: CancelsBy,
    /// Stops at the first answer that is not *go on* and returns what it was answered.
    pub obeys: bool,
    pub steps: Vec<Step>,
    pub end: Ending,
    /// Answers to GetNextStream in turn, then a stream. `S_OK` with `gives_stream` is a stream.
    pub stream_answers: Vec<Answered>,
    pub gives_stream: bool,
    /// Answers to messages in turn, then *go on*.
    pub message_answers: Vec<Answered>,
    /// Answers of the handlers in turn, then NOT_HANDLED: application's, driver's, behind the default one.
    pub handler_answers: [Vec<Answered>; 3],
    /// Whether the application offers a handler.
    pub has_handler: bool,
    /// Answers come as variants with a meaning where there is one, and as bare codes otherwise.
    pub typed: bool,
}

/// A small generator of numbers, the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64, case: u64) -> Random {
        Random(seed ^ case.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// SplitMix64.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }
}

const ODD_CODES: [Code; 10] = [
    Code::S_FALSE,
    Code::S_FALSE,
    Code::STATUS_SKIP_ITEM,
    Code::STATUS_SKIP_ITEM,
    Code::STATUS_END_OF_MEDIA,
    Code::STATUS_NOT_HANDLED,
    Code::E_FAIL,
    Code::E_ABORT,
    Code::ERROR_OFFLINE,
    Code(0x8004_1234),
];

const CONDITIONS: [Condition; 5] =
    [Condition::WarmingUp, Condition::WarmingUp, Condition::Calibrating, Condition::PaperJam, Condition::General];

impl Script {
    pub fn draw(random: &mut Random) -> Script {
        let steps = (0..random.below(16)).map(|_| Step::draw(random)).collect();
        let answers = |random: &mut Random, oddity: u64| -> Vec<Answered> {
            (0..random.below(10)).map(|_| Answered::draw(random, oddity)).collect()
        };
        Script {
            multipage: random.one_in(2),
            cancelled_before: random.one_in(25),
            cancels_by: CancelsBy::draw(random),
            obeys: random.one_in(2),
            steps,
            end: Ending::draw(random),
            stream_answers: answers(random, 5),
            gives_stream: !random.one_in(20),
            message_answers: answers(random, 8),
            handler_answers: [answers(random, 2), answers(random, 2), answers(random, 2)],
            has_handler: !random.one_in(4),
            typed: random.one_in(2),
        }
    }
}

impl CancelsBy {
    pub fn draw(random: &mut Random) -> CancelsBy {
        random.pick(&[CancelsBy::Once, CancelsBy::Once, CancelsBy::Twice, CancelsBy::AnotherThread])
    }
}

impl Step {
    fn draw(random: &mut Random) -> Step {
        match random.below(20) {
            0..=4 => Step::NextStream,
            5..=8 => Step::Status(random.pick(&[0, 10, 99, 100, 100]), random.below(50)),
            9..=10 => Step::NewPage,
            11..=13 => Step::DeviceStatus(random.pick(&CONDITIONS), random.below(101) as u8),
            14..=17 => Step::Write(random.below(9) as usize),
            18 => Step::WriteToFirst(random.below(9) as usize),
            _ => Step::CancelElsewhere,
        }
    }
}

impl Ending {
    fn draw(random: &mut Random) -> Ending {
        match random.below(10) {
            0..=3 => Ending::Completed,
            4 => Ending::EndOfMedia,
            5 => Ending::Cancelled,
            6..=7 => Ending::Application(random.pick(&ODD_CODES)),
            8 => Ending::Device(random.pick(&CONDITIONS)),
            _ => Ending::Panic,
        }
    }
}

impl Answered {
    /// One in `oddity` is not `S_OK`.
    fn draw(random: &mut Random, oddity: u64) -> Answered {
        let code = if random.one_in(oddity) { random.pick(&ODD_CODES) } else { Code::S_OK };
        Answered { code, cancels: random.one_in(40) }
    }
}

/// Leaves out and simplifies for as long as the case still fails.
pub fn shrink<T>(mut case: T, simpler: impl Fn(&T) -> Vec<T>, fails: impl Fn(&T) -> bool) -> T {
    loop {
        let smaller = simpler(&case).into_iter().find(|candidate| fails(candidate));
        match smaller {
            Some(found) => case = found,
            None => return case,
        }
    }
}

/// Everything that is one thing simpler.
pub fn simpler(script: &Script) -> Vec<Script> {
    let mut found = Vec::new();
    let mut with = |change: &dyn Fn(&mut Script)| {
        let mut candidate = script.clone();
        change(&mut candidate);
        found.push(candidate);
    };
    for index in 0..script.steps.len() {
        with(&|script| {
            script.steps.remove(index);
        });
    }
    if script.end != Ending::Completed {
        with(&|script| script.end = Ending::Completed);
    }
    if script.cancelled_before {
        with(&|script| script.cancelled_before = false);
    }
    if script.cancels_by != CancelsBy::Once {
        with(&|script| script.cancels_by = CancelsBy::Once);
    }
    if !script.gives_stream {
        with(&|script| script.gives_stream = true);
    }
    if script.has_handler {
        with(&|script| script.has_handler = false);
    }
    for list in 0..5 {
        let length = answers(&mut script.clone(), list).len();
        for index in 0..length {
            with(&|script| {
                answers(script, list).remove(index);
            });
        }
    }
    found
}

fn answers(script: &mut Script, list: usize) -> &mut Vec<Answered> {
    match list {
        0 => &mut script.stream_answers,
        1 => &mut script.message_answers,
        other => &mut script.handler_answers[other - 2],
    }
}
