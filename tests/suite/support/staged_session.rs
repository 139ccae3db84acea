//! A session played by hand: tests set its snapshot and read what the window sent.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use lightbar::document::{Look, PageId, Rotation};
use lightbar::export::{Estimate, ExportDocument, ExportPage, PdfPictures, QualityLevel, planned_names};
use lightbar::minidriver::property::{PropertyRules, StandardRules};
use lightbar::minidriver::{
    ColorMode, Combination, Duplex, Feeder, FeederState, Item, ItemCategory, OfferedFormat, Resolutions, Side, Surface,
    TransferId,
};
use lightbar::session::live_page::LivePage;
use lightbar::session::pictures::{Face, Picture, PictureKey, PictureKind, Pictures, TILE_SIDE};
use lightbar::session::settings::Offers;
use lightbar::session::{
    ChosenDevice, Command, Connection, DeviceEntry, DeviceId, DeviceState, EstimateWish, Estimated, Event, PageState,
    PageView, Phase, Progress, Scanning, Snapshot,
};
use lightbar::transfer::ApplicationItems;
use lightbar::ui::Backend;
use lightbar::units::{Dpi, Length};

/// Size of the pages on this stage: A4 at 300 dpi.
pub(crate) const PAGE: (u32, u32) = (2480, 3508);

/// The session's side of the window, in a test's hand.
pub(crate) struct StagedSession {
    snapshot: Mutex<Arc<Snapshot>>,
    pub(super) sent: Mutex<Vec<Command>>,
    pub(super) stops: AtomicUsize,
    pub(super) questions: Mutex<Vec<Option<EstimateWish>>>,
    events: Receiver<Event>,
    happen: Sender<Event>,
    pictures: Pictures,
    wanted: Receiver<PictureKey>,
}

impl StagedSession {
    /// A session in this state.
    pub(crate) fn new(snapshot: Snapshot) -> Arc<StagedSession> {
        let (happen, events) = unbounded();
        let (requests, wanted) = bounded(64);
        Arc::new(StagedSession {
            snapshot: Mutex::new(Arc::new(snapshot)),
            sent: Mutex::default(),
            stops: AtomicUsize::new(0),
            questions: Mutex::default(),
            events,
            happen,
            pictures: Pictures::new(requests),
            wanted,
        })
    }

    /// Changes the state.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut held = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        let mut snapshot = (**held).clone();
        change(&mut snapshot);
        *held = Arc::new(snapshot);
    }

    /// Lets something happen.
    pub(crate) fn happens(&self, event: Event) {
        self.happen.send(event).expect("the stage holds the receiver");
    }

    /// What the window sent since the last call, without its looks at the feeder.
    pub(crate) fn take_sent(&self) -> Vec<Command> {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *sent).into_iter().filter(|command| !matches!(command, Command::LookAtFeeder)).collect()
    }

    /// Makes the pictures the window asked for; which those were.
    pub(crate) fn draw_pictures(&self) -> Vec<PictureKey> {
        let wanted: Vec<PictureKey> = self.wanted.try_iter().collect();
        for key in &wanted {
            self.pictures.put(*key, Some(self.drawn(*key)));
        }
        wanted
    }

    /// Every file is of 3.2 MB, and a small one of 410 kB.
    fn answer(&self, wish: Option<EstimateWish>) {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).push(wish.clone());
        let Some(EstimateWish { number, save, size }) = wish else { return };
        let shown = self.snapshot();
        let chosen = shown.pages.iter().filter(|page| save.pages.as_ref().is_none_or(|only| only.contains(&page.id)));
        let page = |page: &PageView| ExportPage { page: page.id, file: page.id, facts: None, look: page.face.look };
        let document = ExportDocument {
            pages: chosen.map(page).collect(),
            title: shown.about.title.clone(),
            created: 1_776_000_000,
            device: Some("EPSON ET-4850".to_owned()),
            ..ExportDocument::default()
        };
        self.happens(Event::Estimated(
            number,
            match planned_names(&document, &save.target, &save.options) {
                Ok(names) => Estimated::Names(names),
                Err(error) => Estimated::Trouble(Arc::new(error)),
            },
        ));
        if size {
            let is_small = save.options.pdf.pictures == PdfPictures::Quality(QualityLevel::Small);
            let estimate = Estimate { bytes: if is_small { 410_000 } else { 3_214_000 }, exact: !is_small };
            self.happens(Event::Estimated(number, Estimated::Size(estimate)));
        }
    }

    /// The picture the workers would have made: of a partial page the rows that came.
    fn drawn(&self, (face, kind): PictureKey) -> Picture {
        let (width, whole) = match kind {
            PictureKind::Thumbnail => (181, 256),
            PictureKind::Fitted => (1131, 1600),
            PictureKind::Tile { .. } => (TILE_SIDE, TILE_SIDE),
        };
        let pages = self.snapshot().pages.clone();
        let rows = pages.iter().find(|page| page.id == face.page).map_or(PAGE.1, |page| page.height);
        let height = (whole * rows / PAGE.1).max(1);
        let mut pixels = letter(width as usize, whole as usize, face.page.0);
        pixels.truncate(width as usize * height as usize * 4);
        let picture = Picture { width, height, pixels };
        if face.look.rotation == Rotation::Quarter { turned(&picture) } else { picture }
    }
}

impl Backend for StagedSession {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn send(&self, command: Command) {
        if let Command::Estimate(wish) = command {
            return self.answer(wish);
        }
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(command);
    }

    fn stop(&self) {
        self.stops.fetch_add(1, Ordering::SeqCst);
    }

    fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    fn pictures(&self) -> &Pictures {
        &self.pictures
    }
}

