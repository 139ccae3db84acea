//! What is no picture, what may not be read, and an import that is stopped.

use std::io::ErrorKind;
use std::ops::ControlFlow;

use lightbar::import::{Foreign, ImportError, Step, import};
use lightbar::text::import::refused;

use crate::support::pictures::{JpegKind, jpeg};

use super::bench::Bench;

#[test]
fn other_files_are_refused_by_what_they_are() {
    let bench = Bench::new();
    let foreign: [(&[u8], Option<Foreign>); 8] = [
        (b"", Some(Foreign::Empty)),
        (b"BM\x36\0\0\0", Some(Foreign::Bmp)),
        (b"RIFF\x10\0\0\0WEBPVP8 ", Some(Foreign::WebP)),
        (b"\0\0\0\x18ftypheic\0\0\0\0", Some(Foreign::Heic)),
        (b"PK\x03\x04\x14\0", Some(Foreign::Zip)),
        (b"GIF89a", Some(Foreign::Gif)),
        (b"%!PS-Adobe-3.0", Some(Foreign::PostScript)),
        (b"a letter", None),
    ];
    for (bytes, is) in foreign {
        // The name does not make it a picture.
        let file = bench.write("scan.pdf", bytes);
        let error = bench.import_file(&file).expect_err("refused");
        assert_eq!(error, ImportError::NotAPicture(is));
        let said = refused("scan.pdf", &error).joined();
        assert!(said.contains("not a picture or PDF that Lightbar reads") || bytes.is_empty(), "{said}");
    }
    assert_eq!(bench.document.path(), None, "no document was begun");
}

#[test]
fn what_is_not_a_file_is_said() {
    let bench = Bench::new();
    assert_eq!(bench.import_file(&bench.path("none.pdf")), Err(ImportError::Unreadable(ErrorKind::NotFound)));
    assert_eq!(bench.import_file(&bench.path("")), Err(ImportError::NotAFile));
    assert_eq!(bench.import_file("/dev/zero".as_ref()), Err(ImportError::NotAFile));
}

#[test]
fn a_cancel_takes_away_what_was_made() {
    let bench = Bench::new();
    let file = bench.write("x", &jpeg(JpegKind::COLOUR, 800, 1200));
    let mut steps = 0;
    loop {
        let mut left = steps;
        let result = import(&file, &bench.document, &bench.options, &mut |_: Step<'_>| {
            left -= 1;
            if left < 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match result {
            Err(error) => assert_eq!(error, ImportError::Cancelled),
            Ok(imported) => {
                assert_eq!(imported.pages.len(), 1);
                break;
            }
        }
        assert_eq!(bench.page_files(), 0, "after {steps} steps");
        steps = steps * 2 + 1;
    }
    assert!(steps > 4, "a cancel is looked for");
}
