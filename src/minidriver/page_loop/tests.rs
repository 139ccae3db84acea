//! What the loop itself decides; rules that need a broker are in the suite.

use std::collections::VecDeque;
use std::io::SeekFrom;

use super::*;
use crate::minidriver::{ColorMode, PageFormat, Side, Sides, StreamError};
use crate::units::{Area, Dpi};

/// A device that plays what it is given; `None` ends a page.
#[derive(Default)]
struct Device {
    waits: VecDeque<Result<PageWait, DeviceFailure>>,
    bands: VecDeque<Result<BandRead, DeviceFailure>>,
    resumes: VecDeque<Result<Resumed, DeviceFailure>>,
    drawn_ahead: VecDeque<Result<DrawnAhead, DeviceFailure>>,
    resumed: u32,
    finished: u32,
}

impl PageSource for Device {
    fn next_page(&mut self) -> Result<PageWait, DeviceFailure> {
        self.waits.pop_front().unwrap_or(Ok(PageWait::NoMorePages))
    }

    fn read_band(&mut self, band: &mut Vec<u8>) -> Result<BandRead, DeviceFailure> {
        let read = self.bands.pop_front().unwrap_or(Ok(BandRead::EndOfPage));
        if read == Ok(BandRead::Band) {
            band.extend_from_slice(&[7; 100]);
        }
        read
    }

    fn resume(&mut self) -> Result<Resumed, DeviceFailure> {
        self.resumed += 1;
        self.resumes.pop_front().unwrap_or(Ok(Resumed::PageAgain))
    }

    fn drawn_ahead(&mut self) -> Result<DrawnAhead, DeviceFailure> {
        self.drawn_ahead.pop_front().unwrap_or(Ok(DrawnAhead::Nothing))
    }

    fn finish(&mut self) {
        self.finished += 1;
    }
}

/// An application that says *go on* to everything but the conditions it refuses.
#[derive(Default)]
struct Listener {
    pages: Vec<(u32, Side)>,
    heard: Vec<DriverMessage>,
    refuses: Vec<Condition>,
}

impl MiniDriverCallback for Listener {
    fn next_stream(&mut self, page: &PageInfo) -> Result<StreamGrant, Code> {
        self.pages.push((page.number, page.side));
        Ok(StreamGrant::Stream(Box::new(Sink)))
    }

    fn send_message(&mut self, message: &DriverMessage) -> Result<Flow, Code> {
        self.heard.push(message.clone());
        match message {
            DriverMessage::DeviceStatus { failure, .. } if self.refuses.contains(&failure.condition) => {
                Err(failure.condition.code())
            }
            _ => Ok(Flow::Continue),
        }
    }
}

struct Sink;

impl PageStream for Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        Ok(bytes.len())
    }

    fn seek(&mut self, _: SeekFrom) -> Result<u64, StreamError> {
        Ok(0)
    }

    fn set_len(&mut self, _: u64) -> Result<(), StreamError> {
        Ok(())
    }
}

fn page() -> Result<PageWait, DeviceFailure> {
    Ok(PageWait::Page(PageInfo {
        item: String::new(),
        full_name: String::new(),
        number: 0,
        side: Side::Front,
        format: PageFormat::Jpeg,
        dpi: Dpi(100),
        area: Area::default(),
        expected_width: 1,
        expected_rows: None,
        expected_bytes: None,
    }))
}

fn job(source: Source, pages: u32) -> ScanJob {
    ScanJob {
        source,
        mode: ColorMode::Gray,
        dpi: Dpi(100),
        sides: Sides::default(),
        format: None,
        areas: vec![Area::default()],
        pages: PageLimit::from_pages(pages),
        streams: Streams::PerPage,
        on_multi_feed: OnMultiFeed::Fail,
    }
}

fn trouble(condition: Condition) -> DeviceFailure {
    condition.with("made up")
}

#[test]
fn between_pages_the_last_status_is_said_again() {
    let waits = [page(), Ok(PageWait::Waiting), Ok(PageWait::Waiting), page()].into();
    let bands = [Ok(BandRead::Band), Ok(BandRead::EndOfPage)].into();
    let mut device = Device { waits, bands, ..Device::default() };
    let mut listener = Listener::default();
    assert_eq!(deliver_pages(&mut device, &job(Source::Feeder, 0), &mut listener), Ok(AcquireEnd::Completed));
    let done = DriverMessage::Status { percent: Percent::DONE, transferred: 100 };
    let first = listener.heard.iter().position(|heard| *heard == done).expect("the first page ends");
    assert_eq!(listener.heard[first..first + 3], [done.clone(), done.clone(), done]);
    assert_eq!(listener.heard[first + 3], NOTHING_YET);
    assert_eq!(device.finished, 1);
}

