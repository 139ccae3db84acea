//! What a device can tell by itself (reference, part 15).

use super::Item;
use super::property::Guid;

/// An event of a device. None of them starts a transfer by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceEvent {
    /// It is there.
    Connected,
    /// It is gone: no hardware access any more, and a running transfer ends as offline (R57).
    Disconnected,
    /// The computer goes to sleep.
    PowerSuspend,
    /// The computer is awake again.
    PowerResume,
    /// A button was pressed.
    Button(Button),
    /// Items came or went: whoever shows them reads them again.
    TreeUpdated,
    /// A person put paper into the feeder.
    FeederLoaded,
    /// A person took the paper out. Not sent when a scan used it up.
    FeederEmptied,
    /// The first of its covers was opened.
    CoverOpened,
    /// The last of its covers was closed.
    CoverClosed,
    /// Something has to be done at the device first.
    NotReady,
    /// It can be used again.
    Ready,
}

/// A button of a device, by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Button {
    /// Scan.
    Image,
    /// Scan and print.
    Print,
    /// Scan and fax.
    Fax,
    /// Scan and read the text.
    Ocr,
    /// Scan and mail.
    Email,
    /// Scan film.
    Film,
    /// A second one.
    Image2,
    /// A third one.
    Image3,
    /// A fourth one.
    Image4,
}

impl DeviceEvent {
    /// All of them.
    pub const ALL: [DeviceEvent; 20] = [
        DeviceEvent::Connected,
        DeviceEvent::Disconnected,
        DeviceEvent::PowerSuspend,
        DeviceEvent::PowerResume,
        DeviceEvent::Button(Button::Image),
        DeviceEvent::Button(Button::Print),
        DeviceEvent::Button(Button::Fax),
        DeviceEvent::Button(Button::Ocr),
        DeviceEvent::Button(Button::Email),
        DeviceEvent::Button(Button::Film),
        DeviceEvent::Button(Button::Image2),
        DeviceEvent::Button(Button::Image3),
        DeviceEvent::Button(Button::Image4),
        DeviceEvent::TreeUpdated,
        DeviceEvent::FeederLoaded,
        DeviceEvent::FeederEmptied,
        DeviceEvent::CoverOpened,
        DeviceEvent::CoverClosed,
        DeviceEvent::NotReady,
        DeviceEvent::Ready,
    ];

    /// Those of a device with these items: of its feeder's paper and covers, which are found by looking.
    pub fn of_items(items: &[Item]) -> Vec<DeviceEvent> {
        let detects = |item: &Item| item.feeder.as_ref().is_some_and(|feeder| feeder.detects_paper);
        let cover = [DeviceEvent::CoverOpened, DeviceEvent::CoverClosed, DeviceEvent::NotReady, DeviceEvent::Ready];
        let paper = [DeviceEvent::FeederLoaded, DeviceEvent::FeederEmptied];
        let mut events = vec![DeviceEvent::Connected, DeviceEvent::Disconnected];
        events.extend(items.iter().any(|item| item.feeder.is_some()).then_some(cover).into_iter().flatten());
        events.extend(items.iter().any(detects).then_some(paper).into_iter().flatten());
        events
    }

    /// Its identifier.
    pub const fn guid(self) -> Guid {
        Guid(match self {
            DeviceEvent::Connected => 0xa28bbade_64b6_11d2_a231_00c04fa31809,
            DeviceEvent::Disconnected => 0x143e4e83_6497_11d2_a231_00c04fa31809,
            DeviceEvent::PowerSuspend => 0xa0922ff9_c3b4_411c_9e29_03a66993d2be,
            DeviceEvent::PowerResume => 0x618f153e_f686_4350_9634_4115a304830c,
            DeviceEvent::Button(button) => return button.guid(),
            DeviceEvent::TreeUpdated => 0xc9859b91_4ab2_4cd6_a1fc_582eec55e585,
            DeviceEvent::FeederLoaded => 0xcc8d701e_9aba_481d_bf74_78f763dc342a,
            DeviceEvent::FeederEmptied => 0xe70b4b82_6dda_46bb_8ff9_53ceb1a03e35,
            DeviceEvent::CoverOpened => 0x19a12136_fa1c_4f66_900f_8f914ec74ec9,
            DeviceEvent::CoverClosed => 0x6714a1e6_e285_468c_9b8c_da7dc4cbaa05,
            DeviceEvent::NotReady => 0xd8962d7e_e4dc_4b4d_ba29_668a87f42e6f,
            DeviceEvent::Ready => 0x7523ec6c_988b_419e_9a0a_425ac31b37dc,
        })
    }
}

impl Button {
    const fn guid(self) -> Guid {
        Guid(match self {
            Button::Image => 0xa6c5a715_8c6e_11d2_977a_0000f87a926f,
            Button::Print => 0xb441f425_8c6e_11d2_977a_0000f87a926f,
            Button::Fax => 0xc00eb793_8c6e_11d2_977a_0000f87a926f,
            Button::Ocr => 0x9d095b89_37d6_4877_afed_62a297dc6dbe,
            Button::Email => 0xc686dcee_54f2_419e_9a27_2fc7f2e98f9e,
            Button::Film => 0x9b2b662c_6185_438c_b68b_e39ee25e71cb,
            Button::Image2 => 0xfc4767c1_c8b3_48a2_9cfa_2e90cb3d3590,
            Button::Image3 => 0x154e27be_b617_4653_acc5_0fd7bd4c65ce,
            Button::Image4 => 0xa65b704a_7f3c_4447_a75d_8a26dfca1fdf,
        })
    }
}

/// A button and the item it means, as a driver reports them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PressedButton {
    /// Which.
    pub button: Button,
    /// The name of the item to scan from; `None` when the button does not say.
    pub item: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_name_of_its_own() {
        let mut names: Vec<Guid> = DeviceEvent::ALL.iter().map(|event| event.guid()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), DeviceEvent::ALL.len());
    }
}
