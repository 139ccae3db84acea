//! Pages as they are drawn: the same as they are saved, and no page is called sound that is not.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use lightbar::document::{Edit, PageId, Trouble};
use lightbar::export::FileFormat;
use lightbar::minidriver::Source;
use lightbar::raster::{DecodeOptions, Encoding, PixelWindow, PreviewSink, Tone, decode};
use lightbar::session::pictures::{Picture, PictureKind};
use lightbar::session::{Command, Event, Matter, PageState, ProblemAnswer, SaveWish};

use crate::support::bench::{Bench, PATIENCE};

/// The picture of a page, once it is there.
fn drawn(bench: &Bench, place: usize, kind: PictureKind) -> Arc<Picture> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let face = bench.session.snapshot().pages[place].face;
        if let Some(picture) = bench.session.pictures().get(face, kind) {
            return picture;
        }
        assert!(Instant::now() < deadline, "no picture came");
        std::thread::yield_now();
    }
}

/// The one page of the document as a saved file has it, as large as this.
fn saved(bench: &Bench, width: u32, height: u32) -> Vec<u8> {
    let wish = SaveWish { options: Box::new(overwriting()), ..SaveWish::of(bench.path("x.png"), FileFormat::Png) };
    bench.send(Command::Save(wish));
    let files = bench.until(|event| match event {
        Event::Saved(saved) => Some(saved.files),
        Event::SaveFailed(error) => panic!("{error}"),
        _ => None,
    });
    let bytes = std::fs::read(&files[0]).expect("readable");
    let mut pixels = Vec::new();
    let rows = |row: &[u8]| {
        pixels.extend_from_slice(row);
        ControlFlow::Continue(())
    };
    let mut sink = PreviewSink::new(|_: &_| Some((width, height)), rows);
    decode(&*bytes, Encoding::Png, &DecodeOptions::default(), &mut sink).expect("good");
    sink.finish();
    drop(sink);
    pixels
}

fn overwriting() -> lightbar::export::SaveOptions {
    lightbar::export::SaveOptions { overwrite: true, ..lightbar::export::SaveOptions::of(FileFormat::Png) }
}

/// How far two pictures are from each other, in gray values a sample.
fn distance(one: &[u8], other: &[u8]) -> f64 {
    assert_eq!(one.len(), other.len());
    let sum: u64 = one.iter().zip(other).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
    sum as f64 / one.len() as f64
}

/// A decoder that makes a page smaller counts the rows that would have come: it was drawn flat once.
#[test]
fn a_partial_page_that_was_edited_is_drawn_as_it_is_saved() {
    let mut bench = Bench::new("feeder", "jam@page1:row300", 1);
    bench.scan(Source::Feeder);
    bench.pauses();
    bench.send(Command::AnswerProblem(ProblemAnswer::Finish));
    assert_eq!(bench.job_ends().partial, 1);
    bench.device_rests();
    let page = bench.session.snapshot().pages[0].clone();
    let lighter = Tone { brightness: 20, ..Tone::default() };
    let part = PixelWindow { left: 20, top: 30, width: page.width - 40, height: page.height - 60 };
    let edits = [
        Edit::Tone { pages: vec![page.id], tone: lighter },
        Edit::Crop(vec![(page.id, Some(part))]),
        Edit::Tone { pages: vec![page.id], tone: Tone::default() },
    ];
    for edit in edits {
        bench.send(Command::Edit(edit));
        bench.until(|event| matches!(event, Event::Changed(_)).then_some(()));
        for kind in [PictureKind::Thumbnail, PictureKind::Fitted] {
            let picture = drawn(&bench, 0, kind);
            let apart = distance(&picture.pixels, &saved(&bench, picture.width, picture.height));
            assert!(apart < 4.0, "{kind:?} is {apart} off");
        }
    }
    let before = drawn(&bench, 0, PictureKind::Thumbnail);
    bench.restart();
    bench.until_shown(|shown| shown.pages.len() == 1);
    assert_eq!(drawn(&bench, 0, PictureKind::Thumbnail), before, "the next start draws the same");
}

/// Its length is what it was: only reading it tells.
#[test]
fn a_page_that_the_disk_has_damaged_is_found_when_it_is_drawn() {
    let mut bench = Bench::new("feeder", "", 2);
    bench.scan(Source::Feeder);
    bench.job_ends();
    bench.device_rests();
    let folder = bench.session.snapshot().document.clone().expect("it has one");
    bench.end_session();
    let file = folder.join("pages/2.page");
    let mut bytes = std::fs::read(&file).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 512].fill(0);
    std::fs::write(&file, bytes).expect("written");
    let told = |bench: &Bench| -> Vec<PageId> {
        let shown = bench.session.snapshot();
        let damaged = shown.notices.iter().filter_map(|notice| match &notice.matter {
            Matter::Recovered(Trouble::PageDamaged(page, _)) => Some(*page),
            _ => None,
        });
        damaged.collect()
    };
    bench.restart();
    bench.until_shown(|shown| shown.pages.len() == 2);
    assert_eq!(told(&bench), []);
    for place in [0, 1, 1] {
        drawn(&bench, place, PictureKind::Thumbnail);
        drawn(&bench, place, PictureKind::Fitted);
    }
    let shown = bench.until_shown(|shown| matches!(shown.pages[1].state, PageState::Damaged { .. }));
    assert_eq!(shown.pages[0].state, PageState::Complete);
    assert_eq!(told(&bench), [shown.pages[1].id], "and it is said once");
    // What lies behind the damaged place is there.
    let PageState::Damaged { rows } = shown.pages[1].state else { panic!("{:?}", shown.pages[1].state) };
    assert!(rows * 4 > shown.pages[0].height * 3, "{rows} rows");
    // A save of it says so itself, and it is not told once more.
    bench.send(Command::Save(SaveWish::of(bench.path("y.png"), FileFormat::Png)));
    let said = bench.until(|event| match event {
        Event::Saved(said) => Some(said),
        Event::SaveFailed(error) => panic!("{error}"),
        _ => None,
    });
    assert_eq!(said.damaged.iter().map(|damaged| damaged.number).collect::<Vec<_>>(), [2]);
    bench.until_shown(|shown| shown.saving.is_none());
    assert_eq!(told(&bench).len(), 1);
    // It is written down.
    bench.restart();
    bench.until_shown(|shown| shown.pages.len() == 2 && matches!(shown.pages[1].state, PageState::Damaged { .. }));
}
