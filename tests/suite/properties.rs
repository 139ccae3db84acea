//! Properties of items, rules R51 to R55: batches succeed or fail as a whole, dependents follow, and what comes out is
//! always a job that the device offers.

use std::sync::Arc;

use lightbar::minidriver::property::{
    Access, Batch, BatchError, Change, DataType, Format, Intent, ItemFlags, ItemProperties, MultiFeed, Orientation,
    PageSize, Property, PropertyRules, Refusal, Selection, StandardRules, ValidValues, Value, keys,
};
use lightbar::minidriver::{
    Code, ColorMode, Combination, Duplex, Feeder, Item, ItemCategory, Justification, OfferedFormat, OnMultiFeed,
    PageLimit, Resolutions, Sides, Source, Surface,
};
use lightbar::transfer::ApplicationItems;
use lightbar::units::{Dpi, Length};

use crate::support::transfer::{Desk, small};
use crate::transfer_model::script::Random;

fn surface(width: i64, height: i64, justification: Justification) -> Surface {
    let (min_width, min_height) = (Length::from_mm(10), Length::from_mm(10));
    let (max_width, max_height) = (Length::from_mm(width), Length::from_mm(height));
    Surface { min_width, min_height, max_width, max_height, justification }
}

fn combination(mode: ColorMode, format: OfferedFormat, dpi: &[u32]) -> Combination {
    Combination { mode, format, resolutions: Resolutions::List(dpi.iter().copied().map(Dpi).collect()) }
}

/// A glass that makes different things in different formats.
fn glass() -> Item {
    let steps = Resolutions::Range { min: Dpi(50), max: Dpi(1200), step: Dpi(25) };
    Item {
        name: "Flatbed".to_owned(),
        full_name: r"0000\Root\Flatbed".to_owned(),
        category: ItemCategory::Flatbed,
        surface: surface(216, 297, Justification::Left),
        combinations: vec![
            combination(ColorMode::Color, OfferedFormat::Jpeg, &[75, 150, 300, 600]),
            combination(ColorMode::Gray, OfferedFormat::Jpeg, &[75, 150, 300, 600]),
            Combination { mode: ColorMode::Gray, format: OfferedFormat::Rows, resolutions: steps },
            combination(ColorMode::Gray16, OfferedFormat::Png, &[300]),
        ],
        feeder: None,
    }
}

/// A feeder whose sheets lie in the middle, and which scans both sides in gray alone.
fn feeder() -> Item {
    let both = Duplex {
        surface: surface(216, 356, Justification::Center),
        combinations: vec![combination(ColorMode::Gray, OfferedFormat::Jpeg, &[200, 300])],
    };
    Item {
        name: "Feeder".to_owned(),
        full_name: r"0000\Root\Feeder".to_owned(),
        category: ItemCategory::Feeder,
        surface: surface(216, 356, Justification::Center),
        feeder: Some(Feeder { duplex: Some(both), capacity: Some(50), detects_paper: true }),
        ..glass()
    }
}

fn refusal(result: Result<(), BatchError>) -> (Code, Option<Property>) {
    let error = result.expect_err("refused");
    (error.code(), error.property())
}

/// What can be seen of a set of properties.
fn everything(properties: &ItemProperties) -> Vec<(Property, Value, ValidValues)> {
    properties.store().iter().map(|(property, entry)| (property, entry.value.clone(), entry.valid.clone())).collect()
}

fn dpi(dpi: i32) -> Batch {
    Batch::new().set(keys::X_RES, dpi).set(keys::Y_RES, dpi)
}

