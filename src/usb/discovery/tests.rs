use super::*;
use crate::clock::ManualClock;
use crate::usb::{InterfaceDescription, InterfaceKind};

fn interface(number: u8, alternate: u8, kind: InterfaceKind) -> InterfaceDescription {
    InterfaceDescription { number, alternate, kind, endpoints: Vec::new(), extra: Vec::new() }
}

fn description(vendor: u16, interfaces: Vec<InterfaceDescription>) -> DeviceDescription {
    DeviceDescription {
        vendor,
        product: 0x0001,
        release: 0x0100,
        manufacturer: None,
        name: Some("Scanner".into()),
        serial: Some("S:1".into()),
        interfaces,
    }
}

fn scanner() -> DeviceDescription {
    description(0x1209, vec![interface(0, 0, InterfaceKind(7, 1, 2)), interface(0, 1, InterfaceKind::IPP_USB)])
}

/// A bus that answers from a script: per location the descriptors, and the answers to attempts.
#[derive(Default)]
struct ScriptedBus {
    described: BTreeMap<BusLocation, VecDeque<Result<DeviceDescription, UsbError>>>,
    opened: BTreeMap<BusLocation, VecDeque<Result<(), UsbError>>>,
}

/// The last answer stays.
fn next<T: Clone>(answers: Option<&mut VecDeque<Result<T, UsbError>>>) -> Result<T, UsbError> {
    let Some(answers) = answers else { return Err(UsbError::Disconnected) };
    if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
        .unwrap_or(Err(UsbError::Disconnected))
}

impl Bus for ScriptedBus {
    fn wait(&mut self, _limit: Duration) -> Vec<Plug> {
        Vec::new()
    }

    fn describe(&mut self, location: BusLocation) -> Result<DeviceDescription, UsbError> {
        next(self.described.get_mut(&location))
    }

    fn port(&mut self, location: BusLocation) -> Option<PortPath> {
        PortPath::new(location.bus, &[location.address])
    }

    fn try_open(&mut self, location: BusLocation) -> Result<(), UsbError> {
        next(self.opened.get_mut(&location))
    }

    fn waker(&self) -> Waker {
        Waker::new(|| ())
    }
}

/// A watch, its bus and its clock.
struct Bench {
    watch: Watch,
    bus: ScriptedBus,
    clock: Arc<ManualClock>,
    events: (Sender<DeviceEvent>, Receiver<DeviceEvent>),
}

impl Bench {
    fn new() -> Bench {
        Bench {
            watch: Watch::for_devices(speaks_http),
            bus: ScriptedBus::default(),
            clock: ManualClock::start(),
            events: bounded(EVENT_CAPACITY),
        }
    }

    fn put(&mut self, at: BusLocation, description: DeviceDescription, opened: &[Result<(), UsbError>]) {
        self.bus.described.insert(at, VecDeque::from([Ok(description)]));
        self.bus.opened.insert(at, opened.iter().cloned().collect());
        self.watch.plugged(self.clock.now(), Plug::In(at));
    }

    /// Lets this much time pass, doing what is due.
    fn run(&mut self, time: Duration) -> Vec<DeviceEvent> {
        let end = self.clock.now() + time;
        loop {
            for location in self.watch.due(self.clock.now()) {
                self.watch.attempt(self.clock.now(), location, &mut self.bus);
            }
            self.watch.deliver(&self.events.0);
            let sleep = self.watch.sleep(self.clock.now());
            if (self.clock.now() + sleep) > end {
                break;
            }
            self.clock.advance(sleep.max(Duration::from_millis(1)));
        }
        self.events.1.try_iter().collect()
    }
}

const HERE: BusLocation = BusLocation { bus: 1, address: 5 };

/// What these tests look for.
fn speaks_http(description: &DeviceDescription) -> bool {
    description.interfaces.iter().any(|interface| interface.kind == InterfaceKind::IPP_USB)
}

fn without_serial() -> DeviceDescription {
    DeviceDescription { serial: None, ..scanner() }
}

/// The names of what is plugged in, by location.
fn names(bench: &Bench) -> Vec<String> {
    bench.watch.listing().devices.iter().map(|device| device.id.to_string()).collect()
}

fn at(address: u8) -> BusLocation {
    BusLocation { bus: 1, address }
}

