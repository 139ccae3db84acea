//! What single devices do differently, as data (eSCL reference, 8).
//!
//! Most of what the reference lists needs no quirk, because the driver does for every device what one
//! of them needs: path-only Location, sniffed formats, retries while the job is at work. What is left
//! stands here. Among the rules that match, the more specific one wins; rules of the caller win over all.

/// How a device is to be treated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// POST needs `Host: localhost`.
    pub host_localhost: bool,
    /// A Connection header of its own.
    pub connection: Option<&'static str>,
    /// Only one USB interface is to be used.
    pub one_interface: bool,
    /// A pause after each page of the feeder, or it answers 404 in the middle of the stack.
    pub pause_after_page: bool,
    /// The feeder must be looked at before a job, because the job goes wrong without paper.
    pub look_before_job: bool,
    /// The device ends its job after each sheet.
    pub job_per_sheet: bool,
    /// 404 and 410 mean "again" while the job is not known to be over.
    pub not_found_means_again: bool,
    /// No DELETE after the end of a job.
    pub no_release: bool,
    /// DELETE after every job, also after one page of the flatbed.
    pub always_release: bool,
    /// Line art fails and is asked for as gray.
    pub line_art_fails: bool,
    /// Higher resolutions than this exist in line art only.
    pub most_dpi_but_line_art: Option<u32>,
    /// The region stands in the scan namespace.
    pub region_in_scan_namespace: bool,
    /// Smallest region in 1/300 inch, whatever the capabilities say.
    pub smallest_region: Option<(i64, i64)>,
    /// Shift of the feeder's region to the right, in 1/300 inch.
    pub feeder_shift: i64,
    /// The port wants a printer-class soft reset when it is opened.
    pub soft_reset: bool,
    /// A page of the feeder ends where its sheet does, although the device announces no BottomEdge.
    pub ends_with_sheet: bool,
}

/// One deviation from what is usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// Sets [`Quirks::host_localhost`].
    HostLocalhost(bool),
    /// Sets [`Quirks::connection`].
    Connection(&'static str),
    /// Sets [`Quirks::one_interface`].
    OneInterface(bool),
    /// Sets [`Quirks::pause_after_page`].
    PauseAfterPage(bool),
    /// Sets [`Quirks::look_before_job`].
    LookBeforeJob(bool),
    /// Sets [`Quirks::job_per_sheet`].
    JobPerSheet(bool),
    /// Sets [`Quirks::not_found_means_again`].
    NotFoundMeansAgain(bool),
    /// Sets [`Quirks::no_release`].
    NoRelease(bool),
    /// Sets [`Quirks::always_release`].
    AlwaysRelease(bool),
    /// Sets [`Quirks::line_art_fails`].
    LineArtFails(bool),
    /// Sets [`Quirks::most_dpi_but_line_art`].
    MostDpiButLineArt(Option<u32>),
    /// Sets [`Quirks::region_in_scan_namespace`].
    RegionInScanNamespace(bool),
    /// Sets [`Quirks::smallest_region`].
    SmallestRegion(Option<(i64, i64)>),
    /// Sets [`Quirks::feeder_shift`].
    FeederShift(i64),
    /// Sets [`Quirks::soft_reset`].
    SoftReset(bool),
    /// Sets [`Quirks::ends_with_sheet`].
    EndsWithSheet(bool),
}

/// Which devices a rule is for. Patterns know `*` and no case; an absent one matches everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// MakeAndModel, or the USB device's own name.
    pub model: Option<&'static str>,
    /// The Server header of its answers.
    pub server: Option<&'static str>,
    /// idVendor and idProduct.
    pub usb: Option<(u16, u16)>,
    /// Over USB only.
    pub only_usb: bool,
}

/// Devices and their deviations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuirkRule {
    /// Which devices.
    pub of: Match,
    /// What is different.
    pub quirks: &'static [Quirk],
}

/// What is known of a device when its quirks are looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// MakeAndModel, manufacturer and the USB names, each as it came.
    pub models: Vec<String>,
    /// Server header.
    pub server: Option<String>,
    /// idVendor and idProduct, over USB.
    pub usb: Option<(u16, u16)>,
}

const fn model(pattern: &'static str, quirks: &'static [Quirk]) -> QuirkRule {
    QuirkRule { of: Match { model: Some(pattern), server: None, usb: None, only_usb: false }, quirks }
}

const fn usb_model(pattern: &'static str, quirks: &'static [Quirk]) -> QuirkRule {
    QuirkRule { of: Match { model: Some(pattern), server: None, usb: None, only_usb: true }, quirks }
}