#[test]
fn r51_a_value_outside_its_set_fails_and_changes_nothing() {
    let mut properties = ItemProperties::of(feeder());
    let before = everything(&properties);
    let outside = [
        // A list, a mask, a range: each beside a value that would have been good.
        (dpi(301), Property::XRes),
        (Batch::new().set(keys::DOCUMENT_HANDLING_SELECT, Selection::BACK_ONLY), Property::DocumentHandlingSelect),
        (Batch::new().set(keys::PAGES, -1), Property::Pages),
        (Batch::new().set(keys::X_EXTENT, 1_000_000), Property::XExtent),
        (Batch::new().set(keys::FORMAT, Format::Tiff), Property::Format),
        (Batch::new().set(keys::DEPTH, 48), Property::Depth),
        (Batch::new().set(keys::BRIGHTNESS, 1), Property::Brightness),
        // A value of another kind.
        (Batch::new().set_number(Property::XRes.id(), Value::Text("300".to_owned())), Property::XRes),
    ];
    for (batch, blamed) in outside {
        let batch = batch.set(keys::MULTI_FEED, MultiFeed::Continue);
        assert_eq!(refusal(properties.write(&batch)), (Code::E_INVALIDARG, Some(blamed)));
        assert_eq!(everything(&properties), before, "{blamed:?}: as a whole or not at all");
    }
    // A paper overrides what is valid, and nothing else.
    for mut properties in [ItemProperties::of(feeder()), ItemProperties::of(glass())] {
        let before = everything(&properties);
        for blamed in [Property::XPos, Property::YPos, Property::XExtent, Property::YExtent] {
            for value in [Value::Number(-5), Value::Number(1_000_000_000), Value::Text("x".to_owned())] {
                for paper in [PageSize::A4, PageSize::Custom] {
                    let batch = Batch::new().set(keys::PAGE_SIZE, paper).set_number(blamed.id(), value.clone());
                    let refused = refusal(properties.write(&batch));
                    assert_eq!(refused, (Code::E_INVALIDARG, Some(blamed)), "{paper:?}, {value}");
                    assert_eq!(everything(&properties), before, "{blamed:?}: as a whole or not at all");
                }
            }
        }
        let whole = Batch::new().set(keys::PAGE_SIZE, PageSize::A4).set(keys::X_EXTENT, 2551).set(keys::Y_POS, 9);
        properties.write(&whole).expect("valid, and overridden");
        assert_eq!(properties.get(keys::X_EXTENT), Some(2480));
    }
    // A step of a range that is none.
    let mut glass = ItemProperties::of(glass());
    let gray = Batch::new().set(keys::DATA_TYPE, DataType::Gray);
    assert_eq!(
        refusal(glass.write(&gray.clone().set(keys::X_RES, 75 + 1))),
        (Code::E_INVALIDARG, Some(Property::XRes))
    );
    glass.write(&gray.set(keys::X_RES, 850)).expect("a step that is one");
}

#[test]
fn what_can_only_be_read_and_what_does_not_exist_is_refused_by_its_code() {
    let mut properties = ItemProperties::of(glass());
    let read_only = Batch::new().set(keys::CHANNELS, 3);
    assert_eq!(refusal(properties.write(&read_only)), (Code::E_ACCESSDENIED, Some(Property::Channels)));
    let feeder_only = Batch::new().set(keys::PAGES, 1);
    assert_eq!(refusal(properties.write(&feeder_only)), (Code::E_INVALIDARG, Some(Property::Pages)));
    let unknown = Batch::new().set(keys::X_RES, 150).set_number(4711, Value::Number(1));
    let error = properties.write(&unknown).expect_err("no such number");
    assert_eq!((error.code(), error.id, &error.refusal), (Code::E_INVALIDARG, 4711, &Refusal::Unknown));
    assert_eq!(properties.get(keys::X_RES), Some(300), "nothing of the batch was written");
    properties.write(&Batch::new()).expect("nothing is always valid");
}

#[test]
fn the_root_refuses_every_batch_by_its_code() {
    let rules: Arc<dyn PropertyRules> = Arc::new(StandardRules::default());
    let items = ApplicationItems::new(&[glass(), feeder()], &rules);
    items.write_root(&Batch::new()).expect("nothing is always valid");
    let status = Batch::new().set(keys::DOCUMENT_HANDLING_STATUS, 1);
    let read_only = (Code::E_ACCESSDENIED, Some(Property::DocumentHandlingStatus));
    assert_eq!(refusal(items.write_root(&status)), read_only);
    let not_there = Batch::new().set(keys::X_RES, 300);
    assert_eq!(refusal(items.write_root(&not_there)), (Code::E_INVALIDARG, Some(Property::XRes)));
    for batch in [Batch::new(), status] {
        let error = items.write_root(&batch.set_number(99_999, Value::Number(1))).expect_err("no such number");
        assert_eq!((error.code(), error.id, &error.refusal), (Code::E_INVALIDARG, 99_999, &Refusal::Unknown));
    }
}

