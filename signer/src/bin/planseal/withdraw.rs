//! `planseal withdraw`: a clinician says that a plan is no longer to be relied on, and why. Any entitled finaliser may;
//! the author is not needed.

use std::process::ExitCode;

use planseal::statement::{Kind, Withdrawal};

use crate::arguments::{Shared, Withdraw};
use crate::server::Server;
use crate::{signer, statement, subject, terminal, words};

pub(crate) fn run(arguments: &Withdraw, shared: &Shared) -> anyhow::Result<ExitCode> {
    let mut signer = signer::open(&arguments.by, Kind::Withdrawal, shared)?;
    let address = arguments.outgoing.server.as_deref();
    let server = address.map(Server::at).transpose()?;
    if let Some(server) = &server {
        signer.region.learn_from(server)?;
    }
    let version = subject::version(&arguments.plan, server.as_ref(), &mut signer.region)?;
    let content = version.content();
    let withdrawal = Withdrawal {
        plan: content.plan(),
        version: version.id(),
        reason: arguments.reason.into(),
        issued_at: terminal::now()?,
    };
    let mut context = vec!["The plan to be withdrawn:".to_owned(), String::new()];
    context.extend(words::headline(content));
    context.extend(words::frame(content));
    context.push(String::new());
    let signed = statement::sign(&withdrawal, &context, &signer, &arguments.by, shared)?;
    statement::deliver::<Withdrawal>(&signed, &mut signer.region, &arguments.outgoing, shared)
}
