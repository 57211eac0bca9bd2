//! The directory: certificates verified up to a pinned root, with what the log says of them (FORMAT §3.3, §4).
//!
//! A certificate enters only if its issuer is already in. Where it stands in the log, and since when it is revoked,
//! are facts added from receipts or from a verified trust list.

use std::collections::BTreeMap;

use super::certificate::Certificate;
use super::role::Class;
use super::{OrgCode, OrgKind, TrustList, TrustPolicy};
use crate::envelope::SignedObject;
use crate::id::{IdPrefix, ObjectId};
use crate::log::note::VerifierKey;
use crate::statement::{RevocationReason, Statement};
use crate::time::Timestamp;
use crate::verify::{self, Logged, RegistrationError, Verified, VerifyError};

/// Verified certificates under one pinned root.
#[derive(Debug, Clone)]
pub struct Directory {
    root: ObjectId,
    log: VerifierKey,
    entries: BTreeMap<ObjectId, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    certificate: Verified<Certificate>,
    index: Option<u64>,
    revocations: Vec<Revocation>,
}

/// Since when a certificate is revoked, by log order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// Objects at or after this leaf index are not accepted.
    pub from_index: u64,
    /// Leaf index of the revocation itself.
    pub index: u64,
    /// Why.
    pub reason: RevocationReason,
    /// When it was signed.
    pub at: Timestamp,
}

impl Directory {
    /// Begins with the root that a reader pinned.
    #[must_use]
    pub fn pinned(policy: &TrustPolicy) -> Self {
        let certificate = policy.root().clone();
        let root = certificate.id();
        let entry = Entry {
            certificate,
            index: Some(0),
            revocations: Vec::new(),
        };
        Self {
            root,
            log: policy.log().clone(),
            entries: BTreeMap::from([(root, entry)]),
        }
    }

    /// Verifies a certificate against its issuer and takes it in.
    ///
    /// # Errors
    /// [`VerifyError`]; [`VerifyError::SignerUnknown`] when the issuer is not here.
    pub fn admit(&mut self, object: &SignedObject) -> Result<&Verified<Certificate>, VerifyError> {
        let id = object.id();
        if !self.entries.contains_key(&id) {
            let certificate = verify::statement::<Certificate>(object, self)?;
            let issuer = certificate.signer().and_then(|issuer| self.certificate(&issuer));
            let issuer = issuer.ok_or_else(|| VerifyError::SignerUnknown {
                certificate: object.claimed_key(),
            })?;
            check_link(issuer.content(), certificate.content())?;
            self.entries.insert(
                id,
                Entry {
                    certificate,
                    index: None,
                    revocations: Vec::new(),
                },
            );
        }
        Ok(&self.entries[&id].certificate)
    }

