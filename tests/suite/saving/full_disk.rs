//! Disks that are full, at any point.

use std::fs;

use lightbar::export::{ExportError, FileFormat, SaveOptions, save, send};
use lightbar::minidriver::PageFormat;
use lightbar::raster::PixelFormat;

use super::{go_on, raw_page, saved};
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg};
use crate::support::small_disk::SmallDisk;

/// Takes so many bytes and then is full.
pub(super) struct Filling {
    pub(super) room: usize,
}

impl std::io::Write for Filling {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.room == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.room);
        self.room -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_disk_that_is_full_at_any_point_is_told_as_such() {
    let mut pages = KeptPages::new();
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::GRAY, 40, 40), true);
    for format in [PixelFormat::Bw1, PixelFormat::Rgb8] {
        let (samples, layout) = raw_page(format, 33, 20);
        pages.add(page_info(PageFormat::Rows(layout)), &samples, true);
    }
    let whole = saved(&pages, "x.pdf");
    let length = fs::metadata(&whole.files[0]).expect("there").len() as usize;
    let folder = tempfile::tempdir().expect("a folder");
    let send_to =
        |room| send(&pages.export, &SaveOptions::of(FileFormat::Pdf), &mut Filling { room }, folder.path(), &mut go_on);
    for room in (0..length).step_by(3) {
        let full = ExportError::NotTaken(std::io::ErrorKind::StorageFull);
        assert_eq!(send_to(room), Err(full), "room for {room} of {length}");
    }
    assert!(send_to(length).is_ok());
}

#[test]
fn a_full_disk_leaves_the_old_file_as_it_was() {
    let mut pages = KeptPages::new();
    for _ in 0..12 {
        pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::COLOUR, 827, 1169), true);
    }
    let Some(small) = SmallDisk::of(256) else { return };
    for format in [FileFormat::Pdf, FileFormat::Tiff, FileFormat::Png, FileFormat::Jpeg] {
        let target = small.path().join("x");
        fs::write(&target, b"precious").expect("written");
        let result =
            save(&pages.export, &target, &SaveOptions { overwrite: true, ..SaveOptions::of(format) }, &mut go_on);
        assert_eq!(result, Err(ExportError::Full), "{format:?}");
        assert_eq!(fs::read(&target).expect("readable"), b"precious");
        assert_eq!(fs::read_dir(small.path()).expect("readable").count(), 1, "nothing is left beside it");
    }
}

#[test]
fn a_folder_too_full_for_what_must_be_whole_first_is_named() {
    let Some(small) = SmallDisk::of(256) else { return };
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::COLOUR, 827, 1169), true);
    let mut passed_on = Vec::new();
    let written = send(&pages.export, &SaveOptions::of(FileFormat::Tiff), &mut passed_on, small.path(), &mut go_on);
    assert_eq!(written, Err(ExportError::ScratchFull(small.path().to_path_buf())));
    assert!(passed_on.is_empty());
    assert_eq!(fs::read_dir(small.path()).expect("readable").count(), 0);
    let written = send(&pages.export, &SaveOptions::of(FileFormat::Pdf), &mut passed_on, small.path(), &mut go_on);
    assert_eq!(written.map(|written| written.pages), Ok(1), "PDF needs no room");
}