#[test]
fn devices_alike_are_told_apart_by_where_they_are_plugged_in() {
    // Without a serial number, and with the same one.
    for (device, plain, apart) in [
        (without_serial(), "usb:1209:0001", ["usb:1209:0001@1-5", "usb:1209:0001@1-9"]),
        (scanner(), "usb:1209:0001:S:1", ["usb:1209:0001@1-5:S:1", "usb:1209:0001@1-9:S:1"]),
    ] {
        // Whichever comes first.
        for order in [[5, 9], [9, 5]] {
            let mut bench = Bench::new();
            bench.put(at(order[0]), device.clone(), &[Ok(())]);
            let events = bench.run(Duration::ZERO);
            assert!(matches!(&events[..], [DeviceEvent::Arrived(found)] if found.id.to_string() == plain));
            bench.put(at(order[1]), device.clone(), &[Ok(())]);
            let events = bench.run(Duration::ZERO);
            assert_eq!(names(&bench), apart);
            let told: BTreeMap<BusLocation, String> = events
                .iter()
                .map(|event| match event {
                    DeviceEvent::Arrived(found) => (found.location, found.id.to_string()),
                    DeviceEvent::Left { .. } => panic!("nothing left: {event:?}"),
                })
                .collect();
            assert_eq!(told.into_values().collect::<Vec<_>>(), apart, "the first is told again, by its new name");
            // The name stays for as long as the device does.
            bench.watch.plugged(bench.clock.now(), Plug::Out(at(9)));
            let events = bench.run(Duration::ZERO);
            assert!(matches!(&events[..], [DeviceEvent::Left { id, .. }] if id.to_string() == apart[1]));
            assert_eq!(names(&bench), apart[..1]);
        }
    }
}

#[test]
fn devices_that_differ_keep_their_plain_names() {
    let mut bench = Bench::new();
    let other_serial = DeviceDescription { serial: Some("S:2".into()), ..scanner() };
    for (address, device) in (1..).zip([scanner(), other_serial, without_serial()]) {
        bench.put(at(address), device, &[Ok(())]);
    }
    bench.run(Duration::ZERO);
    assert_eq!(names(&bench), ["usb:1209:0001:S:1", "usb:1209:0001:S:2", "usb:1209:0001"]);
}

#[test]
fn a_name_in_short_means_any_device_it_fits() {
    let mut bench = Bench::new();
    bench.put(at(5), scanner(), &[Ok(())]);
    bench.run(Duration::ZERO);
    let device = &bench.watch.listing().devices[0];
    for (name, fits) in [
        ("usb:1209:0001", true),
        ("usb:1209:0001:S:1", true),
        ("usb:1209:0001@1-5", true),
        ("usb:1209:0001@1-9", false),
        ("usb:1209:0001:S:2", false),
        ("usb:1209:0002", false),
    ] {
        assert_eq!(name.parse::<DeviceId>().expect(name).means(device), fits, "{name}");
    }
}

#[test]
fn permissions_that_come_late_are_waited_for() {
    let mut bench = Bench::new();
    let late = vec![Err(UsbError::NoPermission), Err(UsbError::NoPermission), Ok(())];
    bench.put(HERE, scanner(), &late);
    assert!(bench.run(Duration::ZERO).is_empty());
    assert!(!bench.watch.listing().complete);
    let events = bench.run(Duration::from_secs(1));
    assert!(matches!(&events[..], [DeviceEvent::Arrived(found)] if found.access == Ok(()) && found.location == HERE));
    assert!(bench.watch.listing().complete);
}

#[test]
fn a_refusal_is_believed_after_three_seconds_and_taken_back_when_a_rule_comes() {
    let mut bench = Bench::new();
    bench.put(HERE, scanner(), &[Err(UsbError::NoPermission)]);
    assert!(bench.run(PERMISSION_WAIT - Duration::from_millis(1)).is_empty());
    let events = bench.run(RETRY_EVERY);
    assert!(matches!(&events[..], [DeviceEvent::Arrived(found)] if found.access == Err(UsbError::NoPermission)));
    assert!(bench.run(Duration::from_secs(60)).is_empty(), "said once");
    bench.bus.opened.insert(HERE, VecDeque::from([Ok(())]));
    let events = bench.run(REFUSED_AGAIN);
    assert!(matches!(&events[..], [DeviceEvent::Arrived(found)] if found.access == Ok(())));
}

