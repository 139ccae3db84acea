//! What the command line says, word for word where it depends on how many there are.

use super::{Desk, result, status, stderr, stdout};

#[test]
fn files_in_the_way_are_counted_and_named_at_once() {
    let desk = Desk::new();
    let id = desk.kept("3");
    let save = |pages: &str| desk.run(&["export", &id, "--pages", pages, "-o", "y.jpg"]);
    assert_eq!(status(&save("1-3")), 0);
    let output = save("1-3");
    let said = "lightbar: 3 files exist already: y-001.jpg, y-002.jpg and y-003.jpg. Choose another name, or replace them \
                with --overwrite.\n";
    assert_eq!((status(&output), stdout(&output).as_str(), stderr(&output).as_str()), (2, "", said));
    for name in ["y-001.jpg", "y-003.jpg"] {
        std::fs::remove_file(desk.path(name)).expect("removed");
    }
    let said = "lightbar: y-002.jpg exists already. Choose another name, or replace it with --overwrite.\n";
    let output = save("1-3");
    assert_eq!((status(&output), stderr(&output).as_str()), (2, said));
    assert!(!desk.path("y-001.jpg").exists(), "nothing was saved before that was found");
}

#[test]
fn pages_that_are_another_jpeg_are_counted_and_so_are_those_that_are_the_same() {
    let desk = Desk::new();
    let id = desk.kept("3");
    let saved = |quality: &[&str]| {
        let output = desk.run(&[&["export", &id, "--overwrite", "-o", "y.jpg"][..], quality].concat());
        assert_eq!(status(&output), 0, "{output:?}");
        stderr(&output)
    };
    assert_eq!(saved(&[]), "");
    let quality = ["--jpeg-quality", "50"];
    let copied = "the scanner's own JPEG, copied: --jpeg-quality does not change";
    assert_eq!(saved(&quality), format!("lightbar: 3 pages are {copied} them\n"));
    let crop = |pages: &str| desk.edits(&["crop", "--part", "10,10,50x40", "--pages", pages]);
    crop("1");
    let again = "encoded again as JPEG, because of what was done to";
    assert_eq!(saved(&[]), format!("lightbar: 1 page was {again} it or asked for\n"));
    crop("2");
    assert_eq!(
        saved(&quality),
        format!("lightbar: 2 pages were {again} them or asked for\nlightbar: 1 page is {copied} it\n")
    );
}

#[test]
fn an_export_names_its_document_and_standard_output_by_its_name() {
    let desk = Desk::new();
    let id = desk.kept("1");
    let output = desk.run(&["export", "last", "-o", "x.pdf", "--json"]);
    assert_eq!((status(&output), &result(&output)["document"]), (0, &id.as_str().into()));
    let output = desk.run(&["export", "last", "-o", "x.pdf"]);
    assert_eq!(status(&output), 2, "it is there");
    let output = desk.run(&["export", "last", "--format", "pdf", "-o", "-"]);
    assert_eq!((status(&output), stderr(&output).as_str()), (0, "saved 1 page to standard output\n"));
}

#[test]
fn pages_that_only_undo_brings_back_are_counted_apart() {
    let desk = Desk::new();
    let id = desk.kept("3");
    desk.edits(&["delete", "2"]);
    let output = desk.run(&["documents", "check"]);
    let said = format!("{id}: 2 pages and 1 more that undo would bring back, nothing is damaged\n");
    assert_eq!((status(&output), stdout(&output)), (0, said));
    let checked = result(&desk.run(&["documents", "check", "--json"]));
    assert_eq!((&checked[0]["pages"], &checked[0]["put_aside"]), (&2.into(), &1.into()));
}

/// Of a moving picture one page comes, and it is said that there is more.
#[test]
fn a_moving_picture_is_its_first_picture() {
    let desk = Desk::new();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 8, 8);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_animated(3, 0).expect("it can be");
    let mut writer = encoder.write_header().expect("written");
    for shade in [0, 100, 200] {
        writer.write_image_data(&[shade; 64]).expect("written");
    }
    writer.finish().expect("written");
    std::fs::write(desk.path("moves.png"), &bytes).expect("written");
    let output = desk.run(&["import", "moves.png"]);
    let said = "lightbar: moves.png is a moving picture of 3: only the first of them was imported.\n";
    assert_eq!((status(&output), stderr(&output).as_str()), (0, said), "{output:?}");
}

