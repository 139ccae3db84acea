//! The session thread: owns the document, syncs page files, turns what happens into snapshots and
//! events. It never waits for a device.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, never, select};

use crate::clock::{Clock, SystemClock};
use crate::document::{Arrival, Document, Edit, PageFacts, PageId};
use crate::minidriver::{DeviceEvent, FeederState, Settled, TransferId};

use super::auto_save::AutoSaving;
use super::binder::{Binder, WRITE_AGAIN_AFTER};
use super::chosen::Chosen;
use super::device_list::{DeviceList, ForTheDevice, ListNews};
use super::device_name::DeviceName;
use super::device_thread::{News, Order};
use super::documents::{DocumentChoice, Placement};
use super::estimating::Estimator;
use super::handle::Shared;
use super::importing::{ImportNews, Importer};
use super::job::{ArrivingPage, Job};
use super::job_control::JobControl;
use super::left_out::LeftOut;
use super::notices::Notices;
use super::page_sink::JobDesk;
use super::picture_worker::CurrentFolder;
use super::preview::PageToShow;
use super::profiles::{ProfileError, ProfileKeeper, Profiles};
use super::saving::{SaveNews, SaveTask, Saver};
use super::settings::SettingsError;
use super::sleep::Sleep;
use super::snapshot::{DocumentTrouble, Shelf};
use super::{Command, Event, JobEnd, Matter, Paused, Progress, Remark, ScanState, ScanWish, Scanning, Snapshot};

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
    pub(super) imported: Receiver<ImportNews>,
    pub(super) sleeps: Receiver<Sleep>,
    pub(super) shelves: Receiver<Result<Shelf, DocumentTrouble>>,
}

/// The session thread's belongings.
pub(super) struct Core {
    pub(super) shared: Arc<Shared>,
    /// Speed and time left are a person's, whatever clock the device has.
    pub(super) wall: Arc<SystemClock>,
    pub(super) control: JobControl,
    pub(super) news: Sender<News>,
    pub(super) preview: Option<Sender<PageToShow>>,
    /// Whoever has a device holds a copy of this.
    pub(super) held: Sender<Infallible>,
    pub(super) devices: DeviceList,
    pub(super) chosen: Option<Chosen>,
    pub(super) profiles: ProfileKeeper,
    pub(super) binder: Binder,
    pub(super) job: Option<Job>,
    pub(super) jobs_before: u64,
    pub(super) left_out: LeftOut,
    pub(super) saver: Saver,
    pub(super) estimator: Estimator,
    pub(super) importer: Importer,
    pub(super) auto_save: AutoSaving,
    pub(super) notices: Notices,
    /// Whether the document to begin with is not there yet.
    pub(super) opening: bool,
    /// Whose pages are drawn.
    pub(super) shown_folder: CurrentFolder,
    /// The documents there are, as they were when somebody asked, and the way they are told.
    pub(super) shelf: Option<Arc<Shelf>>,
    pub(super) shelves: Sender<Result<Shelf, DocumentTrouble>>,
    /// Events of this turn of the loop.
    pub(super) untold: Vec<Event>,
}

