//! Faults: what goes wrong, where, and how often.
//!
//! `SPEC = fault ("," fault)*`, `fault = NAME ["@" WHERE] ["*" N]`,
//! `WHERE = pageN[:rowM] | bytes=N | transfer=N | request=N`. Without WHERE a fault is due from the
//! start and happens at every opportunity; with one it happens once, at the first opportunity that
//! is there or, for counts, past it. `*N` says how often instead.

use std::fmt;

use super::model::Model;

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultName {
    /// Paper is stuck; the page breaks off and the job is aborted.
    Jam,
    /// Somebody opened the cover; the page breaks off and the job is aborted.
    Cover,
    /// Two sheets at once; the page breaks off and the job is aborted.
    Multifeed,
    /// The cable is out.
    Unplug,
    /// The endpoint is halted until the host clears it; over TCP the connection breaks.
    Stall,
    /// No byte more, from any endpoint, until the device is reset.
    Silence,
    /// A read ends with fewer bytes than the device has.
    ShortReads,
    /// A read ends with no byte although the device has some.
    ZeroLength,
    /// A web page instead of the answer.
    Html,
    /// The image ends early in an answer that is complete.
    Truncate,
    /// "503 Service Unavailable" instead of the answer.
    Unavailable,
    /// When a request comes before the last answer was read to its end, the device hangs until it is reset.
    WedgeIfNotDrained,
    /// Nobody is told the size of a page: 404 instead of its ScanImageInfo.
    NoImageInfo,
    /// The image ends early and is closed as if it were whole.
    CutShort,
    /// The image says that it has 65535 × 65535 pixels.
    Oversize,
    /// A page is counted and not a byte of it sent (eSCL reference, 7).
    LostPage,
    /// The page never ends: its rows come again and again.
    Endless,
}

impl FaultName {
    /// Every fault and its name, in the order they are shown.
    pub const ALL: [(&'static str, FaultName); 17] = [
        ("jam", FaultName::Jam),
        ("cover", FaultName::Cover),
        ("multifeed", FaultName::Multifeed),
        ("unplug", FaultName::Unplug),
        ("stall", FaultName::Stall),
        ("silence", FaultName::Silence),
        ("short-reads", FaultName::ShortReads),
        ("zero-length", FaultName::ZeroLength),
        ("html", FaultName::Html),
        ("truncate", FaultName::Truncate),
        ("503", FaultName::Unavailable),
        ("wedge-if-not-drained", FaultName::WedgeIfNotDrained),
        ("no-image-info", FaultName::NoImageInfo),
        ("cut-short", FaultName::CutShort),
        ("oversize", FaultName::Oversize),
        ("lost-page", FaultName::LostPage),
        ("endless", FaultName::Endless),
    ];

    /// Whether a device of this model can do it. What is said in HTTP, and in the documents and pictures that go with
    /// it, only one that speaks eSCL can get wrong.
    pub fn fits(self, model: &Model) -> bool {
        use FaultName::{Html, LostPage, NoImageInfo, Oversize, Unavailable};
        model.speaks_escl() || !matches!(self, Html | Unavailable | NoImageInfo | Oversize | LostPage)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        FaultName::ALL.iter().find(|(_, fault)| *fault == self).map_or("", |(name, _)| name)
    }

    fn from_name(name: &str) -> Option<FaultName> {
        FaultName::ALL.iter().find(|(known, _)| *known == name).map(|(_, fault)| *fault)
    }
}

/// Where a fault is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPlace {
    /// From the start, always.
    Anywhere,
    /// On a page of a job, counted from 1 within each job, from a row on.
    Page {
        /// The page.
        page: u32,
        /// The first row, counted from 0.
        row: u32,
    },
    /// Once this many bytes went out to hosts.
    Bytes(u64),
    /// From this transfer on, counted from 1 over the device's life: a bulk transfer that ended, or
    /// over TCP a piece that was read or written.
    Transfer(u64),
    /// From this HTTP request on, counted from 1 over the device's life.
    Request(u64),
}

/// One fault of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub name: FaultName,
    /// Where.
    pub place: FaultPlace,
    /// How often; `None` is always.
    pub times: Option<u32>,
}

