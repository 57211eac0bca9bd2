//! The light S3 server as a program: prints its address when it is ready, and serves until it is ended.

use std::path::PathBuf;

use clap::Parser;
use planseal_engines::bucket::{S3_KEY, S3_SECRET};
use planseal_engines::fault::Faults;
use planseal_engines::light_s3::LightS3;

/// An S3 server for tests: bucket `planseal`, access key `test`, secret `testsecret`.
#[derive(Parser)]
struct Arguments {
    /// The loopback port; 0 takes any.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Where its data lie.
    #[arg(long)]
    folder: PathBuf,
    /// Meets requests with faults drawn from this seed.
    #[arg(long)]
    storm: Option<u64>,
}

fn main() -> anyhow::Result<()> {
    let Arguments { port, folder, storm } = Arguments::parse();
    let faults = storm.map_or_else(Faults::none, Faults::storm);
    let server = LightS3::start_in(&folder, port, faults)?;
    let name = server.bucket().name;
    println!(
        "{} bucket {name} key {S3_KEY} secret {S3_SECRET}",
        server.endpoint()
    );
    loop {
        std::thread::park();
    }
}
