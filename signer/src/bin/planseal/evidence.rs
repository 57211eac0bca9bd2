//! What the reader pinned and was given, verified before it is used. Trust is never discovered: it comes from options,
//! `PLANSEAL_…` variables, and nowhere else.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail, ensure};
use planseal::check::Reader;
use planseal::envelope::SignedObject;
use planseal::statement::Statement as _;
use planseal::trust::{Directory, TrustList, TrustPolicy};
use planseal::verify::{Verified, VerifyError};

use crate::arguments::Trusted;
use crate::files;
use crate::server::Server;

/// 1 MiB, the cap on a policy (core's own).
const MAX_POLICY: usize = 1 << 20;

/// The pinned policies.
pub(crate) fn policies(trusted: &Trusted) -> anyhow::Result<Vec<TrustPolicy>> {
    trusted.policies.iter().map(|path| policy(path)).collect()
}

/// One policy file.
pub(crate) fn policy(path: &Path) -> anyhow::Result<TrustPolicy> {
    TrustPolicy::parse(&files::read(path, MAX_POLICY)?)
        .with_context(|| format!("{} cannot be pinned", path.display()))
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

/// A pinned policy with the certificates verified under it.
pub(crate) struct Region {
    pub(crate) policy: TrustPolicy,
    pub(crate) directory: Directory,
}

impl Region {
    /// Takes in what the service's trust list says, once it verified: who signs what, and since when nobody may.
    pub(crate) fn learn_from(&mut self, server: &Server) -> anyhow::Result<Verified<TrustList>> {
        self.directory.admit_list(&server.trust_list()?).with_context(|| {
            format!(
                "the trust list of {} was not accepted under the pinned policy",
                server.base()
            )
        })
    }
}

/// Every pinned policy with the trust lists that verify under it; a list that verifies under none is refused.
pub(crate) fn regions(trusted: &Trusted) -> anyhow::Result<Vec<Region>> {
    let policies = policies(trusted)?;
    ensure!(!policies.is_empty(), "no root is pinned: pass --trust-policy");
    reader(trusted)?;
    let mut regions = Vec::new();
    for policy in policies {
        let mut directory = Directory::pinned(&policy);
        for path in &trusted.lists {
            // Another region's list is no fault here: it was accepted above.
            directory.admit_list(&files::read_object(path)?).ok();
        }
        regions.push(Region { policy, directory });
    }
    Ok(regions)
}

/// The first pinned policy under which the service's trust list verifies, with everything that the list says.
pub(crate) fn region_of(trusted: &Trusted, server: &Server) -> anyhow::Result<Region> {
    let list = server.trust_list()?;
    let mut refused = None;
    for mut region in regions(trusted)? {
        match region.directory.admit_list(&list) {
            Ok(_) => return Ok(region),
            Err(fault) => refused = Some(fault),
        }
    }
    let refused = refused.map_or_else(|| anyhow!("no root is pinned"), Into::into);
    Err(refused).with_context(|| {
        format!(
            "the trust list of {} was not accepted under the pinned policy",
            server.base()
        )
    })
}

/// The largest tree that a given trust list speaks of, once the lists verified.
pub(crate) fn list_size(trusted: &Trusted) -> anyhow::Result<Option<u64>> {
    reader(trusted)?;
    let mut largest = None;
    for path in &trusted.lists {
        let list = TrustList::from_payload(files::read_object(path)?.peek_unverified().1)?;
        largest = largest.max(Some(list.size()));
    }
    Ok(largest)
}

/// Certificates verified up to a pinned root: the given ones and those of the trust lists, under the first policy that
/// knows any of the given.
pub(crate) fn region(trusted: &Trusted, given: &[SignedObject]) -> anyhow::Result<Region> {
    for mut region in regions(trusted)? {
        match region.directory.admit_all(given) {
            Ok(()) => return Ok(region),
            // Another region's: the next policy may know them.
            Err(VerifyError::SignerUnknown { .. }) => {}
            Err(fault) => return Err(fault).context("a given certificate does not verify"),
        }
    }
    bail!(
        "none of the given certificates leads to a pinned root: give the organisation's certificate too, and its region's --trust-policy"
    )
}
