//! Passing a document on to somebody who reads along.

use std::fs;
use std::ops::ControlFlow;

use lightbar::export::{ExportError, FileFormat, SaveOptions, send};
use lightbar::minidriver::PageFormat;

use super::full_disk::Filling;
use super::{go_on, saved_as};
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg};

pub(super) const ALL_FORMATS: [(FileFormat, &str); 4] =
    [(FileFormat::Pdf, "x.pdf"), (FileFormat::Tiff, "x.tif"), (FileFormat::Png, "x.png"), (FileFormat::Jpeg, "x.jpg")];

#[test]
fn a_document_is_passed_on_as_it_would_be_saved_and_leaves_nothing() {
    let mut pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::COLOUR, 120, 80), false);
    let folder = tempfile::tempdir().expect("a folder");
    for (format, name) in ALL_FORMATS {
        let saved = saved_as(&pages, name, format);
        let mut passed_on = Vec::new();
        let written = send(&pages.export, &SaveOptions::of(format), &mut passed_on, folder.path(), &mut go_on)
            .expect("passed on");
        assert!(passed_on == fs::read(&saved.files[0]).expect("readable"), "{format:?}");
        assert_eq!(written, saved.written);
    }
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::GRAY, 60, 60), true);
    for (format, _) in ALL_FORMATS {
        let mut passed_on = Vec::new();
        let written = send(&pages.export, &SaveOptions::of(format), &mut passed_on, folder.path(), &mut go_on);
        if format.holds_many_pages() {
            assert_eq!(written.map(|written| written.pages), Ok(2));
        } else {
            assert_eq!((written, passed_on.len()), (Err(ExportError::SeveralPages), 0));
        }
    }
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
}

#[test]
fn whoever_stops_reading_and_a_cancel_end_the_passing_on_at_once() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::COLOUR, 300, 300), true);
    let folder = tempfile::tempdir().expect("a folder");
    for (format, _) in ALL_FORMATS {
        let mut reader = Filling { room: 1000 };
        let written = send(&pages.export, &SaveOptions::of(format), &mut reader, folder.path(), &mut go_on);
        assert_eq!(written, Err(ExportError::NotTaken(std::io::ErrorKind::StorageFull)), "{format:?}");
        let mut whole = Vec::new();
        let mut looks = 0;
        let counted = send(&pages.export, &SaveOptions::of(format), &mut whole, folder.path(), &mut |_| {
            looks += 1;
            ControlFlow::Continue(())
        });
        counted.expect("passed on");
        for stop_at in 1..=looks {
            let mut passed_on = Vec::new();
            let mut look = 0;
            let written = send(&pages.export, &SaveOptions::of(format), &mut passed_on, folder.path(), &mut |_| {
                look += 1;
                if look == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            // A save that has to wait for its pages looks up more often.
            if look < stop_at {
                break;
            }
            assert_eq!(written, Err(ExportError::Cancelled), "{format:?} at look {stop_at} of {looks}");
            assert!(passed_on.len() < whole.len() && whole.starts_with(&passed_on), "{format:?}");
        }
    }
    // It is not the reader's fault when a page cannot be read.
    fs::remove_file(pages.file(0)).expect("removed");
    let written = send(&pages.export, &SaveOptions::of(FileFormat::Pdf), &mut Vec::new(), folder.path(), &mut go_on);
    assert_eq!(written, Err(ExportError::PageUnreadable(pages.file(0))));
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
}
