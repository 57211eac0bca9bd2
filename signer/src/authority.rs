//! The organisation's own machine: it certifies the organisation's people and service keys (FORMAT §3.3, SECURITY T8).
//!
//! A root certifies organisations in the same way. Everything lies in one folder: the encrypted key, the
//! certificates, and the ledger. Of a candidate's request only the public key is used, and only after proof of
//! possession, a single-use nonce and a second person's confirmation: every field of a certificate comes from the
//! invite in the ledger. Refusals are recorded like everything else.

mod details;
mod error;
mod ledger;

use std::path::{Path, PathBuf};

use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::log::note::{KeyType, VerifierKey};
use planseal::sign::ToBeSigned;
use planseal::statement::{Enrolment, KeyStatus, Kind, RevocationReason, StaffList, Statement as _};
use planseal::time::{Date, Timestamp};
use planseal::trust::{
    Certificate, CertificateFields, Custody, Directory, OrgKind, PublicKey, Role, TrustPolicy,
};
use planseal::verify::{self, Verified, VerifyError};

pub use details::{CandidateDetails, Confirmation, OrganisationDetails, RootDetails};
pub use error::{AuthorityError, IssueRefusal};
pub use ledger::LedgerError;

use crate::enrolment::{INVITE_VALIDITY, Invite, invite_id};
use crate::key_file::{Cost, FileKey, Passphrase};
use crate::output::{self, Access, Existing};
use crate::random;
use ledger::{Event, HexKey, Ledger, Spent, Standing};

/// A root or an organisation, with its key open.
pub struct Authority {
    folder: PathBuf,
    key: FileKey,
    certificate: Verified<Certificate>,
    /// The root, and this authority under it.
    directory: Directory,
    ledger: Ledger,
}

/// A revocation that was found to be this authority's to make, ready to be shown and signed.
pub struct Revocation {
    status: KeyStatus,
    to_be_signed: ToBeSigned,
}

impl Revocation {
    /// What the key is going to sign.
    #[must_use]
    pub const fn to_be_signed(&self) -> &ToBeSigned {
        &self.to_be_signed
    }
}

/// A staff list whose number is free, ready to be shown and signed.
pub struct PreparedStaffList {
    number: u32,
    to_be_signed: ToBeSigned,
}

impl PreparedStaffList {
    /// What the key is going to sign.
    #[must_use]
    pub const fn to_be_signed(&self) -> &ToBeSigned {
        &self.to_be_signed
    }
}

impl core::fmt::Debug for PreparedStaffList {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PreparedStaffList({})", self.number)
    }
}

impl core::fmt::Debug for Revocation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Revocation({:?})", self.status)
    }
}

impl Authority {
    /// Makes a root: its key, its own certificate and an empty ledger, in a new folder.
    ///
    /// # Errors
    /// [`AuthorityError`]; nothing of an existing root is touched.
    pub fn init_root(
        folder: &Path,
        details: RootDetails,
        passphrase: &Passphrase,
        cost: Cost,
        at: Timestamp,
    ) -> Result<Self, AuthorityError> {
        let key = FileKey::generate()?;
        let certificate = Certificate::new(CertificateFields {
            issued_at: at,
            not_before: utc_day(at),
            not_after: details.not_after,
            organisation: details.organisation,
            organisation_name: details.organisation_name,
            organisation_kind: OrgKind::Host,
            name: details.name,
            registration: None,
            roles: vec![Role::Root],
            key: key.public_key(),
            custody: Custody::File,
        })?;
        let object = ToBeSigned::root(&certificate)?.sign(&key)?;
        let certificate = verify::root(&object)?;
        make_folder(folder)?;
        key.save_at_cost(&folder.join(KEY), passphrase, cost)?;
        let directory = directory_of_root(&certificate)?;
        Self::install(folder, key, certificate, directory, at)
    }

    /// Sets an organisation's machine up: its key, and the certificate that a root issued for it. The key's file stays
    /// where it is used from: `folder/key.pem`.
    ///
    /// # Errors
    /// [`AuthorityError::Verify`] when the certificate does not lead to the policy's root,
    /// [`AuthorityError::NotAnAuthority`] when it is not an organisation's, and what the key file refuses.
    pub fn organisation(
        folder: &Path,
        policy: &TrustPolicy,
        certificate: &SignedObject,
        passphrase: &Passphrase,
        at: Timestamp,
    ) -> Result<Self, AuthorityError> {
        let mut directory = Directory::pinned(policy);
        let certificate = directory.admit(certificate)?.clone();
        expect_authority(&certificate)?;
        let key = FileKey::open(&folder.join(KEY), passphrase, Some(certificate.content().key()))?;
        let policy_file = folder.join(POLICY);
        output::write(
            &policy_file,
            policy.bytes().as_slice(),
            Access::Everyone,
            Existing::Keep,
        )?;
        Self::install(folder, key, certificate, directory, at)
    }

