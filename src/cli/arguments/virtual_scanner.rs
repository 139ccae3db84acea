//! The arguments of `lightbar virtual`, and those that say how a virtual scanner behaves.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args};

use crate::virtual_device::MODELS;

use super::values::{address, whole};

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
