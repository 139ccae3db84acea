//! The real window: opened, run and closed by eframe.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use eframe::egui::{self, IconData, ViewportBuilder};

use crate::clock::Waker;
use crate::session::Session;

use super::app::Application;
use super::backend::Backend;
use super::save_flow::FileDialogs;
use super::sleep::{Bus, watch_sleep};

/// Size of the window when it opens first, and the smallest it can have.
const SIZE: [f32; 2] = [1200.0, 800.0];
const MINIMUM: [f32; 2] = [720.0, 480.0];

/// What a window starts with.
#[derive(Clone, Debug, Default)]
pub struct StartWith {
    /// The name of the device to use.
    pub device: Option<String>,
    /// Which file dialogs may be used.
    pub file_dialogs: FileDialogs,
    /// Where the window keeps what it remembers from one start to the next; `None`: nowhere.
    pub data_dir: Option<PathBuf>,
    /// Asks for frames; its waker is the session's `changed`.
    pub repaint: Repaint,
}

/// Asks a window for a frame or to close, also before there is one: a session starts before its window opens.
#[derive(Clone, Debug, Default)]
pub struct Repaint(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    window: OnceLock<egui::Context>,
    /// Somebody wants it closed.
    close: AtomicBool,
}

impl Repaint {
    /// Asks for a frame; nothing happens while there is no window.
    pub fn waker(&self) -> Waker {
        let shared = self.0.clone();
        Waker::new(move || {
            if let Some(ctx) = shared.window.get() {
                ctx.request_repaint();
            }
        })
    }

    /// Closes the window without a question; one that is still to open closes at once.
    pub fn close_window(&self) {
        self.0.close.store(true, Ordering::SeqCst);
        self.close_if_open();
    }

    /// Whether somebody outside wants the window closed, whatever is open in it.
    pub fn wants_to_close(&self) -> bool {
        self.0.close.load(Ordering::SeqCst)
    }

    /// From now on frames are asked for here.
    pub fn open(&self, ctx: &egui::Context) {
        // A second window keeps its hands off: the first one stays.
        drop(self.0.window.set(ctx.clone()));
        if self.wants_to_close() {
            self.close_if_open();
        }
    }

    fn close_if_open(&self) {
        if let Some(ctx) = self.0.window.get() {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            ctx.request_repaint();
        }
    }
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// There is no display, or no OpenGL on it. The command line works without either.
    #[error("no window could be opened: {0}")]
    Open(#[from] eframe::Error),
}

/// What says where the display is, of X11 and of Wayland.
const DISPLAYS: [&str; 3] = ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"];

/// Whether the environment names a display that a window could be opened on.
pub fn display_is_named() -> bool {
    DISPLAYS.iter().any(|name| std::env::var_os(name).is_some_and(|display| !display.is_empty()))
}

/// Opens the window and returns when it was closed. It has told the session to stop then; waiting until that has
/// ended is for whoever started the session, who has it alone again.
///
/// # Errors
/// When no window can be opened.
pub fn run(session: &Arc<Session>, start: StartWith) -> Result<(), WindowError> {
    let options = eframe::NativeOptions { viewport: viewport(), centered: true, ..native_options() };
    watch_sleep(session.sleep(), Bus::System);
    let backend: Arc<dyn Backend> = session.clone();
    eframe::run_native(
        "Lightbar",
        options,
        Box::new(move |creation| {
            start.repaint.open(&creation.egui_ctx);
            Ok(Box::new(Application::new(&creation.egui_ctx, Box::new(backend), &start)))
        }),
    )?;
    Ok(())
}

/// How every window of the program is drawn. Without dithering: it is most of a pixel's cost where the processor draws,
/// and nothing here but shadows is a gradient.
pub fn native_options() -> eframe::NativeOptions {
    eframe::NativeOptions { dithering: false, ..Default::default() }
}

fn viewport() -> ViewportBuilder {
    let viewport = ViewportBuilder::default()
        .with_title("Lightbar")
        .with_app_id("lightbar")
        .with_inner_size(SIZE)
        .with_min_inner_size(MINIMUM);
    match icon() {
        Some(icon) => viewport.with_icon(icon),
        None => viewport,
    }
}

/// The program's own icon; part of the program, so it can be read.
fn icon() -> Option<IconData> {
    let picture = image::load_from_memory(include_bytes!("../../assets/lightbar.png")).ok()?.into_rgba8();
    let (width, height) = picture.dimensions();
    Some(IconData { rgba: picture.into_raw(), width, height })
}
