//! A device's own certificate, signed by itself.

use std::sync::Arc;

/// What a server with a new one needs.
pub(crate) fn tls_config() -> Arc<rustls::ServerConfig> {
    let signed = rcgen::generate_simple_self_signed(vec!["scanner.local".to_owned()]).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::try_from(signed.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .expect("a configuration");
    Arc::new(config)
}
