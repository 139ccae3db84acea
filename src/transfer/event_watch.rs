//! Events of a device that is looked at from time to time (reference, part 15): the difference between
//! two looks.

use crate::minidriver::{Condition, DeviceEvent, FeederState};

/// What was seen last, and what has been told.
#[derive(Debug, Default)]
pub(super) struct EventWatch {
    last: Option<FeederState>,
    cover_open: bool,
    not_ready: bool,
    /// A job ran since the last look: paper that is gone was used up.
    used_up: bool,
}

impl EventWatch {
    /// A job has run.
    pub(super) fn job_ran(&mut self) {
        self.used_up = true;
    }

    /// What has happened since the last look; nothing at the first one, or when the device cannot tell.
    pub(super) fn look(&mut self, now: FeederState) -> Vec<DeviceEvent> {
        let used_up = std::mem::take(&mut self.used_up);
        if now == FeederState::Unknown {
            return Vec::new();
        }
        let mut events = Vec::new();
        let first = self.last.is_none();
        let cover_open = now == FeederState::Trouble(Condition::CoverOpen);
        let not_ready = matches!(now, FeederState::Trouble(_)) && !cover_open;
        tell(&mut events, &mut self.cover_open, cover_open, (DeviceEvent::CoverOpened, DeviceEvent::CoverClosed));
        tell(&mut events, &mut self.not_ready, not_ready, (DeviceEvent::NotReady, DeviceEvent::Ready));
        match (self.last, now) {
            (Some(FeederState::Empty), FeederState::Loaded) => events.push(DeviceEvent::FeederLoaded),
            (Some(FeederState::Loaded), FeederState::Empty) if !used_up => events.push(DeviceEvent::FeederEmptied),
            _ => {}
        }
        // What paper there is cannot be told while something is in the way.
        if let FeederState::Loaded | FeederState::Empty = now {
            self.last = Some(now);
        } else if first {
            self.last = None;
        }
        events
    }
}

/// Tells a change once.
fn tell(events: &mut Vec<DeviceEvent>, before: &mut bool, now: bool, (begins, ends): (DeviceEvent, DeviceEvent)) {
    if std::mem::replace(before, now) != now {
        events.push(if now { begins } else { ends });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(states: &[FeederState]) -> Vec<DeviceEvent> {
        let mut watch = EventWatch::default();
        states.iter().flat_map(|state| watch.look(*state)).collect()
    }

    #[test]
    fn paper_that_comes_and_goes_is_told_and_paper_that_was_there_is_not() {
        use FeederState::{Empty, Loaded, Unknown};
        assert_eq!(seen(&[Loaded, Loaded]), []);
        assert_eq!(
            seen(&[Empty, Loaded, Unknown, Loaded, Empty]),
            [DeviceEvent::FeederLoaded, DeviceEvent::FeederEmptied]
        );
    }

    #[test]
    fn paper_that_a_scan_used_up_was_not_taken_out() {
        let mut watch = EventWatch::default();
        watch.look(FeederState::Loaded);
        watch.job_ran();
        assert_eq!(watch.look(FeederState::Empty), []);
        assert_eq!(watch.look(FeederState::Loaded), [DeviceEvent::FeederLoaded]);
        assert_eq!(watch.look(FeederState::Empty), [DeviceEvent::FeederEmptied]);
    }

    #[test]
    fn a_cover_and_a_jam_are_told_when_they_begin_and_when_they_end() {
        let cover = FeederState::Trouble(Condition::CoverOpen);
        let jam = FeederState::Trouble(Condition::PaperJam);
        let states = [FeederState::Loaded, cover, cover, jam, FeederState::Loaded];
        let expected = [DeviceEvent::CoverOpened, DeviceEvent::CoverClosed, DeviceEvent::NotReady, DeviceEvent::Ready];
        assert_eq!(seen(&states), expected);
    }
}
