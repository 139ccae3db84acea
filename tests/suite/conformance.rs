//! The table of the transfer model's rules and of the tests that prove them: `docs/conformance.md`,
//! made from the names of the tests. `UPDATE_GOLDEN=1` rewrites it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const TABLE: &str = "docs/conformance.md";

/// A rule in our own words, and the document it is from.
struct Rule(u8, &'static str, &'static str);

const CANCEL_VISTA: &str = "Cancellation of Data Transfers in Windows Vista";
const CANCELING: &str = "Canceling a Data Transfer";
const ACQUIRE: &str = "drvAcquireItemData";
const CONSTANTS: &str = "WIA transfer constants";
const STREAM_CHANGES: &str = "IStream Data Transfer Driver Changes";
const ERRORS: &str = "WIA Error Handling Architecture";
const HANDLER_VALUES: &str = "WIA Error Handler Return Values";
const GET_NEXT_STREAM: &str = "IWiaMiniDrvTransferCallback::GetNextStream";

const RULES: [Rule; 60] = [
    Rule(1, "A cancelled transfer gets no further stream", CANCEL_VISTA),
    Rule(2, "A cancelled transfer passes on no message, whatever its kind", CANCEL_VISTA),
    Rule(3, "A running acquire hears of a cancel exactly once", CANCEL_VISTA),
    Rule(4, "A read in the device ends soon after CANCEL_IO, and nothing is said after it", CANCEL_VISTA),
    Rule(5, "Cancel waits for nobody and may be called anywhere", "decided here"),
    Rule(6, "*Cancelled* as the answer to a message counts at once; only the ends follow", CANCEL_VISTA),
    Rule(7, "*Cancelled* instead of a stream ends the job without a byte of that page", CANCEL_VISTA),
    Rule(8, "A cancel is an outcome: S_FALSE, and no error", ACQUIRE),
    Rule(9, "The button on the device ends the job the same way", CANCELING),
    Rule(10, "The transfer after a cancel works, and its first byte is of the new image", CANCELING),
    Rule(11, "A cancel reaches its own transfer and no other", CANCELING),
    Rule(12, "After a cancel a driver's success or abort counts as cancelled, another failure is told", CANCELING),
    Rule(13, "With nothing to cancel, and a second time, cancel does nothing", "Cancel pending I/O operations"),
    Rule(14, "A callback's failure comes back as it was", CANCELING),
    Rule(15, "The transfer after a callback's failure works", CANCELING),
    Rule(16, "A stream that fails ends the job with its own code", "IStream Transfer Driver Example"),
    Rule(17, "However a transfer fails, each lock is given back once", "Call order for minidriver functions"),
    Rule(18, "Of a skipped page the application hears nothing", GET_NEXT_STREAM),
    Rule(19, "A skipped page's paper is used up", GET_NEXT_STREAM),
    Rule(20, "A skipped page counts, and skipping is never how a job ends", "sample ProdScan"),
    Rule(21, "A stream is ended before the next one is asked for", CONSTANTS),
    Rule(22, "The last stream is ended too", CONSTANTS),
    Rule(23, "Every transfer that began has one END_OF_TRANSFER, last", CONSTANTS),
    Rule(24, "No end that the application hears of is a driver's word", CONSTANTS),
    Rule(25, "One stream at a time", STREAM_CHANGES),
    Rule(26, "A driver writes, seeks and sets the size, and can do nothing else", STREAM_CHANGES),
    Rule(27, "Bands are appended wherever the application left the position", "sample wiadriverex"),
    Rule(28, "A length that shows only at the end is right at the end", STREAM_CHANGES),
    Rule(
        29,
        "A stream per page, or one for all with a NEW_PAGE between two",
        "WIA Compatibility Layer Message Mapping",
    ),
    Rule(30, "Nobody keeps a stream that has ended", STREAM_CHANGES),
    Rule(31, "Percent arrives as it was sent", "MiniDrvCallback"),
    Rule(32, "Within a stream percent only grows, from 0 to 100", CONSTANTS),
    Rule(33, "100 means that every byte is written", "sample ProdScan"),
    Rule(34, "The bytes told are the bytes written to this stream", "WiaTransferParams"),
    Rule(35, "Progress ten times, or every second", ACQUIRE),
    Rule(36, "Device status is for handlers alone", ERRORS),
    Rule(37, "Application, driver, default: the first that handles it ends the search", ERRORS),
    Rule(38, "A problem that nobody handles ends the transfer with its code", ERRORS),
    Rule(39, "A notice that nobody handles changes nothing", ERRORS),
    Rule(40, "A handler's *cancel* counts whatever it was asked about", HANDLER_VALUES),
    Rule(
        41,
        "A notice is cleared when something else happens, where it is shown",
        "WIA Error Handler Cancellation of Modeless Dialogs",
    ),
    Rule(42, "A problem put right is followed by the whole image, in the same transfer", HANDLER_VALUES),
    Rule(43, "Where the application offers no handler nobody is asked", ERRORS),
    Rule(44, "*All pages* of a loaded feeder ends well", ACQUIRE),
    Rule(45, "Too little paper: the pages there are, and END_OF_MEDIA", ACQUIRE),
    Rule(46, "No paper at all: PAPER_EMPTY, and no stream was asked for", ACQUIRE),
    Rule(47, "Paper beyond the number stays, or is received and told", "WIA_IPS_PAGES"),
    Rule(48, "A jam costs the page in it and none before", "Adding Document Feeder Support"),
    Rule(49, "Both sides: front, back, front, back, each of them a page", "WIA_IPS_PAGES"),
    Rule(50, "A multi-feed ends the job as the setting says and stays visible", "WIA_IPS_MULTI_FEED"),
    Rule(51, "A value outside its set is refused and nothing changes", "wiasValidateItemProperties"),
    Rule(52, "The rectangle stays on the surface at every resolution", "WIA_IPS_XPOS"),
    Rule(53, "The depth follows the data type", "Writing WIA Item Properties by an Application"),
    Rule(54, "Selections of sides that make no sense are refused", "WIA_IPS_DOCUMENT_HANDLING_SELECT"),
    Rule(55, "Each application has its own settings", "Application Items and Driver Items"),
    Rule(56, "A second transfer is told BUSY and disturbs nothing", "Apply WIA Property Settings to the Hardware"),
    Rule(
        57,
        "A device that is gone is left alone, and its transfer fails at once",
        "How the WIA minidriver receives a disconnect event",
    ),
    Rule(58, "A banded buffer is never smaller than BUFFER_SIZE", "Allocating Memory for Data"),
    Rule(
        59,
        "The banded messages of a stream driver are those of the old model",
        "Mapping for a legacy application and Windows Vista driver",
    ),
    Rule(
        60,
        "A one-page driver gives every page of the feeder, each a bitmap of its own",
        "Data Transfer Between Windows Vista Application and Legacy Driver",
    ),
];

