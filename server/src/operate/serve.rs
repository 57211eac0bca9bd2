//! Serving: from the first byte of the configuration to the last answer before the process ends.
//!
//! 1. The configuration is read whole and the address taken, before any key or store is touched.
//! 2. Keys are opened, the store is opened against what this node has shown before, the log is folded.
//! 3. Requests are answered. What is shown is remembered within [`REMEMBERED_EVERY`].
//! 4. Asked to stop: nobody new is let in, those under way are answered, the newest checkpoint is remembered, the store
//!    is closed. A kill instead of a stop leaves what a power cut leaves; the next start repairs it.

use std::sync::Arc;
use std::time::Duration;

use planseal_store::SystemClock;

use super::{Node, OpenKey, Refusal, Remember, open_store, refusal_or_fault};
use crate::config::Config;
use crate::listen;
use crate::problem::causes;
use crate::routes::{self, App, Mode};
use crate::service::Service;

/// Two seconds at most between the first showing of a checkpoint and its being remembered.
const REMEMBERED_EVERY: Duration = Duration::from_secs(2);

/// Serves until asked to stop.
///
/// # Errors
/// [`Refusal`](super::Refusal) when the store, the keys or the log may not be served, and what else kept it from starting.
pub async fn serve(config: &Config, open: OpenKey<'_>) -> anyhow::Result<()> {
    let (address, mode, tls) = (config.listen()?, config.access()?, config.tls()?);
    let listener = listen::bind_to(address).await?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let (service, remember) = start(config, open).await?;
    eprintln!(
        "{} listens on {scheme}://{}",
        service.policy().log().name(),
        listener.local_addr()?
    );
    eprintln!("{}", words_of(mode));
    let app = App {
        service: Arc::clone(&service),
        mode,
    };
    tokio::select! {
        served = listen::serve(listener, routes::router(app), tls) => served?,
        () = service.keep_witnessed() => {}
        () = keep_remembered(&service, remember.as_ref()) => {}
    }
    remember_now(&service, remember.as_ref());
    service.close().await?;
    eprintln!("stopped");
    Ok(())
}

/// What is served, in words.
const fn words_of(mode: Mode) -> &'static str {
    match mode {
        Mode::Closed => {
            "Plans are neither taken in nor shown: that needs signing in, which this release does not have yet. The log, \
             its signed views and the status of codes are served."
        }
        Mode::Demo => {
            "TRIAL: every plan is shown to whoever reaches this address. For fictional people only."
        }
    }
}

/// The service over its store, and where it remembers what it shows.
async fn start(config: &Config, open: OpenKey<'_>) -> anyhow::Result<(Arc<Service>, Option<Remember>)> {
    let node = Node::read(config, open)?;
    node.place.expect_begun()?;
    let remember = Remember::of(&node.place, &node.deployment.policy);
    let remembered = match &remember {
        Some(remember) => remember.read().map_err(|fault| Refusal::of(&fault))?,
        None => None,
    };
    if remembered.is_none() {
        eprintln!(
            "This node remembers nothing that it has shown: a store that was rolled back as a whole is not noticed this \
             time."
        );
    }
    let store = open_store(&node.place, &node.deployment.policy, node.log, remembered).await?;
    for damage in store.damage_found_on_opening() {
        eprintln!("store: {}; run `planseal-server fsck`", causes(damage));
    }
    let clock = Arc::new(SystemClock);
    let opened = Service::open(store, clock, node.deployment, node.keys).await;
    let service = opened.map_err(refusal_or_fault)?;
    for role in service.keys_not_in_force().await {
        eprintln!(
            "The certificate of the {role} key is not in force: readers will not believe what it signs. Renew it."
        );
    }
    Ok((Arc::new(service), remember))
}

/// Without end, beside whoever serves. What the store fails at by itself is told once, when it begins and when it ends.
async fn keep_remembered(service: &Service, remember: Option<&Remember>) {
    let mut told = None;
    loop {
        tokio::time::sleep(REMEMBERED_EVERY).await;
        remember_now(service, remember);
        let trouble = service.trouble_of_store();
        if trouble != told {
            eprintln!("store: {}", trouble.as_deref().unwrap_or("works again"));
            told = trouble;
        }
    }
}

/// A node that cannot remember goes on serving, and says so: the store itself is durable.
fn remember_now(service: &Service, remember: Option<&Remember>) {
    let (Some(remember), Some(note)) = (remember, service.checkpoint()) else {
        return;
    };
    if let Err(fault) = remember.write(&note) {
        eprintln!("{}", causes(&fault));
    }
}
