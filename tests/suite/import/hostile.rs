//! Files that mean harm, and files that were harmed: refused by name or imported as far as they are true;
//! never a panic that gets out, never more than there is room for.

use std::io::Write;
use std::ops::ControlFlow;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lightbar::export::{FileFormat, SaveOptions, save};
use lightbar::import::pdf::PdfReader;
use lightbar::import::{Demand, ImportError, Limit, limits};
use lightbar::minidriver::PageFormat;
use lightbar::raster::{PixelFormat, RowLayout};

use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg, page};

use super::bench::{Bench, Random};
use super::pdf::{file, image, one_page, stream};
use super::tiff;

/// So many zeros, compressed: a million of them once, and that as often as it takes.
fn packed(bytes: u64) -> Vec<u8> {
    let mut deflate = flate2::Compress::new(Compression::best(), false);
    let mut million = Vec::with_capacity(1 << 16);
    deflate.compress_vec(&vec![0; 1 << 20], &mut million, flate2::FlushCompress::Full).expect("compressed");
    let mut out = vec![0x78, 0xda];
    (0..bytes >> 20).for_each(|_| out.extend(&million));
    // An empty last block.
    out.extend([0x03, 0x00]);
    out
}

#[test]
fn a_picture_that_unpacks_to_more_than_it_says_is_refused_by_name() {
    let bench = Bench::new();
    let entries = "/Width 100 /Height 100 /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /FlateDecode";
    let bomb =
        one_page("/MediaBox [0 0 144 144]", b"q 144 0 0 144 0 0 cm /Im0 Do Q", image(entries, &packed(64 << 20)));
    assert_eq!(bench.import(&bomb), Err(ImportError::Bomb { page: Some(1) }));
    let mut again = ZlibEncoder::new(Vec::new(), Compression::best());
    again.write_all(&packed(512 << 20)).expect("packed");
    let entries = entries.replace("/FlateDecode", "[/FlateDecode /FlateDecode]");
    let nested = one_page("/MediaBox [0 0 144 144]", b"/Im0 Do", image(&entries, &again.finish().expect("packed")));
    assert!(nested.len() < 20_000, "half a gigabyte in {} bytes", nested.len());
    assert_eq!(bench.import(&nested), Err(ImportError::Bomb { page: Some(1) }));
    assert_eq!(bench.page_files(), 0);
}

#[test]
fn drawing_that_unpacks_without_end_is_refused_by_name() {
    let bench = Bench::new();
    let objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 144 144] >>".to_vec(),
        stream("/Filter /FlateDecode", &packed(300 << 20)),
    ];
    assert_eq!(bench.import(&file(&objects)), Err(ImportError::Bomb { page: Some(1) }));
}

#[test]
fn a_huge_picture_in_a_pdf_is_refused_by_its_limit() {
    let bench = Bench::new();
    let entries = "/Width 60000 /Height 60000 /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /FlateDecode";
    let huge = one_page("/MediaBox [0 0 144 144]", b"144 0 0 144 0 0 cm /Im0 Do", image(entries, &packed(1 << 20)));
    let limit = Limit::Pixels(limits::MAX_PIXELS_AT_ONCE);
    assert_eq!(bench.import(&huge), Err(ImportError::TooLarge { page: Some(1), limit }));
}

/// What is unpacked before any page is known cannot be looked at before. The process has a limit.
#[test]
fn a_bomb_in_the_structure_costs_one_process_and_nothing_else() {
    let bench = Bench::new();
    let mut again = ZlibEncoder::new(Vec::new(), Compression::best());
    again.write_all(&packed(4 << 30)).expect("packed");
    let bytes = again.finish().expect("packed");
    let mut out = b"%PDF-1.7\n".to_vec();
    let place = out.len();
    let dict = format!(
        "/Type /XRef /Size 3 /W [1 2 1] /Root 1 0 R /Filter [/FlateDecode /FlateDecode] /Length {}",
        bytes.len()
    );
    out.extend(format!("2 0 obj\n<< {dict} >>\nstream\n").bytes());
    out.extend(&bytes);
    out.extend(format!("\nendstream\nendobj\nstartxref\n{place}\n%%EOF\n").bytes());
    let error = bench.import(&out).expect_err("refused");
    assert_eq!(error, ImportError::TooDemanding { page: Some(1), what: Demand::Memory });
}

