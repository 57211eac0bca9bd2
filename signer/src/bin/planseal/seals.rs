//! `planseal ca seal`: the authority of seals and the keys that seal PDFs.

use anyhow::Context as _;
use planseal_signer::output::Access;
use planseal_signer::seal::SealAuthority;
use serde_json::json;

use crate::arguments::{CaSeal, Shared};
use crate::{files, keygen, terminal};

/// 64 KiB: a chain of certificates has less than a tenth of it.
const MAX_CERTIFICATES: usize = 64 << 10;

pub(crate) fn run(arguments: &CaSeal, shared: &Shared) -> anyhow::Result<()> {
    match arguments {
        CaSeal::Init {
            folder,
            name,
            passphrase,
            public_example,
        } => {
            let secret = terminal::new_passphrase(passphrase, shared)?;
            let authority = SealAuthority::generate(name, terminal::now()?)?;
            std::fs::create_dir(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            authority.save(
                &folder.join("authority-key.pem"),
                &secret,
                keygen::cost(*public_example),
            )?;
            let certificate = authority.certificate();
            files::write(
                &folder.join("authority.pem"),
                certificate.as_bytes(),
                Access::Everyone,
                shared,
            )?;
            said(shared, &authority)
        }
        CaSeal::Issue {
            folder,
            name,
            passphrase,
            public_example,
            output,
        } => {
            let secret = terminal::passphrase(passphrase, shared, folder)?;
            let certificate = files::read(&folder.join("authority.pem"), MAX_CERTIFICATES)?;
            let certificate = String::from_utf8_lossy(&certificate);
            let authority = SealAuthority::open(&certificate, &folder.join("authority-key.pem"), &secret)?;
            let key = authority.issue(name, terminal::now()?)?;
            key.save(
                &output.join("seal-key.pem"),
                &secret,
                keygen::cost(*public_example),
            )?;
            let certificates = key.certificates_pem();
            files::write(
                &output.join("seal.pem"),
                certificates.as_bytes(),
                Access::Everyone,
                shared,
            )?;
            said(shared, &authority)
        }
    }
}

/// The fingerprint that operators print and trust policies pin.
fn said(shared: &Shared, authority: &SealAuthority) -> anyhow::Result<()> {
    let fingerprint = hex::encode(authority.fingerprint());
    if shared.json {
        terminal::print_json(&json!({ "authority": fingerprint }))
    } else {
        terminal::print_text(&fingerprint)
    }
}
