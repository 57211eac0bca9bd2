//! `planseal ca revoke`: a certificate is revoked for ever, from a leaf of the log on, by whoever issued it.
//!
//! The leaf decides what stays verified. Where a service is named, every leaf of its log is read and verified, so that
//! the person who revokes sees how many signatures each choice touches.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use planseal::id::ObjectId;
use planseal::log::leaf::Leaf;
use planseal::statement::{KeyStatus, Kind};
use planseal::time::Timestamp;
use planseal_signer::authority::Authority;

use crate::arguments::{Revoke, Shared};
use crate::evidence::{self, Region};
use crate::log_reader::LogReader;
use crate::server::Server;
use crate::{files, statement, terminal};

pub(crate) fn run(arguments: &Revoke, shared: &Shared) -> anyhow::Result<ExitCode> {
    let certificate = files::read_object(&arguments.certificate)?;
    let issuers = arguments
        .issuers
        .iter()
        .map(|path| files::read_object(path))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let secret = terminal::passphrase(&arguments.passphrase, shared, &arguments.folder)?;
    let mut authority = Authority::open(&arguments.folder, &secret)?;
    let address = arguments.outgoing.server.as_deref();
    let server = address.map(Server::at).transpose()?;
    let mut region = region(arguments, server.as_ref())?;
    let leaves = match (&server, &region) {
        (Some(server), Some(region)) => Some(LogReader::open(server, &region.policy)?.all()?),
        _ => None,
    };
    let from = from_index(arguments, leaves.as_deref())?;
    let revocation = authority.revocation(
        &certificate,
        &issuers,
        arguments.reason.into(),
        from,
        terminal::now()?,
    )?;
    if let Some(leaves) = &leaves {
        eprintln!("{}", effect(certificate.id(), from, leaves));
    }
    statement::ask(Kind::KeyStatus, revocation.to_be_signed(), arguments.yes, shared)?;
    let signed = authority.revoke(&revocation, terminal::now()?)?;
    match &mut region {
        Some(region) => statement::deliver::<KeyStatus>(&signed, region, &arguments.outgoing, shared),
        None => statement::keep(&signed, &arguments.outgoing, shared),
    }
}

/// A service's answers are verified under a pinned policy; without a service none is needed.
fn region(arguments: &Revoke, server: Option<&Server>) -> anyhow::Result<Option<Region>> {
    match server {
        Some(server) => evidence::region_of(&arguments.trusted, server).map(Some),
        None => Ok(None),
    }
}

/// The leaf from which the certificate's signatures are not accepted.
fn from_index(arguments: &Revoke, leaves: Option<&[Leaf]>) -> anyhow::Result<u64> {
    let from = &arguments.from;
    let size = leaves.map(|leaves| u64::try_from(leaves.len())).transpose()?;
    if let Some(index) = from.from_index {
        ensure!(
            size.is_none_or(|size| index <= size),
            "the log has {} leaves: a revocation cannot begin later than now",
            size.unwrap_or_default()
        );
        return Ok(index);
    }
    if let Some(since) = from.since {
        let leaves = leaves.context(
            "which leaf that time means stands in the log: pass --server, or give the leaf with --from-index",
        )?;
        return first_at(leaves, since);
    }
    match size {
        Some(size) => Ok(size),
        None => size_of_lists(arguments)?.context(
            "how many leaves the log has now must be known: pass --server or --trust-list, or give --from-index",
        ),
    }
}

/// The smallest leaf whose time is at or after a time; the log's end when none is.
fn first_at(leaves: &[Leaf], since: Timestamp) -> anyhow::Result<u64> {
    let place = leaves.iter().position(|leaf| leaf.time >= since.minute());
    Ok(u64::try_from(place.unwrap_or(leaves.len()))?)
}

/// Without a service, the newest trust list given says how large the log was.
fn size_of_lists(arguments: &Revoke) -> anyhow::Result<Option<u64>> {
    if arguments.trusted.lists.is_empty() {
        return Ok(None);
    }
    evidence::list_size(&arguments.trusted)
}

/// What this choice does to what is logged already.
fn effect(certificate: ObjectId, from: u64, leaves: &[Leaf]) -> String {
    let place = leaves.iter().position(|leaf| leaf.id == certificate);
    let Some(place) = place.and_then(|place| u64::try_from(place).ok()) else {
        return "This certificate is not in the log: nothing that it signed is registered.".into();
    };
    let own = |leaf: &Leaf| leaf.signer == place && leaf.id != certificate;
    let count = |wanted: &dyn Fn(u64) -> bool| {
        (0..)
            .zip(leaves)
            .filter(|(index, leaf)| own(leaf) && wanted(*index))
            .count()
    };
    let (stay, suspended) = (count(&|index| index < from), count(&|index| index >= from));
    let below = leaves
        .iter()
        .filter(|leaf| leaf.kind == Kind::Certificate && own(leaf))
        .count();
    let mut words = format!(
        "This certificate is leaf {place} of the log. Of what it signed, {stay} stay verified (before leaf {from}) and \
         {suspended} become suspended (from leaf {from} on)."
    );
    if below > 0 {
        words.push_str(&format!(
            " It certified {below} others: what THEY sign from leaf {from} on is suspended too."
        ));
    }
    words
}
