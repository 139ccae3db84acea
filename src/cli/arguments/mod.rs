//! The arguments, and what each may be.

mod documents;
mod save;

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use crate::export::Netpbm;
use crate::import::pdf::READ_PDF;
use crate::minidriver::{ColorMode, Source};
use crate::session::ScanPlan;
use crate::session::profiles::ProfileName;
use crate::session::settings::{Paper, ScanSettings};
use crate::units::Dpi;
use crate::virtual_device::MODELS;

pub use documents::{Documents, DocumentsAction, Edit, EditAction, Export, Import, PartOfPage, Turn};
pub use save::HowToSave;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Blue.on_default().bold())
    .usage(AnsiColor::Blue.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Green.on_default());

/// How devices are named.
const DEVICES: &str = "\
Devices are named like virtual:feeder, usb:04b8:1234 or escl:http://192.168.1.20/eSCL.
`lightbar devices` lists those that are there.";

/// How `lightbar scan` is used.
const SCANS: &str = "\
Examples:
  lightbar scan -o letter.pdf
  lightbar scan --source duplex --mode gray --resolution 200 -o contract.pdf
  lightbar scan -d virtual:feeder --pages 2 -o page.png
  lightbar scan --append last --after 3";

/// How `lightbar profiles` is used.
const PROFILES: &str = "\
Examples:
  lightbar profiles save Letters --mode gray --resolution 200
  lightbar profiles save Receipts --source feeder --paper 80x200mm --on-button
  lightbar scan --profile letters -o x.pdf";

/// How `lightbar scan` ends.
const SCAN_ENDS: &str = "\
Ctrl+C ends the scan and saves the pages so far; a second one ends the saving, too. What was not
saved as a whole is kept in the data directory, and a line says where.

With --json the last line is one object, also for wrong usage: status, exit, device, pages, partial,
files, document (the folder of what was kept) and error (condition, code, message). It is on
standard output, with -o - on standard error. Where a name is not UTF-8, files_bytes or
document_bytes have its bytes in hexadecimal.

Exit status: 0 done, 1 failed (pages received are saved), 2 wrong usage, 3 feeder empty before the
first page, 130 cancelled with Ctrl+C.";

/// Turns paper into documents. Without a command it opens the window.
#[derive(Debug, Parser)]
#[command(name = "lightbar", version, styles = STYLES, max_term_width = 100)]
#[command(after_help = DEVICES)]
pub struct Arguments {
    /// What to do; nothing: the window.
    #[command(subcommand)]
    pub command: Option<Action>,

    /// Scanner to use; without it the window lets you choose
    #[arg(short, long, value_name = "DEVICE")]
    pub device: Option<String>,

    /// How a virtual scanner behaves.
    #[command(flatten)]
    pub behaviour: Behaviour,

    /// What goes to the log on standard error, like `debug` or `lightbar::http=trace`
    #[arg(long, global = true, value_name = "FILTER", env = "RUST_LOG", hide_env_values = true, help_heading = "Log")]
    pub log: Option<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List what can be scanned from
    Devices(Devices),
    /// Scan to a file
    Scan(Box<Scan>),
    /// The documents that are kept: list them, throw one away, take it back
    Documents(Documents),
    /// Change a document: turn, crop, move, delete pages, and more; all of it can be undone
    Edit(Edit),
    /// Save a document, or pages of it, as a file
    Export(Export),
    /// Make pages of PDF, TIFF, PNG and JPEG files
    Import(Import),
    /// Settings under a name: list them, save one, remove one
    Profiles(Profiles),
    /// Lend a virtual scanner to other programs
    Virtual(Virtual),
    /// What importing starts to read a PDF with a limit of memory; not for people
    #[command(name = READ_PDF, hide = true)]
    ReadPdf,
}

/// `lightbar devices`.
#[derive(Clone, Debug, Args)]
pub struct Devices {
    /// Look at this device alone; also one with an address
    #[arg(value_name = "DEVICE")]
    pub device: Option<String>,

    /// Print every property of every source with the values it could have
    #[arg(long)]
    pub properties: bool,

    /// Print an array of objects instead of a table
    #[arg(long)]
    pub json: bool,
}

/// `lightbar scan`.
#[derive(Clone, Debug, Args)]
#[command(after_help = format!("{SCANS}\n\n{DEVICES}\n\n{SCAN_ENDS}"), group(ArgGroup::new("to").args(["output", "batch", "append"]).required(true).multiple(true)))]
pub struct Scan {
    /// Scanner to use; without it the only one that is connected
    #[arg(short, long, value_name = "DEVICE")]
    pub device: Option<String>,

    /// How to scan.
    #[command(flatten)]
    pub how: HowToScan,

    /// Settings saved under this name; what is asked for besides counts more
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// What to write; without it what the file's ending says
    #[arg(long, value_enum)]
    pub format: Option<FormatName>,

    /// Replace the file if it exists
    #[arg(long)]
    pub overwrite: bool,

    /// How the file is to be.
    #[command(flatten)]
    pub file: HowToSave,

    /// Keep the document in the data directory after it was saved
    #[arg(long)]
    pub keep_document: bool,

    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,

