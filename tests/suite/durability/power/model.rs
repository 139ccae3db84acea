//! A disk as a power cut leaves it, made from the record of what a program did.
//!
//! What the model takes for certain, and no more than POSIX promises:
//!
//! - The bytes and the length of a file are on the disk when a sync of that file, begun after they were written, has
//!   ended well. A sync that failed brought nothing.
//! - A name that was given, changed or taken away is on the disk when a sync of its **folder** has ended well. A sync
//!   of the file itself says nothing of its name (on ext4 it does; here not), and a new folder's own name is its parent's.
//! - A rename is one step: after the cut it has happened or it has not. So is every other change of a name.
//! - A file without a name is gone after the cut, also with all its bytes on the disk, unless it was given one; and that
//!   name is like any other.
//!
//! Everything else is up to the cut, see [`Survival`].

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::disk::{Entry, Operation};

use super::file::WrittenFile;
use super::survival::Survival;

/// A file or a folder of the model, whatever its name is by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Node(usize);

#[derive(Clone)]
enum Thing {
    File(WrittenFile),
    Folder(Folder),
}

/// The names in a folder: as programs see them, and as they are on the disk.
#[derive(Clone, Default)]
struct Folder {
    now: BTreeMap<OsString, Node>,
    on_disk: BTreeMap<OsString, Node>,
}

/// One change of names that is not on the disk yet.
#[derive(Clone, Debug)]
struct NameChange {
    serial: u64,
    /// In this folder this name means that, or nothing.
    effects: Vec<(Node, OsString, Option<Node>)>,
}

/// A disk, and what of it has reached the platter.
#[derive(Clone)]
pub(crate) struct Model {
    root: PathBuf,
    things: Vec<Thing>,
    /// The path at which each was made.
    made_as: Vec<PathBuf>,
    /// Which file an inode is now.
    inodes: HashMap<u64, Node>,
    names: Vec<NameChange>,
    serial: u64,
    /// Folder syncs under way, with the changes of names before them.
    folder_syncs: HashMap<Node, VecDeque<u64>>,
}

const ROOT: Node = Node(0);

impl Model {
    /// A folder as it is now, all of it on the disk.
    pub(crate) fn of(root: &Path) -> Model {
        let mut model = Model {
            root: root.to_path_buf(),
            things: Vec::new(),
            made_as: Vec::new(),
            inodes: HashMap::new(),
            names: Vec::new(),
            serial: 0,
            folder_syncs: HashMap::new(),
        };
        model.take_over(root);
        model
    }

    fn take_over(&mut self, path: &Path) -> Node {
        if !path.is_dir() {
            return self.add(Thing::File(WrittenFile::on_disk(fs::read(path).expect("readable"))), path);
        }
        let node = self.add(Thing::Folder(Folder::default()), path);
        for entry in fs::read_dir(path).expect("readable") {
            let entry = entry.expect("readable");
            let child = self.take_over(&entry.path());
            let folder = self.folder_mut(node);
            folder.now.insert(entry.file_name(), child);
            folder.on_disk.insert(entry.file_name(), child);
        }
        node
    }

    fn add(&mut self, thing: Thing, path: &Path) -> Node {
        self.things.push(thing);
        self.made_as.push(path.to_path_buf());
        Node(self.things.len() - 1)
    }

    fn folder_mut(&mut self, node: Node) -> &mut Folder {
        match &mut self.things[node.0] {
            Thing::Folder(folder) => folder,
            Thing::File(_) => panic!("{} is no folder", self.made_as[node.0].display()),
        }
    }

    /// What has this path now.
    fn lookup(&self, path: &Path) -> Option<Node> {
        let below = path.strip_prefix(&self.root).ok()?;
        below.iter().try_fold(ROOT, |folder, name| match &self.things[folder.0] {
            Thing::Folder(folder) => folder.now.get(name).copied(),
            Thing::File(_) => None,
        })
    }

    fn parent(&self, path: &Path) -> (Node, OsString) {
        let folder = path.parent().and_then(|parent| self.lookup(parent));
        let name = path.file_name().map(OsStr::to_os_string);
        folder.zip(name).unwrap_or_else(|| panic!("the folder of {} is not known", path.display()))
    }

    fn change_names(&mut self, changes: &[(&Path, Option<Node>)]) {
        let effects: Vec<_> = changes
            .iter()
            .map(|(path, node)| {
                let (folder, name) = self.parent(path);
                (folder, name, *node)
            })
            .collect();
        for (folder, name, node) in &effects {
            set(&mut self.folder_mut(*folder).now, name, *node);
        }
        self.serial += 1;
        self.names.push(NameChange { serial: self.serial, effects });
    }

