//! Arguments of the commands that sign or send short statements about a record, and of `planseal status`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use planseal::statement::{ReportCode, WithdrawalReason};

use super::{SignedBy, Trusted};

/// Where a signed statement goes.
#[derive(Args)]
pub(crate) struct Outgoing {
    /// The envelope to make; named after its kind and id when absent
    #[arg(short, long)]
    pub(crate) output: Option<PathBuf>,
    /// Send it to this service at once, and verify that it is registered; never taken from the environment
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
}

#[derive(Args)]
pub(crate) struct Endorse {
    /// The version's envelope
    pub(crate) version: PathBuf,
    #[command(flatten)]
    pub(crate) by: SignedBy,
    /// What is stated
    #[arg(long, value_enum, default_value_t = Statement::ResponsibleClinician)]
    pub(crate) statement: Statement,
    #[command(flatten)]
    pub(crate) outgoing: Outgoing,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Statement {
    /// Read and agreed with, as the senior responsible clinician
    ResponsibleClinician,
    /// A second opinion that was asked for
    SecondOpinion,
}

#[derive(Args)]
pub(crate) struct Withdraw {
    /// The version to withdraw (envelope, bundle or PDF), or with --server the record's id
    #[arg(value_name = "FILE|PLAN")]
    pub(crate) plan: String,
    /// Why
    #[arg(long, value_enum)]
    pub(crate) reason: Withdrawing,
    #[command(flatten)]
    pub(crate) by: SignedBy,
    #[command(flatten)]
    pub(crate) outgoing: Outgoing,
}

/// Why a plan is withdrawn.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Withdrawing {
    /// A clinician withdraws it
    WithdrawnByClinician,
    /// The patient no longer shares it
    SharingStopped,
    /// The patient died
    ClosedOnDeath,
    /// It was entered in error, for example for another patient
    EnteredInError,
}

impl From<Withdrawing> for WithdrawalReason {
    fn from(reason: Withdrawing) -> Self {
        match reason {
            Withdrawing::WithdrawnByClinician => Self::WithdrawnByClinician,
            Withdrawing::SharingStopped => Self::SharingStopped,
            Withdrawing::ClosedOnDeath => Self::ClosedOnDeath,
            Withdrawing::EnteredInError => Self::EnteredInError,
        }
    }
}

#[derive(Args)]
pub(crate) struct Report {
    /// The version you have before you (envelope, bundle or PDF), or the record's id
    #[arg(value_name = "FILE|PLAN")]
    pub(crate) plan: String,
    /// What is reported
    #[arg(long, value_enum)]
    pub(crate) code: Reported,
    /// The words used, as you heard or saw them; asked for when absent, and better so: a command line is seen by others
    #[arg(long)]
    pub(crate) words: Option<String>,
    /// Who reports, for example "Paramedic A. Example, London Test Ambulance"
    #[arg(long)]
    pub(crate) reporter: String,
    #[command(flatten)]
    pub(crate) trusted: Trusted,
    /// The service that records it
    #[arg(long, value_name = "URL", env = "PLANSEAL_SERVER")]
    pub(crate) server: String,
}

/// What is reported.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Reported {
    /// The patient said that the advance decision is withdrawn
    #[value(name = "withdrawal_reported")]
    Withdrawal,
    /// Somebody doubts that the document is genuine
    AuthenticityDisputed,
    /// A lasting power of attorney later than the advance decision was seen
    LaterLpaSeen,
    /// The patient acted against the advance decision
    InconsistentConduct,
    /// The patient died
    PatientDied,
    /// The plan is about another person
    WrongPatient,
    /// Anything else; the words say it
    Other,
}

impl From<Reported> for ReportCode {
    fn from(code: Reported) -> Self {
        match code {
            Reported::Withdrawal => Self::WithdrawalReported,
            Reported::AuthenticityDisputed => Self::AuthenticityDisputed,
            Reported::LaterLpaSeen => Self::LaterLpaSeen,
            Reported::InconsistentConduct => Self::InconsistentConduct,
            Reported::PatientDied => Self::PatientDied,
            Reported::WrongPatient => Self::WrongPatient,
            Reported::Other => Self::Other,
        }
    }
}

#[derive(Args)]
pub(crate) struct Register {
    /// The signed statement or certificate
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) trusted: Trusted,
    /// The service
    #[arg(long, value_name = "URL", env = "PLANSEAL_SERVER")]
    pub(crate) server: String,
}

#[derive(Args)]
pub(crate) struct Status {
    /// A version of the plan (envelope, bundle or PDF), or the record's id
    #[arg(value_name = "FILE|PLAN")]
    pub(crate) plan: String,
    #[command(flatten)]
    pub(crate) trusted: Trusted,
    /// The service to ask
    #[arg(long, value_name = "URL", env = "PLANSEAL_SERVER")]
    pub(crate) server: String,
}