/// The table. Rows of the reference that are missing here need no quirk.
pub const RULES: &[QuirkRule] = &[
    QuirkRule {
        of: Match { model: None, server: Some("HP_Compact_Server*"), usb: None, only_usb: false },
        quirks: &[Quirk::HostLocalhost(true)],
    },
    model("*Brother*", &[Quirk::PauseAfterPage(true)]),
    model("*Brother*L2750DW*", &[Quirk::LineArtFails(true)]),
    model("*Canon*MF410*", &[Quirk::LookBeforeJob(true)]),
    model("*MF410 Series*", &[Quirk::LookBeforeJob(true)]),
    model("*iR2625*", &[Quirk::MostDpiButLineArt(Some(300))]),
    model("*iR2630*", &[Quirk::MostDpiButLineArt(Some(300))]),
    model("*Epson*WF-2930*", &[Quirk::JobPerSheet(true)]),
    model("*OfficeJet Pro 9120e*", &[Quirk::RegionInScanNamespace(true)]),
    usb_model("*LaserJet*M28*", &[Quirk::Connection("keep-alive")]),
    usb_model("*LaserJet*M29*", &[Quirk::Connection("keep-alive")]),
    usb_model("*LaserJet*M31*", &[Quirk::Connection("keep-alive")]),
    usb_model("*OfficeJet Pro 8710*", &[Quirk::SoftReset(true)]),
    usb_model("*OfficeJet Pro 8730*", &[Quirk::SoftReset(true), Quirk::Connection("close")]),
    usb_model("*ScanJet Pro 4500 fn1*", &[Quirk::OneInterface(true)]),
    usb_model("*Pantum*M6559NW*", &[Quirk::OneInterface(true)]),
    usb_model("*Pantum*BP5100DN*", &[Quirk::OneInterface(true)]),
    model("*Kyocera*M5521*", &[Quirk::AlwaysRelease(true)]),
    model("*Kyocera*M5526*", &[Quirk::AlwaysRelease(true)]),
    model("*Ricoh*SP C261SFNw*", &[Quirk::SmallestRegion(Some((1749, 2481)))]),
    model("*Xerox*B205*", &[Quirk::NotFoundMeansAgain(true), Quirk::NoRelease(true)]),
    model("*Xerox*B215*", &[Quirk::NotFoundMeansAgain(true), Quirk::NoRelease(true)]),
    model("*Xerox*3345*", &[Quirk::LookBeforeJob(true), Quirk::NotFoundMeansAgain(true)]),
];

impl Quirks {
    /// The quirks of a device, from the table and from rules of the caller.
    pub fn of(subject: &Subject, own: &[QuirkRule]) -> Quirks {
        let mut matching: Vec<&QuirkRule> = RULES.iter().filter(|rule| rule.of.matches(subject)).collect();
        matching.sort_by_key(|rule| rule.of.specificity());
        matching.extend(own.iter().filter(|rule| rule.of.matches(subject)));
        let mut quirks = Quirks::default();
        for quirk in matching.into_iter().flat_map(|rule| rule.quirks) {
            quirks.set(*quirk);
        }
        quirks
    }

    fn set(&mut self, quirk: Quirk) {
        match quirk {
            Quirk::HostLocalhost(value) => self.host_localhost = value,
            Quirk::Connection(value) => self.connection = Some(value),
            Quirk::OneInterface(value) => self.one_interface = value,
            Quirk::PauseAfterPage(value) => self.pause_after_page = value,
            Quirk::LookBeforeJob(value) => self.look_before_job = value,
            Quirk::JobPerSheet(value) => self.job_per_sheet = value,
            Quirk::NotFoundMeansAgain(value) => self.not_found_means_again = value,
            Quirk::NoRelease(value) => self.no_release = value,
            Quirk::AlwaysRelease(value) => self.always_release = value,
            Quirk::LineArtFails(value) => self.line_art_fails = value,
            Quirk::MostDpiButLineArt(value) => self.most_dpi_but_line_art = value,
            Quirk::RegionInScanNamespace(value) => self.region_in_scan_namespace = value,
            Quirk::SmallestRegion(value) => self.smallest_region = value,
            Quirk::FeederShift(value) => self.feeder_shift = value,
            Quirk::SoftReset(value) => self.soft_reset = value,
            Quirk::EndsWithSheet(value) => self.ends_with_sheet = value,
        }
    }
}

impl Match {
    fn matches(&self, subject: &Subject) -> bool {
        let model = self.model.is_none_or(|pattern| {
            let joined = subject.models.join(" ");
            matches_glob(pattern, &joined)
        });
        let server = self
            .server
            .is_none_or(|pattern| subject.server.as_deref().is_some_and(|server| matches_glob(pattern, server)));
        let usb = self.usb.is_none_or(|ids| subject.usb == Some(ids));
        model && server && usb && (!self.only_usb || subject.usb.is_some())
    }

    /// How much of a device a rule names.
    fn specificity(&self) -> usize {
        let letters = |pattern: Option<&str>| pattern.map_or(0, |text| text.chars().filter(|c| *c != '*').count());
        letters(self.model) + letters(self.server) + if self.usb.is_some() { 100 } else { 0 }
    }
}

/// Whether a text matches a pattern with `*`, without regard to case.
fn matches_glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Subject {
        Subject { models: vec![name.to_owned()], ..Subject::default() }
    }

    #[test]
    fn rules_add_up_and_the_callers_win() {
        let subject = named("Brother MFC-L2750DW series");
        let quirks = Quirks::of(&subject, &[]);
        assert!(quirks.pause_after_page && quirks.line_art_fails && !quirks.one_interface);
        let own = QuirkRule { of: Match::default(), quirks: &[Quirk::PauseAfterPage(false), Quirk::FeederShift(83)] };
        let quirks = Quirks::of(&subject, &[own]);
        assert!(!quirks.pause_after_page && quirks.line_art_fails && quirks.feeder_shift == 83);
    }

    #[test]
    fn a_rule_for_usb_does_not_hold_on_the_network() {
        let mut subject = named("HP ScanJet Pro 4500 fn1");
        assert!(!Quirks::of(&subject, &[]).one_interface);
        subject.usb = Some((0x03f0, 1));
        assert!(Quirks::of(&subject, &[]).one_interface);
    }

    #[test]
    fn patterns() {
        assert!(matches_glob("*Xerox*B205*", "XEROX B205 Multifunction"));
        assert!(matches_glob("HP_Compact_Server*", "HP_Compact_Server"));
        assert!(!matches_glob("*B205", "B2055") && matches_glob("*", "") && !matches_glob("a", "ab"));
    }
}
