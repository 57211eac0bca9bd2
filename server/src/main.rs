//! `planseal-server`: the service's program.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use planseal_server::{demo, listen};

/// Keeps urgent care plans so that anyone holding one can tell who signed it, that nothing was changed, and
/// whether it is still the latest.
#[derive(Parser)]
#[command(name = "planseal-server", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes fictional organisations, clinicians and plans, proves every step, and serves them on this machine.
    Demo(demo::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    listen::quiet_panics();
    let Command::Demo(options) = command;
    match demo::run(&options).await {
        Ok(code) => code,
        Err(fault) => {
            eprintln!("planseal-server: {fault:#}");
            ExitCode::FAILURE
        }
    }
}
