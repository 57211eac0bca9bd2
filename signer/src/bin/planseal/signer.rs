//! The signer of a statement: certificates verified up to the pinned root, and the key that fits.

use anyhow::{Context as _, bail, ensure};
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

/// Opens the key of the one given certificate that may sign this kind, or finds the key's certificate in a trust list.
pub(crate) fn open(by: &SignedBy, kind: Kind, shared: &Shared) -> anyhow::Result<Signer> {
    let signer = if by.certificates.is_empty() {
        by_key(by, kind, shared)?
    } else {
        by_certificate(by, kind, shared)?
    };
    ensure!(
        signer.certificate.content().valid_at(terminal::now()?),
        "the signer's certificate is not valid today: ask your organisation to renew it"
    );
    Ok(signer)
}

fn by_certificate(by: &SignedBy, kind: Kind, shared: &Shared) -> anyhow::Result<Signer> {
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
    let passphrase = terminal::passphrase(&by.passphrase, shared, &by.key)?;
    let key = FileKey::open(&by.key, &passphrase, Some(certificate.content().key()))
        .context("the key was not opened")?;
    Ok(Signer {
        key,
        certificate,
        region,
    })
}

/// The certificate of this key in a trust list, in whichever region knows it.
fn by_key(by: &SignedBy, kind: Kind, shared: &Shared) -> anyhow::Result<Signer> {
    let regions = evidence::regions(&by.trusted)?;
    ensure!(
        !by.trusted.lists.is_empty(),
        "whose key this is must be known: give the signer's --certificate and its organisation's, or a --trust-list"
    );
    let passphrase = terminal::passphrase(&by.passphrase, shared, &by.key)?;
    let key = FileKey::open(&by.key, &passphrase, None).context("the key was not opened")?;
    for region in regions {
        let own = {
            let mut known = region.directory.certificates();
            known
                .find(|(_, held)| held.content().key() == key.public_key())
                .map(|(_, held)| held.clone())
        };
        let Some(certificate) = own else {
            continue;
        };
        ensure!(
            certificate.content().permits(kind),
            "the certificate of this key may not sign this ({kind})"
        );
        return Ok(Signer {
            key,
            certificate,
            region,
        });
    }
    bail!("no given trust list names a certificate of this key: fetch a newer list, or give --certificate")
}
