//! One file that says how a node runs, and what flags and environment put in its place (UX §3).
//!
//! Precedence: flag, `PLANSEAL_*`, file, default. Paths in the file are taken from the folder it lies in. Secrets stand
//! neither here nor in flags or variables: the file names key files and a passphrase file. Each command asks for what it
//! needs, so that checking a store does not need the keys of the service.

mod files;
mod overrides;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use planseal::envelope::SignedObject;
use planseal::log::note::VerifierKey;
use planseal::trust::{Role, TrustPolicy};
use planseal::validate::NumberRange;
use planseal_store::Location;
use serde::Deserialize;

use crate::listen::TlsFiles;
use crate::problem::causes;
use crate::routes::Mode;
use crate::service::WitnessEndpoint;

pub use files::ConfigError;
pub use overrides::Overrides;

use files::parse;

/// The commented template that `check-config --print-default` prints.
pub const TEMPLATE: &str = include_str!("config/default.toml");

/// Where a node listens when nothing is said.
const LISTEN: &str = "127.0.0.1:8443";

/// A node's settings, from all their sources.
#[derive(Debug)]
pub struct Config {
    place: String,
    settings: Settings,
}

/// Where a store lies and which keys it is sealed with.
#[derive(Debug, Clone)]
pub struct StorePlace {
    /// As the operator wrote it.
    pub url: String,
    /// Where the objects are.
    pub location: Location,
    /// Where copies lie that nobody can delete.
    pub worm: Option<Location>,
    /// The file of the key that wraps the store's data keys.
    pub key_file: PathBuf,
    /// The key file before it, while keys are being wrapped anew.
    pub previous_key_file: Option<PathBuf>,
    /// Where the newest checkpoint that this node has shown is kept.
    pub remember: Option<PathBuf>,
}

/// A key of the service, and the certificate that names it.
#[derive(Debug, Clone)]
pub struct CertifiedKey {
    /// What it signs.
    pub role: Role,
    /// The encrypted key file.
    pub key_file: PathBuf,
    /// Its certificate.
    pub certificate: SignedObject,
}