    /// File to write, like letter.pdf, .tif, .png, .jpg or .pnm (.ppm, .pgm, .pbm); `-` is standard output.
    /// Fields like {date}, {time}, {counter}, {page}, {device} and {title} become what they say. A %d in it is part of
    /// the name: patterns are for --batch
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Put the pages into this document, which is kept; `lightbar documents` lists them
    #[arg(long, value_name = "DOC")]
    pub append: Option<String>,

    /// With --append: behind this page instead of at the end; 0 is the start
    #[arg(long, value_name = "PAGE", requires = "append", value_parser = whole)]
    pub after: Option<u32>,

    /// With --append: in the place of this page, which undo brings back
    #[arg(long, value_name = "PAGE", requires = "append", conflicts_with_all = ["after", "pages"])]
    pub replace: Option<NonZeroU32>,

    /// Write netpbm images, a file per page, by a name like page%03d.pnm; %% is a percent sign
    #[arg(long, value_name = "NAME", conflicts_with_all = ["append", "output"])]
    pub batch: Option<PathBuf>,

    /// How a virtual scanner behaves.
    #[command(flatten)]
    pub behaviour: Behaviour,
}

impl Scan {
    /// Whether images go out as they come, instead of into a document.
    pub fn is_for_a_pipe(&self) -> bool {
        let by_ending = || self.output.as_deref().and_then(netpbm_ending).is_some();
        self.batch.is_some() || self.format.map_or_else(by_ending, |format| format == FormatName::Pnm)
    }

    /// Whether the pages go to standard output.
    pub fn is_to_stdout(&self) -> bool {
        self.output.as_ref().is_some_and(|output| output.as_os_str() == "-")
    }
}

/// What a file name's ending promises of a netpbm image, if it is one of theirs.
pub fn netpbm_ending(file: &Path) -> Option<Netpbm> {
    Netpbm::from_extension(&file.extension()?.to_string_lossy())
}

/// How to scan.
#[derive(Clone, Debug, Args)]
pub struct HowToScan {
    /// Where the pages come from; without it the feeder when paper lies in it, else the flatbed
    #[arg(long, value_enum)]
    pub source: Option<SourceName>,

    /// Colour, gray or black and white [default: color]
    #[arg(long, value_enum)]
    pub mode: Option<ModeName>,

    /// Resolution in dots per inch [default: 300]
    #[arg(long, value_name = "DPI", value_parser = resolution)]
    pub resolution: Option<u32>,

    /// Size of the paper: a4, a5, letter, legal, or width x height like 100x150mm [default: a4]
    #[arg(long, value_name = "SIZE")]
    pub paper: Option<Paper>,

    /// Pages to scan; without it one from the flatbed, all from the feeder
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub pages: Option<NonZeroU32>,
}

impl HowToScan {
    /// What was said, in the place of what a plan says.
    pub fn over(&self, plan: ScanPlan) -> ScanPlan {
        let ScanSettings { mode, dpi, paper } = plan.settings;
        let settings = ScanSettings {
            mode: self.mode.map_or(mode, ColorMode::from),
            dpi: self.resolution.map_or(dpi, Dpi),
            paper: self.paper.unwrap_or(paper),
        };
        ScanPlan { source: self.source.map(Source::from).or(plan.source), settings, pages: self.pages.or(plan.pages) }
    }
}

/// `lightbar profiles`.
#[derive(Clone, Debug, Args)]
#[command(after_help = PROFILES, args_conflicts_with_subcommands = true)]
pub struct Profiles {
    /// What to do; nothing: list them.
    #[command(subcommand)]
    pub action: Option<ProfilesAction>,

    /// Print an array of objects instead of a table
    #[arg(long)]
    pub json: bool,
}

/// What to do with profiles.
#[derive(Clone, Debug, Subcommand)]
pub enum ProfilesAction {
    /// Save settings under a name
    Save(SaveProfile),
    /// Forget the settings with this name
    Remove {
        /// The name
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// `lightbar profiles save`.
#[derive(Clone, Debug, Args)]
pub struct SaveProfile {
    /// The name
    #[arg(value_name = "NAME")]
    pub name: ProfileName,

    /// How to scan.
    #[command(flatten)]
    pub how: HowToScan,

    /// Let a button on the scanner start it while the window is open
    #[arg(long)]
    pub on_button: bool,

    /// Replace the profile of this name if there is one
    #[arg(long)]
    pub overwrite: bool,
}

/// `lightbar virtual`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("lent").args(["http", "usbip"]).required(true).multiple(true)))]
pub struct Virtual {
    /// Which scanner to be
    #[arg(long, value_name = "NAME", default_value = "feeder", value_parser = models())]
    pub model: String,

    /// Lend it as a network scanner (eSCL) at this address, like 127.0.0.1:0
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub http: Option<std::net::SocketAddr>,

    /// Lend it as a USB device (USB/IP) at this address, like 127.0.0.1:3240
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub usbip: Option<std::net::SocketAddr>,

    /// How it behaves.
    #[command(flatten)]
    pub behaviour: Behaviour,
}

/// A whole number.
fn whole(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "allowed is a whole number".to_owned())
}

fn at_least_one(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| "allowed is a whole number from 1 on".to_owned())
}

