//! Banded transfer: what an application of the older model is told, and how it ends the job (reference, parts 6, 9.8
//! and 13; R6, R32, R58, R59).

use std::time::{Duration, Instant};

use lightbar::minidriver::property::Format;
use lightbar::minidriver::{AcquireEnd, AcquireError, Code, Condition, HandlerAnswer, Source, StreamGrant};
use lightbar::raster::{PixelFormat, RowLayout};
use lightbar::transfer::{Answer, Band, BandCallback, BandMessage, BandRequest, Canceller, StatusSource, outcome_code};
use lightbar::units::Percent;

use super::{GRAY, feeder, gray_rows, number};
use crate::support::transfer::{Bench, ScriptedPage, Step, job, page_info, status};

/// What a banded application was told, in short, and the image that its bands make.
#[derive(Default)]
struct Collector {
    told: Vec<&'static str>,
    images: Vec<Vec<u8>>,
    bands: Vec<Band>,
    largest: usize,
    announced: usize,
    complete: Option<bool>,
    holds: bool,
    /// Of the page under way, which only grows (R32).
    percent: u8,
    data: usize,
    /// Ends the job at this message of data.
    stops_at: Option<(usize, Stops)>,
    /// What came after that.
    after: Vec<&'static str>,
    /// To whatever does not end the job.
    goes_on: Option<Answer>,
    from_device: Vec<u8>,
    answer_to_status: Option<Answer>,
}

/// How a job is ended.
enum Stops {
    Answering(Answer),
    Cancelling(Canceller),
}

impl Collector {
    fn note(&mut self, what: &'static str) {
        if self.told.last() != Some(&what) && what != "status" {
            self.told.push(what);
        }
        if self.stops_at.as_ref().is_some_and(|(at, _)| self.data >= *at) {
            self.after.push(what);
        }
    }

    fn begin(&mut self) {
        self.images.push(Vec::new());
        self.percent = 0;
    }

    fn grows_to(&mut self, percent: Percent) {
        assert!(percent.value() >= self.percent, "{} after {}", percent.value(), self.percent);
        self.percent = percent.value();
    }

    fn take(&mut self, band: Band) -> Answer {
        self.data += 1;
        self.grows_to(band.percent);
        self.largest = self.largest.max(band.bytes.len());
        let image = self.images.last_mut().expect("after a header");
        let end = band.offset as usize + band.bytes.len();
        if image.len() < end {
            image.resize(end, 0);
        }
        image[band.offset as usize..end].copy_from_slice(&band.bytes);
        if self.holds {
            self.bands.push(band);
        }
        match &self.stops_at {
            Some((at, Stops::Answering(answer))) if self.data == *at => return *answer,
            Some((at, Stops::Cancelling(canceller))) if self.data == *at => canceller.cancel(),
            _ => {}
        }
        self.goes_on.unwrap_or(Answer::Continue)
    }
}

impl BandCallback for Collector {
    fn message(&mut self, message: BandMessage) -> Answer {
        match message {
            BandMessage::DataHeader { band_size, .. } => {
                self.note("header");
                self.announced = band_size;
                self.begin();
            }
            BandMessage::NewPage { .. } => {
                self.note("new page");
                self.begin();
            }
            BandMessage::Data(band) => {
                self.note("data");
                return self.take(band);
            }
            BandMessage::Status { percent, from: StatusSource::FromDevice } => {
                self.note("device");
                self.from_device.push(percent.value());
                return self.answer_to_status.unwrap_or(Answer::Continue);
            }
            BandMessage::Status { percent, from: StatusSource::ToClient } => {
                self.note("status");
                self.grows_to(percent);
            }
            BandMessage::Termination { complete } => {
                self.note("termination");
                self.complete = Some(complete);
            }
        }
        self.goes_on.unwrap_or(Answer::Continue)
    }
}