/// The faults of a device, parsed from a SPEC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultSpec(pub Vec<Fault>);

/// What is wrong with a SPEC.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultSpecError {
    /// No fault has this name. The message lists those there are.
    #[error("no fault is called \"{0}\"; there are: {names}", names = FaultNames)]
    UnknownName(String),
    /// What follows `@` is no place.
    #[error("\"{0}\" is no place; write pageN, pageN:rowM, bytes=N, transfer=N or request=N, counted from 1")]
    BadPlace(String),
    /// What follows `*` is no number of times.
    #[error("\"{0}\" is no number of times; write *1 or more")]
    BadTimes(String),
}

struct FaultNames;

impl fmt::Display for FaultNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = FaultName::ALL.iter().map(|(name, _)| *name).collect();
        f.write_str(&names.join(" "))
    }
}

impl std::str::FromStr for FaultSpec {
    type Err = FaultSpecError;

    fn from_str(spec: &str) -> Result<FaultSpec, FaultSpecError> {
        if spec.trim().is_empty() {
            return Ok(FaultSpec::default());
        }
        spec.split(',').map(|fault| parse_fault(fault.trim())).collect::<Result<_, _>>().map(FaultSpec)
    }
}

fn parse_fault(text: &str) -> Result<Fault, FaultSpecError> {
    let (text, times) = match text.split_once('*') {
        Some((text, times)) => (text, Some(parse_times(times)?)),
        None => (text, None),
    };
    let (name, place) = match text.split_once('@') {
        Some((name, place)) => (name, parse_place(place)?),
        None => (text, FaultPlace::Anywhere),
    };
    let name = FaultName::from_name(name).ok_or_else(|| FaultSpecError::UnknownName(name.to_owned()))?;
    let once_if_placed = if place == FaultPlace::Anywhere { None } else { Some(1) };
    Ok(Fault { name, place, times: times.or(once_if_placed) })
}

fn parse_times(text: &str) -> Result<u32, FaultSpecError> {
    text.parse().ok().filter(|times| *times > 0).ok_or_else(|| FaultSpecError::BadTimes(text.to_owned()))
}

fn parse_place(text: &str) -> Result<FaultPlace, FaultSpecError> {
    let bad = || FaultSpecError::BadPlace(text.to_owned());
    if let Some(page) = text.strip_prefix("page") {
        let (page, row) = match page.split_once(":row") {
            Some((page, row)) => (page, row.parse().map_err(|_| bad())?),
            None => (page, 0),
        };
        let page = page.parse().ok().filter(|page| *page > 0).ok_or_else(bad)?;
        return Ok(FaultPlace::Page { page, row });
    }
    let (kind, count) = text.split_once('=').ok_or_else(bad)?;
    let count: u64 = count.parse().map_err(|_| bad())?;
    match kind {
        "bytes" => Ok(FaultPlace::Bytes(count)),
        "transfer" if count > 0 => Ok(FaultPlace::Transfer(count)),
        "request" if count > 0 => Ok(FaultPlace::Request(count)),
        _ => Err(bad()),
    }
}

/// Short reads have at most this many bytes.
const SHORT_READ_LIMIT: u64 = 61;

/// Where the device is, and which faults are still to come.
#[derive(Debug, Default)]
pub(super) struct FaultPlan {
    faults: Vec<Fault>,
    /// The page under way or asked for, counted from 1 in its job, and its next row.
    pub(super) page: Option<(u32, u32)>,
    /// Bytes sent to hosts.
    pub(super) bytes: u64,
    /// Transfers that ended.
    pub(super) transfers: u64,
    /// Requests received.
    pub(super) requests: u64,
}

impl FaultPlan {
    pub(super) fn new(spec: FaultSpec) -> FaultPlan {
        FaultPlan { faults: spec.0, ..FaultPlan::default() }
    }

    /// Adds faults to those still to come.
    pub(super) fn add(&mut self, spec: FaultSpec) {
        self.faults.extend(spec.0);
    }