#[test]
fn r52_the_rectangle_stays_on_the_surface_when_the_resolution_changes() {
    let mut properties = ItemProperties::of(glass());
    let corner =
        Batch::new().set(keys::X_POS, 1200).set(keys::Y_POS, 600).set(keys::X_EXTENT, 900).set(keys::Y_EXTENT, 300);
    properties.write(&corner).expect("inside at 300 dpi");
    assert_eq!(properties.get(keys::PAGE_SIZE), Some(PageSize::Custom), "no paper has this size");
    for resolution in [75, 600, 150, 300] {
        properties.write(&dpi(resolution)).expect("offered");
        let pixels = |key| properties.get(key).expect("there");
        assert_eq!(pixels(keys::X_POS), 4 * resolution, "the same place on the glass at {resolution}");
        assert_eq!((pixels(keys::X_EXTENT), pixels(keys::Y_EXTENT)), (3 * resolution, resolution));
        let valid = &properties.store().entry(Property::XExtent).expect("there").valid;
        let widest = Length::from_mm(216).pixels(Dpi(resolution as u32)) as i32 - 4 * resolution;
        assert_eq!(
            *valid,
            ValidValues::range(Length::from_mm(10).pixels(Dpi(resolution as u32)) as i32, widest, widest)
        );
    }
    // The position takes room from the extent, which follows unless it was written too.
    properties.write(&Batch::new().set(keys::X_POS, 2000)).expect("inside");
    assert_eq!(properties.get(keys::X_EXTENT), Some(2551 - 2000));
    let both = Batch::new().set(keys::X_POS, 2100).set(keys::X_EXTENT, 500);
    assert_eq!(refusal(properties.write(&both)), (Code::E_INVALIDARG, Some(Property::XExtent)));
}

#[test]
fn a_rectangle_that_is_not_written_is_exact_through_every_resolution() {
    let mut properties = ItemProperties::of(glass());
    let paper = properties.area();
    for resolution in [75, 600, 150, 75, 300] {
        properties.write(&dpi(resolution)).expect("offered");
        assert_eq!(properties.area(), paper);
    }
    assert_eq!((paper.width, paper.height), (Length::from_mm(210), Length::from_mm(297)));
}

#[test]
fn r53_the_depth_follows_the_data_type_in_the_same_batch() {
    let mut properties = ItemProperties::of(glass());
    let depths = |properties: &ItemProperties| properties.store().choices(keys::DEPTH);
    assert_eq!((properties.get(keys::DEPTH), depths(&properties)), (Some(24), vec![24]));
    properties.write(&Batch::new().set(keys::DATA_TYPE, DataType::Gray)).expect("offered");
    assert_eq!((properties.get(keys::DEPTH), depths(&properties)), (Some(8), vec![8, 16]));
    assert_eq!((properties.get(keys::CHANNELS), properties.get(keys::BITS_PER_CHANNEL)), (Some(1), Some(8)));
    let fine = Batch::new().set(keys::DATA_TYPE, DataType::Gray).set(keys::DEPTH, 16);
    properties.write(&fine).expect("offered");
    assert_eq!(properties.get(keys::BITS_PER_CHANNEL), Some(16));
    // The depth that was written does not go with the type that was written: the stronger one stands, the batch falls.
    let wrong = Batch::new().set(keys::DATA_TYPE, DataType::Color).set(keys::DEPTH, 8);
    assert_eq!(refusal(properties.write(&wrong)), (Code::E_INVALIDARG, Some(Property::Depth)));
    properties.write(&Batch::new().set(keys::DATA_TYPE, DataType::Threshold)).expect("made from gray");
    assert_eq!((properties.get(keys::DEPTH), properties.get(keys::THRESHOLD)), (Some(1), Some(128)));
    assert_eq!(properties.job().expect("a job").mode, ColorMode::Gray, "the device has no line art of its own");
}

/// A feeder that could also begin with the back, or scan backs alone.
struct EveryWay;
impl PropertyRules for EveryWay {
    fn validate(&self, item: &Item, change: &mut Change<'_>) -> Result<(), BatchError> {
        StandardRules::with_sides(Selection::BACK_FIRST.and(Selection::BACK_ONLY)).validate(item, change)
    }
}