#[test]
fn page_trees_and_forms_in_circles_end() {
    let bench = Bench::new();
    let catalog = b"<< /Type /Catalog /Pages 2 0 R >>".to_vec();
    let circle = file(&[
        catalog.clone(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 1 >>".to_vec(),
    ]);
    assert!(matches!(bench.import(&circle), Err(ImportError::NoPages | ImportError::Broken { page: None })));
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 144 144] /Resources << /XObject << /Im0 5 0 R >> >>";
    let form = one_page("/MediaBox [0 0 144 144]", b"/Im0 Do", stream(form, b"/Im0 Do 0 0 9 9 re f"));
    let imported = bench.import(&form).expect("drawn");
    assert_eq!(imported.pages.len(), 1);
    let deep = [b"%PDF-1.7\n1 0 obj\n".to_vec(), b"[".repeat(200_000), b"\nendobj\ntrailer << /Root 1 0 R >>".to_vec()];
    assert!(bench.import(&deep.concat()).is_err());
}

/// What the library would put together again is not taken for the whole.
#[test]
fn a_pdf_that_breaks_off_is_refused() {
    let bench = Bench::new();
    let entries = "/Width 500 /Height 500 /BitsPerComponent 8 /ColorSpace /DeviceGray";
    let content = b"q 144 0 0 144 0 0 cm /Im0 Do Q";
    let whole = one_page("/MediaBox [0 0 144 144]", content, image(entries, &page(1, 500, 500)));
    assert!(bench.import(&whole).is_ok_and(|imported| imported.remarks.is_empty()));
    let before = bench.page_files();
    for cut in [whole.len() - 30, whole.len() / 2, whole.len() / 4] {
        assert_eq!(bench.import(&whole[..cut]), Err(ImportError::Broken { page: None }), "cut at {cut}");
    }
    assert_eq!(bench.page_files(), before);
}

#[test]
fn ten_thousand_and_one_pages_are_too_many() {
    let bench = Bench::new();
    let many = limits::MAX_PAGES as usize + 1;
    let page = b"<< /Type /Page /MediaBox [0 0 9 9] >>".as_slice();
    let kids = page.repeat(many);
    let objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        [b"<< /Type /Pages /Count 10001 /Kids [".as_slice(), &kids, b"] >>"].concat(),
    ];
    let limit = Limit::Pages(limits::MAX_PAGES);
    assert_eq!(bench.import(&file(&objects)), Err(ImportError::TooLarge { page: None, limit }));
}

#[test]
fn a_reader_that_cannot_be_started_is_said() {
    let mut bench = Bench::new();
    bench.options.pdf_reader = PdfReader::Process("/nowhere/lightbar".into());
    let file = one_page("/MediaBox [0 0 9 9]", b"", b"null".to_vec());
    assert_eq!(bench.import(&file), Err(ImportError::NoReader(std::io::ErrorKind::NotFound)));
    // A program that answers with something else.
    bench.options.pdf_reader = PdfReader::Process("/bin/echo".into());
    assert!(matches!(bench.import(&file), Err(ImportError::TooDemanding { .. })));
}

/// A process that says nothing is given up when the person does; nothing waits for it.
#[test]
fn a_cancel_ends_the_process_that_reads() {
    let mut bench = Bench::new();
    let script = bench.write("silent", b"#!/bin/sh\nexec sleep 600\n");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).expect("executable");
    bench.options.pdf_reader = PdfReader::Process(script);
    let file = bench.write("x.pdf", &one_page("/MediaBox [0 0 9 9]", b"", b"null".to_vec()));
    let mut looks = 0;
    let result = lightbar::import::import(&file, &bench.document, &bench.options, &mut |_| {
        looks += 1;
        if looks == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(result, Err(ImportError::Cancelled));
}

/// A small file of each kind.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let mut pages = KeptPages::new();
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::COLOUR, 48, 40), true);
    let layout = RowLayout::packed(45, PixelFormat::Bw1);
    pages.add(page_info(PageFormat::Rows(layout)), &page(1, layout.stride, 30), true);
    let layout = RowLayout::packed(33, PixelFormat::Rgb8);
    pages.add(page_info(PageFormat::Rows(layout)), &page(3, 33, 30), true);
    let mut saved = Vec::new();
    for (format, name) in [(FileFormat::Pdf, "x.pdf"), (FileFormat::Tiff, "x.tif")] {
        let options = SaveOptions::of(format);
        save(&pages.export, &pages.out(name), &options, &mut |_| ControlFlow::Continue(())).expect("saved");
        saved.push((name, std::fs::read(pages.out(name)).expect("readable")));
    }
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 33, 30);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().and_then(|mut out| out.write_image_data(&page(4, 33, 30))).expect("written");
    saved.push(("x.png", png));
    saved.push(("x.jpg", jpeg(JpegKind::COLOUR, 48, 40)));
    saved.push(("progressive.jpg", jpeg(JpegKind { progressive: true, ..JpegKind::GRAY }, 48, 40)));
    let tiled = tiff::Page {
        entries: vec![
            (tiff::WIDTH, vec![20]),
            (tiff::HEIGHT, vec![20]),
            (tiff::BITS, vec![4]),
            (tiff::COMPRESSION, vec![1]),
            (tiff::PHOTOMETRIC, vec![3]),
            (320, (0..48).map(|at| at * 1300).collect()),
            (322, vec![16]),
            (323, vec![16]),
        ],
        chunks: vec![page(1, 8, 16); 4],
        tiled: true,
        ..tiff::Page::default()
    };
    saved.push(("tiles.tif", tiff::file(true, &[tiled])));
    let text = one_page(
        "/MediaBox [0 0 40 40]",
        b"1 0 0 rg 0 0 20 20 re f BT /F0 12 Tf 5 20 Td (abc) Tj ET",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
    );
    saved.push(("text.pdf", text));
    saved
}

