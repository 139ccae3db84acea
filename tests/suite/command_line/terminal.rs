//! A person at a terminal: what is told there, and what is asked.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::Desk;

/// What every question ends with.
const PROMPT: &str = "Enter to continue, s and Enter to stop: ";

/// The program on a terminal of its own, which `script` makes.
struct Terminal {
    process: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    /// All that was printed.
    shown: String,
}

impl Terminal {
    /// `None`, said in a visible line, where there is no `script`.
    fn run(desk: &Desk, arguments: &str) -> Option<Terminal> {
        let program =
            format!("exec {} scan --resolution 75 --reload never {arguments}", env!("CARGO_BIN_EXE_lightbar"));
        let mut script = Command::new("script");
        script.args(["-qefc", &program, "/dev/null"]).current_dir(desk.folder.path());
        script.env("LIGHTBAR_DATA_DIR", desk.path("data")).env("SHELL", "/bin/sh").env_remove("RUST_LOG");
        let started = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let Ok(mut process) = started else {
            println!("SKIPPED: script is not installed");
            return None;
        };
        let (keys, screen) = (process.stdin.take().expect("piped"), process.stdout.take().expect("piped"));
        Some(Terminal { process, keys, screen, shown: String::new() })
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("it is there");
    }

    /// Reads until the words have been shown this often, or until the end.
    fn until(&mut self, words: &str, times: usize) {
        let mut bytes = [0; 4096];
        while self.shown.matches(words).count() < times {
            match self.screen.read(&mut bytes) {
                Ok(0) | Err(_) => panic!("it ended before {words:?}: {}", self.shown),
                Ok(count) => self.shown += &String::from_utf8_lossy(&bytes[..count]),
            }
        }
    }

    /// Answers every question with these keys, to the end.
    fn answer_all(&mut self, keys: &str) {
        let mut bytes = [0; 4096];
        let mut answered = 0;
        while let Ok(count @ 1..) = self.screen.read(&mut bytes) {
            self.shown += &String::from_utf8_lossy(&bytes[..count]);
            while answered < self.shown.matches(PROMPT).count() {
                answered += 1;
                self.press(keys);
            }
        }
    }

    /// Reads to the end: everything that was shown, and the exit status.
    fn end(mut self) -> (String, Option<i32>) {
        let mut rest = Vec::new();
        let _ = self.screen.read_to_end(&mut rest);
        self.shown += &String::from_utf8_lossy(&rest);
        (self.shown, self.process.wait().expect("it ends").code())
    }
}

/// A key that was pressed too often answers the question that is open, and no other.
#[test]
fn what_was_typed_before_a_question_is_no_answer_to_it() {
    let desk = Desk::new();
    let jam = "-d virtual:feeder --source feeder --sheets 3 --speed 0 --fault jam@page2 --fixed never";
    for output in ["-o x.pdf", "--batch x%d.pnm"] {
        let Some(mut terminal) = Terminal::run(&desk, &format!("{jam} {output}")) else { return };
        terminal.until(PROMPT, 1);
        terminal.press("\n\n\n\n\n\n");
        terminal.until(PROMPT, 2);
        terminal.press("s\n");
        let (shown, status) = terminal.end();
        assert_eq!((shown.matches(PROMPT).count(), status), (2, Some(1)), "{shown}");
    }
}

/// Who learns on a virtual scanner sees that continuing works: somebody has put it right.
#[test]
fn trouble_that_was_put_right_is_over_when_somebody_continues() {
    let desk = Desk::new();
    let device = "-d virtual:feeder --source feeder --sheets 3 --speed 0 --fixed 1 -o x.pdf --overwrite";
    for fault in ["jam@page2", "cover@page3:row300", "multifeed@page1"] {
        let Some(mut terminal) = Terminal::run(&desk, &format!("{device} --fault {fault}")) else { return };
        // Too early, it is the same question again.
        terminal.answer_all("\n");
        let (shown, status) = terminal.end();
        assert_eq!(status, Some(0), "{fault}: {shown}");
        assert!(shown.contains("saved 3 pages to x.pdf") && shown.contains(PROMPT), "{fault}: {shown}");
    }
}

/// Nobody should think that a scanner that warms up hangs, whatever becomes of its pages.
#[test]
fn a_lamp_that_warms_up_is_told_of() {
    let desk = Desk::new();
    let both: Vec<_> = ["-o x.pdf", "--batch x%d.pnm"]
        .into_iter()
        .filter_map(|output| Terminal::run(&desk, &format!("-d virtual:slow --speed 1000 {output}")))
        .collect();
    for terminal in both {
        let (shown, status) = terminal.end();
        assert_eq!(status, Some(0), "{shown}");
        let words = ["Waiting for the scanner to start", "The lamp is warming up", "Page 1", "saved 1 page"];
        let places: Vec<_> = words.iter().map(|words| shown.find(words)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}: {shown}");
    }
}