#[test]
fn r54_sides_that_exclude_each_other_are_refused() {
    let mut properties = ItemProperties::with_rules(Arc::new(feeder()), Arc::new(EveryWay));
    let mut write = |bits: Selection| properties.write(&Batch::new().set(keys::DOCUMENT_HANDLING_SELECT, bits));
    let (both, front) = (Selection::DUPLEX, Selection::FRONT_ONLY);
    for wrong in [
        both.and(front),
        Selection::BACK_ONLY,
        Selection::BACK_FIRST,
        Selection::FRONT_FIRST,
        front.and(Selection::BACK_FIRST),
        both.and(Selection::FRONT_FIRST).and(Selection::BACK_FIRST),
    ] {
        assert_eq!(refusal(write(wrong)), (Code::E_INVALIDARG, Some(Property::DocumentHandlingSelect)), "{wrong:?}");
    }
    for right in
        [both, both.and(Selection::FRONT_FIRST), both.and(Selection::BACK_FIRST), both.and(Selection::BACK_ONLY), front]
    {
        write(right).unwrap_or_else(|error| panic!("{right:?}: {error}"));
    }
}

#[test]
fn r55_settings_of_two_applications_are_independent() {
    let rules: Arc<dyn PropertyRules> = Arc::new(StandardRules::default());
    let mut one = ApplicationItems::new(&[glass(), feeder()], &rules);
    let other = ApplicationItems::new(&[glass(), feeder()], &rules);
    one.item_mut(ItemCategory::Flatbed).expect("there").write(&dpi(600)).expect("offered");
    let resolution =
        |items: &ApplicationItems| items.item(ItemCategory::Flatbed).and_then(|item| item.get(keys::X_RES));
    assert_eq!((resolution(&one), resolution(&other)), (Some(600), Some(300)));
}

#[test]
fn the_sides_that_were_written_come_to_the_driver() {
    let mut properties = ItemProperties::with_rules(Arc::new(feeder()), Arc::new(EveryWay));
    let both = Selection::DUPLEX;
    for (bits, pages, sides) in [
        (both, 2, Sides::FrontFirst),
        (both.and(Selection::FRONT_FIRST), 4, Sides::FrontFirst),
        (both.and(Selection::BACK_FIRST), 4, Sides::BackFirst),
        // A page a sheet: there is nothing to round up, and one is no half of a sheet.
        (both.and(Selection::BACK_ONLY), 3, Sides::BackOnly),
        (both.and(Selection::BACK_ONLY), 1, Sides::BackOnly),
    ] {
        let batch = Batch::new().set(keys::DOCUMENT_HANDLING_SELECT, bits).set(keys::PAGES, pages);
        properties.write(&batch).unwrap_or_else(|error| panic!("{bits:?}: {error}"));
        let job = properties.job().expect("a job");
        assert_eq!((job.source, job.sides, job.pages), (Source::Duplex, sides, PageLimit::from_pages(pages as u32)));
    }
    properties.write(&Batch::new().set(keys::PAGES, 5)).expect("backs alone");
    assert_eq!(properties.job().map(|job| job.sides), Ok(Sides::BackOnly), "nothing was given up for it");
}

#[test]
fn items_are_named_by_their_path_from_the_root() {
    let rules: Arc<dyn PropertyRules> = Arc::new(StandardRules::default());
    let desk = Desk::with("feeder", 1, "");
    for items in [desk.bench.broker.application_items(), ApplicationItems::new(&[glass(), feeder()], &rules)] {
        assert_eq!(items.root().get(keys::FULL_ITEM_NAME).as_deref(), Some(r"0000\Root"));
        let paths: Vec<_> = items.items().iter().filter_map(|item| item.get(keys::FULL_ITEM_NAME)).collect();
        assert_eq!(paths, [r"0000\Root\Flatbed", r"0000\Root\Feeder"]);
    }
    // The same name goes to the application with each page.
    for source in [Source::Flatbed, Source::Feeder] {
        let mut application = desk.application();
        desk.bench.scan(small(source), &mut application).expect("a page");
        let page = &application.infos[0];
        let item = desk.bench.broker.items().iter().find(|item| item.category == source.category()).cloned();
        assert_eq!(Some((&page.item, &page.full_name)), item.as_ref().map(|item| (&item.name, &item.full_name)));
    }
}

