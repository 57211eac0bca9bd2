//! Puts storage engines to the test, in a process of its own: credentials come from the environment, as in a deployment.

use clap::{Parser, Subcommand};
use planseal_store::Location;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// What the service asks of a place when it starts; ends with 1 and the reason when the place is not fit.
    Probe {
        /// For example `s3://planseal`.
        url: String,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Probe { url } => Ok(planseal_store::probe(&Location::parse(&url)?).await?),
    }
}
