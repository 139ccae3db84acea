//! The session thread: owns the document, syncs page files, turns what happens into snapshots and
//! events. It never waits for a device.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, never, select};

use crate::clock::{Clock, SystemClock};
use crate::document::{Document, Edit, PageId, Trouble};

use super::auto_save::AutoSaving;
use super::binder::{Binder, WRITE_AGAIN_AFTER};
use super::chosen::Chosen;
use super::device_list::{DeviceList, ListNews};
use super::device_thread::{News, Order};
use super::documents::{DocumentChoice, Placement};
use super::doubts::{Doubt, Doubts};
use super::estimating::Estimator;
use super::handle::Shared;
use super::importing::{ImportNews, Importer};
use super::job::Job;
use super::job_control::JobControl;
use super::left_out::LeftOut;
use super::librarian::{Librarian, Task, TaskEnded};
use super::notices::Notices;
use super::picture_worker::CurrentFolder;
use super::preview::PageToShow;
use super::profiles::{ProfileError, ProfileKeeper, Profiles};
use super::saving::{SaveNews, SaveTask, Saver};
use super::sleep::Sleep;
use super::snapshot::Shelf;
use super::{Command, Event, Matter, Remark, Snapshot};

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
    pub(super) library: Receiver<TaskEnded>,
    pub(super) doubts: Receiver<Doubt>,
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
    /// Whether a document is being opened.
    pub(super) opening: bool,
    /// Whose pages are drawn.
    pub(super) shown_folder: CurrentFolder,
    pub(super) librarian: Librarian,
    pub(super) doubts: Doubts,
    /// The documents there are, as they were when somebody asked.
    pub(super) shelf: Option<Arc<Shelf>>,
    /// Events of this turn of the loop.
    pub(super) untold: Vec<Event>,
}

impl Core {
    /// Runs until the session's handle is gone and the job under way has ended; closes `at_work` then, before the
    /// threads that look for devices are waited for.
    pub(super) fn run(mut self, inlets: &Inlets, begin_with: &DocumentChoice, at_work: Sender<Infallible>) {
        let Inlets { commands, news, listed, saved, imported, sleeps, library, doubts } = inlets;
        // An inlet nobody sends into any more is taken out: it would end every wait at once.
        let (mut commands, mut news) = (commands.clone(), news.clone());
        let (mut listed, mut saved, mut sleeps) = (listed.clone(), saved.clone(), sleeps.clone());
        let (mut library, mut doubts) = (library.clone(), doubts.clone());
        let mut open = true;
        if let Err(error) = self.profiles.load() {
            self.notices.add(Matter::Profiles(error));
        }
        self.listen_for_the_button();
        self.open_first(begin_with);
        let nothing = never();
        while open || self.is_at_work() {
            let wait = match self.job.is_some() || self.saver.is_busy() || self.importer.is_busy() {
                true => TICK,
                // What could not be written down is tried again, also when nobody does anything.
                false if self.binder.is_behind() => WRITE_AGAIN_AFTER,
                false => IDLE,
            };
            // What was asked for meanwhile waits where it is.
            let takes_commands = !self.opening && !self.librarian.is_full();
            select! {
                recv(if takes_commands { &commands } else { &nothing }) -> command => match command {
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
                recv(library) -> ended => match ended {
                    Ok(ended) => self.hear_of_the_library(ended),
                    Err(_) => {
                        library = never();
                        self.library_is_gone();
                    }
                },
                recv(doubts) -> doubt => match doubt {
                    Ok(doubt) => self.hear_of_a_doubt(doubt),
                    Err(_) => doubts = never(),
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

    /// Whether something is under way that the end of the session waits for.
    fn is_at_work(&self) -> bool {
        self.job.is_some() || self.saver.is_writing_a_file() || self.importer.is_busy() || self.librarian.is_busy()
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
            Command::Crop { pages, part } => self.crop(&pages, part),
            Command::Split { page, parts } => self.split(page, &parts),
            Command::Undo => self.change(Document::undo),
            Command::Redo => self.change(Document::redo),
            Command::SetTitle(title) => self.change(|document| document.set_title(title)),
            Command::Rename(id, title) => self.rename(id, title),
            Command::NewDocument => self.new_document(),
            Command::OpenDocument(id) => self.open_document(&id),
            Command::ListDocuments => self.ask_library(Task::Look),
            Command::ThrowAway(id) => self.throw_away(id),
            Command::TakeBack(id) => self.ask_library(Task::TakeBack(id)),
            Command::EmptyTrash => self.ask_library(Task::EmptyTrash),
            Command::DeleteForever(id) => self.ask_library(Task::DeleteForever(id)),
            Command::Clean(id) => self.clean(id),
            Command::Import(wish) => self.import(wish),
            Command::AnswerPassword { number, password } => self.importer.answer(number, password),
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

    pub(super) fn remark(&mut self, remark: Remark) {
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

    pub(super) fn save(&mut self, task: SaveTask) {
        if let Some(refused) = self.saver.begin(task, &self.binder) {
            self.saving_over(refused);
        }
    }

    fn hear_of_saving(&mut self, news: SaveNews) {
        if let SaveNews::Ended(Ok(saved)) = &news {
            // What was known before is said with the save itself, and no more.
            let is_news = |page: &PageId| !self.binder.is_known_as_damaged(*page);
            let damaged = saved.written.damaged.iter().map(|damaged| damaged.page).filter(is_news);
            for page in damaged.collect::<Vec<_>>() {
                let file = self.binder.file_of(page).unwrap_or_default();
                self.notices.add(Matter::Recovered(Trouble::PageDamaged(page, file)));
            }
        }
        if let Some(event) = self.saver.hear(news, &mut self.binder) {
            self.saving_over(event);
            self.save_what_waits();
        }
    }

    fn saving_over(&mut self, event: Event) {
        match &event {
            Event::Saved(saved) => self.notices.add(Matter::Saved(saved.clone())),
            Event::SaveFailed(error) => self.notices.add(Matter::SaveFailed(error.clone())),
            Event::AutoSaveFailed(error) => self.notices.add(Matter::AutoSaveFailed(error.clone())),
            _ => {}
        }
        self.tell(event);
    }

    /// Takes the document and its files away, for a command line that has saved them.
    fn discard_document(&mut self) {
        let folder = self.binder.discard();
        if !self.librarian.ask(Task::Discard(folder), None) {
            self.tell(Event::DocumentDiscarded(Err("too much is to be done to documents".to_owned())));
        }
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
            locked: self.importer.locked(),
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
