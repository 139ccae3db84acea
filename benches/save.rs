//! Saving pages that came as JPEG as one PDF, against `cat` of the same page files into one file with
//! fsync, in turn; and the memory it takes.
//!
//! `cargo bench --bench save [-- PAGES]`. Prints a ratio; the budget is in the design, section 9.

#[path = "../tests/suite/support/page_info.rs"]
mod page_info;

use std::fs::{self, File};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lightbar::document::{DocumentFolder, Look, Origin, PageIntake};
use lightbar::export::{ExportDocument, ExportPage, FileFormat, SaveOptions, save};
use lightbar::minidriver::{PageFormat, PageStream};
use page_info::a4_page;

const PAGES: u32 = 1000;
const ROUNDS: usize = 5;
/// Bytes of a page, about.
const PAGE_BYTES: usize = 1_100_000;

fn main() {
    let pages = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(PAGES);
    let folder = tempfile::tempdir_in(".").expect("a folder on the disk");
    let document = DocumentFolder::unborn(&folder.path().join("data"));
    let jpeg = jpeg();
    let pages_kept: Vec<ExportPage> = (0..pages).map(|_| kept(&document, &jpeg)).collect();
    let files: Vec<PathBuf> = pages_kept.iter().filter_map(|page| document.page_path(page.page)).collect();
    let folder_kept = document.path().expect("it exists");
    let export = ExportDocument { folder: folder_kept, pages: pages_kept, ..ExportDocument::default() };
    println!("{pages} pages of {} kB", jpeg.len() / 1000);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(seconds(|| cat(&files, &folder.path().join("cat"))));
        ours.push(seconds(|| save_pdf(&export, &folder.path().join("x.pdf"))));
    }
    let best = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
    println!("PDF {:.2} s, cat and fsync {:.2} s (best of {ROUNDS})", best(&ours), best(&theirs));
    println!("ratio {:.2} (budget 1.5)", best(&ours) / best(&theirs));
    println!("peak memory {} MB", peak_memory_kb() / 1000);
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn cat(files: &[PathBuf], target: &Path) {
    let mut out = File::create(target).expect("created");
    for file in files {
        std::io::copy(&mut File::open(file).expect("there"), &mut out).expect("copied");
    }
    out.sync_all().expect("synced");
    drop(out);
    fs::remove_file(target).expect("removed");
}

fn save_pdf(document: &ExportDocument, target: &Path) {
    let options = SaveOptions { overwrite: true, ..SaveOptions::of(FileFormat::Pdf) };
    let saved = save(document, target, &options, &mut |_| ControlFlow::Continue(())).expect("saved");
    assert_eq!(saved.written.pages as usize, document.pages.len());
    fs::remove_file(target).expect("removed");
}

/// A page as it is after a scan: on the disk, and its facts known.
fn kept(document: &DocumentFolder, jpeg: &[u8]) -> ExportPage {
    let (id, page) = document.begin_page(a4_page(PageFormat::Jpeg, 300), Origin::default()).expect("a page");
    let sync = page.sync_handle();
    let page = PageIntake::new(page);
    let mut stream = page.stream();
    jpeg.chunks(32 << 10).for_each(|band| assert_eq!(stream.write(band), Ok(band.len())));
    let facts = page.end(true, None).expect("the end is written");
    sync.sync().expect("synced");
    ExportPage { page: id, file: id, facts, look: Look::default() }
}

/// A JPEG of about the right size: noise of a quality that gives it.
fn jpeg() -> Vec<u8> {
    let (width, height) = (2480, 3508);
    let mut compress = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_GRAYSCALE);
    compress.set_fastest_defaults();
    compress.set_size(width, height);
    compress.set_quality(50.0);
    let mut started = compress.start_compress(Vec::new()).expect("an encoder");
    let mut noise = 1u32;
    for _ in 0..height {
        let mut next = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            200 + (noise >> 27) as u8
        };
        let row: Vec<u8> = (0..width).map(|_| next()).collect();
        started.write_scanlines(&row).expect("encoded");
    }
    let mut jpeg = started.finish().expect("finished");
    // Comments behind the picture bring it to its size; they travel like everything else.
    while jpeg.len() < PAGE_BYTES {
        jpeg.write_all(&[0; 4096]).expect("a vector takes everything");
    }
    jpeg
}

fn peak_memory_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("a line");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}
