//! Reading the file, and saying in one sentence what is wrong with it: file, key, and what to do.

use std::path::{Path, PathBuf};

use planseal_store::Location;

use super::{Config, Settings};
use crate::problem::causes;

/// A setting cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {key}: {problem}")]
pub struct ConfigError {
    pub(super) place: String,
    pub(super) key: String,
    pub(super) problem: String,
}

/// Reads the settings of a file; a key that is none is refused with its line.
pub(super) fn parse(place: &str, text: &str) -> Result<Settings, ConfigError> {
    toml::from_str(text).map_err(|fault| {
        let before = fault.span().and_then(|span| text.get(..span.start));
        let key = match before {
            Some(before) => format!("line {}", before.matches('\n').count() + 1),
            None => "the file".to_owned(),
        };
        let message = fault.message().replace('\n', " ");
        let problem =
            format!("{message}; correct or remove it, `check-config --print-default` explains every key");
        ConfigError {
            place: place.to_owned(),
            key,
            problem,
        }
    })
}

impl Settings {
    /// Takes the file's own paths from its folder.
    pub(super) fn relative_to(&mut self, folder: &Path) {
        let (store, log, keys) = (&mut self.store, &mut self.log, &mut self.keys);
        let mut paths = vec![
            &mut store.key_file,
            &mut store.previous_key_file,
            &mut store.remember,
            &mut log.policy,
            &mut log.key_file,
            &mut keys.passphrase_file,
        ];
        for key in [&mut keys.head, &mut keys.status, &mut keys.recorder] {
            paths.extend([&mut key.key_file, &mut key.certificate]);
        }
        if let Some(seal) = &mut keys.seal {
            paths.extend([&mut seal.key_file, &mut seal.certificates]);
        }
        if let Some(tls) = &mut self.tls {
            paths.extend([&mut tls.certificate, &mut tls.key]);
        }
        for path in paths.into_iter().flatten() {
            *path = folder.join(&*path).to_string_lossy().into_owned();
        }
        for url in [&mut store.url, &mut store.worm_url].into_iter().flatten() {
            if let Some(path) = url.strip_prefix("file:").filter(|path| !path.starts_with('/')) {
                *url = format!("file:{}", folder.join(path).display());
            }
        }
    }
}

impl Config {
    pub(super) fn fault(&self, key: impl Into<String>, problem: impl Into<String>) -> ConfigError {
        ConfigError {
            place: self.place.clone(),
            key: key.into(),
            problem: problem.into(),
        }
    }

    pub(super) fn missing(&self, key: &str, advice: &str) -> ConfigError {
        self.fault(key, format!("is not set: {advice}"))
    }

    pub(super) fn path(&self, key: &str, held: Option<&str>, advice: &str) -> Result<PathBuf, ConfigError> {
        held.map(PathBuf::from).ok_or_else(|| self.missing(key, advice))
    }

    pub(super) fn read(&self, key: &str, path: &Path) -> Result<Vec<u8>, ConfigError> {
        std::fs::read(path).map_err(|fault| {
            let problem = format!(
                "{} cannot be read ({fault}): check the name, and that the service may read it",
                path.display()
            );
            self.fault(key, problem)
        })
    }

    pub(super) fn location(&self, key: &str, url: &str) -> Result<Location, ConfigError> {
        Location::parse(url).map_err(|fault| self.fault(key, causes(&fault)))
    }
}
