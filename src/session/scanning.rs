//! What a person asks of a device: which one, whether there is paper, a scan.

use crate::clock::Clock;

use super::chosen::Chosen;
use super::core::Core;
use super::device_name::DeviceName;
use super::device_thread::Order;
use super::documents::Placement;
use super::job::Job;
use super::left_out::LeftOut;
use super::page_sink::JobDesk;
use super::settings::SettingsError;
use super::{Event, Matter, Paused, Progress, ScanState, ScanWish, Scanning};

impl Core {
    pub(super) fn choose(&mut self, name: &str) {
        let chosen =
            DeviceName::meant(name).and_then(|name| self.devices.open(&name, &self.control, &self.news, &self.held));
        match chosen {
            Ok(chosen) => self.chosen = Some(chosen),
            Err(trouble) => {
                self.notices.add(Matter::Device(trouble.clone()));
                self.tell(Event::DeviceAsked(Err(trouble)));
            }
        }
    }

    pub(super) fn look_at_feeder(&mut self) {
        if self.job.is_none()
            && let Some(chosen) = &self.chosen
        {
            chosen.order(Order::LookAtFeeder);
        }
    }

    pub(super) fn scan(&mut self, wish: &ScanWish, placement: Placement) {
        match self.prepare(wish) {
            Ok(order) => {
                self.notices.scan_begins();
                let begun = self.chosen.as_ref().is_some_and(|chosen| chosen.order(order));
                if begun {
                    self.left_out = LeftOut::default();
                    self.job = Some(Job::ordered(wish, placement));
                } else {
                    self.refuse(SettingsError::NoDevice);
                }
            }
            Err(error) => self.refuse(error),
        }
    }

    /// A button of the device starts the profile that was meant for it, if there is one and nothing runs.
    pub(super) fn button_pressed(&mut self) {
        let Some(profile) = self.profiles.shown().for_button().cloned() else { return };
        let usual = self.chosen.as_ref().and_then(Chosen::usual_source);
        if let Some(source) = usual.filter(|_| self.job.is_none() && !self.opening) {
            self.control.queue();
            self.scan(&profile.plan.wish(source), Placement::End);
        }
    }

    fn prepare(&mut self, wish: &ScanWish) -> Result<Order, SettingsError> {
        if self.job.as_ref().is_some_and(|job| job.end.is_none()) {
            return Err(SettingsError::Busy);
        }
        let chosen = self.chosen.as_ref().ok_or(SettingsError::NoDevice)?;
        let job = chosen.offers().ok_or(SettingsError::NoDevice)?.job(wish)?;
        self.binder.check_storage()?;
        self.jobs_before += 1;
        let desk = JobDesk {
            folder: self.binder.folder().clone(),
            device: chosen.id().0.clone(),
            device_name: chosen.name().to_owned(),
            job: self.jobs_before,
            preview: self.preview.clone(),
            control: self.control.clone(),
            news: self.news.clone(),
        };
        Ok(Order::Scan(Box::new(job), Box::new(desk)))
    }

    fn refuse(&mut self, error: SettingsError) {
        self.control.withdraw();
        self.notices.add(Matter::Refused(error.clone()));
        self.tell(Event::Refused(error));
    }

    pub(super) fn scan_state(&mut self) -> ScanState {
        let Some(job) = &mut self.job else { return ScanState::Idle };
        if job.end.is_some() {
            return ScanState::Settling;
        }
        let progress = match &job.page {
            Some(page) => job.meter.read(self.wall.now(), &page.counters, page.expected_rows),
            None => Progress::default(),
        };
        let scanning = Scanning {
            transfer: job.transfer,
            page: job.page.as_ref().map(|page| page.id),
            number: job.number,
            complete: job.complete(),
            skipping: self.control.skip(),
            live: job.page.as_ref().and_then(|page| page.live.clone()),
            progress,
            phase: job.phase,
        };
        match &job.paused {
            Some(failure) => ScanState::Paused(Paused { scanning, failure: failure.clone() }),
            None => ScanState::Scanning(scanning),
        }
    }
}
