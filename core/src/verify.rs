//! Verification: bytes become evidence here and nowhere else (FORMAT §8, steps 3–7).
//!
//! [`Verified`] means: the signer's certificate leads to a pinned root, its role allows this kind, the signature
//! holds strictly over the bytes as received, and payload, header and certificate agree. [`Logged`] means further:
//! the pinned log holds exactly this object, after its signer's certificate and before any revocation was logged.

mod error;

pub use error::{RegistrationError, VerifyError};

use crate::card::Stamp;
use crate::envelope::{Header, SignedObject};
use crate::id::{ObjectId, PlanId};
use crate::log::checkpoint::VerifiedCheckpoint;
use crate::log::tree::{TreeHead, leaf_hash, verify_inclusion};
use crate::plan::contacts::{Attachment, Digest};
use crate::receipt::Receipt;
use crate::statement::{Enrolment, Kind, LoggedStatement, Statement};
use crate::time::{Minute, Timestamp};
use crate::trust::{Certificate, ChainError, Directory, PublicKey, TrustPolicy};

/// A statement whose signature, signer and content were verified.
#[derive(Clone)]
pub struct Verified<S> {
    content: S,
    object: SignedObject,
}

/// A verified statement that the pinned log holds.
#[derive(Clone)]
pub struct Logged<S> {
    verified: Verified<S>,
    index: u64,
    time: Minute,
    target: Option<u64>,
    tree: TreeHead,
}

/// Verifies an object of kind `S` by the certificates of a directory.
///
/// # Errors
/// [`VerifyError`] for the first broken rule.
pub fn statement<S: Statement>(
    object: &SignedObject,
    directory: &Directory,
) -> Result<Verified<S>, VerifyError> {
    with_external(object, directory, &[])
}

/// Verifies a stamp together with the card it is bound to (FORMAT §6).
///
/// # Errors
/// [`VerifyError`] for the first broken rule.
pub fn stamp(
    object: &SignedObject,
    card: &SignedObject,
    directory: &Directory,
) -> Result<Verified<Stamp>, VerifyError> {
    with_external(object, directory, card.id().as_bytes())
}

/// Verifies a root's certificate by its own key. Pinning it is the reader's decision.
///
/// # Errors
/// [`VerifyError`] for the first broken rule.
pub fn root(object: &SignedObject) -> Result<Verified<Certificate>, VerifyError> {
    let content = content_of::<Certificate>(object)?;
    if !content.is_root() || object.claimed_key().is_some() {
        return Err(ChainError::Depth.into());
    }
    signed_by(object, content.key(), &[])?;
    expect_issuer(object, content.organisation().as_str())?;
    Ok(Verified {
        content,
        object: object.clone(),
    })
}

/// Verifies a candidate's proof of possession: signed by the key it names. Nonce and invite are the organisation's to
/// check.
///
/// # Errors
/// [`VerifyError`] for the first broken rule.
pub fn enrolment(object: &SignedObject) -> Result<Verified<Enrolment>, VerifyError> {
    let content = content_of::<Enrolment>(object)?;
    signed_by(object, content.key, &[])?;
    expect_issuer(object, content.organisation.as_str())?;
    if object.claimed_key().is_some() {
        return Err(VerifyError::Claim { claim: "x5t" });
    }
    Ok(Verified {
        content,
        object: object.clone(),
    })
}

/// Verifies that the pinned log holds this object, in an order that lets it count (FORMAT §8, steps 5–6).
///
/// # Errors
/// [`RegistrationError`] for the first broken rule.
pub fn logged<S: LoggedStatement>(
    verified: Verified<S>,
    receipt: &Receipt,
    policy: &TrustPolicy,
    directory: &Directory,
) -> Result<Logged<S>, RegistrationError> {
    let (leaf, proof) = (receipt.leaf(), receipt.proof());
    if leaf.kind != S::KIND || leaf.id != verified.id() {
        return Err(RegistrationError::OtherObject {
            logged: leaf.id,
            given: verified.id(),
        });
    }
    if leaf.from != verified.content.revoked_from()
        || leaf.target.is_some() != verified.content.target().is_some()
    {
        return Err(RegistrationError::OtherTarget);
    }
    let tree = TreeHead::from(&included(receipt, policy)?);
    let logged = Logged {
        verified,
        index: proof.index,
        time: leaf.time,
        target: leaf.target,
        tree,
    };
    check_order(&logged, leaf.signer, directory)?;
    Ok(logged)
}

