//! An application that keeps every page and answers as it is told to.

use std::io::SeekFrom;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lightbar::minidriver::{
    Code, Condition, DeviceFailure, ErrorHandler, HandlerAnswer, PageInfo, PageStream, StreamError,
};
use lightbar::transfer::{Answer, NextStream, TransferCallback, TransferMessage};
use lightbar::units::Percent;

use super::{Journal, Seen};

type OnStream = Box<dyn FnMut(&PageInfo, &StoredPage) -> Option<NextStream>>;
type OnMessage = Box<dyn FnMut(&TransferMessage, &[StoredPage]) -> Answer>;

/// Takes every page unless told otherwise.
pub struct Application {
    pub(super) journal: Journal,
    pub pages: Vec<StoredPage>,
    pub infos: Vec<PageInfo>,
    on_stream: OnStream,
    on_message: OnMessage,
    handler: Option<Handler>,
}

impl Application {
    pub fn new(journal: &Journal) -> Application {
        Application {
            journal: journal.clone(),
            pages: Vec::new(),
            infos: Vec::new(),
            on_stream: Box::new(|_, _| None),
            on_message: Box::new(|_, _| Answer::Continue),
            handler: None,
        }
    }

    /// Answers instead of giving a stream, where this returns something. The page is what would be given.
    pub fn on_stream(
        mut self,
        answer: impl FnMut(&PageInfo, &StoredPage) -> Option<NextStream> + 'static,
    ) -> Application {
        self.on_stream = Box::new(answer);
        self
    }

    /// Answers messages. The pages given so far come with it, the last one being the current one.
    pub fn on_message(
        mut self,
        answer: impl FnMut(&TransferMessage, &[StoredPage]) -> Answer + 'static,
    ) -> Application {
        self.on_message = Box::new(answer);
        self
    }

    /// Offers an error handler.
    pub fn handled_by(mut self, answer: impl FnMut(Code) -> HandlerAnswer + Send + 'static) -> Application {
        self.handler = Some(Handler::new("application", &self.journal, answer));
        self
    }

    /// The bytes of the pages, in the order in which their streams were given.
    pub fn bytes(&self) -> Vec<Vec<u8>> {
        self.pages.iter().map(StoredPage::bytes).collect()
    }

    /// What the handler was asked about.
    pub fn reported(&self) -> Vec<Condition> {
        self.handler.as_ref().map(|handler| handler.reported.clone()).unwrap_or_default()
    }

    /// Whether each stream ended as a complete page.
    pub fn complete(&self) -> Vec<bool> {
        let ends = self.journal.all().into_iter().filter_map(|seen| match seen {
            Seen::EndOfStream { complete } => Some(complete),
            _ => None,
        });
        ends.collect()
    }
}

impl TransferCallback for Application {
    fn next_stream(&mut self, page: &PageInfo) -> NextStream {
        self.journal.note(Seen::NextStream(page.number));
        let stored = StoredPage::default();
        if let Some(answer) = (self.on_stream)(page, &stored) {
            if matches!(answer, NextStream::Stream(_)) {
                self.pages.push(stored);
                self.infos.push(page.clone());
            }
            return answer;
        }
        self.pages.push(stored.clone());
        self.infos.push(page.clone());
        NextStream::Stream(Box::new(stored))
    }

    fn message(&mut self, message: &TransferMessage) -> Answer {
        self.journal.note(match *message {
            TransferMessage::Status { percent, transferred } => Seen::Status(percent.value(), transferred),
            TransferMessage::NewPage => Seen::NewPage,
            TransferMessage::EndOfStream { complete } => Seen::EndOfStream { complete },
            TransferMessage::EndOfTransfer => Seen::EndOfTransfer,
        });
        (self.on_message)(message, &self.pages)
    }

    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        self.handler.as_mut().map(|handler| handler as &mut dyn ErrorHandler)
    }

    fn waiting_for_device(&mut self) {
        self.journal.note(Seen::Waiting);
    }
}

/// A handler that answers as it is told to, and writes down what it was asked.
pub struct Handler {
    name: &'static str,
    journal: Journal,
    answer: Box<dyn FnMut(Code) -> HandlerAnswer + Send>,
    reported: Vec<Condition>,
}

impl Handler {
    pub fn new(
        name: &'static str,
        journal: &Journal,
        answer: impl FnMut(Code) -> HandlerAnswer + Send + 'static,
    ) -> Handler {
        Handler { name, journal: journal.clone(), answer: Box::new(answer), reported: Vec::new() }
    }
}

impl ErrorHandler for Handler {
    fn report_status(&mut self, failure: &DeviceFailure, percent: Percent) -> HandlerAnswer {
        let code = failure.condition.code();
        self.reported.push(failure.condition);
        self.journal.note(Seen::Report(self.name, code, percent.value()));
        (self.answer)(code)
    }

    fn clear(&mut self) {
        self.journal.note(Seen::Clear(self.name));
    }
}

/// A page in memory, as a destination with a mind of its own. Copies are the same page.
#[derive(Clone, Default)]
pub struct StoredPage(Arc<Mutex<Stored>>);

#[derive(Default)]
struct Stored {
    bytes: Vec<u8>,
    position: u64,
    /// Takes at most this many bytes a write, when not zero.
    at_most: usize,
    /// Answers this as soon as so many bytes are stored.
    fails_at: Option<(u64, Code)>,
}

impl StoredPage {
    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// How many hold this page: the test's own copy, and whoever still has the stream.
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// As an application that moves the position behind the driver's back.
    pub fn move_to(&self, position: u64) {
        self.lock().position = position;
    }

    pub fn takes_at_most(&self, bytes: usize) {
        self.lock().at_most = bytes;
    }

    pub fn fails_at(&self, length: u64, code: Code) {
        self.lock().fails_at = Some((length, code));
    }
}

impl PageStream for StoredPage {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        let mut stored = self.lock();
        let mut room = if stored.at_most == 0 { bytes.len() } else { bytes.len().min(stored.at_most) };
        if let Some((length, code)) = stored.fails_at {
            let left = length.saturating_sub(stored.bytes.len() as u64) as usize;
            if left == 0 && !bytes.is_empty() {
                return if code == Code::S_OK { Ok(0) } else { Err(StreamError(code)) };
            }
            room = room.min(left);
        }
        let start = stored.position as usize;
        let end = start + room;
        if stored.bytes.len() < end {
            stored.bytes.resize(end, 0);
        }
        stored.bytes[start..end].copy_from_slice(&bytes[..room]);
        stored.position = end as u64;
        Ok(room)
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, StreamError> {
        let mut stored = self.lock();
        let target = match to {
            SeekFrom::Start(position) => i128::from(position),
            SeekFrom::End(by) => stored.bytes.len() as i128 + i128::from(by),
            SeekFrom::Current(by) => i128::from(stored.position) + i128::from(by),
        };
        stored.position = u64::try_from(target).map_err(|_| StreamError(Code::E_INVALIDARG))?;
        Ok(stored.position)
    }

    fn set_len(&mut self, length: u64) -> Result<(), StreamError> {
        let mut stored = self.lock();
        let length = usize::try_from(length).map_err(|_| StreamError(Code::STG_E_MEDIUMFULL))?;
        stored.bytes.resize(length, 0);
        Ok(())
    }
}
