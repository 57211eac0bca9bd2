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

/// Exit codes of monitor, fixed.
pub(crate) const MONITOR_EXIT_CODES: &str = "\
Exit codes of monitor (fixed):
   0  everything that was shown is consistent
   1  could not run
   2  wrong usage
  20  CONTRADICTION: the service contradicts itself; the evidence was written
  21  a certificate in the watched organisation's name that is not expected
  22  not reached, or not to be judged: nothing was proved, and nothing is held against the service
The state is written only after everything held. With --every, 22 is reported and the next round is waited for.";

#[derive(Args)]
pub(crate) struct Monitor {
    /// The service whose log is followed
    #[arg(long, value_name = "URL", env = "PLANSEAL_SERVER")]
    pub(crate) server: String,
    /// Where the log was left the last time; begun when absent
    #[arg(long, value_name = "FILE")]
    pub(crate) state: PathBuf,
    /// The trust policy to pin
    #[arg(long, value_name = "FILE", env = "PLANSEAL_TRUST_POLICY")]
    pub(crate) trust_policy: PathBuf,
    /// A head that somebody was shown, to be computed again; repeatable
    #[arg(long = "head", value_name = "FILE")]
    pub(crate) heads: Vec<PathBuf>,
    /// A snapshot that somebody was shown; repeatable. The newest is fetched in any case
    #[arg(long = "snapshot", value_name = "FILE")]
    pub(crate) snapshots: Vec<PathBuf>,
    /// Watch every certificate issued in this organisation's name
    #[arg(long, value_name = "CODE", requires = "expect")]
    pub(crate) organisation: Option<String>,
    /// The certificates that are expected: one id to a line, anything after it is a remark
    #[arg(long, value_name = "FILE", requires = "organisation")]
    pub(crate) expect: Option<PathBuf>,
    /// Where evidence is written
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(crate) evidence: PathBuf,
    /// Look once (this is what happens when nothing is said)
    #[arg(long, conflicts_with = "every")]
    pub(crate) once: bool,
    /// Look again and again
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub(crate) every: Option<u32>,
}
