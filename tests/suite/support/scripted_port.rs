//! A USB port that follows a script: every request that is written is answered with the next answer
//! of its lane, packet by packet. Time is a manual clock's.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lightbar::clock::{Clock, ManualClock, Waker};
use lightbar::usb::{
    Completion, ControlRequest, DeviceDescription, EndpointAddress, EndpointDescription, InterfaceDescription,
    InterfaceKind, TransferKind, TransferTag, UsbError, UsbPort, Wait,
};

/// What a lane does next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A read ends with these bytes; more than one read holds go into several.
    Data(Vec<u8>),
    /// A read ends with nothing.
    Empty,
    /// Nothing happens for this long.
    Rest(Duration),
    /// A read ends like this.
    Fail(UsbError),
    /// The waker is used by somebody.
    Wake,
    /// A person does something at this moment.
    Press(Button),
}

/// What a person presses when the device comes to a place in its script. It is wired up once the test
/// knows to what.
#[derive(Clone, Default)]
pub(crate) struct Button(Arc<Mutex<Wired>>);

#[derive(Default)]
struct Wired {
    action: Option<Box<dyn Fn() + Send>>,
    pressed_at: Option<Duration>,
}

impl Button {
    pub(crate) fn wire(&self, action: impl Fn() + Send + 'static) {
        self.0.lock().expect("no panic").action = Some(Box::new(action));
    }

    /// When it was pressed first, by the device's clock.
    pub(crate) fn pressed_at(&self) -> Option<Duration> {
        self.0.lock().expect("no panic").pressed_at
    }

    fn press(&self, now: Duration) {
        let mut wired = self.0.lock().expect("no panic");
        wired.pressed_at.get_or_insert(now);
        if let Some(action) = &wired.action {
            action();
        }
    }
}

impl std::fmt::Debug for Button {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Button")
    }
}

/// What the port has seen, for the test to look at.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) requests: Vec<(usize, String)>,
    pub(crate) resets: u32,
    pub(crate) halts_cleared: u32,
    pub(crate) reads_armed: usize,
    pub(crate) released: Vec<u8>,
    pub(crate) lengths: Vec<usize>,
}

/// What a responder is asked while the device is reset; only a person's hand is of interest then.
pub(crate) const RESET: &str = "(reset)";
/// The same, just before: the transfers are taken back.
pub(crate) const TAKE_BACK: &str = "(take back)";

/// Answers a request of a lane, given with its head and body.
pub(crate) type Responder = Arc<Mutex<dyn FnMut(usize, &str) -> Vec<Step> + Send>>;

struct ScriptedLane {
    answers: VecDeque<Vec<Step>>,
    steps: VecDeque<Step>,
    armed: VecDeque<TransferTag>,
    resting_until: Option<Duration>,
}

/// The port.
pub(crate) struct ScriptedPort {
    clock: Arc<ManualClock>,
    description: DeviceDescription,
    lanes: BTreeMap<u8, ScriptedLane>,
    ended: VecDeque<Completion>,
    tags: u64,
    woken: Arc<AtomicBool>,
    seen: Arc<Mutex<Seen>>,
    responder: Option<Responder>,
}

impl ScriptedPort {
    /// Lanes whose requests are answered by a function.
    pub(crate) fn answered_by(
        clock: &Arc<ManualClock>,
        lanes: usize,
        responder: Responder,
    ) -> (ScriptedPort, Arc<Mutex<Seen>>) {
        let (mut port, seen) = ScriptedPort::new(clock, vec![Vec::new(); lanes]);
        port.responder = Some(responder);
        (port, seen)
    }

    /// One lane for each list of answers; interfaces are numbered from 0 with alternate setting 1.
    pub(crate) fn new(clock: &Arc<ManualClock>, lanes: Vec<Vec<Vec<Step>>>) -> (ScriptedPort, Arc<Mutex<Seen>>) {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let endpoint = |address| EndpointDescription {
            address: EndpointAddress(address),
            transfer: TransferKind::Bulk,
            max_packet: 512,
        };
        let interfaces = (0..lanes.len() as u8)
            .map(|number| InterfaceDescription {
                number,
                alternate: 1,
                kind: InterfaceKind::IPP_USB,
                endpoints: vec![endpoint(number + 1), endpoint(0x81 + number)],
                extra: Vec::new(),
            })
            .collect();
        let description = DeviceDescription {
            vendor: 0x1209,
            product: 1,
            release: 1,
            manufacturer: Some("Example".into()),
            name: Some("Scripted".into()),
            serial: None,
            interfaces,
        };
        let lanes = lanes.into_iter().enumerate().map(|(number, answers)| {
            let lane = ScriptedLane {
                answers: answers.into(),
                steps: VecDeque::new(),
                armed: VecDeque::new(),
                resting_until: None,
            };
            (number as u8, lane)
        });
        let port = ScriptedPort {
            clock: Arc::clone(clock),
            description,
            lanes: lanes.collect(),
            ended: VecDeque::new(),
            tags: 0,
            woken: Arc::default(),
            seen: Arc::clone(&seen),
            responder: None,
        };
        (port, seen)
    }

    fn tag(&mut self) -> TransferTag {
        self.tags += 1;
        TransferTag(self.tags)
    }