/// Verifies where the pinned log holds the object of this id, without the object: that the log recorded it at all, at
/// which leaf, and in which tree. What it says, and whether it counts, is another question.
///
/// # Errors
/// [`RegistrationError`] for the first broken rule.
pub fn placed(
    id: ObjectId,
    receipt: &Receipt,
    policy: &TrustPolicy,
) -> Result<(u64, TreeHead), RegistrationError> {
    let (leaf, proof) = (receipt.leaf(), receipt.proof());
    if leaf.id != id {
        return Err(RegistrationError::OtherObject {
            logged: leaf.id,
            given: id,
        });
    }
    let tree = TreeHead::from(&included(receipt, policy)?);
    Ok((proof.index, tree))
}

/// The tree head of a receipt, after its leaf was proved to be in that tree.
fn included(receipt: &Receipt, policy: &TrustPolicy) -> Result<VerifiedCheckpoint, RegistrationError> {
    let proof = receipt.proof();
    let checkpoint = VerifiedCheckpoint::verify(&proof.checkpoint, policy)?;
    let hash = leaf_hash(&receipt.leaf().encode());
    let (size, root) = (checkpoint.size(), checkpoint.root());
    verify_inclusion(&hash, proof.index, size, &proof.path, &root)?;
    Ok(checkpoint)
}

/// Judges an object that is never logged by the tree size it names (FORMAT §3): its signer's certificate was in the
/// log by then, was valid, and was not revoked.
///
/// # Errors
/// [`RegistrationError`] for the first broken rule.
pub fn in_force<S: Statement>(
    view: &Verified<S>,
    tree_size: u64,
    directory: &Directory,
) -> Result<(), RegistrationError> {
    let Some(signer) = view.signer() else {
        return Ok(());
    };
    let index = directory
        .index_of(&signer)
        .ok_or(RegistrationError::NotPlaced { certificate: signer })?;
    if index >= tree_size {
        return Err(RegistrationError::Order {
            certificate: index,
            object: tree_size,
        });
    }
    judge_signer(&signer, tree_size, view.signed_at(), directory)
}

/// Judges a view of the log (head, snapshot, trust list, stamp) more strictly than a statement in it: a view names
/// its own tree size, so a thief would name a smaller one. From the leaf on at which its key is not accepted, and from
/// the time at which that was signed, no view counts.
///
/// # Errors
/// [`RegistrationError`] for the first broken rule.
pub fn view_in_force<S: Statement>(
    view: &Verified<S>,
    tree_size: u64,
    directory: &Directory,
) -> Result<(), RegistrationError> {
    in_force(view, tree_size, directory)?;
    let Some(signer) = view.signer() else {
        return Ok(());
    };
    let mut revocations = directory.revocations_of(&signer);
    let revoked =
        revocations.find(|revoked| revoked.from_index <= tree_size || view.signed_at() >= revoked.at);
    match (revoked, directory.certificate(&signer)) {
        (Some(revoked), Some(certificate)) => {
            let key = certificate.content().key();
            Err(RegistrationError::Revoked {
                key,
                revoked: revoked.index,
                object: tree_size,
            })
        }
        _ => Ok(()),
    }
}

