//! The workers that make pictures of finished pages.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::Receiver;

use crate::clock::Waker;
use crate::document::DocumentFolder;

use super::pictures::{Picture, PictureKey, Pictures};

/// Workers; two cores are the least a desktop has, and the scan comes first.
const WORKERS: usize = 2;

/// Starts the workers; they end when nobody can ask any more.
///
/// # Errors
/// When the system has no thread to give.
pub(super) fn start(
    requests: Receiver<PictureKey>,
    pictures: &Pictures,
    folder: &Arc<DocumentFolder>,
    changed: &Waker,
) -> std::io::Result<()> {
    for number in 0..WORKERS {
        let (requests, pictures, folder, changed) =
            (requests.clone(), pictures.clone(), folder.clone(), changed.clone());
        thread::Builder::new().name(format!("picture-{number}")).spawn(move || {
            for key in requests {
                pictures.put(key, make(&folder, key));
                changed.wake();
            }
        })?;
    }
    Ok(())
}

fn make(_folder: &DocumentFolder, _key: PictureKey) -> Option<Picture> {
    None
}