fn bands(bench: &Bench, request: &BandRequest, collector: &mut Collector) -> Code {
    let item = feeder(bench, Format::Bmp);
    let transfer = bench.broker.prepare_item(&item).expect("can be");
    let outcome = bench.broker.read_bands(&item, transfer, request, collector);
    bench.broker.settle();
    outcome_code(&outcome)
}

/// A page of 1,000 rows of 1,000 gray pixels.
fn large_page() -> (RowLayout, Vec<u8>) {
    (RowLayout::packed(1000, PixelFormat::Gray8), (0..1_000_000u32).map(|at| (at * 7 % 251) as u8).collect())
}

#[test]
fn r58_a_request_below_buffer_size_gets_buffer_size() {
    let (layout, rows) = large_page();
    for (asked, double_buffer, expected) in
        [(1, false, 65536), (1, true, 32768), (100_000, false, 100_000), (200_000, true, 100_000)]
    {
        let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::rows(layout, &rows, Some(1000)))]]);
        let request = BandRequest { format: Format::MemoryBmp, buffer_size: asked, double_buffer };
        let mut collector = Collector::default();
        assert_eq!(bands(&bench, &request, &mut collector), Code::S_OK);
        assert_eq!((collector.announced, collector.largest), (expected, expected), "asked for {asked}");
        assert_eq!(collector.images[0].len(), 40 + 1024 + 1_000_000);
    }
}

#[test]
fn r59_a_banded_application_sees_header_data_new_page_data_termination_and_no_file_header() {
    let steps = vec![
        Step::Page(ScriptedPage::rows(GRAY, &gray_rows(9), None)),
        Step::Page(ScriptedPage::rows(GRAY, &gray_rows(4), Some(4))),
    ];
    let bench = Bench::with_pages(vec![steps]);
    let request = BandRequest { format: Format::MemoryBmp, buffer_size: 0, double_buffer: false };
    let mut collector = Collector::default();
    assert_eq!(bands(&bench, &request, &mut collector), Code::S_OK);
    assert_eq!(collector.told, ["header", "data", "new page", "data", "termination"]);
    assert_eq!(collector.complete, Some(true));
    for (image, rows) in collector.images.iter().zip([9, 4]) {
        assert_eq!((number(image, 0), number(image, 4), number(image, 8)), (40, 3, -rows), "at once the info header");
        assert_eq!(image.len() as i64, 40 + 1024 + rows * 4);
        assert_eq!(image[40 + 1024..][..4], [0, 1, 2, 0]);
    }
}

#[test]
fn a_band_that_is_held_is_not_filled_again() {
    let (layout, rows) = large_page();
    let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::rows(layout, &rows, Some(1000)))]]);
    let request = BandRequest { format: Format::Raw, buffer_size: 0, double_buffer: true };
    let mut collector = Collector { holds: true, ..Collector::default() };
    assert_eq!(bands(&bench, &request, &mut collector), Code::S_OK);
    let mut image = Vec::new();
    for band in &collector.bands {
        assert_eq!(band.offset, image.len() as u64);
        image.extend_from_slice(&band.bytes);
    }
    assert_eq!(image[80..], rows);
    let buffers: Vec<usize> = collector.bands.iter().take(4).map(|band| band.buffer).collect();
    assert_eq!(buffers, [0, 1, 0, 1], "the two halves in turn");
}

