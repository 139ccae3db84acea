//! PDF files with a password: other programs open them with it, and not without.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;

use hayro_syntax::object::{Object, Stream};
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use lightbar::document::Rotation;
use lightbar::export::{
    ExportError, FileFormat, Impossible, PdfAbout, PdfOptions, PdfPassword, SaveOptions, check_target, save,
};
use lightbar::minidriver::PageFormat;
use lightbar::raster::PixelFormat;

use super::{fax_rows, flate_rows, go_on, raw_page};
use crate::support::judges::judge;
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg};

const USER: &str = "Straße 7";
const OWNER: &str = "the owner's";

fn with_password(user: &str, owner: Option<&str>) -> SaveOptions {
    let password = Some(PdfPassword { user: user.to_owned(), owner: owner.map(str::to_owned) });
    let about = PdfAbout { author: Some("Käthe".to_owned()), ..PdfAbout::default() };
    let pdf = PdfOptions { password, about, ..PdfOptions::default() };
    SaveOptions { overwrite: true, pdf, ..SaveOptions::of(FileFormat::Pdf) }
}

/// The streams of a file that are images, decrypted and still encoded.
fn images(pdf: &Pdf) -> Vec<Vec<u8>> {
    let image = |stream: &Stream<'_>| {
        let subtype = stream.dict().get::<hayro_syntax::object::Name<'_>>("Subtype");
        subtype.is_some_and(|subtype| subtype.as_ref() == b"Image")
    };
    let streams = pdf.objects().into_iter().filter_map(Object::into_stream);
    streams.filter(image).map(|stream| stream.raw_data().into_owned()).collect()
}

#[test]
fn an_encrypted_file_has_every_byte_and_opens_with_its_passwords_alone() {
    let device = jpeg(JpegKind::COLOUR, 300, 200);
    let mut pages = KeptPages::with(PageFormat::Jpeg, &device, true);
    pages.export.pages[0].look.rotation = Rotation::Quarter;
    let (gray, layout) = raw_page(PixelFormat::Gray8, 413, 99);
    pages.add(page_info(PageFormat::Rows(layout)), &gray, true);
    let (mut fax, layout) = raw_page(PixelFormat::Bw1, 413, 99);
    fax.chunks_mut(52).for_each(|row| row[51] |= 0x07);
    pages.add(page_info(PageFormat::Rows(layout)), &fax, true);
    let file = pages.out("x.pdf");
    save(&pages.export, &file, &with_password(USER, Some(OWNER)), &mut go_on).expect("saved");
    let bytes = fs::read(&file).expect("readable");
    let plain = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    assert!(!plain(&device[300..400]) && !plain(b"/Im0 Do") && !plain(b"Lightbar"), "nothing stands there in plain");
    for password in [USER, OWNER] {
        let opened = Pdf::new_with_password(bytes.clone(), password).expect("opened");
        assert_eq!(opened.pages().len(), 3);
        let about = opened.metadata();
        assert_eq!(about.producer.as_deref().map(|text| text.starts_with(b"Lightbar ")), Some(true));
        let author: Vec<u8> = [0xfeff].into_iter().chain("Käthe".encode_utf16()).flat_map(u16::to_be_bytes).collect();
        assert_eq!(about.author.as_deref(), Some(&author[..]));
        let images = images(&opened);
        assert_eq!(images.len(), 3);
        assert!(images[0] == device && flate_rows(&images[1], 413) == gray && fax_rows(&images[2], 413) == fax);
        assert_eq!(
            opened.pages()[0].page_stream().map(|stream| stream.starts_with(b"q\n216.00 0 0 144.00")),
            Some(true)
        );
    }
    for wrong in ["", "Strasse 7", "the owner’s"] {
        let refused = Pdf::new_with_password(bytes.clone(), wrong).err();
        assert_eq!(refused, Some(LoadPdfError::Decryption(DecryptionError::PasswordProtected)), "{wrong}");
    }
    // Another secret each time.
    save(&pages.export, &file, &with_password(USER, Some(OWNER)), &mut go_on).expect("saved");
    assert!(fs::read(&file).expect("readable") != bytes);
}

#[test]
fn other_programs_open_an_encrypted_file() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::COLOUR, 300, 200), true);
    let file = pages.out("x.pdf");
    save(&pages.export, &file, &with_password(USER, None), &mut go_on).expect("saved");
    let said = |output: &std::process::Output| {
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    let password = format!("--password={USER}");
    let checked = judge("qpdf", &["--check".as_ref(), password.as_ref(), file.as_os_str()]);
    if let Some(output) = checked {
        assert!(output.status.success(), "{}", said(&output));
        let asked = judge("qpdf", &["--show-encryption".as_ref(), password.as_ref(), file.as_os_str()]);
        let asked = said(&asked.expect("it was there"));
        assert!(asked.contains("R = 6") && asked.contains("AESv3"), "{asked}");
        assert!(asked.matches("allowed").count() >= 8 && !asked.contains("not allowed"), "{asked}");
        let refused = judge("qpdf", &["--check".as_ref(), "--password=x".as_ref(), file.as_os_str()]);
        assert!(!refused.expect("it was there").status.success());
    }
    let info: [&OsStr; 3] = ["-upw".as_ref(), USER.as_ref(), file.as_os_str()];
    if let Some(output) = judge("pdfinfo", &info) {
        assert!(output.status.success() && said(&output).contains("AES-256"), "{}", said(&output));
        assert!(said(&output).contains("Käthe"), "{}", said(&output));
    }
    if Command::new("mutool").output().is_ok() {
        let arguments: [&OsStr; 7] = [
            "draw".as_ref(),
            "-q".as_ref(),
            "-p".as_ref(),
            USER.as_ref(),
            "-o".as_ref(),
            "/dev/null".as_ref(),
            file.as_os_str(),
        ];
        let output = judge("mutool", &arguments).expect("it was there");
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn passwords_that_cannot_be_had_are_refused_before_anything_is_written() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 30, 20), true);
    let target = pages.out("x.pdf");
    let long = "x".repeat(128);
    let refused = [
        (with_password("", None), Impossible::EmptyPassword),
        (with_password("a", Some("")), Impossible::EmptyPassword),
        (with_password("a\u{1}", None), Impossible::PasswordCharacters),
        (with_password("a", Some(&long)), Impossible::PasswordTooLong),
    ];
    for (options, why) in refused {
        assert_eq!(save(&pages.export, &target, &options, &mut go_on).err(), Some(ExportError::Impossible(why)));
    }
    let mut archive = with_password("a", None);
    archive.pdf.archive = true;
    let why = Some(ExportError::Impossible(Impossible::ArchiveWithPassword));
    assert_eq!(save(&pages.export, &target, &archive, &mut go_on).err(), why);
    assert!(pages.files().is_empty() && check_target(&target, false).is_ok());
    let shown = format!("{:?}", with_password("sesame", Some("open up")));
    assert!(!shown.contains("sesame") && !shown.contains("open up"), "{shown}");
}
