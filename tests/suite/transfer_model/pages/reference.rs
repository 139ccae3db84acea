//! What parts 7.2, 9, 10, 11 and 12 of the reference say of a stack of paper, on top of the automaton
//! of the state table. It knows neither the page loop nor the broker.

use std::collections::BTreeSet;

use lightbar::minidriver::property::MultiFeed;
use lightbar::minidriver::{Code, Condition, DrawnAhead, Resumed, Side, Source, TransferId};

use super::paper::{Happens, Paper};
use super::scenario::{Incident, Scenario};
use crate::support::transfer::Seen;
use crate::transfer_model::reference::Automaton;
use crate::transfer_model::script::{CancelsBy, Destination, Ending};

/// What came of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub seen: Vec<Seen>,
    /// The bytes of every stream, and which side of the sheet it was asked for.
    pub streams: Vec<(Side, Vec<u8>)>,
    pub result: Option<Code>,
    /// Sides that have left the tray.
    pub sides_gone: u32,
    /// What was asked of the device after a callback or a stream had said that it is over.
    pub asked_after_the_end: u32,
}

macro_rules! situations {
    ($($name:ident,)*) => {
        /// What a case met.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Situation { $($name,)* }

        impl Situation {
            pub const ALL: &[Situation] = &[$(Situation::$name,)*];
        }
    };
}

situations! {
    AllPagesOfTheFeeder,
    NumberReachedWithPaperLeft,
    NumberReachedExactly,
    FewerPagesThanAskedFor,
    EmptyAtStart,
    LoadedWhenAsked,
    NoPageOnTheFlatbed,
    SeveralAreas,
    FrontAndBack,
    SheetFedAgainWithBothSides,
    PageFedAgain,
    GoesOnInTheSamePage,
    StillNotRight,
    TroubleInPageGivenUp,
    TroubleInPageCancelled,
    TroubleInPageOtherCode,
    TroubleBetweenPagesGivenUp,
    TroubleBetweenPagesPutRight,
    TroubleWithoutHandler,
    NotAskedAbout,
    MultiFeedStopsWithError,
    MultiFeedEndsWell,
    MultiFeedGoesOn,
    MultiFeedDoesNotGoOnByItself,
    MultiFeedNotLookedFor,
    TroubleBeyondTheNumber,
    DrawnAheadIsReceived,
    PassedOnIsTold,
    Skipped,
    SkippedReachesTheNumber,
    EveryPageSkipped,
    TroubleInSkippedPage,
    OneStreamForSeveralPages,
    SecondStreamAfterPageAgain,
    Delayed,
    CancelledBefore,
    CancelledBeforeFirstCallback,
    CancelHeededInDevice,
    CancelIgnoredByDevice,
    CancelledInCallback,
    CancelledTwice,
    CancelledByAnotherThread,
    CancelTooLate,
    CancelButtonBetweenPages,
    CancelButtonInPage,
    StreamRefused,
    StreamFull,
    ShortWrites,
    PositionMoved,
    CallbackFailed,
}

/// Why the pages stop.
enum Stop {
    Cancelled,
    Application(Code),
    Device(Condition),
    /// Well, with what is there.
    Enough,
}

/// The page whose stream is open.
#[derive(Default)]
struct Open {
    stream: usize,
    percent: u8,
    written: u64,
}

struct Driver<'s, 'b, 'a> {
    scenario: &'s Scenario,
    broker: &'b mut Automaton<'a>,
    paper: Paper,
    /// Sides done with.
    counted: u32,
    open: Option<Open>,
    streams: Vec<(Side, Vec<u8>)>,
    /// The last STATUS that was sent of the stream which the application still holds.
    said: (u8, u64),
    met: BTreeSet<Situation>,
    skipped: u32,
    gave_up_a_stream: bool,
}

