//! A disk that can fail, and that remembers in which order it was written: a folder, and a library
//! (`tests/disk/disk.c`) between a child process and what lies below it.

mod record;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::OnceLock;

pub(crate) use record::{Entry, Operation, Record};

/// The library's source.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/disk/disk.c");

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// No room.
    Full,
    /// No room for this user.
    Quota,
    /// The disk is dying.
    Broken,
    /// A write takes half of its bytes, and the next call finds no room; other calls find none at once.
    Short,
    /// The disk is only there to be read.
    ReadOnly,
}

impl How {
    /// Those that may begin at any moment.
    pub(crate) const ALL: [How; 4] = [How::Full, How::Quota, How::Broken, How::Short];

    /// The number of its error.
    pub(crate) fn number(self) -> i32 {
        let error = match self {
            How::Full | How::Short => rustix::io::Errno::NOSPC,
            How::Quota => rustix::io::Errno::DQUOT,
            How::Broken => rustix::io::Errno::IO,
            How::ReadOnly => rustix::io::Errno::ROFS,
        };
        error.raw_os_error()
    }

    fn name(self) -> &'static str {
        match self {
            How::Full => "ENOSPC",
            How::Quota => "EDQUOT",
            How::Broken => "EIO",
            How::Short => "short",
            How::ReadOnly => "EROFS",
        }
    }
}

/// Which call fails.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// Its number, from 1.
    pub(crate) at: u64,
    /// How it fails.
    pub(crate) how: How,
    /// Whether all after it fail, too.
    pub(crate) stays: bool,
}

/// What a file system cannot do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Without {
    /// Files without a name.
    Nameless,
    /// Giving a name to a file that has none.
    Names,
}

/// The disk: a folder, until dropped.
pub(crate) struct Disk {
    folder: tempfile::TempDir,
    without: Option<Without>,
    /// The same without links in its path.
    root: PathBuf,
}

impl Disk {
    pub(crate) fn new() -> Disk {
        Disk::below(&quick_folder())
    }

    /// A disk in a folder of somebody else's, such as one on a small file system.
    pub(crate) fn below(folder: &Path) -> Disk {
        let folder = tempfile::tempdir_in(folder).expect("a folder");
        let root = folder.path().canonicalize().expect("it is there");
        fs::create_dir(root.join("disk")).expect("created");
        Disk { folder, root, without: None }
    }

    /// The same with a file system that can do less.
    pub(crate) fn without(self, what: Option<Without>) -> Disk {
        Disk { without: what, ..self }
    }

    /// The folder that stands for the disk.
    pub(crate) fn path(&self) -> PathBuf {
        self.root.join("disk")
    }

    /// A file beside the disk.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().expect("it is there").join(name)
    }

    /// Lets a program's disk be recorded, and fail.
    pub(crate) fn load(&self, command: &mut Command, fault: Option<Fault>) {
        command.env("LD_PRELOAD", library());
        command.env("LIGHTBAR_DISK_FOLDERS", self.path());
        command.env("LIGHTBAR_DISK_COUNT", self.beside("count"));
        command.env("LIGHTBAR_DISK_LOG", self.beside("record"));
        command.env("LIGHTBAR_DISK_MARKS", self.marks());
        match self.without {
            None => {}
            Some(Without::Nameless) => drop(command.env("LIGHTBAR_DISK_WITHOUT", "nameless")),
            Some(Without::Names) => drop(command.env("LIGHTBAR_DISK_WITHOUT", "names")),
        }
        if let Some(Fault { at, how, stays }) = fault {
            command.env("LIGHTBAR_DISK_FAIL", format!("{at}:{}{}", how.name(), if stays { ":on" } else { "" }));
        }
    }

    /// Lets the first removal of a name with these words in its path wait for whoever has the gate that comes back open
    /// for writing.
    pub(crate) fn hold(&self, command: &mut Command, words: &str) -> PathBuf {
        let gate = self.beside("gate");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &gate, rustix::fs::FileType::Fifo, mode, 0).expect("made");
        command.env("LIGHTBAR_DISK_HOLD", format!("{words}:{}", gate.display()));
        gate
    }

    /// A file whose writes stand as marks in the record.
    pub(crate) fn marks(&self) -> PathBuf {
        self.beside("marks")
    }

    /// The calls that could have failed, so far.
    pub(crate) fn calls(&self) -> u64 {
        let bytes = fs::read(self.beside("count")).expect("the layer was loaded");
        u64::from_le_bytes(bytes.try_into().expect("a number"))
    }

    /// What was done so far.
    pub(crate) fn record(&self) -> Record {
        Record::read(&self.beside("record"))
    }
}

/// A folder for files that are written and synced a thousand times and are of no use afterwards: in memory, where there
/// is such a one. What is tested is what the program asks of a disk, not what a disk does.
pub(crate) fn quick_folder() -> PathBuf {
    let in_memory = PathBuf::from("/dev/shm");
    let writable = tempfile::tempfile_in(&in_memory).is_ok();
    if writable { in_memory } else { std::env::temp_dir() }
}

/// The library, built when it is first needed. A C compiler built the program, so there is one.
fn library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (library, mine) = (folder.join("disk.so"), folder.join(format!("disk.{}.so", process::id())));
        let mut compiler = Command::new(std::env::var_os("CC").unwrap_or("cc".into()));
        compiler.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]);
        let output = compiler.arg(&mine).args([SOURCE, "-ldl", "-lpthread"]).output().expect("there is a C compiler");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // Another run of the tests may be using the one that is there.
        fs::rename(&mine, &library).expect("renamed");
        library
    })
}
