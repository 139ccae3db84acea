//! Pages that the driver of the older model makes as files: JPEGs of the device's own making.

use lightbar::export::{FileFormat, SaveOptions, save};
use lightbar::minidriver::property::{Batch, DataType, Format, keys};
use lightbar::minidriver::{AcquireEnd, Code, ItemCategory, PageFormat};
use lightbar::transfer::{Outcome, outcome_code};

use crate::support::judges;
use crate::support::kept_pages::KeptPages;
use crate::support::transfer::{Application, Desk, Seen, assert_legal};

/// All sheets of the feeder as JPEG, through the item's properties.
fn scan_jpeg(desk: &Desk, data_type: DataType, application: &mut Application) -> Outcome {
    let mut items = desk.bench.broker.application_items();
    let feeder = items.item_mut(ItemCategory::Feeder).expect("a feeder");
    let wish = Batch::new()
        .set(keys::FORMAT, Format::Jpeg)
        .set(keys::DATA_TYPE, data_type)
        .set(keys::X_RES, 100)
        .set(keys::Y_RES, 100)
        .set(keys::PAGES, 0);
    feeder.write(&wish).expect("offered");
    let transfer = desk.bench.broker.prepare_item(feeder).expect("transferable");
    desk.bench.broker.download(transfer, application)
}

#[test]
fn the_pdf_has_the_device_s_jpeg_byte_for_byte() {
    for data_type in [DataType::Gray, DataType::Color] {
        let desk = Desk::with("legacy", 2, "");
        let mut application = desk.application();
        assert_eq!(scan_jpeg(&desk, data_type, &mut application), Ok(AcquireEnd::Completed));
        let sent = desk.sent_whole();
        assert_eq!((sent.len(), application.complete()), (2, vec![true; 2]));
        assert!(application.bytes() == sent, "other bytes than the device sent");
        let mut pages = KeptPages::new();
        for (info, jpeg) in application.infos.iter().zip(&sent) {
            assert_eq!(info.format, PageFormat::Jpeg);
            pages.add(info.clone(), jpeg, true);
        }
        let pdf = SaveOptions::of(FileFormat::Pdf);
        save(&pages.export, &pages.out("x.pdf"), &pdf, &mut |_| std::ops::ControlFlow::Continue(())).expect("saved");
        let file = std::fs::read(pages.out("x.pdf")).expect("readable");
        for jpeg in &sent {
            assert!(file.windows(jpeg.len()).any(|window| window == jpeg), "the JPEG stands in the file as it came");
        }
        judges::qpdf_accepts(&pages.out("x.pdf"));
    }
}

/// Reference, part 13: other formats than bitmaps are copied in one write at the end.
#[test]
fn a_file_is_copied_in_one_write_and_progress_is_told_before() {
    let desk = Desk::with("legacy", 2, "");
    let mut application = desk.application();
    scan_jpeg(&desk, DataType::Color, &mut application).expect("pages");
    let seen = desk.bench.journal.application();
    assert_legal(&seen);
    let sizes: Vec<u64> = application.bytes().iter().map(|page| page.len() as u64).collect();
    let transferred = |of: std::ops::Range<usize>| {
        let mut told: Vec<u64> = seen[of]
            .iter()
            .filter_map(|seen| match seen {
                Seen::Status(_, transferred) => Some(*transferred),
                _ => None,
            })
            .collect();
        told.dedup();
        told
    };
    let first = seen.iter().position(|seen| *seen == Seen::NextStream(1)).expect("a page");
    let second = seen.iter().position(|seen| *seen == Seen::NextStream(2)).expect("a page");
    assert!(first > 3, "told of while the file was made: {seen:?}");
    assert_eq!(transferred(0..first), [0]);
    assert_eq!(transferred(first..second), [0, sizes[0]]);
    assert_eq!(transferred(second..seen.len()), [0, sizes[1]]);
}

#[test]
fn a_file_that_breaks_off_at_a_jam_is_kept_as_a_partial_page() {
    let desk = Desk::with("legacy", 3, "jam@page2:row300");
    let mut application = desk.application();
    let outcome = scan_jpeg(&desk, DataType::Color, &mut application);
    assert_eq!(outcome_code(&outcome), Code::ERROR_PAPER_JAM);
    desk.bench.broker.settle();
    assert_legal(&desk.bench.journal.application());
    assert_eq!(application.complete(), [true, false]);
    let pages = application.bytes();
    assert_eq!(pages[..1], desk.sent_whole());
    assert!(pages[1].starts_with(b"\xff\xd8") && !pages[1].ends_with(b"\xff\xd9"));
}

#[test]
fn after_a_cancel_in_mid_file_the_next_file_is_right() {
    let desk = Desk::with("legacy", 3, "");
    let mut messages = 0;
    let mut application = desk.application().on_message(move |_, _| {
        messages += 1;
        if messages == 4 { lightbar::transfer::Answer::Cancel } else { lightbar::transfer::Answer::Continue }
    });
    assert_eq!(scan_jpeg(&desk, DataType::Color, &mut application), Ok(AcquireEnd::Cancelled));
    desk.bench.broker.settle();
    assert!(application.bytes().is_empty(), "its stream is asked for when the file is whole (reference, 13)");
    let mut application = Application::new(&Default::default());
    assert_eq!(scan_jpeg(&desk, DataType::Color, &mut application), Ok(AcquireEnd::Completed));
    assert!(application.bytes() == desk.sent_whole());
}
