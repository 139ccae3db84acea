//! A driver of the older model that does what a test tells it to, and the images it makes.

use std::sync::{Arc, Mutex, PoisonError};

use lightbar::clock::{ManualClock, Signal};
use lightbar::minidriver::legacy::{LegacyCallback, LegacyContext, LegacyMessage, LegacyMiniDriver, LegacyProperties};
use lightbar::minidriver::property::{Format, HandlingCapabilities};
use lightbar::minidriver::{
    Button, CancelIo, Code, ColorMode, DeviceInfo, DriverError, FeederState, Notifications, PageLimit, PnpEvent,
    PressedButton, Resolutions, ScanJob, Settled,
};
use lightbar::transfer::{BridgedDriver, Broker};
use lightbar::units::{Dpi, Length, Percent};

use super::{Bench, Journal};

/// What acquire gives to a script.
pub struct LegacyCall<'a> {
    pub context: &'a mut LegacyContext,
    pub callback: &'a mut dyn LegacyCallback,
    /// What CANCEL_IO sets, unless the driver ignores it.
    pub cancel_io: &'a Arc<CancelIo>,
    /// Set by CANCEL_IO, for a script that waits for it.
    pub woken: &'a Signal,
}

impl LegacyCall<'_> {
    /// Sends an image in bands; the first answer that is not `S_OK`, or `S_OK`.
    pub fn send(&mut self, image: &[u8], band: usize) -> Code {
        for (index, bytes) in image.chunks(band).enumerate() {
            let offset = (index * band) as u64;
            let percent = Percent::before_the_end(offset + bytes.len() as u64, image.len() as u64);
            let answer = self.callback.message(LegacyMessage::Data { offset, bytes, percent });
            if answer != Code::S_OK {
                return answer;
            }
        }
        Code::S_OK
    }
}