    /// Lets the lanes do what they can do now; says when one of them goes on.
    fn run(&mut self) -> Option<Duration> {
        let now = self.clock.now().elapsed();
        let mut next: Option<Duration> = None;
        for (number, lane) in &mut self.lanes {
            loop {
                if let Some(until) = lane.resting_until {
                    if now < until {
                        next = Some(next.map_or(until, |at| at.min(until)));
                        break;
                    }
                    lane.resting_until = None;
                }
                match lane.steps.front() {
                    Some(Step::Rest(length)) => {
                        lane.resting_until = Some(now + *length);
                        lane.steps.pop_front();
                    }
                    Some(Step::Wake) => {
                        self.woken.store(true, Ordering::SeqCst);
                        lane.steps.pop_front();
                    }
                    Some(Step::Press(button)) => {
                        button.press(now);
                        lane.steps.pop_front();
                    }
                    Some(_) if !lane.armed.is_empty() => {
                        let (Some(step), Some(tag)) = (lane.steps.pop_front(), lane.armed.pop_front()) else { break };
                        let (data, result) = match step {
                            Step::Data(bytes) => (bytes, Ok(())),
                            Step::Fail(error) => (Vec::new(), Err(error)),
                            _ => (Vec::new(), Ok(())),
                        };
                        let endpoint = EndpointAddress(0x81 + number);
                        self.ended.push_back(Completion { tag, endpoint, moved: data.len(), data, result });
                    }
                    _ => break,
                }
            }
        }
        next
    }
}

impl UsbPort for ScriptedPort {
    fn description(&self) -> &DeviceDescription {
        &self.description
    }

    fn claim(&mut self, _interface: u8, alternate: u8) -> Result<(), UsbError> {
        if alternate == 1 { Ok(()) } else { Err(UsbError::NotFound("alternate setting")) }
    }

    fn release(&mut self, interface: u8) -> Result<(), UsbError> {
        self.seen.lock().expect("no panic").released.push(interface);
        Ok(())
    }

    fn submit_in(&mut self, endpoint: EndpointAddress, length: usize) -> Result<TransferTag, UsbError> {
        let tag = self.tag();
        let lane = self.lanes.get_mut(&(endpoint.number() - 1)).ok_or(UsbError::NotFound("endpoint"))?;
        lane.armed.push_back(tag);
        let mut seen = self.seen.lock().expect("no panic");
        seen.reads_armed = seen.reads_armed.max(lane.armed.len());
        seen.lengths.push(length);
        Ok(tag)
    }

    fn submit_out(&mut self, endpoint: EndpointAddress, data: Vec<u8>) -> Result<TransferTag, UsbError> {
        let tag = self.tag();
        let number = endpoint.number() - 1;
        let text = String::from_utf8_lossy(&data).into_owned();
        let answer = self.responder.as_ref().map(|answer| {
            let mut answer = answer.lock().expect("no panic");
            answer(usize::from(number), &text)
        });
        self.seen.lock().expect("no panic").requests.push((usize::from(number), text));
        let lane = self.lanes.get_mut(&number).ok_or(UsbError::NotFound("endpoint"))?;
        lane.steps.extend(answer.or_else(|| lane.answers.pop_front()).unwrap_or_default());
        self.ended.push_back(Completion { tag, endpoint, data: Vec::new(), moved: data.len(), result: Ok(()) });
        Ok(tag)
    }

    fn wait(&mut self, limit: Duration) -> Wait {
        let until = self.clock.now().elapsed() + limit;
        loop {
            let next = self.run();
            if self.woken.swap(false, Ordering::SeqCst) {
                return Wait::Woken;
            }
            if let Some(completion) = self.ended.pop_front() {
                return Wait::Completed(completion);
            }
            let now = self.clock.now().elapsed();
            if now >= until {
                return Wait::TimedOut;
            }
            self.clock.advance(next.map_or(until, |next| next.min(until)) - now);
        }
    }

    fn waker(&self) -> Waker {
        let woken = Arc::clone(&self.woken);
        Waker::new(move || woken.store(true, Ordering::SeqCst))
    }

    fn control(&mut self, _request: &ControlRequest, _limit: Duration) -> Result<Vec<u8>, UsbError> {
        Err(UsbError::Stall(EndpointAddress(0)))
    }

    fn clear_halt(&mut self, _endpoint: EndpointAddress) -> Result<(), UsbError> {
        self.seen.lock().expect("no panic").halts_cleared += 1;
        Ok(())
    }

    fn reset(&mut self) -> Result<(), UsbError> {
        self.seen.lock().expect("no panic").resets += 1;
        let during = self.responder.as_ref().map(|answer| answer.lock().expect("no panic")(0, RESET));
        for step in during.unwrap_or_default() {
            if let Step::Press(button) = step {
                button.press(self.clock.now().elapsed());
                // As long as a real one takes, somebody who is woken does not wait for it.
                return Err(UsbError::Cancelled);
            }
        }
        for lane in self.lanes.values_mut() {
            lane.steps.clear();
            lane.resting_until = None;
        }
        Ok(())
    }

    fn cancel_all(&mut self) {
        let before = self.responder.as_ref().map(|answer| answer.lock().expect("no panic")(0, TAKE_BACK));
        for step in before.unwrap_or_default() {
            if let Step::Press(button) = step {
                button.press(self.clock.now().elapsed());
            }
        }
        for (number, lane) in &mut self.lanes {
            for tag in lane.armed.drain(..) {
                let endpoint = EndpointAddress(0x81 + number);
                let result = Err(UsbError::Cancelled);
                self.ended.push_back(Completion { tag, endpoint, data: Vec::new(), moved: 0, result });
            }
        }
    }
}
