//! Result codes, for edges and logs (reference, parts 2 and 14).

use std::fmt;

/// A 32-bit WIA result code. Inside the program closed enums say what happened; a code is what an
/// application failure travels as, unchanged, through driver and broker (R14).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(pub u32);

/// What a code means for the transfer that meets it (reference, part 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The transfer goes on by itself.
    Info,
    /// A person can put it right while the transfer waits; unanswered, it takes another transfer.
    Now,
    /// Put right, it takes another transfer.
    Again,
    /// Nothing that a person does at the device helps.
    No,
    /// A regular end; of the codes that only say *aborted*, after a cancel.
    End,
}

/// A code of the table.
struct Known {
    code: Code,
    name: &'static str,
    recovery: Recovery,
    meaning: &'static str,
}

macro_rules! codes {
    ($($name:ident = $value:literal, $recovery:ident, $meaning:literal;)*) => {
        impl Code {
            $(#[doc = $meaning] pub const $name: Code = Code($value);)*
        }
        /// Every code of part 14.
        const TABLE: &[Known] = &[$(
            Known { code: Code($value), name: stringify!($name), recovery: Recovery::$recovery, meaning: $meaning },
        )*];
    };
}

codes! {
    S_OK = 0x0000_0000, End, "Done.";
    S_FALSE = 0x0000_0001, End, "Cancelled.";
    STATUS_END_OF_MEDIA = 0x0021_0001, End, "Fewer pages than asked for.";
    STATUS_WARMING_UP = 0x0021_0002, Info, "The lamp warms up.";
    STATUS_CALIBRATING = 0x0021_0003, Info, "The device calibrates itself.";
    STATUS_RESERVING_NETWORK_DEVICE = 0x0021_0006, Info, "Waiting for a shared device.";
    STATUS_NETWORK_DEVICE_RESERVED = 0x0021_0007, Info, "The shared device is ours.";
    STATUS_CLEAR = 0x0021_0008, Info, "The notice shown can go; sent by the broker alone.";
    STATUS_SKIP_ITEM = 0x0021_0009, Info, "Leave this page out.";
    STATUS_NOT_HANDLED = 0x0021_000A, Info, "A handler declines.";
    S_CHANGE_DEVICE = 0x0021_000B, Info, "Another device was chosen.";
    STATUS_PAGES_PASSED_ON = 0x0021_7001, Info, "This program's own: sheets came out whose pages were not received.";
    ERROR_GENERAL_ERROR = 0x8021_0001, Again, "Unspecified.";
    ERROR_PAPER_JAM = 0x8021_0002, Now, "Paper is jammed.";
    ERROR_PAPER_EMPTY = 0x8021_0003, Now, "No paper at the start.";
    ERROR_PAPER_PROBLEM = 0x8021_0004, Now, "The feeder could not take the page.";
    ERROR_OFFLINE = 0x8021_0005, Again, "Off or unplugged.";
    ERROR_BUSY = 0x8021_0006, Again, "In use.";
    ERROR_WARMING_UP = 0x8021_0007, Again, "Not ready yet.";
    ERROR_USER_INTERVENTION = 0x8021_0008, Now, "Act at the device.";
    ERROR_ITEM_DELETED = 0x8021_0009, Again, "The source is gone.";
    ERROR_DEVICE_COMMUNICATION = 0x8021_000A, Again, "The link failed.";
    ERROR_INVALID_COMMAND = 0x8021_000B, No, "Not supported.";
    ERROR_INCORRECT_HARDWARE_SETTING = 0x8021_000C, Again, "A wrong setting or switch at the device.";
    ERROR_DEVICE_LOCKED = 0x8021_000D, Now, "Locked.";
    ERROR_EXCEPTION_IN_DRIVER = 0x8021_000E, Again, "The driver panicked.";
    ERROR_INVALID_DRIVER_RESPONSE = 0x8021_000F, No, "The driver broke the contract.";
    ERROR_COVER_OPEN = 0x8021_0010, Now, "A cover is open.";
    ERROR_LAMP_OFF = 0x8021_0011, Now, "The lamp is off or defective.";
    ERROR_DESTINATION = 0x8021_0012, Again, "Trouble with the destination.";
    ERROR_NETWORK_RESERVATION_FAILED = 0x8021_0013, Again, "The shared device could not be reserved.";
    ERROR_MULTI_FEED = 0x8021_0014, Again, "Several sheets were drawn in at once.";
    ERROR_MAXIMUM_PRINTER_ENDORSER_COUNTER = 0x8021_0015, Again, "The endorser's counter rolled over; from device selection: no scanner (part 2, trap 3).";
    E_ABORT = 0x8000_4004, End, "Aborted.";
    E_FAIL = 0x8000_4005, Again, "Unspecified failure.";
    E_NOTIMPL = 0x8000_4001, No, "Not implemented.";
    E_POINTER = 0x8000_4003, No, "A missing argument.";
    E_UNEXPECTED = 0x8000_FFFF, No, "The contract was broken.";
    STG_E_MEDIUMFULL = 0x8003_0070, Again, "The destination is full.";
    E_ACCESSDENIED = 0x8007_0005, No, "Not permitted.";
    E_OUTOFMEMORY = 0x8007_000E, Again, "Out of memory.";
    E_INVALIDARG = 0x8007_0057, No, "A bad value.";
    E_IO_ABORTED = 0x8007_03E3, End, "I/O was aborted.";
    E_CANCELLED = 0x8007_04C7, End, "Cancelled by the user, as some drivers put it.";
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

    /// The codes of part 14, and this program's own.
    pub fn all() -> impl Iterator<Item = Code> {
        TABLE.iter().map(|known| known.code)
    }

    /// The code's name, when it is one of part 14.
    pub fn name(self) -> Option<&'static str> {
        self.known().map(|known| known.name)
    }

    /// What it says, for developers. For people: `text::errors`.
    pub fn meaning(self) -> Option<&'static str> {
        self.known().map(|known| known.meaning)
    }

    /// What it means for the transfer; of a device's own codes nobody knows.
    pub fn recovery(self) -> Option<Recovery> {
        self.known().map(|known| known.recovery)
    }

    fn known(self) -> Option<&'static Known> {
        TABLE.iter().find(|known| known.code == self)
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
        for Known { code, name, .. } in TABLE {
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
