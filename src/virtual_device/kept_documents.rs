//! Copies of what a simulated scanner sent, as files: `001.jpg`, `002.bin` …, named by content.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::DocumentSink;

/// Writes every document into a folder that exists. What cannot be written is left out and logged:
/// a device does not fail because somebody watches it.
pub struct KeptDocuments {
    folder: PathBuf,
    open: Option<(u64, File)>,
}

impl KeptDocuments {
    /// Keeps documents in this folder.
    pub fn in_folder(folder: PathBuf) -> Box<dyn DocumentSink> {
        Box::new(KeptDocuments { folder, open: None })
    }

    fn begin(&mut self, document: u64, bytes: &[u8]) -> Option<&mut (u64, File)> {
        let ending = if bytes.starts_with(&[0xff, 0xd8]) { "jpg" } else { "bin" };
        let path = self.folder.join(format!("{document:03}.{ending}"));
        match OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path) {
            Ok(file) => Some(self.open.insert((document, file))),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "a sent document is not kept");
                None
            }
        }
    }
}

impl DocumentSink for KeptDocuments {
    fn bytes(&mut self, document: u64, bytes: &[u8]) {
        let known = self.open.as_ref().is_some_and(|(open, _)| *open == document);
        let open = if known { self.open.as_mut() } else { self.begin(document, bytes) };
        if let Some((_, file)) = open
            && let Err(error) = file.write_all(bytes)
        {
            tracing::warn!(%error, "a sent document is kept in part");
        }
    }

    fn end(&mut self, document: u64, _complete: bool) {
        self.open.take_if(|(open, _)| *open == document);
    }
}
