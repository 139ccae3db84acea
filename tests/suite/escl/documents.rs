//! Documents of devices: own ones for every irregularity of the reference's table 4.4, real ones where
//! the corpus is there, and all of them cut and mutated.

use std::path::{Path, PathBuf};

use lightbar::drivers::escl::{AdfState, Capabilities, DeviceState, ImageInfo, JobState, Quirks, Status};
use lightbar::minidriver::{
    ColorMode, Condition, FeederState, Item, ItemCategory, Justification, OfferedFormat, Resolutions, Unusable,
};
use lightbar::units::{Dpi, Length};

fn own(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/escl").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn corpus(folder: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let shared = std::env::var_os("LIGHTBAR_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let folder = shared.join("corpus/escl").join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("SKIPPED: {} is not there", folder.display());
        return None;
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let named = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).expect("readable");
        (name, bytes)
    };
    Some(files.into_iter().map(named).collect())
}

fn capabilities(name: &str) -> Capabilities {
    Capabilities::parse(&own(name), "text/xml").unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn items(name: &str) -> Vec<Item> {
    capabilities(name).items(&Quirks::default())
}

fn only_item(name: &str) -> Item {
    let mut items = items(name);
    assert_eq!(items.len(), 1, "{name}: {items:?}");
    items.remove(0)
}

fn offers(item: &Item, mode: ColorMode, dpi: u32) -> bool {
    item.combinations.iter().any(|known| known.mode == mode && known.resolutions.contains(Dpi(dpi)))
}

/// What every usable document must give: nothing that a person could not scan with.
fn check_items(name: &str, items: &[Item]) {
    assert!(!items.is_empty(), "{name}");
    for item in items {
        assert!(!item.combinations.is_empty(), "{name}: {item:?}");
        assert!(item.surface.max_width > Length::ZERO && item.surface.min_width <= item.surface.max_width, "{name}");
        for known in &item.combinations {
            assert!(!known.resolutions.choices().is_empty(), "{name}: {known:?}");
            for dpi in known.resolutions.choices() {
                assert!(known.resolutions.contains(dpi), "{name}: {dpi}");
            }
        }
        if item.category == ItemCategory::Flatbed {
            assert_eq!(item, &items[0], "{name}: the flatbed comes first");
        }
    }
}

#[test]
fn a_plain_document_gives_flatbed_feeder_and_both_sides() {
    let items = items("plain.xml");
    check_items("plain.xml", &items);
    assert_eq!(
        items.iter().map(|item| item.full_name.as_str()).collect::<Vec<_>>(),
        [r"0000\Root\Flatbed", r"0000\Root\Feeder"]
    );
    assert_eq!(items[0].surface.max_height, Length::from_three_hundredths(3508));
    let feeder = items[1].feeder.as_ref().expect("a feeder");
    assert!(feeder.detects_paper && feeder.capacity == Some(35) && feeder.duplex.is_some());
    assert!(offers(&items[0], ColorMode::Color, 600) && !offers(&items[0], ColorMode::Color, 200));
    assert!(items[0].combinations.iter().all(|known| known.format == OfferedFormat::Jpeg), "never PDF");
    // Line art is scanned as gray where there is no better way.
    assert!(offers(&items[0], ColorMode::LineArt, 300));
}

#[test]
fn declarations_comments_namespaces_and_quotes_do_not_matter() {
    assert!(offers(&only_item("no-declaration-comments-quotes.xml"), ColorMode::Gray, 300));
}

#[test]
fn names_that_name_nothing_are_not_shown() {
    let info = |name: &str| capabilities(name).device_info();
    assert_eq!(info("placeholder-model.xml").name, "xxxx", "there is nothing better");
    assert_eq!(info("model-without-maker.xml").name, "Example MF620C Series");
    assert_eq!(info("plain.xml").name, "Example MFP 100");
    assert_eq!(info("placeholder-model-and-maker.xml").manufacturer.as_deref(), Some("Example"));
}

#[test]
fn serial_numbers_that_number_nothing_are_dropped() {
    assert_eq!(capabilities("placeholder-serial.xml").device_info().serial, None);
    assert_eq!(capabilities("zero-serial.xml").device_info().serial, None);
    assert_eq!(capabilities("plain.xml").device_info().serial.as_deref(), Some("EX12345678"));
    assert_eq!(capabilities("placeholder-serial.xml").uuid, None);
}

#[test]
fn intents_may_be_called_supported_intent() {
    let platen = capabilities("supported-intent-elements.xml").platen.expect("a platen");
    assert_eq!(platen.intents, ["Document", "Preview"]);
}

#[test]
fn content_types_may_stand_in_the_wrong_namespace() {
    check_items("content-type", &items("content-type-in-scan-namespace.xml"));
}

#[test]
fn positions_and_ranges_may_stand_in_the_wrong_namespace_or_none() {
    let document = capabilities("image-position-and-ranges-without-namespace.xml");
    assert_eq!(document.compression, Some((5, 95)));
    assert_eq!(document.adf.expect("a feeder").justification, Justification::Center);
}

#[test]
fn feed_directions_may_be_nested_and_certifications_bare() {
    check_items("nested", &items("nested-feed-directions.xml"));
    check_items("certifications", &items("certifications-without-wrapper.xml"));
}

#[test]
fn values_may_have_prefixes_and_unknown_ones_are_left_out() {
    let document = capabilities("prefixed-values.xml");
    let platen = document.platen.as_ref().expect("a platen");
    assert_eq!(platen.profiles[0].modes, [ColorMode::Color, ColorMode::Gray]);
    assert_eq!(platen.intents, ["Document"]);
    assert!(document.notes.iter().any(|note| note.contains("AutoColorDetection")), "{:?}", document.notes);
}

#[test]
fn profiles_at_the_root_count_only_where_they_are_referred_to() {
    let item = only_item("unreferenced-root-profiles.xml");
    assert!(!offers(&item, ColorMode::Color48, 1200) && offers(&item, ColorMode::Color, 300));
    let item = only_item("referenced-root-profiles.xml");
    assert!(offers(&item, ColorMode::Color, 150) && !offers(&item, ColorMode::Color, 300));
}

#[test]
fn resolutions_may_differ_by_mode() {
    let item = only_item("resolutions-by-mode.xml");
    let offered = |mode| [200, 300, 600].map(|dpi| offers(&item, mode, dpi));
    assert_eq!(offered(ColorMode::LineArt), [false, false, true]);
    assert_eq!(offered(ColorMode::Gray), [false, true, false]);
    assert_eq!(offered(ColorMode::Color), [true, false, false]);
}

#[test]
fn either_source_may_be_missing() {
    assert_eq!(only_item("feeder-only.xml").category, ItemCategory::Feeder);
    assert_eq!(only_item("flatbed-only.xml").category, ItemCategory::Flatbed);
    let both = items("feeder-without-capacity.xml");
    let feeder = both[1].feeder.as_ref().expect("a feeder");
    assert!(feeder.capacity.is_none() && !feeder.detects_paper && feeder.duplex.is_none());
}

#[test]
fn ranges_may_be_negative_and_without_a_normal_value() {
    assert_eq!(capabilities("supports-without-normal-and-negative.xml").compression, Some((0, 11)));
    check_items("stored", &items("stored-job-requests-lower-case.xml"));
}

#[test]
fn text_may_be_padded_with_line_ends() {
    let document = capabilities("padded-text.xml");
    assert_eq!(document.make_and_model.as_deref(), Some("Example MFP 100"));
    assert!(offers(&document.items(&Quirks::default())[0], ColorMode::Color, 600));
    let status = Status::parse(&own("status-padded.xml")).expect("a status");
    assert_eq!((status.state, status.adf), (DeviceState::Idle, Some(AdfState::Loaded)));
}

#[test]
fn a_source_without_profiles_is_left_out_and_the_others_stay() {
    assert_eq!(only_item("source-without-profiles.xml").category, ItemCategory::Feeder);
}

#[test]
fn duplex_alone_scans_one_side_too_and_the_bare_option_means_nothing() {
    let feeder = only_item("duplex-without-simplex.xml");
    assert!(offers(&feeder, ColorMode::Color, 200));
    assert!(feeder.feeder.expect("a feeder").duplex.is_some());
    assert!(only_item("duplex-option-without-caps.xml").feeder.expect("a feeder").duplex.is_none());
}

#[test]
fn ranges_of_resolutions_are_what_both_directions_have() {
    let item = only_item("resolution-range.xml");
    let known = item.combinations.iter().find(|known| known.mode == ColorMode::Color).expect("colour");
    assert_eq!(known.resolutions, Resolutions::Range { min: Dpi(100), max: Dpi(600), step: Dpi(1) });
    let item = only_item("unequal-resolutions.xml");
    assert!(offers(&item, ColorMode::Color, 150) && !offers(&item, ColorMode::Color, 300));
}

#[test]
fn raw_pixels_carry_what_a_jpeg_cannot() {
    let item = only_item("raw-line-art.xml");
    let formats = |mode| {
        let of_mode = item.combinations.iter().filter(move |known| known.mode == mode);
        of_mode.map(|known| known.format).collect::<Vec<_>>()
    };
    assert_eq!(formats(ColorMode::LineArt), [OfferedFormat::Rows]);
    assert_eq!(formats(ColorMode::Gray16), [OfferedFormat::Rows]);
    assert_eq!(formats(ColorMode::Gray), [OfferedFormat::Jpeg, OfferedFormat::Rows]);
    let formats = &capabilities("formats-without-ext.xml").platen.expect("a platen").profiles[0].formats;
    assert!(formats.iter().all(|format| !format.ext));
}

#[test]
fn a_feeder_says_where_a_sheet_lies_and_that_it_finds_its_end() {
    let adf = capabilities("feeder-finds-bottom.xml").adf.expect("a feeder");
    assert_eq!(adf.justification, Justification::Right);
    assert!(adf.simplex.expect("one side").finds_bottom);
}

#[test]
fn what_cannot_be_used_is_refused_with_its_reason() {
    let refusal = |name: &str| Capabilities::parse(&own(name), "text/xml").expect_err(name);
    assert_eq!(refusal("refused-pdf-only.xml"), Unusable::PdfOnly);
    assert_eq!(refusal("refused-no-source.xml"), Unusable::NoSource);
    assert_eq!(refusal("refused-old-dialect.xml"), Unusable::OldDialect);
    assert_eq!(refusal("refused-web-page.html"), Unusable::WebPage);
    assert!(matches!(refusal("refused-cut.xml"), Unusable::Unreadable(_)));
    assert!(matches!(refusal("refused-other-root.xml"), Unusable::Unreadable(_)));
    assert_eq!(Capabilities::parse(b"", "text/html"), Err(Unusable::WebPage));
    for (bytes, words) in
        [(&b"\x00\xff garbage"[..], "the bytes 00 ff 20"), (b"", "nothing"), (b"SSH-2.0-x\r\n", "“SSH-2.0-x”")]
    {
        let Err(Unusable::Unreadable(what)) = Capabilities::parse(bytes, "") else { panic!("{bytes:?}") };
        assert!(what.contains(words), "{what}");
    }
}

#[test]
fn a_status_names_the_trouble_and_finds_the_job() {
    let status = |name: &str| Status::parse(&own(name)).expect(name);
    for (name, condition) in [
        ("status-adf-jam.xml", Condition::PaperJam),
        ("status-adf-hatchopen.xml", Condition::CoverOpen),
        ("status-adf-multipickdetected.xml", Condition::MultiFeed),
        ("status-adf-mispick.xml", Condition::PaperProblem),
        ("status-adf-duplexpagetoolong.xml", Condition::PaperProblem),
    ] {
        assert_eq!(status(name).trouble(), Some(condition), "{name}");
        assert_eq!(status(name).feeder(true), FeederState::Trouble(condition));
    }
    let unknown = status("status-unknown-words.xml");
    assert_eq!((unknown.state, unknown.adf, unknown.trouble()), (DeviceState::Unknown, Some(AdfState::Unknown), None));
    let jobs = status("status-job-without-root.xml");
    let job = jobs.job("/eSCL/ScanJobs/bbbb-2").expect("the job");
    assert_eq!((job.state, job.images_to_transfer), (JobState::Processing, Some(1)));
    assert!(jobs.is_alive("/eSCL/ScanJobs/bbbb-2") && !jobs.is_alive("/eSCL/ScanJobs/aaaa-1"));
    assert!(jobs.job("/eSCL/ScanJobs/").is_none());
}

#[test]
fn every_real_capabilities_document_gives_items() {
    let mut found = corpus("caps").unwrap_or_default();
    let peers = corpus("peers").unwrap_or_default();
    found.extend(peers.into_iter().filter(|(name, _)| name.ends_with(".caps.xml")));
    for (name, bytes) in &found {
        let document = Capabilities::parse(bytes, "text/xml").unwrap_or_else(|error| panic!("{name}: {error}"));
        let items = document.items(&Quirks::default());
        check_items(name, &items);
        println!("{name}: {:?}, {} items", document.device_info().name, items.len());
    }
    if !found.is_empty() {
        assert!(found.len() >= 21, "{}", found.len());
    }
}

#[test]
fn every_real_status_document_is_read() {
    let mut found = corpus("status").unwrap_or_default();
    let peers = corpus("peers").unwrap_or_default();
    found.extend(peers.into_iter().filter(|(name, _)| name.ends_with(".status.xml")));
    for (name, bytes) in found {
        if name.contains("ScanImageInfo") {
            let info = ImageInfo::parse(&bytes).expect("readable");
            assert_eq!((info.width, info.height, info.bytes_per_line), (Some(1700), Some(2420), Some(5248)));
            continue;
        }
        let status = Status::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_ne!(status.state, DeviceState::Unknown, "{name}");
        assert!(status.jobs.iter().all(|job| job.state != JobState::Unknown && !job.uri.is_empty()), "{name}");
    }
}

#[test]
fn every_real_fragment_is_refused() {
    for (name, bytes) in corpus("fragments").unwrap_or_default() {
        let refusal = Capabilities::parse(&bytes, "text/xml").expect_err(&name);
        assert!(matches!(refusal, Unusable::Unreadable(_) | Unusable::OldDialect), "{name}: {refusal}");
    }
}

/// Own numbers, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound.max(1)
    }
}

