//! Pages of each job saved by themselves.

use lightbar::export::FileFormat;
use lightbar::minidriver::Source;
use lightbar::session::{AutoSave, Command, Event, Matter, Saved};

use crate::support::bench::Bench;
use crate::support::judges;

fn saved(bench: &Bench) -> Saved {
    bench.until(|event| match event {
        Event::Saved(saved) => Some(saved),
        Event::SaveFailed(error) => panic!("{error}"),
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
    bench.device_rests();
    bench.scan(Source::Flatbed);
    let second = saved(&bench);
    assert_eq!((second.pages, second.files), (1, vec![bench.path("scans/scan-002.pdf")]), "the new page alone");
    bench.device_rests();
    bench.restart();
    bench.until_shown(|snapshot| snapshot.auto_save.as_deref() == Some(&wish) && snapshot.pages.len() == 3);
    bench.scan(Source::Flatbed);
    assert_eq!(saved(&bench).files, [bench.path("scans/scan-003.pdf")]);
    bench.device_rests();
    std::fs::remove_dir_all(bench.path("scans")).expect("removed");
    bench.scan(Source::Flatbed);
    bench.until(|event| matches!(event, Event::SaveFailed(_)).then_some(()));
    let shown = bench.until_shown(|snapshot| snapshot.pages.len() == 5 && snapshot.saving.is_none());
    assert!(shown.notices.iter().any(|notice| matches!(notice.matter, Matter::SaveFailed(_))));
    bench.device_rests();
    bench.send(Command::SetAutoSave(None));
    bench.scan(Source::Flatbed);
    bench.job_ends();
    let shown = bench.until_shown(|snapshot| snapshot.pages.len() == 6 && snapshot.auto_save.is_none());
    assert!(shown.saving.is_none());
}
