//! A driver that has its page in memory: what comes after it costs all that is measured.

use std::sync::Arc;

use lightbar::clock::Waker;
use lightbar::minidriver::{
    AcquireEnd, AcquireError, BandRead, CancelIo, ColorMode, Combination, DeviceFailure, DeviceInfo, DriverError,
    FeederState, Item, ItemCategory, Justification, MiniDriver, MiniDriverCallback, Notifications, OfferedFormat,
    PageInfo, PageSource, PageWait, Resolutions, Resumed, Settled, Surface, TransferContext, TransferId, deliver_pages,
};
use lightbar::units::{Dpi, Length};

pub(crate) struct RowDriver {
    info: DeviceInfo,
    glass: [Item; 1],
    cancel: Arc<CancelIo>,
    page: PageInfo,
    samples: Arc<Vec<u8>>,
    /// Bytes of one band.
    band: usize,
}

impl RowDriver {
    pub(crate) fn new(page: PageInfo, samples: Arc<Vec<u8>>, band: usize) -> RowDriver {
        let surface = Surface {
            min_width: Length::from_mm(1),
            min_height: Length::from_mm(1),
            max_width: Length::from_mm(216),
            max_height: Length::from_mm(300),
            justification: Justification::Left,
        };
        let color = Combination {
            mode: ColorMode::Color,
            format: OfferedFormat::Rows,
            resolutions: Resolutions::List(vec![Dpi(page.dpi.0)]),
        };
        let glass = Item {
            name: "Flatbed".into(),
            full_name: "Root/Flatbed".into(),
            category: ItemCategory::Flatbed,
            surface,
            combinations: vec![color],
            feeder: None,
        };
        let info = DeviceInfo { name: "Rows".into(), manufacturer: None, serial: None };
        RowDriver { info, glass: [glass], cancel: CancelIo::new(Waker::new(|| {})), page, samples, band }
    }
}

/// The page, once.
struct Rows<'a> {
    driver: &'a RowDriver,
    bands: std::slice::Chunks<'a, u8>,
}

impl PageSource for Rows<'_> {
    fn next_page(&mut self) -> Result<PageWait, DeviceFailure> {
        Ok(PageWait::Page(self.driver.page.clone()))
    }

    fn read_band(&mut self, band: &mut Vec<u8>) -> Result<BandRead, DeviceFailure> {
        Ok(match self.bands.next() {
            Some(bytes) => {
                band.extend_from_slice(bytes);
                BandRead::Band
            }
            None => BandRead::EndOfPage,
        })
    }

    fn resume(&mut self) -> Result<Resumed, DeviceFailure> {
        Ok(Resumed::PageAgain)
    }

    fn finish(&mut self) {}
}

impl MiniDriver for RowDriver {
    fn device(&self) -> &DeviceInfo {
        &self.info
    }

    fn items(&self) -> &[Item] {
        &self.glass
    }

    fn notifications(&self) -> Arc<dyn Notifications> {
        Arc::clone(&self.cancel) as Arc<dyn Notifications>
    }

    fn lock(&mut self) -> Result<(), DriverError> {
        Ok(())
    }

    fn unlock(&mut self) {}

    fn acquire(
        &mut self,
        transfer: &TransferContext,
        callback: &mut dyn MiniDriverCallback,
    ) -> Result<AcquireEnd, AcquireError> {
        let mut rows = Rows { driver: self, bands: self.samples.chunks(self.band) };
        deliver_pages(&mut rows, &transfer.job, callback)
    }

    fn settle(&mut self) -> Settled {
        Settled::Ready
    }

    fn feeder_state(&mut self, _: TransferId) -> Result<FeederState, DriverError> {
        Ok(FeederState::Unknown)
    }

    fn release(&mut self) {}
}
