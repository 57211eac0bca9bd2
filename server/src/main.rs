//! `planseal-server`: the service's program.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use planseal::log::note::VerifierKey;
use planseal_server::config::{Config, Overrides, TEMPLATE};
use planseal_server::operate::{self, Copy, OpenKeys, Port, Refusal, SealPortOf};
use planseal_server::witness::{self, Witness};
use planseal_server::{demo, listen};
use planseal_signer::key_file::{FileKey, Passphrase};
use planseal_signer::seal;
use planseal_store::SystemClock;
use planseal_store::upkeep::Depth;

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
    /// Watches logs for somebody else's readers: cosigns what grew from what it saw before, and nothing else.
    Witness(WitnessOptions),
    #[command(flatten)]
    Node(NodeCommand),
    #[command(flatten)]
    Store(StoreCommand),
}

/// What is done with a node of the service.
#[derive(Subcommand)]
enum NodeCommand {
    /// Begins a new log in an empty store: the root, the host and the service's keys.
    Found {
        #[command(flatten)]
        settings: SettingsOptions,
        /// The certificates after the root, in order: the host's, then those of the service's keys.
        #[arg(long = "certificate", value_name = "FILE", required = true)]
        certificates: Vec<PathBuf>,
    },
    /// Serves a log that was begun. Several nodes may serve one bucket.
    Serve(SettingsOptions),
    /// Reads a configuration and everything it names, without touching the store.
    CheckConfig {
        #[command(flatten)]
        settings: SettingsOptions,
        /// Print a commented template instead.
        #[arg(long)]
        print_default: bool,
    },
}

/// What is done to a store.
#[derive(Subcommand)]
enum StoreCommand {
    /// Checks a store, and says for each finding what to do. Exit 0: nothing is wrong; 4: findings.
    Fsck {
        /// Read every file too, and verify every signature.
        #[arg(long)]
        full: bool,
        #[command(flatten)]
        task: TaskOptions,
    },
    /// Makes tiles, index, claims and checkpoint again from commits and chains.
    Rebuild(TaskOptions),
    /// Copies a store away. What is there already stays; broken off, it goes on where it was.
    Backup {
        /// Where the objects go.
        #[arg(long, value_name = "URL")]
        to: String,
        /// Where the wrapped data keys go: without them the copy cannot be read.
        #[arg(long, value_name = "URL")]
        keys_to: Option<String>,
        #[command(flatten)]
        task: TaskOptions,
    },
    /// Puts a copy back and checks it. Never rolls a log back.
    Restore {
        /// Where the objects are.
        #[arg(long, value_name = "URL")]
        from: String,
        /// Where the wrapped data keys are.
        #[arg(long, value_name = "URL")]
        keys_from: Option<String>,
        #[command(flatten)]
        task: TaskOptions,
    },
    /// Wraps the store's data keys with a new key. No object is touched.
    RotateKeys {
        /// The new key's file, made when it does not exist.
        #[arg(long, value_name = "FILE")]
        new_key_file: PathBuf,
        /// Make the new key's file and nothing else: nodes that are to go on meanwhile need it first, as key_file, with the
        /// present one as previous_key_file.
        #[arg(long)]
        make_only: bool,
        #[command(flatten)]
        task: TaskOptions,
    },
}

/// Settings, and where the report goes.
#[derive(clap::Args)]
struct TaskOptions {
    #[command(flatten)]
    settings: SettingsOptions,
    /// Write a report as JSON; - for stdout.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Where the settings are.
#[derive(clap::Args)]
struct SettingsOptions {
    /// The configuration file.
    #[arg(long, value_name = "FILE", env = "PLANSEAL_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
}

/// The C2SP tlog-witness protocol: POST /add-checkpoint.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct WitnessOptions {
    #[command(subcommand)]
    command: Option<WitnessCommand>,
    /// The folder that `witness init` made. Never restore it from a backup: make a new witness instead.
    #[arg(long, value_name = "DIR", required = true)]
    state: Option<PathBuf>,
    #[command(flatten)]
    key: Option<KeyOptions>,
    /// The verifier key of a log to watch; once for each.
    #[arg(long = "log", value_name = "VKEY", required = true)]
    logs: Vec<String>,
    /// Address and port to listen on; put TLS before it if it is reached from elsewhere.
    #[arg(long, value_name = "ADDR", required = true)]
    listen: Option<SocketAddr>,
}

#[derive(Subcommand)]
enum WitnessCommand {
    /// Makes a witness: a new key in an encrypted file, and an empty folder to remember in. Prints its verifier key.
    Init {
        /// Its name in cosignatures, for example `witness.example/w1`.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// The folder to make.
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
        #[command(flatten)]
        key: KeyOptions,
    },
}

