//! PDF files: pictures taken out, other pages drawn.

use lightbar::document::Rotation;
use lightbar::import::{ImportError, Remark};
use lightbar::minidriver::PageFormat;
use lightbar::raster::{PixelFormat, PixelWindow};

use crate::support::pictures::{JpegKind, jpeg};

use super::bench::Bench;

/// A PDF file of these objects, numbered from 1; the first is its catalog.
pub(super) fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in (1..).zip(objects) {
        places.push(out.len());
        out.extend(format!("{number} 0 obj\n").bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let xref = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    out.extend(format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n", objects.len() + 1).bytes());
    out
}

pub(super) fn stream(entries: &str, data: &[u8]) -> Vec<u8> {
    [format!("<< {entries} /Length {} >>\nstream\n", data.len()).as_bytes(), data, b"\nendstream"].concat()
}

/// A file of one page with one picture or font named in its resources as object 5.
pub(super) fn one_page(page: &str, content: &[u8], fifth: Vec<u8>) -> Vec<u8> {
    file(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        format!("<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /XObject << /Im0 5 0 R >> /Font << /F0 5 0 R >> >> {page} >>").into_bytes(),
        stream("", content),
        fifth,
    ])
}

pub(super) fn image(entries: &str, data: &[u8]) -> Vec<u8> {
    stream(&format!("/Type /XObject /Subtype /Image {entries}"), data)
}

fn gray_jpeg(width: usize, height: usize) -> (Vec<u8>, Vec<u8>) {
    let bytes = jpeg(JpegKind::GRAY, width, height);
    let entries =
        format!("/Width {width} /Height {height} /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /DCTDecode");
    (image(&entries, &bytes), bytes)
}

#[test]
fn a_picture_that_covers_its_page_is_taken_out() {
    let bench = Bench::new();
    let (image, bytes) = gray_jpeg(200, 100);
    let contents: [&[u8]; 6] = [
        b"q 144 0 0 72 0 0 cm /Im0 Do Q",
        b"q 0 0 144 72 re W n 144 0 0 72 0 0 cm /Im0 Do Q",
        b"/Artifact BMC q 72 0 0 72 0 0 cm 2 0 0 1 0 0 cm /Im0 Do Q EMC",
        b"q 2 0 0 1 0 0 cm q 72 0 0 72 0 0 cm /Im0 Do Q Q 0 G 2 w",
        b"BT 3 Tr /F0 9 Tf 10 10 Td (hidden) Tj ET q 144 0 0 72 0 0 cm /Im0 Do Q",
        b"q 144 0 0 71.5 0 0.2 cm /Im0 Do Q",
    ];
    for content in contents {
        let (page, remarks) = bench.page_of(&one_page("/MediaBox [0 0 144 72]", content, image.clone()));
        assert_eq!(page.head.info.format, PageFormat::Jpeg, "{}", String::from_utf8_lossy(content));
        assert!(bench.bytes(&page) == bytes);
        assert_eq!((page.head.info.dpi.0, page.look.crop, page.look.rotation), (100, None, Rotation::None));
        let hidden = content.starts_with(b"BT");
        assert_eq!(remarks, if hidden { vec![Remark::HiddenTextLeftOut(1)] } else { vec![] });
    }
}

#[test]
fn boxes_and_turns_become_the_page_s_look() {
    let bench = Bench::new();
    let (image, bytes) = gray_jpeg(200, 100);
    let look = |page: &str, content: &[u8]| {
        let (page, _) = bench.page_of(&one_page(page, content, image.clone()));
        assert_eq!(page.head.info.format, PageFormat::Jpeg);
        assert!(bench.bytes(&page) == bytes);
        (page.look.rotation, page.look.crop, page.head.info.dpi.0)
    };
    let content = b"q 144 0 0 72 0 0 cm /Im0 Do Q";
    assert_eq!(look("/MediaBox [0 0 144 72] /Rotate 90", content), (Rotation::Quarter, None, 100));
    assert_eq!(look("/MediaBox [0 0 144 72] /Rotate -90", content), (Rotation::ThreeQuarters, None, 100));
    assert_eq!(look("/MediaBox [0 0 144 72] /UserUnit 2", content), (Rotation::None, None, 50));
    let crop = PixelWindow { left: 25, top: 10, width: 50, height: 40 };
    assert_eq!(
        look("/MediaBox [0 0 144 72] /CropBox [18 36 54 64.8]", content),
        (Rotation::None, Some(crop), 100),
        "what is above on the page is above in the picture"
    );
    assert_eq!(look("/MediaBox [10 10 154 82]", b"q 144 0 0 72 10 10 cm /Im0 Do Q"), (Rotation::None, None, 100));
    // Placed turned by a quarter to the left, and by a half.
    assert_eq!(
        look("/MediaBox [0 0 72 144]", b"q 0 144 -72 0 72 0 cm /Im0 Do Q"),
        (Rotation::ThreeQuarters, None, 100)
    );
    assert_eq!(look("/MediaBox [0 0 72 144]", b"q 0 -144 72 0 0 144 cm /Im0 Do Q"), (Rotation::Quarter, None, 100));
    assert_eq!(look("/MediaBox [0 0 144 72]", b"q -144 0 0 -72 144 72 cm /Im0 Do Q"), (Rotation::Half, None, 100));
}

#[test]
fn anything_else_is_drawn() {
    let bench = Bench::new();
    let (image, _) = gray_jpeg(200, 100);
    let contents: [(&str, &[u8]); 6] = [
        ("a line over it", b"q 144 0 0 72 0 0 cm /Im0 Do Q 0 0 m 144 72 l S"),
        ("text over it", b"q 144 0 0 72 0 0 cm /Im0 Do Q BT /F0 9 Tf 10 10 Td (seen) Tj ET"),
        ("twice", b"q 144 0 0 72 0 0 cm /Im0 Do /Im0 Do Q"),
        ("beside the page's edge", b"q 100 0 0 72 0 0 cm /Im0 Do Q"),
        ("mirrored", b"q -144 0 0 72 144 0 cm /Im0 Do Q"),
        ("cut by a clip", b"q 0 0 70 72 re W n 144 0 0 72 0 0 cm /Im0 Do Q"),
    ];
    for (name, content) in contents {
        let (page, _) = bench.page_of(&one_page("/MediaBox [0 0 144 72]", content, image.clone()));
        let PageFormat::Rows(layout) = page.head.info.format else { panic!("{name}: taken out") };
        assert_eq!((layout.width, page.facts.height, page.head.info.dpi.0), (600, 300, 300), "{name}");
        assert_eq!(layout.format, PixelFormat::Gray8, "{name}: nothing of it is coloured");
        assert!(page.facts.complete);
    }
}

#[test]
fn a_drawn_page_shows_what_is_on_it_the_right_way_up() {
    let bench = Bench::new();
    // Red in the upper left quarter, black below.
    let content = b"1 0 0 rg 0 36 72 36 re f 0 g 0 0 144 18 re f";
    let (page, _) = bench.page_of(&one_page("/MediaBox [0 0 144 72]", content, b"null".to_vec()));
    let rows = bench.pixels(&page).rows;
    let pixel = |x: usize, y: usize| [rows[y][3 * x], rows[y][3 * x + 1], rows[y][3 * x + 2]];
    assert_eq!(pixel(10, 10), [255, 0, 0]);
    assert_eq!(pixel(590, 10), [255, 255, 255]);
    assert_eq!(pixel(300, 290), [0, 0, 0]);
    let (turned, _) = bench.page_of(&one_page("/MediaBox [0 0 144 72] /Rotate 90", content, b"null".to_vec()));
    let rows = bench.pixels(&turned).rows;
    assert_eq!((rows.len(), rows[0].len()), (600, 900));
    assert_eq!(rows[10][3 * 290..][..3], [255, 0, 0], "the upper left is on the right now");
    assert_eq!(turned.look.rotation, Rotation::None, "it is drawn turned");
}

#[test]
fn a_stencil_and_bits_come_out_as_bits() {
    let bench = Bench::new();
    let bits = [0b1010_1010, 0b1111_0000];
    let entries = "/Width 8 /Height 2 /BitsPerComponent 1";
    let page = "/MediaBox [0 0 5.76 1.44]";
    let content = b"q 5.76 0 0 1.44 0 0 cm /Im0 Do Q";
    for (more, expected) in [
        ("/ColorSpace /DeviceGray", bits),
        ("/ColorSpace /DeviceGray /Decode [1 0]", bits.map(|byte| !byte)),
        ("/ImageMask true", bits),
    ] {
        let (page, _) = bench.page_of(&one_page(page, content, image(&format!("{entries} {more}"), &bits)));
        assert_eq!(page.facts.layout().expect("rows").format, PixelFormat::Bw1, "{more}");
        assert_eq!(bench.bytes(&page), expected, "{more}");
    }
}

#[test]
fn a_large_sheet_gets_fewer_dots_and_that_is_said() {
    let bench = Bench::new();
    let content = b"0 0 100 100 re f";
    let (page, remarks) = bench.page_of(&one_page("/MediaBox [0 0 3370 2384]", content, b"null".to_vec()));
    let dpi = page.head.info.dpi.0;
    assert!(dpi < 300 && dpi > 100, "{dpi}");
    assert_eq!(remarks, [Remark::DrawnCoarsely(1, dpi)]);
    assert!(u64::from(page.facts.width) * u64::from(page.facts.height) <= 36_000_000);
}

#[test]
fn a_password_is_asked_for_by_name() {
    let bench = Bench::new();
    let encrypted = file(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R >>".to_vec(),
        [
            b"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <".as_slice(),
            "ab".repeat(32).as_bytes(),
            b"> /U <",
            "cd".repeat(32).as_bytes(),
            b"> >>",
        ]
        .concat(),
    ]);
    let text = String::from_utf8(encrypted).expect("text");
    let encrypted = text.replace("/Root 1 0 R", "/Root 1 0 R /Encrypt 4 0 R /ID [<00112233> <00112233>]");
    assert_eq!(bench.import(encrypted.as_bytes()), Err(ImportError::NeedsPassword));
}
