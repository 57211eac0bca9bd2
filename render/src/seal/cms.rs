//! The signature of a seal: CMS SignedData (RFC 5652) as PAdES B-B asks for it (ETSI EN 319 122-1): content type, message
//! digest and the digest of the signer's certificate (RFC 5035) are signed; the certificates lie beside them; a time stamp,
//! where there is one, is an unsigned attribute. No signing time: the file's own `/M` states it.

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{Any, Null, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode as _, Encode as _, Reader as _, Sequence, SliceReader};
use planseal::time::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use sha2::{Digest as _, Sha256};
use spki::AlgorithmIdentifierOwned;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};
use x509_cert::Certificate;
use x509_cert::attr::Attribute;

use super::{PortFault, SealAlgorithm, Sealing, TimeStampError, time_stamp};

/// Room for a signature with these certificates: signer, attributes and headers take less than 2 KiB with RSA keys of
/// 4096 bits, a time stamp with its own certificates less than 12 KiB.
pub(super) fn room(certificates: &[Vec<u8>], time_stamped: bool) -> usize {
    let held: usize = certificates.iter().map(Vec::len).sum();
    let stamp = if time_stamped { 12 << 10 } else { 0 };
    (held + stamp + (2 << 10)).next_multiple_of(1 << 10)
}

/// Signs a digest.
///
/// # Errors
/// [`CmsError`].
pub(super) fn sign(digest: &[u8; 32], sealing: &Sealing<'_>) -> Result<Vec<u8>, CmsError> {
    let certificates = sealing.port.certificates();
    let signer = certificates.first().ok_or(CmsError::Certificates)?;
    let leaf = Certificate::from_der(signer)?;
    let attributes = signed_attributes(digest, signer)?;
    let signature = sealing.port.sign(&attributes.to_der()?)?;
    let unsigned = match sealing.time_stamps {
        None => None,
        Some(authority) => {
            let token = time_stamp::obtain(authority, &signature)?;
            Some(set([attribute(TIME_STAMP_TOKEN, &token)?])?)
        }
    };
    let info = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: leaf.tbs_certificate.issuer.clone(),
            serial_number: leaf.tbs_certificate.serial_number.clone(),
        }),
        digest_alg: sha256(),
        signed_attrs: Some(attributes),
        signature_algorithm: sealing.port.algorithm().identifier(),
        signature: OctetString::new(signature)?,
        unsigned_attrs: unsigned,
    };
    let held = certificates.iter().map(|der| Certificate::from_der(der));
    let held = held.map(|certificate| Ok(CertificateChoices::Certificate(certificate?)));
    let held = held.collect::<Result<Vec<_>, der::Error>>()?;
    let signed = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: set([sha256()])?,
        encap_content_info: EncapsulatedContentInfo {
            econtent_type: DATA,
            econtent: None,
        },
        certificates: Some(CertificateSet(SetOfVec::try_from(held)?)),
        crls: None,
        signer_infos: SignerInfos(set([info])?),
    };
    let info = ContentInfo {
        content_type: SIGNED_DATA,
        content: Any::encode_from(&signed)?,
    };
    Ok(info.to_der()?)
}

/// Verifies what fills a seal's hole, zeros behind it, and gives the certificate (DER) that certified its key, which is
/// trusted by nobody yet.
///
/// # Errors
/// [`CmsError`] with what does not hold.
pub(super) fn verify(filling: Vec<u8>, digest: &[u8; 32], at: Timestamp) -> Result<Vec<u8>, CmsError> {
    let signed = signed_data(&filling)?;
    let [info] = signed.signer_infos.0.as_slice() else {
        return Err(CmsError::Shape("signers"));
    };
    if info.version != CmsVersion::V1 || info.digest_alg != sha256() {
        return Err(CmsError::Shape("digest"));
    }
    let chain = Chain::of(&signed, info)?;
    let attributes = info.signed_attrs.as_ref().ok_or(CmsError::Shape("attributes"))?;
    if *attributes != signed_attributes(digest, &chain.signer)? {
        return Err(CmsError::OtherContent);
    }
    let der = CertificateDer::from(chain.signer.as_slice());
    let signer = EndEntityCert::try_from(&der)?;
    let algorithm = SealAlgorithm::of(&info.signature_algorithm).ok_or(CmsError::Algorithm)?;
    signer
        .verify_signature(
            algorithm.verifier(),
            &attributes.to_der()?,
            info.signature.as_bytes(),
        )
        .map_err(|_| CmsError::Signature)?;
    chain.verify(&signer, at)?;
    check_unsigned(info)?;
    Ok(chain.authority)
}

