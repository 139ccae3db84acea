//! Pictures on the graphics card: the one that grows, and a bounded number of finished ones.

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{Color32, ColorImage, Context, TextureFilter, TextureHandle, TextureOptions};

use crate::document::PageId;
use crate::session::live_page::LivePage;
use crate::session::pictures::{PictureKey, PictureKind, Pictures};
use crate::session::{PageView, ScanState};

use super::seen::Seen;

/// Bytes of finished pictures on the graphics card; the least recently shown go first.
const KEPT_BYTES: usize = 96 << 20;

/// Sharp when larger than life, smooth when smaller.
const FINISHED: TextureOptions = TextureOptions { mipmap_mode: Some(TextureFilter::Linear), ..TextureOptions::LINEAR };

/// All textures of the window.
#[derive(Default)]
pub(super) struct Textures {
    live: Option<LiveTexture>,
    finished: HashMap<PictureKey, Finished>,
    bytes: usize,
    frame: u64,
}

struct Finished {
    texture: TextureHandle,
    bytes: usize,
    shown: u64,
}

/// The page that arrives: one texture, of which only new rows are sent.
struct LiveTexture {
    page: Option<PageId>,
    source: Arc<LivePage>,
    texture: TextureHandle,
    size: [usize; 2],
    /// Rows that were sent.
    rows: usize,
}

/// A picture that can be drawn: its texture, and which part of the page's height it shows.
pub(super) struct Shown<'a> {
    pub(super) texture: &'a TextureHandle,
    /// How much of the texture's height holds picture, 0 to 1.
    pub(super) filled: f32,
}

impl Textures {
    /// Sends the new rows of the page that arrives. Once a frame, before anything is drawn.
    pub(super) fn follow(&mut self, ctx: &Context, scan: &ScanState) {
        self.frame += 1;
        if let Some(scanning) = scan.job()
            && let Some(source) = &scanning.live
        {
            self.follow_page(ctx, scanning.page, source);
        }
        if let Some(live) = &mut self.live {
            live.send_new_rows(ctx);
        }
    }

    fn follow_page(&mut self, ctx: &Context, page: Option<PageId>, source: &Arc<LivePage>) {
        if let Some(live) = &mut self.live
            && Arc::ptr_eq(&live.source, source)
        {
            live.page = page.or(live.page);
            return;
        }
        let (width, height) = source.size();
        let size = [width as usize, height as usize];
        // A texture of the same size is used again: rows that were not sent are not drawn.
        let texture = match self.live.take() {
            Some(old) if old.size == size => old.texture,
            _ => blank(ctx, size),
        };
        self.live = Some(LiveTexture { page, source: source.clone(), texture, size, rows: 0 });
    }

    /// The picture of the page that arrives or arrived last, if it is this one.
    pub(super) fn live(&self, page: PageId) -> Option<Shown<'_>> {
        let live = self.live.as_ref().filter(|live| live.page == Some(page) && live.rows > 0)?;
        Some(Shown { texture: &live.texture, filled: live.rows as f32 / live.size[1].max(1) as f32 })
    }

    /// A finished picture; asked for when it is not there. Until it is, what the page looked like before is in its place,
    /// turned and cut as the page is now.
    pub(super) fn finished(
        &mut self,
        ctx: &Context,
        pictures: &Pictures,
        page: &PageView,
        kind: PictureKind,
    ) -> Option<Seen> {
        let key = (page.face, kind);
        if let Some(finished) = self.finished.get_mut(&key) {
            finished.shown = self.frame;
            return Some(Seen::as_it_is(finished.texture.clone()));
        }
        let Some(picture) = pictures.get(page.face, kind) else { return self.before(page, kind) };
        let size = [picture.width as usize, picture.height as usize];
        if picture.pixels.len() != size[0] * size[1] * 4 || size.contains(&0) {
            return None;
        }
        let image = ColorImage::from_rgba_premultiplied(size, &picture.pixels);
        let texture = ctx.load_texture(format!("page {} {kind:?}", page.face.page.0), image, FINISHED);
        let bytes = picture.pixels.len();
        self.bytes += bytes;
        let finished = Finished { texture: texture.clone(), bytes, shown: self.frame };
        self.finished.insert(key, finished);
        self.make_room();
        Some(Seen::as_it_is(texture))
    }

    /// What a page that was changed looked like before.
    fn before(&mut self, page: &PageView, kind: PictureKind) -> Option<Seen> {
        if matches!(kind, PictureKind::Tile { .. }) {
            return None;
        }
        let face = page.face;
        let same = |(other, of): &PictureKey| *of == kind && (other.document, other.page) == (face.document, face.page);
        let before = self.finished.iter_mut().filter(|(key, _)| same(key));
        let ((old, _), latest) = before.max_by_key(|(_, finished)| finished.shown)?;
        latest.shown = self.frame;
        Some(Seen::changed(latest.texture.clone(), (&old.look, &face.look), page.full))
    }

    /// Lets go of pictures of pages that are gone.
    pub(super) fn keep_only(&mut self, is_there: impl Fn(PageId) -> bool) {
        let bytes = &mut self.bytes;
        self.finished.retain(|(face, _), finished| {
            let keep = is_there(face.page);
            if !keep {
                *bytes -= finished.bytes;
            }
            keep
        });
    }

    /// What is shown in this frame always stays.
    fn make_room(&mut self) {
        while self.bytes > KEPT_BYTES {
            let oldest = self.finished.iter().min_by_key(|(_, finished)| finished.shown);
            let Some((key, _)) = oldest.filter(|(_, finished)| finished.shown < self.frame) else { return };
            let key = *key;
            if let Some(gone) = self.finished.remove(&key) {
                self.bytes -= gone.bytes;
            }
        }
    }
}

impl LiveTexture {
    fn send_new_rows(&mut self, ctx: &Context) {
        let Some(dirty) = self.source.take_dirty() else { return };
        let size = [dirty.width as usize, dirty.height as usize];
        if size != self.size {
            self.texture = blank(ctx, size);
            self.size = size;
            self.rows = 0;
        }
        let rows = dirty.rows.start as usize..dirty.rows.end as usize;
        if dirty.pixels.len() != rows.len() * size[0] * 4 || rows.end > size[1] {
            return;
        }
        let image = ColorImage::from_rgba_premultiplied([size[0], rows.len()], &dirty.pixels);
        self.texture.set_partial([0, rows.start], image, TextureOptions::LINEAR);
        self.rows = self.rows.max(rows.end);
    }
}

fn blank(ctx: &Context, size: [usize; 2]) -> TextureHandle {
    ctx.load_texture("page under way", ColorImage::filled(size, Color32::WHITE), TextureOptions::LINEAR)
}