    /// Takes in certificates in any order.
    ///
    /// # Errors
    /// The first [`VerifyError`]; [`VerifyError::SignerUnknown`] when a certificate stays without an issuer.
    pub fn admit_all<'a>(
        &mut self,
        objects: impl IntoIterator<Item = &'a SignedObject>,
    ) -> Result<(), VerifyError> {
        let mut waiting: Vec<&SignedObject> = objects.into_iter().collect();
        loop {
            let before = waiting.len();
            let mut still = Vec::new();
            for object in waiting {
                match self.admit(object) {
                    Err(VerifyError::SignerUnknown { .. }) => still.push(object),
                    other => drop(other?),
                }
            }
            match still.first() {
                None => return Ok(()),
                Some(stuck) if still.len() == before => {
                    return Err(VerifyError::SignerUnknown {
                        certificate: stuck.claimed_key(),
                    });
                }
                Some(_) => waiting = still,
            }
        }
    }

    /// Takes in a trust list: every certificate in it, then the list by them, then its facts. What is known already is
    /// asked before the list's own facts, so that a revoked key cannot take its revocation back.
    ///
    /// # Errors
    /// [`ListError`]; the directory is then as it was.
    pub fn admit_list(&mut self, object: &SignedObject) -> Result<Verified<TrustList>, ListError> {
        let content = TrustList::from_payload(object.payload()).map_err(VerifyError::from)?;
        if *content.log() != self.log {
            return Err(ListError::OtherLog {
                listed: content.log().to_string(),
                pinned: self.log.to_string(),
            });
        }
        let mut directory = self.clone();
        directory.admit_all(content.certificates().iter().map(|listed| &listed.object))?;
        let list = verify::statement::<TrustList>(object, &directory)?;
        let size = list.content().size();
        match verify::view_in_force(&list, size, self) {
            Err(RegistrationError::NotPlaced { .. }) => {}
            known => known?,
        }
        directory.apply(&list)?;
        verify::view_in_force(&list, size, &directory)?;
        *self = directory;
        Ok(list)
    }

    /// Adds the log's facts from a verified trust list whose certificates were admitted. Facts are only ever added:
    /// no later list takes a revocation back or moves a certificate.
    ///
    /// # Errors
    /// [`RegistrationError::OtherSigner`] when the list places a certificate elsewhere than known before.
    pub fn apply(&mut self, list: &Verified<TrustList>) -> Result<(), RegistrationError> {
        for (id, index) in list.content().places() {
            self.place(id, index)?;
        }
        for (certificate, revocation) in list.content().revocations() {
            if let Some(entry) = self.entries.get_mut(&certificate)
                && !entry.revocations.contains(&revocation)
            {
                entry.revocations.push(revocation);
            }
        }
        Ok(())
    }

    /// Adds where a certificate stands in the log, proved by its receipt.
    ///
    /// # Errors
    /// [`RegistrationError::OtherSigner`] when another place was known before.
    pub fn place_logged(&mut self, certificate: &Logged<Certificate>) -> Result<(), RegistrationError> {
        self.place(certificate.id(), certificate.index())
    }

    fn place(&mut self, id: ObjectId, index: u64) -> Result<(), RegistrationError> {
        let Some(entry) = self.entries.get_mut(&id) else {
            return Ok(());
        };
        match entry.index {
            Some(known) if known != index => Err(RegistrationError::OtherSigner { logged: index, known }),
            _ => {
                entry.index = Some(index);
                Ok(())
            }
        }
    }

    /// The certificate of this id.
    #[must_use]
    pub fn certificate(&self, id: &ObjectId) -> Option<&Verified<Certificate>> {
        self.entries.get(id).map(|entry| &entry.certificate)
    }

    /// Where the certificate stands in the log, if that is known.
    #[must_use]
    pub fn index_of(&self, id: &ObjectId) -> Option<u64> {
        self.entries.get(id).and_then(|entry| entry.index)
    }

    /// The certificate and everybody above it, up to the root.
    pub(crate) fn chain(&self, id: &ObjectId) -> impl Iterator<Item = &Verified<Certificate>> {
        core::iter::successors(self.certificate(id), |below| {
            below.signer().and_then(|issuer| self.certificate(&issuer))
        })
    }

    /// Every known revocation of the certificate and of everybody above it: an issuer's revocation counts for what
    /// its people sign (FORMAT §4).
    pub fn revocations_of(&self, id: &ObjectId) -> impl Iterator<Item = &Revocation> {
        self.chain(id)
            .filter_map(|link| self.entries.get(&link.id()))
            .flat_map(|entry| &entry.revocations)
    }

    /// A revocation that reaches back to what this signer put at this leaf: it stays authentic, and is doubted.
    #[must_use]
    pub fn doubt(&self, signer: &ObjectId, index: u64) -> Option<&Revocation> {
        self.revocations_of(signer)
            .find(|revoked| revoked.from_index <= index)
    }

    /// Every certificate whose id begins with these 16 bytes, as printed codes name signers.
    pub fn with_prefix(&self, prefix: IdPrefix) -> impl Iterator<Item = &Verified<Certificate>> {
        self.entries
            .iter()
            .filter(move |(id, _)| id.prefix() == prefix)
            .map(|(_, entry)| &entry.certificate)
    }

    /// The certificate that the log placed at this index.
    #[must_use]
    pub fn at_index(&self, index: u64) -> Option<&Verified<Certificate>> {
        self.entries
            .values()
            .find(|entry| entry.index == Some(index))
            .map(|entry| &entry.certificate)
    }

    /// Every certificate here, with its place in the log where that is known.
    pub fn certificates(&self) -> impl Iterator<Item = (Option<u64>, &Verified<Certificate>)> {
        self.entries
            .values()
            .map(|entry| (entry.index, &entry.certificate))
    }

    /// The pinned root's id.
    #[must_use]
    pub const fn root(&self) -> ObjectId {
        self.root
    }
}

/// The rules between a certificate and its issuer.
fn check_link(issuer: &Certificate, subject: &Certificate) -> Result<(), ChainError> {
    let (above, below) = (issuer.fields(), subject.fields());
    match (issuer.class(), subject.class()) {
        (Class::Root, Class::Organisation) => {}
        (Class::Organisation, Class::Person | Class::Service) => {
            if above.organisation != below.organisation
                || above.organisation_kind != below.organisation_kind
                || above.organisation_name != below.organisation_name
            {
                let (issuer, subject) = (above.organisation.clone(), below.organisation.clone());
                return Err(ChainError::OtherOrganisation { issuer, subject });
            }
            if subject.class() == Class::Service && above.organisation_kind != OrgKind::Host {
                return Err(ChainError::Depth);
            }
        }
        _ => return Err(ChainError::Depth),
    }
    if below.not_before < above.not_before || below.not_after > above.not_after {
        return Err(ChainError::OutlivesIssuer);
    }
    if issuer.valid_at(below.issued_at) {
        Ok(())
    } else {
        Err(ChainError::IssuerNotValid { at: below.issued_at })
    }
}

/// Why a trust list was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The list or a certificate in it does not verify.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// Its signer does not count, or it contradicts what is known.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// A view of another log: its places mean nothing here.
    #[error("this trust list is of log {listed}, the trust policy pins {pinned}")]
    OtherLog {
        /// Named by the list.
        listed: String,
        /// Named by the policy.
        pinned: String,
    },
}

/// A rule broken between a certificate and its issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Not root → organisation → person or service.
    #[error("certificates go from root to organisation to person or service key, and no other way")]
    Depth,
    /// Issued for another organisation.
    #[error("{issuer} issued a certificate for {subject}")]
    OtherOrganisation {
        /// The issuer's code or kind.
        issuer: OrgCode,
        /// The subject's code.
        subject: OrgCode,
    },
    /// Valid outside its issuer's validity.
    #[error("the certificate is valid on days on which its issuer's is not")]
    OutlivesIssuer,
    /// Signed while the issuer's certificate was not valid.
    #[error("the issuer's certificate was not valid at {at}")]
    IssuerNotValid {
        /// When it was signed.
        at: Timestamp,
    },
}