    /// Whether a fault happens now. Uses one of its times up.
    pub(super) fn fires(&mut self, name: FaultName) -> bool {
        let due = (0..self.faults.len()).find(|&index| {
            let fault = self.faults[index];
            fault.name == name && fault.times != Some(0) && self.has_reached(fault.place)
        });
        let Some(index) = due else { return false };
        if let Some(times) = &mut self.faults[index].times {
            *times -= 1;
        }
        true
    }

    /// How many bytes may still be sent before a fault is due at a byte count.
    fn bytes_to_next(&self) -> Option<u64> {
        let limits = self.faults.iter().filter(|fault| fault.times != Some(0)).filter_map(|fault| match fault.place {
            FaultPlace::Bytes(limit) => limit.checked_sub(self.bytes).filter(|left| *left > 0),
            _ => None,
        });
        limits.min()
    }

    /// How many of the bytes that could be sent now are sent: fewer before a fault at a byte count,
    /// and when reads are short.
    pub(super) fn next_write(&mut self, wanted: usize) -> usize {
        let to_next = self.bytes_to_next().and_then(|left| usize::try_from(left).ok());
        let limit = to_next.map_or(wanted, |left| wanted.min(left));
        if self.fires(FaultName::ShortReads) {
            return limit.min(1 + (self.transfers % SHORT_READ_LIMIT) as usize);
        }
        limit
    }

    fn has_reached(&self, place: FaultPlace) -> bool {
        match place {
            FaultPlace::Anywhere => true,
            FaultPlace::Page { page, row } => {
                self.page.is_some_and(|(at_page, at_row)| at_page == page && at_row >= row)
            }
            FaultPlace::Bytes(limit) => self.bytes >= limit,
            FaultPlace::Transfer(limit) => self.transfers >= limit,
            FaultPlace::Request(limit) => self.requests >= limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_fits_every_place() {
        for (name, fault) in FaultName::ALL {
            for (place, meaning) in [
                ("", FaultPlace::Anywhere),
                ("@page3", FaultPlace::Page { page: 3, row: 0 }),
                ("@page3:row1200", FaultPlace::Page { page: 3, row: 1200 }),
                ("@bytes=70000", FaultPlace::Bytes(70_000)),
                ("@transfer=9", FaultPlace::Transfer(9)),
                ("@request=4", FaultPlace::Request(4)),
            ] {
                let parsed: FaultSpec = format!("{name}{place}*2").parse().expect("a fault");
                assert_eq!(parsed.0, [Fault { name: fault, place: meaning, times: Some(2) }]);
            }
        }
        let two: FaultSpec = "jam@page2:row5, 503*2".parse().expect("two faults");
        assert_eq!((two.0.len(), two.0[0].times, two.0[1].times), (2, Some(1), Some(2)));
    }

    #[test]
    fn what_is_no_fault_is_named_with_what_there_is() {
        let error = "jam,fire@page1".parse::<FaultSpec>().expect_err("no such fault").to_string();
        assert!(error.contains("\"fire\"") && error.contains("jam cover multifeed unplug stall silence"), "{error}");
        for bad in
            ["jam@", "jam@page0", "jam@page", "jam@page1:5", "jam@page1:rowx", "jam@bytes", "jam@transfer=0", "jam@z=1"]
        {
            assert!(matches!(bad.parse::<FaultSpec>(), Err(FaultSpecError::BadPlace(_))), "{bad}");
        }
        for bad in ["jam*0", "jam*", "jam*x"] {
            assert!(matches!(bad.parse::<FaultSpec>(), Err(FaultSpecError::BadTimes(_))), "{bad}");
        }
    }

    #[test]
    fn a_fault_with_a_place_happens_once_and_one_without_always() {
        let mut plan = FaultPlan::new("jam@page2:row10,503*2,html".parse().expect("faults"));
        plan.page = Some((2, 9));
        assert!(!plan.fires(FaultName::Jam));
        plan.page = Some((2, 16));
        assert!(plan.fires(FaultName::Jam) && !plan.fires(FaultName::Jam));
        assert!(plan.fires(FaultName::Unavailable) && plan.fires(FaultName::Unavailable));
        assert!(!plan.fires(FaultName::Unavailable));
        assert!((0..100).all(|_| plan.fires(FaultName::Html)));
    }
}
