//! Checking a configuration before a node depends on it: every file is read, every key opened, and each compared with
//! what it belongs to. The store itself is not touched.

use planseal::statement::Statement as _;
use planseal::trust::Certificate;

use super::{Node, OpenKey, Refusal};
use crate::config::{CertifiedKey, Config};
use crate::listen;
use crate::routes::Mode;
use crate::service::{ServiceKey, StartError};

/// Checks everything that a node reads before it opens its store, and gives what was found, line by line.
///
/// # Errors
/// The first thing that has to be put right, with file and key.
pub fn check_config(config: &Config, open: OpenKey<'_>) -> anyhow::Result<Vec<String>> {
    let (address, mode) = (config.listen()?, config.access()?);
    let tls = config.tls()?;
    if let Some(files) = &tls {
        listen::check_tls(files)?;
    }
    let node = Node::read(config, open)?;
    let keys = [&node.keys.head, &node.keys.status, &node.keys.recorder];
    for (key, held) in keys.into_iter().zip(config.service_keys()?) {
        belongs(key, &held)?;
    }
    let (log, place) = (node.deployment.policy.log().name(), &node.place);
    let scheme = if tls.is_some() { "TLS 1.3" } else { "plain HTTP" };
    let shown = match mode {
        Mode::Closed => "closed",
        Mode::Demo => "trial",
    };
    let mut lines = vec![
        format!("log: {log}"),
        format!("store: {}", place.url),
        format!("listen: {address}, {scheme}, access {shown}"),
        format!("witnesses asked: {}", node.deployment.witnesses.len()),
    ];
    if place.remember.is_none() {
        lines.push(
            "store.remember is not set: a store that was rolled back as a whole would not be noticed".into(),
        );
    }
    Ok(lines)
}

/// Key and certificate belong together. Whether the certificate counts is asked when the log is there.
fn belongs(key: &ServiceKey, held: &CertifiedKey) -> anyhow::Result<()> {
    let (_, payload) = held.certificate.peek_unverified();
    let certificate = Certificate::from_payload(payload)?;
    let (role, id) = (held.role, held.certificate.id());
    if !certificate.fields().roles.contains(&role) {
        let fault = StartError::OtherRole {
            role,
            certificate: id,
        };
        return Err(Refusal::of(&fault).into());
    }
    let (found, expected) = (key.port.public_key(), certificate.key());
    if found == expected {
        return Ok(());
    }
    let fault = StartError::OtherKey {
        role,
        found,
        expected,
    };
    Err(Refusal::of(&fault).into())
}
