//! Witnesses with fixed keys, and a policy that asks for two of three (C2SP tlog-policy, tlog-cosignature).
//!
//! Cosignatures are put together here by hand, from the standard, so that nothing of the product's own writing is needed
//! to test its reading.

use planseal::log::note::{KeyType, Note, NoteSignature, VerifierKey};
use planseal::sign::SigningPort;

use crate::key::FixedKey;

/// Seeds of the three witnesses' keys.
pub const SEEDS: [u8; 3] = [31, 32, 33];

/// When the witnesses cosign, in seconds since 1970.
pub const COSIGNED_AT: u64 = 1_764_000_000;

/// The verifier key of the witness with this seed.
///
/// # Panics
/// Never: the name is a key name.
#[must_use]
pub fn verifier(seed: u8) -> VerifierKey {
    let key = FixedKey::from_seed(seed).public_key();
    VerifierKey::new(&format!("w{seed}.example/witness"), KeyType::Witness, key).expect("a key name")
}

/// Two of the three, in the text form of tlog-policy.
#[must_use]
pub fn policy() -> String {
    let names = SEEDS.map(|seed| format!("w{seed}"));
    let lines = SEEDS.map(|seed| format!("witness w{seed} {}\n", verifier(seed)));
    format!("{}group two 2 {}\nquorum two\n", lines.concat(), names.join(" "))
}

/// The line that this witness adds to a note with this text, at this time.
#[must_use]
pub fn cosignature(seed: u8, text: &str, time: u64) -> NoteSignature {
    let signature = FixedKey::from_seed(seed).sign_anything(&signed_bytes(text, time));
    line(seed, time, &signature)
}

/// What a cosignature covers: `cosignature/v1`, the time, and the whole text.
#[must_use]
pub fn signed_bytes(text: &str, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// A cosignature line with any signature in it.
#[must_use]
pub fn line(seed: u8, time: u64, signature: &[u8]) -> NoteSignature {
    let key = verifier(seed);
    NoteSignature {
        name: key.name().into(),
        key_id: key.id(),
        bytes: [&time.to_be_bytes(), signature].concat(),
    }
}

/// A checkpoint with these lines beneath the log's own.
///
/// # Panics
/// When the checkpoint is no note: a mistake in the test.
#[must_use]
pub fn with_lines(checkpoint: &str, lines: impl IntoIterator<Item = NoteSignature>) -> String {
    let mut note = Note::parse(checkpoint).expect("a checkpoint is a note");
    for line in lines {
        note.push(line);
    }
    note.to_string()
}
