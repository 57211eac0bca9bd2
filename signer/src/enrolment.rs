//! Enrolment, the candidate's side (FORMAT §3, SECURITY T8): an invite is answered by the new key itself.
//!
//! The organisation hands over an invite: a single-use nonce, good for fifteen minutes, for one name in one
//! organisation. The candidate's new key signs it together with its own public half. A second person then has the
//! candidate read out the key's fingerprint, and confirms it at the organisation's machine ([`crate::authority`]).

use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::sign::{SigningError, SigningPort, ToBeSigned};
use planseal::statement::Enrolment;
use planseal::time::Timestamp;
use planseal::trust::{Custody, OrgCode};
use serde::{Deserialize, Serialize};

/// Fifteen minutes: long enough to read a fingerprint over the telephone, short enough that nobody waits on it.
pub const INVITE_VALIDITY: i64 = 15 * 60;

/// 16 KiB: ten times the longest invite.
const MAX_INVITE: usize = 16 << 10;

/// What a candidate is given, in a file. It grants nothing: the roles stand in the organisation's own ledger.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    typ: InviteType,
    id: String,
    #[serde(with = "hex::serde")]
    nonce: [u8; 32],
    name: String,
    organisation: OrgCode,
    custody: Custody,
    expires_at: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum InviteType {
    #[serde(rename = "planseal.invite")]
    Invite,
}

impl Invite {
    /// Made by the authority, which writes it into its ledger first.
    pub(crate) fn new(
        nonce: [u8; 32],
        name: &str,
        organisation: &OrgCode,
        custody: Custody,
        at: Timestamp,
    ) -> Self {
        Self {
            typ: InviteType::Invite,
            id: invite_id(&nonce),
            nonce,
            name: name.to_owned(),
            organisation: organisation.clone(),
            custody,
            expires_at: at.plus(INVITE_VALIDITY),
        }
    }

    /// Reads an invite file.
    ///
    /// # Errors
    /// [`InviteError`] when it is none.
    pub fn from_json(text: &str) -> Result<Self, InviteError> {
        if text.len() > MAX_INVITE {
            return Err(InviteError);
        }
        serde_json::from_str(text).map_err(|_| InviteError)
    }

    /// The invite file.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("an invite holds texts and a number only")
    }

    /// The invite's name in the ledger.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whom it invites.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who invites.
    #[must_use]
    pub const fn organisation(&self) -> &OrgCode {
        &self.organisation
    }

    /// Until when it can be answered.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Signs the answer with the candidate's new key: proof that the candidate holds it.
    ///
    /// # Errors
    /// [`AnswerError::Expired`] after fifteen minutes, otherwise what the key or the format refused.
    pub fn answer(&self, key: &dyn SigningPort, at: Timestamp) -> Result<SignedObject, AnswerError> {
        if at >= self.expires_at {
            return Err(AnswerError::Expired {
                expired_at: self.expires_at,
                at,
            });
        }
        let enrolment = Enrolment {
            nonce: self.nonce,
            invite: self.id.clone(),
            name: self.name.clone(),
            organisation: self.organisation.clone(),
            key: key.public_key(),
            custody: self.custody,
            issued_at: at,
        };
        Ok(ToBeSigned::enrolment(&enrolment)?.sign(key)?)
    }
}

/// The first eight bytes of the nonce's digest: enough to find an invite by, and no way back to the nonce.
pub(crate) fn invite_id(nonce: &[u8; 32]) -> String {
    hex::encode(&ObjectId::of(nonce).as_bytes()[..8])
}

/// The nonce is single-use but not for logs.
impl core::fmt::Debug for Invite {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Invite({} by {})", self.id, self.organisation)
    }
}

/// A file that is no invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an invite: give the file that planseal ca invite made")]
pub struct InviteError;

/// Why an invite was not answered.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// Too late.
    #[error("this invite expired at {}: ask your organisation for a new one", expired_at.day_and_time())]
    Expired {
        /// When it expired.
        expired_at: Timestamp,
        /// When it was to be answered.
        at: Timestamp,
    },
    /// The key or the format refused.
    #[error("the answer was not signed")]
    Signing(#[from] SigningError),
}
