//! A stack of paper, a device with manners, an application with answers: one case for the page loop.

use lightbar::minidriver::property::MultiFeed;
use lightbar::minidriver::{Code, Condition, Resumed, ScanJob, Source, Streams};

use crate::support::transfer::{job, pages_of};
use crate::transfer_model::script::{self, Answered, CancelsBy, Destination, Ending, Random, Script};

/// Something that happens at a device beside its pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incident {
    /// Half a second passes.
    Wait,
    /// The device is busy with itself, so far.
    Delay(Condition, u8),
    Trouble(Condition),
    /// The device's own cancel button.
    CancelButton,
    /// Somebody cancels at the computer while the driver is inside of a device call.
    CancelElsewhere,
}

/// What comes while a page is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// So many bytes of the page.
    Band(u8),
    Incident(Incident),
}

/// One side of a sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Face {
    pub before: Vec<Incident>,
    pub inside: Vec<Piece>,
    /// The device says beforehand how many bytes come.
    pub announced: bool,
}

impl Face {
    pub fn length(&self) -> usize {
        let bytes = |piece: &Piece| if let Piece::Band(count) = piece { usize::from(*count) } else { 0 };
        self.inside.iter().map(bytes).sum()
    }
}

/// One sheet, or on the flatbed one area: one face, in duplex two.
pub type Sheet = Vec<Face>;

/// A case.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub source: Source,
    /// PAGES; on the flatbed the number of areas.
    pub pages: u32,
    pub multi_feed: MultiFeed,
    pub sheets: Vec<Sheet>,
    /// Put in by a person who is asked for paper.
    pub reload: Vec<Sheet>,
    /// What a device finds when it looks again, in turn; then the page comes again.
    pub resumes: Vec<Result<Resumed, Condition>>,
    /// Sides that the device has drawn in beyond PAGES and delivers.
    pub ahead: u32,
    /// Sides that it has drawn in beyond those and passes on.
    pub passes_on: u32,
    /// Whether CANCEL_IO ends what the driver does; one that ignores it learns at its next callback (9.2).
    pub heeds_cancel: bool,
    pub destinations: Vec<Destination>,
    /// The application's side; its driver's steps are not used.
    pub script: Script,
}

const FIXABLE: [Condition; 6] = [
    Condition::PaperJam,
    Condition::PaperJam,
    Condition::PaperProblem,
    Condition::CoverOpen,
    Condition::Attention,
    Condition::NotAnswering,
];
const NOT_FIXABLE: [Condition; 3] = [Condition::Offline, Condition::General, Condition::Communication];

impl Scenario {
    pub fn draw(random: &mut Random) -> Scenario {
        let source = random.pick(&[Source::Flatbed, Source::Feeder, Source::Feeder, Source::Duplex, Source::Duplex]);
        let multi_feed =
            random.pick(&[MultiFeed::StopError, MultiFeed::StopSuccess, MultiFeed::Continue, MultiFeed::Disabled]);
        let detects = multi_feed != MultiFeed::Disabled;
        let pages = match source {
            Source::Flatbed => 1 + random.below(3) as u32,
            Source::Feeder | Source::Duplex if random.one_in(2) => 0,
            Source::Feeder | Source::Duplex => 1 + random.below(6) as u32,
        };
        let sheets = match source {
            Source::Flatbed if !random.one_in(6) => u64::from(pages),
            _ => random.below(5),
        };
        let faces = if source == Source::Duplex { 2 } else { 1 };
        let beyond = |random: &mut Random| match source {
            Source::Feeder | Source::Duplex if pages > 0 && random.one_in(4) => 1 + random.below(3) as u32,
            _ => 0,
        };
        Scenario {
            source,
            pages,
            multi_feed,
            sheets: (0..sheets).map(|_| draw_sheet(random, faces, detects)).collect(),
            reload: (0..random.below(3)).map(|_| draw_sheet(random, faces, detects)).collect(),
            resumes: (0..random.below(4)).map(|_| draw_resumed(random)).collect(),
            ahead: beyond(random),
            passes_on: beyond(random),
            heeds_cancel: random.one_in(2),
            destinations: (0..random.below(4)).map(|_| draw_destination(random)).collect(),
            script: draw_script(random),
        }
    }

    pub fn job(&self) -> ScanJob {
        let streams = if self.script.multipage { Streams::OneForAll } else { Streams::PerPage };
        let base = match self.source {
            Source::Flatbed => {
                let one = job(Source::Flatbed);
                ScanJob { areas: vec![one.areas[0]; self.pages as usize], ..one }
            }
            source => pages_of(source, self.pages),
        };
        ScanJob { streams, on_multi_feed: self.multi_feed.into(), ..base }
    }
}

fn draw_sheet(random: &mut Random, faces: usize, detects: bool) -> Sheet {
    (0..faces).map(|_| draw_face(random, detects)).collect()
}

fn draw_face(random: &mut Random, detects: bool) -> Face {
    let some = |random: &mut Random, one_in: u64, most: u64| if random.one_in(one_in) { random.below(most) } else { 0 };
    let before = (0..some(random, 3, 3)).map(|_| draw_incident(random, detects)).collect();
    let mut inside: Vec<Piece> = (0..random.below(4)).map(|_| Piece::Band(random.below(30) as u8)).collect();
    for _ in 0..some(random, 4, 3) {
        let place = random.below(inside.len() as u64 + 1) as usize;
        inside.insert(place, Piece::Incident(draw_incident(random, detects)));
    }
    Face { before, inside, announced: random.one_in(2) }
}