impl Core {
    /// Runs until the session's handle is gone and the job under way has ended; closes `at_work` then, before the
    /// threads that look for devices are waited for.
    pub(super) fn run(mut self, inlets: &Inlets, begin_with: &DocumentChoice, at_work: Sender<Infallible>) {
        let Inlets { commands, news, listed, saved, imported, sleeps, shelves } = inlets;
        // An inlet nobody sends into any more is taken out: it would end every wait at once.
        let (mut commands, mut news) = (commands.clone(), news.clone());
        let (mut listed, mut saved, mut sleeps) = (listed.clone(), saved.clone(), sleeps.clone());
        let mut open = true;
        if let Err(error) = self.profiles.load() {
            self.notices.add(Matter::Profiles(error));
        }
        self.listen_for_the_button();
        self.open_first(begin_with);
        if *begin_with != DocumentChoice::New {
            self.publish();
        }
        while open || self.job.is_some() || self.saver.is_writing_a_file() || self.importer.is_busy() {
            let wait = match self.job.is_some() || self.saver.is_busy() || self.importer.is_busy() {
                true => TICK,
                // What could not be written down is tried again, also when nobody does anything.
                false if self.binder.is_behind() => WRITE_AGAIN_AFTER,
                false => IDLE,
            };
            select! {
                recv(commands) -> command => match command {
                    Ok(command) => self.obey(command),
                    Err(_) => {
                        open = false;
                        commands = never();
                        self.control.stop();
                        self.importer.cancel();
                    }
                },
                recv(news) -> heard => match heard {
                    Ok(heard) => self.hear(heard),
                    Err(_) => news = never(),
                },
                recv(listed) -> change => match change {
                    Ok(change) => self.take_list(change),
                    Err(_) => listed = never(),
                },
                recv(saved) -> outcome => match outcome {
                    Ok(outcome) => self.hear_of_saving(outcome),
                    Err(_) => saved = never(),
                },
                // It has a sender of its own, so that there is always one.
                recv(imported) -> came => if let Ok(came) = came { self.hear_of_importing(came) },
                recv(sleeps) -> sleep => match sleep {
                    Ok(Sleep::Begins) => self.suspend(),
                    Ok(Sleep::IsOver) => self.resume(),
                    Err(_) => sleeps = never(),
                },
                recv(shelves) -> shelf => match shelf {
                    Ok(Ok(shelf)) => self.shelf = Some(Arc::new(shelf)),
                    Ok(Err(trouble)) => self.notices.add(Matter::Document(trouble)),
                    // It has a sender of its own.
                    Err(_) => {}
                },
                default(wait) => {}
            }
            self.binder.sync(self.wall.now());
            if self.binder.take_unsynced() {
                self.remark(Remark::DiskTrouble);
            }
            if let Some(kind) = self.binder.take_trouble() {
                self.notices.add(Matter::NotWrittenDown(kind));
            }
            self.publish();
        }
        self.shown_folder.put_away();
        self.binder.close();
        // Its thread gives the device back now, and not after whoever looks for others.
        self.chosen = None;
        drop(at_work);
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::ChooseDevice(id) => self.choose(&id.0),
            Command::ChooseAddress(address) => self.choose(&address),
            Command::LookAtFeeder => self.look_at_feeder(),
            Command::Scan(wish) => self.scan(&wish, Placement::End),
            Command::ScanTo(wish, placement) => self.scan(&wish, placement),
            Command::SkipNextPage { page } => self.control.set_skip(Some(page)),
            Command::KeepNextPage => self.control.set_skip(None),
            Command::AnswerProblem(answer) => self.control.answer(answer),
            Command::DeletePages(pages) => self.edit(Edit::Delete(pages)),
            Command::Edit(edit) => self.edit(edit),
            Command::Split { page, parts } => self.split(page, &parts),
            Command::Undo => self.change(Document::undo),
            Command::Redo => self.change(Document::redo),
            Command::SetTitle(title) => self.change(|document| document.set_title(title)),
            Command::NewDocument => self.new_document(),
            Command::OpenDocument(id) => self.open_document(&id),
            Command::ListDocuments => self.list_documents(),
            Command::ThrowAway(id) => self.throw_away(&id),
            Command::TakeBack(id) => self.take_back(&id),
            Command::EmptyTrash => self.empty_trash(),
            Command::Clean(id) => self.clean(&id),
            Command::Import(wish) => self.import(wish),
            Command::CancelImport => self.importer.cancel(),
            Command::Save(wish) => self.save(SaveTask::Save(wish)),
            Command::Send(wish) => self.save(SaveTask::Send(wish)),
            Command::SetAutoSave(wish) => self.set_auto_save(wish),
            Command::Estimate(wish) => self.estimate(wish),
            Command::CancelSave => self.saver.cancel(),
            Command::SaveProfile(profile) => self.change_profiles(|profiles| profiles.put(profile)),
            Command::RemoveProfile(name) => self.change_profiles(|profiles| profiles.remove(&name).map(drop)),
            Command::DismissNotice(number) => self.notices.dismiss(number),
            Command::DiscardDocument => self.discard_document(),
        }
    }

    /// The computer is about to sleep.
    fn suspend(&mut self) {
        if self.job.as_ref().is_some_and(|job| job.end.is_none()) {
            self.remark(Remark::StoppedForSleep);
        }
        self.control.stop();
        if !self.chosen.as_ref().is_some_and(|chosen| chosen.order(Order::Suspend)) {
            self.control.end_suspend();
        }
    }

    fn resume(&mut self) {
        if let Some(chosen) = &self.chosen {
            chosen.order(Order::Resume);
        }
    }

    fn remark(&mut self, remark: Remark) {
        self.notices.add(Matter::Remark(remark.clone()));
        self.tell(Event::Remark(remark));
    }

    fn change_profiles(&mut self, change: impl FnOnce(&mut Profiles) -> Result<(), ProfileError>) {
        if let Err(error) = self.profiles.change(change) {
            self.notices.add(Matter::Profiles(error));
        }
        if self.listen_for_the_button() {
            // It may have been given back; looked at, it is held again.
            self.look_at_feeder();
        }
    }

    /// While a profile waits for the device's button, the device is held so that it can be heard.
    fn listen_for_the_button(&self) -> bool {
        let listens = self.profiles.shown().for_button().is_some();
        self.control.wait_for_button(listens);
        listens
    }

    fn choose(&mut self, name: &str) {
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

    fn look_at_feeder(&mut self) {
        if self.job.is_none()
            && let Some(chosen) = &self.chosen
        {
            chosen.order(Order::LookAtFeeder);
        }
    }

    fn scan(&mut self, wish: &ScanWish, placement: Placement) {
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
    fn button_pressed(&mut self) {
        let Some(profile) = self.profiles.shown().for_button().cloned() else { return };
        let usual = self.chosen.as_ref().and_then(Chosen::usual_source);
        if let Some(source) = usual.filter(|_| self.job.is_none()) {
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

    fn hear(&mut self, news: News) {
        match news {
            News::Asked { device, result } => {
                if let Some(chosen) = self.chosen.as_mut().filter(|chosen| chosen.is(device)) {
                    let result = chosen.asked(result);
                    self.tell(Event::DeviceAsked(result));
                }
            }
            News::Feeder { device, state } => self.feeder(device, state),
            News::Device { device, event } => {
                if self.chosen.as_ref().is_some_and(|chosen| chosen.is(device)) {
                    if matches!(event, DeviceEvent::Button(_)) {
                        self.button_pressed();
                    }
                    self.tell(Event::Device(event));
                }
            }
            News::Began(transfer) => {
                if let Some(job) = &mut self.job {
                    job.transfer = Some(transfer);
                }
            }
            News::Phase(transfer, phase) => {
                if let Some(job) = self.job_of(transfer) {
                    job.phase = phase;
                }
            }
            News::PageBegan { transfer, head, sync, live, counters } => {
                let id = head.page;
                let (number, expected_rows) = (head.info.number, head.info.expected_rows);
                let place = self.job.as_ref().map_or(Arrival::AtEnd, |job| job.place);
                self.binder.page_began(&head, place, sync);
                let now = self.wall.now();
                if let Some(job) = self.job_of(transfer) {
                    job.number = number;
                    if job.place != Arrival::AtEnd {
                        job.place = Arrival::Behind(id);
                    }
                    job.page = Some(ArrivingPage { id, live, expected_rows, counters });
                    job.meter.restart(now);
                }
                self.tell(Event::PageBegan(transfer, id));
            }
            News::PageEnded { transfer, page, number, facts } => self.page_ended(transfer, page, number, facts),
            News::PageSkipped(transfer, number) => {
                if let Some(job) = self.job_of(transfer) {
                    job.skipped += 1;
                    job.number = number + 1;
                    self.left_out.skipped(number);
                }
                self.tell(Event::PageSkipped(transfer, number));
            }
            News::Paused { transfer, failure } => {
                if let Some(job) = self.job_of(transfer) {
                    job.paused = Some(failure.clone());
                }
                self.tell(Event::Paused(transfer, failure));
            }
            News::Resumed(transfer) => {
                if let Some(job) = self.job_of(transfer) {
                    job.paused = None;
                }
            }
            News::Remark(remark) => self.remark(remark),
            News::Ended(transfer, end) => self.job_ended(transfer, end),
            News::Rested(transfer, settled) => self.job_rested(transfer, settled),
        }
    }

    /// The job a message means; late messages mean none.
    fn job_of(&mut self, transfer: TransferId) -> Option<&mut Job> {
        self.job.as_mut().filter(|job| job.is(transfer))
    }

    fn feeder(&mut self, device: u64, state: FeederState) {
        if let Some(chosen) = self.chosen.as_mut().filter(|chosen| chosen.is(device)) {
            chosen.set_feeder(state);
        }
    }

    fn page_ended(&mut self, transfer: TransferId, page: PageId, number: u32, seen: Option<PageFacts>) {
        let facts = self.binder.page_ended(page, seen);
        let complete = facts.is_some_and(|facts| facts.complete);
        let mut replaced = Vec::new();
        if let Some(job) = self.job_of(transfer) {
            if job.page.as_ref().is_some_and(|arriving| arriving.id == page) {
                job.page = None;
            }
            if facts.is_some() {
                replaced = job.page_over(page, number, complete);
            }
            if complete {
                job.number = number + 1;
            }
        }
        // Undoable: the partial page of a sheet that was fed again, and a page that nobody asked for,
        // stay within reach.
        self.binder.delete(replaced);
        self.replace_page(page, complete);
        self.tell(Event::PageEnded { transfer, page, complete });
    }

    fn job_ended(&mut self, transfer: TransferId, end: JobEnd) {
        let Some(job) = self.job_of(transfer) else { return };
        job.paused = None;
        job.page = None;
        let report = job.report(transfer, end.clone());
        job.end = Some(end);
        if let Some(job) = self.job.take() {
            self.job_pages_came(&job);
            self.job = Some(job);
        }
        self.notices.add(Matter::JobEnded(report.clone()));
        self.tell(Event::JobEnded(report));
    }

    fn job_rested(&mut self, transfer: TransferId, settled: Option<Settled>) {
        if self.job_of(transfer).is_some() {
            self.job = None;
        }
        if settled == Some(Settled::NotResponding) {
            self.notices.add(Matter::DeviceNotResponding);
        }
        self.tell(Event::Settled(transfer, settled));
    }

    fn take_list(&mut self, news: ListNews) {
        let change = self.devices.take(news, self.chosen.as_ref().map(Chosen::id));
        if let (Some(chosen), Some(change)) = (&mut self.chosen, change) {
            match change {
                ForTheDevice::Gone => {
                    chosen.order(Order::Gone);
                }
                ForTheDevice::Called(id) => chosen.rename(id),
            }
        }
        self.tell(Event::DevicesChanged);
    }

    pub(super) fn save(&mut self, task: SaveTask) {
        if let Some(refused) = self.saver.begin(task, &self.binder) {
            self.saving_over(refused);
        }
    }

    fn hear_of_saving(&mut self, news: SaveNews) {
        if let Some(event) = self.saver.hear(news, &mut self.binder) {
            self.saving_over(event);
            self.save_what_waits();
        }
    }

    fn saving_over(&mut self, event: Event) {
        match &event {
            Event::Saved(saved) => self.notices.add(Matter::Saved(saved.clone())),
            Event::SaveFailed(error) => self.notices.add(Matter::SaveFailed(error.clone())),
            _ => {}
        }
        self.tell(event);
    }

    /// Takes the document and its files away, for a command line that has saved them.
    fn discard_document(&mut self) {
        let done = self.binder.discard();
        self.tell(Event::DocumentDiscarded(done));
    }

    /// Tells of something once the snapshot shows it.
    pub(super) fn tell(&mut self, event: Event) {
        self.untold.push(event);
    }

    /// Shows how things stand, then tells what happened.
    pub(super) fn publish(&mut self) {
        let document = self.binder.shown();
        let snapshot = Snapshot {
            devices: self.devices.entries(),
            searching: self.devices.is_searching(),
            profiles: self.profiles.shown(),
            chosen: self.chosen.as_ref().map(Chosen::shown),
            pages: document.pages,
            unsaved: document.unsaved,
            document: self.binder.folder().path(),
            id: self.binder.folder().id(),
            about: document.about,
            opening: self.opening,
            library: self.shelf.clone(),
            scan: self.scan_state(),
            saving: self.saver.shown(),
            importing: self.importer.shown(),
            notices: self.notices.shown(),
            left_out: self.left_out.shown(self.binder.document().pages()),
            auto_save: self.auto_save.shown(),
            undo: self.binder.document().undo_name(),
            redo: self.binder.document().redo_name(),
        };
        self.shared.publish(snapshot);
        for event in self.untold.drain(..) {
            self.shared.tell(event);
        }
    }

    fn scan_state(&mut self) -> ScanState {
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::clock::Waker;
    use crate::session::{Session, SessionOptions};

    /// What the session thread waits for is all it wakes up for: a snapshot for each command and no more,
    /// also when nobody looks for devices.
    #[test]
    fn the_thread_rests_between_commands() {
        const COMMANDS: usize = 200;
        let folder = tempfile::tempdir().expect("a folder");
        let snapshots = Arc::new(AtomicUsize::new(0));
        let counted = snapshots.clone();
        let changed = Waker::new(move || {
            counted.fetch_add(1, Ordering::AcqRel);
        });
        let options =
            SessionOptions { changed, discover: false, ..SessionOptions::in_folder(folder.path().to_path_buf()) };
        let session = Session::start(options).expect("a session");
        for _ in 0..COMMANDS {
            assert!(session.send(Command::ChooseAddress("no such thing".to_owned())));
            let answer = session.events().recv().expect("an answer");
            assert!(matches!(answer, Event::DeviceAsked(Err(_))));
        }
        // One at the start, one for taking the search's inlet out, and one each.
        let made = snapshots.load(Ordering::Acquire);
        assert!(made <= COMMANDS + 2, "{made} snapshots for {COMMANDS} commands");
    }
}
