//! The demonstration: a past played with a set clock, every part of it real (issue "The whole road once").
//!
//! `cast` makes root, organisations, service keys and clinicians by real enrolment; `watch` runs two witnesses; `samples` holds the drafts and
//! their schedule; `past` lets the clock move through the schedule, drafting, validating, signing, publishing and
//! printing; `folder` writes what anyone can check offline; `proof` reads the files again as an outside reader would
//! and compares every verdict with the expected one. Then, unless asked to stop, the server runs on what was made.
//!
//! Everybody in it is fictional, its keys are public knowledge, and nothing they sign proves anything.

mod calendar;
mod samples;
mod cast;
mod watch;
mod past;
mod folder;
mod proof;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use crate::listen;
use crate::routes::{self, App, Mode};
use calendar::Calendar;
use cast::Cast;
use folder::Folder;
use proof::Proof;
use samples::Samples;

/// How the demonstration is asked for.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Stop after the work; exit 0 only if every verdict is the expected one.
    #[arg(long)]
    pub once: bool,
    /// Keep everything in this folder, which must be new or empty.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Port of this machine to serve on afterwards.
    #[arg(long, value_name = "N", default_value_t = 8080)]
    pub port: u16,
    /// Serve TLS 1.3 with the demonstration's own certificate.
    #[arg(long)]
    pub tls: bool,
}

/// A past that was played, with what its files came to when they were read again.
pub struct Played {
    cast: Cast,
    folder: Folder,
    proofs: Vec<Proof>,
}

impl Played {
    /// Plan, version, verdict and file, line by line.
    #[must_use]
    pub fn table(&self) -> String {
        proof::table(&self.proofs)
    }

    /// Whether every verdict is the expected one.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        self.proofs.iter().all(Proof::is_expected)
    }

    /// The folder with everything that was made.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.root()
    }

    /// What routes are served with.
    #[must_use]
    pub fn app(&self) -> App {
        App {
            service: self.cast.service_handle(),
            mode: Mode::Demo,
        }
    }
}

/// Plays the past and reads every file of it again.
///
/// # Errors
/// What stopped it, with what to do.
pub async fn play(keep: Option<&Path>) -> anyhow::Result<Played> {
    let folder = Folder::prepare(keep)?;
    let calendar = Arc::new(Calendar::standing());
    let samples = Samples::load(calendar.today())?;
    let mut cast = Cast::found(&folder, &samples, Arc::clone(&calendar)).await?;
    let printed = past::play(&samples, &mut cast, &folder, &calendar).await?;
    folder.publish(&cast, &samples).await?;
    let proofs = proof::read_and_check(&folder, &printed, calendar.present())?;
    Ok(Played { cast, folder, proofs })
}

/// Plays the past, proves it, and unless asked to stop serves it.
///
/// # Errors
/// What stopped it, with what to do.
pub async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    // The port first: a past played for a server that cannot start would be in vain.
    let listener = match options.once {
        true => None,
        false => Some(listen::bind(options.port).await?),
    };
    let played = play(options.keep.as_deref()).await?;
    print!("{}", played.table());
    if !played.is_as_expected() {
        eprintln!("A verdict is not the expected one: this build must not be used.");
        return Ok(ExitCode::FAILURE);
    }
    if let Some(listener) = listener {
        let tls = options.tls.then(|| played.cast.tls_files());
        eprint!("{}", played.folder.welcome(options));
        listen::serve(listener, routes::router(played.app()), tls).await?;
    }
    Ok(ExitCode::SUCCESS)
}
