//! What a simulated scanner can be told when it is built.

use std::time::Duration;

use super::fault::FaultSpec;

/// How long after a job the feeder is filled again, unless told otherwise.
pub const RELOAD_AFTER: Duration = Duration::from_secs(3);

/// Receives every document as it is sent, piece by piece. Called while the device is locked: it
/// must not call back into the device.
pub trait DocumentSink: Send {
    /// More bytes of a document; documents are counted from 1 over the device's life.
    fn bytes(&mut self, document: u64, bytes: &[u8]);
    /// The document has ended; `complete` says whether the device sent all it wanted to.
    fn end(&mut self, document: u64, complete: bool);
}

/// How a simulated scanner differs from its model's defaults.
pub struct Options {
    /// Sheets of a full feeder; the model's number when `None`.
    pub sheets: Option<u32>,
    /// How long after a job the feeder is filled again; never when `None`.
    pub reload: Option<Duration>,
    /// Pages of A4 a minute at 300 dpi; the model's own speed when `None`, as fast as possible when 0.
    pub pages_per_minute: Option<f64>,
    /// What goes wrong.
    pub faults: FaultSpec,
    /// Who keeps what was sent.
    pub sink: Option<Box<dyn DocumentSink>>,
    /// After this a person has cleared the jam, closed the cover or taken out what was drawn in at once; when `None`
    /// nobody comes by itself. A device that fell silent stays so until it is reset.
    pub fixed_after: Option<Duration>,
    /// So long after the device was first looked at a person presses its scan button, if it has one.
    pub press_after: Option<Duration>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            sheets: None,
            reload: Some(RELOAD_AFTER),
            pages_per_minute: None,
            faults: FaultSpec::default(),
            sink: None,
            fixed_after: None,
            press_after: None,
        }
    }
}
