//! Certificates: a public key bound to a person, an organisation or a service key (FORMAT §3.3).
//!
//! Depth is exactly root → organisation → person or service key. The rules that one certificate must satisfy by
//! itself are checked here; the rules between a certificate and its issuer in [`super::directory`].

use serde::{Deserialize, Serialize};

use super::role::Class;
use super::{OrgCode, OrgKind, PublicKey, Role};
use crate::canonical::{CanonicalBytes, EncodeError, encode};
use crate::envelope::MAX_ENVELOPE;
use crate::id::ObjectId;
use crate::statement::{
    ContentError, FORMAT_VERSION, Kind, LoggedStatement, Statement, check_type, decode_payload, sealed,
    type_name,
};
use crate::time::{Date, Timestamp};

/// Three years and a leap day: the longest validity of an organisation's certificate.
const ORGANISATION_DAYS: i32 = 3 * 365 + 1;
/// Twelve months and a leap day, for people and service keys.
const PERSON_DAYS: i32 = 366;
/// Twenty years: a root outlives the organisations it certifies.
const ROOT_DAYS: i32 = 20 * 365 + 5;
/// 128 characters for names of people and organisations.
const MAX_NAME: usize = 128;

/// A certificate whose own rules hold.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate(CertificateFields);

/// What a certificate says, before its rules were checked.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateFields {
    /// When it was signed.
    pub issued_at: Timestamp,
    /// First day of validity, UTC.
    pub not_before: Date,
    /// Last day of validity, UTC, inclusive.
    pub not_after: Date,
    /// The organisation's code.
    pub organisation: OrgCode,
    /// The organisation's name.
    pub organisation_name: String,
    /// The organisation's kind.
    pub organisation_kind: OrgKind,
    /// The person's name, or what the key is for.
    pub name: String,
    /// The person's professional registration.
    pub registration: Option<Registration>,
    /// What the key may sign.
    pub roles: Vec<Role>,
    /// The key.
    pub key: PublicKey,
    /// Where its private half is kept.
    pub custody: Custody,
}

/// A professional registration: whose register, and the number in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The register, for example `GMC`.
    pub body: String,
    /// The number, as the register writes it.
    pub number: String,
}

/// Where a private key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Custody {
    /// An encrypted file.
    File,
    /// A PKCS#11 token or module.
    Token,
    /// A non-extractable key of a browser.
    Browser,
}

impl Certificate {
    /// Checks the rules a certificate must satisfy by itself.
    ///
    /// # Errors
    /// [`CertificateError`] with the broken rule.
    pub fn new(mut fields: CertificateFields) -> Result<Self, CertificateError> {
        fields.roles.sort_unstable_by_key(|role| u8::from(*role));
        fields.roles.dedup();
        let class = class_of(&fields.roles)?;
        let (days, limit) = (fields.not_after.days_since(fields.not_before), longest(class));
        if !(0..=limit).contains(&days) {
            return Err(CertificateError::Validity { days, limit });
        }
        if class == Class::Service && fields.organisation_kind != OrgKind::Host {
            return Err(CertificateError::ServiceOutsideHost {
                organisation: fields.organisation,
            });
        }
        if class != Class::Person && fields.registration.is_some() {
            return Err(CertificateError::RegistrationWithoutPerson);
        }
        let registration = fields
            .registration
            .iter()
            .flat_map(|reg| [("reg", &reg.body), ("reg", &reg.number)]);
        let names = [("name", &fields.name), ("orgname", &fields.organisation_name)];
        for (field, name) in names.into_iter().chain(registration) {
            if name.trim().is_empty() || name.chars().count() > MAX_NAME || name.contains('\n') {
                return Err(CertificateError::Name {
                    field,
                    limit: MAX_NAME,
                });
            }
        }
        Ok(Self(fields))
    }

    /// Whether the holder may sign objects of this kind.
    #[must_use]
    pub fn permits(&self, kind: Kind) -> bool {
        self.0.roles.iter().any(|role| role.permits(kind))
    }

