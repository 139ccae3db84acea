//! Other people's programs that judge our files, where they are installed.

use std::path::Path;
use std::process::{Command, Output};

/// Runs a program; `None`, said in a visible line, when it is not installed.
pub(crate) fn judge(program: &str, arguments: &[&std::ffi::OsStr]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("SKIPPED: {program} is not installed");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

/// `qpdf --check` must find nothing at all.
pub(crate) fn qpdf_accepts(pdf: &Path) {
    if let Some(output) = judge("qpdf", &["--check".as_ref(), pdf.as_os_str()]) {
        assert!(output.status.success(), "{}", said(&output));
    }
}

/// The images of a PDF as `pdfimages -all` extracts them, in order.
pub(crate) fn extracted_images(pdf: &Path) -> Option<Vec<Vec<u8>>> {
    let folder = tempfile::tempdir().expect("a folder");
    let output = judge("pdfimages", &["-all".as_ref(), pdf.as_os_str(), folder.path().join("image").as_os_str()])?;
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
    let mut files: Vec<_> =
        std::fs::read_dir(folder.path()).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    Some(files.iter().map(|file| std::fs::read(file).expect("readable")).collect())
}

/// The first image of a PDF as poppler reads it: width, height, RGB samples.
pub(crate) fn read_by_poppler(pdf: &Path) -> Option<(u32, u32, Vec<u8>)> {
    let folder = tempfile::tempdir().expect("a folder");
    let output = judge("pdfimages", &["-png".as_ref(), pdf.as_os_str(), folder.path().join("image").as_os_str()])?;
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
    let picture = image::open(folder.path().join("image-000.png")).expect("a PNG file").into_rgb8();
    Some((picture.width(), picture.height(), picture.into_raw()))
}

/// A picture as ImageMagick (and so libtiff) reads it: width, height, RGB samples.
pub(crate) fn read_by_imagemagick(file: &Path) -> Option<(u32, u32, Vec<u8>)> {
    let output = judge("convert", &[file.as_os_str(), "-depth".as_ref(), "8".as_ref(), "ppm:-".as_ref()])?;
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(pnm(&output.stdout))
}

/// The first page drawn by poppler at a resolution: width, height, RGB samples.
pub(crate) fn drawn_by_poppler(pdf: &Path, dpi: u32) -> Option<(u32, u32, Vec<u8>)> {
    let dpi = dpi.to_string();
    let arguments: [&std::ffi::OsStr; 4] = ["-r".as_ref(), dpi.as_ref(), "-singlefile".as_ref(), pdf.as_os_str()];
    let output = judge("pdftoppm", &arguments)?;
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(pnm(&output.stdout))
}

/// The first page drawn by MuPDF at a resolution: width, height, RGB samples.
pub(crate) fn drawn_by_mupdf(pdf: &Path, dpi: u32) -> Option<(u32, u32, Vec<u8>)> {
    let dpi = dpi.to_string();
    let arguments: [&std::ffi::OsStr; 10] = [
        "draw".as_ref(),
        "-q".as_ref(),
        "-A0".as_ref(),
        "-F".as_ref(),
        "ppm".as_ref(),
        "-o".as_ref(),
        "-".as_ref(),
        "-r".as_ref(),
        dpi.as_ref(),
        pdf.as_os_str(),
    ];
    let output = judge("mutool", &arguments)?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    // Said about itself, not about the file.
    let about_the_file = errors.lines().any(|line| !line.trim().is_empty() && !line.contains("ICC support"));
    assert!(output.status.success() && !about_the_file, "{errors}");
    Some(pnm(&output.stdout))
}

fn said(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A P6 file.
fn pnm(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut words = Vec::new();
    let mut at = 0;
    while words.len() < 4 {
        let start = at + bytes[at..].iter().position(|byte| !byte.is_ascii_whitespace()).expect("a word");
        at = start + bytes[start..].iter().position(u8::is_ascii_whitespace).expect("an end");
        words.push(std::str::from_utf8(&bytes[start..at]).expect("text"));
    }
    assert_eq!((words[0], words[3]), ("P6", "255"));
    (words[1].parse().expect("a number"), words[2].parse().expect("a number"), bytes[at + 1..].to_vec())
}