/// What the reference says of a case.
pub fn predict(scenario: &Scenario, id: TransferId) -> (Outcome, BTreeSet<Situation>) {
    let mut broker = Automaton::new(&scenario.script, id);
    let mut end = (Vec::new(), 0, BTreeSet::new());
    broker.download(|broker| {
        let mut driver = Driver {
            scenario,
            broker,
            paper: Paper::of(scenario),
            counted: 0,
            open: None,
            streams: Vec::new(),
            said: (0, 0),
            met: BTreeSet::new(),
            skipped: 0,
            gave_up_a_stream: false,
        };
        let ending = driver.acquire();
        end = (driver.streams, driver.paper.sides_gone(), driver.met);
        ending
    });
    let (streams, sides_gone, mut met) = end;
    met.extend(how_it_was_cancelled(scenario, &broker));
    let outcome =
        Outcome { seen: broker.trace.seen, streams, result: broker.trace.result, sides_gone, asked_after_the_end: 0 };
    (outcome, met)
}

fn how_it_was_cancelled(scenario: &Scenario, broker: &Automaton<'_>) -> Option<Situation> {
    let script = &scenario.script;
    if script.cancelled_before {
        return Some(Situation::CancelledBefore);
    }
    if broker.cancel_io_sent {
        return match script.cancels_by {
            CancelsBy::Once => None,
            CancelsBy::Twice => Some(Situation::CancelledTwice),
            CancelsBy::AnotherThread => Some(Situation::CancelledByAnotherThread),
        };
    }
    let is_message = |seen: &&Seen| seen.by_application() && !matches!(seen, Seen::NextStream(_));
    let messages = broker.trace.seen.iter().filter(is_message).count();
    // Somebody did cancel, and the driver was not told: acquire had returned.
    script.message_answers.iter().take(messages).any(|answer| answer.cancels).then_some(Situation::CancelTooLate)
}