/// One DER value in its one encoding, and nothing but zeros after it.
fn signed_data(filling: &[u8]) -> Result<SignedData, CmsError> {
    let mut reader = SliceReader::new(filling)?;
    let info = ContentInfo::decode(&mut reader)?;
    let length = usize::try_from(reader.position())?;
    let (taken, rest) = filling.split_at(length);
    if info.content_type != SIGNED_DATA || rest.iter().any(|byte| *byte != 0) {
        return Err(CmsError::Shape("content"));
    }
    let signed: SignedData = info.content.decode_as()?;
    let again = ContentInfo {
        content_type: SIGNED_DATA,
        content: Any::encode_from(&signed)?,
    };
    let plain = signed.version == CmsVersion::V1
        && signed.digest_algorithms == set([sha256()])?
        && signed.crls.is_none();
    let detached =
        signed.encap_content_info.econtent.is_none() && signed.encap_content_info.econtent_type == DATA;
    if again.to_der()? == taken && plain && detached {
        Ok(signed)
    } else {
        Err(CmsError::Shape("encoding"))
    }
}

/// The signer's certificate, the authority's, and whatever stands between them.
struct Chain {
    signer: Vec<u8>,
    between: Vec<Vec<u8>>,
    authority: Vec<u8>,
}

impl Chain {
    fn of(signed: &SignedData, info: &SignerInfo) -> Result<Self, CmsError> {
        let SignerIdentifier::IssuerAndSerialNumber(named) = &info.sid else {
            return Err(CmsError::Shape("signer"));
        };
        let (mut signer, mut authority, mut between) = (None, None, Vec::new());
        for choice in signed.certificates.iter().flat_map(|set| set.0.iter()) {
            let CertificateChoices::Certificate(certificate) = choice else {
                return Err(CmsError::Certificates);
            };
            let held = &certificate.tbs_certificate;
            let place = if held.issuer == held.subject {
                &mut authority
            } else if held.issuer == named.issuer && held.serial_number == named.serial_number {
                &mut signer
            } else {
                between.push(certificate.to_der()?);
                continue;
            };
            if place.replace(certificate.to_der()?).is_some() {
                return Err(CmsError::Certificates);
            }
        }
        Ok(Self {
            signer: signer.ok_or(CmsError::Certificates)?,
            between,
            authority: authority.ok_or(CmsError::Certificates)?,
        })
    }

    /// RFC 5280 §6, at the time the seal states: sealing keys end long before documents do.
    fn verify(&self, signer: &EndEntityCert<'_>, at: Timestamp) -> Result<(), CmsError> {
        let authority = CertificateDer::from(self.authority.as_slice());
        let between: Vec<CertificateDer<'_>> = self
            .between
            .iter()
            .map(|der| CertificateDer::from(der.as_slice()))
            .collect();
        signer.verify_for_usage(
            &[SealAlgorithm::EcdsaP256, SealAlgorithm::RsaPkcs1].map(SealAlgorithm::verifier),
            &[anchor_from_trusted_cert(&authority)?],
            &between,
            UnixTime::since_unix_epoch(core::time::Duration::from_secs(at.seconds())),
            KeyUsage::required_if_present(DOCUMENT_SIGNING),
            None,
            None,
        )?;
        Ok(())
    }
}

/// A time stamp of this very signature, or nothing. Whether its authority is trusted is for PDF programs to say.
fn check_unsigned(info: &SignerInfo) -> Result<(), CmsError> {
    let Some(attributes) = &info.unsigned_attrs else {
        return Ok(());
    };
    match attributes.as_slice() {
        [attribute] if attribute.oid == TIME_STAMP_TOKEN => {
            let [token] = attribute.values.as_slice() else {
                return Err(CmsError::Shape("time stamp"));
            };
            Ok(time_stamp::check(&token.decode_as()?, info.signature.as_bytes())?)
        }
        _ => Err(CmsError::Shape("unsigned attributes")),
    }
}