/// Dots per inch that some scanner could have.
const RESOLUTIONS: std::ops::RangeInclusive<u32> = 1..=9600;

fn resolution(text: &str) -> Result<u32, String> {
    let allowed = || format!("allowed are {} to {}", RESOLUTIONS.start(), RESOLUTIONS.end());
    text.parse().ok().filter(|dpi| RESOLUTIONS.contains(dpi)).ok_or_else(allowed)
}

fn address(text: &str) -> Result<std::net::SocketAddr, String> {
    text.parse().map_err(|_| "an address is like 127.0.0.1:0, or [::1]:0".to_owned())
}

fn models() -> PossibleValuesParser {
    PossibleValuesParser::new(MODELS.iter().map(|model| model.name))
}

/// How a virtual scanner behaves.
#[derive(Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Virtual scanner")]
pub struct Behaviour {
    /// Sheets in its feeder
    #[arg(long, value_name = "N", value_parser = whole)]
    pub sheets: Option<u32>,

    /// When the feeder fills itself again after a job: seconds, or `never`
    #[arg(long, value_name = "WHEN")]
    pub reload: Option<When>,

    /// Pages a minute at 300 dpi; 0 is as fast as it goes
    #[arg(long, value_name = "PPM", value_parser = whole)]
    pub speed: Option<u32>,

    /// What goes wrong, like jam@page3:row1200 or truncate@bytes=40000,503*2
    #[arg(long, value_name = "SPEC")]
    pub fault: Option<String>,

    /// When somebody clears its jam, closes its cover, switches it off and on: seconds, or `never` [default: 5]
    #[arg(long, value_name = "WHEN")]
    pub fixed: Option<When>,

    /// Seconds until its scan button is pressed (legacy has one)
    #[arg(long, value_name = "SECONDS", value_parser = whole)]
    pub press: Option<u32>,

    /// Folder for a copy of everything it sends
    #[arg(long, value_name = "DIR")]
    pub keep_sent: Option<PathBuf>,
}

impl Behaviour {
    /// The options that were given, as they are typed.
    pub fn given(&self) -> Vec<&'static str> {
        let Behaviour { sheets, reload, speed, fault, fixed, press, keep_sent } = self;
        let options = [
            ("--sheets", sheets.is_some()),
            ("--reload", reload.is_some()),
            ("--speed", speed.is_some()),
            ("--fault", fault.is_some()),
            ("--fixed", fixed.is_some()),
            ("--press", press.is_some()),
            ("--keep-sent", keep_sent.is_some()),
        ];
        options.into_iter().filter(|(_, given)| *given).map(|(option, _)| option).collect()
    }

    /// What is said here, and where nothing is said what is said there.
    pub fn or(self, other: &Behaviour) -> Behaviour {
        Behaviour {
            sheets: self.sheets.or(other.sheets),
            reload: self.reload.or(other.reload),
            speed: self.speed.or(other.speed),
            fault: self.fault.or_else(|| other.fault.clone()),
            fixed: self.fixed.or(other.fixed),
            press: self.press.or(other.press),
            keep_sent: self.keep_sent.or_else(|| other.keep_sent.clone()),
        }
    }
}

/// A source by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SourceName {
    /// The glass
    Flatbed,
    /// The feeder, one side
    Feeder,
    /// The feeder, both sides
    Duplex,
}

impl From<SourceName> for Source {
    fn from(name: SourceName) -> Source {
        match name {
            SourceName::Flatbed => Source::Flatbed,
            SourceName::Feeder => Source::Feeder,
            SourceName::Duplex => Source::Duplex,
        }
    }
}

/// A colour mode by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeName {
    /// Colour
    Color,
    /// Shades of gray
    Gray,
    /// Black and white
    Lineart,
}

impl From<ModeName> for ColorMode {
    fn from(name: ModeName) -> ColorMode {
        match name {
            ModeName::Color => ColorMode::Color,
            ModeName::Gray => ColorMode::Gray,
            ModeName::Lineart => ColorMode::LineArt,
        }
    }
}

/// A file format by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// One file with all pages; the scanner's own JPEG goes in unchanged
    Pdf,
    /// One file with all pages, without loss
    Tiff,
    /// A file per page, without loss
    Png,
    /// A file per page; the scanner's own JPEG as it came
    Jpeg,
    /// Netpbm images while their rows come, for a pipe or with --batch; nothing is kept
    Pnm,
}

/// When something happens to a virtual scanner by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It stays as it is.
    Never,
    /// So many seconds after there was a reason.
    Seconds(u32),
}

impl When {
    /// After which time; `None`: never.
    pub fn after(self) -> Option<Duration> {
        match self {
            When::Never => None,
            When::Seconds(seconds) => Some(Duration::from_secs(seconds.into())),
        }
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<When, String> {
        match text {
            "never" => Ok(When::Never),
            number => number.parse().map(When::Seconds).map_err(|_| "allowed are `never` or seconds".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
