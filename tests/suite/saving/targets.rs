//! Where a file goes: nothing is replaced unasked, and the old file survives every failure.

use std::fs;
use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

use lightbar::export::{ExportError, FileFormat, Naming, SaveOptions, check_numbered, check_target, save};
use lightbar::minidriver::PageFormat;

use super::{PDF, go_on, saved};
use crate::support::kept_pages::{KeptPages, page_info};
use crate::support::pictures::{JpegKind, jpeg};

#[test]
fn only_the_files_that_were_named_are_replaced() {
    let mut pages = KeptPages::new();
    for _ in 0..3 {
        pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::GRAY, 50, 50), true);
    }
    let files = |numbers: &[u32]| -> Vec<PathBuf> {
        numbers.iter().map(|number| pages.out(&format!("x-{number:03}.png"))).collect()
    };
    let numbered = SaveOptions::of(FileFormat::Png);
    let each = |options: SaveOptions| SaveOptions { pages_per_file: NonZeroU32::new(1), ..options };
    for (options, ending) in [(numbered.clone(), "png"), (each(SaveOptions::of(FileFormat::Pdf)), "pdf")] {
        let named: Vec<PathBuf> = files(&[2, 3]).iter().map(|file| file.with_extension(ending)).collect();
        named.iter().for_each(|file| fs::write(file, "another's").expect("written"));
        let target = pages.out(&format!("x.{ending}"));
        let save = |options: &SaveOptions| save(&pages.export, &target, options, &mut go_on).map(|saved| saved.files);
        assert_eq!(save(&options), Err(ExportError::SeveralExist(named.clone())));
        let agreed = SaveOptions { replaceable: named[..1].to_vec(), ..options.clone() };
        assert_eq!(save(&agreed), Err(ExportError::SeveralExist(named.clone())), "one of them was not asked about");
        named.iter().for_each(|file| assert_eq!(fs::read_to_string(file).expect("there"), "another's"));
        let agreed = SaveOptions { replaceable: named.clone(), ..options.clone() };
        assert_eq!(save(&agreed).map(|files| files.len()), Ok(3));
        named.iter().for_each(|file| assert_ne!(fs::read(file).expect("there"), b"another's"));
    }
    // A template that is not told apart is numbered, too; a file that comes while the pages are written is met in time.
    let template = SaveOptions { naming: Naming::Template, ..numbered };
    let late = pages.out("y {3}-002.png");
    let target = pages.out("y {{{pages}}}.png");
    let result = save(&pages.export, &target, &template, &mut |progress| {
        if progress.done == 2 {
            fs::write(&late, "another's").expect("written");
        }
        ControlFlow::Continue(())
    });
    assert_eq!(result.map(|_| ()), Err(ExportError::Exists(late.clone())));
    assert_eq!(fs::read_to_string(late).expect("there"), "another's");
    assert!(!pages.out("y {3}-001.png").exists(), "nothing was put in place before");
}

#[test]
fn nothing_is_replaced_unasked() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    let target = pages.out("x.pdf");
    fs::write(&target, b"precious").expect("written");
    let exists = Err(ExportError::Exists(target.clone()));
    assert_eq!(check_target(&target, false), exists.clone().map(|_: ()| ()));
    assert_eq!(save(&pages.export, &target, &PDF, &mut go_on).map(|_| ()), exists);
    assert_eq!(fs::read(&target).expect("readable"), b"precious");
    assert_eq!(check_target(&target, true), Ok(()));
    save(&pages.export, &target, &SaveOptions { overwrite: true, ..PDF }, &mut go_on).expect("replaced");
    assert!(fs::read(&target).expect("readable").starts_with(b"%PDF"));
    assert_eq!(pages.files(), ["x.pdf"]);
}

#[test]
fn a_file_that_appears_while_saving_is_not_replaced() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    let target = pages.out("x.pdf");
    assert_eq!(check_target(&target, false), Ok(()));
    let result = save(&pages.export, &target, &PDF, &mut |_| {
        fs::write(&target, b"somebody else's").expect("written");
        ControlFlow::Continue(())
    });
    assert_eq!(result.map(|_| ()), Err(ExportError::Exists(target.clone())));
    assert_eq!(fs::read(&target).expect("readable"), b"somebody else's");
    assert_eq!(pages.files(), ["x.pdf"]);
}

#[test]
fn another_program_s_part_file_is_left_alone() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    fs::write(pages.out("x.pdf.part"), b"theirs").expect("written");
    saved(&pages, "x.pdf");
    assert_eq!(pages.files(), ["x.pdf", "x.pdf.part"]);
    assert_eq!(fs::read(pages.out("x.pdf.part")).expect("readable"), b"theirs");
}

