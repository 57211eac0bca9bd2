//! Lies about who saw the log: cosignatures that are missing, doubled, stolen or of another tree.

use planseal::bundle::Bundle;
use planseal::check::State::{self, CurrencyUnknown, Current};
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::cosign::{AddCheckpoint, Witnessed, cosign};
use planseal::log::note::{KeyType, Note, NoteSignature, VerifierKey};
use planseal::log::proof::LogProof;
use planseal::log::tree::TreeHead;
use planseal::receipt::Receipt;
use planseal::sign::SigningPort as _;
use planseal_tests::key::FixedKey;

use crate::cast::{CAST, FIRST, NOW, RIVAL, SECOND, log_verifier};
use crate::history::History;
use crate::liar::{Liar, RUNTIME};
use crate::scene::Scene;

fn witness(seed: u8) -> (FixedKey, VerifierKey) {
    let key = FixedKey::from_seed(seed);
    let name = format!("witness-{seed}.example");
    let named = VerifierKey::new(&name, KeyType::Witness, key.public_key()).expect("a name");
    (key, named)
}

/// Two of three, as readers ask for it.
fn two_of_three() -> String {
    let lines = [21, 22, 23].map(|seed| {
        let (_, key) = witness(seed);
        format!("witness w{seed} {key}\n")
    });
    format!(
        "{}group all-three 2 w21 w22 w23\nquorum all-three\n",
        lines.concat()
    )
}

fn cosigned(note: &Note, seed: u8) -> NoteSignature {
    let (key, named) = witness(seed);
    let checkpoint = VerifiedCheckpoint::of_log(note, &log_verifier()).expect("an honest checkpoint");
    cosign(&checkpoint, *NOW, &named, &key).expect("cosigned")
}

/// The second version's paper with lines added to the checkpoint of every receipt, read by somebody who asks for two of
/// three witnesses.
fn read(expected: State, lines: impl Fn(&Note) -> Vec<NoteSignature>) {
    let (liar, paper) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let paper = history.bundle(&SECOND).await;
        (Liar::changing(history.router(), |_, honest| honest).await, paper)
    });
    let mut bundle = Bundle::decode(&paper).expect("an honest bundle");
    for (_, receipt) in &mut bundle.receipts {
        let proof = receipt.proof();
        let mut note = Note::parse(&proof.checkpoint).expect("a note");
        lines(&note).into_iter().for_each(|line| note.push(line));
        let proof = LogProof {
            checkpoint: note.to_string(),
            ..proof.clone()
        };
        *receipt = Receipt::new(*receipt.leaf(), proof);
    }
    let scene = Scene::under(liar, CAST.policy(&two_of_three()));
    assert_eq!(scene.checked(&bundle.encode().expect("encodes")), expected);
}

#[test]
fn two_witnesses_of_three_are_enough() {
    read(Current, |note| vec![cosigned(note, 21), cosigned(note, 23)]);
}

#[test]
fn one_witness_is_too_few() {
    read(CurrencyUnknown, |note| vec![cosigned(note, 21)]);
}

#[test]
fn nobody_has_witnessed() {
    read(CurrencyUnknown, |_| Vec::new());
}

#[test]
fn one_witness_is_counted_twice() {
    read(CurrencyUnknown, |note| {
        vec![cosigned(note, 21), cosigned(note, 21)]
    });
}

#[test]
fn a_stranger_takes_the_place_of_a_witness() {
    read(CurrencyUnknown, |note| {
        vec![cosigned(note, 21), cosigned(note, 66)]
    });
}

#[test]
fn one_witness_signs_in_the_name_of_another() {
    read(CurrencyUnknown, |note| {
        let (_, other) = witness(22);
        let stolen = NoteSignature {
            name: other.name().to_owned(),
            key_id: other.id(),
            ..cosigned(note, 21)
        };
        vec![cosigned(note, 21), stolen]
    });
}

#[test]
fn a_cosignature_of_another_tree_is_laid_beside_the_checkpoint() {
    let elsewhere = RUNTIME.block_on(async {
        let history = History::until_first().await;
        history.service.checkpoint().expect("a checkpoint")
    });
    let elsewhere = Note::parse(&elsewhere).expect("a note");
    read(CurrencyUnknown, |note| {
        vec![cosigned(note, 21), cosigned(&elsewhere, 22)]
    });
}

#[test]
fn the_time_in_a_cosignature_is_changed() {
    read(CurrencyUnknown, |note| {
        let mut later = cosigned(note, 22);
        later.bytes[7] ^= 1;
        vec![cosigned(note, 21), later]
    });
}

#[test]
fn a_witness_that_saw_one_history_does_not_cosign_the_other() {
    let (shown, forked) = RUNTIME.block_on(async {
        let (shown, forked) = (History::until_second().await, History::until_first().await);
        forked.publish(&RIVAL, Some(FIRST.id())).await;
        (shown.service.checkpoint(), forked.service.checkpoint())
    });
    let note = |checkpoint: Option<String>| Note::parse(&checkpoint.expect("a checkpoint")).expect("a note");
    let first = AddCheckpoint {
        old: 0,
        proof: Vec::new(),
        note: note(shown),
    };
    let seen = Witnessed::of(TreeHead::empty()).judge(&first, &log_verifier());
    let seen = TreeHead::from(&seen.expect("the first checkpoint"));
    let fork = AddCheckpoint {
        old: seen.size,
        proof: Vec::new(),
        note: note(forked),
    };
    let refused = Witnessed::of(seen).judge(&fork, &log_verifier());
    assert_eq!(refused.expect_err("a fork").status(), 409);
}
