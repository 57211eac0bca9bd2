//! `planseal inspect`: what any planseal file says, for people and programs. Nothing is verified, and every output says
//! so.

use std::process::ExitCode;

use anyhow::bail;
use planseal::bundle::{self, Bundle};
use planseal::card::Card;
use planseal::code::OfflineCode;
use planseal::envelope::{MAX_LOG_VIEW, SignedObject};
use planseal::monitor::Contradiction;
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::statement::{Kind, Statement as _};
use planseal::trust::TrustPolicy;
use serde_json::{Value as Json, json};

use crate::arguments::{Inspect, Shared};
use crate::{cbor, contradiction, files, terminal, words};

/// 256 MiB: evidence with four million leaves; everything else is smaller.
const MAX_INSPECTED: usize = 256 << 20;

pub(crate) fn run(arguments: &Inspect, shared: &Shared) -> anyhow::Result<ExitCode> {
    let bytes = files::read(&arguments.file, MAX_INSPECTED)?;
    if let Ok(contradiction) = Contradiction::decode(&bytes) {
        return contradiction::show(&contradiction, arguments, shared);
    }
    let found = look(&bytes)?;
    if shared.json {
        let mut json = found.json;
        json["verified"] = json!(false);
        json["what"] = json!(found.what);
        terminal::print_json(&json)?;
    } else {
        let mut lines = vec![format!("UNVERIFIED {}", found.what)];
        lines.extend(found.lines);
        terminal::print_text(&lines.join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What a file turned out to be.
struct Found {
    what: String,
    lines: Vec<String>,
    json: Json,
}

fn look(bytes: &[u8]) -> anyhow::Result<Found> {
    if bytes.starts_with(b"%PDF-") {
        let bundle = Bundle::find(bytes)?;
        return Ok(of_bundle(&bundle, "PDF with a plan inside"));
    }
    if bytes.starts_with(bundle::MAGIC) {
        return Ok(of_bundle(&Bundle::decode(bytes)?, "bundle"));
    }
    if bytes.first() == Some(&0x84) {
        return Ok(of_object(&SignedObject::parse(bytes)?));
    }
    if let Ok(policy) = TrustPolicy::parse(bytes) {
        return Ok(of_payload("trust policy", policy.bytes().as_slice()));
    }
    if let Ok(receipt) = Receipt::decode(bytes) {
        return Ok(of_receipt(&receipt));
    }
    let text = core::str::from_utf8(bytes).map(str::trim);
    if let Ok(text) = text
        && let Ok(code) = OfflineCode::parse(text)
    {
        let card = code.peek_unverified()?;
        return Ok(Found {
            what: "printed code".into(),
            lines: words::card(&card),
            json: json!({ "card": words::card(&card) }),
        });
    }
    bail!(
        "this is not a planseal file: it is no PDF with a plan, bundle, envelope, receipt, trust policy or code"
    )
}

fn of_object(object: &SignedObject) -> Found {
    let (header, payload) = object.peek_unverified();
    let mut lines = vec![
        format!("id: {}", object.id()),
        format!("issuer: {}", header.issuer),
        format!("subject: {}", header.subject),
        format!("signed: {}", header.issued_at.day_and_time()),
        header.certificate.map_or_else(
            || "signed by its own key".into(),
            |id| format!("by certificate: {id}"),
        ),
        String::new(),
    ];
    lines.extend(content_of(object.kind(), payload));
    let json = json!({
        "kind": object.kind().name(),
        "id": object.id().to_string(),
        "issuer": header.issuer,
        "subject": header.subject,
        "issued_at": header.issued_at.to_string(),
        "certificate": header.certificate.map(|id| id.to_string()),
        "payload": cbor::to_json(payload, MAX_LOG_VIEW),
    });
    Found {
        what: object.kind().to_string(),
        lines,
        json,
    }
}

fn content_of(kind: Kind, payload: &[u8]) -> Vec<String> {
    if kind == Kind::Version
        && let Ok(version) = PlanVersion::from_payload(payload)
    {
        return [
            words::headline(&version),
            words::frame(&version),
            words::sections(&version),
        ]
        .concat();
    }
    if kind == Kind::Card
        && let Ok(card) = Card::from_payload(payload)
    {
        return words::card(&card);
    }
    fields(payload)
}

/// Every field of a payload under its own name.
fn fields(payload: &[u8]) -> Vec<String> {
    let Some(json) = cbor::to_json(payload, MAX_LOG_VIEW) else {
        return vec!["the payload is not in this format".into()];
    };
    words::leaves(&json)
        .into_iter()
        .map(|(path, value)| format!("{path}: {value}"))
        .collect()
}

fn of_payload(what: &str, payload: &[u8]) -> Found {
    let json = json!({ "payload": cbor::to_json(payload, MAX_LOG_VIEW) });
    Found {
        what: what.into(),
        lines: fields(payload),
        json,
    }
}

fn of_receipt(receipt: &Receipt) -> Found {
    let leaf = receipt.leaf();
    let lines = vec![
        format!("of: {} {}", leaf.kind, leaf.id),
        format!("logged: {}", leaf.time.start().day_and_time()),
        format!("leaf: {}", receipt.proof().index),
        format!("signer's leaf: {}", leaf.signer),
    ];
    let json = json!({
        "kind": leaf.kind.name(),
        "id": leaf.id.to_string(),
        "logged_at": leaf.time.start().to_string(),
        "leaf": receipt.proof().index,
        "signer_leaf": leaf.signer,
    });
    Found {
        what: "receipt".into(),
        lines,
        json,
    }
}

fn of_bundle(bundle: &Bundle, what: &str) -> Found {
    let version = of_object(&bundle.version);
    let mut lines = vec!["the version:".to_owned()];
    lines.extend(version.lines);
    lines.push(String::new());
    let one = |object: &Option<SignedObject>| object.iter().map(SignedObject::id).collect::<Vec<_>>();
    let many = |objects: &[SignedObject]| objects.iter().map(SignedObject::id).collect::<Vec<_>>();
    let parts = [
        ("card", one(&bundle.card)),
        ("stamp", one(&bundle.stamp)),
        ("head", one(&bundle.head)),
        ("certificates", many(&bundle.certificates)),
        ("endorsements", many(&bundle.endorsements)),
        ("intakes", many(&bundle.intakes)),
        ("reports", many(&bundle.reports)),
        ("resolutions", many(&bundle.resolutions)),
        ("custody", many(&bundle.custody)),
        ("receipts", bundle.receipts.iter().map(|(id, _)| *id).collect()),
    ];
    let mut json = json!({ "version": version.json });
    for (name, ids) in parts {
        lines.extend(ids.iter().map(|id| format!("{name}: {id}")));
        json[name] = ids.iter().map(ToString::to_string).collect();
    }
    Found {
        what: what.into(),
        lines,
        json,
    }
}