/// The longest name that a file system takes has no room for an ending.
#[test]
fn the_longest_name_is_saved_and_a_longer_one_is_told_as_such() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    // Letters of two bytes, so that a cut after any number of bytes may be in the middle of one.
    for length in [250, 251, 255] {
        let name = format!("{}{}", "x".repeat(length % 2), "ä".repeat(length / 2));
        assert_eq!(check_target(&pages.out(&name), false), Ok(()));
        let saved = save(&pages.export, &pages.out(&name), &PDF, &mut |_| {
            assert!(pages.files().is_empty(), "nothing is to be seen before it is whole");
            ControlFlow::Continue(())
        });
        assert_eq!(saved.expect("saved").files, [pages.out(&name)]);
        assert_eq!(pages.files(), std::slice::from_ref(&name));
        fs::remove_file(pages.out(&name)).expect("removed");
    }
    let long = pages.out(&"x".repeat(256));
    assert_eq!(check_target(&long, false), Err(ExportError::NameTooLong(long.clone())));
    assert_eq!(save(&pages.export, &long, &PDF, &mut go_on), Err(ExportError::NameTooLong(long)));
    assert!(pages.files().is_empty());
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

#[test]
fn a_file_that_is_replaced_keeps_its_mode_and_its_owner() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    for (name, format) in [("x.pdf", FileFormat::Pdf), ("x.jpg", FileFormat::Jpeg)] {
        let target = pages.out(name);
        for wanted in [0o664, 0o600, 0o640, 0o400] {
            fs::write(&target, b"precious").expect("written");
            fs::set_permissions(&target, fs::Permissions::from_mode(wanted)).expect("set");
            // Only an administrator can give files away.
            let given_away = std::os::unix::fs::chown(&target, Some(12345), Some(54321)).is_ok();
            save(&pages.export, &target, &SaveOptions { overwrite: true, ..SaveOptions::of(format) }, &mut |_| {
                assert_eq!(pages.files(), [name], "nothing is open to others");
                ControlFlow::Continue(())
            })
            .expect("replaced");
            assert_eq!(mode(&target), wanted, "{name}");
            let there = fs::metadata(&target).expect("there");
            assert!(!given_away || (there.uid(), there.gid()) == (12345, 54321), "{name}: {there:?}");
            fs::remove_file(&target).expect("removed");
        }
    }
}

#[test]
fn a_new_file_is_for_its_owners_eyes() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    saved(&pages, "x.pdf");
    assert_eq!(mode(&pages.out("x.pdf")), 0o600);
}

#[test]
fn cancel_leaves_nothing_behind_and_the_old_file_as_it_was() {
    let mut pages = KeptPages::new();
    for _ in 0..3 {
        pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::COLOUR, 300, 300), true);
    }
    let target = pages.out("x.pdf");
    fs::write(&target, b"precious").expect("written");
    let options = SaveOptions { overwrite: true, ..PDF };
    let mut looks = 0;
    save(&pages.export, &target, &options, &mut |_| {
        looks += 1;
        ControlFlow::Continue(())
    })
    .expect("saved");
    for stop_at in 1..=looks {
        fs::write(&target, b"precious").expect("written");
        let mut look = 0;
        let result = save(&pages.export, &target, &options, &mut |progress| {
            assert_eq!(progress.pages, 3);
            look += 1;
            if look == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        // A save that has to wait for its pages looks up more often.
        if look < stop_at {
            break;
        }
        assert_eq!(result.map(|_| ()), Err(ExportError::Cancelled));
        assert_eq!(fs::read(&target).expect("readable"), b"precious");
        assert_eq!(pages.files(), ["x.pdf"]);
    }
}

#[test]
fn a_target_that_cannot_be_written_is_found_before_paper_moves() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    let nowhere = pages.out("missing/x.pdf");
    let no_folder = ExportError::NoFolder(pages.out("missing"));
    assert_eq!(check_target(&nowhere, false), Err(no_folder.clone()));
    assert_eq!(save(&pages.export, &nowhere, &PDF, &mut go_on).map(|_| ()), Err(no_folder));
    fs::create_dir(pages.out("folder.pdf")).expect("created");
    assert_eq!(check_target(&pages.out("folder.pdf"), true), Err(ExportError::NotAFile(pages.out("folder.pdf"))));
    fs::remove_dir(pages.out("folder.pdf")).expect("removed");
    // Not even root can create files here.
    let refused = check_target(std::path::Path::new("/proc/x.pdf"), false);
    assert!(refused.is_err(), "{refused:?}");
    assert!(pages.files().is_empty(), "asking leaves nothing behind");
}