const HEAD: &str = "\
# Conformance with the transfer model

The rules of the WIA transfer model as Lightbar keeps them, in our own words, with the document each is from and the tests that
prove it. This file is written by `UPDATE_GOLDEN=1 cargo test --test suite -- conformance`; a test sees to it that it is current.
Beside these tests two reference automata, `transfer_model.rs` (the state table) and `transfer_model/pages.rs` (page loop, cancel,
skip and feeder), are compared with the program in tens of thousands of random cases.

What the types forbid cannot be sent, so it cannot be tested by sending it:

- R24: `DriverMessage` has the variants `Status`, `DeviceStatus` and `NewPage`. A driver that would send END_OF_STREAM,
  END_OF_TRANSFER or an unknown kind does not compile (an example of its documentation proves it, and the test lists all variants).
- R23, R30: a callback is lent to `acquire` for the time of the call; no message can come after its end.
- R26: `PageStream` has `write`, `seek` and `set_len`; a driver has no way to read from or to close what it was given.
- R31, R32: `Percent` holds 0 to 100 and nothing else.

| rule | what holds | document | tests |
|---|---|---|---|
";

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// The rules that a name begins with: `r08_`, `r08_r10_`.
fn rules_of(name: &str) -> Vec<u8> {
    let number = |part: &str| part.strip_prefix('r').filter(|digits| digits.len() == 2)?.parse().ok();
    name.split('_').map_while(number).collect()
}

/// The names of the tests in a source that begin with a rule's number.
fn tests_in(source: &str) -> Vec<(u8, String)> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if line == "#[test]" {
            is_test = true;
        } else if let Some(rest) = line.strip_prefix("fn ") {
            let name = rest.split('(').next().unwrap_or_default();
            if is_test {
                found.extend(rules_of(name).into_iter().map(|rule| (rule, name.to_owned())));
            }
            is_test = false;
        }
    }
    found
}

/// Every rule's tests, each with the file it stands in.
fn proofs(root: &Path) -> BTreeMap<u8, Vec<String>> {
    let mut files = Vec::new();
    sources(&root.join("tests/suite"), &mut files);
    sources(&root.join("src"), &mut files);
    files.sort();
    let mut proofs: BTreeMap<u8, Vec<String>> = BTreeMap::new();
    for file in files {
        let source = std::fs::read_to_string(&file).expect("a source can be read");
        let place = file.strip_prefix(root).expect("it is below the root").display().to_string();
        for (rule, name) in tests_in(&source) {
            proofs.entry(rule).or_default().push(format!("`{name}` ({})", place.trim_start_matches("tests/suite/")));
        }
    }
    proofs
}

fn table(proofs: &BTreeMap<u8, Vec<String>>) -> String {
    let mut text = HEAD.to_owned();
    for Rule(number, statement, source) in &RULES {
        let tests = proofs.get(number).map(|tests| tests.join("<br>")).unwrap_or_default();
        writeln!(text, "| R{number} | {statement} | {source} | {tests} |").expect("a string takes everything");
    }
    text
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_rule_has_a_test() {
    let proofs = proofs(root());
    for (place, Rule(number, ..)) in RULES.iter().enumerate() {
        assert_eq!(usize::from(*number), place + 1, "the rules stand in their order");
        assert!(proofs.contains_key(number), "R{number} has no test: name one r{number:02}_…");
    }
    let unknown: Vec<u8> = proofs.keys().copied().filter(|number| !(1..=60).contains(number)).collect();
    assert_eq!(unknown, [0; 0], "tests are named after rules that there are not");
}

#[test]
fn the_table_of_conformance_is_current() {
    let expected = table(&proofs(root()));
    let path = root().join(TABLE);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &expected).expect("the table can be written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(there.lines().chain(std::iter::repeat(""))).find(|(new, old)| new != old);
    assert!(
        expected == there,
        "{TABLE} is not current, first at\n  {}\nUPDATE_GOLDEN=1 cargo test --test suite -- conformance rewrites it",
        differs.map_or("its end", |(new, _)| new)
    );
}

#[test]
fn tests_are_found_by_their_names() {
    let source = "#[test]\nfn r07_a() {}\n#[test]\n#[ignore]\nfn r12_b() {}\nfn r13_no_test() {}\n#[test]\nfn r1_c() {}\n#[test]\nfn rows() {}\n#[test]\nfn r08_r10_d() {}";
    let found: Vec<u8> = tests_in(source).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(found, [7, 12, 8, 10]);
}
