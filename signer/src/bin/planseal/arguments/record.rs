//! Arguments of `planseal intake`, `custody`, `resolve` and `hold`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use planseal::statement;
use planseal::time::Timestamp;

use super::{Outgoing, SignedBy};

#[derive(Args)]
pub(crate) struct Intake {
    /// The record: its latest version or withdrawal (file), or with --server its id. Without it a new record begins
    #[arg(value_name = "FILE|PLAN")]
    pub(crate) plan: Option<String>,
    #[command(flatten)]
    pub(crate) form: Form,
    /// From whom it was received
    #[arg(long, value_name = "WORDS")]
    pub(crate) received_from: String,
    /// How that person, and the patient, were identified
    #[arg(long, value_name = "WORDS")]
    pub(crate) identified_by: String,
    /// Where the original is
    #[arg(long, value_name = "WORDS")]
    pub(crate) original: String,
    /// What it was captured with
    #[arg(long, value_name = "WORDS")]
    pub(crate) device: Option<String>,
    /// Answers to the recording checklist R01 to R14 so far, JSON: [{"question": "R01", "answer": "yes"}]
    #[arg(long, value_name = "FILE")]
    pub(crate) checklist: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) by: SignedBy,
    #[command(flatten)]
    pub(crate) outgoing: Outgoing,
}

/// What was received.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Form {
    /// The scan of a document: PDF, PNG or JPEG
    #[arg(long, value_name = "FILE")]
    pub(crate) document: Option<PathBuf>,
    /// Spoken words as they were heard; asked for when none follow, and better so: a command line is seen by others
    #[arg(long, value_name = "WORDS", num_args = 0..=1, default_missing_value = "")]
    pub(crate) spoken: Option<String>,
}

#[derive(Args)]
pub(crate) struct Custody {
    /// The version or intake that names the document: its file, or with --record and --server its id
    #[arg(value_name = "FILE|ID")]
    pub(crate) target: String,
    /// The record, where the target is given by its id
    #[arg(long, value_name = "PLAN")]
    pub(crate) record: Option<String>,
    /// What happened
    #[arg(long, value_enum)]
    pub(crate) event: Event,
    /// Who had it before
    #[arg(long, value_name = "WORDS")]
    pub(crate) from: Option<String>,
    /// Who has it since
    #[arg(long, value_name = "WORDS")]
    pub(crate) to: Option<String>,
    /// Where it lies
    #[arg(long, value_name = "WORDS")]
    pub(crate) place: Option<String>,
    /// The document's scan, to name it by its digest
    #[arg(long, value_name = "FILE")]
    pub(crate) document: Option<PathBuf>,
    /// When it happened; now when absent
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    pub(crate) happened_at: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) by: SignedBy,
    #[command(flatten)]
    pub(crate) outgoing: Outgoing,
}

#[derive(Args)]
pub(crate) struct Resolve {
    /// The report, intake or version: its file, or with --record and --server its id
    #[arg(value_name = "FILE|ID")]
    pub(crate) target: String,
    /// The record, where the target is given by its id
    #[arg(long, value_name = "PLAN")]
    pub(crate) record: Option<String>,
    /// Whose matter it is
    #[arg(long, value_enum)]
    pub(crate) matter: Matter,
    /// How it ended
    #[arg(long, value_enum)]
    pub(crate) outcome: Outcome,
    /// Why, in words
    #[arg(long)]
    pub(crate) words: String,
    /// The version or withdrawal that carried it out (file or id); needed for confirmed
    #[arg(
        long = "carried-out-by",
        value_name = "FILE|ID",
        required_if_eq("outcome", "confirmed")
    )]
    pub(crate) carried_out_by: Option<String>,
    /// The court's citation; needed for court_declaration
    #[arg(long, value_name = "WORDS", required_if_eq("outcome", "court_declaration"))]
    pub(crate) citation: Option<String>,
    #[command(flatten)]
    pub(crate) by: SignedBy,
    #[command(flatten)]
    pub(crate) outgoing: Outgoing,
}

#[derive(Args)]
pub(crate) struct Hold {
    /// Whether it begins or ends
    #[arg(value_enum)]
    pub(crate) act: HoldAct,
    /// begins: the version or intake it is about. ends: the hold that began. Its file, or with --record and --server
    /// its id
    #[arg(value_name = "FILE|ID")]
    pub(crate) target: String,
    /// The record, where the target is given by its id
    #[arg(long, value_name = "PLAN")]
    pub(crate) record: Option<String>,
    /// What for
    #[arg(long, value_enum)]
    pub(crate) kind: HoldKind,
    /// On whose authority, for example a court order's number
    #[arg(long, value_name = "WORDS")]
    pub(crate) authority: String,
    #[command(flatten)]
    pub(crate) by: SignedBy,
    #[command(flatten)]
    pub(crate) outgoing: Outgoing,
}

/// What happened to an original.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Event {
    /// Somebody received it; --to says who
    Received,
    /// It went from one to another; --from and --to say who
    Transferred,
    /// It was laid down; --place says where
    Stored,
    /// It was given back; --to says to whom
    Returned,
    /// It is lost
    Lost,
    /// The patient re-affirmed it
    Reaffirmed,
}

impl From<Event> for statement::CustodyEvent {
    fn from(word: Event) -> Self {
        match word {
            Event::Received => Self::Received,
            Event::Transferred => Self::Transferred,
            Event::Stored => Self::Stored,
            Event::Returned => Self::Returned,
            Event::Lost => Self::Lost,
            Event::Reaffirmed => Self::Reaffirmed,
        }
    }
}

/// Whose matter a doubt is.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Matter {
    /// What is to be done for the patient: a finaliser's
    Clinical,
    /// Whether a document is what it seems: governance's
    Document,
    /// Whether somebody saw what was not theirs to see: a privacy officer's
    Access,
}

impl From<Matter> for statement::Matter {
    fn from(word: Matter) -> Self {
        match word {
            Matter::Clinical => Self::Clinical,
            Matter::Document => Self::Document,
            Matter::Access => Self::Access,
        }
    }
}

/// How a doubt ended.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It is so, and a version or withdrawal carried it out
    Confirmed,
    /// It is not so
    Unfounded,
    /// A court declared what is so
    CourtDeclaration,
}

impl From<Outcome> for statement::Outcome {
    fn from(word: Outcome) -> Self {
        match word {
            Outcome::Confirmed => Self::Confirmed,
            Outcome::Unfounded => Self::Unfounded,
            Outcome::CourtDeclaration => Self::CourtDeclaration,
        }
    }
}

/// What a hold is for.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum HoldKind {
    /// Nothing of the record may be destroyed
    LegalHold,
    /// The record is set apart while a doubt is looked into
    Quarantine,
}

impl From<HoldKind> for statement::HoldKind {
    fn from(word: HoldKind) -> Self {
        match word {
            HoldKind::LegalHold => Self::LegalHold,
            HoldKind::Quarantine => Self::Quarantine,
        }
    }
}

/// Whether a hold begins or ends.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum HoldAct {
    /// It begins
    Begins,
    /// It ends
    Ends,
}

impl From<HoldAct> for statement::HoldAct {
    fn from(word: HoldAct) -> Self {
        match word {
            HoldAct::Begins => Self::Begins,
            HoldAct::Ends => Self::Ends,
        }
    }
}
