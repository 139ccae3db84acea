//! An application of the older model on a driver of the older model. Two adaptors stand between them; what the
//! application sees is what it would see without (reference, 8.2 and 13).

use lightbar::minidriver::property::{Batch, DataType, Format, keys};
use lightbar::minidriver::{Code, ItemCategory};
use lightbar::transfer::{Answer, BandCallback, BandMessage, BandRequest, StatusSource, outcome_code};
use lightbar::units::Percent;

use crate::support::transfer::{Bench, ScriptedLegacy, TestImage, read_bitmap};

/// Bytes of a band of the driver; the first has the whole header.
const BAND: usize = 1100;
/// Rows of a page.
const HEIGHT: i32 = 200;

/// A message by its number in the older model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    DataHeader,
    Data { offset: u64, length: usize },
    Status(u8),
    Termination { complete: bool },
    NewPage,
}

/// Keeps what it is told, and ends the job at this message of the driver's data, if at any.
#[derive(Default)]
struct LegacyApplication {
    told: Vec<Told>,
    images: Vec<Vec<u8>>,
    cancels_at_data: Option<usize>,
}

impl BandCallback for LegacyApplication {
    fn message(&mut self, message: BandMessage) -> Answer {
        self.told.push(match &message {
            BandMessage::DataHeader { format, .. } => {
                assert_eq!(*format, Format::MemoryBmp);
                self.images.push(Vec::new());
                Told::DataHeader
            }
            BandMessage::NewPage { .. } => {
                self.images.push(Vec::new());
                Told::NewPage
            }
            BandMessage::Data(band) => {
                let (image, at) = (self.images.last_mut().expect("after the header"), band.offset as usize);
                image.resize(image.len().max(at + band.bytes.len()), 0);
                image[at..at + band.bytes.len()].copy_from_slice(&band.bytes);
                Told::Data { offset: band.offset, length: band.bytes.len() }
            }
            BandMessage::Status { percent, from } => {
                assert_eq!(*from, StatusSource::ToClient);
                Told::Status(percent.value())
            }
            BandMessage::Termination { complete } => Told::Termination { complete: *complete },
        });
        let data = self.told.iter().filter(|told| matches!(told, Told::Data { .. })).count();
        if self.cancels_at_data == Some(data) { Answer::Cancel } else { Answer::Continue }
    }
}

/// All pages of the feeder in bands, as the older model reads them.
fn read(bench: &Bench, (data_type, depth): (DataType, i32), application: &mut LegacyApplication) -> Code {
    let mut items = bench.broker.application_items();
    let feeder = items.item_mut(ItemCategory::Feeder).expect("a feeder");
    let wish = Batch::new().set(keys::DATA_TYPE, data_type).set(keys::DEPTH, depth).set(keys::PAGES, 0);
    feeder.write(&wish).expect("offered");
    let request = BandRequest { format: Format::MemoryBmp, buffer_size: 0, double_buffer: false };
    let transfer = bench.broker.prepare_item(feeder).expect("transferable");
    let outcome = bench.broker.read_bands(feeder, transfer, &request, application);
    bench.broker.settle();
    outcome_code(&outcome)
}

/// A memory bitmap with the file header that makes it a file, for whoever reads files.
fn as_file(image: &[u8], bits: u16) -> Vec<u8> {
    let colors = if bits == 24 { 0 } else { 1_u32 << bits };
    let mut file = b"BM".to_vec();
    for word in [image.len() as u32 + 14, 0, 54 + 4 * colors] {
        file.extend(word.to_le_bytes());
    }
    file.extend(image);
    file
}

#[test]
fn it_sees_the_older_model_s_own_sequence_images_and_percent() {
    let kinds = [(1, DataType::Threshold, 1), (8, DataType::Gray, 8), (24, DataType::Color, 24)];
    // From the top, from the bottom, and with a height that only the end tells.
    for ((bits, data_type, depth), sign) in kinds.into_iter().flat_map(|kind| [-1, 1, 0].map(|sign| (kind, sign))) {
        let pages = [1, 2, 3].map(|page| TestImage { width: 13 + u32::from(page), height: HEIGHT as u32, bits, page });
        let sent: Vec<Vec<u8>> = pages.iter().map(|page| page.memory_bitmap(HEIGHT * sign)).collect();
        let bench = ScriptedLegacy::with_images(sent.clone(), BAND).bench();
        let mut application = LegacyApplication::default();
        assert_eq!(read(&bench, (data_type, depth), &mut application), Code::S_OK, "{bits} bits, {sign}");
        let told = &application.told;
        assert_eq!((told[0], told[told.len() - 1]), (Told::DataHeader, Told::Termination { complete: true }));
        let between = told[1..told.len() - 1].split(|told| *told == Told::NewPage);
        assert_eq!(between.clone().count(), pages.len(), "NEW_PAGE stands between each two pages: {told:?}");
        for (messages, sent) in between.zip(&sent) {
            assert_page(messages, sent, sign);
        }
        for (image, page) in application.images.iter().zip(&pages) {
            let (width, rows) = read_bitmap(&as_file(image, bits));
            assert_eq!((width, rows), (page.width, page.rows()), "{bits} bits, {sign}");
        }
    }
}

/// DATA and STATUS of one page: bands that follow one another, and the driver's own percent.
fn assert_page(messages: &[Told], sent: &[u8], sign: i32) {
    let (mut next, mut percents) = (0, Vec::new());
    for told in messages {
        match *told {
            Told::Data { offset, length } => {
                // The header of an image whose height only the end told comes again at the end (R28).
                let header_again = sign == 0 && offset == 0 && next > 0;
                assert!(offset == next || header_again, "{messages:?}");
                next = next.max(offset + length as u64);
            }
            Told::Status(percent) => percents.push(percent),
            Told::DataHeader | Told::NewPage | Told::Termination { .. } => panic!("{messages:?}"),
        }
    }
    assert_eq!(next as usize, sent.len(), "all of the image");
    percents.dedup();
    assert!(percents.is_sorted() && percents.last() == Some(&100), "{percents:?}");
    if sign == -1 {
        let told = (BAND..).step_by(BAND).take(sent.len().div_ceil(BAND));
        let told = told.map(|bytes| Percent::before_the_end(bytes.min(sent.len()) as u64, sent.len() as u64).value());
        let mut own: Vec<u8> = std::iter::once(0).chain(told).chain([100]).collect();
        own.dedup();
        assert_eq!(percents, own, "each as the driver said it (R31)");
    }
}

#[test]
fn its_cancel_reaches_the_driver_and_the_end_is_told() {
    let pages = [1, 2, 3].map(|page| TestImage { width: 1000, height: 400, bits: 8, page });
    let driver = ScriptedLegacy::with_images(pages.iter().map(|page| page.memory_bitmap(-400)).collect(), 64 << 10);
    let calls = driver.calls();
    let mut application = LegacyApplication { cancels_at_data: Some(1), ..LegacyApplication::default() };
    assert_eq!(read(&driver.bench(), (DataType::Gray, 8), &mut application), Code::S_FALSE);
    assert_eq!(application.told.last(), Some(&Told::Termination { complete: false }));
    assert_eq!(calls.count("acquire"), 1, "{:?}", calls.all());
}