/// The witness's own key.
#[derive(clap::Args)]
struct KeyOptions {
    /// The encrypted key file.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A file whose first line is the passphrase of the key file.
    #[arg(long, value_name = "FILE")]
    passphrase_file: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    listen::quiet_panics();
    let outcome = match command {
        Command::Demo(options) => demo::run(&options).await,
        Command::Witness(options) => run_witness(options).await,
        Command::Node(command) => operate(command).await,
        Command::Store(command) => look_after(command).await,
    };
    match outcome {
        Ok(code) => code,
        Err(fault) => {
            eprintln!("planseal-server: {fault:#}");
            if fault.is::<Refusal>() {
                ExitCode::from(REFUSED)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// Starting again cannot help before something was changed.
const REFUSED: u8 = 3;

async fn operate(command: NodeCommand) -> anyhow::Result<ExitCode> {
    match command {
        NodeCommand::Found {
            settings,
            certificates,
        } => {
            let certificates: Vec<&Path> = certificates.iter().map(PathBuf::as_path).collect();
            println!(
                "{}",
                operate::found(&settings.load()?, &certificates, &KeyFiles).await?
            );
        }
        NodeCommand::Serve(settings) => operate::serve(&settings.load()?, &KeyFiles).await?,
        NodeCommand::CheckConfig { print_default, .. } if print_default => print!("{TEMPLATE}"),
        NodeCommand::CheckConfig { settings, .. } => {
            for line in operate::check_config(&settings.load()?, &KeyFiles)? {
                println!("{line}");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Something in the store is wrong.
const FINDINGS: u8 = 4;

async fn look_after(command: StoreCommand) -> anyhow::Result<ExitCode> {
    let (report, file) = match command {
        StoreCommand::Fsck { full, task } => {
            let depth = if full { Depth::Full } else { Depth::Quick };
            (operate::fsck(&task.settings.load()?, depth).await?, task.report)
        }
        StoreCommand::Rebuild(task) => (
            operate::rebuild(&task.settings.load()?, &KeyFiles).await?,
            task.report,
        ),
        StoreCommand::Backup { to, keys_to, task } => {
            let copy = Copy {
                objects: &to,
                keys: keys_to.as_deref(),
            };
            (operate::backup(&task.settings.load()?, copy).await?, task.report)
        }
        StoreCommand::Restore {
            from,
            keys_from,
            task,
        } => {
            let copy = Copy {
                objects: &from,
                keys: keys_from.as_deref(),
            };
            (operate::restore(&task.settings.load()?, copy).await?, task.report)
        }
        StoreCommand::RotateKeys {
            new_key_file,
            make_only,
            task,
        } => {
            let config = task.settings.load()?;
            let report = match make_only {
                true => operate::make_key(&config, &new_key_file)?,
                false => operate::rotate_keys(&config, &new_key_file).await?,
            };
            (report, task.report)
        }
    };
    report.show(file.as_deref())?;
    Ok(match report.is_clean() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(FINDINGS),
    })
}

/// Keys in encrypted files; the files are named, no secret is.
struct KeyFiles;

impl OpenKeys for KeyFiles {
    fn signing(&self, file: &Path, passphrase_file: &Path) -> anyhow::Result<Port> {
        let passphrase = Passphrase::new(first_line(passphrase_file)?);
        Ok(Box::new(FileKey::open(file, &passphrase, None)?))
    }

    fn sealing(&self, file: &Path, certificates: &str, passphrase_file: &Path) -> anyhow::Result<SealPortOf> {
        let passphrase = Passphrase::new(first_line(passphrase_file)?);
        Ok(Arc::new(seal::SealKey::open(certificates, file, &passphrase)?))
    }
}

impl SettingsOptions {
    fn load(&self) -> anyhow::Result<Config> {
        Ok(Config::load(self.config.as_deref(), &self.overrides)?)
    }
}

async fn run_witness(options: WitnessOptions) -> anyhow::Result<ExitCode> {
    if let Some(WitnessCommand::Init { name, state, key }) = options.command {
        println!("{}", init_witness(&name, &state, &key)?);
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(state), Some(files), Some(address)) = (options.state, options.key, options.listen) else {
        anyhow::bail!("give --state, --key, --passphrase-file, --log and --listen, or use `witness init`");
    };
    let logs: Result<Vec<VerifierKey>, _> = options.logs.iter().map(|key| VerifierKey::parse(key)).collect();
    let logs = logs.context("a --log is no verifier key")?;
    let key = FileKey::open(&files.key, &files.passphrase()?, None)?;
    let witness = Witness::open(&state, Box::new(key), logs, Arc::new(SystemClock))?;
    let listener = listen::bind_to(address).await?;
    eprintln!("{} listens on http://{}", witness.key(), listener.local_addr()?);
    listen::serve(listener, witness::router(Arc::new(witness)), None).await?;
    Ok(ExitCode::SUCCESS)
}

fn init_witness(name: &str, state: &Path, files: &KeyOptions) -> anyhow::Result<VerifierKey> {
    let passphrase = Passphrase::for_new_key(files.first_line()?)?;
    let key = FileKey::generate()?;
    key.save(&files.key, &passphrase)?;
    Ok(Witness::init(state, name, &key)?)
}

impl KeyOptions {
    fn passphrase(&self) -> anyhow::Result<Passphrase> {
        Ok(Passphrase::new(self.first_line()?))
    }

    fn first_line(&self) -> anyhow::Result<String> {
        first_line(&self.passphrase_file)
    }
}

fn first_line(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the passphrase file {} cannot be read", path.display()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
