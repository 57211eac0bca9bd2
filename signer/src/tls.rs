//! X.509 for the connections between systems: a small CA, server certificates, and client certificates from requests
//! (RFC 5280, RFC 2986; SECURITY T13).
//!
//! Keys are ECDSA P-256, because browsers refuse Ed25519 there. Of a request only the public key is used, after its
//! signature was checked: the CA builds every field itself, and a request that asks for more than a key is refused.
//! Nothing here has to do with who may sign plans.

use pkcs8::Document;
use pkcs8::der::Decode as _;
use pkcs8::der::asn1::AnyRef;
use planseal::time::Timestamp;
use planseal::trust::OrgCode;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData as _,
};
use zeroize::Zeroizing;

use crate::random::NoRandomness;
use crate::x509::{blank, distinguished};

/// A certification authority for TLS.
pub struct TlsAuthority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key, both PEM.
pub struct TlsIdentity {
    /// The certificate.
    pub certificate: String,
    /// The key, PKCS#8, not encrypted: a server must be able to start. Its file belongs to the service alone.
    pub key: Zeroizing<String>,
}

/// A certificate request with the key that made it, both PEM.
pub struct TlsRequest {
    /// The request, PKCS#10.
    pub request: String,
    /// The key, PKCS#8; it never leaves the machine that made it.
    pub key: Zeroizing<String>,
}

impl TlsAuthority {
    /// Makes a CA, valid for ten years, which may issue end certificates only.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn generate(name: &str, at: Timestamp) -> Result<Self, TlsError> {
        let mut params = blank(name, None, at, CA_DAYS)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = new_key()?;
        let certificate = params.self_signed(&key)?.pem();
        Ok(Self {
            certificate,
            issuer: Issuer::new(params, key),
        })
    }

    /// Opens a CA from its two PEM texts.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn open(certificate: &str, key: &str) -> Result<Self, TlsError> {
        let issuer = Issuer::from_ca_cert_pem(certificate, KeyPair::from_pem(key)?)?;
        Ok(Self {
            certificate: certificate.to_owned(),
            issuer,
        })
    }

    /// The CA's certificate, PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The CA's key, PEM, PKCS#8, not encrypted.
    #[must_use]
    pub fn key(&self) -> Zeroizing<String> {
        Zeroizing::new(self.issuer.key().serialize_pem())
    }

    /// Makes a key and a certificate for a server; `hosts` are DNS names and addresses.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn server(&self, hosts: &[&str], at: Timestamp) -> Result<TlsIdentity, TlsError> {
        let first = hosts.first().ok_or(TlsError::NoHost)?;
        let names: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = end(first, None, at, ExtendedKeyUsagePurpose::ServerAuth)?;
        params.subject_alt_names = CertificateParams::new(names)?.subject_alt_names;
        let key = new_key()?;
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(TlsIdentity {
            certificate,
            key: Zeroizing::new(key.serialize_pem()),
        })
    }

    /// Certifies the key of a PEM request as a client of this name in this organisation. The name a request gives
    /// itself is not looked at.
    ///
    /// # Errors
    /// [`TlsError::Request`], [`TlsError::Extensions`] and [`TlsError::Key`] for what a request may not be.
    pub fn client(
        &self,
        request: &str,
        name: &str,
        organisation: &OrgCode,
        at: Timestamp,
    ) -> Result<String, TlsError> {
        let key = requested_key(request)?;
        let params = end(name, Some(organisation), at, ExtendedKeyUsagePurpose::ClientAuth)?;
        Ok(params.signed_by(&key, &self.issuer)?.pem())
    }
}

impl TlsRequest {
    /// Makes a key and a request for its certificate.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn generate(name: &str) -> Result<Self, TlsError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = distinguished(name, None);
        let key = new_key()?;
        let request = params.serialize_request(&key)?.pem()?;
        Ok(Self {
            request,
            key: Zeroizing::new(key.serialize_pem()),
        })
    }
}

/// 64 KiB: thirty times a request for a P-256 key.
const MAX_REQUEST: usize = 64 << 10;
const REQUEST_LABEL: &str = "CERTIFICATE REQUEST";
/// Ten years.
const CA_DAYS: i64 = 3650;
/// Ninety days, so that renewal is a habit and not an incident.
const END_DAYS: i64 = 90;

/// The public key of a request that asks for nothing else, and whose signature shows that its holder made it.
fn requested_key(request: &str) -> Result<rcgen::PublicKey, TlsError> {
    if request.len() > MAX_REQUEST {
        return Err(TlsError::Request);
    }
    let (label, document) = Document::from_pem(request).map_err(|_| TlsError::Request)?;
    // The outer length must be the whole: rcgen's parser would let bytes follow.
    if label != REQUEST_LABEL || AnyRef::from_der(document.as_bytes()).is_err() {
        return Err(TlsError::Request);
    }
    let parsed = CertificateSigningRequestParams::from_der(&document.as_bytes().into());
    let parsed = parsed.map_err(|fault| match fault {
        rcgen::Error::UnsupportedExtension => TlsError::Extensions,
        _ => TlsError::Request,
    })?;
    let asked = &parsed.params;
    let asks_for_more = asked.is_ca != IsCa::NoCa
        || !asked.subject_alt_names.is_empty()
        || !asked.key_usages.is_empty()
        || !asked.extended_key_usages.is_empty();
    if asks_for_more {
        return Err(TlsError::Extensions);
    }
    // rcgen takes the algorithm from the signature, so the point itself is looked at too.
    let point = parsed.public_key.der_bytes();
    let uncompressed = point.len() == P256_POINT && point.first() == Some(&UNCOMPRESSED);
    if parsed.public_key.algorithm() == &PKCS_ECDSA_P256_SHA256 && uncompressed {
        Ok(parsed.public_key)
    } else {
        Err(TlsError::Key)
    }
}