#[test]
fn descriptors_get_three_attempts() {
    let mut bench = Bench::new();
    bench.put(HERE, scanner(), &[Ok(())]);
    let slow = [Err(UsbError::Io { code: -1 }), Err(UsbError::Io { code: -1 }), Ok(scanner())];
    bench.bus.described.insert(HERE, VecDeque::from(slow));
    assert_eq!(bench.run(Duration::from_secs(1)).len(), 1);

    let mut bench = Bench::new();
    bench.put(HERE, scanner(), &[Ok(())]);
    bench.bus.described.insert(HERE, VecDeque::from([Err(UsbError::Io { code: -1 })]));
    assert!(bench.run(Duration::from_secs(60)).is_empty());
    assert!(bench.watch.listing().complete);
}

#[test]
fn what_is_no_scanner_is_never_opened() {
    let mut bench = Bench::new();
    bench.put(HERE, description(0x046d, vec![interface(0, 0, InterfaceKind(3, 1, 1))]), &[Err(UsbError::NoPermission)]);
    assert!(bench.run(Duration::from_secs(10)).is_empty());
    assert_eq!(bench.watch.listing(), Listing { complete: true, ..Listing::default() });
}

#[test]
fn leaving_is_told_exactly_to_those_who_heard_of_the_arrival() {
    let mut bench = Bench::new();
    bench.put(HERE, scanner(), &[Ok(())]);
    assert_eq!(bench.run(Duration::ZERO).len(), 1);
    bench.watch.plugged(bench.clock.now(), Plug::Out(HERE));
    let events = bench.run(Duration::ZERO);
    assert!(matches!(&events[..], [DeviceEvent::Left { location: HERE, .. }]));

    // In and out again before anybody could be told.
    bench.put(HERE, scanner(), &[Err(UsbError::NoPermission)]);
    assert!(bench.run(Duration::ZERO).is_empty());
    bench.watch.plugged(bench.clock.now(), Plug::Out(HERE));
    assert!(bench.run(Duration::from_secs(10)).is_empty());
}

#[test]
fn a_new_device_in_the_place_of_one_whose_leaving_was_missed_replaces_it() {
    let mut bench = Bench::new();
    bench.put(HERE, scanner(), &[Ok(())]);
    bench.run(Duration::ZERO);
    bench.put(HERE, scanner(), &[Ok(())]);
    let events = bench.run(Duration::ZERO);
    assert!(matches!(&events[..], [DeviceEvent::Left { .. }, DeviceEvent::Arrived(_)]));
}

#[test]
fn a_reader_that_does_not_read_loses_no_state_and_costs_no_memory() {
    let mut bench = Bench::new();
    for round in 0..10_000u32 {
        let at = BusLocation { bus: 1, address: (round % 100) as u8 };
        bench.put(at, scanner(), &[Ok(())]);
        for location in bench.watch.due(bench.clock.now()) {
            bench.watch.attempt(bench.clock.now(), location, &mut bench.bus);
        }
        bench.watch.deliver(&bench.events.0);
    }
    assert!(bench.watch.outbox.len() <= 300, "{} events wait", bench.watch.outbox.len());
    // Read at last: replaying the events gives what is plugged in.
    let mut seen = BTreeMap::new();
    loop {
        let events: Vec<DeviceEvent> = bench.events.1.try_iter().collect();
        if events.is_empty() {
            break;
        }
        for event in events {
            match event {
                DeviceEvent::Arrived(found) => seen.insert(found.location, found),
                DeviceEvent::Left { location, .. } => seen.remove(&location),
            };
        }
        bench.watch.deliver(&bench.events.0);
    }
    assert_eq!(seen.into_values().collect::<Vec<_>>(), bench.watch.listing().devices);
}

#[test]
fn without_usb_the_list_is_empty_and_says_why() {
    let open: OpenBus = Box::new(|| Err("no usbfs here".into()));
    let discovery = Discovery::over(open, crate::clock::SystemClock::start(), speaks_http);
    let listing = discovery.list(Duration::from_secs(60));
    assert_eq!(listing.unavailable.as_deref(), Some("no usbfs here"));
    assert!(listing.devices.is_empty() && listing.complete);
}
