//! What is done to several pages at once, and to a page that is scanned again.

use std::num::NonZeroU32;
use std::sync::Arc;

use lightbar::document::{Edit, PageId, Rotation};
use lightbar::minidriver::{PageLimit, Source};
use lightbar::session::settings::{Paper, ScanSettings};
use lightbar::session::{
    Command, Event, Made, Matter, NotCropped, PageState, Placement, ProblemAnswer, ScanWish, Snapshot,
};
use lightbar::units::{Area, Dpi, Length};

use crate::support::bench::{Bench, small};

impl Bench {
    /// Makes a change; what is shown then.
    fn changed(&self, command: Command) -> Arc<Snapshot> {
        self.send(command);
        let made = self.until(|event| match event {
            Event::Changed(made) => Some(made),
            _ => None,
        });
        assert_eq!(made, Made::WrittenDown);
        self.session.snapshot()
    }

    /// A page of this paper from the flatbed.
    fn lies(&self, dpi: u32, paper: Paper) {
        let settings = ScanSettings { dpi: Dpi(dpi), paper, ..small() };
        self.scan_with(Source::Flatbed, settings, PageLimit::Count(NonZeroU32::MIN));
        self.job_ends();
        self.device_rests();
    }

    /// Scans a page again; the device breaks off, and a person gives up.
    fn scanned_again_in_vain(&self, page: PageId, fault: &str) {
        self.scanner.add_faults(fault.parse().expect("a fault"));
        let wish = ScanWish { source: Source::Feeder, settings: small(), pages: PageLimit::Count(NonZeroU32::MIN) };
        self.send(Command::ScanTo(wish, Placement::Replace(page)));
        self.pauses();
        self.send(Command::AnswerProblem(ProblemAnswer::Finish));
        self.job_ends();
        self.device_rests();
    }
}

fn part(left: i64, top: i64, width: i64, height: i64) -> Area {
    let mm = Length::from_mm;
    Area { x: mm(left), y: mm(top), width: mm(width), height: mm(height) }
}

fn ids(shown: &Snapshot) -> Vec<PageId> {
    shown.pages.iter().map(|page| page.id).collect()
}

/// What is left of each page, in pixels of the page as it came.
fn crops(shown: &Snapshot) -> Vec<Option<[u32; 4]>> {
    let crop = |page: &lightbar::session::PageView| page.face.look.crop;
    shown.pages.iter().map(|page| crop(page).map(|part| [part.left, part.top, part.width, part.height])).collect()
}

/// The windows of the pages are 620 × 877, 1240 × 1754 and 437 × 620 pixels: A4 twice and A5.
#[test]
fn the_same_millimetres_are_left_of_pages_of_every_resolution_and_size() {
    let mut bench = Bench::new("flatbed", "", 0);
    bench.lies(75, Paper::A4);
    bench.lies(150, Paper::A4);
    bench.lies(75, Paper::A5);
    let pages = ids(&bench.session.snapshot());
    let shown = bench.changed(Command::Crop { pages: pages.clone(), part: part(20, 30, 100, 100) });
    assert_eq!(crops(&shown), [Some([59, 89, 295, 295]), Some([118, 177, 591, 591]), Some([59, 89, 295, 295])]);
    assert!(shown.notices.iter().all(|notice| !matches!(notice.matter, Matter::NotCropped(_))));
    // As they are seen now: from the corner of what is left.
    let again = bench.changed(Command::Crop { pages: pages.clone(), part: part(10, 0, 500, 50) });
    assert_eq!(crops(&again), [Some([89, 89, 265, 148]), Some([177, 177, 532, 295]), Some([89, 89, 265, 148])]);
    bench.changed(Command::Undo);
    let back = bench.changed(Command::Undo);
    assert_eq!((crops(&back), back.undo), (vec![None; 3], None), "each crop of all pages is one change");
    bench.changed(Command::Redo);
    bench.restart();
    let shown = bench.until_shown(|shown| !shown.opening);
    assert_eq!(crops(&shown)[1], Some([118, 177, 591, 591]));
}

/// The upper left corner as it is seen: on a page that is turned to the right its end that was below.
#[test]
fn of_a_turned_page_the_part_is_left_that_is_seen_there() {
    let bench = Bench::new("flatbed", "", 0);
    bench.lies(75, Paper::A4);
    bench.lies(150, Paper::A4);
    let pages = ids(&bench.session.snapshot());
    for (by, left) in [
        (Rotation::Quarter, [[0, 877 - 295, 148, 295], [0, 1754 - 591, 295, 591]]),
        (Rotation::Half, [[620 - 295, 877 - 148, 295, 148], [1240 - 591, 1754 - 295, 591, 295]]),
        (Rotation::ThreeQuarters, [[620 - 148, 0, 148, 295], [1240 - 295, 0, 295, 591]]),
    ] {
        bench.changed(Command::Edit(Edit::Rotate { pages: pages.clone(), by }));
        let shown = bench.changed(Command::Crop { pages: pages.clone(), part: part(0, 0, 100, 50) });
        assert_eq!(crops(&shown), left.map(Some), "{by:?}");
        bench.changed(Command::Undo);
        bench.changed(Command::Undo);
    }
}

