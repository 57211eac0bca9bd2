//! Arguments of `planseal trust`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Trusted;

#[derive(Subcommand)]
pub(crate) enum Trust {
    /// Fetch the trust list and the newest snapshot, verify them, and keep them for checking without a connection
    Fetch {
        #[command(flatten)]
        trusted: Trusted,
        /// The service
        #[arg(long, value_name = "URL", env = "PLANSEAL_SERVER")]
        server: String,
        /// The folder for trust-list.cbor and snapshot.cbor; files there are replaced by newer ones only
        #[arg(short, long, value_name = "FOLDER", default_value = ".")]
        output: PathBuf,
    },
    /// Show fingerprints, log key, witnesses and ages
    Show {
        #[command(flatten)]
        trusted: Trusted,
        /// A snapshot, to show its age
        #[arg(long, value_name = "FILE", env = "PLANSEAL_SNAPSHOT")]
        snapshot: Option<PathBuf>,
    },
    /// Put a trust policy together: what everybody who reads plans of this service pins
    Policy(Policy),
}

#[derive(Args)]
pub(crate) struct Policy {
    /// The root's certificate
    #[arg(long, value_name = "FILE")]
    pub(crate) root: PathBuf,
    /// The log's verifier key, NAME+ID+KEY (C2SP signed-note)
    #[arg(long, value_name = "KEY")]
    pub(crate) log_key: String,
    /// The witness policy (C2SP tlog-policy); without it no witness is asked for
    #[arg(long, value_name = "FILE")]
    pub(crate) witness_policy: Option<PathBuf>,
    /// Whom readers ask when something cannot be checked
    #[arg(long)]
    pub(crate) contact: String,
    /// The certificate of the authority of seals, where PDFs are sealed
    #[arg(long, value_name = "FILE")]
    pub(crate) seals: Option<PathBuf>,
    /// The policy file to make
    #[arg(short, long)]
    pub(crate) output: PathBuf,
}
