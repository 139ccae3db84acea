//! The arguments, and what each may be.

mod documents;
mod save;
mod scan;
mod values;
mod virtual_scanner;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};

use crate::import::pdf::READ_PDF;
use crate::session::profiles::ProfileName;

pub use documents::{Documents, DocumentsAction, Edit, EditAction, Export, FileFormatName, Import, PartOfPage, Turn};
pub use save::HowToSave;
pub use scan::{FormatName, HowToScan, ModeName, Scan, SourceName, netpbm_ending};
pub use virtual_scanner::{Behaviour, Virtual, When};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Blue.on_default().bold())
    .usage(AnsiColor::Blue.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Green.on_default());

/// How devices are named.
const DEVICES: &str = "\
Devices are named like virtual:feeder, usb:04b8:1234 or escl:http://192.168.1.20/eSCL. \
`lightbar devices` lists those that are there.";

/// How `lightbar profiles` is used.
const PROFILES: &str = "\
Examples:
  lightbar profiles save Letters --mode gray --resolution 200
  lightbar profiles save Receipts --source feeder --paper 80x200mm --on-button
  lightbar scan --profile letters -o x.pdf";

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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
