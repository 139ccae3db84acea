//! The session's handle: what windows and command lines hold.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, never};

use crate::clock::{Clock, SystemClock, Waker};
use crate::document::library::Library;
use crate::import::pdf::PdfReader;
use crate::virtual_device::VirtualScanner;

use super::auto_save::AutoSaving;
use super::binder::Binder;
use super::core::{Core, Inlets};
use super::device_list::DeviceList;
use super::documents::DocumentChoice;
use super::doubts::{DOUBTS, Doubts};
use super::estimating::Estimator;
use super::importing::Importer;
use super::job_control::JobControl;
use super::leaving::GIVE_BACK_LIMIT;
use super::left_out::LeftOut;
use super::librarian::Librarian;
use super::notices::Notices;
use super::picture_worker::{self, CurrentFolder};
use super::pictures::Pictures;
use super::preview;
use super::profiles::{ProfileFile, ProfileKeeper};
use super::saving::Saver;
use super::sleep::SleepTeller;
use super::virtual_shelf::VirtualOptions;
use super::{Command, Event, Snapshot};

/// Commands that may wait. A person cannot fill it; a program that does is told so.
const COMMANDS: usize = 256;
/// Events that may wait; the oldest go first, since the snapshot has the truth.
const EVENTS: usize = 4096;
/// Messages of device threads that may wait; a device thread waits when they are not taken.
const NEWS: usize = 256;
/// Pictures that may be asked for at once.
const PICTURES: usize = 256;

/// How a session is to run.
#[derive(Clone)]
pub struct SessionOptions {
    /// Where documents are kept.
    pub data_dir: PathBuf,
    /// Called after every change of the snapshot or of a picture: a window asks for a frame here.
    pub changed: Waker,
    /// Time, for devices and their limits.
    pub clock: Arc<dyn Clock>,
    /// Whether pages are shown while they come and pictures are made. A command line does without.
    pub pictures: bool,
    /// How virtual scanners behave.
    pub virtual_scanner: VirtualOptions,
    /// Virtual scanners that are there from the start, so that somebody can stand beside them.
    pub plugged: Vec<VirtualScanner>,
    /// Whether to look for USB devices.
    pub discover: bool,
    /// The document to begin with.
    pub document: DocumentChoice,
    /// Who reads PDF files that are imported.
    pub pdf_reader: PdfReader,
}

impl SessionOptions {
    /// The running program's usual options, with documents in this folder.
    pub fn in_folder(data_dir: PathBuf) -> SessionOptions {
        SessionOptions {
            data_dir,
            changed: Waker::new(|| {}),
            clock: SystemClock::start(),
            pictures: false,
            virtual_scanner: VirtualOptions::default(),
            plugged: Vec::new(),
            discover: true,
            document: DocumentChoice::New,
            pdf_reader: PdfReader::default(),
        }
    }
}

/// What the session thread shows to others.
pub(super) struct Shared {
    snapshot: Mutex<Arc<Snapshot>>,
    events: (Sender<Event>, Receiver<Event>),
    changed: Waker,
}

impl Shared {
    pub(super) fn publish(&self, snapshot: Snapshot) {
        *self.snapshot.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        self.changed.wake();
    }

    /// Tells something that the snapshot does not show.
    pub(super) fn tell_now(&self, event: Event) {
        self.tell(event);
        self.changed.wake();
    }

    pub(super) fn tell(&self, event: Event) {
        let mut event = event;
        while let Err(TrySendError::Full(back)) = self.events.0.try_send(event) {
            event = back;
            let _oldest = self.events.1.try_recv();
        }
    }
}

/// A running session. Dropping it ends the job under way as a cancel does, keeps what has arrived,
/// and leaves the device to be brought to rest; see [`Session::close`] for waiting until it is.
pub struct Session {
    commands: Option<Sender<Command>>,
    control: JobControl,
    sleep: SleepTeller,
    shared: Arc<Shared>,
    pictures: Pictures,
    thread: Option<JoinHandle<()>>,
    /// Closed by the session thread when nothing is under way any more and nothing can be asked for.
    ended: Receiver<Infallible>,
    /// Closed when no thread has a device any more.
    pub(super) given_back: Receiver<Infallible>,
}

