//! The test suite: one binary, one module per capability. Everything runs in process, on a machine
//! with nothing installed; what needs more says that it was skipped.

// Nothing in here is reached from outside: `pub` only says what a file offers to the others.
#![allow(unreachable_pub)]

/// What several tests share.
mod support;

/// Order of the layers in `src`, read from the `use` lines.
mod layers;

/// Drawn, simulated devices as hosts see them: descriptors, HTTP, pages, faults.
mod virtual_scanner;

/// HTTP/1.1 over USB pipes and sockets: framing, limits, drain or poison.
mod http;

/// The eSCL driver against documents, scripts and the virtual scanner.
mod escl;

/// Rules R1 to R50 and R60 of the transfer model, each in a test of its name.
mod transfer_contract;

/// Random drivers and applications against a small reference automaton.
mod transfer_model;

/// Stream, bands, files and folders, and the formats made here.
mod transfer_modes;

/// The table of the rules and of the tests that prove them.
mod conformance;

/// Result codes and their sentences.
mod codes;

/// A driver of the older model, from its device to the window's session.
mod legacy_sample;

/// Properties, R51 to R55.
mod properties;

/// Pictures decoded while their bytes come; cut and hostile ones.
mod pictures;

/// Page files, the document and its edits.
mod documents;

/// Page files that are damaged, of an earlier version, or made to do harm.
mod page_files;

/// Documents that outlive the program: the store, the library, recovery.
mod kept_documents;

/// Saving: PDF and what others say of it.
mod saving;

/// Files that become pages: every format both ways, and hostile ones.
mod import;

/// Real libusb on a faked usbfs.
mod faked_usbfs;

/// The whole application without a window.
mod session;

/// Settings under a name: their file, in the session, on the command line.
mod profiles;

/// The computer's sleep, and the system's bus that tells of it.
mod sleep;

/// The command line as a user meets it.
mod command_line;

/// Nothing is lost: failing disks, power cuts, kills, hostile stores.
mod durability;

/// The window, by label and role, without a display.
#[cfg(feature = "gui")]
mod window;
