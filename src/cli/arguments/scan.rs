//! The arguments of `lightbar scan`, and of what can be kept of them in a profile.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, ValueEnum};

use crate::export::Netpbm;
use crate::minidriver::{ColorMode, Source};
use crate::session::ScanPlan;
use crate::session::settings::{Paper, ScanSettings};
use crate::units::Dpi;

use super::values::{at_least_one, resolution, whole};
use super::virtual_scanner::Behaviour;
use super::{DEVICES, HowToSave};

/// How `lightbar scan` is used.
const SCANS: &str = "\
Examples:
  lightbar scan -o letter.pdf
  lightbar scan --source duplex --mode gray --resolution 200 -o contract.pdf
  lightbar scan -d virtual:feeder --pages 2 -o page.png
  lightbar scan --append last --after 3";

/// How `lightbar scan` ends.
const SCAN_ENDS: &str = "\
Ctrl+C ends the scan and saves the pages so far; a second one ends the saving, too. What was not \
saved as a whole is kept in the data directory, and a line says where.

With --json the last line is one object, also for wrong usage: status, exit, device, pages, partial, \
files, document (the folder of what was kept) and error (condition, code, message). It is on \
standard output, with -o - on standard error. Where a name is not UTF-8, files_bytes or \
document_bytes have its bytes in hexadecimal.

Exit status: 0 done, 1 failed (pages received are saved), 2 wrong usage, 3 feeder empty before the \
first page, 130 cancelled with Ctrl+C.";

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
    /// Fields like {date}, {time}, {counter}, {page}, {device} and {title} become what they say in the name of the file,
    /// not of a folder. A %d in it is part of the name: patterns are for --batch
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Put the pages into this document, which is kept; `lightbar documents` lists them
    #[arg(long, value_name = "DOC")]
    pub append: Option<String>,

    /// With --append: behind this page instead of at the end; 0 is the start
    #[arg(long, value_name = "PAGE", requires = "append", value_parser = whole)]
    pub after: Option<u32>,

    /// With --append: in the place of this page, which undo brings back
    #[arg(long, value_name = "PAGE", requires = "append", conflicts_with_all = ["after", "pages"], value_parser = at_least_one)]
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
