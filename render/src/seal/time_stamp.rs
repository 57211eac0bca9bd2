//! Time stamps inside a seal (RFC 3161): a trusted authority states that the signature existed at its time.

use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::SignedData;
use der::asn1::{Any, ObjectIdentifier, OctetString};
use der::{Decode as _, Encode as _, Reader as _, Sequence, SliceReader};
use sha2::{Digest as _, Sha256};
use spki::AlgorithmIdentifierOwned;

use super::cms::sha256;
use super::{PortFault, TimeStampPort};

/// RFC 3161 §2.4.1, without nonce: no two signatures have one digest.
#[derive(Sequence)]
struct Request {
    version: CmsVersion,
    imprint: MessageImprint,
    wants_certificates: bool,
}

/// What is stamped.
#[derive(Sequence)]
struct MessageImprint {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

/// RFC 3161 §2.4.2.
#[derive(Sequence)]
struct Response {
    status: Any,
    #[asn1(optional = "true")]
    token: Option<ContentInfo>,
}

/// Asks for a token over a signature, and checks that the answer is about it.
///
/// # Errors
/// [`TimeStampError`].
pub(super) fn obtain(authority: &dyn TimeStampPort, signature: &[u8]) -> Result<ContentInfo, TimeStampError> {
    let request = Request {
        version: CmsVersion::V1,
        imprint: imprint(signature)?,
        wants_certificates: true,
    };
    let answer = authority.ask(&request.to_der()?)?;
    if answer.len() > LONGEST_ANSWER {
        return Err(TimeStampError::TooLong { bytes: answer.len() });
    }
    let answer = Response::from_der(&answer)?;
    let status = status(&answer.status)?;
    if status > GRANTED_WITH_MODIFICATIONS {
        return Err(TimeStampError::Refused { status });
    }
    let token = answer.token.ok_or(TimeStampError::Refused { status })?;
    check(&token, signature)?;
    Ok(token)
}

/// Checks that a token stamps this signature. The authority's own signature is for those to verify who trust it.
///
/// # Errors
/// [`TimeStampError::OtherImprint`] when it stamps something else.
pub(super) fn check(token: &ContentInfo, signature: &[u8]) -> Result<(), TimeStampError> {
    let signed: SignedData = token.content.decode_as()?;
    let content = signed.encap_content_info;
    if content.econtent_type != TIME_STAMP_INFO {
        return Err(TimeStampError::OtherImprint);
    }
    let content: OctetString = content
        .econtent
        .ok_or(TimeStampError::OtherImprint)?
        .decode_as()?;
    let (stamped, expected) = (stamped(content.as_bytes())?, imprint(signature)?);
    // Some authorities write the algorithm with NULL parameters, whatever was asked.
    let same = stamped.algorithm.oid == expected.algorithm.oid && stamped.digest == expected.digest;
    if same {
        Ok(())
    } else {
        Err(TimeStampError::OtherImprint)
    }
}

/// `TSTInfo`: version, policy, imprint; what follows is the authority's statement of the time.
fn stamped(information: &[u8]) -> Result<MessageImprint, der::Error> {
    SliceReader::new(information)?.sequence(|fields| {
        CmsVersion::decode(fields)?;
        ObjectIdentifier::decode(fields)?;
        let imprint = MessageImprint::decode(fields)?;
        fields.read_slice(fields.remaining_len())?;
        Ok(imprint)
    })
}

/// `PKIStatusInfo` begins with a number: 0 granted, 1 granted with modifications, more is a refusal.
fn status(information: &Any) -> Result<u8, der::Error> {
    let information = information.to_der()?;
    SliceReader::new(&information)?.sequence(|fields| {
        let status = u8::decode(fields)?;
        fields.read_slice(fields.remaining_len())?;
        Ok(status)
    })
}

fn imprint(signature: &[u8]) -> Result<MessageImprint, der::Error> {
    Ok(MessageImprint {
        algorithm: sha256(),
        digest: OctetString::new(Sha256::digest(signature).to_vec())?,
    })
}

const GRANTED_WITH_MODIFICATIONS: u8 = 1;

/// id-ct-TSTInfo.
const TIME_STAMP_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// 12 KiB: the room that a seal keeps for it.
const LONGEST_ANSWER: usize = 12 << 10;

/// Why a seal got no time stamp, or holds a wrong one.
#[derive(Debug, thiserror::Error)]
pub enum TimeStampError {
    /// The authority did not answer.
    #[error("the time-stamp authority did not answer")]
    Port(#[from] PortFault),
    /// It refused.
    #[error("the time-stamp authority refused, with status {status}")]
    Refused {
        /// Its `PKIStatus`.
        status: u8,
    },
    /// Its answer is longer than the room in a seal.
    #[error("the time-stamp authority answered {bytes} bytes, and a seal has room for {LONGEST_ANSWER}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The stamp is of something else.
    #[error("the time stamp is of another signature")]
    OtherImprint,
    /// The answer cannot be read.
    #[error("the time-stamp authority's answer cannot be read")]
    Der(#[from] der::Error),
}
