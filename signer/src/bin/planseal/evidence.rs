//! What the reader pinned and was given, verified before it is used. Trust is never discovered: it comes from options,
//! `PLANSEAL_…` variables, and nowhere else.

use anyhow::{Context as _, bail, ensure};
use planseal::check::Reader;
use planseal::envelope::SignedObject;
use planseal::trust::{Directory, TrustPolicy};
use planseal::verify::VerifyError;

use crate::arguments::Trusted;
use crate::files;

/// 1 MiB, the cap on a policy (core's own).
const MAX_POLICY: usize = 1 << 20;

/// The pinned policies.
pub(crate) fn policies(trusted: &Trusted) -> anyhow::Result<Vec<TrustPolicy>> {
    let read = |path: &std::path::PathBuf| {
        TrustPolicy::parse(&files::read(path, MAX_POLICY)?)
            .with_context(|| format!("{} cannot be pinned", path.display()))
    };
    trusted.policies.iter().map(read).collect()
}

/// A reader with policies and trust lists.
pub(crate) fn reader(trusted: &Trusted) -> anyhow::Result<Reader> {
    let mut reader = policies(trusted)?
        .into_iter()
        .fold(Reader::default(), Reader::pin);
    for path in &trusted.lists {
        let list = files::read_object(path)?;
        reader
            .add_trust_list(&list)
            .with_context(|| format!("the trust list {} was not accepted", path.display()))?;
    }
    Ok(reader)
}

/// Certificates verified up to a pinned root: the given ones and those of the trust lists, under the first policy that
/// knows any of the given.
pub(crate) fn directory(trusted: &Trusted, given: &[SignedObject]) -> anyhow::Result<Directory> {
    let policies = policies(trusted)?;
    ensure!(!policies.is_empty(), "no root is pinned: pass --trust-policy");
    for policy in &policies {
        let mut directory = Directory::pinned(policy);
        for path in &trusted.lists {
            directory
                .admit_list(&files::read_object(path)?)
                .map(drop)
                .with_context(|| format!("the trust list {} was not accepted", path.display()))?;
        }
        match directory.admit_all(given) {
            Ok(()) => return Ok(directory),
            // Another region's: the next policy may know them.
            Err(VerifyError::SignerUnknown { .. }) => {}
            Err(fault) => return Err(fault).context("a given certificate does not verify"),
        }
    }
    bail!(
        "none of the given certificates leads to a pinned root: give the organisation's certificate too, and its region's --trust-policy"
    )
}
