//! Pictures of finished pages: asked for by the window, made by the workers, kept within a bound.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::Sender;

use crate::document::{Look, PageId};

/// Which picture of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureKind {
    /// For the list of pages, at most 256 pixels on its longer side.
    Thumbnail,
    /// For the page in the middle, at most [`super::live_page::LIVE_PICTURE_SIDE`].
    Fitted,
    /// One tile of the page at its own resolution, [`TILE_SIDE`] pixels square, by column and row.
    Tile {
        /// Column of the tile.
        column: u32,
        /// Row of the tile.
        row: u32,
    },
}

/// Side of a tile at 100 %.
pub const TILE_SIDE: u32 = 512;

/// A picture, RGBA.
#[derive(Debug, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width × height × 4` bytes.
    pub pixels: Vec<u8>,
}

/// All that a picture of a page depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Face {
    /// Which of the documents that this session has had, counted.
    pub document: u32,
    /// The page.
    pub page: PageId,
    /// The page whose file has its pixels.
    pub file: PageId,
    /// What was done to it.
    pub look: Look,
}

/// A request for a picture.
pub type PictureKey = (Face, PictureKind);

/// The pictures that are there, and the way to ask for others. Never blocks for longer than a look-up.
#[derive(Clone)]
pub struct Pictures {
    store: Arc<Mutex<Store>>,
    requests: Sender<PictureKey>,
}

#[derive(Default)]
struct Store {
    ready: HashMap<PictureKey, (Arc<Picture>, u64)>,
    asked: HashSet<PictureKey>,
    bytes: usize,
    uses: u64,
}

/// Bytes of pictures kept; the least recently used go first.
const KEPT_BYTES: usize = 64 << 20;

impl Pictures {
    /// A store whose requests go down this channel.
    pub fn new(requests: Sender<PictureKey>) -> Pictures {
        Pictures { store: Arc::default(), requests }
    }

    /// The picture if it is there; otherwise it is asked for, and the window is told to draw when it comes.
    pub fn get(&self, page: Face, kind: PictureKind) -> Option<Arc<Picture>> {
        let mut store = self.lock();
        store.uses += 1;
        let uses = store.uses;
        if let Some((picture, used)) = store.ready.get_mut(&(page, kind)) {
            *used = uses;
            return Some(picture.clone());
        }
        // A full queue is no harm: the window asks again when it draws.
        if store.asked.insert((page, kind)) && self.requests.try_send((page, kind)).is_err() {
            store.asked.remove(&(page, kind));
        }
        None
    }

    /// Puts a picture that was made; `None` when it cannot be made, so that it may be asked for again.
    pub fn put(&self, key: PictureKey, picture: Option<Picture>) {
        let mut store = self.lock();
        store.asked.remove(&key);
        let Some(picture) = picture else { return };
        store.uses += 1;
        let uses = store.uses;
        store.bytes += picture.pixels.len();
        if let Some((old, _)) = store.ready.insert(key, (Arc::new(picture), uses)) {
            store.bytes -= old.pixels.len();
        }
        while store.bytes > KEPT_BYTES && store.ready.len() > 1 {
            let Some(oldest) = store.ready.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key) else {
                break;
            };
            if let Some((gone, _)) = store.ready.remove(&oldest) {
                store.bytes -= gone.pixels.len();
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
