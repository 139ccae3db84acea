//! A faked usbfs: real libusb, in an unmodified program, opens a simulated device.
//!
//! umockdev's preload library redirects a program's `/sys`, `/dev/bus/usb` and ioctls to a folder.
//! [`FakeUsbfs`] builds that folder from a device's descriptors and answers the ioctls. It runs in
//! this process, which is not redirected; the program under test is a child process.

mod server;
mod tree;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use lightbar::clock::Clock;
use lightbar::virtual_device::Socket;

pub(crate) use server::Counts;
use server::Server;

/// The library that redirects a program.
const PRELOAD: &str = "libumockdev-preload.so.0";
/// Set by CI: what cannot run is then a failure, not a skip.
const REQUIRED: &str = "LIGHTBAR_REQUIRE_LEVEL_B";

/// Where the simulated device is plugged in.
pub(crate) const BUS: u8 = 1;
pub(crate) const ADDRESS: u8 = 5;

/// Whether the preload library is installed. If not, a visible line says so; where it is required, the test fails.
pub(crate) fn preload_available() -> bool {
    let known = ["/usr/lib", "/usr/lib64", "/lib", "/usr/local/lib"].iter().map(PathBuf::from);
    let nested = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    if known.chain(nested).any(|folder| folder.join(PRELOAD).exists()) {
        return true;
    }
    assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, but {PRELOAD} is not installed");
    println!("SKIPPED: faked usbfs (no umockdev preload)");
    false
}

/// A simulated device behind a faked usbfs, until dropped.
pub(crate) struct FakeUsbfs {
    folder: tempfile::TempDir,
    server: Server,
}

impl FakeUsbfs {
    pub(crate) fn start(socket: &Socket, clock: Arc<dyn Clock>) -> FakeUsbfs {
        let folder = tempfile::tempdir().expect("a folder");
        tree::build(folder.path(), &**socket.device());
        let server = Server::start(folder.path(), socket, clock);
        FakeUsbfs { folder, server }
    }

    /// A program's environment, so that it sees this bus and no other.
    pub(crate) fn redirect(&self, command: &mut Command) {
        command.env("LD_PRELOAD", PRELOAD).env("UMOCKDEV_DIR", self.folder.path());
    }

    /// The folder that stands for the root of the file system.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The device's node.
    pub(crate) fn node(&self) -> PathBuf {
        tree::node(self.folder.path())
    }

    /// Another program holds this interface from now on.
    pub(crate) fn hold(&self, interface: u32) {
        self.server.hold(interface);
    }

    /// The kernel's own driver for printers has this interface, and takes it again when it may.
    pub(crate) fn bind_driver(&self, interface: u32) {
        self.server.bind_driver(interface);
    }

    /// What the kernel's side was asked to do.
    pub(crate) fn counts(&self) -> Counts {
        self.server.counts()
    }
}
