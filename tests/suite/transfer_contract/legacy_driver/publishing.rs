//! What such a driver publishes: its limits, events and properties.

use lightbar::minidriver::legacy::{LegacyMiniDriver, LegacyProperties};
use lightbar::minidriver::property::{Batch, DataType, Format, HandlingCapabilities, Selection, Tymed, keys};
use lightbar::minidriver::{
    Button, Code, ColorMode, DeviceEvent, DriverError, FeederState, ItemCategory, MiniDriver, PageFormat,
    PressedButton, Resolutions, ScanJob, Source, Unusable,
};
use lightbar::raster::{PixelFormat, RowLayout};
use lightbar::transfer::BridgedDriver;

use crate::support::transfer::{Bench, ScriptedLegacy, TestImage, job, legacy_properties, pages_of};

use super::{image, sheets};

#[test]
fn the_limits_of_the_layer() {
    let opened = |change: fn(&mut LegacyProperties)| {
        let mut driver = ScriptedLegacy::with_images(Vec::new(), 1);
        change(&mut driver.properties);
        BridgedDriver::new(driver).map(|driver| driver.items().iter().map(|item| item.category).collect::<Vec<_>>())
    };
    let refused = |reason| Err(DriverError::Unusable(reason));
    assert_eq!(opened(|_| {}), Ok(vec![ItemCategory::Flatbed, ItemCategory::Feeder]));
    assert_eq!(opened(|properties| properties.handling = None), Ok(vec![ItemCategory::Flatbed]));
    assert_eq!(
        opened(|properties| properties.handling = Some(HandlingCapabilities::FEED)),
        Ok(vec![ItemCategory::Feeder])
    );
    assert_eq!(
        opened(|properties| properties.handling = Some(HandlingCapabilities::FILM)),
        refused(Unusable::FilmOnly)
    );
    assert_eq!(
        opened(|properties| properties.handling = Some(HandlingCapabilities::STORAGE)),
        refused(Unusable::StorageOnly)
    );
    assert_eq!(opened(|properties| properties.handling = Some(HandlingCapabilities(0))), refused(Unusable::NoSource));
    type Change = fn(&mut LegacyProperties);
    let missing: [(Change, &str); 5] = [
        (|properties| properties.bed = None, "WIA_DPS_HORIZONTAL_BED_SIZE"),
        (|properties| properties.sheet_feed = None, "WIA_DPS_HORIZONTAL_SHEET_FEED_SIZE"),
        (|properties| properties.resolutions = None, "WIA_IPS_XRES"),
        (|properties| properties.resolutions = Some(Resolutions::List(Vec::new())), "WIA_IPS_XRES"),
        (|properties| properties.modes = vec![ColorMode::Gray16], "WIA_IPA_DATATYPE"),
    ];
    for (change, name) in missing {
        assert_eq!(opened(change), refused(Unusable::MissingProperty(name)));
        let told = lightbar::text::errors::unusable(&Unusable::MissingProperty(name));
        assert!(told.advice.contains(name));
    }
}

#[test]
fn its_events_are_those_of_any_device_and_its_buttons() {
    let mut driver = ScriptedLegacy::with_images(sheets(1), 64);
    driver.pressed = Some(PressedButton { button: Button::Email, item: Some("Feeder".into()) });
    let bench = driver.bench();
    let mut items = bench.broker.application_items();
    let heard = bench.broker.poll_events(&mut items);
    assert_eq!(heard, Ok((FeederState::Loaded, vec![DeviceEvent::Button(Button::Email)])));
    assert_eq!(items.root().get(keys::SCAN_AVAILABLE_ITEM).as_deref(), Some("Feeder"));
    // One that panics over its buttons has none, and scans.
    for call in ["buttons", "take_button"] {
        let mut driver = ScriptedLegacy::with_images(sheets(1), 64);
        driver.panics_in = call;
        let bench = driver.bench();
        let heard = bench.broker.poll_events(&mut bench.broker.application_items());
        assert_eq!(heard, Ok((FeederState::Loaded, vec![])), "{call}");
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut bench.application()), Code::S_OK, "{call}");
    }
}

#[test]
fn another_source_resets_what_was_written() {
    let driver = ScriptedLegacy::with_images(sheets(4), 64);
    let calls = driver.calls();
    let bench = driver.bench();
    for source in [Source::Flatbed, Source::Flatbed, Source::Feeder, Source::Duplex] {
        let job = pages_of(source, 1);
        assert_eq!(bench.scan_code(job, &mut Bench::with_pages(vec![]).application()), Code::S_OK);
    }
    let told: Vec<String> = calls.all().into_iter().filter(|call| call == "reset" || call == "write").collect();
    assert_eq!(told, ["write", "write", "reset", "write", "write"]);
}

#[test]
fn the_properties_of_such_a_device() {
    let driver = ScriptedLegacy::with_images(sheets(1), 64);
    assert_eq!(driver.properties(), legacy_properties());
    let bench = driver.bench();
    let mut items = bench.broker.application_items();
    let capabilities = HandlingCapabilities(items.root().get(keys::DOCUMENT_HANDLING_CAPABILITIES).expect("there"));
    assert_eq!(
        capabilities,
        HandlingCapabilities::FLAT.and(HandlingCapabilities::FEED).and(HandlingCapabilities::DUPLEX)
    );
    let feeder = items.item_mut(ItemCategory::Feeder).expect("a feeder");
    // The driver's own buffer (R58).
    assert_eq!(feeder.get(keys::BUFFER_SIZE), Some(128 << 10));
    feeder.write(&Batch::new().set(keys::DATA_TYPE, DataType::Gray)).expect("offered");
    assert_eq!(feeder.store().choices(keys::FORMAT), [Format::Bmp, Format::Raw, Format::Jpeg]);
    assert!(feeder.write(&Batch::new().set(keys::X_RES, 200)).is_err(), "not published");
    // MULTIPAGE_CALLBACK never (reference, 13).
    assert!(!feeder.store().choices(keys::TYMED).contains(&Tymed::MultipageCallback));
    feeder.write(&Batch::new().set(keys::DOCUMENT_HANDLING_SELECT, Selection::DUPLEX)).expect("offered");
    // Line art is made by the driver, and is no file.
    feeder.write(&Batch::new().set(keys::DATA_TYPE, DataType::Threshold)).expect("offered");
    assert_eq!(feeder.store().choices(keys::FORMAT), [Format::Bmp, Format::Raw]);
    let bench = ScriptedLegacy::with_images(vec![TestImage { bits: 1, ..image(1) }.memory_bitmap(-9)], 64).bench();
    let mut application = bench.application();
    let line_art = ScanJob { mode: ColorMode::LineArt, ..job(Source::Feeder) };
    assert_eq!(bench.scan_code(line_art, &mut application), Code::S_OK);
    assert_eq!(application.infos[0].format, PageFormat::Rows(RowLayout::packed(13, PixelFormat::Bw1)));
}
