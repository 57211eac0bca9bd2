//! Why the service refused, or could not answer.

use std::sync::Arc;

use planseal::canonical::EncodeError;
use planseal::envelope::EnvelopeError;
use planseal::id::{ObjectId, PlanId};
use planseal::log::checkpoint::CheckpointError;
use planseal::log::note::NoteError;
use planseal::log::tree::TreeError;
use planseal::plan::contacts::Digest;
use planseal::sign::SigningError;
use planseal::statement::ContentError;
use planseal::status::StatusError;
use planseal::trust::PolicyError;
use planseal::validate::Finding;
use planseal::verify::{RegistrationError, VerifyError};
use planseal_render::RenderError;
use planseal_render::seal::SealError;
use planseal_store::{AppendError, AuditError, PrintRecordError, RandomError, ReadError};

use planseal_render::print::PrintError;

/// A statement was not taken in. Nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// The bytes are no envelope.
    #[error("the object is no envelope of this format")]
    Envelope(#[from] EnvelopeError),
    /// Signature, signer or content are not what they claim to be.
    #[error("the object does not verify")]
    Verify(#[from] VerifyError),
    /// The signer's certificate is not in force now.
    #[error("the signer's certificate is not in force")]
    NotInForce(#[from] RegistrationError),
    /// The card is not the projection of the version, or another person signed it.
    #[error("the card does not belong to the version: sign both again, in one ceremony")]
    CardDiffers,
    /// The version is of another record than it was sent to.
    #[error("the version is of record {signed}, and was sent to {addressed}")]
    OtherRecord {
        /// The record inside the signed bytes.
        signed: PlanId,
        /// The record in the address.
        addressed: PlanId,
    },
    /// The client's idea of the latest version is out of date.
    #[error(
        "the record's latest version is not the one this replaces: read the latest, and sign again for it"
    )]
    Stale {
        /// Named by the client.
        expected: ObjectId,
        /// The record's latest version or withdrawal.
        found: Option<ObjectId>,
    },
    /// The signed predecessor is not the version the client says it replaces.
    #[error("the version was signed as successor of another version than the one it is to replace")]
    OtherPredecessor {
        /// Named by the client.
        expected: ObjectId,
        /// Inside the signed bytes.
        signed: Option<ObjectId>,
    },
    /// A version that follows another was sent as the beginning of a record.
    #[error(
        "this version follows another: send it to its record, with If-Match naming the version it replaces"
    )]
    NotFirst,
    /// The statement acts on something that is not in this record, or not of a kind it can act on.
    #[error("{target} is not a {expected} of this record")]
    OtherTarget {
        /// What the statement acts on.
        target: ObjectId,
        /// What it could act on.
        expected: &'static str,
    },
    /// The version was replaced or withdrawn.
    #[error("the version is not the record's latest any more: read the latest, and sign again for it")]
    NotLatest,
    /// The record's latest version is withdrawn already.
    #[error("the record is withdrawn already, and nothing was published since")]
    AlreadyWithdrawn,
    /// An intake names another version than the record's latest, or none where there is one.
    #[error(
        "the intake was made for another state of the record: read the latest version or withdrawal, and sign again for it"
    )]
    IntakeElsewhere {
        /// Named by the intake.
        named: Option<ObjectId>,
        /// The record's latest version or withdrawal.
        latest: Option<ObjectId>,
    },
    /// A resolution in another matter than the report's.
    #[error(
        "this is not closed in this matter: it needs somebody of its own matter, or a court's declaration"
    )]
    OtherMatter,
    /// A confirmation names what does not carry it out.
    #[error(
        "{by} does not carry this out: name a version or withdrawal of this record that was registered after the report"
    )]
    NotCarriedOut {
        /// Named by the resolution.
        by: ObjectId,
    },
    /// The document is none of the target's.
    #[error("the document with SHA-256 {sha256} is not one that the version or intake names")]
    OtherDocument {
        /// Named by the statement.
        sha256: Digest,
    },
    /// The hold that is to end has ended, or is of another kind.
    #[error("this hold does not stand any more, or is of another kind")]
    HoldNotStanding,
    /// A record does not begin while a report about what was received is open.
    #[error(
        "something was reported about the advance decision that this record received, and nobody resolved it yet: resolve it, then publish"
    )]
    ReportOpen,
    /// A revocation for a place that the log has not reached: it would not revoke anything now.
    #[error(
        "the revocation begins at leaf {from_index} and the log holds {size} leaves: sign it with a place in the log"
    )]
    RevocationAhead {
        /// Named by the revocation.
        from_index: u64,
        /// Leaves in the log.
        size: u64,
    },
    /// A staff list with a number that was used.
    #[error(
        "the organisation's last staff list has number {last}, and this one has {number}: lists are numbered on"
    )]
    OldStaffList {
        /// Of this list.
        number: u32,
        /// Of the last one.
        last: u32,
    },
    /// An endorser is somebody else than the author.
    #[error("the author of a version cannot endorse it")]
    OwnEndorsement,
    /// What a reader reports cannot be recorded as it stands.
    #[error("the report cannot be recorded")]
    Words(#[from] ContentError),
    /// What the deployment does not accept, with field and rule.
    #[error("the plan cannot be accepted here")]
    Findings(Vec<Finding>),
    /// The store refused or failed.
    #[error(transparent)]
    Append(Box<AppendError>),
    /// The service could not do its own part.
    #[error(transparent)]
    Service(Box<ServiceError>),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl From<AppendError> for AdmitError {
    fn from(fault: AppendError) -> Self {
        Self::Append(Box::new(fault))
    }
}

impl From<ServiceError> for AdmitError {
    fn from(fault: ServiceError) -> Self {
        Self::Service(Box::new(fault))
    }
}

/// The service could not answer.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// No such record, version or file.
    #[error("there is nothing here by this name")]
    NotFound,
    /// Only the latest version, when nothing speaks against it, is stamped.
    #[error("this version is not the current one and gets no stamp: take the latest")]
    NotCurrent,
    /// The patient withdrew from sharing: nothing of the plan is printed.
    #[error("this plan is no longer shared here and is not printed: ask the patient")]
    NotShared,
    /// Readers' policy asks for more witnesses than have confirmed this.
    #[error(
        "this version is registered, and fewer witnesses than readers ask for have confirmed it yet: print it in a minute"
    )]
    NotWitnessed,
    /// A version without a card carries no code.
    #[error("this version was published without a card, so it has no printed code")]
    NoCard,
    /// What the store gave back does not verify.
    #[error("an object in the store does not verify")]
    Verify(#[from] VerifyError),
    /// An object of the store is no envelope.
    #[error("an object in the store is no envelope")]
    Envelope(#[from] EnvelopeError),
    /// What the store gave back is not registered as it claims.
    #[error("an object in the store is not registered as it claims")]
    Registration(#[from] RegistrationError),
    /// The store holds an object without receipt.
    #[error("object {id} has no receipt in the log")]
    NoReceipt {
        /// The object.
        id: ObjectId,
    },
    /// The store failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log's own checkpoint does not hold.
    #[error("the log's checkpoint does not hold")]
    Checkpoint(#[from] CheckpointError),
    /// The log's own checkpoint is no note.
    #[error("the log's checkpoint is no note")]
    Note(#[from] NoteError),
    /// The log's tree lacks what a proof needs.
    #[error("a proof between two trees of the log cannot be made")]
    Tree(#[from] TreeError),
    /// The log's leaves make no sense.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// One of the service's keys gave no signature.
    #[error("one of the service's keys gave no signature")]
    Signing(#[from] SigningError),
    /// The key's certificate is not known.
    #[error("certificate {id} of a service key is not registered")]
    KeyNotRegistered {
        /// The certificate.
        id: ObjectId,
    },
    /// A view of the log cannot be put together.
    #[error("a signed view cannot be put together")]
    Content(#[from] ContentError),
    /// A bundle cannot be encoded.
    #[error("a bundle cannot be encoded")]
    Encode(#[from] EncodeError),
    /// A PDF cannot be made.
    #[error("the plan cannot be printed")]
    Print(#[from] PrintError),
    /// A PDF cannot be sealed.
    #[error("the plan's PDF cannot be sealed, so it is not handed out")]
    Seal(#[from] SealError),
    /// The thread that printed ended before it was done.
    #[error("printing broke off")]
    PrintBrokeOff,
    /// What is handed out could not be recorded, so it is not handed out.
    #[error("the print could not be recorded, so it is not handed out")]
    PrintRecord(#[from] PrintRecordError),
    /// A page cannot be laid out.
    #[error("the plan cannot be laid out")]
    Render(#[from] RenderError),
    /// The access could not be recorded, so nothing is shown.
    #[error("the access could not be recorded, so nothing is shown")]
    Audit(#[from] Arc<AuditError>),
    /// A snapshot could not be logged, or the store not closed.
    #[error("the store did not take what the service writes by itself")]
    Append(#[from] Box<AppendError>),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The deployment's policy cannot be used.
    #[error("the deployment's trust policy cannot be used")]
    Policy(#[from] PolicyError),
    /// The service's own evidence does not verify.
    #[error("the service's own evidence does not verify")]
    Reader(#[from] planseal::check::ReaderError),
}
