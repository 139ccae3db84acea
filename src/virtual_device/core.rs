//! The device core: what every host of a simulated device needs of it.

use crate::clock::Moment;

/// A simulated USB device. All methods return at once.
pub trait UsbDevice: Send {
    /// The 18 bytes of the device descriptor.
    fn device_descriptor(&self) -> Vec<u8>;

    /// The whole configuration descriptor, interfaces, endpoints and class descriptors included.
    fn configuration_descriptor(&self) -> Vec<u8>;

    /// The string of an index, as text; index 0 is the list of languages and not asked here.
    fn string(&self, index: u8) -> Option<String>;

    /// How fast it is attached.
    fn speed(&self) -> UsbSpeed;

    /// Takes a transfer. It completes later, through [`UsbDevice::poll`], however it ends. Control
    /// transfers include the standard requests (descriptors, SET_INTERFACE, CLEAR_FEATURE …).
    fn submit(&mut self, now: Moment, urb: Urb);

    /// Takes a pending transfer back: it completes as [`UrbStatus::Cancelled`] with the bytes it
    /// had. Nothing happens when it has completed already.
    fn cancel(&mut self, now: Moment, id: UrbId);

    /// What happened up to now, and when to ask again.
    fn poll(&mut self, now: Moment) -> Poll;

    /// A bus reset: pending transfers end as cancelled, HTTP streams start anew, alternate settings are 0.
    fn reset(&mut self, now: Moment);
}

/// Names one transfer of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UrbId(pub u64);

/// One transfer given to a device.
#[derive(Clone, Debug)]
pub struct Urb {
    /// The host's name for it.
    pub id: UrbId,
    /// bEndpointAddress with the direction bit; 0 or 0x80 for control transfers.
    pub endpoint: u8,
    /// What is to be done.
    pub kind: UrbKind,
}

/// What a transfer does.
#[derive(Clone, Debug)]
pub enum UrbKind {
    /// A control transfer; `data` is what is sent for OUT requests.
    Control {
        /// The setup packet.
        setup: Setup,
        /// The data stage of an OUT request.
        data: Vec<u8>,
    },
    /// A bulk or interrupt read of at most this many bytes.
    In {
        /// The buffer's size.
        length: usize,
    },
    /// A bulk or interrupt write.
    Out {
        /// What is written.
        data: Vec<u8>,
    },
}

/// A setup packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// bmRequestType.
    pub request_type: u8,
    /// bRequest.
    pub request: u8,
    /// wValue.
    pub value: u16,
    /// wIndex.
    pub index: u16,
    /// wLength.
    pub length: u16,
}

/// The end of a transfer.
#[derive(Clone, Debug)]
pub struct UrbCompletion {
    /// The transfer.
    pub id: UrbId,
    /// How it ended.
    pub status: UrbStatus,
    /// What the device sent; empty for OUT.
    pub data: Vec<u8>,
    /// Bytes moved in either direction.
    pub moved: usize,
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrbStatus {
    /// As asked, or with fewer bytes (a short packet).
    Done,
    /// The endpoint is halted, or the control request is not supported.
    Stall,
    /// Taken back by the host or by a reset.
    Cancelled,
    /// The device is gone.
    Gone,
}

/// What happened, and when something will.
#[derive(Clone, Debug, Default)]
pub struct Poll {
    /// Ended transfers, in order.
    pub completions: Vec<UrbCompletion>,
    /// When to poll next if no transfer is submitted before; `None`: only a transfer can change anything.
    pub wake_at: Option<Moment>,
    /// The device has left the bus. Hosts show this as an unplugged cable; every transfer ends as
    /// [`UrbStatus::Gone`] until the device says otherwise.
    pub unplugged: bool,
}

/// The speed a device is attached with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsbSpeed {
    /// 12 Mbit/s, bulk packets of 64 bytes.
    Full,
    /// 480 Mbit/s, bulk packets of 512 bytes.
    High,
    /// 5 Gbit/s, bulk packets of 1024 bytes.
    Super,
}
