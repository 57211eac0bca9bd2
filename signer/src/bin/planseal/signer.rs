//! The signer of a statement: certificates verified up to the pinned root, and the key that fits.

use anyhow::{Context as _, bail};
use planseal::statement::Kind;
use planseal::trust::Certificate;
use planseal::verify::Verified;
use planseal_signer::key_file::FileKey;

use crate::arguments::{Shared, SignedBy};
use crate::evidence::{self, Region};
use crate::{files, terminal};

/// Who signs, ready to.
pub(crate) struct Signer {
    pub(crate) key: FileKey,
    pub(crate) certificate: Verified<Certificate>,
    /// The pinned policy, and everybody whose certificate was given.
    pub(crate) region: Region,
}

/// Opens the key of the one given certificate that may sign this kind.
pub(crate) fn open(by: &SignedBy, kind: Kind, shared: &Shared) -> anyhow::Result<Signer> {
    let objects = by
        .certificates
        .iter()
        .map(|path| files::read_object(path))
        .collect::<Result<Vec<_>, _>>()?;
    let region = evidence::region(&by.trusted, &objects)?;
    let mut fitting = objects
        .iter()
        .filter_map(|object| region.directory.certificate(&object.id()))
        .filter(|certificate| certificate.content().permits(kind));
    let certificate = match (fitting.next(), fitting.next()) {
        (Some(certificate), None) => certificate.clone(),
        (None, _) => bail!(
            "none of the given certificates leads to the pinned root and may sign this ({kind}): give the signer's certificate and its organisation's"
        ),
        (Some(_), Some(_)) => {
            bail!("several of the given certificates may sign this ({kind}): give the signer's only")
        }
    };
    if !certificate.content().valid_at(terminal::now()?) {
        bail!("the signer's certificate is not valid today: ask your organisation to renew it");
    }
    let passphrase = terminal::passphrase(&by.passphrase, shared, &by.key)?;
    let key = FileKey::open(&by.key, &passphrase, Some(certificate.content().key()))
        .context("the key was not opened")?;
    Ok(Signer {
        key,
        certificate,
        region,
    })
}