    /// Whether this is a root's certificate.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.class() == Class::Root
    }

    pub(crate) fn class(&self) -> Class {
        self.0.roles.first().map_or(Class::Person, |role| role.class())
    }

    /// Whether an instant lies in the validity, whose last day counts whole.
    #[must_use]
    pub fn valid_at(&self, at: Timestamp) -> bool {
        self.0.not_before.start_utc() <= at && at < self.0.not_after.plus_days(1).start_utc()
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.0.key
    }

    /// The organisation's code.
    #[must_use]
    pub const fn organisation(&self) -> &OrgCode {
        &self.0.organisation
    }

    /// The holder's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Everything it says.
    #[must_use]
    pub const fn fields(&self) -> &CertificateFields {
        &self.0
    }
}

/// Roles of one class only, and exactly one role outside the class of people (FORMAT §3: one key, one role).
fn class_of(roles: &[Role]) -> Result<Class, CertificateError> {
    let class = roles.first().ok_or(CertificateError::NoRole)?.class();
    let one_class = roles.iter().all(|role| role.class() == class);
    if one_class && (class == Class::Person || roles.len() == 1) {
        Ok(class)
    } else {
        Err(CertificateError::MixedRoles)
    }
}

const fn longest(class: Class) -> i32 {
    match class {
        Class::Root => ROOT_DAYS,
        Class::Organisation => ORGANISATION_DAYS,
        Class::Service | Class::Person => PERSON_DAYS,
    }
}

impl core::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Certificate({} at {})", self.0.key, self.0.organisation)
    }
}

/// A rule that a certificate breaks by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No role at all.
    #[error("a certificate names at least one role")]
    NoRole,
    /// Roles of different classes on one key.
    #[error(
        "one key, one role: root, organisation and service keys hold exactly one role, and no person holds these"
    )]
    MixedRoles,
    /// Longer than allowed, or ending before it begins.
    #[error("a validity of {days} days; this class allows 0 to {limit}")]
    Validity {
        /// Days from first to last.
        days: i32,
        /// The most allowed.
        limit: i32,
    },
    /// A service key outside the host.
    #[error("{organisation} is not the host and cannot hold a service key")]
    ServiceOutsideHost {
        /// The organisation named.
        organisation: OrgCode,
    },
    /// A registration on a key that is no person's.
    #[error("only people carry a professional registration")]
    RegistrationWithoutPerson,
    /// A name that is empty or too long.
    #[error("{field} is 1 to {limit} characters on one line")]
    Name {
        /// Which name.
        field: &'static str,
        /// The longest allowed.
        limit: usize,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    typ: String,
    v: u64,
    iat: Timestamp,
    nbf: Date,
    exp: Date,
    org: OrgCode,
    orgname: String,
    orgkind: OrgKind,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reg: Option<Registration>,
    roles: Vec<Role>,
    key: PublicKey,
    custody: Custody,
}

impl sealed::Sealed for Certificate {}

impl Statement for Certificate {
    const KIND: Kind = Kind::Certificate;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        let fields = self.0.clone();
        encode(&Wire {
            typ: type_name(Self::KIND),
            v: FORMAT_VERSION,
            iat: fields.issued_at,
            nbf: fields.not_before,
            exp: fields.not_after,
            org: fields.organisation,
            orgname: fields.organisation_name,
            orgkind: fields.organisation_kind,
            name: fields.name,
            reg: fields.registration,
            roles: fields.roles,
            key: fields.key,
            custody: fields.custody,
        })
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        let wire: Wire = decode_payload(Self::KIND, payload, MAX_ENVELOPE)?;
        check_type(Self::KIND, &wire.typ, wire.v)?;
        let roles = wire.roles.clone();
        let certificate = Self::new(CertificateFields {
            issued_at: wire.iat,
            not_before: wire.nbf,
            not_after: wire.exp,
            organisation: wire.org,
            organisation_name: wire.orgname,
            organisation_kind: wire.orgkind,
            name: wire.name,
            registration: wire.reg,
            roles: wire.roles,
            key: wire.key,
            custody: wire.custody,
        })
        .map_err(|fault| ContentError::value("certificate", fault))?;
        if certificate.0.roles == roles {
            Ok(certificate)
        } else {
            Err(ContentError::value(
                "roles",
                "must be sorted and without repetition",
            ))
        }
    }

    fn issued_at(&self) -> Timestamp {
        self.0.issued_at
    }

    /// A certificate speaks about a key.
    fn subject(&self) -> String {
        format!("urn:planseal:certificate:{}", self.0.key)
    }
}

impl LoggedStatement for Certificate {
    fn target(&self) -> Option<ObjectId> {
        None
    }
}