    fn install(
        folder: &Path,
        key: FileKey,
        certificate: Verified<Certificate>,
        directory: Directory,
        at: Timestamp,
    ) -> Result<Self, AuthorityError> {
        output::write(
            &folder.join(CERTIFICATE),
            certificate.envelope(),
            Access::Everyone,
            Existing::Keep,
        )?;
        let mut ledger = Ledger::open(&folder.join(LEDGER))?;
        ledger.record(
            at,
            Event::Began {
                certificate: certificate.id().into(),
            },
        )?;
        Ok(Self {
            folder: folder.to_owned(),
            key,
            certificate,
            directory,
            ledger,
        })
    }

    /// Opens a root or organisation that was set up before. Only one program at a time can hold it.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn open(folder: &Path, passphrase: &Passphrase) -> Result<Self, AuthorityError> {
        let object = SignedObject::parse(&read(&folder.join(CERTIFICATE))?).map_err(VerifyError::from)?;
        let (certificate, directory) = match object.claimed_key() {
            None => {
                let certificate = verify::root(&object)?;
                let directory = directory_of_root(&certificate)?;
                (certificate, directory)
            }
            Some(_) => {
                let policy = TrustPolicy::parse(&read(&folder.join(POLICY))?).map_err(Box::new)?;
                let mut directory = Directory::pinned(&policy);
                (directory.admit(&object)?.clone(), directory)
            }
        };
        expect_authority(&certificate)?;
        let key = FileKey::open(&folder.join(KEY), passphrase, Some(certificate.content().key()))?;
        let ledger = Ledger::open(&folder.join(LEDGER))?;
        Ok(Self {
            folder: folder.to_owned(),
            key,
            certificate,
            directory,
            ledger,
        })
    }

    /// The authority's own certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Verified<Certificate> {
        &self.certificate
    }

    /// Invites an organisation; a root only.
    ///
    /// # Errors
    /// [`AuthorityError`]; the rules of a certificate are checked now, not when the answer comes.
    pub fn invite_organisation(
        &mut self,
        details: OrganisationDetails,
        at: Timestamp,
    ) -> Result<Invite, AuthorityError> {
        let standing = Standing {
            name: details.organisation_name.clone(),
            organisation: details.organisation,
            organisation_name: details.organisation_name,
            organisation_kind: details.kind,
            registration: None,
            roles: vec![Role::Organisation],
            custody: details.custody,
            not_after: details.not_after,
        };
        self.invite_standing(standing, at)
    }

    /// Invites a person or, at the host, a service key; an organisation only.
    ///
    /// # Errors
    /// [`AuthorityError`]; the rules of a certificate are checked now, not when the answer comes.
    pub fn invite(&mut self, details: CandidateDetails, at: Timestamp) -> Result<Invite, AuthorityError> {
        let own = self.certificate.content().fields();
        let standing = Standing {
            name: details.name,
            organisation: own.organisation.clone(),
            organisation_name: own.organisation_name.clone(),
            organisation_kind: own.organisation_kind,
            registration: details.registration,
            roles: details.roles,
            custody: details.custody,
            not_after: details.not_after,
        };
        self.invite_standing(standing, at)
    }

    fn invite_standing(&mut self, standing: Standing, at: Timestamp) -> Result<Invite, AuthorityError> {
        self.expect_issuable(&standing)?;
        standing.certificate(self.certificate.content().key(), at, self.not_after())?;
        let nonce = random::bytes()?;
        let invite = Invite::new(
            nonce,
            &standing.name,
            &standing.organisation,
            standing.custody,
            at,
        );
        self.ledger.record(
            at,
            Event::Invited {
                invite: invite.id().to_owned(),
                standing: Box::new(standing),
            },
        )?;
        Ok(invite)
    }

    /// Certifies the key that answered an invite.
    ///
    /// The nonce is spent in the ledger, durably, before anything is signed: a crash after that leaves an invite
    /// that must be made again, never one that can be used twice.
    ///
    /// # Errors
    /// [`AuthorityError::Refused`] with the rule; the refusal is in the ledger.
    pub fn issue(
        &mut self,
        request: &[u8],
        confirmation: &Confirmation<'_>,
        at: Timestamp,
    ) -> Result<SignedObject, AuthorityError> {
        let (enrolment, standing) = match self.judge(request, confirmation, at) {
            Ok(accepted) => accepted,
            Err(refusal) => {
                let request = ObjectId::of(request);
                self.ledger.record(
                    at,
                    Event::Refused {
                        request: request.into(),
                        reason: refusal.to_string(),
                    },
                )?;
                return Err(AuthorityError::Refused(refusal));
            }
        };
        let content = enrolment.content();
        let certificate = standing.certificate(content.key, at, self.not_after())?;
        let invite = content.invite.clone();
        let accepted = Event::Accepted {
            invite: invite.clone(),
            request: enrolment.id().into(),
            key: HexKey(content.key),
            confirmed_by: confirmation.by.trim().to_owned(),
        };
        self.ledger.record(at, accepted)?;
        let object = ToBeSigned::statement(&certificate, &self.certificate)?.sign(&self.key)?;
        self.ledger.record(
            at,
            Event::Issued {
                invite,
                certificate: object.id().into(),
            },
        )?;
        Ok(object)
    }

    /// Every rule of SECURITY T8, in the order in which a wrong request is best explained.
    fn judge(
        &self,
        request: &[u8],
        confirmation: &Confirmation<'_>,
        at: Timestamp,
    ) -> Result<(Verified<Enrolment>, Standing), IssueRefusal> {
        let object = SignedObject::parse(request).map_err(VerifyError::from)?;
        let enrolment = verify::enrolment(&object)?;
        let content = enrolment.content();
        let invited = self
            .ledger
            .invite(&content.invite)
            .ok_or(IssueRefusal::UnknownInvite)?;
        if invite_id(&content.nonce) != content.invite {
            return Err(IssueRefusal::OtherNonce);
        }
        if invited.spent == Spent::Yes {
            return Err(IssueRefusal::Replayed {
                invite: content.invite.clone(),
            });
        }
        let age = at.since(invited.at);
        if !(0..INVITE_VALIDITY).contains(&age) || content.issued_at < invited.at || content.issued_at > at {
            return Err(IssueRefusal::Expired {
                invited_at: invited.at,
                at,
            });
        }
        let standing = &invited.standing;
        if content.name != standing.name
            || content.organisation != standing.organisation
            || content.custody != standing.custody
        {
            return Err(IssueRefusal::OtherPerson);
        }
        if self.ledger.certified(&content.key) || content.key == self.key.public_key() {
            return Err(IssueRefusal::KeyInUse { key: content.key });
        }
        confirm(content.key, &content.name, confirmation)?;
        Ok((enrolment.clone(), standing.clone()))
    }

    /// Prepares the revocation of a certificate from a leaf of the log on. A root may also revoke what its organisations
    /// issued; their certificates are then `issuers`.
    ///
    /// # Errors
    /// [`AuthorityError::NotIssuedHere`] when it is somebody else's to revoke, [`AuthorityError::Revoked`] when the
    /// certificate does not verify.
    pub fn revocation(
        &self,
        certificate: &SignedObject,
        issuers: &[SignedObject],
        reason: RevocationReason,
        from_index: u64,
        at: Timestamp,
    ) -> Result<Revocation, AuthorityError> {
        let mut directory = self.directory.clone();
        let above_all = self.certificate.content().is_root();
        if !above_all && certificate.claimed_key() != Some(self.certificate.id()) {
            return Err(AuthorityError::NotIssuedHere {
                certificate: certificate.id(),
                by: self.certificate.content().organisation().clone(),
            });
        }
        directory
            .admit_all(issuers.iter().chain([certificate]))
            .map_err(|cause| AuthorityError::Revoked {
                certificate: certificate.id(),
                cause: Box::new(cause),
            })?;
        let status = KeyStatus {
            certificate: certificate.id(),
            reason,
            from_index,
            issued_at: at,
        };
        Ok(Revocation {
            to_be_signed: ToBeSigned::statement(&status, &self.certificate)?,
            status,
        })
    }

    /// Signs a revocation. It stands in the ledger before it is given away.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn revoke(&mut self, revocation: &Revocation, at: Timestamp) -> Result<SignedObject, AuthorityError> {
        let object = revocation.to_be_signed.sign(&self.key)?;
        self.ledger.record(
            at,
            Event::Revoked {
                certificate: revocation.status.certificate.into(),
                from_index: revocation.status.from_index,
                reason: Some(revocation.status.reason),
            },
        )?;
        Ok(object)
    }

    /// The number that the next staff list has.
    #[must_use]
    pub const fn next_staff_list(&self) -> u32 {
        self.ledger.last_staff_list().saturating_add(1)
    }

    /// Prepares a staff list. A list of a number that was signed before, or a lower one, would be taken by nobody.
    ///
    /// # Errors
    /// [`AuthorityError::StaffListNumber`], and what the format refuses.
    pub fn staff_list(&self, list: &StaffList) -> Result<PreparedStaffList, AuthorityError> {
        let next = self.next_staff_list();
        if list.number < next {
            return Err(AuthorityError::StaffListNumber {
                asked: list.number,
                next,
            });
        }
        let to_be_signed = ToBeSigned::statement(list, &self.certificate)?;
        StaffList::from_payload(to_be_signed.payload()).map_err(VerifyError::from)?;
        Ok(PreparedStaffList {
            number: list.number,
            to_be_signed,
        })
    }

    /// Signs a staff list. Its number is spent in the ledger before it is given away.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn sign_staff_list(
        &mut self,
        list: &PreparedStaffList,
        at: Timestamp,
    ) -> Result<SignedObject, AuthorityError> {
        let object = list.to_be_signed.sign(&self.key)?;
        self.ledger.record(
            at,
            Event::StaffListed {
                number: list.number,
                list: object.id().into(),
            },
        )?;
        Ok(object)
    }

    fn not_after(&self) -> Date {
        self.certificate.content().fields().not_after
    }

    /// A root certifies organisations, an organisation its people, the host also service keys; nothing else.
    fn expect_issuable(&self, standing: &Standing) -> Result<(), AuthorityError> {
        let own = self.certificate.content();
        let organisation = standing.roles == [Role::Organisation];
        let reserved = |role: &Role| matches!(role, Role::Root | Role::Organisation);
        let fits = if own.is_root() {
            organisation
        } else {
            !standing.roles.iter().any(reserved)
        };
        if fits {
            Ok(())
        } else {
            Err(AuthorityError::NotIssuable {
                by: own.organisation().clone(),
            })
        }
    }
}

