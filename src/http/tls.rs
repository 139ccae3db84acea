//! TLS for scanners: encryption without identity.
//!
//! Their certificates are self-signed as a rule, so any is accepted. The certificate's fingerprint is
//! remembered per host. That it is new, or another one than before, is told ([`Trust::identity`]); the new one
//! is remembered.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};

use super::tcp::{Look, broken};
use super::{Address, LinkError};

/// Bytes read from a connection at once.
const READ_LENGTH: usize = 16 << 10;
/// Hosts that are remembered; the file is read no further.
const REMEMBERED_LIMIT: usize = 1000;
/// Longest file of remembered hosts.
const FILE_LIMIT: u64 = 256 << 10;

/// What became of a host's identity at the last connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Never seen before; remembered now.
    New(String),
    /// The one that is remembered.
    Known(String),
    /// Another one than remembered: a new certificate, or another device.
    Changed {
        /// Remembered until now.
        before: String,
        /// Remembered from now on.
        now: String,
    },
}

/// Fingerprints by host and port, kept in a small file: one line each, `host:port fingerprint`.
#[derive(Debug, Default)]
pub struct RememberedIdentities {
    file: Option<PathBuf>,
    known: BTreeMap<String, String>,
}

impl RememberedIdentities {
    /// From a file, which may not exist yet. What cannot be read is as good as unknown.
    pub fn from_file(file: PathBuf) -> RememberedIdentities {
        let small = std::fs::metadata(&file).is_ok_and(|facts| facts.len() <= FILE_LIMIT);
        let text = if small { std::fs::read_to_string(&file).unwrap_or_default() } else { String::new() };
        let known = text
            .lines()
            .take(REMEMBERED_LIMIT)
            .filter_map(|line| line.split_once(' '))
            .map(|(host, fingerprint)| (host.to_owned(), fingerprint.trim().to_owned()))
            .collect();
        RememberedIdentities { file: Some(file), known }
    }

    fn meet(&mut self, host: &str, fingerprint: String) -> Identity {
        let identity = match self.known.get(host) {
            Some(known) if *known == fingerprint => return Identity::Known(fingerprint),
            Some(known) => Identity::Changed { before: known.clone(), now: fingerprint.clone() },
            None => Identity::New(fingerprint.clone()),
        };
        self.known.insert(host.to_owned(), fingerprint);
        if let Err(error) = self.save() {
            tracing::warn!(%error, "identities not remembered");
        }
        identity
    }

    fn save(&self) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        let Some(file) = &self.file else { return Ok(()) };
        // On a new machine nobody has made it yet.
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let fresh = file.with_extension("part");
        let mut out = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        for (host, fingerprint) in &self.known {
            writeln!(out, "{host} {fingerprint}")?;
        }
        std::fs::rename(fresh, file)
    }
}

/// Whom encrypted connections trust, and whom they met.
#[derive(Default)]
pub struct Trust {
    inner: Mutex<TrustState>,
}

#[derive(Default)]
struct TrustState {
    remembered: RememberedIdentities,
    met: BTreeMap<String, Identity>,
}

impl Trust {
    /// With what is remembered from earlier.
    pub fn new(remembered: RememberedIdentities) -> Arc<Trust> {
        Arc::new(Trust { inner: Mutex::new(TrustState { remembered, met: BTreeMap::new() }) })
    }

    /// Whom the last encrypted connection to an address met.
    pub fn identity(&self, address: &Address) -> Option<Identity> {
        self.lock().met.get(&address.authority()).cloned()
    }

    fn meet(&self, host: &str, fingerprint: String) {
        let mut state = self.lock();
        let identity = state.remembered.meet(host, fingerprint);
        if let Identity::Changed { before, now } = &identity {
            tracing::warn!(host, before, now, "the device's certificate changed");
        }
        // A change stays visible until the program ends, although the next connection knows it.
        match (&identity, state.met.get(host)) {
            (Identity::Known(_), Some(_)) => {}
            _ => drop(state.met.insert(host.to_owned(), identity)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, TrustState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}

/// One encrypted connection that carries one request.
pub(super) struct TlsStream {
    socket: TcpStream,
    session: ClientConnection,
    request: Vec<u8>,
    authority: String,
    trust: Arc<Trust>,
    met: bool,
    ended: bool,
}

impl TlsStream {
    pub(super) fn start(
        socket: TcpStream,
        address: &Address,
        trust: &Arc<Trust>,
        request: Vec<u8>,
    ) -> Result<TlsStream, LinkError> {
        let host = address.host.split('%').next().unwrap_or_default().to_owned();
        let authority = address.authority();
        let failed = |reason: String| LinkError::Tls { host: authority.clone(), reason };
        let name = ServerName::try_from(host).map_err(|error| failed(error.to_string()))?;
        let config = config().map_err(|error| failed(error.to_string()))?;
        let session = ClientConnection::new(config, name).map_err(|error| failed(error.to_string()))?;
        Ok(TlsStream { socket, session, request, authority, trust: Arc::clone(trust), met: false, ended: false })
    }

    pub(super) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    pub(super) fn wants_write(&self) -> bool {
        self.session.wants_write()
    }

    /// Moves what can be moved without waiting.
    pub(super) fn look(&mut self) -> Result<Look, LinkError> {
        self.give_request()?;
        self.send()?;
        loop {
            let mut plain = vec![0; READ_LENGTH];
            match io::Read::read(&mut self.session.reader(), &mut plain) {
                Ok(0) => return Ok(Look::Closed),
                Ok(count) => {
                    plain.truncate(count);
                    return Ok(Look::Data(plain));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && !self.ended => {}
                // Many devices end without a close-notify (eSCL reference, 3); whether the answer
                // is whole is told by its own framing.
                Err(_) => return Ok(Look::Closed),
            }
            match self.session.read_tls(&mut self.socket) {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Look::Nothing),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(Look::Nothing),
                Err(error) if self.session.is_handshaking() => return Err(self.failed(error)),
                Err(_) => self.ended = true,
            }
            if let Err(error) = self.session.process_new_packets() {
                // The alert that says why should still go out.
                let _ = self.session.write_tls(&mut self.socket);
                return Err(self.failed(error));
            }
            if self.ended && self.session.is_handshaking() {
                return Err(self.failed("the device ended the handshake"));
            }
            self.remember();
            self.send()?;
        }
    }

    fn give_request(&mut self) -> Result<(), LinkError> {
        if !self.request.is_empty() {
            let request = std::mem::take(&mut self.request);
            self.session.set_buffer_limit(None);
            self.session.writer().write_all(&request).map_err(broken)?;
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), LinkError> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.socket) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if self.session.is_handshaking() => return Err(self.failed(error)),
                // What the device sent before it stopped listening can still be read.
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// No encrypted connection came about. A connection that breaks in the handshake is as good as refused.
    fn failed(&self, reason: impl fmt::Display) -> LinkError {
        LinkError::Tls { host: self.authority.clone(), reason: reason.to_string() }
    }

    fn remember(&mut self) {
        if self.met || self.session.is_handshaking() {
            return;
        }
        self.met = true;
        if let Some(certificate) = self.session.peer_certificates().and_then(|chain| chain.first()) {
            self.trust.meet(&self.authority, fingerprint(certificate));
        }
    }
}

/// SHA-256 of a certificate in hexadecimal digits.
fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let suite = ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
    let Some(suite) = suite.tls13() else { return String::new() };
    let digest = suite.common.hash_provider.hash(certificate.as_ref());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn config() -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyIdentity(provider)))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Accepts every certificate whose key signed the handshake.
#[derive(Debug)]
struct AnyIdentity(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyIdentity {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