/// An office device with paper in its feeder, ready.
pub(crate) fn office_device() -> ChosenDevice {
    let surface = Surface {
        min_width: Length::from_mm(10),
        min_height: Length::from_mm(10),
        max_width: Length::from_thousandths(8500),
        max_height: Length::from_mm(297),
        justification: Default::default(),
    };
    let combination = |mode, dpi: &[u32]| Combination {
        mode,
        format: OfferedFormat::Jpeg,
        resolutions: Resolutions::List(dpi.iter().copied().map(Dpi).collect()),
    };
    let combinations =
        vec![combination(ColorMode::Gray, &[100, 200, 300, 600]), combination(ColorMode::Color, &[100, 200, 300, 600])];
    let flatbed = Item {
        name: "Flatbed".into(),
        full_name: r"0000\Root\Flatbed".into(),
        category: ItemCategory::Flatbed,
        surface,
        combinations: combinations.clone(),
        feeder: None,
    };
    let feeder = Item {
        name: "Feeder".into(),
        full_name: r"0000\Root\Feeder".into(),
        category: ItemCategory::Feeder,
        surface,
        combinations,
        feeder: Some(Feeder {
            duplex: Some(Duplex { surface, combinations: vec![combination(ColorMode::Gray, &[200, 300])] }),
            capacity: Some(10),
            detects_paper: true,
        }),
    };
    let rules: Arc<dyn PropertyRules> = Arc::new(StandardRules::default());
    let offers = Offers::of(ApplicationItems::new(&[flatbed, feeder], &rules));
    ChosenDevice {
        entry: office_entry(),
        offers: Some(Arc::new(offers)),
        feeder: FeederState::Loaded,
        has_buttons: false,
        trouble: None,
    }
}

/// The office device in the list.
pub(crate) fn office_entry() -> DeviceEntry {
    DeviceEntry {
        id: DeviceId("usb:04b8:1182".into()),
        name: "EPSON ET-4850".into(),
        connection: Connection::Usb,
        state: DeviceState::Ready,
    }
}

/// The virtual device in the list.
pub(crate) fn virtual_entry() -> DeviceEntry {
    DeviceEntry {
        id: DeviceId("virtual:feeder".into()),
        name: "Virtual office scanner".into(),
        connection: Connection::Virtual,
        state: DeviceState::Ready,
    }
}

/// A window at rest with the office device.
pub(crate) fn ready() -> Snapshot {
    Snapshot { devices: vec![office_entry(), virtual_entry()], chosen: Some(office_device()), ..Snapshot::default() }
}

/// A page of the document.
pub(crate) fn page(number: u64, state: PageState) -> PageView {
    let height = state.rows_left().unwrap_or(PAGE.1);
    PageView {
        id: PageId(number),
        state,
        side: Side::Front,
        width: PAGE.0,
        height,
        full: (PAGE.0, height),
        sheet: PAGE.1,
        dpi: (state != PageState::Arriving).then_some(Dpi(300)),
        face: Face { document: 0, page: PageId(number), file: PageId(number), look: Look::default() },
    }
}

/// A job with the page under way that has this number, of which these rows have come.
pub(crate) fn scanning(number: u64, rows: u32) -> Scanning {
    let live = LivePage::for_page(PAGE.0, PAGE.1);
    let (width, height) = live.size();
    let filled = (u64::from(rows) * u64::from(height) / u64::from(PAGE.1)) as usize;
    let whole = letter(width as usize, height as usize, number);
    live.push_rows(&whole[..filled * width as usize * 4]);
    Scanning {
        transfer: Some(TransferId::next()),
        page: Some(PageId(number)),
        number: number as u32,
        complete: number as u32 - 1,
        skipping: None,
        live: Some(Arc::new(live)),
        progress: Progress {
            bytes: 4_100_000,
            rows,
            expected_rows: Some(PAGE.1),
            whole: false,
            bytes_per_second: 12_400_000.0,
            left: Some(Duration::from_millis(5_600)),
            silent: Duration::ZERO,
        },
        phase: Phase::Receiving,
    }
}

/// A picture, turned to the right.
fn turned(picture: &Picture) -> Picture {
    let (width, height) = (picture.height, picture.width);
    let from = |column: u32, row: u32| ((picture.height - 1 - column) * picture.width + row) as usize * 4;
    let at = |row: u32| (0..width).flat_map(move |column| picture.pixels[from(column, row)..][..4].iter().copied());
    Picture { width, height, pixels: (0..height).flat_map(at).collect() }
}

/// Something that looks like a letter from afar: a heading and paragraphs of bars. RGBA.
pub(crate) fn letter(width: usize, height: usize, seed: u64) -> Vec<u8> {
    let mut pixels = vec![0xFF; width * height * 4];
    let unit = width as f32 / 100.0;
    let mut bar = |x: f32, y: f32, w: f32, h: f32, shade: u8| {
        let range = |from: f32, size: f32, limit: usize| {
            let from = (from * unit) as usize;
            from.min(limit)..(from + ((size * unit) as usize).max(1)).min(limit)
        };
        for row in range(y, h, height) {
            for column in range(x, w, width) {
                let at = (row * width + column) * 4;
                pixels[at..at + 3].fill(shade);
            }
        }
    };
    bar(10.0, 11.0, 28.0, 1.9, 0x18);
    let mut words = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut y = 18.0;
    while y < 128.0 {
        for line in 0..4 {
            let end = if line == 3 { 62.0 } else { 90.0 };
            let mut x = 10.0;
            while x < end - 4.0 {
                words ^= words << 13;
                words ^= words >> 7;
                words ^= words << 17;
                let length = 2.0 + (words % 7) as f32;
                bar(x, y, length.min(end - x), 1.1, 0x3A);
                x += length + 1.1;
            }
            y += 3.3;
        }
        y += 3.0;
    }
    pixels
}
