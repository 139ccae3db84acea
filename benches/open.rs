//! Opening a document of many pages again: from the session's start to the picture of its first page, against
//! reading the same bytes (the database, the page's file), in turn.
//!
//! `cargo bench --bench open [-- PAGES]`. Prints milliseconds and a ratio; the picture is to be there within 300 ms.

#[path = "../tests/suite/support/page_info.rs"]
mod page_info;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lightbar::clock::{Clock, Signal, SystemClock, Waker};
use lightbar::document::{Arrival, KeptDocument, Origin, PageIntake};
use lightbar::minidriver::{PageFormat, PageStream};
use lightbar::session::pictures::PictureKind;
use lightbar::session::{DocumentChoice, Session, SessionOptions};
use page_info::a4_page;

const PAGES: u32 = 1000;
const ROUNDS: usize = 9;
/// What a person does not feel as waiting.
const BUDGET_MS: f64 = 300.0;
/// Nothing takes longer unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    let pages = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(PAGES);
    let folder = tempfile::tempdir_in(".").expect("a folder on the disk");
    let data_dir = folder.path().join("data");
    let document = kept(&data_dir, pages);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(milliseconds(|| read(&document)));
        ours.push(first_picture(&data_dir, pages));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("{pages} pages of colour A4 at 300 dpi");
    println!(
        "first page shown after {ours:.0} ms (budget {BUDGET_MS}), the same bytes read in {theirs:.1} ms (medians of {ROUNDS})"
    );
    println!("ratio {:.1}", ours / theirs);
}

/// A document of so many pages, closed; its folder.
fn kept(data_dir: &Path, pages: u32) -> std::path::PathBuf {
    let mut document = KeptDocument::unborn(data_dir);
    let jpeg = jpeg();
    for _ in 0..pages {
        let (id, page) =
            document.folder().begin_page(a4_page(PageFormat::Jpeg, 300), Origin::default()).expect("a page");
        let head = page.head();
        document.change(|document| document.page_began(&head, Arrival::AtEnd)).1.expect("noted");
        let page = PageIntake::new(page);
        let mut stream = page.stream();
        jpeg.chunks(32 << 10).for_each(|band| assert_eq!(stream.write(band), Ok(band.len())));
        let facts = page.end(true, None).expect("ended").expect("seen");
        document.change(|document| document.page_ended(id, facts)).1.expect("noted");
    }
    document.folder().path().expect("it exists")
}

/// Starts a session as a window does and waits for its first page; the milliseconds until that is there.
fn first_picture(data_dir: &Path, pages: u32) -> f64 {
    let start = Instant::now();
    let (wall, changed) = (SystemClock::start(), Signal::new());
    let session = Session::start(SessionOptions {
        changed: Waker::from(changed.clone()),
        pictures: true,
        discover: false,
        document: DocumentChoice::Last,
        ..SessionOptions::in_folder(data_dir.to_path_buf())
    });
    let session = session.expect("it starts");
    let deadline = Instant::now() + PATIENCE;
    let took = loop {
        let snapshot = session.snapshot();
        if let Some(first) = snapshot.pages.first() {
            assert_eq!(snapshot.pages.len(), pages as usize);
            if session.pictures().get(first.face, PictureKind::Fitted).is_some() {
                break start.elapsed().as_secs_f64() * 1000.0;
            }
        }
        assert!(Instant::now() < deadline, "never shown");
        wall.wait(&changed, wall.now() + Duration::from_secs(1));
        changed.take();
    };
    session.close();
    took
}

/// Reads what has to be read for that.
fn read(document: &Path) {
    for file in ["document.sqlite", "document.sqlite-wal", "pages/1.page"] {
        drop(fs::read(document.join(file)));
    }
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1000.0
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// A colour page with something on it.
fn jpeg() -> Vec<u8> {
    let (width, height) = (2480, 3508);
    let mut compress = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    compress.set_fastest_defaults();
    compress.set_size(width, height);
    compress.set_quality(75.0);
    let mut started = compress.start_compress(Vec::new()).expect("an encoder");
    for y in 0..height {
        let ink = |x: usize| if (x / 9 + y / 14).is_multiple_of(3) && y % 40 < 20 { 40 } else { 245 };
        let row: Vec<u8> = (0..width).flat_map(|x| [ink(x), ink(x), 250 - (x / 20) as u8]).collect();
        started.write_scanlines(&row).expect("encoded");
    }
    started.finish().expect("finished")
}