#[test]
fn both_sides_count_as_two_pages() {
    let mut properties = ItemProperties::of(feeder());
    let select = |bits| Batch::new().set(keys::DOCUMENT_HANDLING_SELECT, bits);
    properties.write(&Batch::new().set(keys::PAGES, 3)).expect("inside");
    properties.write(&select(Selection::DUPLEX)).expect("offered");
    assert_eq!(properties.get(keys::PAGES), Some(4), "rounded up, because it was not written");
    properties.write(&select(Selection::DUPLEX).set(keys::PAGES, 3)).expect("written as it is");
    assert_eq!(properties.get(keys::PAGES), Some(3));
    assert_eq!(
        refusal(properties.write(&select(Selection::DUPLEX).set(keys::PAGES, 1))),
        (Code::E_INVALIDARG, Some(Property::Pages))
    );
    properties.write(&Batch::new().set(keys::PAGES, 1)).expect("both sides are given up");
    assert_eq!(properties.get(keys::DOCUMENT_HANDLING_SELECT), Some(Selection::FRONT_ONLY));
    assert_eq!(properties.job().map(|job| job.source), Ok(Source::Feeder));
}

#[test]
fn scanning_both_sides_offers_what_both_sides_offer() {
    let mut properties = ItemProperties::of(feeder());
    properties.write(&dpi(600)).expect("one side does that");
    properties.write(&Batch::new().set(keys::DOCUMENT_HANDLING_SELECT, Selection::DUPLEX)).expect("offered");
    assert_eq!(properties.store().choices(keys::DATA_TYPE), [DataType::Threshold, DataType::Gray]);
    assert_eq!((properties.get(keys::DATA_TYPE), properties.get(keys::X_RES)), (Some(DataType::Threshold), Some(300)));
    let colour = Batch::new().set(keys::DATA_TYPE, DataType::Color);
    assert_eq!(refusal(properties.write(&colour)), (Code::E_INVALIDARG, Some(Property::DataType)));
}

#[test]
fn an_intent_says_what_was_not_written() {
    let mut properties = ItemProperties::of(glass());
    let intent = |bits| Batch::new().set(keys::CUR_INTENT, bits);
    properties.write(&intent(Intent::GRAY.and(Intent::BEST_PREVIEW))).expect("offered");
    assert_eq!((properties.get(keys::DATA_TYPE), properties.get(keys::X_RES)), (Some(DataType::Gray), Some(75)));
    properties.write(&intent(Intent::TEXT.and(Intent::COLOR))).expect("offered");
    assert_eq!(properties.get(keys::DATA_TYPE), Some(DataType::Color), "the richest");
    assert_eq!(
        refusal(properties.write(&intent(Intent::COLOR.and(Intent::GRAY)))),
        (Code::E_INVALIDARG, Some(Property::CurIntent))
    );
    let against = intent(Intent::COLOR).set(keys::DATA_TYPE, DataType::Gray);
    assert_eq!(
        refusal(properties.write(&against)),
        (Code::E_INVALIDARG, Some(Property::DataType)),
        "the intent is stronger"
    );
    let refined = intent(Intent::GRAY.and(Intent::MAXIMIZE_QUALITY)).set(keys::DEPTH, 16).set(keys::X_RES, 300);
    properties.write(&refined).expect("what was written goes with it");
    assert_eq!(properties.job().map(|job| job.mode), Ok(ColorMode::Gray16));
}

#[test]
fn the_format_decides_about_resolutions_extension_and_size() {
    let mut properties = ItemProperties::of(glass());
    let gray = |format| Batch::new().set(keys::DATA_TYPE, DataType::Gray).set(keys::FORMAT, format);
    properties.write(&gray(Format::Bmp).set(keys::X_RES, 850)).expect("the raw rows have it");
    assert_eq!(properties.get(keys::PREFERRED_FORMAT), Some(Format::Jpeg));
    assert!(properties.get(keys::ITEM_SIZE).is_some_and(|size| size > 6_000_000), "bytes of a bitmap can be told");
    properties.write(&gray(Format::Jpeg)).expect("offered");
    assert_eq!(properties.get(keys::X_RES), Some(600), "JPEG has no 850; nobody wrote it in this batch");
    assert_eq!(
        (properties.get(keys::FILENAME_EXTENSION), properties.get(keys::ITEM_SIZE)),
        (Some("jpg".to_owned()), Some(0))
    );
    assert_eq!(properties.job().map(|job| job.format), Ok(Some(OfferedFormat::Jpeg)));
    assert_eq!(
        refusal(properties.write(&gray(Format::Jpeg).set(keys::X_RES, 850))),
        (Code::E_INVALIDARG, Some(Property::XRes)),
        "mode, format and resolution of one combination, or nothing"
    );
    properties.write(&gray(Format::Raw)).expect("offered");
    assert_eq!(properties.job().map(|job| job.format), Ok(Some(OfferedFormat::Rows)), "without loss");
    assert_eq!(
        (properties.get(keys::FILENAME_EXTENSION), properties.get(keys::ITEM_SIZE)),
        (Some(String::new()), Some(0))
    );
    let colour = Batch::new().set(keys::DATA_TYPE, DataType::Color);
    properties.write(&colour).expect("offered");
    assert_eq!(
        properties.job().map(|job| job.format),
        Ok(None),
        "colour does not come as rows; it is made of what comes"
    );
    let png = gray(Format::Png).set(keys::DEPTH, 16);
    properties.write(&png).expect("offered");
    properties.write(&colour).expect("offered");
    assert_eq!(properties.get(keys::FORMAT), Some(Format::Bmp), "colour does not come as PNG");
}

