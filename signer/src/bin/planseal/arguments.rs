//! The command line (UX §3). Secrets have no place on it.

mod authority;
mod publication;
mod record;
mod statements;
mod trust;

use std::io;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use planseal::time::Timestamp;

/// Exit code of everything that could not be done.
pub(crate) const COULD_NOT_RUN: u8 = 1;

pub(crate) use authority::{Ca, CaInit, CaInvite, CaSeal, Revoke, Staff};
pub(crate) use publication::{MONITOR_EXIT_CODES, Monitor, Publish};
pub(crate) use record::{Custody, Form, Hold, Intake, Resolve};
pub(crate) use statements::{Endorse, Outgoing, Register, Report, Statement, Status, Withdraw};
pub(crate) use trust::{Policy, Trust};

const EXIT_CODES: &str = "\
Exit codes of verify and status (fixed):
   0  CURRENT
   1  could not run
   2  wrong usage
  10  NOT GENUINE, or an attachment is another file
  11  signer unknown here, or nothing pinned
  12  SUPERSEDED
  13  WITHDRAWN
  14  genuine; currency unknown, older than --max-age, or registration not checkable
  15  CANNOT READ: says nothing about the plan
  16  CURRENT with a warning
  17  SUSPENDED
  18  current plan in an ALTERED FILE
monitor has its own: see planseal monitor --help.
Other commands: 0 done (for sign --server and publish: PUBLISHED), 1 could not be done or confirmed, 2 wrong usage.";

/// Sign, check and explain urgent care plans.
#[derive(Parser)]
#[command(name = "planseal", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

/// What every command understands.
#[derive(Args)]
pub(crate) struct Shared {
    /// Print JSON on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print nothing but the result; for verify nothing at all, the exit code says it
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Never ask; fail where an answer would be needed
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// When to colour the verdict (NO_COLOR is respected)
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
    /// Replace existing output files
    #[arg(long, global = true)]
    pub(crate) force: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a signing key in an encrypted file
    Keygen(Keygen),
    /// Get a certificate for a key: answer an invite, accept what was issued
    #[command(subcommand)]
    Enrol(Enrol),
    /// The organisation's own machine: certify people, or as a root organisations
    #[command(subcommand)]
    Ca(Ca),
    /// Validate a draft, show what would be signed, sign it
    Sign(Sign),
    /// Send a signed version to a service; says PUBLISHED only when everything it answers was verified
    Publish(Publish),
    /// Endorse a version that a colleague signed
    Endorse(Endorse),
    /// Withdraw a plan, and say why
    Withdraw(Withdraw),
    /// Report something about a plan; every reader is warned at once
    Report(Report),
    /// Record an advance decision as it was received, with or without any plan
    Intake(Box<Intake>),
    /// Record where the original of an advance decision is, or who handed it to whom
    Custody(Box<Custody>),
    /// Say how a report or intake was dealt with, or what a court declared
    Resolve(Box<Resolve>),
    /// Begin or end a legal hold or a quarantine
    Hold(Hold),
    /// Sign the organisation's list of authorised staff, on its own machine
    Staff(Staff),
    /// Send a statement or certificate that was signed before to a service
    Register(Register),
    /// Check a plan: PDF, bundle, envelope, a picture of a printed code, or its text
    #[command(after_help = EXIT_CODES)]
    Verify(Verify),
    /// Ask a service what became of a plan: state, warnings, history
    #[command(after_help = EXIT_CODES)]
    Status(Status),
    /// Follow a service's log and compute again everything that it signs
    #[command(after_help = MONITOR_EXIT_CODES)]
    Monitor(Monitor),
    /// Show what any planseal file says, without checking it; evidence of a contradiction is checked again
    Inspect(Inspect),
    /// Show what two versions of a plan say differently, without checking them
    Diff(Diff),
    /// Fetch what offline readers need; show what is pinned and how old it is
    #[command(subcommand)]
    Trust(Trust),
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual pages of the tool and of every command (roff)
    Man,
}

/// Where a passphrase comes from. Without either it is asked for.
#[derive(Args)]
pub(crate) struct PassphraseFrom {
    /// Read the passphrase from the first line of a file that only you can read
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_fd")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Read the passphrase from the first line of an open file descriptor
    #[arg(long, value_name = "NUMBER")]
    pub(crate) passphrase_fd: Option<u16>,
}

#[derive(Args)]
pub(crate) struct Keygen {
    /// The key file to make
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseFrom,
    /// Make a weakly protected key for public examples and tests only
    #[arg(long)]
    pub(crate) public_example: bool,
}

