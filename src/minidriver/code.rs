//! Result codes, for edges and logs (reference, parts 2 and 14).

use std::fmt;

/// A 32-bit WIA result code. Inside the program closed enums say what happened; a code is what an
/// application failure travels as, unchanged, through driver and broker (R14).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(pub u32);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        impl Code {
            $($(#[$doc])* pub const $name: Code = Code($value);)*
        }
        /// Every code of part 14 with its name; where two share a value the first stands for both.
        const NAMES: &[(Code, &str)] = &[$((Code($value), stringify!($name)),)*];
    };
}

codes! {
    /// Done.
    S_OK = 0x0000_0000;
    /// Cancelled.
    S_FALSE = 0x0000_0001;
    /// Fewer pages than asked for.
    STATUS_END_OF_MEDIA = 0x0021_0001;
    /// The lamp warms up.
    STATUS_WARMING_UP = 0x0021_0002;
    /// The device calibrates itself.
    STATUS_CALIBRATING = 0x0021_0003;
    /// Waiting for a shared device.
    STATUS_RESERVING_NETWORK_DEVICE = 0x0021_0006;
    /// The shared device is ours.
    STATUS_NETWORK_DEVICE_RESERVED = 0x0021_0007;
    /// The notice shown can go; sent by the broker alone.
    STATUS_CLEAR = 0x0021_0008;
    /// Leave this page out.
    STATUS_SKIP_ITEM = 0x0021_0009;
    /// A handler declines.
    STATUS_NOT_HANDLED = 0x0021_000A;
    /// Another device was chosen.
    S_CHANGE_DEVICE = 0x0021_000B;
    /// This program's own: sheets came out whose pages were not received.
    STATUS_PAGES_PASSED_ON = 0x0021_7001;
    /// Unspecified.
    ERROR_GENERAL_ERROR = 0x8021_0001;
    /// Paper is jammed.
    ERROR_PAPER_JAM = 0x8021_0002;
    /// No paper at the start.
    ERROR_PAPER_EMPTY = 0x8021_0003;
    /// The feeder could not take the page.
    ERROR_PAPER_PROBLEM = 0x8021_0004;
    /// Off or unplugged.
    ERROR_OFFLINE = 0x8021_0005;
    /// In use.
    ERROR_BUSY = 0x8021_0006;
    /// Not ready yet.
    ERROR_WARMING_UP = 0x8021_0007;
    /// Act at the device.
    ERROR_USER_INTERVENTION = 0x8021_0008;
    /// The source is gone.
    ERROR_ITEM_DELETED = 0x8021_0009;
    /// The link failed.
    ERROR_DEVICE_COMMUNICATION = 0x8021_000A;
    /// Not supported.
    ERROR_INVALID_COMMAND = 0x8021_000B;
    /// A wrong setting or switch at the device.
    ERROR_INCORRECT_HARDWARE_SETTING = 0x8021_000C;
    /// Locked.
    ERROR_DEVICE_LOCKED = 0x8021_000D;
    /// The driver panicked.
    ERROR_EXCEPTION_IN_DRIVER = 0x8021_000E;
    /// The driver broke the contract.
    ERROR_INVALID_DRIVER_RESPONSE = 0x8021_000F;
    /// A cover is open.
    ERROR_COVER_OPEN = 0x8021_0010;
    /// The lamp is off or defective.
    ERROR_LAMP_OFF = 0x8021_0011;
    /// Trouble with the destination.
    ERROR_DESTINATION = 0x8021_0012;
    /// The shared device could not be reserved.
    ERROR_NETWORK_RESERVATION_FAILED = 0x8021_0013;
    /// Several sheets were drawn in at once.
    ERROR_MULTI_FEED = 0x8021_0014;
    /// The endorser's counter rolled over; from device selection: no scanner (part 2, trap 3).
    ERROR_MAXIMUM_PRINTER_ENDORSER_COUNTER = 0x8021_0015;
    /// Aborted.
    E_ABORT = 0x8000_4004;
    /// Unspecified failure.
    E_FAIL = 0x8000_4005;
    /// Not implemented.
    E_NOTIMPL = 0x8000_4001;
    /// A missing argument.
    E_POINTER = 0x8000_4003;
    /// The contract was broken.
    E_UNEXPECTED = 0x8000_FFFF;
    /// The destination is full.
    STG_E_MEDIUMFULL = 0x8003_0070;
    /// Not permitted.
    E_ACCESSDENIED = 0x8007_0005;
    /// Out of memory.
    E_OUTOFMEMORY = 0x8007_000E;
    /// A bad value.
    E_INVALIDARG = 0x8007_0057;
    /// I/O was aborted.
    E_IO_ABORTED = 0x8007_03E3;
    /// Cancelled by the user, as some drivers put it.
    E_CANCELLED = 0x8007_04C7;
}

impl Code {
    /// Bit 31: a failure. Note part 2, trap 1: not every code that is no failure means *go on*.
    pub const fn is_failure(self) -> bool {
        self.0 & 0x8000_0000 != 0
    }

    /// A failure that only says that something was aborted (reference, 7.1, result table).
    pub const fn is_abort(self) -> bool {
        matches!(self, Code::E_ABORT | Code::E_IO_ABORTED | Code::E_CANCELLED)
    }

    /// The code's name, when it is one of part 14.
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|(code, _)| *code == self).map(|(_, name)| *name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#010x}", self.0),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}({:#010x})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_headers() {
        // Part 2, trap 2: a table on the web prints these four wrongly.
        assert_eq!(Code::ERROR_COVER_OPEN.0, 0x8021_0010);
        assert_eq!(Code::ERROR_LAMP_OFF.0, 0x8021_0011);
        assert_eq!(Code::ERROR_MULTI_FEED.0, 0x8021_0014);
        assert_eq!(Code::ERROR_MAXIMUM_PRINTER_ENDORSER_COUNTER.0, 0x8021_0015);
        for (code, name) in NAMES {
            let facility = (code.0 >> 16) & 0x7FF;
            let wia = name.starts_with("STATUS_") || name.starts_with("ERROR_") || *name == "S_CHANGE_DEVICE";
            assert_eq!(facility == 33, wia, "{name}");
            assert_eq!(
                code.is_failure(),
                ["ERROR_", "E_", "STG_E_"].iter().any(|start| name.starts_with(start)),
                "{name}"
            );
        }
    }

    #[test]
    fn a_success_is_not_always_to_go_on() {
        // Part 2, trap 1.
        for code in [Code::S_FALSE, Code::STATUS_SKIP_ITEM, Code::STATUS_END_OF_MEDIA] {
            assert!(!code.is_failure() && code != Code::S_OK);
        }
    }

    #[test]
    fn a_code_is_shown_by_name_or_by_number() {
        assert_eq!(Code::ERROR_PAPER_JAM.to_string(), "ERROR_PAPER_JAM");
        assert_eq!(Code(0x8004_1234).to_string(), "0x80041234");
    }
}
