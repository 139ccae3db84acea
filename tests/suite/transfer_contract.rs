//! Rules R1 to R50 and R60 of the transfer model, each in a test of its name, through the broker with
//! scripted drivers; where a device is involved also through the eSCL driver and the virtual scanner.

/// R1 to R13.
mod cancellation;

/// R14 to R17: failures travel unchanged, and the device is given back.
mod failures;

/// R18 to R20.
mod skip;

/// R21 to R30.
mod streams;

/// R31 to R35.
mod progress;

/// R36 to R43.
mod device_status;

/// R44 to R50.
mod feeder;

/// R60: the compatibility layer over drivers of the older model.
mod legacy_driver;

/// Where a device takes part, through the eSCL driver and the virtual scanner.
mod through_the_device;

/// One transfer at a time, and settling in between (R56 and part 7.1).
mod settling;

/// A device that takes its time to be locked, or is not at rest when it should be.
mod locking;

/// What devices tell by themselves.
mod events;

/// Drivers and applications that break the contract.
mod hostile;

/// A driver that panics, in each of its entry points.
mod panics;

/// Applications with destinations of little patience, and such that cancel everywhere.
mod hostile_applications;

/// Locks given back, a hundred thousand times.
mod lock_balance;
