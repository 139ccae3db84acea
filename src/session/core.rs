//! The session thread: owns the document, syncs page files, turns what happens into snapshots and
//! events. It never waits for a device.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, select};

use crate::clock::{Clock, SystemClock};
use crate::document::PageId;
use crate::minidriver::{FeederState, Settled, TransferId};

use super::binder::Binder;
use super::chosen::Chosen;
use super::device_list::{DeviceList, ListNews};
use super::device_name::DeviceName;
use super::device_thread::{News, Order};
use super::handle::Shared;
use super::job::{ArrivingPage, Job};
use super::job_control::JobControl;
use super::notices::Notices;
use super::page_sink::JobDesk;
use super::preview::PageToShow;
use super::progress::Counters;
use super::saving::{SaveNews, Saver};
use super::settings::{SettingsError, job_for};
use super::{
    Command, DeviceTrouble, Event, JobEnd, Matter, Paused, Phase, Progress, SaveWish, ScanState, ScanWish, Scanning,
    Snapshot,
};

/// How often a snapshot is made while pages arrive; otherwise only when something happens.
const TICK: Duration = Duration::from_millis(100);
/// Without anything under way the thread sleeps; this only bounds its wait.
const IDLE: Duration = Duration::from_secs(3600);

/// What the session thread listens to.
pub(super) struct Inlets {
    pub(super) commands: Receiver<Command>,
    pub(super) news: Receiver<News>,
    pub(super) listed: Receiver<ListNews>,
    pub(super) saved: Receiver<SaveNews>,
}

/// The session thread's belongings.
pub(super) struct Core {
    pub(super) shared: Arc<Shared>,
    /// Time for devices; numbers for people are taken from the wall.
    pub(super) clock: Arc<dyn Clock>,
    pub(super) wall: Arc<SystemClock>,
    pub(super) control: JobControl,
    pub(super) news: Sender<News>,
    pub(super) preview: Option<Sender<PageToShow>>,
    pub(super) devices: DeviceList,
    pub(super) chosen: Option<Chosen>,
    pub(super) binder: Binder,
    pub(super) job: Option<Job>,
    pub(super) jobs_before: u64,
    pub(super) counters: Arc<Counters>,
    pub(super) saver: Saver,
    pub(super) notices: Notices,
}

impl Core {
    /// Runs until the session's handle is gone and the job under way has ended.
    pub(super) fn run(mut self, inlets: &Inlets) {
        self.publish();
        let mut open = true;
        while open || self.job.is_some() || self.saver.is_busy() {
            let wait = if self.job.is_some() || self.saver.is_busy() { TICK } else { IDLE };
            select! {
                recv(inlets.commands) -> command => match command {
                    Ok(command) => self.obey(command),
                    Err(_) if open => {
                        open = false;
                        self.control.stop();
                        self.chosen = None;
                    }
                    // Nobody commands any more; what is under way still has to be brought home.
                    Err(_) => self.hear_of_the_job(inlets),
                },
                recv(inlets.news) -> news => if let Ok(news) = news { self.hear(news) },
                recv(inlets.listed) -> listed => if let Ok(listed) = listed { self.take_list(listed) },
                recv(inlets.saved) -> saved => if let Ok(saved) = saved { self.saved(saved) },
                default(wait) => {}
            }
            self.binder.sync(self.wall.now());
            self.publish();
        }
    }
}