/// Nothing is listed in place of nothing, but for a person.
#[test]
fn an_empty_list_is_said_at_a_terminal_alone() {
    let desk = Desk::new();
    for (arguments, words) in [
        (&["documents"][..], "No documents yet."),
        (&["documents", "--trash"], "The trash is empty."),
        (&["documents", "--search", "x"], "No document has these words."),
    ] {
        let output = desk.run(arguments);
        assert_eq!((status(&output), stdout(&output).as_str(), stderr(&output).as_str()), (0, "", ""));
        assert_eq!(stdout(&desk.run(&[arguments, &["--json"]].concat())), "[]\n");
        let program = format!("exec {} {}", env!("CARGO_BIN_EXE_lightbar"), arguments.join(" "));
        let mut script = std::process::Command::new("script");
        script.args(["-qefc", &program, "/dev/null"]).current_dir(desk.folder.path()).env("SHELL", "/bin/sh");
        match script.env("LIGHTBAR_DATA_DIR", desk.path("data")).stdin(std::process::Stdio::null()).output() {
            Ok(output) => assert_eq!(stdout(&output).trim_end(), words),
            Err(error) => println!("SKIPPED: script is not installed ({error})"),
        }
    }
}

/// A paragraph is wrapped once, at the terminal's width: each word that begins a line had no room in the one before.
#[test]
fn help_is_wrapped_once() {
    let desk = Desk::new();
    for command in ["export", "import", "edit", "scan", "documents"] {
        for width in [50, 72, 100] {
            let output =
                desk.command(&[command, "--help"]).env("COLUMNS", width.to_string()).output().expect("it runs");
            let help = stdout(&output);
            let paragraphs = help.split("\n\n").filter(|text| {
                [
                    "With --json",
                    "Everything can",
                    "A page of a PDF",
                    "Documents are",
                    "Ctrl+C",
                    "Pages are",
                    "Exit status",
                ]
                .iter()
                .any(|beginning| text.trim_start().starts_with(beginning))
            });
            let mut seen = 0;
            for paragraph in paragraphs {
                seen += 1;
                let lines: Vec<&str> = paragraph.trim_end().lines().collect();
                for pair in lines.windows(2) {
                    let word = pair[1].split_whitespace().next().unwrap_or_default();
                    assert!(
                        pair[0].chars().count() + 1 + word.chars().count() > width,
                        "{command}, {width}: {paragraph}"
                    );
                }
            }
            assert!(seen > 0, "{command}: {help}");
        }
    }
}

/// The database could not be told that the page is over; its file knows.
#[test]
fn a_whole_page_is_no_partial_one_because_the_database_was_not_told() {
    let desk = Desk::new();
    let id = desk.kept("2");
    let folder = desk.path(&format!("data/documents/{id}"));
    let database = rusqlite::Connection::open(folder.join("document.sqlite")).expect("opened");
    database
        .execute("UPDATE page SET complete = NULL, facts = NULL, file_bytes = NULL WHERE id = 2", [])
        .expect("made");
    database.close().expect("closed");
    let partial = || desk.listed()[0]["partial"].clone();
    assert_eq!(partial(), 0);
    let file = folder.join("pages/2.page");
    let length = file.metadata().expect("it is there").len();
    std::fs::OpenOptions::new().write(true).open(&file).and_then(|file| file.set_len(length - 30)).expect("cut");
    assert_eq!(partial(), 1, "this one has not ended");
}

/// What a document is read for changes nothing of it, and nothing else is said.
#[test]
fn a_damaged_database_is_kept_as_another_file_only_by_what_changes_the_document() {
    let desk = Desk::new();
    let id = desk.kept("2");
    let database = desk.path(&format!("data/documents/{id}/document.sqlite"));
    let mut bytes = std::fs::read(&database).expect("readable");
    let middle = bytes.len() / 2;
    bytes[20..middle].fill(0xaa);
    std::fs::write(&database, &bytes).expect("written");
    let output = desk.run(&["export", &id, "--pages", "1", "-o", "one.pdf"]);
    let said = stderr(&output);
    assert!(
        said.contains("database is damaged") && said.contains("Nothing was changed") && !said.contains("kept as"),
        "{said}"
    );
    assert!(std::fs::read(&database).expect("readable") == bytes);
    let output = desk.run(&["edit", &id, "rotate"]);
    let said = stderr(&output);
    assert!(said.contains("database was damaged") && said.contains("kept as"), "{said}");
}