fn draw_incident(random: &mut Random, detects: bool) -> Incident {
    match random.below(16) {
        0..=2 => Incident::Wait,
        3..=4 => Incident::Delay(random.pick(&[Condition::WarmingUp, Condition::Calibrating]), random.below(101) as u8),
        5..=9 => Incident::Trouble(random.pick(&FIXABLE)),
        10..=12 if detects => Incident::Trouble(Condition::MultiFeed),
        13 => Incident::Trouble(random.pick(&NOT_FIXABLE)),
        14 => Incident::CancelButton,
        15 => Incident::CancelElsewhere,
        _ => Incident::Wait,
    }
}

fn draw_resumed(random: &mut Random) -> Result<Resumed, Condition> {
    match random.below(6) {
        0..=2 => Ok(Resumed::SamePage),
        3..=4 => Ok(Resumed::PageAgain),
        _ => Err(random.pick(&FIXABLE)),
    }
}

fn draw_destination(random: &mut Random) -> Destination {
    Destination {
        at_most: if random.one_in(3) { 1 + random.below(7) as usize } else { 0 },
        fails_at: random
            .one_in(8)
            .then(|| (random.below(60), random.pick(&[Code::STG_E_MEDIUMFULL, Code::S_OK, Code(0x8004_1234)]))),
        moves: random.one_in(3),
    }
}

/// Answers that mostly let the job go on: an odd one here and there.
fn draw_script(random: &mut Random) -> Script {
    let fine = Answered { code: Code::S_OK, cancels: false };
    let odd_at = |random: &mut Random, one_in: u64, within: u64, odd: &[Code]| -> Vec<Answered> {
        if !random.one_in(one_in) {
            return Vec::new();
        }
        let mut answers = vec![fine; random.below(within) as usize];
        answers.push(match random.one_in(3) {
            true => Answered { cancels: true, ..fine },
            false => Answered { code: random.pick(odd), cancels: false },
        });
        answers
    };
    let handled = |random: &mut Random| -> Vec<Answered> {
        let codes = [Code::S_OK, Code::S_OK, Code::S_OK, Code::STATUS_NOT_HANDLED, Code::S_FALSE, Code::E_FAIL];
        (0..random.below(5)).map(|_| Answered { code: random.pick(&codes), cancels: random.one_in(25) }).collect()
    };
    let skips = |random: &mut Random| -> Vec<Answered> {
        let code = |random: &mut Random| if random.one_in(3) { Code::STATUS_SKIP_ITEM } else { Code::S_OK };
        (0..random.below(6)).map(|_| Answered { code: code(random), cancels: false }).collect()
    };
    Script {
        multipage: random.one_in(3),
        cancelled_before: random.one_in(30),
        cancels_by: CancelsBy::draw(random),
        obeys: true,
        steps: Vec::new(),
        end: Ending::Completed,
        stream_answers: match random.below(3) {
            0 => skips(random),
            _ => odd_at(random, 3, 5, &[Code::S_FALSE, Code::E_FAIL, Code::STATUS_END_OF_MEDIA]),
        },
        gives_stream: true,
        message_answers: odd_at(random, 3, 50, &[Code::S_FALSE, Code::E_FAIL, Code::STATUS_SKIP_ITEM]),
        handler_answers: [handled(random), handled(random), handled(random)],
        has_handler: !random.one_in(4),
        typed: random.one_in(2),
    }
}

/// Everything that is one thing simpler.
pub fn simpler(scenario: &Scenario) -> Vec<Scenario> {
    let mut found: Vec<Scenario> =
        script::simpler(&scenario.script).into_iter().map(|script| Scenario { script, ..scenario.clone() }).collect();
    let mut with = |change: &dyn Fn(&mut Scenario)| {
        let mut candidate = scenario.clone();
        change(&mut candidate);
        found.push(candidate);
    };
    for sheet in 0..scenario.sheets.len() {
        with(&|scenario| _ = scenario.sheets.remove(sheet));
        for face in 0..scenario.sheets[sheet].len() {
            for at in 0..scenario.sheets[sheet][face].before.len() {
                with(&|scenario| _ = scenario.sheets[sheet][face].before.remove(at));
            }
            for at in 0..scenario.sheets[sheet][face].inside.len() {
                with(&|scenario| _ = scenario.sheets[sheet][face].inside.remove(at));
            }
            if scenario.sheets[sheet][face].announced {
                with(&|scenario| scenario.sheets[sheet][face].announced = false);
            }
        }
    }
    for at in 0..scenario.reload.len() {
        with(&|scenario| _ = scenario.reload.remove(at));
    }
    for at in 0..scenario.resumes.len() {
        with(&|scenario| _ = scenario.resumes.remove(at));
    }
    for at in 0..scenario.destinations.len() {
        with(&|scenario| _ = scenario.destinations.remove(at));
    }
    for (set, clear) in [
        (scenario.ahead > 0, (|scenario| scenario.ahead = 0) as fn(&mut Scenario)),
        (scenario.passes_on > 0, |scenario| scenario.passes_on = 0),
        (scenario.script.multipage, |scenario| scenario.script.multipage = false),
        (!scenario.heeds_cancel, |scenario| scenario.heeds_cancel = true),
    ] {
        if set {
            with(&clear);
        }
    }
    found
}
