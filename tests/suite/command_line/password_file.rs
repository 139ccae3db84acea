//! `--password-file`: files, pipes and standard input.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::pictures::{JpegKind, jpeg};

use super::{Desk, status, stderr, stdout};

impl Desk {
    /// A PDF with the password `geheim`, and a pipe.
    fn with_a_secret() -> Desk {
        let desk = Desk::new();
        std::fs::write(desk.path("1.jpg"), jpeg(JpegKind::GRAY, 90, 120)).expect("written");
        std::fs::write(desk.path("secret.txt"), "geheim\r\nand more").expect("written");
        assert_eq!(status(&desk.run(&["import", "1.jpg"])), 0);
        let output = desk.run(&["export", "last", "-o", "x.pdf", "--password-file", "secret.txt"]);
        assert_eq!(status(&output), 0, "{output:?}");
        let made = Command::new("mkfifo").arg(desk.path("pipe")).status().expect("it runs");
        assert!(made.success());
        desk
    }

    /// A program that has the pipe open; so it heard of interrupts before.
    fn waiting(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let pipe = self.path("pipe").canonicalize().expect("it is there");
        let open_files = format!("/proc/{}/fd", child.id());
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let mut files = std::fs::read_dir(&open_files).into_iter().flatten().flatten();
            if files.any(|file| std::fs::read_link(file.path()).is_ok_and(|file| file == pipe)) {
                return child;
            }
            let ended = child.try_wait().expect("it is heard of");
            assert!(ended.is_none() && Instant::now() < until, "it does not wait for the pipe: {ended:?}");
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_pipe_that_nobody_writes_to_is_not_waited_for_after_an_interrupt() {
    let desk = Desk::with_a_secret();
    for arguments in [&["import", "x.pdf"][..], &["export", "last", "-o", "y.pdf"]] {
        for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
            let child = desk.waiting(&[arguments, &["--password-file", "pipe"]].concat());
            rustix::process::kill_process(rustix::process::Pid::from_child(&child), signal).expect("sent");
            let output = child.wait_with_output().expect("it ends");
            let said = "lightbar: Stopped while a password was waited for. Nothing was done.\n";
            assert_eq!((status(&output), stderr(&output).as_str()), (130, said));
        }
    }
    assert!(!desk.path("y.pdf").exists() && desk.documents() == 1);
}

#[test]
fn a_password_comes_through_a_pipe_and_from_standard_input() {
    let desk = Desk::with_a_secret();
    let child = desk.waiting(&["import", "x.pdf", "--password-file", "pipe"]);
    let mut pipe = std::fs::File::options().write(true).open(desk.path("pipe")).expect("somebody reads");
    pipe.write_all(b"gehe").and_then(|()| pipe.write_all(b"im")).expect("written");
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    assert!(status(&output) == 0 && stdout(&output).starts_with("imported 1 page"), "{output:?}");
    let mut command = desk.command(&["import", "x.pdf", "--password-file", "-"]);
    let secret = std::fs::File::open(desk.path("secret.txt")).expect("it is there");
    let output = command.stdin(secret).output().expect("it runs");
    assert!(status(&output) == 0 && stdout(&output).starts_with("imported 1 page"), "{output:?}");
}

#[test]
fn what_has_no_password_is_named_in_words() {
    let desk = Desk::with_a_secret();
    std::fs::create_dir(desk.path("folder")).expect("made");
    std::fs::write(desk.path("latin1.txt"), b"w\xf6rd\n").expect("written");
    for (file, words) in [
        ("none.txt", "There is no file none.txt with a password."),
        ("folder", "folder is a folder and has no password."),
        ("latin1.txt", "The first line of latin1.txt is no text in UTF-8."),
    ] {
        for command in [&["import", "x.pdf"][..], &["export", "last", "-o", "y.pdf"]] {
            let output = desk.run(&[command, &["--password-file", file]].concat());
            let said = stderr(&output);
            assert!(status(&output) == 2 && said.contains(words) && !said.contains('('), "{said}");
        }
    }
    std::fs::write(desk.path("wrong.txt"), "falsch").expect("written");
    let said = stderr(&desk.run(&["import", "x.pdf", "--password-file", "wrong.txt"]));
    assert!(said.contains("The password does not open x.pdf") && said.contains("not with their owner's"), "{said}");
}
