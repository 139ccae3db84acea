//! The models: what one simulated scanner has and does that another does not. Data only.

/// Steps of 1/300 inch, the unit of eSCL.
pub(super) type Units = u32;

/// One model of simulated scanner.
#[derive(Debug)]
pub struct Model {
    /// The name a user writes, as in `virtual:feeder`.
    pub name: &'static str,
    /// One line for a list of models.
    pub summary: &'static str,
    pub(super) product: &'static str,
    pub(super) make_and_model: &'static str,
    pub(super) serial: &'static str,
    pub(super) uuid: &'static str,
    pub(super) escl_version: &'static str,
    /// What its USB interfaces speak.
    pub(super) dialect: Dialect,
    /// Its USB interfaces.
    pub(super) interfaces: u8,
    pub(super) platen: Option<Source>,
    pub(super) feeder: Option<Source>,
    /// The feeder scans both sides in one pass.
    pub(super) duplex: bool,
    /// Sheets it is filled with unless told otherwise.
    pub(super) feeder_capacity: u32,
    /// A4 pages a minute at 300 dpi.
    pub(super) pages_per_minute: f64,
    /// Raw pixels (`application/octet-stream`) besides JPEG, line art among them.
    pub(super) raw_rows: bool,
    pub(super) quirks: Quirks,
}

/// What is spoken over USB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// eSCL in HTTP.
    Escl,
    /// A protocol of its own, on a vendor-specific interface.
    Lines,
}

impl Model {
    /// Whether it speaks eSCL; others have a protocol of their own.
    pub fn speaks_escl(&self) -> bool {
        self.dialect == Dialect::Escl
    }

    /// Whether it has a scan button that it tells of. eSCL has no word for one.
    pub fn has_button(&self) -> bool {
        self.dialect == Dialect::Lines
    }
}

/// A place paper lies in.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) min_width: Units,
    pub(super) max_width: Units,
    pub(super) min_height: Units,
    pub(super) max_height: Units,
    pub(super) resolutions: &'static [u32],
}

/// How a `Location` header is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LocationStyle {
    /// With the host of the request.
    Absolute,
    /// The path alone.
    Relative,
    /// With a host no one can resolve (eSCL reference, 6.2).
    BogusHost,
}

/// What a device does with the page under way when its job is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CancelStyle {
    /// The body ends at once, cleanly, with an unfinished image.
    EndsBody,
    /// The page is sent to its end; then the job is gone.
    FinishesPage,
}

/// Habits of real devices (eSCL reference, 4.4, 6 and 8).
#[derive(Debug)]
pub(super) struct Quirks {
    pub(super) location: LocationStyle,
    pub(super) cancel: CancelStyle,
    /// Answers 503 this often before each page.
    pub(super) busy_answers: u32,
    /// Zero-length packets while it thinks.
    pub(super) zero_length_while_thinking: bool,
    /// A zero-length packet after an answer that fills its last packet.
    pub(super) zero_length_after_multiple: bool,
    /// XML answers in chunks, errors with neither length nor chunks.
    pub(super) without_content_length: bool,
    /// Seconds of `Testing` before a page.
    pub(super) warm_up_seconds: u32,
    /// The frame header says 65535 rows; the true height comes in a DNL segment at the end.
    pub(super) height_at_the_end: bool,
    /// Sheets it draws in before anyone asked for them.
    pub(super) feeds_ahead: u32,
    /// The capabilities and the requests know `DocumentFormatExt`.
    pub(super) format_ext: bool,
    /// Attributes in single quotes, a comment before the root, a profile that nobody refers to.
    pub(super) sloppy_xml: bool,
    /// Takes a feeder job without paper and ends it without a page.
    pub(super) accepts_job_without_paper: bool,
    /// Packs XML with gzip when the client offers it.
    pub(super) gzip: bool,
    /// Unread answers survive the choice of an alternate setting; only a reset clears them.
    pub(super) keeps_unread_answers: bool,
    /// Bytes a raw row is rounded up to.
    pub(super) row_alignment: usize,
}

const PLAIN: Quirks = Quirks {
    location: LocationStyle::Absolute,
    cancel: CancelStyle::EndsBody,
    busy_answers: 0,
    zero_length_while_thinking: false,
    zero_length_after_multiple: true,
    without_content_length: false,
    warm_up_seconds: 0,
    height_at_the_end: false,
    feeds_ahead: 0,
    format_ext: true,
    sloppy_xml: false,
    accepts_job_without_paper: false,
    gzip: false,
    keeps_unread_answers: false,
    row_alignment: 1,
};