#[derive(Subcommand)]
pub(crate) enum Enrol {
    /// Sign the answer to an invite with the new key
    Answer {
        /// The invite file from the organisation
        invite: PathBuf,
        /// The new key
        #[arg(long)]
        key: PathBuf,
        #[command(flatten)]
        passphrase: PassphraseFrom,
        /// The request file to make
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Check the certificate that was issued: it leads to the pinned root and names this key
    Accept {
        /// The certificate, and its organisation's, in any order
        #[arg(required = true)]
        certificates: Vec<PathBuf>,
        /// The key
        #[arg(long)]
        key: PathBuf,
        #[command(flatten)]
        passphrase: PassphraseFrom,
        #[command(flatten)]
        trusted: Trusted,
    },
}

/// Who signs: the key, its certificate and what leads to the pinned root.
#[derive(Args)]
pub(crate) struct SignedBy {
    /// The signer's key file
    #[arg(long)]
    pub(crate) key: PathBuf,
    /// The signer's certificate, and its organisation's; repeatable. Found by the key when a --trust-list names it
    #[arg(long = "certificate", value_name = "FILE")]
    pub(crate) certificates: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseFrom,
    #[command(flatten)]
    pub(crate) trusted: Trusted,
    /// Sign without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// What the reader pinned and was given.
#[derive(Args)]
pub(crate) struct Trusted {
    /// A trust policy to pin; repeatable for several regions
    #[arg(
        long = "trust-policy",
        value_name = "FILE",
        env = "PLANSEAL_TRUST_POLICY",
        value_delimiter = ':'
    )]
    pub(crate) policies: Vec<PathBuf>,
    /// A trust list: every certificate and revocation
    #[arg(
        long = "trust-list",
        value_name = "FILE",
        env = "PLANSEAL_TRUST_LIST",
        value_delimiter = ':'
    )]
    pub(crate) lists: Vec<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Sign {
    /// The draft, JSON
    pub(crate) draft: PathBuf,
    #[command(flatten)]
    pub(crate) by: SignedBy,
    /// The author's post as it will be printed, for example "General practitioner"
    #[arg(long)]
    pub(crate) post: String,
    /// The version this one follows (envelope); after a withdrawal give both, the withdrawal and the version that it
    /// withdrew. Without it a new record begins
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Vec<PathBuf>,
    /// The id chosen for a new record; drawn at random when absent
    #[arg(long, value_name = "UUID", conflicts_with = "previous")]
    pub(crate) plan: Option<String>,
    /// A file that the draft names as an attachment; repeatable
    #[arg(long = "attach", value_name = "FILE")]
    pub(crate) attach: Vec<PathBuf>,
    /// Accept the NHS numbers kept for tests (999 …) and no others
    #[arg(long)]
    pub(crate) test_numbers: bool,
    /// Publish at this service at once; without it the version is signed and NOT PUBLISHED
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Where to write: OUTPUT.cose and OUTPUT.card.cose; beside the draft when absent
    #[arg(short, long)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// PDF, bundle, envelope, a picture (PNG, JPEG) of the printed code, or a text file with it; - is stdin
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) trusted: Trusted,
    /// A snapshot of the log, for checking without a connection
    #[arg(long, value_name = "FILE", env = "PLANSEAL_SNAPSHOT")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Ask this service for its trust list, snapshot and the record's head
    #[arg(long, value_name = "URL", env = "PLANSEAL_SERVER")]
    pub(crate) server: Option<String>,
    /// Use no network at all
    #[arg(long)]
    pub(crate) offline: bool,
    /// Judge as of this time, for example 2026-11-22T14:32:00Z; named in the verdict
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    pub(crate) at: Option<Timestamp>,
    /// The oldest evidence to accept as current, in minutes
    #[arg(long, value_name = "MINUTES")]
    pub(crate) max_age: Option<u32>,
    /// A file said to be attached to the plan; repeatable
    #[arg(long = "attachment", value_name = "FILE")]
    pub(crate) attachments: Vec<PathBuf>,
    /// Show the emergency summary too (patient data)
    #[arg(long)]
    pub(crate) show: bool,
    /// Write the plan's pages as this tool makes them from what was verified: look at these, not at the pages of a file
    #[arg(long, value_name = "FILE")]
    pub(crate) pages: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Inspect {
    /// Any planseal file; - is stdin
    pub(crate) file: PathBuf,
    /// The policy under which evidence of a contradiction is checked again
    #[arg(long, value_name = "FILE", env = "PLANSEAL_TRUST_POLICY")]
    pub(crate) trust_policy: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Diff {
    /// The earlier version: envelope, bundle or PDF
    pub(crate) from: PathBuf,
    /// The later version
    pub(crate) to: PathBuf,
}

/// Prints a completion script.
pub(crate) fn completions(shell: clap_complete::Shell) {
    let mut command = Arguments::command();
    clap_complete::generate(shell, &mut command, "planseal", &mut io::stdout());
}

/// Prints the manual pages: the whole tool's, then one for every command, as `man` reads them one after another.
pub(crate) fn manual() -> io::Result<()> {
    let mut root = Arguments::command();
    root.build();
    pages(&root, &mut io::stdout().lock())
}

fn pages(command: &clap::Command, out: &mut impl io::Write) -> io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(out)?;
    let shown = command
        .get_subcommands()
        .filter(|below| below.get_name() != "help");
    for below in shown {
        pages(below, out)?;
    }
    Ok(())
}
