//! `planseal`: the hand tool of clinicians, organisations, readers and lawyers (UX §3).
//!
//! Each command reads files, asks the library, and prints: results on stdout, everything else on stderr. What counts as
//! genuine or current is decided by core's one verifier.

mod arguments;
mod files;
mod carrier;
mod terminal;
mod words;
mod cbor;
mod evidence;
mod seals;
mod server;
mod log_reader;
mod registration;
mod history;
mod subject;
mod keygen;
mod enrol;
mod ca;
mod revoke;
mod signer;
mod sign;
mod publish;
mod statement;
mod endorse;
mod withdraw;
mod report;
mod record;
mod staff;
mod verify;
mod inspect;
mod diff;
mod status;
mod contradiction;
mod monitor;
mod trust;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(code) => code,
        Err(fault) => {
            terminal::complain(&fault);
            ExitCode::from(arguments::COULD_NOT_RUN)
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let shared = &arguments.shared;
    match &arguments.command {
        Command::Keygen(keygen) => keygen::run(keygen, shared),
        Command::Enrol(enrol) => enrol::run(enrol, shared),
        Command::Ca(ca) => ca::run(ca, shared),
        Command::Sign(sign) => sign::run(sign, shared),
        Command::Publish(publish) => publish::run(publish, shared),
        Command::Endorse(endorse) => endorse::run(endorse, shared),
        Command::Withdraw(withdraw) => withdraw::run(withdraw, shared),
        Command::Report(report) => report::run(report, shared),
        Command::Intake(intake) => record::intake(intake, shared),
        Command::Custody(custody) => record::custody(custody, shared),
        Command::Resolve(resolve) => record::resolve(resolve, shared),
        Command::Hold(hold) => record::hold(hold, shared),
        Command::Staff(staff) => staff::run(staff, shared),
        Command::Register(register) => statement::register(register, shared),
        Command::Status(status) => status::run(status, shared),
        Command::Verify(verify) => verify::run(verify, shared),
        Command::Monitor(monitor) => monitor::run(monitor, shared),
        Command::Inspect(inspect) => inspect::run(inspect, shared),
        Command::Diff(diff) => diff::run(diff, shared),
        Command::Trust(trust) => trust::run(trust, shared),
        Command::Completions { shell } => {
            arguments::completions(*shell);
            Ok(ExitCode::SUCCESS)
        }
        Command::Man => {
            arguments::manual()?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
