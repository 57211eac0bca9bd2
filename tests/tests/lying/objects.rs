//! Lies about what a record holds: papers put together from others, and records swapped.

use planseal::bundle::Bundle;
use planseal::check::State::{self, CurrencyUnknown, Current, NotGenuine};
use planseal_tests::forge::Parts;

use crate::cast::{CAST, FIRST, SECOND, STRANGER, days_ago};
use crate::history::History;
use crate::liar::{Answer, Asked, Liar, RUNTIME};
use crate::scene::{CONSISTENT, Outcome, Scene, UNEXPECTED};

/// A bundle as the service hands it out, changed; head and log stay honest.
fn handed_out(told: State, change: impl AsyncFnOnce(&History, Bundle) -> Bundle) {
    let (liar, honest, changed) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let paper = history.at(days_ago(3), history.bundle(&SECOND)).await;
        let bundle = Bundle::decode(&paper).expect("an honest bundle");
        let changed = change(&history, bundle).await.encode().expect("encodes");
        (
            Liar::changing(history.router(), |_, honest| honest).await,
            paper,
            changed,
        )
    });
    let expected = Outcome {
        honest: Current,
        told: Current,
        monitor: CONSISTENT,
    };
    let scene = Scene::of(liar);
    scene.online(&honest, expected);
    assert_eq!(scene.checked(&changed), told);
}

async fn other(history: &History) -> Bundle {
    let bundle = history.at(days_ago(3), history.bundle(&STRANGER)).await;
    Bundle::decode(&bundle).expect("an honest bundle")
}

async fn earlier(history: &History) -> Bundle {
    let bundle = history.at(days_ago(8), history.bundle(&FIRST)).await;
    Bundle::decode(&bundle).expect("an honest bundle")
}

#[test]
fn a_word_of_the_plan_is_changed_under_the_tree() {
    handed_out(NotGenuine, async |_, mut bundle| {
        let parts =
            Parts::of(&bundle.version).field("change_reason", planseal_tests::cbor::Cbor::text("routine"));
        let changed = planseal::envelope::SignedObject::parse(&parts.encode()).expect("an envelope");
        let receipt = bundle
            .receipts
            .iter_mut()
            .find(|(id, _)| *id == bundle.version.id());
        receipt.expect("the version's receipt").0 = changed.id();
        bundle.receipts.sort_by_key(|(id, _)| *id);
        bundle.version = changed;
        bundle
    });
}

#[test]
fn the_receipt_of_another_version_is_laid_beside_it() {
    handed_out(NotGenuine, async |history, mut bundle| {
        let elsewhere = history.service.receipt(FIRST.id()).await.expect("a receipt");
        let receipt = bundle.receipts.iter_mut().find(|(id, _)| *id == SECOND.id());
        receipt.expect("the version's receipt").1 = elsewhere;
        bundle
    });
}

#[test]
fn the_stamp_of_another_print_is_transplanted() {
    handed_out(NotGenuine, async |history, bundle| Bundle {
        stamp: other(history).await.stamp,
        ..bundle
    });
}

#[test]
fn the_card_of_another_patient_is_transplanted() {
    handed_out(NotGenuine, async |history, bundle| Bundle {
        card: other(history).await.card,
        stamp: None,
        ..bundle
    });
}

#[test]
fn card_and_stamp_of_the_earlier_version_are_transplanted() {
    handed_out(NotGenuine, async |history, bundle| {
        let earlier = earlier(history).await;
        let card = Some(FIRST.card.object().clone());
        Bundle {
            card,
            stamp: earlier.stamp,
            ..bundle
        }
    });
}

#[test]
fn the_head_of_another_record_is_laid_beside_it() {
    handed_out(NotGenuine, async |history, bundle| Bundle {
        head: other(history).await.head,
        ..bundle
    });
}

#[test]
fn the_receipt_is_left_out() {
    handed_out(CurrencyUnknown, async |_, mut bundle| {
        bundle.receipts.retain(|(id, _)| *id != SECOND.id());
        bundle
    });
}

#[test]
fn somebody_who_was_never_registered_signs_for_the_practice() {
    handed_out(CurrencyUnknown, async |_, mut bundle| {
        let unlogged = CAST.unlogged(days_ago(40));
        let parts = Parts::of(&bundle.version).signer(unlogged.certificate.id());
        let signed = parts.signed_by(&unlogged.key).encode();
        bundle.version = planseal::envelope::SignedObject::parse(&signed).expect("an envelope");
        bundle.certificates.push(unlogged.certificate.object().clone());
        bundle
            .certificates
            .sort_by_key(planseal::envelope::SignedObject::id);
        (bundle.card, bundle.stamp, bundle.head) = (None, None, None);
        bundle.receipts.retain(|(id, _)| *id != SECOND.id());
        bundle.without_strays()
    });
}

#[test]
fn a_certificate_is_issued_and_logged_behind_the_back_of_the_practice() {
    let liar = RUNTIME.block_on(async {
        let (shown, later) = (History::until_second().await, History::until_second().await);
        let certificate = CAST.unlogged(days_ago(1)).certificate;
        let logged = later.service.register_certificate(certificate.object());
        later
            .at(days_ago(1), logged)
            .await
            .expect("a genuine certificate");
        Liar::replacing(shown.router(), later.router()).await
    });
    let scene = Scene::of(liar);
    let known =
        [&CAST.practice, &CAST.author, &CAST.colleague].map(|party| party.certificate.id().to_string());
    let expected = scene.write("expected", known.join("\n").as_bytes());
    let expected = expected.to_str().expect("a path in UTF-8");
    let watched = ["--organisation", "TEST-GP01", "--expect", expected];
    assert_eq!(
        scene.monitor_of_its_own("first", &watched),
        CONSISTENT,
        "the control"
    );
    scene.liar().lie();
    assert_eq!(scene.monitor_of_its_own("second", &watched), UNEXPECTED);
}

#[test]
fn the_records_of_two_people_are_swapped() {
    let liar = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let (first, second) = (
            SECOND.version.content().plan().to_string(),
            STRANGER.version.content().plan().to_string(),
        );
        let head = history.head(&STRANGER).await.bytes().to_vec();
        let change = move |asked: &Asked, honest: Answer| match asked.path.as_str() {
            path if path.contains(&first) && path.ends_with("/head") => Answer::object(&head),
            path if path.contains(&first) => Answer {
                body: String::from_utf8_lossy(&honest.body)
                    .replace(&first, &second)
                    .into_bytes(),
                ..honest
            },
            "/api/v1/status" => Answer::object(&head),
            _ => honest,
        };
        Liar::changing(history.router(), change).await
    });
    let scene = Scene::of(liar);
    let (code, said) = scene.status(&SECOND);
    assert_eq!(code, 0, "the control: {said}");
    scene.liar().lie();
    let (code, said) = scene.status(&SECOND);
    assert_ne!(code, 0, "another person's record is not this one's: {said}");
}
