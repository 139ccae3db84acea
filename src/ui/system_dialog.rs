//! The desktop's own file dialog, if there is one that answers.
//!
//! `rfd` gives the same `None` for *cancelled* and for *there is no dialog here*, and these must not
//! look the same. So it is asked only after a portal or zenity has answered, within a limit. All of
//! this waits and runs on a thread of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::export::FileFormat;

use super::save_target;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// How long a portal or zenity may take to say that it is there.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// What became of the dialog.
pub(super) enum SystemAnswer {
    /// This file, of which the dialog has asked whether it may be replaced; or this folder.
    Chosen(PathBuf),
    /// The person changed their mind.
    Cancelled,
    /// This desktop has no dialog that answers.
    NoDialog,
}

/// What became of the dialog for files to be read.
pub(super) enum SystemFiles {
    /// These files.
    Chosen(Vec<PathBuf>),
    /// The person changed their mind.
    Cancelled,
    /// This desktop has no dialog that answers; files may be in this folder.
    NoDialog(PathBuf),
}

/// Shows the dialog for files to be read and waits for the person.
pub(super) fn ask_for_files(folder: Option<PathBuf>) -> SystemFiles {
    let folder = save_target::folder_or_documents(folder);
    if !portal_answers() && !zenity_answers() {
        return SystemFiles::NoDialog(folder);
    }
    let endings = ["pdf", "tif", "tiff", "png", "jpg", "jpeg"];
    let dialog = rfd::FileDialog::new().set_title("Import").add_filter("Pictures and PDF", &endings);
    dialog.set_directory(folder).pick_files().map_or(SystemFiles::Cancelled, SystemFiles::Chosen)
}

/// Shows the dialog for a folder and waits for the person.
pub(super) fn ask_for_folder(folder: &Path) -> SystemAnswer {
    if !portal_answers() && !zenity_answers() {
        return SystemAnswer::NoDialog;
    }
    let dialog = rfd::FileDialog::new().set_title("Folder for every scan").set_directory(folder);
    dialog.pick_folder().map_or(SystemAnswer::Cancelled, SystemAnswer::Chosen)
}

/// Shows the dialog for a file of this kind and waits for the person.
pub(super) fn ask(proposal: &Path, format: FileFormat) -> SystemAnswer {
    if !portal_answers() && !zenity_answers() {
        return SystemAnswer::NoDialog;
    }
    let (name, endings): (&str, &[&str]) = match format {
        FileFormat::Pdf => ("PDF", &["pdf"]),
        FileFormat::Tiff => ("TIFF", &["tif", "tiff"]),
        FileFormat::Png => ("PNG", &["png"]),
        FileFormat::Jpeg => ("JPEG", &["jpg", "jpeg"]),
    };
    let mut dialog = rfd::FileDialog::new().set_title("Save").add_filter(name, endings);
    if let Some(folder) = proposal.parent() {
        dialog = dialog.set_directory(folder);
    }
    if let Some(name) = proposal.file_name() {
        dialog = dialog.set_file_name(name.to_string_lossy());
    }
    dialog.save_file().map_or(SystemAnswer::Cancelled, SystemAnswer::Chosen)
}

/// Whether the desktop's portal has a file chooser. Any of the usual bus tools may ask it.
fn portal_answers() -> bool {
    const NAME: &str = "org.freedesktop.portal.Desktop";
    const PATH: &str = "/org/freedesktop/portal/desktop";
    const CHOOSER: &str = "org.freedesktop.portal.FileChooser";
    let tools: [(&str, Vec<&str>); 2] = [
        ("busctl", vec!["--user", "get-property", NAME, PATH, CHOOSER, "version"]),
        (
            "gdbus",
            vec![
                "call",
                "--session",
                "--dest",
                NAME,
                "--object-path",
                PATH,
                "--method",
                "org.freedesktop.DBus.Properties.Get",
                CHOOSER,
                "version",
            ],
        ),
    ];
    has_bus() && has_dbus_library() && tools.iter().any(|(tool, arguments)| answers(tool, arguments))
}

fn has_bus() -> bool {
    std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some()
        || std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|folder| Path::new(&folder).join("bus").exists())
}

/// `rfd` opens libdbus when it needs it; without it the portal cannot be used.
fn has_dbus_library() -> bool {
    const FILE: &str = "libdbus-1.so.3";
    let folders = ["/usr/lib64", "/usr/lib", "/lib64", "/lib"].map(PathBuf::from);
    let triplet = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    folders.into_iter().chain([PathBuf::from(triplet)]).any(|folder| folder.join(FILE).exists())
}

fn zenity_answers() -> bool {
    answers("zenity", &["--version"])
}

/// Whether a program ends well within the limit.
fn answers(program: &str, arguments: &[&str]) -> bool {
    let started =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    started.is_ok_and(|child| ends_well(child, ANSWER_LIMIT))
}

fn ends_well(mut child: Child, limit: Duration) -> bool {
    if !ends_within(&child, limit) {
        // Too late: it must not stay behind. That it is gone already is no harm.
        drop(child.kill());
    }
    // Killed or ended by itself: there is nothing left to wait for.
    child.wait().is_ok_and(|status| status.success())
}

/// Waits for the end of a process; `false` when it does not come in time, or the system has no way to wait for it.
fn ends_within(child: &Child, limit: Duration) -> bool {
    let Ok(process) = pidfd_open(Pid::from_child(child), PidfdFlags::empty()) else { return false };
    let Some(until) = Instant::now().checked_add(limit) else { return false };
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let Ok(left) = Timespec::try_from(left) else { return false };
        match poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&left)) {
            Ok(ready) => return ready > 0,
            // A signal ends the call, not the wait.
            Err(Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that ends when nobody writes to it any more.
    fn listener() -> Child {
        Command::new("cat").stdin(Stdio::piped()).spawn().expect("every system has it")
    }

    #[test]
    fn a_program_is_waited_for_until_its_end_or_the_limit() {
        assert!(answers("true", &[]) && !answers("false", &[]));
        assert!(!answers("no program has this name", &[]));
        let mut ending = listener();
        drop(ending.stdin.take());
        assert!(ends_well(ending, Duration::from_secs(60)), "its end is noticed");
        let mut staying = listener();
        let (process, _kept) = (Pid::from_child(&staying), staying.stdin.take());
        assert!(!ends_well(staying, Duration::from_millis(10)));
        assert!(rustix::process::test_kill_process(process).is_err(), "it must not stay behind");
    }
}