/// What came of a harmed file is what the page files say, and nothing stays of one that was refused.
fn harmless(bench: &Bench, name: &str, bytes: &[u8]) {
    let before = bench.page_files();
    match bench.import(bytes) {
        Ok(imported) => {
            assert_eq!(bench.page_files(), before + imported.pages.len(), "{name}");
            for page in &imported.pages {
                let file = bench.file(page);
                assert_eq!(file.length(), page.facts.bytes, "{name}");
                assert!(page.facts.width > 0 && page.facts.height > 0, "{name}");
                assert!(!page.facts.complete || file.is_complete(), "{name}");
                bench.document.remove_page(page.head.page).expect("removed");
            }
        }
        Err(_) => assert_eq!(bench.page_files(), before, "{name}: nothing stays"),
    }
}

#[test]
fn files_cut_anywhere_do_no_harm() {
    let mut bench = Bench::new();
    // Many files: the thread is quicker to start. What a process does more is tested above.
    bench.options.pdf_reader = PdfReader::Thread;
    for (name, bytes) in samples() {
        assert!(bench.import(&bytes).is_ok_and(|imported| imported.remarks.is_empty()), "{name} is whole");
        let step = (bytes.len() / 60).max(1);
        for cut in (0..bytes.len()).step_by(step) {
            harmless(&bench, name, &bytes[..cut]);
        }
    }
}

#[test]
fn harmed_files_do_no_harm() {
    let mut bench = Bench::new();
    bench.options.pdf_reader = PdfReader::Thread;
    let seed = 0x1b87_3593_c0ff_ee01;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    for (name, bytes) in samples() {
        for _ in 0..80 {
            let mut harmed = bytes.clone();
            for _ in 0..1 + random.next(6) {
                let at = random.next(harmed.len());
                match random.next(4) {
                    0 => harmed[at] ^= 1 << random.next(8),
                    1 => harmed[at] = [0, 255, 127, b'9'][random.next(4)],
                    2 => drop(harmed.drain(at..(at + 1 + random.next(40)).min(harmed.len()))),
                    _ => {
                        let from = random.next(harmed.len());
                        let piece = harmed[from..(from + 16).min(harmed.len())].to_vec();
                        harmed.splice(at..at, piece);
                    }
                }
                if harmed.is_empty() {
                    break;
                }
            }
            harmless(&bench, name, &harmed);
        }
    }
}

/// Moves without end, in drawing that is not too long to be looked at: the library gathers them in memory.
#[test]
fn drawing_takes_no_more_memory_than_its_process_may_whatever_the_program_is_called() {
    let mut once = ZlibEncoder::new(Vec::new(), Compression::fast());
    let moves = b"0 0 m ".repeat(1 << 16);
    (0..400).for_each(|_| once.write_all(&moves).expect("packed"));
    let mut twice = ZlibEncoder::new(Vec::new(), Compression::best());
    twice.write_all(&once.finish().expect("packed")).expect("packed");
    let objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 144 144] >>".to_vec(),
        stream("/Filter [/FlateDecode /FlateDecode]", &twice.finish().expect("packed")),
    ];
    let bench = Bench::new();
    let bomb = bench.write("bomb.pdf", &file(&objects));
    let renamed = bench.path("scanner-2");
    let program = env!("CARGO_BIN_EXE_lightbar");
    std::fs::hard_link(program, &renamed).or_else(|_| std::fs::copy(program, &renamed).map(drop)).expect("renamed");
    let mut command = std::process::Command::new(&renamed);
    command.arg("import").arg(bomb).env("LIGHTBAR_DATA_DIR", bench.path("its-data"));
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("lightbar: bomb.pdf needs more memory than Lightbar gives a file on page 1."), "{said}");
    assert_eq!(said.lines().count(), 1, "nothing else is on the terminal: {said}");
}