fn with_external<S: Statement>(
    object: &SignedObject,
    directory: &Directory,
    external: &[u8],
) -> Result<Verified<S>, VerifyError> {
    if object.kind() != S::KIND {
        return Err(VerifyError::Kind {
            expected: S::KIND,
            found: object.kind(),
        });
    }
    let claimed = object.claimed_key();
    let signer = claimed.and_then(|id| directory.certificate(&id));
    let signer = signer
        .ok_or(VerifyError::SignerUnknown { certificate: claimed })?
        .content();
    if !signer.permits(S::KIND) {
        return Err(VerifyError::NotGranted {
            key: signer.key(),
            kind: S::KIND,
        });
    }
    signed_by(object, signer.key(), external)?;
    let content = content_of::<S>(object)?;
    expect_issuer(object, signer.organisation().as_str())?;
    content.agrees_with(signer.fields())?;
    if !claimed.is_some_and(|claimed| content.may_be_signed_under(&claimed, directory)) {
        return Err(VerifyError::NotGranted {
            key: signer.key(),
            kind: S::KIND,
        });
    }
    Ok(Verified {
        content,
        object: object.clone(),
    })
}

fn signed_by(object: &SignedObject, key: PublicKey, external: &[u8]) -> Result<(), VerifyError> {
    if object.signature().verifies(&key, &object.signed_bytes(external)) {
        Ok(())
    } else {
        Err(VerifyError::BadSignature { key })
    }
}

/// Decodes the payload and compares it with the header: `sub` and `iat` are said twice and must be one.
fn content_of<S: Statement>(object: &SignedObject) -> Result<S, VerifyError> {
    let (header, payload) = object.peek_unverified();
    if header.kind != S::KIND {
        return Err(VerifyError::Kind {
            expected: S::KIND,
            found: header.kind,
        });
    }
    let content = S::from_payload(payload)?;
    if header.subject != content.subject() {
        return Err(VerifyError::Claim { claim: "sub" });
    }
    if header.issued_at != content.issued_at() {
        return Err(VerifyError::Claim { claim: "iat" });
    }
    Ok(content)
}

fn expect_issuer(object: &SignedObject, organisation: &str) -> Result<(), VerifyError> {
    let (Header { issuer, .. }, _) = object.peek_unverified();
    if issuer == organisation {
        Ok(())
    } else {
        Err(VerifyError::Claim { claim: "iss" })
    }
}

/// `certificate.index < object.index`, validity at the leaf's time, and revocation by log order.
fn check_order<S: LoggedStatement>(
    logged: &Logged<S>,
    leaf_signer: u64,
    directory: &Directory,
) -> Result<(), RegistrationError> {
    let Some(signer) = logged.verified.signer() else {
        let expected = logged.index;
        return if leaf_signer == expected {
            Ok(())
        } else {
            Err(RegistrationError::OtherSigner {
                logged: leaf_signer,
                known: expected,
            })
        };
    };
    let known = directory
        .index_of(&signer)
        .ok_or(RegistrationError::NotPlaced { certificate: signer })?;
    if known != leaf_signer {
        return Err(RegistrationError::OtherSigner {
            logged: leaf_signer,
            known,
        });
    }
    if known >= logged.index {
        return Err(RegistrationError::Order {
            certificate: known,
            object: logged.index,
        });
    }
    judge_signer(&signer, logged.index, logged.time.start(), directory)
}

/// Validity at a time, and no revocation of the signer or of anybody above that was logged before the object.
fn judge_signer(
    signer: &ObjectId,
    place: u64,
    at: Timestamp,
    directory: &Directory,
) -> Result<(), RegistrationError> {
    let certificate = directory
        .certificate(signer)
        .ok_or(RegistrationError::NotPlaced { certificate: *signer })?;
    let key = certificate.content().key();
    if !certificate.content().valid_at(at) {
        return Err(RegistrationError::NotValid { key, at });
    }
    let mut revocations = directory.revocations_of(signer);
    match revocations.find(|revoked| revoked.index < place && revoked.from_index <= place) {
        Some(revoked) => Err(RegistrationError::Revoked {
            key,
            revoked: revoked.index,
            object: place,
        }),
        None => Ok(()),
    }
}

