//! Flags and `PLANSEAL_*` variables, which go before the file.

use super::{Settings, TlsSection};

/// Settings in place of the file's: a flag goes before its variable, and that before the file.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Settings in place of the file's")]
pub struct Overrides {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR", env = "PLANSEAL_LISTEN")]
    pub listen: Option<String>,
    /// NHS numbers accepted: test or live.
    #[arg(long, value_name = "WHICH", env = "PLANSEAL_NUMBERS")]
    pub numbers: Option<String>,
    /// What is shown: closed or trial.
    #[arg(long, value_name = "WHAT", env = "PLANSEAL_ACCESS")]
    pub access: Option<String>,
    /// Where the store lies.
    #[arg(long, value_name = "URL", env = "PLANSEAL_STORE_URL")]
    pub store_url: Option<String>,
    /// Where copies lie that nobody can delete.
    #[arg(long, value_name = "URL", env = "PLANSEAL_STORE_WORM_URL")]
    pub store_worm_url: Option<String>,
    /// The file of the store's key.
    #[arg(long, value_name = "FILE", env = "PLANSEAL_STORE_KEY_FILE")]
    pub store_key_file: Option<String>,
    /// The store's key file before it.
    #[arg(long, value_name = "FILE", env = "PLANSEAL_STORE_PREVIOUS_KEY_FILE")]
    pub store_previous_key_file: Option<String>,
    /// Where the newest checkpoint shown is kept.
    #[arg(long, value_name = "FILE", env = "PLANSEAL_STORE_REMEMBER")]
    pub store_remember: Option<String>,
    /// The trust policy that readers pin.
    #[arg(long, value_name = "FILE", env = "PLANSEAL_LOG_POLICY")]
    pub log_policy: Option<String>,
    /// The encrypted file of the log's key.
    #[arg(long, value_name = "FILE", env = "PLANSEAL_LOG_KEY_FILE")]
    pub log_key_file: Option<String>,
    /// The file whose first line is the passphrase of the key files.
    #[arg(long, value_name = "FILE", env = "PLANSEAL_KEYS_PASSPHRASE_FILE")]
    pub keys_passphrase_file: Option<String>,
    /// The server's certificate chain.
    #[arg(long, value_name = "FILE", env = "PLANSEAL_TLS_CERTIFICATE")]
    pub tls_certificate: Option<String>,
    /// The key of the server's certificate.
    #[arg(long, value_name = "FILE", env = "PLANSEAL_TLS_KEY")]
    pub tls_key: Option<String>,
}

impl Overrides {
    pub(super) fn apply(&self, settings: &mut Settings) {
        let (store, log) = (&mut settings.store, &mut settings.log);
        let pairs = [
            (&self.listen, &mut settings.listen),
            (&self.numbers, &mut settings.numbers),
            (&self.access, &mut settings.access),
            (&self.store_url, &mut store.url),
            (&self.store_worm_url, &mut store.worm_url),
            (&self.store_key_file, &mut store.key_file),
            (&self.store_previous_key_file, &mut store.previous_key_file),
            (&self.store_remember, &mut store.remember),
            (&self.log_policy, &mut log.policy),
            (&self.log_key_file, &mut log.key_file),
            (&self.keys_passphrase_file, &mut settings.keys.passphrase_file),
        ];
        for (given, held) in pairs {
            replace(given.as_ref(), held);
        }
        if self.tls_certificate.is_some() || self.tls_key.is_some() {
            let tls = settings.tls.get_or_insert_with(TlsSection::default);
            replace(self.tls_certificate.as_ref(), &mut tls.certificate);
            replace(self.tls_key.as_ref(), &mut tls.key);
        }
    }
}

fn replace(given: Option<&String>, held: &mut Option<String>) {
    if let Some(given) = given {
        *held = Some(given.clone());
    }
}
