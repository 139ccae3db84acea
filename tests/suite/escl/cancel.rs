//! Cancel while the device leaves a request unanswered. The clock moves only when somebody waits, so a
//! cancel that is heard late shows as time that has passed.

use lightbar::clock::Clock;
use lightbar::minidriver::{
    AcquireEnd, ColorMode, FeederState, MiniDriver, PageLimit, PnpEvent, ScanJob, Settled, Source, TransferId,
};

use crate::support::escl_bench::{Person, job};
use crate::support::played_device::{JPEG, Played, Script, created, empty, feeder, flatbed, open, page, status};
use crate::support::scripted_port::{Button, RESET, Step, TAKE_BACK};

/// A device of which one request is answered by a person who cancels and by nothing else, asked for
/// the first time; and what of it is unanswered.
struct Case {
    unanswered: &'static str,
    capabilities: &'static str,
    job: ScanJob,
    play: Script,
}

fn idle() -> Vec<Step> {
    status("Idle", "Loaded", "", "")
}

fn cases(lanes: usize, button: &Button) -> Vec<Case> {
    let pressed = || vec![Step::Press(button.clone())];
    let plain = |unanswered, play| Case { unanswered, capabilities: "plain.xml", job: flatbed(), play };
    let begun = Step::Data(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n\xff\xd8\xff\xe0".to_vec());
    let one_page = ScanJob { pages: PageLimit::from_pages(1), ..feeder() };
    let raw = job(Source::Flatbed, ColorMode::LineArt, 300);
    vec![
        plain("GET /eSCL/ScannerStatus", vec![("ScannerStatus", vec![pressed(), idle()])]),
        Case {
            capabilities: "raw-line-art.xml",
            job: raw,
            ..plain("PUT /eSCL/ScanBufferInfo", vec![("ScanBufferInfo", vec![pressed()])])
        },
        plain("POST /eSCL/ScanJobs", vec![("POST", vec![pressed(), created()])]),
        plain(
            "GET /eSCL/ScanJobs/7/NextDocument",
            vec![("POST", vec![created()]), ("NextDocument", vec![pressed(), empty("404 Not Found")])],
        ),
        plain(
            "GET /eSCL/ScanJobs/7/NextDocument",
            vec![("POST", vec![created()]), ("NextDocument", vec![[vec![begun], pressed()].concat()])],
        ),
        Case {
            job: one_page,
            ..plain(
                "GET /eSCL/ScannerStatus",
                vec![
                    ("POST", vec![created()]),
                    ("NextDocument", vec![page(JPEG)]),
                    ("ScannerStatus", [vec![idle(); lanes], vec![pressed(), idle()]].concat()),
                ],
            )
        },
        Case {
            job: feeder(),
            ..plain(
                "DELETE /eSCL/ScanJobs/7",
                vec![
                    ("POST", vec![created()]),
                    ("NextDocument", vec![page(JPEG), empty("404 Not Found")]),
                    ("DELETE", vec![pressed(), empty("404 Not Found")]),
                ],
            )
        },
    ]
}

fn last_request(played: &Played) -> String {
    let seen = played.seen.lock().expect("no panic");
    let (_, request) = seen.requests.last().expect("there are requests");
    request.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned()
}

#[test]
fn a_cancel_does_not_wait_for_a_reset() {
    let button = Button::default();
    let garbage = vec![Step::Data(b"rest of an old page".to_vec())];
    let play = vec![("ScannerStatus", vec![garbage]), (RESET, vec![vec![Step::Press(button.clone())]])];
    let mut played = open(2, "plain.xml", play).expect("it opens");
    let done = played.scan(&flatbed(), Person { button: Some(button.clone()), ..Person::default() });
    assert_eq!(done.result, Ok(AcquireEnd::Cancelled));
    assert_eq!(Some(done.returned_at), button.pressed_at(), "heard late");
    let seen = played.seen.lock().expect("no panic");
    assert_eq!((seen.resets, &seen.released[..]), (1, &[0, 1][..]), "and the device is given back");
}

/// Paper was looked for, and the device takes its time; a scan that is wanted meanwhile goes ahead.
#[test]
fn a_question_that_is_unanswered_gives_way_to_a_scan() {
    let unanswered = Button::default();
    let pressed = vec![Step::Press(unanswered.clone())];
    let play = vec![
        ("POST", vec![created()]),
        ("NextDocument", vec![page(JPEG), empty("404 Not Found")]),
        ("ScannerStatus", vec![idle(), pressed, idle()]),
    ];
    let mut played = open(2, "plain.xml", play).expect("it opens");
    assert_eq!(played.driver.feeder_state(TransferId::next()), Ok(FeederState::Loaded));
    let question = TransferId::next();
    let notifications = played.driver.notifications();
    unanswered.wire(move || notifications.notify(PnpEvent::CancelIo(question)));
    assert!(played.driver.feeder_state(question).is_err());
    assert_eq!(Some(played.clock.now().elapsed()), unanswered.pressed_at(), "heard late");
    assert!(played.driver.is_at_rest(), "nobody has to wait for the answer");
    let done = played.scan(&feeder(), Person::default());
    assert_eq!((done.result, done.pages), (Ok(AcquireEnd::Completed), vec![JPEG.to_vec()]));
    assert_eq!(played.seen.lock().expect("no panic").resets, 0);
}

/// Between the last look whether to stop and the reset itself nobody waits; the cancel must not get lost there.
#[test]
fn a_cancel_just_before_a_reset_keeps_it_from_beginning() {
    let button = Button::default();
    let garbage = vec![Step::Data(b"rest of an old page".to_vec())];
    let play = vec![("ScannerStatus", vec![garbage]), (TAKE_BACK, vec![vec![Step::Press(button.clone())]])];
    let mut played = open(2, "plain.xml", play).expect("it opens");
    let done = played.scan(&flatbed(), Person { button: Some(button.clone()), ..Person::default() });
    assert_eq!(done.result, Ok(AcquireEnd::Cancelled));
    assert_eq!(Some(done.returned_at), button.pressed_at(), "heard late");
    assert_eq!(played.seen.lock().expect("no panic").resets, 0, "nobody waits for a reset");
}

#[test]
fn a_cancel_is_heard_at_once_whatever_is_unanswered() {
    for lanes in [1, 2] {
        for index in 0..cases(lanes, &Button::default()).len() {
            let button = Button::default();
            let Case { unanswered, capabilities, job, play } = cases(lanes, &button).remove(index);
            let name = format!("{unanswered} ({index}), {lanes} lanes");
            let mut played = open(lanes, capabilities, play).expect("it opens");
            let done = played.scan(&job, Person { button: Some(button.clone()), ..Person::default() });
            // What comes after the last page is closing work: the job has ended by itself before it.
            let delivered =
                if done.pages.iter().any(|page| page == JPEG) { AcquireEnd::Completed } else { AcquireEnd::Cancelled };
            assert_eq!(done.result, Ok(delivered), "{name}");
            assert_eq!(Some(done.returned_at), button.pressed_at(), "{name}: heard late");
            assert_eq!(last_request(&played), unanswered, "{name}: nothing was asked after the cancel");
            assert!(!played.driver.is_at_rest(), "{name}");
            assert_ne!(played.driver.settle(), Settled::NotResponding, "{name}");
            assert!(played.driver.is_at_rest(), "{name}");
        }
    }
}