fn mutated(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => bytes.splice(at..at, *b"<scan:X>").for_each(drop),
            2 => bytes.splice(at..at, *b"99999999999999999999").for_each(drop),
            3 => bytes.splice(at..at, *b"&#x110000;]]>").for_each(drop),
            4 => {
                let end = (at + random.below(200)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

#[test]
fn cut_and_mutated_documents_are_read_or_refused_and_stay_small() {
    let seed = std::env::var("LIGHTBAR_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121);
    println!("seed {seed}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/escl");
    let mut documents: Vec<Vec<u8>> = std::fs::read_dir(folder)
        .expect("own documents")
        .flatten()
        .map(|entry| std::fs::read(entry.path()).expect("readable"))
        .collect();
    documents.extend(corpus("caps").unwrap_or_default().into_iter().map(|(_, bytes)| bytes));
    documents.sort();
    let mut random = Random(seed);
    let mut usable = 0;
    for document in &documents {
        for _ in 0..60 {
            let bytes = mutated(document, &mut random);
            if let Ok(capabilities) = Capabilities::parse(&bytes, "text/xml") {
                usable += 1;
                let items = capabilities.items(&Quirks::default());
                assert!(capabilities.notes.len() <= 100);
                let combinations: usize = items.iter().map(|item| item.combinations.len()).sum();
                assert!(combinations <= 10_000, "{combinations}");
            }
            let _ = Status::parse(&bytes);
            let _ = ImageInfo::parse(&bytes);
        }
    }
    assert!(usable > 0, "some mutations are harmless");
}

/// What a device calls itself goes to terminals and windows.
#[test]
fn what_a_device_calls_itself_is_cleaned() {
    let plain = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/escl/plain.xml"));
    let plain = plain.expect("an own document");
    let begin = plain.find("<pwg:MakeAndModel>").expect("a name") + "<pwg:MakeAndModel>".len();
    let end = begin + plain[begin..].find('<').expect("its end");
    let named = format!("{}Good\u{202e}\n\u{85}Name{}{}", &plain[..begin], "x".repeat(3000), &plain[end..]);
    let capabilities = Capabilities::parse(named.as_bytes(), "text/xml").expect("it is read");
    let name = capabilities.make_and_model.expect("a name");
    assert!(name.starts_with("Good Namexxx") && name.chars().count() == 80, "{name:?}");
}