impl Session {
    /// Starts the session's threads.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(options: SessionOptions) -> std::io::Result<Session> {
        let (commands, received) = bounded(COMMANDS);
        let (news, heard) = bounded(NEWS);
        let (picture_requests, picture_work) = bounded(PICTURES);
        let shared =
            Arc::new(Shared { snapshot: Mutex::default(), events: bounded(EVENTS), changed: options.changed.clone() });
        let control = JobControl::new();
        let pictures = Pictures::new(picture_requests);
        let (sleep, sleeps) = SleepTeller::new(control.clone());
        let binder = Binder::new(&options.data_dir, options.document == DocumentChoice::Last);
        let shown_folder = CurrentFolder::default();
        let (in_doubt, mut doubts) = bounded(DOUBTS);
        let preview = match options.pictures {
            true => {
                picture_worker::start(picture_work, &pictures, &shown_folder, &in_doubt, &options.changed)?;
                Some(preview::start(options.changed.clone())?)
            }
            false => {
                doubts = never();
                None
            }
        };
        let (saver, saved) = Saver::new();
        let (importer, imported) = Importer::new(options.pdf_reader.clone());
        let (librarian, library) = Librarian::start(Library::in_folder(&options.data_dir))?;
        let (devices, listed) = DeviceList::start(&options)?;
        let (held, given_back) = bounded(0);
        let mut core = Core {
            shared: shared.clone(),
            wall: SystemClock::start(),
            control: control.clone(),
            news,
            preview,
            held,
            devices,
            chosen: None,
            profiles: ProfileKeeper::new(ProfileFile::in_folder(&options.data_dir)),
            binder,
            job: None,
            jobs_before: 0,
            left_out: LeftOut::default(),
            saver,
            importer,
            estimator: Estimator::new(shared.clone()),
            auto_save: AutoSaving::begin(&options),
            notices: Notices::default(),
            opening: options.document != DocumentChoice::New,
            shown_folder,
            librarian,
            doubts: Doubts::default(),
            shelf: None,
            untold: Vec::new(),
        };
        // Whoever looks at once sees that there is a search, and not that it found nothing.
        core.publish();
        let inlets = Inlets { commands: received, news: heard, listed, saved, imported, sleeps, library, doubts };
        let (at_work, ended) = bounded(0);
        let thread = thread::Builder::new()
            .name("session".to_owned())
            .spawn(move || core.run(&inlets, &options.document, at_work))?;
        let thread = Some(thread);
        Ok(Session { commands: Some(commands), control, sleep, shared, pictures, thread, ended, given_back })
    }

    /// Sends a wish down the channel. Never blocks; `false` when the session has more to do than any
    /// person could ask for, and the wish was not taken.
    pub fn send(&self, command: Command) -> bool {
        let scan = matches!(command, Command::Scan(_) | Command::ScanTo(..));
        if scan {
            self.control.queue();
        }
        let sent = self.commands.as_ref().is_some_and(|commands| commands.try_send(command).is_ok());
        if scan && !sent {
            self.control.withdraw();
        }
        sent
    }

    /// Ends the job under way, or the one just asked for, at once and from any thread (cancel-I/O).
    /// Nothing happens when there is none.
    pub fn stop(&self) {
        self.control.stop();
    }

    /// What is to be told when the computer sleeps and wakes.
    pub fn sleep(&self) -> SleepTeller {
        self.sleep.clone()
    }

    /// Bytes received from the device of a job that runs or has ended, until the device is at rest;
    /// `None` from then on.
    pub fn device_traffic(&self) -> Option<u64> {
        self.control.traffic()
    }

    /// The truth, as it is now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What happened, in order.
    pub fn events(&self) -> &Receiver<Event> {
        &self.shared.events.1
    }

    /// Pictures of pages.
    pub fn pictures(&self) -> &Pictures {
        &self.pictures
    }

    /// Takes no more wishes and ends the job under way. The channel is closed when everything has ended.
    pub(super) fn dismiss(&mut self) -> Receiver<Infallible> {
        self.commands = None;
        self.control.stop();
        self.ended.clone()
    }

    /// Ends the job under way and waits until its device is at rest and a save under way is done, however long that
    /// takes; [`Session::leave`] has limits. The device is given back, too, if that does not take long.
    pub fn close(mut self) {
        self.dismiss();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the session thread panicked");
        }
        // Nobody sends here: it is closed when no thread has a device any more.
        let _ = self.given_back.recv_timeout(GIVE_BACK_LIMIT);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.control.stop();
    }
}