const A4_GLASS: Source = Source {
    min_width: 16,
    max_width: 2550,
    min_height: 16,
    max_height: 3508,
    resolutions: &[75, 100, 150, 200, 300, 600],
};

/// Every model, the default first.
pub static MODELS: &[Model] = &[
    Model {
        name: "feeder",
        summary: "office device: flatbed and duplex feeder, two USB interfaces",
        product: "Virtual Office Scanner",
        make_and_model: "Lightbar Virtual Office Scanner",
        serial: "LBV0001",
        uuid: "3f1c0a52-7d1e-4c35-9e10-1b5a9c000001",
        escl_version: "2.63",
        dialect: Dialect::Escl,
        interfaces: 2,
        platen: Some(A4_GLASS),
        feeder: Some(Source { max_height: 4200, resolutions: &[75, 100, 150, 200, 300, 600], ..A4_GLASS }),
        duplex: true,
        feeder_capacity: 10,
        pages_per_minute: 10.0,
        raw_rows: true,
        quirks: Quirks { gzip: true, ..PLAIN },
    },
    Model {
        name: "flatbed",
        summary: "flatbed alone, one USB interface",
        product: "Virtual Flatbed",
        make_and_model: "Lightbar Virtual Flatbed",
        serial: "LBV0002",
        uuid: "3f1c0a52-7d1e-4c35-9e10-1b5a9c000002",
        escl_version: "2.0",
        dialect: Dialect::Escl,
        interfaces: 1,
        platen: Some(A4_GLASS),
        feeder: None,
        duplex: false,
        feeder_capacity: 0,
        pages_per_minute: 10.0,
        raw_rows: false,
        quirks: Quirks { location: LocationStyle::Relative, ..PLAIN },
    },
    Model {
        name: "slow",
        summary: "old flatbed with bad habits: warms up, says busy, bogus addresses; one USB interface",
        product: "pst_p04f",
        make_and_model: "xxxx",
        serial: "000",
        uuid: "",
        escl_version: "2.0",
        dialect: Dialect::Escl,
        interfaces: 1,
        platen: Some(Source {
            min_width: 591,
            max_width: 2551,
            min_height: 591,
            max_height: 3510,
            resolutions: &[75, 200, 300, 600],
        }),
        feeder: None,
        duplex: false,
        feeder_capacity: 0,
        pages_per_minute: 3.0,
        raw_rows: false,
        quirks: Quirks {
            location: LocationStyle::BogusHost,
            busy_answers: 2,
            zero_length_while_thinking: true,
            zero_length_after_multiple: false,
            without_content_length: true,
            warm_up_seconds: 5,
            format_ext: false,
            sloppy_xml: true,
            keeps_unread_answers: true,
            ..PLAIN
        },
    },
    Model {
        name: "sheetfed",
        summary: "feeder alone that learns a sheet's height at its end and draws sheets in ahead; two USB interfaces",
        product: "Virtual Sheetfed",
        make_and_model: "Lightbar Virtual Sheetfed",
        serial: "LBV0004",
        uuid: "3f1c0a52-7d1e-4c35-9e10-1b5a9c000004",
        escl_version: "2.9",
        dialect: Dialect::Escl,
        interfaces: 2,
        platen: None,
        feeder: Some(Source { max_height: 10_800, resolutions: &[75, 150, 200, 300, 600], ..A4_GLASS }),
        duplex: true,
        feeder_capacity: 10,
        pages_per_minute: 25.0,
        raw_rows: true,
        quirks: Quirks {
            cancel: CancelStyle::FinishesPage,
            height_at_the_end: true,
            feeds_ahead: 2,
            accepts_job_without_paper: true,
            row_alignment: 64,
            ..PLAIN
        },
    },
    Model {
        name: "legacy",
        summary: "flatbed and feeder with a protocol of its own, for a driver of the older model; one USB interface",
        product: "Virtual Older Scanner",
        make_and_model: "Lightbar Virtual Older Scanner",
        serial: "LBV0005",
        uuid: "3f1c0a52-7d1e-4c35-9e10-1b5a9c000005",
        escl_version: "",
        dialect: Dialect::Lines,
        interfaces: 1,
        platen: Some(A4_GLASS),
        feeder: Some(Source { max_height: 4200, ..A4_GLASS }),
        duplex: false,
        feeder_capacity: 10,
        pages_per_minute: 10.0,
        raw_rows: true,
        quirks: PLAIN,
    },
];

/// The model of a name.
pub fn model(name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.name == name)
}