impl SealAlgorithm {
    fn identifier(self) -> AlgorithmIdentifierOwned {
        match self {
            Self::EcdsaP256 => AlgorithmIdentifierOwned {
                oid: ECDSA_WITH_SHA256,
                parameters: None,
            },
            Self::RsaPkcs1 => AlgorithmIdentifierOwned {
                oid: RSA_WITH_SHA256,
                parameters: Some(Null.into()),
            },
        }
    }

    fn of(identifier: &AlgorithmIdentifierOwned) -> Option<Self> {
        let known = [Self::EcdsaP256, Self::RsaPkcs1];
        known.into_iter().find(|known| known.identifier() == *identifier)
    }

    fn verifier(self) -> &'static dyn SignatureVerificationAlgorithm {
        match self {
            Self::EcdsaP256 => ring::ECDSA_P256_SHA256,
            Self::RsaPkcs1 => ring::RSA_PKCS1_2048_8192_SHA256,
        }
    }
}

/// RFC 5035 §3, without the algorithm, which is SHA-256 when nothing is said.
#[derive(Sequence)]
struct SigningCertificate {
    certificates: Vec<CertificateHash>,
}

#[derive(Sequence)]
struct CertificateHash {
    hash: OctetString,
}

fn signed_attributes(digest: &[u8; 32], signer: &[u8]) -> Result<SetOfVec<Attribute>, CmsError> {
    let certificate = SigningCertificate {
        certificates: vec![CertificateHash {
            hash: OctetString::new(Sha256::digest(signer).to_vec())?,
        }],
    };
    set([
        attribute(CONTENT_TYPE, &DATA)?,
        attribute(MESSAGE_DIGEST, &OctetString::new(digest.to_vec())?)?,
        attribute(SIGNING_CERTIFICATE, &certificate)?,
    ])
}

fn attribute(
    oid: ObjectIdentifier,
    value: &(impl der::Tagged + der::EncodeValue),
) -> Result<Attribute, CmsError> {
    let values = set([Any::encode_from(value)?])?;
    Ok(Attribute { oid, values })
}

fn set<T: der::DerOrd, const N: usize>(items: [T; N]) -> Result<SetOfVec<T>, CmsError> {
    Ok(SetOfVec::try_from(Vec::from(items))?)
}

pub(super) fn sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: SHA256,
        parameters: None,
    }
}

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const RSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const TIME_STAMP_TOKEN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");

/// id-kp-documentSigning, 1.3.6.1.5.5.7.3.36 (RFC 9336), as the content of its DER.
const DOCUMENT_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 36];

/// Why a signature was not made, or does not hold.
#[derive(Debug, thiserror::Error)]
pub enum CmsError {
    /// The sealing key could not be used.
    #[error("the sealing key could not be used")]
    Port(#[from] PortFault),
    /// No time stamp could be had.
    #[error("no time stamp could be had for the seal")]
    TimeStamp(#[from] TimeStampError),
    /// Certificates are missing, or more are there than belong there.
    #[error("the seal's certificates do not lead from its key to one authority")]
    Certificates,
    /// A part of the signature is not as a seal has it.
    #[error("the seal's {0} are not as this service makes them")]
    Shape(&'static str),
    /// The signature is of another file.
    #[error("the seal was made for other bytes than these")]
    OtherContent,
    /// An algorithm that seals do not use.
    #[error("the seal is signed by an algorithm that seals do not use")]
    Algorithm,
    /// The signature does not verify.
    #[error("the seal's signature is not one of its key")]
    Signature,
    /// A certificate does not hold.
    #[error("a certificate of the seal does not hold: {0}")]
    Chain(#[from] webpki::Error),
    /// The signature cannot be encoded or read.
    #[error("the seal's signature cannot be read or written")]
    Der(#[from] der::Error),
}
