//! The proof: every PDF is read from its file again and judged as an outside reader would, offline.

use anyhow::Context as _;
use planseal::bundle::Bundle;
use planseal::check::{Question, Reader, Verdict};
use planseal::envelope::SignedObject;
use planseal::time::Timestamp;
use planseal::trust::TrustPolicy;
use planseal::verify::attachment_matches;

use super::folder::Folder;
use super::past::Printed;
use planseal_render::print::{self, Print};

/// A file, what it came to, and what it had to come to.
pub(super) struct Proof {
    sample: String,
    version: u32,
    word: &'static str,
    code: u8,
    expected: u8,
    file: String,
}

impl Proof {
    /// Whether the verdict is the expected one.
    pub(super) const fn is_expected(&self) -> bool {
        self.code == self.expected
    }
}

/// Reads policy, trust list, snapshot, scans and PDFs from the folder, and nothing else.
pub(super) fn read_and_check(
    folder: &Folder,
    printed: &[Printed],
    at: Timestamp,
) -> anyhow::Result<Vec<Proof>> {
    let policy = TrustPolicy::parse(&folder.read("trust-policy.cbor")?)?;
    let mut reader = Reader::default().pin(policy.clone());
    reader.add_trust_list(&SignedObject::parse(&folder.read("trust-list.cbor")?)?)?;
    reader.add_snapshot(&SignedObject::parse(&folder.read("snapshot.cbor")?)?)?;
    let files = folder.attachments()?;
    let mut proofs = Vec::new();
    for printed in printed {
        let path = folder.pdf(&printed.sample, printed.version);
        let name = path.display().to_string();
        let pdf = std::fs::read(&path).with_context(|| format!("{name} cannot be read"))?;
        let verdict = judge(&reader, &policy, &pdf, &files, at).with_context(|| name.clone())?;
        proofs.push(Proof {
            sample: printed.sample.clone(),
            version: printed.version,
            word: verdict.state().word(),
            code: verdict.exit_code(),
            expected: printed.expected,
            file: name,
        });
    }
    Ok(proofs)
}

/// Finds the bundle in the file, judges it, prints it again and compares the file with that.
fn judge(
    reader: &Reader,
    policy: &TrustPolicy,
    pdf: &[u8],
    files: &[Vec<u8>],
    at: Timestamp,
) -> anyhow::Result<Verdict> {
    let bundle = Bundle::find(pdf)?;
    let checked = reader.open_bundle(&bundle)?;
    let named = checked.version().verified().content().attachments();
    let files: Vec<Vec<u8>> = files
        .iter()
        .filter(|file| named.iter().any(|named| attachment_matches(named, file)))
        .cloned()
        .collect();
    let question = Question {
        attachments: &files,
        ..Question::at(at)
    };
    let again = Print {
        checked: &checked,
        bundle: &bundle.encode()?,
        files: &files,
        policy,
    };
    Ok(reader
        .check_bundle(&bundle, &question)
        .in_file(print::compare(pdf, &again)))
}

/// The table on stdout.
pub(super) fn table(proofs: &[Proof]) -> String {
    let mut table = format!("{:<6}{:<9}{:<28}FILE\n", "PLAN", "VERSION", "VERDICT");
    for proof in proofs {
        let verdict = format!("{} ({})", proof.word, proof.code);
        let (sample, version, file) = (&proof.sample, proof.version, &proof.file);
        table.push_str(&format!("{sample:<6}{version:<9}{verdict:<28}{file}"));
        if !proof.is_expected() {
            table.push_str(&format!("  UNEXPECTED: {} was to come", proof.expected));
        }
        table.push('\n');
    }
    table
}