#[test]
fn a_link_stays_a_link_and_the_file_it_leads_to_is_replaced() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    let elsewhere = pages.out("elsewhere");
    fs::create_dir(&elsewhere).expect("created");
    fs::write(elsewhere.join("real.pdf"), b"precious").expect("written");
    symlink("elsewhere/real.pdf", pages.out("x.pdf")).expect("linked");
    let target = pages.out("x.pdf");
    assert_eq!(save(&pages.export, &target, &PDF, &mut go_on), Err(ExportError::Exists(target.clone())));
    assert_eq!(fs::read(elsewhere.join("real.pdf")).expect("readable"), b"precious");
    assert_eq!(check_target(&target, true), Ok(()));
    let said = save(&pages.export, &target, &SaveOptions { overwrite: true, ..PDF }, &mut go_on).expect("replaced");
    assert_eq!(said.files, std::slice::from_ref(&target), "the name that was asked for");
    assert_eq!(fs::read_link(&target).expect("still a link"), std::path::Path::new("elsewhere/real.pdf"));
    assert!(fs::read(elsewhere.join("real.pdf")).expect("readable").starts_with(b"%PDF"));
    assert_eq!(fs::read_dir(&elsewhere).expect("readable").count(), 1, "nothing is left beside it");
    assert_eq!(pages.files(), ["elsewhere", "x.pdf"]);
}

#[test]
fn links_that_lead_nowhere_and_what_is_no_file_are_refused() {
    let pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    let at = |name| pages.out(name);
    symlink("gone/y.pdf", at("dangling.pdf")).expect("linked");
    symlink("loop-b.pdf", at("loop-a.pdf")).expect("linked");
    symlink("loop-a.pdf", at("loop-b.pdf")).expect("linked");
    symlink(".", at("folder.pdf")).expect("linked");
    let _listening = std::os::unix::net::UnixListener::bind(at("socket.pdf")).expect("bound");
    let before = pages.files();
    let cases = [
        ("dangling.pdf", ExportError::DanglingLink { link: at("dangling.pdf"), to: "gone/y.pdf".into() }),
        ("loop-a.pdf", ExportError::LinkLoop(at("loop-a.pdf"))),
        ("folder.pdf", ExportError::NotAFile(at("folder.pdf"))),
        ("socket.pdf", ExportError::NotAFile(at("socket.pdf"))),
    ];
    for (name, refusal) in cases {
        for overwrite in [true, false] {
            assert_eq!(check_target(&at(name), overwrite), Err(refusal.clone()));
            let saved = save(&pages.export, &at(name), &SaveOptions { overwrite, ..PDF }, &mut go_on);
            assert_eq!(saved, Err(refusal.clone()));
        }
    }
    assert_eq!(pages.files(), before);
    assert!(!fs::symlink_metadata(at("socket.pdf")).expect("there").is_file());
}

#[test]
fn two_links_to_one_file_do_not_cost_a_page() {
    let mut pages = KeptPages::with(PageFormat::Jpeg, &jpeg(JpegKind::GRAY, 50, 50), true);
    pages.add(page_info(PageFormat::Jpeg), &jpeg(JpegKind::GRAY, 60, 60), true);
    fs::write(pages.out("one.jpg"), b"precious").expect("written");
    for link in ["x-001.jpg", "x-002.jpg"] {
        symlink("one.jpg", pages.out(link)).expect("linked");
    }
    let options = SaveOptions { overwrite: true, ..SaveOptions::of(FileFormat::Jpeg) };
    let saved = save(&pages.export, &pages.out("x.jpg"), &options, &mut go_on);
    let both = |first: &str, second: &str| ExportError::SameFile { first: pages.out(first), second: pages.out(second) };
    assert_eq!(saved, Err(both("x-001.jpg", "x-002.jpg")));
    // Nobody is asked whether they may be replaced: that would not help.
    let saved = save(&pages.export, &pages.out("x.jpg"), &SaveOptions::of(FileFormat::Jpeg), &mut go_on);
    assert_eq!(saved, Err(both("x-001.jpg", "x-002.jpg")));
    assert_eq!(fs::read(pages.out("one.jpg")).expect("readable"), b"precious");
    assert_eq!(pages.files(), ["one.jpg", "x-001.jpg", "x-002.jpg"]);
    // A link from the one to the other, in a folder that is met by another way; also where a file has several pages.
    symlink(pages.out(""), pages.out("way")).expect("linked");
    symlink("y-002.pdf", pages.out("y-001.pdf")).expect("linked");
    fs::write(pages.out("y-002.pdf"), b"precious").expect("written");
    let options = SaveOptions { overwrite: true, pages_per_file: NonZeroU32::new(1), ..PDF };
    let saved = save(&pages.export, &pages.out("way/y.pdf"), &options, &mut go_on);
    assert_eq!(saved, Err(both("way/y-001.pdf", "way/y-002.pdf")));
    assert_eq!(fs::read(pages.out("y-002.pdf")).expect("readable"), b"precious");
    let names = |number| pages.out(&format!("x-{number:03}.jpg"));
    assert_eq!(check_numbered(&names, true), Err(both("x-001.jpg", "x-002.jpg")), "asked before paper moves");
}