#[test]
fn a_paper_lies_where_its_sheets_lie() {
    let mut properties = ItemProperties::of(feeder());
    let area = properties.area();
    assert_eq!(area.x, (Length::from_mm(216) - Length::from_mm(210)).half(), "in the middle");
    properties.write(&Batch::new().set(keys::PAGE_SIZE, PageSize::Legal)).expect("fits the feeder");
    assert_eq!((properties.get(keys::PAGE_WIDTH), properties.get(keys::PAGE_HEIGHT)), (Some(8500), Some(14_000)));
    // A paper that is named overrides extents of the same batch.
    let both = Batch::new().set(keys::PAGE_SIZE, PageSize::A4).set(keys::X_EXTENT, 400).set(keys::Y_POS, 7);
    properties.write(&both).expect("the paper wins");
    assert_eq!((properties.get(keys::X_EXTENT), properties.get(keys::Y_POS)), (Some(2480), Some(0)));
    let mut glass = ItemProperties::of(glass());
    assert_eq!(glass.store().choices(keys::PAGE_SIZE), [PageSize::A4, PageSize::Letter, PageSize::Custom]);
    let legal = Batch::new().set(keys::PAGE_SIZE, PageSize::Legal);
    assert_eq!(refusal(glass.write(&legal)), (Code::E_INVALIDARG, Some(Property::PageSize)));
    assert_eq!(glass.store().choices(keys::ORIENTATION), [Orientation::Portrait], "no paper lies across it");
}

#[test]
fn a_sheet_that_lies_across_changes_its_sides() {
    let wide = Item { surface: surface(300, 420, Justification::Left), ..glass() };
    let mut properties = ItemProperties::of(wide);
    let across = Batch::new().set(keys::ORIENTATION, Orientation::Landscape);
    properties.write(&across).expect("an A4 sheet fits across");
    assert_eq!((properties.get(keys::PAGE_WIDTH), properties.get(keys::PAGE_HEIGHT)), (Some(11_692), Some(8267)));
    // Legal does not fit across: custom when it was not written, refused when it was.
    let upright = Batch::new().set(keys::ORIENTATION, Orientation::Portrait).set(keys::PAGE_SIZE, PageSize::Legal);
    properties.write(&upright).expect("upright it fits");
    assert_eq!(
        refusal(properties.write(&across.clone().set(keys::PAGE_SIZE, PageSize::Legal))),
        (Code::E_INVALIDARG, Some(Property::PageSize))
    );
    properties.write(&across).expect("another size is chosen");
    assert_eq!(properties.get(keys::PAGE_SIZE), Some(PageSize::Custom));
}

#[test]
fn a_job_is_what_the_properties_say() {
    let mut properties = ItemProperties::of(feeder());
    let batch = Batch::new()
        .set(keys::DOCUMENT_HANDLING_SELECT, Selection::DUPLEX)
        .set(keys::PAGES, 4)
        .set(keys::DATA_TYPE, DataType::Gray)
        .set(keys::X_RES, 200)
        .set(keys::MULTI_FEED, MultiFeed::StopSuccess);
    properties.write(&batch).expect("offered");
    let job = properties.job().expect("can be transferred");
    assert_eq!((job.source, job.mode, job.dpi), (Source::Duplex, ColorMode::Gray, Dpi(200)));
    assert_eq!((job.pages, job.on_multi_feed, job.format), (PageLimit::from_pages(4), OnMultiFeed::End, None));
    assert_eq!(job.areas, [properties.area()]);
}