impl Driver<'_, '_, '_> {
    fn acquire(&mut self) -> Ending {
        let stop = match self.pages() {
            Ok(ending) => Ok(ending),
            Err(Stop::Enough) => self.last_page_is_complete().map(|()| Ending::Completed),
            Err(stop) => Err(stop),
        };
        match stop {
            Ok(ending) => {
                self.note_good_end();
                self.broker.see(Seen::Finish);
                ending
            }
            Err(Stop::Cancelled | Stop::Enough) => Ending::Cancelled,
            Err(Stop::Application(code)) => {
                self.met.insert(Situation::CallbackFailed);
                Ending::Application(code)
            }
            Err(Stop::Device(condition)) => Ending::Device(condition),
        }
    }

    fn note_good_end(&mut self) {
        if self.scenario.multi_feed == MultiFeed::Disabled && self.scenario.source != Source::Flatbed {
            self.met.insert(Situation::MultiFeedNotLookedFor);
        }
        if self.skipped > 0 && self.skipped == self.counted {
            self.met.insert(Situation::EveryPageSkipped);
        }
        if self.scenario.source == Source::Duplex && self.counted >= 3 {
            self.met.insert(Situation::FrontAndBack);
        }
        if self.scenario.source == Source::Flatbed && self.counted > 1 {
            self.met.insert(Situation::SeveralAreas);
        }
    }

    /// The table of part 12.
    fn pages(&mut self) -> Result<Ending, Stop> {
        loop {
            if self.number_is_reached() {
                let ahead = self.paper.drawn_ahead();
                if ahead != DrawnAhead::Page {
                    self.note_number_reached();
                    self.last_page_is_complete()?;
                    if let DrawnAhead::PassesOn(pages) = ahead {
                        self.met.insert(Situation::PassedOnIsTold);
                        self.device_status(Condition::PagesPassedOn(pages), 0)?;
                    }
                    return Ok(Ending::Completed);
                }
                self.met.insert(Situation::DrawnAheadIsReceived);
            }
            match self.wait_for_page()? {
                Some(announced) => self.page(announced)?,
                None => {
                    self.last_page_is_complete()?;
                    return self.no_more_paper();
                }
            }
        }
    }

    fn note_number_reached(&mut self) {
        let left = (self.paper.sides_gone() as usize) < self.scenario.sheets.iter().map(Vec::len).sum();
        self.met.insert(if left { Situation::NumberReachedWithPaperLeft } else { Situation::NumberReachedExactly });
        if self.skipped > 0 {
            self.met.insert(Situation::SkippedReachesTheNumber);
        }
    }

    fn no_more_paper(&mut self) -> Result<Ending, Stop> {
        if self.counted == 0 {
            // Only a flatbed comes here; an empty feeder was asked about.
            self.met.insert(Situation::NoPageOnTheFlatbed);
            return Err(Stop::Device(Condition::General));
        }
        if self.scenario.pages == 0 {
            self.met.insert(Situation::AllPagesOfTheFeeder);
            return Ok(Ending::Completed);
        }
        self.met.insert(Situation::FewerPagesThanAskedFor);
        Ok(Ending::EndOfMedia)
    }

    fn number_is_reached(&self) -> bool {
        self.scenario.pages > 0 && self.counted >= self.scenario.pages
    }

    /// A device that heeds CANCEL_IO ends at its next step.
    fn device_step(&mut self) -> Result<(), Stop> {
        if self.scenario.heeds_cancel && self.broker.cancel_io_sent {
            self.met.insert(Situation::CancelHeededInDevice);
            return Err(Stop::Cancelled);
        }
        Ok(())
    }

    fn wait_for_page(&mut self) -> Result<Option<Option<u64>>, Stop> {
        loop {
            self.device_step()?;
            match self.paper.before_page() {
                Happens::Page(announced) => return Ok(Some(announced)),
                Happens::Incident(Incident::Wait) => self.say_again()?,
                Happens::Incident(Incident::Delay(condition, percent)) => {
                    self.met.insert(Situation::Delayed);
                    self.device_status(condition, percent)?;
                }
                Happens::Incident(Incident::CancelButton) => {
                    self.met.insert(Situation::CancelButtonBetweenPages);
                    return Err(Stop::Cancelled);
                }
                Happens::Incident(Incident::CancelElsewhere) => self.cancel_elsewhere(),
                Happens::Incident(Incident::Trouble(condition)) => {
                    let gone_on = self.trouble(condition);
                    self.met.insert(match gone_on {
                        Ok(_) => Situation::TroubleBetweenPagesPutRight,
                        Err(_) => Situation::TroubleBetweenPagesGivenUp,
                    });
                    if gone_on? == Resumed::PageAgain {
                        self.sheet_again();
                    }
                }
                // 7.2, step 1: an empty feeder, and no stream was asked for.
                _ if self.counted == 0 && self.scenario.source != Source::Flatbed => {
                    self.met.insert(Situation::EmptyAtStart);
                    self.trouble(Condition::PaperEmpty)?;
                    if self.paper.is_loaded() {
                        self.met.insert(Situation::LoadedWhenAsked);
                    }
                }
                _ => return Ok(None),
            }
        }
    }

    fn cancel_elsewhere(&mut self) {
        if self.broker.trace.seen.last() == Some(&Seen::Acquire) {
            self.met.insert(Situation::CancelledBeforeFirstCallback);
        }
        self.broker.cancel();
        if !self.scenario.heeds_cancel {
            self.met.insert(Situation::CancelIgnoredByDevice);
        }
    }

    /// Part 12: in duplex front and back come together.
    fn sheet_again(&mut self) {
        if self.scenario.source == Source::Duplex && self.counted % 2 == 1 {
            self.met.insert(Situation::SheetFedAgainWithBothSides);
            self.counted -= 1;
        }
    }

    /// 7.2, steps 2 to 6, and part 10.
    fn page(&mut self, announced: Option<u64>) -> Result<(), Stop> {
        let complete = match self.stream()? {
            true => self.read(announced)?,
            false => {
                self.met.insert(Situation::Skipped);
                self.skipped += 1;
                self.throw_away()?
            }
        };
        if complete {
            self.counted += 1;
        } else {
            self.met.insert(Situation::PageFedAgain);
            self.sheet_again();
        }
        Ok(())
    }

    /// Whether the page is wanted.
    fn stream(&mut self) -> Result<bool, Stop> {
        if self.scenario.script.multipage && self.open.is_some() {
            self.met.insert(Situation::OneStreamForSeveralPages);
            let answer = self.broker.new_page();
            self.go_on(answer)?;
            return Ok(true);
        }
        let answer = self.broker.next_stream(self.counted + 1);
        // Also a stream that the driver never sees was given.
        let given = self.broker.trace.streams.len();
        if given > self.streams.len() {
            let side =
                if self.scenario.source == Source::Duplex && self.counted % 2 == 1 { Side::Back } else { Side::Front };
            self.streams.push((side, Vec::new()));
        }
        match answer {
            Ok(_) => {
                if self.scenario.script.multipage && self.gave_up_a_stream {
                    self.met.insert(Situation::SecondStreamAfterPageAgain);
                }
                self.open = Some(Open { stream: given - 1, percent: 0, written: 0 });
                self.say()?;
                Ok(true)
            }
            Err(Code::STATUS_SKIP_ITEM) => {
                self.said = (0, 0);
                Ok(false)
            }
            Err(code) => {
                self.met.insert(Situation::StreamRefused);
                Err(self.stopped(code))
            }
        }
    }

    fn stopped(&mut self, code: Code) -> Stop {
        match code {
            Code::S_FALSE => {
                self.met.insert(Situation::CancelledInCallback);
                Stop::Cancelled
            }
            code => Stop::Application(code),
        }
    }

    fn go_on(&mut self, answer: Result<usize, Code>) -> Result<(), Stop> {
        answer.map(|_| ()).map_err(|code| self.stopped(code))
    }

    fn say(&mut self) -> Result<(), Stop> {
        if let Some(open) = &self.open {
            self.said = (open.percent, open.written);
        }
        self.say_again()
    }

    fn say_again(&mut self) -> Result<(), Stop> {
        let answer = self.broker.status(self.said.0, self.said.1);
        self.go_on(answer)
    }

    fn device_status(&mut self, condition: Condition, percent: u8) -> Result<(), Stop> {
        let answer = self.broker.device_status(condition, percent);
        self.go_on(answer)
    }

    /// Bands of a page; whether it became complete, or comes again.
    fn read(&mut self, announced: Option<u64>) -> Result<bool, Stop> {
        let mut in_page = 0;
        loop {
            self.device_step()?;
            match self.paper.in_page() {
                Happens::Band(bytes) => self.band(&bytes, announced, &mut in_page)?,
                Happens::Incident(Incident::Wait | Incident::Delay(..)) => self.say()?,
                Happens::Incident(Incident::CancelButton) => {
                    self.met.insert(Situation::CancelButtonInPage);
                    return Err(Stop::Cancelled);
                }
                Happens::Incident(Incident::CancelElsewhere) => self.cancel_elsewhere(),
                Happens::Incident(Incident::Trouble(condition)) => {
                    let stream = self.open.take();
                    match self.trouble_in_page(condition)? {
                        Resumed::SamePage => {
                            self.met.insert(Situation::GoesOnInTheSamePage);
                            self.open = stream;
                        }
                        Resumed::PageAgain => {
                            self.gave_up_a_stream = true;
                            return Ok(false);
                        }
                    }
                }
                _ => {
                    // 100 is said when the last page of the stream is there.
                    if !self.scenario.script.multipage {
                        self.last_page_is_complete()?;
                    }
                    return Ok(true);
                }
            }
        }
    }

    fn trouble_in_page(&mut self, condition: Condition) -> Result<Resumed, Stop> {
        let gone_on = self.trouble(condition);
        match &gone_on {
            Err(Stop::Device(_)) => self.met.insert(Situation::TroubleInPageGivenUp),
            Err(Stop::Cancelled) => self.met.insert(Situation::TroubleInPageCancelled),
            Err(Stop::Application(_)) => self.met.insert(Situation::TroubleInPageOtherCode),
            _ => false,
        };
        gone_on
    }

    /// Part 10, step 3: read to its end, nothing said.
    fn throw_away(&mut self) -> Result<bool, Stop> {
        loop {
            self.device_step()?;
            match self.paper.in_page() {
                Happens::Incident(Incident::CancelButton) => return Err(Stop::Cancelled),
                Happens::Incident(Incident::CancelElsewhere) => self.cancel_elsewhere(),
                Happens::Incident(Incident::Trouble(condition)) => {
                    self.met.insert(Situation::TroubleInSkippedPage);
                    if self.trouble(condition)? == Resumed::PageAgain {
                        return Ok(false);
                    }
                }
                Happens::EndOfPage => return Ok(true),
                _ => {}
            }
        }
    }

    /// 7.2, step 4, told as often as R35 wants it: a page whose length is known in tenths, of another
    /// one the first band in tenths and every further band.
    fn band(&mut self, bytes: &[u8], announced: Option<u64>, in_page: &mut u64) -> Result<(), Stop> {
        let tenth = match announced {
            Some(whole) => whole.div_ceil(10).max(1) as usize,
            None if *in_page == 0 => bytes.len().div_ceil(10).max(1),
            None => bytes.len().max(1),
        };
        for portion in bytes.chunks(tenth) {
            self.write(portion)?;
            *in_page += portion.len() as u64;
            if let (Some(whole), Some(open)) = (announced, &mut self.open) {
                let percent = (*in_page * 100).checked_div(whole).unwrap_or(0).min(99) as u8;
                open.percent = open.percent.max(percent);
            }
            self.say()?;
        }
        Ok(())
    }

    /// All of it or a failure; always at the end of the stream.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let destination = self.scenario.destinations.get(open.stream).cloned().unwrap_or_default();
        let Destination { at_most, fails_at, moves } = destination;
        if at_most > 0 && at_most < bytes.len() {
            self.met.insert(Situation::ShortWrites);
        }
        if moves && open.written > 1 {
            self.met.insert(Situation::PositionMoved);
        }
        let fits = match fails_at {
            Some((room, _)) => bytes.len().min(room.saturating_sub(open.written) as usize),
            None => bytes.len(),
        };
        self.broker.write(open.stream, fits).map_err(Stop::Application)?;
        open.written += fits as u64;
        self.streams[open.stream].1.extend_from_slice(&bytes[..fits]);
        match fails_at {
            Some((_, code)) if fits < bytes.len() => {
                self.met.insert(Situation::StreamFull);
                Err(Stop::Application(if code == Code::S_OK { Code::STG_E_MEDIUMFULL } else { code }))
            }
            _ => Ok(()),
        }
    }

    fn last_page_is_complete(&mut self) -> Result<(), Stop> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.percent = 100;
        self.said = (100, open.written);
        self.open = None;
        self.say_again()
    }

    /// Part 11 and the multi-feed rows of part 12.
    fn trouble(&mut self, condition: Condition) -> Result<Resumed, Stop> {
        let mut condition = condition;
        let mut went_on = false;
        loop {
            if condition == Condition::MultiFeed {
                match self.scenario.multi_feed {
                    MultiFeed::StopSuccess => {
                        self.met.insert(Situation::MultiFeedEndsWell);
                        return Err(Stop::Enough);
                    }
                    MultiFeed::StopError => {
                        self.met.insert(Situation::MultiFeedStopsWithError);
                    }
                    MultiFeed::Continue | MultiFeed::Disabled if !went_on => {
                        went_on = true;
                        self.met.insert(Situation::MultiFeedGoesOn);
                        match self.paper.looked_at_again() {
                            Ok(resumed) => return Ok(resumed),
                            Err(other) => condition = other,
                        }
                        self.met.insert(Situation::MultiFeedDoesNotGoOnByItself);
                        continue;
                    }
                    MultiFeed::Continue | MultiFeed::Disabled => {}
                }
            }
            if self.number_is_reached() {
                self.met.insert(Situation::TroubleBeyondTheNumber);
                return Err(Stop::Enough);
            }
            if matches!(condition, Condition::Offline | Condition::General | Condition::Communication) {
                self.met.insert(Situation::NotAskedAbout);
                return Err(Stop::Device(condition));
            }
            if !self.scenario.script.has_handler {
                self.met.insert(Situation::TroubleWithoutHandler);
            }
            match self.broker.device_status(condition, 0) {
                Ok(_) => {}
                Err(Code::S_FALSE) => return Err(Stop::Cancelled),
                Err(code) if code == condition.code() => return Err(Stop::Device(condition)),
                Err(code) => return Err(Stop::Application(code)),
            }
            match self.paper.looked_at_again() {
                Ok(resumed) => return Ok(resumed),
                Err(other) => {
                    self.met.insert(Situation::StillNotRight);
                    condition = other;
                }
            }
        }
    }
}