#[test]
fn on_the_flatbed_every_area_is_a_page_whatever_was_asked_for() {
    let waits = [page(), page(), page()].into();
    let mut device = Device { waits, ..Device::default() };
    let mut listener = Listener::default();
    let job = ScanJob { areas: vec![Area::default(); 2], ..job(Source::Flatbed, 9) };
    assert_eq!(deliver_pages(&mut device, &job, &mut listener), Ok(AcquireEnd::Completed));
    assert_eq!(listener.pages, [(1, Side::Front), (2, Side::Front)]);
}

#[test]
fn a_flatbed_without_a_page_is_a_failure_of_the_device() {
    let ended = deliver_pages(&mut Device::default(), &job(Source::Flatbed, 1), &mut Listener::default());
    assert!(matches!(ended, Err(AcquireError::Device(failure)) if failure.condition == Condition::General));
}

#[test]
fn a_problem_is_put_before_the_person_until_it_is_right() {
    let waits = [Err(trouble(Condition::CoverOpen)), page()].into();
    let resumes =
        [Err(trouble(Condition::CoverOpen)), Err(trouble(Condition::PaperJam)), Ok(Resumed::PageAgain)].into();
    let mut device = Device { waits, resumes, ..Device::default() };
    let mut listener = Listener::default();
    assert_eq!(deliver_pages(&mut device, &job(Source::Feeder, 0), &mut listener), Ok(AcquireEnd::Completed));
    let asked: Vec<Condition> = listener
        .heard
        .iter()
        .filter_map(|heard| match heard {
            DriverMessage::DeviceStatus { failure, .. } => Some(failure.condition),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [Condition::CoverOpen, Condition::CoverOpen, Condition::PaperJam]);
}

#[test]
fn a_problem_that_nobody_can_put_right_is_not_asked_about() {
    let mut device = Device { waits: [Err(trouble(Condition::Offline))].into(), ..Device::default() };
    let mut listener = Listener::default();
    let ended = deliver_pages(&mut device, &job(Source::Feeder, 0), &mut listener);
    assert_eq!(ended, Err(trouble(Condition::Offline).into()));
    assert!(listener.heard.is_empty());
    assert_eq!((device.resumed, device.finished), (0, 0));
}

#[test]
fn after_a_failure_nothing_more_is_asked_of_the_device() {
    let mut device = Device { waits: [Err(trouble(Condition::PaperJam)), page()].into(), ..Device::default() };
    let mut listener = Listener { refuses: vec![Condition::PaperJam], ..Listener::default() };
    let ended = deliver_pages(&mut device, &job(Source::Feeder, 0), &mut listener);
    assert_eq!(ended, Err(trouble(Condition::PaperJam).into()), "with the device's own words");
    assert_eq!((device.waits.len(), device.resumed, device.finished), (1, 0, 0));
}

#[test]
fn pages_drawn_in_beyond_the_wanted_are_taken_and_their_end_is_a_good_one() {
    // One more comes; of the next the device only said so.
    let waits = [page(), page()].into();
    let mut device =
        Device { waits, drawn_ahead: [Ok(DrawnAhead::Page), Ok(DrawnAhead::Page)].into(), ..Device::default() };
    let mut listener = Listener::default();
    assert_eq!(deliver_pages(&mut device, &job(Source::Feeder, 1), &mut listener), Ok(AcquireEnd::Completed));
    assert_eq!(listener.pages, [(1, Side::Front), (2, Side::Front)]);
    // It cannot say.
    let drawn_ahead = [Err(trouble(Condition::Communication))].into();
    let mut device = Device { waits: [page()].into(), drawn_ahead, ..Device::default() };
    let ended = deliver_pages(&mut device, &job(Source::Feeder, 1), &mut Listener::default());
    assert_eq!((ended, device.finished), (Ok(AcquireEnd::Completed), 1));
}

#[test]
fn in_duplex_trouble_at_the_back_starts_the_sheet_again_but_not_the_one_before() {
    let waits = [page(), page(), page(), Err(trouble(Condition::PaperJam)), page(), page()].into();
    let mut device = Device { waits, ..Device::default() };
    let mut listener = Listener::default();
    assert_eq!(deliver_pages(&mut device, &job(Source::Duplex, 0), &mut listener), Ok(AcquireEnd::Completed));
    let expected = [(1, Side::Front), (2, Side::Back), (3, Side::Front), (3, Side::Front), (4, Side::Back)];
    assert_eq!(listener.pages, expected);
}