/// The files of the key that seals PDFs.
#[derive(Debug, Clone)]
pub struct SealFiles {
    /// The encrypted key file.
    pub key_file: PathBuf,
    /// Its certificates, PEM: its own first, the authority's last.
    pub certificates: String,
    /// Where a time-stamp authority is asked, if it is.
    pub time_stamps: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    listen: Option<String>,
    numbers: Option<String>,
    access: Option<String>,
    store: StoreSection,
    log: LogSection,
    keys: KeysSection,
    witness: Vec<WitnessSection>,
    tls: Option<TlsSection>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StoreSection {
    url: Option<String>,
    worm_url: Option<String>,
    key_file: Option<String>,
    previous_key_file: Option<String>,
    remember: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LogSection {
    policy: Option<String>,
    key_file: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct KeysSection {
    passphrase_file: Option<String>,
    head: KeySection,
    status: KeySection,
    recorder: KeySection,
    seal: Option<SealSection>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SealSection {
    key_file: Option<String>,
    certificates: Option<String>,
    time_stamps: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct KeySection {
    key_file: Option<String>,
    certificate: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WitnessSection {
    key: String,
    url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TlsSection {
    certificate: Option<String>,
    key: Option<String>,
}

impl Config {
    /// Reads the file, if there is one, and puts flags and variables in its place.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read or holds what is no setting.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self, ConfigError> {
        let Some(file) = file else {
            let mut settings = Settings::default();
            overrides.apply(&mut settings);
            let place = "no --config file was given".to_owned();
            return Ok(Self { place, settings });
        };
        let place = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|fault| ConfigError {
            place: place.clone(),
            key: "the file".into(),
            problem: format!("{fault}; `planseal-server check-config --print-default` prints a template"),
        })?;
        let mut settings = parse(&place, &text)?;
        let folder = file.parent().unwrap_or_else(|| Path::new(""));
        settings.relative_to(folder);
        overrides.apply(&mut settings);
        Ok(Self { place, settings })
    }

    /// The address and port to listen on.
    ///
    /// # Errors
    /// [`ConfigError`] when it is none.
    pub fn listen(&self) -> Result<SocketAddr, ConfigError> {
        let text = self.settings.listen.as_deref().unwrap_or(LISTEN);
        let wrong = || {
            let problem =
                format!("{text:?} is no address: give an address and a port, for example {LISTEN:?}");
            self.fault("listen", problem)
        };
        text.parse().map_err(|_| wrong())
    }

    /// Which NHS numbers are accepted. There is no default: mixing the two harms people.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not said.
    pub fn numbers(&self) -> Result<NumberRange, ConfigError> {
        match self.settings.numbers.as_deref() {
            Some("test") => Ok(NumberRange::Test),
            Some("live") => Ok(NumberRange::Live),
            Some(other) => Err(self.fault(
                "numbers",
                format!("{other:?} is neither \"test\" nor \"live\": choose one"),
            )),
            None => Err(self.missing(
                "numbers",
                "say \"test\" (numbers that begin with 999) or \"live\"",
            )),
        }
    }

    /// What is shown. `trial` opens everything to whoever reaches it, and is had with test numbers on this machine only.
    ///
    /// # Errors
    /// [`ConfigError`] when it is no such word, or may not be had here.
    pub fn access(&self) -> Result<Mode, ConfigError> {
        match self.settings.access.as_deref() {
            None | Some("closed") => Ok(Mode::Closed),
            Some("trial") => {
                if self.numbers()? != NumberRange::Test || !self.listen()?.ip().is_loopback() {
                    let problem = "\"trial\" shows every plan to everybody: it needs numbers = \"test\" and an address of \
                                   this machine such as 127.0.0.1";
                    return Err(self.fault("access", problem));
                }
                Ok(Mode::Demo)
            }
            Some(other) => Err(self.fault(
                "access",
                format!("{other:?} is neither \"closed\" nor \"trial\": choose one"),
            )),
        }
    }

    /// Where the store lies.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not said, or is no place.
    pub fn store(&self) -> Result<StorePlace, ConfigError> {
        let held = &self.settings.store;
        let needed =
            "name where the store lies, for example \"file:/var/lib/planseal/store\" or \"s3://plans\"";
        let url = held
            .url
            .clone()
            .ok_or_else(|| self.missing("store.url", needed))?;
        let worm = held.worm_url.as_deref();
        Ok(StorePlace {
            location: self.location("store.url", &url)?,
            worm: worm.map(|url| self.location("store.worm_url", url)).transpose()?,
            url,
            key_file: self.path(
                "store.key_file",
                held.key_file.as_deref(),
                "name the file of the store's key; keep a copy of it apart from the store",
            )?,
            previous_key_file: held.previous_key_file.as_ref().map(PathBuf::from),
            remember: held.remember.as_ref().map(PathBuf::from),
        })
    }

    /// What readers pin: root, log and witnesses.
    ///
    /// # Errors
    /// [`ConfigError`] when the file is missing or no policy.
    pub fn policy(&self) -> Result<TrustPolicy, ConfigError> {
        const KEY: &str = "log.policy";
        let advice = "name the trust policy file that readers pin";
        let path = self.path(KEY, self.settings.log.policy.as_deref(), advice)?;
        let bytes = self.read(KEY, &path)?;
        TrustPolicy::parse(&bytes).map_err(|fault| {
            let words = causes(&fault);
            self.fault(KEY, format!("{} is no trust policy: {words}", path.display()))
        })
    }

    /// The encrypted file of the log's key.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not named.
    pub fn log_key_file(&self) -> Result<PathBuf, ConfigError> {
        let advice = "name the encrypted file of the log's key";
        self.path("log.key_file", self.settings.log.key_file.as_deref(), advice)
    }

    /// The file whose first line is the passphrase of every key file.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not named.
    pub fn passphrase_file(&self) -> Result<PathBuf, ConfigError> {
        let advice =
            "name a file, readable by the service alone, whose first line is the passphrase of the key files";
        let held = self.settings.keys.passphrase_file.as_deref();
        self.path("keys.passphrase_file", held, advice)
    }

    /// The service's keys: head, status, recorder.
    ///
    /// # Errors
    /// [`ConfigError`] when one is not named, or its certificate is none.
    pub fn service_keys(&self) -> Result<[CertifiedKey; 3], ConfigError> {
        let keys = &self.settings.keys;
        Ok([
            self.service_key(Role::ServiceHead, "keys.head", &keys.head)?,
            self.service_key(Role::ServiceStatus, "keys.status", &keys.status)?,
            self.service_key(Role::ServiceRecorder, "keys.recorder", &keys.recorder)?,
        ])
    }

    fn service_key(&self, role: Role, key: &str, held: &KeySection) -> Result<CertifiedKey, ConfigError> {
        let key_file = format!("{key}.key_file");
        let key_file = self.path(&key_file, held.key_file.as_deref(), "name its encrypted key file")?;
        let key = format!("{key}.certificate");
        let path = self.path(
            &key,
            held.certificate.as_deref(),
            "name the file of its certificate",
        )?;
        let bytes = self.read(&key, &path)?;
        let certificate = SignedObject::parse(&bytes)
            .map_err(|fault| self.fault(&key, format!("{} is no certificate: {fault}", path.display())))?;
        Ok(CertifiedKey {
            role,
            key_file,
            certificate,
        })
    }

    /// The key that seals PDFs; none where the policy pins no authority of seals.
    ///
    /// # Errors
    /// [`ConfigError`] when policy and configuration do not say the same, or a file is missing.
    pub fn seal(&self) -> Result<Option<SealFiles>, ConfigError> {
        const KEY: &str = "keys.seal";
        let pinned = self.policy()?.seals().is_some();
        let held = match (&self.settings.keys.seal, pinned) {
            (None, false) => return Ok(None),
            (None, true) => {
                return Err(self.missing(
                    KEY,
                    "the trust policy says that PDFs are sealed: name the key that seals them",
                ));
            }
            (Some(_), false) => {
                let problem = "the trust policy pins no authority of seals, so readers would call sealed files altered: make the policy with --seals, or leave this key out";
                return Err(self.fault(KEY, problem));
            }
            (Some(held), true) => held,
        };
        let key_file = self.path(
            "keys.seal.key_file",
            held.key_file.as_deref(),
            "name its encrypted key file",
        )?;
        let certificates = "keys.seal.certificates";
        let path = self.path(
            certificates,
            held.certificates.as_deref(),
            "name the file of its certificates",
        )?;
        let text = String::from_utf8(self.read(certificates, &path)?)
            .map_err(|_| self.fault(certificates, format!("{} is no PEM text", path.display())))?;
        let time_stamps = held.time_stamps.clone();
        let is_address = |address: &String| address.starts_with("https://") || address.starts_with("http://");
        if !time_stamps.as_ref().is_none_or(is_address) {
            return Err(self.fault(
                "keys.seal.time_stamps",
                "give the authority's address, with http:// or https://",
            ));
        }
        Ok(Some(SealFiles {
            key_file,
            certificates: text,
            time_stamps,
        }))
    }

    /// The witnesses that are asked.
    ///
    /// # Errors
    /// [`ConfigError`] when one cannot be asked.
    pub fn witnesses(&self) -> Result<Vec<WitnessEndpoint>, ConfigError> {
        let endpoint = |held: &WitnessSection| {
            let key = VerifierKey::parse(&held.key).map_err(|fault| {
                let problem = format!("{fault}: give the verifier key that `witness init` printed");
                self.fault("witness.key", problem)
            })?;
            WitnessEndpoint::new(key, &held.url).map_err(|fault| self.fault("witness.url", fault.to_string()))
        };
        self.settings.witness.iter().map(endpoint).collect()
    }

    /// Certificate and key of TLS; none when something before this server speaks it.
    ///
    /// # Errors
    /// [`ConfigError`] when one is missing or cannot be read.
    pub fn tls(&self) -> Result<Option<TlsFiles>, ConfigError> {
        let Some(held) = &self.settings.tls else {
            return Ok(None);
        };
        let advice = "name both the certificate chain and the key, or leave [tls] out";
        let certificate = self.path("tls.certificate", held.certificate.as_deref(), advice)?;
        let key = self.path("tls.key", held.key.as_deref(), advice)?;
        Ok(Some(TlsFiles {
            certificate: self.read("tls.certificate", &certificate)?,
            key: self.read("tls.key", &key)?,
        }))
    }
}
