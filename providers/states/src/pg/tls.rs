//! TLS to PostgreSQL, with as much verification as the connection's mode asks for.
//! Knows nothing of states.

use super::settings::{Mode, Settings};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::sync::Arc;

/// The client's side of TLS. An error says what is wrong with what was given.
pub(super) fn config(settings: &Settings) -> Result<ClientConfig, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = versions.map_err(|error| error.to_string())?;
    let verifier: Arc<dyn ServerCertVerifier> = match settings.mode {
        Mode::VerifyFull => WebPkiServerVerifier::builder_with_provider(Arc::new(roots(settings)?), provider)
            .build()
            .map_err(|error| error.to_string())?,
        Mode::VerifyCa => Arc::new(Lenient { roots: Some(roots(settings)?), provider }),
        _ => Arc::new(Lenient { roots: None, provider }),
    };
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let Some(certificate) = &settings.certificate else { return Ok(builder.with_no_client_auth()) };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or("what `sslcert` names is no PEM certificate")?;
    let key = settings.key.as_deref().and_then(|key| PrivateKeyDer::from_pem_slice(key).ok());
    let key = key.ok_or("what `sslkey` names is no PEM key without a passphrase")?;
    builder.with_client_auth_cert(chain, key).map_err(|_| "`sslcert` and `sslkey` do not fit each other".to_owned())
}

/// The authorities to trust: those given, or else the machine's.
fn roots(settings: &Settings) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let Some(pem) = &settings.authorities else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    };
    let certificates = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err("what `sslrootcert` names holds no PEM certificate".into());
    }
    Ok(roots)
}

/// Checks by whom a certificate was signed, if anything, and never for which host; `require` and `verify-ca` mean just this
/// (libpq, "SSL Support", "Protection Provided in Different Modes").
#[derive(Debug)]
struct Lenient {
    roots: Option<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(roots) = &self.roots {
            let algorithms = self.provider.signature_verification_algorithms.all;
            let parsed = ParsedCertificate::try_from(certificate)?;
            verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, algorithms)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
