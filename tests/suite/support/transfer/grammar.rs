//! The order that an application can rely on (reference, 7.1):
//! `STATUS* ( GetNextStream (STATUS | NEW_PAGE)* END_OF_STREAM )* END_OF_TRANSFER`, where a
//! GetNextStream that was answered without a stream leads back to where it came from.

use super::{Application, Seen};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nothing was asked for yet, or the page asked for last is left out.
    WithoutStream,
    InStream,
    /// The stream has ended: another one is asked for, or it is over.
    StreamEnded,
    Over,
}

/// What is wrong with a sequence; `streams` is how many the application gave.
fn fault(sequence: &[Seen], streams: usize) -> Option<String> {
    let mut place = Place::WithoutStream;
    let mut ended = 0;
    for (index, seen) in sequence.iter().enumerate() {
        place = match (place, seen) {
            (Place::WithoutStream | Place::StreamEnded, Seen::NextStream(_)) => {
                if stream_was_given(&sequence[index + 1..]) { Place::InStream } else { Place::WithoutStream }
            }
            (Place::WithoutStream | Place::InStream, Seen::Status(..)) => place,
            (Place::InStream, Seen::NewPage) => place,
            (Place::InStream, Seen::EndOfStream { .. }) => {
                ended += 1;
                Place::StreamEnded
            }
            (Place::WithoutStream | Place::StreamEnded, Seen::EndOfTransfer) => Place::Over,
            (place, seen) => return Some(format!("{seen:?} at {index}, {place:?}")),
        };
    }
    match place {
        Place::Over if ended == streams => None,
        Place::Over => Some(format!("{streams} streams were given and {ended} were ended")),
        _ => Some("no END_OF_TRANSFER".to_owned()),
    }
}

/// What follows a GetNextStream shows whether it was answered with a stream.
fn stream_was_given(rest: &[Seen]) -> bool {
    rest.iter()
        .find(|seen| matches!(seen, Seen::NextStream(_) | Seen::EndOfStream { .. } | Seen::EndOfTransfer))
        .is_some_and(|seen| matches!(seen, Seen::EndOfStream { .. }))
}

#[track_caller]
pub fn assert_legal(sequence: &[Seen]) {
    let ends = sequence.iter().filter(|seen| matches!(seen, Seen::EndOfStream { .. })).count();
    if let Some(fault) = fault(sequence, ends) {
        panic!("{fault}: {sequence:?}");
    }
}

impl Application {
    /// What it saw is legal, and every stream that it gave was ended once and is held by nobody else.
    #[track_caller]
    pub fn assert_legal(&self, case: &str) {
        let sequence = self.journal.application();
        if let Some(fault) = fault(&sequence, self.pages.len()) {
            panic!("{case}: {fault}: {sequence:?}");
        }
        assert!(self.pages.iter().all(|page| page.holders() == 1), "{case}: a stream is still held");
    }
}

#[test]
fn the_checker_knows_legal_from_illegal() {
    const STATUS: Seen = Seen::Status(0, 0);
    const ASKED: Seen = Seen::NextStream(1);
    const END: Seen = Seen::EndOfStream { complete: true };
    const OVER: Seen = Seen::EndOfTransfer;
    let legal: [(&[Seen], usize); 6] = [
        (&[OVER], 0),
        (&[STATUS, STATUS, OVER], 0),
        (&[ASKED, STATUS, END, OVER], 1),
        (&[ASKED, ASKED, STATUS, ASKED, STATUS, Seen::NewPage, STATUS, END, OVER], 1),
        (&[ASKED, END, ASKED, END, OVER], 2),
        (&[ASKED, END, ASKED, STATUS, OVER], 1),
    ];
    for (sequence, streams) in legal {
        assert_eq!(fault(sequence, streams), None, "{sequence:?}");
    }
    let illegal: [(&[Seen], usize); 11] = [
        (&[], 0),
        (&[STATUS], 0),
        (&[OVER, OVER], 0),
        (&[OVER, STATUS], 0),
        (&[END, OVER], 0),
        (&[ASKED, OVER], 1),
        (&[ASKED, END, END, OVER], 1),
        (&[ASKED, END, STATUS, OVER], 1),
        (&[ASKED, END, STATUS, ASKED, END, OVER], 2),
        (&[Seen::NewPage, OVER], 0),
        (&[ASKED, Seen::NewPage, OVER], 0),
    ];
    for (sequence, streams) in illegal {
        assert!(fault(sequence, streams).is_some(), "{sequence:?}");
    }
}
