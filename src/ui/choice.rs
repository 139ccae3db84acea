//! What the next scan shall be like: chosen by hand or by a profile, and as near as the device offers it.

use crate::minidriver::{ColorMode, FeederState, PageLimit, Source};
use crate::session::profiles::{Profile, Profiles};
use crate::session::settings::{Offer, Paper, ScanSettings};
use crate::session::{ChosenDevice, DeviceId, ScanPlan, ScanWish, Snapshot};
use crate::units::Dpi;

/// What the next scan shall be like.
#[derive(Default)]
pub(super) struct Choice {
    /// The device the choice of a source belongs to.
    device: Option<DeviceId>,
    by_hand: Option<Source>,
    wanted: ScanSettings,
    /// The profile that was picked last, and whether nothing was changed by hand since.
    picked: Option<(Profile, bool)>,
}

/// Why a source is the one that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// A person chose it.
    ByHand,
    /// The device has no other.
    OnlyOne,
    /// There is paper in the feeder.
    PaperInFeeder,
    /// The feeder is empty.
    FeederEmpty,
    /// Nothing speaks for another.
    First,
}

impl Choice {
    /// Forgets what was chosen for another device.
    pub(super) fn belongs_to(&mut self, chosen: Option<&ChosenDevice>) {
        let device = chosen.map(|chosen| &chosen.entry.id);
        if device != self.device.as_ref() {
            self.device = device.cloned();
            self.by_hand = None;
            self.deviate();
        }
    }

    /// Chooses a source by hand.
    pub(super) fn choose(&mut self, source: Source) {
        self.by_hand = Some(source);
        self.deviate();
    }

    /// Wants another mode.
    pub(super) fn want_mode(&mut self, mode: ColorMode) {
        self.wanted.mode = mode;
        self.deviate();
    }

    /// Wants another resolution.
    pub(super) fn want_dpi(&mut self, dpi: Dpi) {
        self.wanted.dpi = dpi;
        self.deviate();
    }

    /// Wants another paper.
    pub(super) fn want_paper(&mut self, paper: Paper) {
        self.wanted.paper = paper;
        self.deviate();
    }

    /// Wants what a profile asks for, until something is changed by hand.
    pub(super) fn pick(&mut self, profile: &Profile) {
        self.by_hand = profile.plan.source;
        self.wanted = profile.plan.settings.clone();
        self.picked = Some((profile.clone(), true));
    }

    fn deviate(&mut self) {
        if let Some((_, as_it_is)) = &mut self.picked {
            *as_it_is = false;
        }
    }

    /// The profile whose settings these are, if it is still there.
    pub(super) fn profile<'a>(&self, profiles: &'a Profiles) -> Option<&'a Profile> {
        let (picked, _) = self.picked.as_ref().filter(|(_, as_it_is)| *as_it_is)?;
        profiles.all().iter().find(|profile| profile.name == picked.name && profile.plan == picked.plan)
    }

    /// The name of the profile that was picked last, for one that is to be saved now.
    pub(super) fn last_name(&self) -> &str {
        self.picked.as_ref().map_or("", |(picked, _)| picked.name.as_str())
    }

    /// What a profile of these settings asks for: the source only when it was chosen by hand.
    pub(super) fn plan(&self, shown: &Snapshot) -> Option<ScanPlan> {
        let wish = self.wish(shown)?;
        let pages = self.profile(&shown.profiles).and_then(|profile| profile.plan.pages);
        Some(ScanPlan { source: self.by_hand.map(|_| wish.source), settings: wish.settings, pages })
    }

    /// The source that will be used, and why.
    pub(super) fn source(&self, chosen: &ChosenDevice) -> Option<(Source, Why)> {
        let offered = chosen.offers.as_ref()?.sources();
        let has = |source| offered.contains(&source);
        if let Some(source) = self.by_hand.filter(|source| has(*source)) {
            return Some((source, Why::ByHand));
        }
        let first = *offered.first()?;
        Some(match chosen.feeder {
            _ if offered.len() == 1 => (first, Why::OnlyOne),
            FeederState::Loaded if has(Source::Feeder) => (Source::Feeder, Why::PaperInFeeder),
            FeederState::Empty if first == Source::Flatbed => (first, Why::FeederEmpty),
            _ => (first, Why::First),
        })
    }

    /// What is wanted, as near as the device offers it. What is shown is what will be asked for.
    pub(super) fn settings(&self, offer: &Offer) -> ScanSettings {
        let mode = nearest_mode(&offer.modes(), self.wanted.mode);
        let dpi = if offer.has(mode, self.wanted.dpi) {
            self.wanted.dpi
        } else {
            let nearest = |dpi: &Dpi| (dpi.0.abs_diff(self.wanted.dpi.0), std::cmp::Reverse(dpi.0));
            offer.resolutions(mode).into_iter().min_by_key(nearest).unwrap_or(self.wanted.dpi)
        };
        ScanSettings { mode, dpi, paper: fitting_paper(offer, self.wanted.paper) }
    }

    /// The scan that the big button starts; `None` while no device is ready.
    pub(super) fn wish(&self, shown: &Snapshot) -> Option<ScanWish> {
        let chosen = shown.chosen.as_ref()?;
        let (source, _) = self.source(chosen)?;
        let settings = self.settings(chosen.offers.as_ref()?.offer(source)?);
        let limit = self.profile(&shown.profiles).and_then(|profile| profile.plan.pages);
        let pages = match (source, limit) {
            (Source::Flatbed, _) => PageLimit::from_pages(1),
            (_, Some(pages)) => PageLimit::Count(pages),
            (Source::Feeder | Source::Duplex, None) => PageLimit::All,
        };
        Some(ScanWish { source, settings, pages })
    }
}

fn nearest_mode(offered: &[ColorMode], wanted: ColorMode) -> ColorMode {
    let order = [wanted, ColorMode::Color, ColorMode::Gray, ColorMode::LineArt];
    order.into_iter().find(|mode| offered.contains(mode)).or(offered.first().copied()).unwrap_or(wanted)
}

fn fitting_paper(offer: &Offer, wanted: Paper) -> Paper {
    let whole = Paper::Custom { width: offer.surface().max_width, height: offer.surface().max_height };
    std::iter::once(wanted).chain(Paper::NAMED).find(|paper| offer.takes(*paper)).unwrap_or(whole)
}