impl<S> Verified<S> {
    /// The content.
    #[must_use]
    pub const fn content(&self) -> &S {
        &self.content
    }

    /// The object's id.
    #[must_use]
    pub const fn id(&self) -> ObjectId {
        self.object.id()
    }

    /// The envelope, byte for byte.
    #[must_use]
    pub fn envelope(&self) -> &[u8] {
        self.object.bytes()
    }

    /// The envelope as parsed.
    #[must_use]
    pub const fn object(&self) -> &SignedObject {
        &self.object
    }

    /// Id of the signer's certificate; absent for what its own payload's key signed.
    #[must_use]
    pub const fn signer(&self) -> Option<ObjectId> {
        self.object.claimed_key()
    }

    /// The signed time.
    #[must_use]
    pub fn signed_at(&self) -> Timestamp {
        self.object.peek_unverified().0.issued_at
    }
}

impl<S> Logged<S> {
    /// The verified statement.
    #[must_use]
    pub const fn verified(&self) -> &Verified<S> {
        &self.verified
    }

    /// The content.
    #[must_use]
    pub const fn content(&self) -> &S {
        &self.verified.content
    }

    /// The object's id.
    #[must_use]
    pub const fn id(&self) -> ObjectId {
        self.verified.id()
    }

    /// The leaf's index.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// When the log recorded it.
    #[must_use]
    pub const fn time(&self) -> Minute {
        self.time
    }

    /// Leaf index of what it acts on.
    #[must_use]
    pub const fn target(&self) -> Option<u64> {
        self.target
    }

    /// Size of the tree in which it was proved.
    #[must_use]
    pub const fn tree_size(&self) -> u64 {
        self.tree.size
    }

    /// The tree in which it was proved.
    #[must_use]
    pub const fn tree(&self) -> TreeHead {
        self.tree
    }
}

/// What a verified object says to the log. Its indices are resolved by the store.
#[derive(Debug, Clone, Copy)]
pub struct LogEntry<'a> {
    /// The object's kind.
    pub kind: Kind,
    /// The object's id.
    pub id: ObjectId,
    /// The envelope.
    pub envelope: &'a [u8],
    /// Id of the signer's certificate; the object's own id for the root.
    pub signer: ObjectId,
    /// The record it is about.
    pub plan: Option<PlanId>,
    /// The object acted on.
    pub target: Option<ObjectId>,
    /// A revocation's `from_index`.
    pub from: Option<u64>,
    /// The signed time.
    pub signed_at: Timestamp,
}

/// What may be appended to the log: verified objects of logged kinds, and nothing else. Sealed.
pub trait Loggable: sealed::Sealed {
    /// What the object says to the log.
    fn log_entry(&self) -> LogEntry<'_>;
}

impl<S: LoggedStatement> Loggable for Verified<S> {
    fn log_entry(&self) -> LogEntry<'_> {
        LogEntry {
            kind: S::KIND,
            id: self.id(),
            envelope: self.envelope(),
            signer: self.signer().unwrap_or_else(|| self.id()),
            plan: self.content.record(),
            target: self.content.target(),
            from: self.content.revoked_from(),
            signed_at: self.signed_at(),
        }
    }
}

mod sealed {
    #[expect(
        unnameable_types,
        reason = "sealing: nobody outside may name, and so implement, this"
    )]
    pub trait Sealed {}
    impl<S: crate::statement::LoggedStatement> Sealed for super::Verified<S> {}
}

/// Compares attachment bytes with what a version says of them: size first, then digest (FORMAT §8, step 9).
#[must_use]
pub fn attachment_matches(attachment: &Attachment, bytes: &[u8]) -> bool {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    attachment.size().value() == size && attachment.sha256() == Digest::of(bytes)
}

impl<S> core::fmt::Debug for Verified<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Verified({:?})", self.object)
    }
}

impl<S> core::fmt::Debug for Logged<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Logged({:?} at {})", self.verified.object, self.index)
    }
}
