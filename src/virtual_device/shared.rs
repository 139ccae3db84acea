//! One scanner and everybody who uses it.

use std::sync::{Mutex, PoisonError};

use super::model::Model;
use super::scanner::Scanner;
use crate::clock::Waker;

/// The scanner behind its lock, and the hosts to tell when it was changed from outside.
pub(super) struct Shared {
    scanner: Mutex<Scanner>,
    model: &'static Model,
    hosts: Mutex<Vec<Waker>>,
}

impl Shared {
    pub(super) fn new(scanner: Scanner) -> Shared {
        let model = scanner.model();
        Shared { scanner: Mutex::new(scanner), model, hosts: Mutex::default() }
    }

    pub(super) fn model(&self) -> &'static Model {
        self.model
    }

    /// Uses the scanner; nobody is told. For hosts, whose own poll sees what it changed.
    pub(super) fn with_quietly<R>(&self, use_it: impl FnOnce(&mut Scanner) -> R) -> R {
        use_it(&mut self.scanner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Uses the scanner and lets every host look at it again.
    pub(super) fn with<R>(&self, use_it: impl FnOnce(&mut Scanner) -> R) -> R {
        let result = self.with_quietly(use_it);
        self.tell_hosts();
        result
    }

    pub(super) fn tell_hosts(&self) {
        for host in self.hosts.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            host.wake();
        }
    }

    /// Adds a host that is told from now on.
    pub(super) fn add_host(&self, host: Waker) {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).push(host);
    }
}
