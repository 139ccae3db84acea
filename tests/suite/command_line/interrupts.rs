//! Ctrl+C: once, twice, and while somebody is waited for.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Desk, result, status};
use crate::support::judges;

/// A scan in mid page of a device that has fallen silent.
struct Silent {
    process: Child,
}

impl Silent {
    fn new(desk: &Desk, resolution: &str, output: &[&str]) -> Silent {
        let mut arguments = vec!["scan", "-d", "virtual:feeder", "--source", "feeder", "--speed", "0"];
        arguments.extend(["--resolution", resolution, "--fault", "silence@page2:row500", "--json"]);
        arguments.extend(output);
        let process =
            desk.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        // The page's file has been there since its first band.
        let second_page_grows = || {
            let document = std::fs::read_dir(desk.path("data/documents")).ok()?.flatten().next()?.path();
            std::fs::metadata(document.join("pages/2.page")).ok().filter(|file| file.len() > 2000)
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        while second_page_grows().is_none() {
            assert!(Instant::now() < deadline, "the second page never came");
            std::thread::yield_now();
        }
        Silent { process }
    }

    fn interrupt(&self) {
        let id = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(id, rustix::process::Signal::INT).expect("sent");
    }
}

/// Ctrl+C: the partial page is saved and the program is gone at once.
#[test]
fn an_interrupt_saves_what_came() {
    let desk = Desk::new();
    let silent = Silent::new(&desk, "75", &["-o", "x.pdf"]);
    silent.interrupt();
    let output = silent.process.wait_with_output().expect("it ends");
    let result = result(&output);
    assert_eq!(status(&output), 130, "{output:?}");
    assert_eq!((&result["status"], &result["pages"], &result["partial"]), (&"cancelled".into(), &2.into(), &1.into()));
    judges::qpdf_accepts(&desk.path("x.pdf"));
    let mut start = [0; 4];
    std::fs::File::open(desk.path("x.pdf")).and_then(|mut file| file.read_exact(&mut start)).expect("readable");
    assert_eq!(&start, b"%PDF");
}

/// Ctrl+C also ends images that go into a pipe and that nobody reads.
#[test]
fn an_interrupt_ends_images_that_nobody_reads() {
    let desk = Desk::new();
    let arguments =
        ["scan", "-d", "virtual:flatbed", "--resolution", "150", "--speed", "0", "--format", "pnm", "-o", "-"];
    let mut process =
        desk.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stdout = process.stdout.take().expect("piped");
    stdout.read_exact(&mut [0; 2]).expect("an image has begun");
    let id = rustix::process::Pid::from_child(&process);
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("sent");
    let deadline = Instant::now() + Duration::from_secs(60);
    let status = loop {
        match process.try_wait().expect("it can be asked") {
            Some(status) => break status,
            None if Instant::now() < deadline => std::thread::yield_now(),
            None => {
                process.kill().expect("ended");
                panic!("it waits for a reader that does not read");
            }
        }
    };
    assert_eq!(status.code(), Some(130));
    let mut words = String::new();
    process.stderr.take().expect("piped").read_to_string(&mut words).expect("readable");
    assert!(words.contains("cancelled after"), "{words}");
}

/// A second Ctrl+C ends the save as well, also one that waits for somebody who does not read on; the
/// document stays.
#[test]
fn a_second_interrupt_cancels_the_save_and_keeps_the_document() {
    let desk = Desk::new();
    // More than a pipe holds.
    let mut silent = Silent::new(&desk, "150", &["--format", "pdf", "-o", "-"]);
    silent.interrupt();
    let mut start = [0; 4];
    let mut stdout = silent.process.stdout.take().expect("piped");
    stdout.read_exact(&mut start).expect("the save has begun");
    assert_eq!(&start, b"%PDF");
    silent.interrupt();
    let mut words = String::new();
    silent.process.stderr.take().expect("piped").read_to_string(&mut words).expect("readable");
    let status = silent.process.wait().expect("it ends");
    assert_eq!(status.code(), Some(130), "{words}");
    let result: Value = serde_json::from_str(words.lines().last().unwrap_or_default()).expect("an object");
    assert_eq!((&result["status"], &result["pages"], &result["files"]), (&"cancelled".into(), &0.into(), &json!([])));
    assert_eq!(result["error"]["condition"], "Cancelled");
    let document = PathBuf::from(result["document"].as_str().expect("kept"));
    assert_eq!(std::fs::read_dir(document.join("pages")).expect("readable").count(), 2);
    let entries = std::fs::read_dir(&document).expect("readable").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let stray: Vec<String> = names
        .filter(|name| !["pages", "lock"].contains(&name.as_str()) && !name.starts_with("document.sqlite"))
        .collect();
    assert_eq!(stray, Vec::<String>::new(), "nothing of what was passed on");
    assert!(words.contains("Saving was cancelled"), "{words}");
    assert!(!words.contains("nothing had arrived"), "{words}");
}

#[test]
fn ctrl_c_ends_a_pipe_that_waits_for_a_silent_device() {
    let desk = Desk::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let device = format!("escl:http://{}/eSCL", listener.local_addr().expect("bound"));
    let mut process =
        desk.command(&["scan", "-d", &device, "--format", "pnm", "-o", "x.pnm"]).spawn().expect("it starts");
    let began = Instant::now();
    let _connected = listener.accept().expect("it connects");
    let id = rustix::process::Pid::from_child(&process);
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("sent");
    assert_eq!(process.wait().expect("it ends").code(), Some(130));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