/// SEC 1 §2.3.3: a byte and two coordinates of 32.
const P256_POINT: usize = 65;
const UNCOMPRESSED: u8 = 4;

fn new_key() -> Result<KeyPair, TlsError> {
    Ok(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)
}

/// A certificate that can sign no other, for one use.
fn end(
    name: &str,
    organisation: Option<&OrgCode>,
    at: Timestamp,
    usage: ExtendedKeyUsagePurpose,
) -> Result<CertificateParams, TlsError> {
    let mut params = blank(name, organisation, at, END_DAYS)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// Shows that there is a CA, and nothing of its key.
impl core::fmt::Debug for TlsAuthority {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("TlsAuthority(…)")
    }
}

/// Why no certificate was made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A server certificate for nothing.
    #[error("a server certificate names at least one host")]
    NoHost,
    /// Not one PKCS#10 request in PEM, or bytes follow it, or its signature does not hold.
    #[error("this is not a certificate request signed by its own key: make a new one")]
    Request,
    /// The request asks for names, uses, or to be a CA.
    #[error("this request asks for extensions; the authority decides them: make a plain request")]
    Extensions,
    /// Another key than P-256.
    #[error("the key in this request is not ECDSA P-256: make a new one")]
    Key,
    /// The X.509 library refused.
    #[error("the certificate could not be made")]
    Certificate(#[from] rcgen::Error),
    /// No serial number could be drawn.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkcs8::der::pem::LineEnding;
    use rcgen::{CertificateSigningRequest, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

    fn at() -> Timestamp {
        Timestamp::parse("2026-11-22T12:00:00Z").expect("an instant")
    }

    fn authority() -> TlsAuthority {
        TlsAuthority::generate("Test CA", at()).expect("a CA")
    }

    fn code() -> OrgCode {
        OrgCode::parse("TEST-NHS1").expect("a code")
    }

    fn certify(request: &str) -> Result<String, TlsError> {
        authority().client(request, "Ward system", &code(), at())
    }

    fn request_with(change: impl FnOnce(&mut CertificateParams), key: &KeyPair) -> CertificateSigningRequest {
        let mut params = CertificateParams::default();
        change(&mut params);
        params.serialize_request(key).expect("a request")
    }

    #[test]
    fn a_plain_request_is_certified_with_the_authoritys_own_fields() {
        let request = TlsRequest::generate("CN=anything, they say").expect("a request");
        let certificate = certify(&request.request).expect("certified");
        let (_, der) = Document::from_pem(&certificate).expect("PEM");
        let holds = |text: &str| {
            der.as_bytes()
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        };
        assert!(holds("Ward system") && holds("TEST-NHS1"));
        assert!(!holds("anything"), "the name in the request is not looked at");
        assert!(request.key.starts_with("-----BEGIN PRIVATE KEY-----"), "PKCS#8");
    }

    #[test]
    fn a_request_to_be_a_ca_is_refused() {
        let key = new_key().expect("a key");
        let request = request_with(
            |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            &key,
        );
        assert!(matches!(
            certify(&request.pem().expect("PEM")),
            Err(TlsError::Extensions)
        ));
    }

    #[test]
    fn a_request_for_names_or_uses_is_refused() {
        let key = new_key().expect("a key");
        let names = request_with(
            |params| {
                let other = CertificateParams::new(vec!["other.example".to_owned()]).expect("a name");
                params.subject_alt_names = other.subject_alt_names;
            },
            &key,
        );
        let uses = request_with(
            |params| params.key_usages = vec![KeyUsagePurpose::KeyCertSign],
            &key,
        );
        for request in [names, uses] {
            assert!(matches!(
                certify(&request.pem().expect("PEM")),
                Err(TlsError::Extensions)
            ));
        }
    }

    #[test]
    fn bytes_after_a_request_are_refused() {
        let request = request_with(|_| {}, &new_key().expect("a key"));
        let mut der = request.der().to_vec();
        der.push(0);
        let longer = Document::try_from(der);
        let pem = longer.map(|document| document.to_pem(REQUEST_LABEL, LineEnding::LF).expect("PEM"));
        assert!(pem.is_err() || pem.is_ok_and(|pem| matches!(certify(&pem), Err(TlsError::Request))));
        let text = request.pem().expect("PEM");
        assert!(certify(&format!("{text}more")).is_err());
    }

    #[test]
    fn a_request_changed_after_signing_is_refused() {
        let request = request_with(|_| {}, &new_key().expect("a key"));
        for at in (0..request.der().len()).step_by(7) {
            let mut der = request.der().to_vec();
            der[at] ^= 1;
            let Ok(document) = Document::try_from(der) else {
                continue;
            };
            let pem = document.to_pem(REQUEST_LABEL, LineEnding::LF).expect("PEM");
            assert!(certify(&pem).is_err(), "byte {at}");
        }
    }

    #[test]
    fn only_p256_keys_are_certified() {
        for algorithm in [&PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
            let key = KeyPair::generate_for(algorithm).expect("a key");
            let request = request_with(|_| {}, &key).pem().expect("PEM");
            assert!(matches!(certify(&request), Err(TlsError::Key)));
        }
    }

    #[test]
    fn a_ca_is_opened_again_from_its_files() {
        let first = authority();
        let again = TlsAuthority::open(first.certificate(), &first.key()).expect("opened");
        let identity = again
            .server(&["localhost", "127.0.0.1"], at())
            .expect("a server certificate");
        assert!(identity.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(matches!(again.server(&[], at()), Err(TlsError::NoHost)));
    }
}