#[test]
fn r06_a_banded_application_that_ends_the_job_hears_of_its_end_and_nothing_else() {
    let (layout, rows) = large_page();
    let page = || Step::Page(ScriptedPage::rows(layout, &rows, Some(1000)).announced(rows.len() as u64));
    let request = BandRequest { format: Format::MemoryBmp, buffer_size: 0, double_buffer: false };
    for answer in [Some(Answer::Cancel), Some(Answer::Code(Code::STG_E_MEDIUMFULL)), None] {
        let bench = Bench::with_pages(vec![vec![page()], vec![page()]]);
        let item = feeder(&bench, Format::Bmp);
        let transfer = bench.broker.prepare_item(&item).expect("can be");
        let stops = answer.map_or_else(|| Stops::Cancelling(transfer.canceller()), Stops::Answering);
        let mut collector = Collector { stops_at: Some((3, stops)), ..Collector::default() };
        let outcome = bench.broker.read_bands(&item, transfer, &request, &mut collector);
        bench.broker.settle();
        let expected = if let Some(Answer::Code(code)) = answer { code } else { Code::S_FALSE };
        assert_eq!(outcome_code(&outcome), expected);
        assert_eq!((&collector.after[..], collector.complete), (&["termination"][..], Some(false)), "{answer:?}");
        let mut collector = Collector::default();
        assert_eq!(bands(&bench, &request, &mut collector), Code::S_OK, "the next one is whole");
        assert_eq!(collector.images[0].len(), 40 + 1024 + 1_000_000);
    }
}

#[test]
fn r32_the_rows_before_trouble_come_in_bands_whose_percent_does_not_fall() {
    let (layout, rows) = large_page();
    let torn = ScriptedPage::rows(layout, &rows[..500_000], Some(1000)).announced(rows.len() as u64);
    let bench = Bench::with_pages(vec![vec![Step::Page(torn.then_trouble(Condition::Offline))]]);
    let request = BandRequest { format: Format::MemoryBmp, buffer_size: 0, double_buffer: false };
    let mut collector = Collector::default();
    assert_eq!(bands(&bench, &request, &mut collector), Code::ERROR_OFFLINE);
    assert_eq!(collector.images[0][40 + 1024..], rows[..500_000]);
    assert_eq!((collector.percent >= 49, collector.complete), (true, Some(false)));
}

/// A driver that writes so many bytes and says *100 percent*, and nothing before that.
fn whole_page_at_once(bytes: usize) -> Bench {
    Bench::with_acquire(move |acquire| {
        let failed = AcquireError::Application;
        let StreamGrant::Stream(mut stream) = acquire.callback.next_stream(&page_info(1)).map_err(failed)? else {
            return Ok(AcquireEnd::Cancelled);
        };
        assert_eq!(stream.write(&vec![7; bytes]).map_err(|error| failed(error.0))?, bytes);
        let _ = acquire.callback.send_message(&status(100, bytes as u64)).map_err(failed)?;
        Ok(AcquireEnd::Completed)
    })
}

/// The driver has written all of the page when the application gets its first band and ends the job.
#[test]
fn a_page_is_complete_for_a_banded_application_when_it_got_the_last_band() {
    for (stops_at, complete) in [(1, false), (3, false), (4, true)] {
        let bench = whole_page_at_once(4 * 65536);
        let item = feeder(&bench, Format::Jpeg);
        let request = BandRequest { format: Format::Jpeg, buffer_size: 0, double_buffer: false };
        let stops = Stops::Answering(Answer::Cancel);
        let mut collector = Collector { stops_at: Some((stops_at, stops)), ..Collector::default() };
        let transfer = bench.broker.prepare(job(Source::Feeder));
        assert_eq!(bench.broker.read_bands(&item, transfer, &request, &mut collector), Ok(AcquireEnd::Cancelled));
        assert_eq!((&collector.after[..], collector.complete), (&["termination"][..], Some(complete)), "{stops_at}");
    }
}

/// `S_OK` in numbers is *go on*, also while several bands are handed over at once.
#[test]
fn a_banded_application_that_answers_in_codes_gets_all_of_the_image() {
    let bench = whole_page_at_once(4 * 65536);
    let item = feeder(&bench, Format::Jpeg);
    let request = BandRequest { format: Format::Jpeg, buffer_size: 0, double_buffer: false };
    let mut collector = Collector { goes_on: Some(Answer::Code(Code::S_OK)), ..Collector::default() };
    let transfer = bench.broker.prepare(job(Source::Feeder));
    assert_eq!(bench.broker.read_bands(&item, transfer, &request, &mut collector), Ok(AcquireEnd::Completed));
    assert_eq!((collector.images[0].len(), collector.complete), (4 * 65536, Some(true)));
}