type Script = Box<dyn FnMut(LegacyCall<'_>) -> Code + Send>;

/// See the module.
pub struct ScriptedLegacy {
    info: DeviceInfo,
    calls: Calls,
    script: Script,
    cancel_io: Arc<CancelIo>,
    woken: Signal,
    pub properties: LegacyProperties,
    /// Calls that panic.
    pub panics_in: &'static str,
    /// The device error numbers that have a sentence.
    pub sentences: Vec<(i32, &'static str)>,
    pub item_size: u64,
    pub write_answer: Code,
    /// A button that was pressed.
    pub pressed: Option<PressedButton>,
}

/// The calls of a driver, in order.
#[derive(Clone, Default)]
pub struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    fn note(&self, call: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call.into());
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn count(&self, call: &str) -> usize {
        self.all().iter().filter(|one| *one == call).count()
    }
}

impl ScriptedLegacy {
    pub fn new(script: impl FnMut(LegacyCall<'_>) -> Code + Send + 'static) -> ScriptedLegacy {
        let woken = Signal::new();
        ScriptedLegacy {
            info: DeviceInfo { name: "Older".into(), manufacturer: None, serial: None },
            calls: Calls::default(),
            script: Box::new(script),
            cancel_io: CancelIo::new(woken.clone().into()),
            woken,
            properties: legacy_properties(),
            panics_in: "",
            sentences: Vec::new(),
            item_size: 0,
            write_answer: Code::S_OK,
            pressed: None,
        }
    }

    /// A feeder with these images; then it is empty.
    pub fn with_images(images: Vec<Vec<u8>>, band: usize) -> ScriptedLegacy {
        let mut images = images.into_iter();
        ScriptedLegacy::new(move |mut call| match images.next() {
            Some(image) => call.send(&image, band),
            None => Code::ERROR_PAPER_EMPTY,
        })
    }

    pub fn calls(&self) -> Calls {
        self.calls.clone()
    }

    /// A broker around it, with a journal for the application.
    pub fn bench(self) -> Bench {
        let bridged = BridgedDriver::new(self).unwrap_or_else(|error| panic!("{error}"));
        Bench { broker: Broker::new(Box::new(bridged), ManualClock::start()), journal: Journal::default() }
    }

    fn enter(&self, call: &str) {
        self.calls.note(call);
        self.may_panic(call);
    }

    fn may_panic(&self, call: &str) {
        assert!(self.panics_in != call, "made to panic in {call}");
    }
}

/// A flatbed and a feeder, every kind of pixel, JPEG files.
pub fn legacy_properties() -> LegacyProperties {
    LegacyProperties {
        handling: Some(HandlingCapabilities::FLAT.and(HandlingCapabilities::FEED).and(HandlingCapabilities::DUPLEX)),
        bed: Some((Length::from_mm(216), Length::from_mm(297))),
        sheet_feed: Some((Length::from_mm(216), Length::from_mm(356))),
        resolutions: Some(Resolutions::List(vec![Dpi(100), Dpi(300)])),
        modes: vec![ColorMode::LineArt, ColorMode::Gray, ColorMode::Color],
        file_formats: vec![Format::Jpeg],
        buffer_size: Some(128 << 10),
        ..LegacyProperties::default()
    }
}

impl LegacyMiniDriver for ScriptedLegacy {
    fn device(&self) -> &DeviceInfo {
        self.may_panic("device");
        &self.info
    }

    fn properties(&self) -> LegacyProperties {
        self.may_panic("properties");
        self.properties.clone()
    }

    fn notifications(&self) -> Arc<dyn Notifications> {
        self.may_panic("notifications");
        Arc::new(Noted { inner: Arc::clone(&self.cancel_io), panics: self.panics_in == "notify" })
    }

    fn lock(&mut self) -> Result<(), DriverError> {
        self.enter("lock");
        Ok(())
    }

    fn unlock(&mut self) {
        self.enter("unlock");
    }

    fn reset_properties(&mut self) {
        self.enter("reset");
    }

    fn write_properties(&mut self, job: &ScanJob) -> Code {
        assert_eq!((job.areas.len(), job.pages), (1, PageLimit::from_pages(1)), "one page per call");
        self.enter("write");
        self.write_answer
    }

    fn item_size(&self) -> u64 {
        self.may_panic("item_size");
        self.item_size
    }

    fn acquire(&mut self, context: &mut LegacyContext, callback: &mut dyn LegacyCallback) -> Code {
        self.enter("acquire");
        let ScriptedLegacy { script, cancel_io, woken, .. } = self;
        script(LegacyCall { context, callback, cancel_io, woken })
    }

    fn stop_feeder(&mut self) {
        self.enter("stop_feeder");
    }

    fn device_error_string(&self, device_error: i32) -> Option<String> {
        self.may_panic("device_error_string");
        self.sentences.iter().find(|(number, _)| *number == device_error).map(|(_, text)| (*text).to_owned())
    }

    fn feeder_state(&mut self) -> Result<FeederState, DriverError> {
        self.enter("feeder_state");
        Ok(FeederState::Loaded)
    }

    fn buttons(&self) -> Vec<Button> {
        self.may_panic("buttons");
        vec![Button::Email]
    }

    fn take_button(&mut self) -> Option<PressedButton> {
        self.may_panic("take_button");
        self.pressed.take()
    }

    fn is_at_rest(&self) -> bool {
        self.may_panic("is_at_rest");
        true
    }

    fn settle(&mut self) -> Settled {
        self.enter("settle");
        Settled::Ready
    }

    fn release(&mut self) {
        self.enter("release");
    }
}

struct Noted {
    inner: Arc<CancelIo>,
    panics: bool,
}

impl Notifications for Noted {
    fn notify(&self, event: PnpEvent) {
        self.inner.notify(event);
        assert!(!self.panics, "made to panic in notify");
    }
}

/// A picture whose samples differ from pixel to pixel and from page to page.
#[derive(Clone, Copy)]
pub struct TestImage {
    pub width: u32,
    pub height: u32,
    /// 1, 8 or 24.
    pub bits: u16,
    pub page: u8,
}

impl TestImage {
    /// The rows from the top, without padding: bits with 1 for white, gray, or red, green, blue.
    pub fn rows(&self) -> Vec<Vec<u8>> {
        let bytes = (self.width as usize * usize::from(self.bits)).div_ceil(8);
        let used = 0xff_u8 << (bytes * 8 - self.width as usize * usize::from(self.bits));
        let row = |y: u32| {
            let sample = |at: usize| (at as u32 * 31 + y * 7 + u32::from(self.page) * 101).wrapping_mul(77) as u8;
            let mut row: Vec<u8> = (0..bytes).map(sample).collect();
            if let Some(last) = row.last_mut() {
                *last &= used;
            }
            row
        };
        (0..self.height).map(row).collect()
    }

    /// As a MEMORYBMP whose header has this height; positive: the last line comes first.
    pub fn memory_bitmap(&self, height: i32) -> Vec<u8> {
        let colors: u32 = if self.bits == 24 { 0 } else { 1 << self.bits };
        let mut image = 40_u32.to_le_bytes().to_vec();
        image.extend(self.width.to_le_bytes());
        image.extend(height.to_le_bytes());
        image.extend(1_u16.to_le_bytes());
        image.extend(self.bits.to_le_bytes());
        image.extend([0_u8; 24]);
        for index in 0..colors {
            let level = (index * 255 / (colors - 1)) as u8;
            image.extend([level, level, level, 0]);
        }
        let mut rows = self.rows();
        if height > 0 {
            rows.reverse();
        }
        for mut row in rows {
            if self.bits == 24 {
                row.chunks_exact_mut(3).for_each(<[u8]>::reverse);
            }
            row.resize(row.len().next_multiple_of(4), 0xee);
            image.append(&mut row);
        }
        image
    }
}

/// Reads a bitmap file as other programs do: its rows from the top, and everything that can be wrong with it.
#[track_caller]
pub fn read_bitmap(file: &[u8]) -> (u32, Vec<Vec<u8>>) {
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
    assert_eq!(&file[..2], b"BM");
    assert_eq!(word(2) as usize, file.len(), "the size of the file");
    let (start, header, width, height) = (word(10) as usize, word(14), word(18), word(22) as i32);
    let (planes, bits) = (word(26) & 0xffff, word(26) >> 16);
    assert_eq!((header, planes, word(30)), (40, 1, 0));
    let colors = if bits == 24 { 0 } else { 1 << bits };
    assert_eq!(start, 54 + 4 * colors, "where the image begins");
    let stride = (width as usize * bits as usize).div_ceil(32) * 4;
    assert_eq!(file.len() - start, stride * height.unsigned_abs() as usize, "as many rows as announced");
    let packed = (width as usize * bits as usize).div_ceil(8);
    let mut rows: Vec<Vec<u8>> = file[start..].chunks_exact(stride).map(|row| row[..packed].to_vec()).collect();
    if bits == 24 {
        rows.iter_mut().for_each(|row| row.chunks_exact_mut(3).for_each(<[u8]>::reverse));
    }
    if height > 0 {
        rows.reverse();
    }
    (width, rows)
}
