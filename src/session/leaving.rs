//! The end of a program with a session: what came is on disk, and the device rests or is left (design, section 3).

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, select};

use super::Session;

/// How long a device that has become silent is waited for before the program ends (design, section 3).
pub const LEAVE_SILENT_AFTER: Duration = Duration::from_secs(1);
/// How long a device that is at rest may take to be given back: the system's own driver gets it again, so that
/// printing works.
pub(super) const GIVE_BACK_LIMIT: Duration = Duration::from_secs(1);
/// The same for a save under way whose pages do not get more: its disk hangs.
const LEAVE_STUCK_SAVE_AFTER: Duration = Duration::from_secs(60);
/// How often is looked whether there is still life.
const LOOK: Duration = Duration::from_millis(200);

/// How a session was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Everything has come to its end.
    AtRest,
    /// A device or a disk was silent for too long. Whoever opens the device next puts it right.
    Silent,
    /// A person did not want to wait.
    InHurry,
}

impl Session {
    /// Takes no more wishes, ends the job under way as a cancel does, and returns when it has ended, a file under way
    /// is saved, and the device rests and is given back. A silent device is left after [`LEAVE_SILENT_AFTER`]; a message from `hurry`
    /// leaves everything. `lasts` is called once, when a device that still sends takes longer than that.
    pub fn leave(mut self, hurry: &Receiver<()>, lasts: impl FnOnce()) -> Left {
        let ended = self.dismiss();
        let mut life = Life::begins(lasts);
        loop {
            let saved = self.snapshot().saving.as_ref().map(|saving| saving.done);
            let sent = self.device_traffic();
            let limit = if saved.is_some() { LEAVE_STUCK_SAVE_AFTER } else { LEAVE_SILENT_AFTER };
            if life.is_silent_for(limit, (sent, saved)) {
                return Left::Silent;
            }
            if sent.is_some() {
                life.tell_if_it_lasts();
            }
            select! {
                recv(ended) -> _ => break,
                recv(hurry) -> _ => return Left::InHurry,
                default(LOOK) => {}
            }
        }
        select! {
            recv(self.given_back) -> _ => Left::AtRest,
            recv(hurry) -> _ => Left::InHurry,
            default(GIVE_BACK_LIMIT) => Left::Silent,
        }
    }
}

/// Returns when `traffic` has nothing to tell any more, or nobody is left who could send `news`: the device is at rest.
/// While it tells bytes that get more the device is waited for; after [`LEAVE_SILENT_AFTER`] without it is left.
pub fn wait_for_rest<News>(
    traffic: impl Fn() -> Option<u64>,
    news: &Receiver<News>,
    hurry: &Receiver<()>,
    lasts: impl FnOnce(),
) -> Left {
    let mut life = Life::begins(lasts);
    while let Some(sent) = traffic() {
        if life.is_silent_for(LEAVE_SILENT_AFTER, (Some(sent), None)) {
            return Left::Silent;
        }
        life.tell_if_it_lasts();
        select! {
            recv(news) -> heard => if heard.is_err() { return Left::AtRest },
            recv(hurry) -> _ => return Left::InHurry,
            default(LOOK) => {}
        }
    }
    Left::AtRest
}

/// Bytes that a device has sent, and pages that are saved.
type Sign = (Option<u64>, Option<u32>);

/// Whether something still goes on, and for how long.
struct Life<Lasts> {
    began: Instant,
    newest: Sign,
    since: Instant,
    lasts: Option<Lasts>,
}

impl<Lasts: FnOnce()> Life<Lasts> {
    fn begins(lasts: Lasts) -> Life<Lasts> {
        let now = Instant::now();
        Life { began: now, newest: (None, None), since: now, lasts: Some(lasts) }
    }

    fn is_silent_for(&mut self, limit: Duration, sign: Sign) -> bool {
        if sign != self.newest {
            (self.newest, self.since) = (sign, Instant::now());
        }
        self.since.elapsed() >= limit
    }

    fn tell_if_it_lasts(&mut self) {
        if self.began.elapsed() >= LEAVE_SILENT_AFTER
            && let Some(lasts) = self.lasts.take()
        {
            lasts();
        }
    }
}