#[test]
fn a_page_that_has_nothing_of_the_part_stays_as_it_is_and_that_is_said() {
    let bench = Bench::new("flatbed", "", 0);
    bench.lies(75, Paper::A4);
    bench.lies(75, Paper::A5);
    let pages = ids(&bench.session.snapshot());
    // The foot of an A4 sheet: an A5 one is shorter.
    let shown = bench.changed(Command::Crop { pages: pages.clone(), part: part(0, 250, 100, 40) });
    assert_eq!(crops(&shown), [Some([0, 738, 295, 118]), None]);
    let told: Vec<&NotCropped> = shown
        .notices
        .iter()
        .filter_map(|notice| match &notice.matter {
            Matter::NotCropped(pages) => Some(pages),
            _ => None,
        })
        .collect();
    assert_eq!(told, [&NotCropped { beside: vec![2], arriving: vec![] }]);
    let shown = bench.changed(Command::Undo);
    assert!(shown.notices.iter().all(|notice| !matches!(notice.matter, Matter::NotCropped(_))), "it was taken back");
}

/// What came of it stands behind the page that it was to replace, and is what a person sees last: undo takes it away,
/// and nothing older.
#[test]
fn undo_takes_away_what_a_rescan_that_broke_off_has_left() {
    let mut bench = Bench::new("feeder", "", 3);
    bench.scan_with(Source::Feeder, small(), PageLimit::Count(NonZeroU32::MIN));
    bench.job_ends();
    bench.device_rests();
    let first = bench.session.snapshot().pages[0].id;
    bench.changed(Command::Edit(Edit::Rotate { pages: vec![first], by: Rotation::Half }));
    bench.scanned_again_in_vain(first, "jam@page1:row300");
    let shown = bench.session.snapshot();
    assert!(matches!(bench.pages()[..], [PageState::Complete, PageState::Partial { .. }]), "{:?}", bench.pages());
    assert_eq!((shown.pages[0].id, shown.undo), (first, Some("Insert")));
    let without = bench.changed(Command::Undo);
    assert_eq!((ids(&without), without.undo, without.redo), (vec![first], Some("Rotate"), Some("Insert")));
    assert_eq!(without.pages[0].face.look.rotation, Rotation::Half, "what was done before stays");
    assert_eq!(ids(&bench.changed(Command::Redo)), ids(&shown));
    bench.restart();
    let again = bench.until_shown(|shown| !shown.opening);
    assert_eq!((ids(&again), again.undo), (ids(&shown), Some("Insert")));
}

/// Where nothing came there is nothing to take away.
#[test]
fn a_rescan_of_which_nothing_came_is_no_change() {
    let bench = Bench::new("feeder", "", 2);
    bench.scan_with(Source::Feeder, small(), PageLimit::Count(NonZeroU32::MIN));
    bench.job_ends();
    bench.device_rests();
    let first = bench.session.snapshot().pages[0].id;
    bench.changed(Command::Edit(Edit::Rotate { pages: vec![first], by: Rotation::Half }));
    bench.scanned_again_in_vain(first, "jam@page1");
    let shown = bench.session.snapshot();
    assert_eq!((ids(&shown), shown.undo), (vec![first], Some("Rotate")));
}

/// A page that broke off lies on a sheet as long as the one it was to be of, also for whoever did not see it arrive.
#[test]
fn a_partial_page_keeps_the_length_of_its_sheet() {
    let mut bench = Bench::new("feeder", "jam@page2:row300", 2);
    bench.scan(Source::Feeder);
    bench.pauses();
    bench.send(Command::AnswerProblem(ProblemAnswer::Finish));
    bench.job_ends();
    bench.device_rests();
    let seen = |shown: &Snapshot| -> Vec<(u32, Option<Dpi>)> {
        shown.pages.iter().map(|page| (page.sheet, page.dpi)).collect()
    };
    let shown = bench.session.snapshot();
    assert!(shown.pages[1].full.1 < 400, "{:?}", shown.pages[1]);
    assert_eq!(seen(&shown), [(877, Some(Dpi(75))); 2]);
    bench.restart();
    assert_eq!(seen(&bench.until_shown(|shown| !shown.opening)), [(877, Some(Dpi(75))); 2]);
}
