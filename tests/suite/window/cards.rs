//! Cards say which pages and which document they are about, by the names that a window has for them.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;

use lightbar::document::{DocumentId, PageId, Trouble};
use lightbar::session::{Command, DocumentTrouble, Matter, Notice, PageState, Shelf};

use super::documents::entry;
use super::{Stage, with_pages};

fn told(stage: &mut Stage, matters: Vec<Matter>) {
    let numbered = matters.into_iter().zip(1..);
    stage.change(|shown| shown.notices = numbered.map(|(matter, number)| Notice { number, matter }).collect());
}

#[test]
fn all_pages_that_are_damaged_are_named_in_one_card() {
    let (sound, damaged) = (PageState::Complete, PageState::Damaged { rows: 100 });
    let mut stage = Stage::open(with_pages(&[sound, damaged, sound, damaged, damaged]));
    let lost =
        |page: u64| Matter::Recovered(Trouble::PageDamaged(PageId(page), format!("/d/pages/{page}.page").into()));
    told(&mut stage, vec![lost(2)]);
    // Not all that are known have a notice: those that were known before have none.
    assert!(stage.says("Pages 2, 4–5 are damaged") || stage.says("Pages 2 and 4–5 are damaged"));
    assert!(stage.says("If there are copies of their files, put them back in /d/pages, then open the document again."));
    let missing = Matter::Recovered(Trouble::PageMissing(PageId(4), "/d/pages/4.page".into()));
    told(&mut stage, vec![lost(2), missing, lost(5)]);
    assert!(stage.says("Pages 2 and 5 are damaged"));
    stage.session.take_sent();
    stage.window.get_by_label("Close this message").click();
    stage.window.run_ok();
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::DismissNotice(1), Command::DismissNotice(3)]), "{sent:?}");
    let missing = Matter::Recovered(Trouble::PageMissing(PageId(4), "/d/pages/4.page".into()));
    told(&mut stage, vec![missing]);
    assert!(stage.says("The file of page 4 is missing"));
    assert!(stage.says("put it back as /d/pages/4.page, then open the document again."));
}

#[test]
fn trouble_with_a_document_is_told_by_its_name() {
    let mut stage = Stage::open(with_pages(&[PageState::Complete]));
    let id = DocumentId::new("20261122-101500-000").expect("a name");
    told(&mut stage, vec![Matter::Document(DocumentTrouble::OpenElsewhere(id.clone()))]);
    assert!(stage.says("The document is open in another window or program"));
    let documents = vec![entry(id.as_str(), Some("Contract"), 1)];
    stage.change(|shown| shown.library = Some(Arc::new(Shelf { documents, trash: Vec::new() })));
    assert!(stage.says("“Contract” is open in another window or program"));
    told(&mut stage, vec![Matter::Document(DocumentTrouble::Missing(id))]);
    assert!(stage.says("“Contract” is not there any more"));
    assert!(!stage.says("lightbar documents") && !stage.says("20261122"));
}
