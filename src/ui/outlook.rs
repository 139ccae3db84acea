//! What a save would come to, while its dialog is open: asked of the session as soon as what was chosen has stayed the
//! same for a moment.

use std::path::PathBuf;
use std::time::Duration;

use eframe::egui::Context;

use crate::document::PageId;
use crate::export::{Estimate, SaveOptions};
use crate::session::{Command, EstimateWish, Estimated, SaveWish};
use crate::text::errors::Sentences;
use crate::text::export;

/// What is typed is asked about when nothing was typed for this long, in seconds of the window's input.
const MOMENT: f64 = 0.25;

/// What is known of the save in the dialog.
#[derive(Debug, Default)]
pub(super) struct Outlook {
    /// Of the question that was asked last.
    number: u64,
    /// What is chosen, and since when.
    chosen: Option<(SaveWish, f64)>,
    /// It has been asked about.
    is_asked: bool,
    names: Vec<PathBuf>,
    size: Option<Estimate>,
    /// What `size` is the size of.
    measured: Option<Measured>,
    trouble: Option<Sentences>,
}

/// What the size of a save depends on, beside the document: not its name.
type Measured = (Box<SaveOptions>, Option<Vec<PageId>>);

fn measured(wish: &SaveWish) -> Measured {
    let naming = Default::default();
    (
        Box::new(SaveOptions { naming, overwrite: false, replaceable: Vec::new(), ..(*wish.options).clone() }),
        wish.pages.clone(),
    )
}

impl Outlook {
    /// Follows what is chosen, `None` when no dialog is open; the question for the session, when it is time for one.
    pub(super) fn follow(&mut self, wish: Option<SaveWish>, now: f64, ctx: &Context) -> Option<Command> {
        let Some(wish) = wish else {
            let was_open = self.chosen.is_some();
            *self = Outlook { number: self.number, ..Outlook::default() };
            return was_open.then_some(Command::Estimate(None));
        };
        match &self.chosen {
            Some((before, _)) if *before == wish => {}
            before => {
                // A dialog that opens asks at once.
                let since = if before.is_none() { now - MOMENT } else { now };
                self.chosen = Some((wish, since));
                self.is_asked = false;
                self.trouble = None;
            }
        }
        let (wish, since) = self.chosen.as_ref().filter(|_| !self.is_asked)?;
        let left = since + MOMENT - now;
        if left > 0.0 {
            ctx.request_repaint_after(Duration::from_secs_f64(left));
            return None;
        }
        let size = self.size.is_none() || self.measured.as_ref() != Some(&measured(wish));
        self.number += 1;
        self.is_asked = true;
        Some(Command::Estimate(Some(EstimateWish { number: self.number, save: wish.clone(), size })))
    }

    /// Takes an answer in; one to an older question says nothing any more.
    pub(super) fn heard(&mut self, number: u64, answer: Estimated) {
        let Some((wish, _)) = self.chosen.as_ref().filter(|_| number == self.number && self.is_asked) else { return };
        match answer {
            Estimated::Names(names) => self.names = names,
            Estimated::Size(size) => {
                self.measured = Some(measured(wish));
                self.size = Some(size);
            }
            Estimated::Trouble(error) => self.trouble = Some(export::failed(&error)),
        }
    }

    /// The names that the files would have, as far as that is known.
    pub(super) fn names(&self) -> &[PathBuf] {
        &self.names
    }

    /// How large they would be all together, and whether that is true of what is chosen now.
    pub(super) fn size(&self) -> Option<(Estimate, bool)> {
        let (wish, _) = self.chosen.as_ref()?;
        Some((self.size?, self.measured.as_ref() == Some(&measured(wish))))
    }

    /// Why nothing could be saved like this.
    pub(super) fn trouble(&self) -> Option<&Sentences> {
        self.trouble.as_ref()
    }
}
