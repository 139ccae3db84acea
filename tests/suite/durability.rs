//! Documents that cannot be lost (design, sections 1 and 4): every call of the program to its disk fails once, the
//! power is cut between any two of them, the program is killed at any moment, and what is found
//! afterwards was made by somebody who wished it ill.

mod faults;
mod found;
mod held_disk;
mod hostile;
mod kept_faults;
mod kills;
mod power;
mod promises;
mod to_read;
mod worker;
