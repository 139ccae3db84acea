//! The command line as a user meets it: arguments, what is printed where, exit statuses, files.

mod damaged_pages;
mod devices;
mod documents;
mod import;
mod interrupts;
mod kept;
mod last;
mod names;
mod password_file;
mod pipes;
mod profiles;
mod sentences;
mod terminal;
mod troubles;
mod usage;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The program with a data directory of its own.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lightbar"));
        command.args(arguments).current_dir(self.folder.path());
        command.env("LIGHTBAR_DATA_DIR", self.path("data")).env_remove("RUST_LOG").stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it runs")
    }

    /// Scans 75 dpi pages from a virtual device that is as fast as it goes.
    fn scan(&self, arguments: &[&str]) -> Output {
        let fast = ["scan", "--resolution", "75", "--speed", "0", "--reload", "never"];
        self.run(&[&fast[..], arguments].concat())
    }

    fn documents(&self) -> usize {
        std::fs::read_dir(self.path("data/documents")).map_or(0, Iterator::count)
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

fn result(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn a_button_is_pressed_only_where_there_is_one() {
    let desk = Desk::new();
    for arguments in [
        &["scan", "-d", "virtual:feeder", "--press", "5", "-o", "x.pdf"][..],
        &["virtual", "--model", "slow", "--usbip", "127.0.0.1:0", "--press", "5"],
    ] {
        let output = desk.run(arguments);
        assert_eq!(status(&output), 2, "{output:?}");
        assert!(stderr(&output).contains("has no scan button"), "{}", stderr(&output));
    }
    let output = desk.scan(&["-d", "virtual:legacy", "--press", "0", "--source", "flatbed", "-o", "x.pdf"]);
    assert_eq!(status(&output), 0, "{output:?}");
}
