//! Pages of each job saved by themselves.

use lightbar::document::{Edit, Unsaved};
use lightbar::export::FileFormat;
use lightbar::minidriver::Source;
use lightbar::raster::Tone;
use lightbar::session::{AutoSave, Command, Event, Made, Matter, SaveWish, Saved};
use lightbar::text::notices::{self, notice};

use crate::support::bench::Bench;
use crate::support::judges;

fn saved(bench: &Bench) -> Saved {
    bench.until(|event| match event {
        Event::Saved(saved) => Some(saved),
        Event::SaveFailed(error) | Event::AutoSaveFailed(error) => panic!("{error}"),
        _ => None,
    })
}

#[test]
fn the_pages_of_each_job_are_saved_by_themselves_also_after_the_next_start() {
    let mut bench = Bench::new("feeder", "", 2);
    std::fs::create_dir(bench.path("scans")).expect("created");
    let wish = AutoSave { folder: bench.path("scans"), name: "scan-{counter}.pdf".to_owned(), format: FileFormat::Pdf };
    bench.send(Command::SetAutoSave(Some(wish.clone())));
    bench.scan(Source::Feeder);
    let first = saved(&bench);
    assert_eq!((first.pages, first.files), (2, vec![bench.path("scans/scan-001.pdf")]));
    judges::qpdf_accepts(&bench.path("scans/scan-001.pdf"));
    let shown = bench.until_shown(|snapshot| snapshot.saving.is_none());
    assert_eq!(shown.unsaved, Unsaved::Nothing, "the file has all of the document");
    bench.device_rests();
    bench.scan(Source::Flatbed);
    let second = saved(&bench);
    assert_eq!((second.pages, second.files), (1, vec![bench.path("scans/scan-002.pdf")]), "the new page alone");
    let shown = bench.until_shown(|snapshot| snapshot.saving.is_none());
    assert_ne!(shown.unsaved, Unsaved::Nothing, "no file has all three");
    bench.device_rests();
    bench.restart();
    bench.until_shown(|snapshot| snapshot.auto_save.as_deref() == Some(&wish) && snapshot.pages.len() == 3);
    bench.scan(Source::Flatbed);
    assert_eq!(saved(&bench).files, [bench.path("scans/scan-003.pdf")]);
    bench.device_rests();
    std::fs::remove_dir_all(bench.path("scans")).expect("removed");
    bench.scan(Source::Flatbed);
    bench.until(|event| matches!(event, Event::AutoSaveFailed(_)).then_some(()));
    let shown = bench.until_shown(|snapshot| snapshot.pages.len() == 5 && snapshot.saving.is_none());
    let told = shown.notices.iter().find(|told| matches!(told.matter, Matter::AutoSaveFailed(_))).expect("it is told");
    let words = notice(&told.matter).1;
    assert_eq!(words.title, "This scan was not saved to its folder");
    let rest = "The pages are safe in the document. The next scan is saved there once it is back.";
    let missing = bench.path("scans");
    assert_eq!(words.advice, format!("There is no folder {}. {rest}", missing.display()));
    bench.device_rests();
    bench.send(Command::SetAutoSave(None));
    bench.scan(Source::Flatbed);
    bench.job_ends();
    let shown = bench.until_shown(|snapshot| snapshot.pages.len() == 6 && snapshot.auto_save.is_none());
    assert!(shown.saving.is_none());
    bench.device_rests();
    bench.send(Command::Save(SaveWish::of(bench.path("missing/x.pdf"), FileFormat::Pdf)));
    bench.until(|event| matches!(event, Event::SaveFailed(_)).then_some(()));
    bench.until_shown(|snapshot| snapshot.notices.iter().any(|told| matches!(told.matter, Matter::SaveFailed(_))));
    // What is said of a save of this document is worth nothing for another one.
    bench.send(Command::NewDocument);
    let shown = bench.until_shown(|snapshot| snapshot.pages.is_empty());
    let is_of_a_save =
        |matter: &Matter| matches!(matter, Matter::Saved(_) | Matter::SaveFailed(_) | Matter::AutoSaveFailed(_));
    assert!(!shown.notices.iter().any(|told| is_of_a_save(&told.matter)), "{:?}", shown.notices);
}

/// Whoever hears that something was saved hears what is not in it, and what is less well in it than it came.
#[test]
fn what_a_saved_file_lacks_is_told_with_it() {
    let mut bench = Bench::new("feeder", "", 3);
    bench.scan(Source::Feeder);
    bench.job_ends();
    bench.device_rests();
    let shown = bench.until_shown(|snapshot| snapshot.pages.len() == 3);
    let (changed, folder) = (shown.pages[2].id, shown.document.clone().expect("it is kept"));
    bench.send(Command::Edit(Edit::Tone { pages: vec![changed], tone: Tone { brightness: 20, ..Tone::default() } }));
    bench.until(|event| matches!(event, Event::Changed(Made::WrittenDown)).then_some(()));
    bench.end_session();
    std::fs::remove_file(folder.join("pages/1.page")).expect("removed");
    let mut second = std::fs::read(folder.join("pages/2.page")).expect("it is there");
    let middle = second.len() / 2;
    second[middle] ^= 1;
    std::fs::write(folder.join("pages/2.page"), second).expect("written");
    bench.restart();
    bench.until_shown(|snapshot| snapshot.pages.len() == 3);
    bench.send(Command::Save(SaveWish::of(bench.path("x.jpg"), FileFormat::Jpeg)));
    let said = saved(&bench);
    let counts = (said.pages, said.partial, &said.left_out, &said.encoded_anew);
    assert_eq!(counts, (2, 0, &vec![1], &vec![3]), "{said:?}");
    let [damaged] = said.damaged[..] else { panic!("one is damaged: {said:?}") };
    // One bit of a picture: it is as tall as it was.
    assert!(damaged.number == 2 && damaged.rows == damaged.had && !said.is_whole(), "{damaged:?}");
    let shown = bench.until_shown(|snapshot| snapshot.saving.is_none());
    let told = shown.notices.iter().find(|told| matches!(told.matter, Matter::Saved(_))).expect("it is told");
    let (tone, words) = notice(&told.matter);
    assert_eq!((tone, words.title.as_str()), (notices::Tone::Problem, "Saved 2 files, without page 1"));
    assert!(words.advice.contains("1 page was encoded again as JPEG"), "{words:?}");
    assert!(words.advice.contains("Damaged on the disk: page 2 ("), "{words:?}");
    assert_eq!(shown.unsaved, Unsaved::Pages(3), "what lacks a page is not the document");
}
