//! Arguments of `planseal publish` and `planseal monitor`.

use std::path::PathBuf;

use clap::Args;

use super::Trusted;

#[derive(Args)]
pub(crate) struct Publish {
    /// The version's envelope
    pub(crate) version: PathBuf,
    /// The card that was signed with it
    #[arg(long, value_name = "FILE")]
    pub(crate) card: PathBuf,
    #[command(flatten)]
    pub(crate) trusted: Trusted,
    /// The service
    #[arg(long, value_name = "URL", env = "PLANSEAL_SERVER")]
    pub(crate) server: String,
    /// A file that the version names; repeatable. What the record holds already need not be given
    #[arg(long = "attachment", value_name = "FILE")]
    pub(crate) attachments: Vec<PathBuf>,
    /// The version replaced (its bundle, PDF or receipt), where the service does not show where that is registered
    #[arg(long, value_name = "FILE")]
    pub(crate) replaces: Option<PathBuf>,
}
