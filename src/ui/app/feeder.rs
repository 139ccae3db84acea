//! When somebody looks whether there is paper in the feeder.

use std::time::Duration;

use eframe::egui::Context;

use crate::session::settings::Offers;
use crate::session::{Command, ScanState, Snapshot};

use super::Application;

/// While the window is used, the feeder is looked at this often, in seconds …
const FEEDER_LOOK: f64 = 3.0;
/// … until the last use is this long ago.
const FEEDER_CARE: f64 = 60.0;

/// When the feeder is looked at (design, section 3, *Who holds the device*).
#[derive(Default)]
pub(super) struct FeederCare {
    focused: bool,
    used: f64,
    looked: f64,
}

impl Application {
    pub(super) fn look_at_feeder(&mut self, shown: &Snapshot, ctx: &Context, now: f64, job_ended: bool) {
        let (focused, used) = ctx.input(|input| (input.focused, !input.events.is_empty()));
        let care = &mut self.feeder;
        let gained = focused && !std::mem::replace(&mut care.focused, focused);
        if used || gained {
            care.used = now;
        }
        let offers = shown.chosen.as_ref().and_then(|chosen| chosen.offers.as_deref());
        let has_feeder = offers.is_some_and(Offers::has_feeder);
        if !has_feeder || !matches!(shown.scan, ScanState::Idle) {
            return;
        }
        let cares = focused && now - care.used < FEEDER_CARE;
        if gained || job_ended || (cares && now - care.looked >= FEEDER_LOOK) {
            care.looked = now;
            self.backend.send(Command::LookAtFeeder);
        }
        if cares {
            let left = FEEDER_LOOK - (now - self.feeder.looked);
            ctx.request_repaint_after(Duration::from_secs_f64(left.clamp(0.1, FEEDER_LOOK)));
        }
    }
}