/// A driver may write a whole page before it says anything. The first bands then cost what the last ones do, when all
/// of the page waits behind the first and nothing behind the last.
#[test]
fn a_band_costs_the_same_however_much_waits_behind_it() {
    const PAGE: usize = 64 << 20;
    struct Timed(Instant, Vec<Duration>);
    impl BandCallback for Timed {
        fn message(&mut self, message: BandMessage) -> Answer {
            if let BandMessage::Data(_) = message {
                self.1.push(self.0.elapsed());
            }
            self.0 = Instant::now();
            Answer::Continue
        }
    }
    let bench = whole_page_at_once(PAGE);
    let item = feeder(&bench, Format::Jpeg);
    let request = BandRequest { format: Format::Jpeg, buffer_size: 0, double_buffer: false };
    let mut timed = Timed(Instant::now(), Vec::new());
    let transfer = bench.broker.prepare(job(Source::Feeder));
    assert_eq!(bench.broker.read_bands(&item, transfer, &request, &mut timed), Ok(AcquireEnd::Completed));
    let (mut first, mut last) = (timed.1[..256].to_vec(), timed.1[768..].to_vec());
    assert_eq!(timed.1.len(), 1024);
    first.sort_unstable();
    last.sort_unstable();
    // Of many, the one in the middle: what else the computer does meanwhile hits few of them.
    assert!(first[128] < 4 * last[128], "{:?} at first, {:?} at last", first[128], last[128]);
}

#[test]
fn a_banded_application_hears_of_warming_up_and_can_cancel_there() {
    let steps = || {
        vec![
            Step::Delay(Condition::WarmingUp, 10),
            Step::Delay(Condition::WarmingUp, 60),
            Step::Page(ScriptedPage::rows(GRAY, &gray_rows(2), Some(2))),
        ]
    };
    let bench = Bench::with_pages(vec![steps(), steps()]);
    let request = BandRequest { format: Format::MemoryBmp, buffer_size: 0, double_buffer: false };
    let mut collector = Collector::default();
    assert_eq!(bands(&bench, &request, &mut collector), Code::S_OK);
    assert_eq!((collector.from_device, collector.told[0]), (vec![10, 60], "device"));
    let mut collector = Collector { answer_to_status: Some(Answer::Cancel), ..Collector::default() };
    assert_eq!(bands(&bench, &request, &mut collector), Code::S_FALSE);
    assert_eq!(collector.told, ["device", "termination"]);
}

/// An application that offers a handler keeps it in every mode.
#[test]
fn a_problem_in_a_banded_transfer_goes_to_the_applications_own_handler() {
    struct Handled(Collector, Vec<Code>);
    impl BandCallback for Handled {
        fn message(&mut self, message: BandMessage) -> Answer {
            self.0.message(message)
        }
        fn error_handler(&mut self) -> Option<&mut dyn lightbar::minidriver::ErrorHandler> {
            Some(self)
        }
    }
    impl lightbar::minidriver::ErrorHandler for Handled {
        fn report_status(&mut self, failure: &lightbar::minidriver::DeviceFailure, _: Percent) -> HandlerAnswer {
            self.1.push(failure.condition.code());
            HandlerAnswer::Handled
        }
    }
    let steps = vec![Step::Trouble(Condition::CoverOpen), Step::Page(ScriptedPage::rows(GRAY, &gray_rows(2), Some(2)))];
    let bench = Bench::with_pages(vec![steps]);
    let item = feeder(&bench, Format::Bmp);
    let request = BandRequest { format: Format::MemoryBmp, buffer_size: 0, double_buffer: false };
    let mut handled = Handled(Collector::default(), Vec::new());
    let transfer = bench.broker.prepare_item(&item).expect("can be");
    assert_eq!(bench.broker.read_bands(&item, transfer, &request, &mut handled), Ok(AcquireEnd::Completed));
    assert_eq!(handled.1, [Code::ERROR_COVER_OPEN]);
}