    /// Does what the program did.
    pub(crate) fn follow(&mut self, entry: &Entry) {
        if entry.error != 0 {
            if let Operation::SyncEnds { file, path } = &entry.operation {
                self.sync_ended(*file, path, false);
            }
            return;
        }
        match &entry.operation {
            Operation::Opened { path, file, is_new: true } => {
                let node = self.add(Thing::File(WrittenFile::default()), path);
                self.inodes.insert(*file, node);
                self.change_names(&[(path, Some(node))]);
            }
            Operation::Opened { path, file, is_new: false } => {
                // A file without a name can be opened through the system's list of open files.
                if let Some(node) = self.lookup(path) {
                    self.inodes.insert(*file, node);
                }
            }
            Operation::Wrote { file, at, data } => self.file_mut(*file).write(*at, data),
            Operation::Length { file, length } => self.file_mut(*file).set_len(*length),
            Operation::SyncBegins { file, path } => match self.lookup(path) {
                Some(node) if matches!(self.things[node.0], Thing::Folder(_)) => {
                    self.folder_syncs.entry(node).or_default().push_back(self.serial);
                }
                _ => self.file_mut(*file).sync_begins(),
            },
            Operation::SyncEnds { file, path } => self.sync_ended(*file, path, true),
            Operation::Renamed { from, to } => {
                let node = self.lookup(from);
                self.change_names(&[(from, None), (to, node)]);
            }
            Operation::Nameless { path, file } => {
                let node = self.add(Thing::File(WrittenFile::default()), path);
                self.inodes.insert(*file, node);
            }
            Operation::Linked { from, to, file } => {
                let node = if *file == 0 { self.lookup(from) } else { self.inodes.get(file).copied() };
                assert!(node.is_some(), "{} was linked and is not known", from.display());
                self.change_names(&[(to, node)]);
            }
            Operation::Unlinked { path } | Operation::FolderGone { path } => self.change_names(&[(path, None)]),
            Operation::FolderMade { path } => {
                let node = self.add(Thing::Folder(Folder::default()), path);
                self.change_names(&[(path, Some(node))]);
            }
            // SQLite's shared memory is made anew by whoever opens the database first; nothing else may be mapped.
            Operation::Mapped { path } => {
                assert!(path.as_os_str().as_encoded_bytes().ends_with(b"-shm"), "{} is mapped", path.display());
            }
            Operation::Mark(_) => {}
        }
    }

    fn file_mut(&mut self, inode: u64) -> &mut WrittenFile {
        let node = self.inodes.get(&inode).copied().unwrap_or_else(|| panic!("inode {inode} was never opened"));
        match &mut self.things[node.0] {
            Thing::File(file) => file,
            Thing::Folder(_) => panic!("{} is a folder", self.made_as[node.0].display()),
        }
    }

    fn sync_ended(&mut self, inode: u64, path: &Path, well: bool) {
        let folder = self.lookup(path).filter(|node| matches!(self.things[node.0], Thing::Folder(_)));
        let Some(folder) = folder else {
            // A failure made up by the layer has no beginning.
            return self.file_mut(inode).sync_ends(well);
        };
        let begun = self.folder_syncs.entry(folder).or_default().pop_front();
        let Some(until) = begun.filter(|_| well) else { return };
        let (reached, waiting) = std::mem::take(&mut self.names).into_iter().partition(|change: &NameChange| {
            change.serial <= until && change.effects.iter().any(|(changed, ..)| *changed == folder)
        });
        self.names = waiting;
        for change in reached as Vec<NameChange> {
            for (folder, name, node) in change.effects {
                set(&mut self.folder_mut(folder).on_disk, &name, node);
            }
        }
    }

    /// Whether something has this path now.
    pub(crate) fn is_there(&self, path: &Path) -> bool {
        self.lookup(path).is_some()
    }

    /// The bytes of a file as programs see them.
    pub(crate) fn read(&self, path: &Path) -> Option<Vec<u8>> {
        match &self.things[self.lookup(path)?.0] {
            Thing::File(file) => Some(file.now()),
            Thing::Folder(_) => None,
        }
    }

    /// Every file there ever was, with the path at which it was made and its bytes as programs see them.
    pub(crate) fn files_ever(&self) -> impl Iterator<Item = (&Path, Vec<u8>)> {
        self.things.iter().zip(&self.made_as).filter_map(|(thing, path)| match thing {
            Thing::File(file) => Some((path.as_path(), file.now())),
            Thing::Folder(_) => None,
        })
    }

    /// Cuts the power now: what is found in a folder afterwards.
    pub(crate) fn cut(&self, survival: &mut Survival, into: &Path) {
        let mut folders: HashMap<Node, BTreeMap<OsString, Node>> = HashMap::new();
        for (index, thing) in self.things.iter().enumerate() {
            if let Thing::Folder(folder) = thing {
                folders.insert(Node(index), folder.on_disk.clone());
            }
        }
        for change in survival.names(&self.names) {
            for (folder, name, node) in &change.effects {
                set(folders.entry(*folder).or_default(), name, *node);
            }
        }
        self.lay_out(ROOT, &folders, survival, into);
    }

    fn lay_out(
        &self,
        folder: Node,
        folders: &HashMap<Node, BTreeMap<OsString, Node>>,
        survival: &mut Survival,
        into: &Path,
    ) {
        for (name, node) in &folders[&folder] {
            let path = into.join(name);
            match &self.things[node.0] {
                Thing::File(file) => fs::write(path, survival.bytes(file)).expect("written"),
                Thing::Folder(_) => {
                    fs::create_dir(&path).expect("created");
                    self.lay_out(*node, folders, survival, &path);
                }
            }
        }
    }
}

fn set(names: &mut BTreeMap<OsString, Node>, name: &OsStr, node: Option<Node>) {
    match node {
        Some(node) => names.insert(name.to_os_string(), node),
        None => names.remove(name),
    };
}
