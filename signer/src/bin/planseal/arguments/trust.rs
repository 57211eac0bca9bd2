//! Arguments of `planseal trust`.

use std::path::PathBuf;

use clap::Subcommand;

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
}
