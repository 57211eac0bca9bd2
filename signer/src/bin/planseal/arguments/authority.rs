//! Arguments of `planseal ca`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use planseal::statement::RevocationReason;
use planseal::time::{Date, Timestamp};

use super::{Outgoing, PassphraseFrom, Trusted};

#[derive(Subcommand)]
pub(crate) enum Ca {
    /// Set a root or an organisation's machine up
    #[command(subcommand)]
    Init(CaInit),
    /// Invite a person (or, with --organisation, an organisation) to enrol a key within fifteen minutes
    Invite(Box<CaInvite>),
    /// Certify the key in an answer, after a second person heard its fingerprint
    Issue {
        /// The authority's folder
        folder: PathBuf,
        /// The candidate's request
        request: PathBuf,
        /// The second person who had the candidate read the fingerprint out
        #[arg(long, value_name = "NAME")]
        confirmed_by: String,
        /// The fingerprint as heard (asked for when absent)
        #[arg(long)]
        fingerprint: Option<String>,
        #[command(flatten)]
        passphrase: PassphraseFrom,
        /// The certificate file to make
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Revoke a certificate that this authority issued
    Revoke(Box<Revoke>),
    /// The service's seal around PDFs: its authority and its keys
    #[command(subcommand)]
    Seal(CaSeal),
}

#[derive(Subcommand)]
pub(crate) enum CaSeal {
    /// Make the authority of seals: authority.pem, which PDF programs trust and the trust policy pins, and its key
    Init {
        /// A new folder
        folder: PathBuf,
        /// The authority's name as PDF programs show it
        #[arg(long)]
        name: String,
        #[command(flatten)]
        passphrase: PassphraseFrom,
        /// Make a weakly protected key for public examples and tests only
        #[arg(long)]
        public_example: bool,
    },
    /// Make a sealing key for 366 days: seal.pem with its certificates, and seal-key.pem
    Issue {
        /// The authority's folder
        folder: PathBuf,
        /// The service's name as PDF programs show it
        #[arg(long)]
        name: String,
        #[command(flatten)]
        passphrase: PassphraseFrom,
        /// Make a weakly protected key for public examples and tests only
        #[arg(long)]
        public_example: bool,
        /// The folder for both files; it must be there
        #[arg(short, long, value_name = "FOLDER")]
        output: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum CaInit {
    /// Make a root: key, certificate, empty ledger
    Root {
        /// A new folder
        folder: PathBuf,
        /// Code of whoever runs the service
        #[arg(long)]
        organisation: String,
        /// Its name
        #[arg(long)]
        organisation_name: String,
        /// The root's name
        #[arg(long)]
        name: String,
        /// Last day of validity, YYYY-MM-DD
        #[arg(long, value_parser = Date::parse)]
        until: Date,
        #[command(flatten)]
        passphrase: PassphraseFrom,
        /// Make a weakly protected key for public examples and tests only
        #[arg(long)]
        public_example: bool,
    },
    /// Set an organisation's machine up in the folder that holds its key.pem
    Organisation {
        /// The folder with key.pem
        folder: PathBuf,
        /// The certificate that the root issued
        #[arg(long)]
        certificate: PathBuf,
        /// The trust policy of the region
        #[arg(long, value_name = "FILE")]
        trust_policy: PathBuf,
        #[command(flatten)]
        passphrase: PassphraseFrom,
    },
}

#[derive(Args)]
pub(crate) struct CaInvite {
    /// The authority's folder
    pub(crate) folder: PathBuf,
    /// The person's name as it will be printed; the organisation's name with --organisation
    #[arg(long)]
    pub(crate) name: String,
    /// Invite an organisation: its code (a root only)
    #[arg(long, value_name = "CODE", requires = "kind", conflicts_with_all = ["roles", "registration"])]
    pub(crate) organisation: Option<String>,
    /// The organisation's kind, for example gp_practice
    #[arg(long, requires = "organisation")]
    pub(crate) kind: Option<String>,
    /// Professional registration, for example gmc:9900011
    #[arg(long, value_name = "BODY:NUMBER")]
    pub(crate) registration: Option<String>,
    /// What the key may sign, for example finaliser; repeatable
    #[arg(long = "role", value_name = "ROLE")]
    pub(crate) roles: Vec<String>,
    /// Where the key is kept: file, token or browser
    #[arg(long, default_value = "file")]
    pub(crate) custody: String,
    /// Last day of validity, YYYY-MM-DD
    #[arg(long, value_parser = Date::parse)]
    pub(crate) until: Date,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseFrom,
    /// The invite file to make
    #[arg(short, long)]
    pub(crate) output: PathBuf,
}

#[derive(Args)]
pub(crate) struct Revoke {
    /// The authority's folder
    pub(crate) folder: PathBuf,
    /// The certificate to revoke
    pub(crate) certificate: PathBuf,
    /// Its issuer's certificate, where a root revokes what an organisation issued; repeatable
    #[arg(long = "issuer", value_name = "FILE")]
    pub(crate) issuers: Vec<PathBuf>,
    /// Why
    #[arg(long, value_enum)]
    pub(crate) reason: Reason,
    #[command(flatten)]
    pub(crate) from: FromWhere,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseFrom,
    #[command(flatten)]
    pub(crate) trusted: Trusted,
    #[command(flatten)]
    pub(crate) outgoing: Outgoing,
    /// Revoke without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// Since when: what the key signed before stays verified, what it signed from there on is suspended.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct FromWhere {
    /// From this leaf of the log on
    #[arg(long, value_name = "NUMBER")]
    pub(crate) from_index: Option<u64>,
    /// From the first leaf logged at this time or later (needs --server), for example 2026-11-22T14:32:00Z
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    pub(crate) since: Option<Timestamp>,
    /// From now on: nothing that is logged already is suspended (needs --server or --trust-list)
    #[arg(long)]
    pub(crate) from_now: bool,
}

/// Why a certificate is revoked.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// The key may be in other hands
    KeyCompromised,
    /// The key is lost, or its file or device destroyed
    KeyLost,
    /// The person left the organisation or no longer holds the role
    Left,
    /// The person was not entitled when they signed
    NotEntitled,
    /// Replaced by a newer certificate
    Replaced,
}

impl From<Reason> for RevocationReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::KeyCompromised => Self::KeyCompromised,
            Reason::KeyLost => Self::KeyLost,
            Reason::Left => Self::Left,
            Reason::NotEntitled => Self::NotEntitled,
            Reason::Replaced => Self::Replaced,
        }
    }
}

#[derive(Args)]
pub(crate) struct Staff {
    /// The authority's folder
    pub(crate) folder: PathBuf,
    /// Everybody who is authorised today, JSON: [{"name", "registration": "gmc:9900011", "roles": ["finaliser"],
    /// "trained_until": "2027-03-31"}]
    pub(crate) list: PathBuf,
    /// The agreement under which the list is sent
    #[arg(long)]
    pub(crate) agreement: String,
    /// The list's number; one more than the last that was signed here when absent
    #[arg(long)]
    pub(crate) number: Option<u32>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseFrom,
    #[command(flatten)]
    pub(crate) trusted: Trusted,
    #[command(flatten)]
    pub(crate) outgoing: Outgoing,
    /// Sign without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
}
