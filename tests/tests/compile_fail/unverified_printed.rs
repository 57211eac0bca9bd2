//! A document is made of a verified version; anything less is a preview, and says UNSIGNED on every page.
use planseal::plan::PlanVersion;
use planseal_render::{Document, document};

fn print(template: Document<'_>, version: &PlanVersion) {
    let _ = document(&Document { version, ..template });
}

fn main() {}
