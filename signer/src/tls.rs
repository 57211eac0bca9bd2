//! X.509 for the connections between systems: a small CA, server certificates, and client certificates from requests
//! (RFC 5280, RFC 2986; SECURITY T13).
//!
//! Keys are ECDSA P-256, because browsers refuse Ed25519 there. Of a request only the public key is used, after its
//! signature was checked: the CA builds every field itself, and a request that asks for more than a key is refused.
//! Nothing here has to do with who may sign plans.

use planseal::time::Timestamp;
use planseal::trust::OrgCode;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData as _,
    SerialNumber,
};
use zeroize::Zeroizing;

use crate::random::{self, NoRandomness};

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
        Ok(Self { certificate, issuer: Issuer::new(params, key) })
    }

    /// Opens a CA from its two PEM texts.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn open(certificate: &str, key: &str) -> Result<Self, TlsError> {
        let issuer = Issuer::from_ca_cert_pem(certificate, KeyPair::from_pem(key)?)?;
        Ok(Self { certificate: certificate.to_owned(), issuer })
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
        Ok(TlsIdentity { certificate, key: Zeroizing::new(key.serialize_pem()) })
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
        Ok(Self { request, key: Zeroizing::new(key.serialize_pem()) })
    }
}

/// 64 KiB: thirty times a request for a P-256 key.
const MAX_REQUEST: usize = 64 << 10;
const REQUEST_LABEL: &str = "CERTIFICATE REQUEST";
/// Ten years.
const CA_DAYS: i64 = 3650;
/// Ninety days, so that renewal is a habit and not an incident.
const END_DAYS: i64 = 90;
/// Clocks of other systems may be slow by an hour.
const SKEW: i64 = 60 * 60;

/// The public key of a request that asks for nothing else, and whose signature shows that its holder made it.
fn requested_key(request: &str) -> Result<rcgen::SubjectPublicKeyInfo, TlsError> {
    if request.len() > MAX_REQUEST {
        return Err(TlsError::Request);
    }
    let (label, der) = Document::from_pem(request.trim()).map_err(|_| TlsError::Request)?;
    if label != REQUEST_LABEL {
        return Err(TlsError::Request);
    }
    let (rest, _) = X509CertificationRequest::from_der(der.as_bytes()).map_err(|_| TlsError::Request)?;
    if !rest.is_empty() {
        return Err(TlsError::Request);
    }
    let parsed = CertificateSigningRequestParams::from_der(&der.as_bytes().into());
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
    if parsed.public_key.algorithm() != &PKCS_ECDSA_P256_SHA256 {
        return Err(TlsError::Key);
    }
    Ok(parsed.public_key)
}
