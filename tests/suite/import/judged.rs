//! Files by other programs, where they are installed, compared with what yet others see in them.

use std::ffi::OsStr;
use std::path::Path;

use lightbar::minidriver::PageFormat;

use crate::support::judges::{drawn_by_poppler, judge};
use crate::support::pictures::{JpegKind, jpeg};

use super::bench::{Bench, Picture};

fn run(program: &str, arguments: &[&OsStr]) -> Option<()> {
    let output = judge(program, arguments)?;
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Some(())
}

/// The mean difference of two pictures, in shades of 255.
fn difference(picture: &Picture, channels: usize, (width, height, rgb): (u32, u32, &[u8])) -> f64 {
    assert_eq!((picture.rows[0].len() / channels, picture.rows.len()), (width as usize, height as usize));
    let mut sum = 0u64;
    for (row, theirs) in picture.rows.iter().zip(rgb.chunks_exact(3 * width as usize)) {
        for (pixel, theirs) in row.chunks_exact(channels).zip(theirs.chunks_exact(3)) {
            sum += (0..3).map(|at| u64::from(pixel[at % channels].abs_diff(theirs[at]))).sum::<u64>();
        }
    }
    sum as f64 / rgb.len() as f64
}

#[test]
fn pictures_wrapped_by_img2pdf_come_out_as_they_were() {
    let bench = Bench::new();
    let (colour, gray) = (jpeg(JpegKind::COLOUR, 600, 800), jpeg(JpegKind::GRAY, 800, 600));
    let (one, two, pdf) = (bench.write("1.jpg", &colour), bench.write("2.jpg", &gray), bench.path("x.pdf"));
    let arguments = [one.as_os_str(), two.as_os_str(), "-o".as_ref(), pdf.as_os_str()];
    if run("img2pdf", &arguments).is_none() {
        return;
    }
    let imported = bench.import_file(&pdf).expect("imported");
    let bytes: Vec<Vec<u8>> = imported.pages.iter().map(|page| bench.bytes(page)).collect();
    assert!(bytes == [colour, gray]);
    assert_eq!(imported.remarks, []);
}

/// A page of text and lines in PostScript.
const LETTER: &str = "%!PS
<< /PageSize [400 300] >> setpagedevice
/Helvetica findfont 18 scalefont setfont
30 250 moveto (Dear reader, this is a letter.) show
/Times-Roman findfont 11 scalefont setfont
30 220 moveto (It has smaller text, too, which must stay readable.) show
0.8 0 0 setrgbcolor 30 60 120 80 rectfill
0 0 1 setrgbcolor 3 setlinewidth 200 60 moveto 370 180 lineto stroke
showpage
";

#[test]
fn a_page_of_text_looks_as_poppler_draws_it() {
    let bench = Bench::new();
    let (postscript, pdf) = (bench.write("letter.ps", LETTER.as_bytes()), bench.path("letter.pdf"));
    if run("ps2pdf", &[postscript.as_os_str(), pdf.as_os_str()]).is_none() {
        return;
    }
    let imported = bench.import_file(&pdf).expect("imported");
    assert_eq!((imported.pages.len(), &imported.remarks[..]), (1, &[][..]));
    let page = &imported.pages[0];
    assert!(matches!(page.head.info.format, PageFormat::Rows(_)));
    let Some((width, height, theirs)) = drawn_by_poppler(&pdf, page.head.info.dpi.0) else { return };
    let apart = difference(&bench.pixels(page), 3, (width, height, &theirs));
    // Edges of letters are drawn differently; a missing word or a shift of two pixels is more than this.
    assert!(apart < 1.5, "{apart} shades of 255 apart");
}

#[test]
fn tiffs_by_libtiff_come_out_as_they_were() {
    let bench = Bench::new();
    let samples: Vec<u8> = crate::support::pictures::page(3, 150, 110);
    let ppm = [b"P6\n150 110\n255\n".as_slice(), &samples].concat();
    let ppm = bench.write("x.ppm", &ppm);
    let first = bench.path("first.tif");
    if run("convert", &[ppm.as_os_str(), "-depth".as_ref(), "8".as_ref(), first.as_os_str()]).is_none() {
        return;
    }
    for (compression, more) in [("none", "-s"), ("lzw:2", "-s"), ("zip:2", "-t"), ("packbits", "-s"), ("lzw", "-t")] {
        let out = bench.path("out.tif");
        let arguments: [&OsStr; 5] =
            ["-c".as_ref(), compression.as_ref(), more.as_ref(), first.as_os_str(), out.as_os_str()];
        if run("tiffcp", &arguments).is_none() {
            return;
        }
        let (page, remarks) = {
            let mut imported = bench.import_file(&out).expect("imported");
            (imported.pages.remove(0), imported.remarks)
        };
        assert!(bench.pixels(&page).samples() == samples, "{compression} {more}");
        assert_eq!(remarks, []);
    }
}

#[test]
fn fax_tiffs_by_libtiff_come_out_as_they_were() {
    let bench = Bench::new();
    let bits: Vec<u8> =
        (0..200 * 13).map(|at: u32| if at / 13 % 5 == 1 { (at * 37) as u8 & 0xcc } else { 0 }).collect();
    let pbm = bench.write("x.pbm", &[b"P4\n104 200\n".as_slice(), &bits].concat());
    let (first, out) = (bench.path("first.tif"), bench.path("out.tif"));
    if run("convert", &[pbm.as_os_str(), first.as_os_str()]).is_none()
        || run("tiffcp", &["-c".as_ref(), "g4".as_ref(), first.as_os_str(), out.as_os_str()]).is_none()
    {
        return;
    }
    let imported = bench.import_file(&out).expect("imported");
    // In PBM 1 is black.
    let expected: Vec<u8> = bits.iter().map(|byte| !byte).collect();
    assert!(bench.pixels(&imported.pages[0]).samples() == expected);
}

#[test]
fn an_encrypted_file_by_qpdf_needs_its_password_or_none() {
    let bench = Bench::new();
    let bytes = jpeg(JpegKind::GRAY, 300, 200);
    let (one, plain) = (bench.write("1.jpg", &bytes), bench.path("plain.pdf"));
    if run("img2pdf", &[one.as_os_str(), "-o".as_ref(), plain.as_os_str()]).is_none() {
        return;
    }
    let encrypted = |password: &str, out: &Path| {
        let arguments: [&OsStr; 7] = [
            "--encrypt".as_ref(),
            password.as_ref(),
            "owner".as_ref(),
            "256".as_ref(),
            "--".as_ref(),
            plain.as_os_str(),
            out.as_os_str(),
        ];
        run("qpdf", &arguments)
    };
    let out = bench.path("encrypted.pdf");
    if encrypted("secret", &out).is_none() {
        return;
    }
    assert_eq!(bench.import_file(&out), Err(lightbar::import::ImportError::NeedsPassword));
    encrypted("", &out);
    let imported = bench.import_file(&out).expect("it opens without one");
    assert!(bench.bytes(&imported.pages[0]) == bytes);
}