#[test]
fn an_item_without_the_transfer_bit_has_no_job() {
    struct Shelf;
    impl PropertyRules for Shelf {
        fn validate(&self, item: &Item, change: &mut Change<'_>) -> Result<(), BatchError> {
            StandardRules::default().validate(item, change)?;
            change.store().publish(keys::ITEM_FLAGS, &ItemFlags::FOLDER);
            Ok(())
        }
    }
    let properties = ItemProperties::with_rules(Arc::new(glass()), Arc::new(Shelf));
    assert!(properties.job().is_err());
}

/// Any batch at all: it is refused and nothing changed, or every value lies in its set, what was written is what was
/// written, and the job is one that the item offers.
#[test]
fn no_batch_leads_out_of_what_the_device_offers() {
    const SEED: u64 = 0x51_55;
    const CASES: u64 = 4000;
    println!("seed {SEED:#x}");
    let mut accepted = 0;
    for case in 0..CASES {
        let mut random = Random::new(SEED, case);
        let mut properties = ItemProperties::of(if random.one_in(2) { feeder() } else { glass() });
        for _ in 0..6 {
            let batch = draw(&properties, &mut random);
            let before = everything(&properties);
            if properties.write(&batch).is_err() {
                assert_eq!(everything(&properties), before, "case {case}");
                continue;
            }
            accepted += 1;
            check(&properties, &batch, case);
        }
    }
    assert!(accepted > CASES, "only {accepted} batches were accepted");
}

/// One to four writable properties with values that are in their sets, or nearly, or nowhere near.
fn draw(properties: &ItemProperties, random: &mut Random) -> Batch {
    let writable: Vec<(Property, ValidValues)> = properties
        .store()
        .iter()
        .filter(|(_, entry)| entry.access == Access::ReadWrite)
        .map(|(property, entry)| (property, entry.valid.clone()))
        .collect();
    let mut batch = Batch::new();
    for _ in 0..=random.below(3) {
        let (property, valid) = &writable[random.below(writable.len() as u64) as usize];
        let value = match valid {
            ValidValues::Range { min, max, .. } => Value::Number(min + random.below((max - min) as u64 + 2) as i32),
            ValidValues::List { values, .. } => values[random.below(values.len() as u64) as usize].clone(),
            ValidValues::Flags { mask, .. } => Value::Number(random.below(1 << 19) as i32 & mask),
            ValidValues::Any => Value::Number(0),
        };
        let value = match random.below(24) {
            0 => Value::Text("x".to_owned()),
            1 => Value::Number(1_000_000_000),
            2 => Value::Number(-5),
            _ => value,
        };
        batch = batch.set_number(property.id(), value);
    }
    batch
}

fn check(properties: &ItemProperties, batch: &Batch, case: u64) {
    for (property, entry) in properties.store().iter() {
        assert!(entry.valid.contains(&entry.value), "case {case}: {property:?} {entry:?}");
    }
    let papers_override =
        batch.value(Property::PageSize).is_some_and(|value| *value != Value::Number(PageSize::Custom.number()));
    for (property, value) in batch.iter() {
        let extent = matches!(property, Property::XPos | Property::YPos | Property::XExtent | Property::YExtent);
        if papers_override && extent {
            let Value::Number(pixels) = value else { panic!("case {case}: {property:?} is {value}") };
            let least = i32::from(matches!(property, Property::XExtent | Property::YExtent));
            assert!((least..20_000).contains(pixels), "case {case}: {property:?} is {value}");
        } else {
            let now = properties.store().entry(property).map(|entry| &entry.value);
            assert_eq!(now, Some(value), "case {case}: {property:?} was written");
        }
    }
    let job = properties.job().expect("a source that can be scanned from");
    let item = properties.item();
    let (surface, combinations) = match (&item.feeder, job.source) {
        (Some(Feeder { duplex: Some(duplex), .. }), Source::Duplex) => (&duplex.surface, &duplex.combinations),
        _ => (&item.surface, &item.combinations),
    };
    let offered = combinations.iter().any(|one| {
        one.mode == job.mode
            && one.resolutions.contains(job.dpi)
            && job.format.is_none_or(|format| format == one.format)
    });
    assert!(offered, "case {case}: {job:?}");
    let [area] = job.areas[..] else { panic!("one area") };
    let inside = area.x + area.width <= surface.max_width && area.y + area.height <= surface.max_height;
    assert!(inside && area.x >= Length::ZERO && area.width >= surface.min_width, "case {case}: {area:?}");
}
