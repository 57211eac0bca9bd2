//! Puts storage engines, and stores on them, to the test, in a process of its own.

use std::time::Duration;

use anyhow::ensure;
use clap::{Args, Parser, Subcommand};
use planseal_engines::bucket::S3Bucket;
use planseal_engines::chaos::{self, Engine, Trial};
use planseal_engines::disturbance::{Calm, Disturbance, Script, Weather};
use planseal_engines::fault::Faults;
use planseal_engines::light_s3::LightS3;
use planseal_store::{Location, conformance};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// What the service asks of a place when it starts; credentials come from the environment, as in a deployment. Ends
    /// with 1 and the reason when the place is not fit.
    Probe {
        /// For example `s3://planseal`.
        url: String,
    },
    /// Makes the bucket on an S3 server of tests and puts the server to every rule.
    Conformance {
        /// Where it listens.
        endpoint: String,
        /// The bucket to be made.
        bucket: String,
    },
    /// A store of several nodes on one bucket, while nodes die.
    Chaos(Chaos),
}

#[derive(Args)]
struct Chaos {
    /// Where the bucket's servers listen; without one, a light S3 server is started, with faults.
    #[arg(long)]
    endpoint: Vec<String>,
    /// The bucket, which is there.
    #[arg(long, default_value = "planseal")]
    bucket: String,
    /// A program that is called with `disturb STEP` at every step, and with `calm` at the end.
    #[arg(long)]
    disturb: Option<String>,
    /// Leaves a light S3 server without faults.
    #[arg(long)]
    calm: bool,
    /// Nodes at a time.
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// How long clients begin new work.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// How often a node dies.
    #[arg(long, default_value_t = 2_000)]
    pace_milliseconds: u64,
    /// Where the sequence of choices begins.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Probe { url } => Ok(planseal_store::probe(&Location::parse(&url)?).await?),
        Task::Conformance { endpoint, bucket } => {
            let bucket = S3Bucket {
                endpoint,
                name: bucket,
            };
            bucket.create().await?;
            let breaches = conformance::run(bucket.object_store(), 0).await;
            ensure!(breaches.is_empty(), "{breaches:?}");
            println!("{} keeps every rule", bucket.endpoint);
            Ok(())
        }
        Task::Chaos(asked) => asked.run().await,
    }
}

impl Chaos {
    async fn run(self) -> anyhow::Result<()> {
        if !self.endpoint.is_empty() {
            let disturbance: Box<dyn Disturbance> = match self.disturb.clone() {
                Some(program) => Box::new(Script(program)),
                None => Box::new(Calm),
            };
            return self.put_to_trial(&self.endpoint, &*disturbance).await;
        }
        let server = LightS3::start(Faults::none())?;
        let disturbance: Box<dyn Disturbance> = if self.calm {
            Box::new(Calm)
        } else {
            Box::new(Weather(&server))
        };
        self.put_to_trial(&[server.endpoint()], &*disturbance).await?;
        let (requests, faults) = server.requests_and_faults();
        println!("{requests} requests, {faults} of them with a fault");
        Ok(())
    }

    async fn put_to_trial(&self, endpoints: &[String], disturbance: &dyn Disturbance) -> anyhow::Result<()> {
        let engine = |endpoint: &String| -> Engine {
            let bucket = S3Bucket {
                endpoint: endpoint.clone(),
                name: self.bucket.clone(),
            };
            Box::new(move || bucket.object_store())
        };
        let trial = Trial {
            engines: endpoints.iter().map(engine).collect(),
            nodes: self.nodes,
            time: Duration::from_secs(self.seconds),
            pace: Duration::from_millis(self.pace_milliseconds),
            seed: self.seed,
        };
        let account = chaos::run(trial, disturbance).await?;
        print!("{account}");
        ensure!(account.is_kept(), "a promise was broken");
        Ok(())
    }
}