fn confirm(key: PublicKey, name: &str, confirmation: &Confirmation<'_>) -> Result<(), IssueRefusal> {
    let by = confirmation.by.trim();
    if by.is_empty() || by.to_lowercase() == name.to_lowercase() {
        return Err(IssueRefusal::NoSecondPerson);
    }
    let plain = |text: &str| text.replace(char::is_whitespace, "").to_lowercase();
    if plain(confirmation.fingerprint) == plain(&key.fingerprint()) {
        Ok(())
    } else {
        Err(IssueRefusal::OtherFingerprint)
    }
}

impl core::fmt::Debug for Authority {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "Authority({:?} in {})",
            self.certificate,
            self.folder.display()
        )
    }
}

/// Names in an authority's folder.
const KEY: &str = "key.pem";
const CERTIFICATE: &str = "certificate.cose";
const POLICY: &str = "trust-policy.cbor";
const LEDGER: &str = "ledger.jsonl";

fn make_folder(folder: &Path) -> Result<(), AuthorityError> {
    std::fs::create_dir_all(folder).map_err(|cause| AuthorityError::File {
        path: folder.to_owned(),
        cause,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, AuthorityError> {
    std::fs::read(path).map_err(|cause| AuthorityError::File {
        path: path.to_owned(),
        cause,
    })
}

/// A root's machine pins itself. It asks no log, so the policy names a log key that signs none: its own.
fn directory_of_root(certificate: &Verified<Certificate>) -> Result<Directory, AuthorityError> {
    let log = VerifierKey::new("no.log", KeyType::Log, certificate.content().key())
        .expect("a name without white space or plus sign");
    let policy =
        TrustPolicy::new(certificate.object(), &log.to_string(), "quorum none\n", "").map_err(Box::new)?;
    Ok(Directory::pinned(&policy))
}

fn expect_authority(certificate: &Verified<Certificate>) -> Result<(), AuthorityError> {
    if certificate.content().permits(Kind::Certificate) {
        Ok(())
    } else {
        Err(AuthorityError::NotAnAuthority {
            certificate: certificate.id(),
        })
    }
}

/// The day on which an instant falls in UTC: certificate validity is counted in UTC days.
fn utc_day(at: Timestamp) -> Date {
    let text = at.to_string();
    Date::parse(&text[..10]).expect("RFC 3339 begins with the date in ten characters")
}
