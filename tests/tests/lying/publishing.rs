//! Lies told to an author: the hand tool says PUBLISHED only of what it verified itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use planseal::head::{Head, HeadState};
use planseal::id::ObjectId;
use planseal::receipt::Receipt;
use planseal::statement::Kind;
use planseal_tests::sample::PLAN;
use serde_json::Value;
use std::sync::LazyLock;

use crate::cast::{CAST, FIRST, NOW, STRANGER, Signed, days_ago};
use crate::history::History;
use crate::liar::{Answer, Asked, Liar, RUNTIME};
use crate::logs::{Forgery, place};
use crate::scene::{CONSISTENT, CONTRADICTION, Scene};

/// A second version, signed five minutes ago.
static FRESH: LazyLock<Signed> =
    LazyLock::new(|| CAST.version(PLAN, "P1-v2", NOW.plus(-300), Some(&FIRST.predecessor())));
/// A colleague's other second version, of the same minute.
static RACING: LazyLock<Signed> =
    LazyLock::new(|| CAST.version(PLAN, "P1-v3", NOW.plus(-240), Some(&FIRST.predecessor())));

const PUBLISHED: i32 = 0;
const NOT_PUBLISHED: i32 = 1;

/// The author publishes, and the answer is changed: field by field of its JSON.
fn answered(change: impl AsyncFnOnce(&History) -> Vec<(&'static str, Value)>) {
    let liar = RUNTIME.block_on(async {
        let history = History::until_first().await;
        let fields = change(&history).await;
        let lie = move |asked: &Asked, honest: Answer| match asked.path.ends_with("/versions") {
            true => with_fields(honest, &fields),
            false => honest,
        };
        Liar::changing(history.router(), lie).await
    });
    let scene = Scene::of(liar);
    scene.liar().lie();
    let (code, said) = scene.publish(&FRESH);
    assert_eq!(code, NOT_PUBLISHED, "{said}");
    assert!(said.contains("NOT PUBLISHED"), "{said}");
}

fn with_fields(honest: Answer, fields: &[(&'static str, Value)]) -> Answer {
    let Ok(mut body) = serde_json::from_slice::<Value>(&honest.body) else {
        return honest;
    };
    if body.get("receipt").is_some() {
        for (name, value) in fields {
            body[*name] = value.clone();
        }
    }
    Answer {
        body: body.to_string().into_bytes(),
        ..honest
    }
}

fn text(bytes: &[u8]) -> Value {
    STANDARD.encode(bytes).into()
}

async fn receipt_of(history: &History, id: ObjectId) -> Value {
    let receipt = history.service.receipt(id).await.expect("registered");
    text(&receipt.encode())
}

#[test]
fn an_honest_service_publishes_and_says_so_again_when_asked_again() {
    let liar = RUNTIME.block_on(async {
        let history = History::until_first().await;
        Liar::changing(history.router(), |_, honest| honest).await
    });
    let scene = Scene::of(liar);
    for _ in 0..2 {
        let (code, said) = scene.publish(&FRESH);
        assert_eq!(code, PUBLISHED, "{said}");
    }
    assert_eq!(scene.monitor(None), CONSISTENT);
}

#[test]
fn the_receipt_is_of_another_version() {
    answered(async |history| vec![("receipt", receipt_of(history, FIRST.id()).await)]);
}

#[test]
fn the_receipt_is_no_receipt() {
    answered(async |_| vec![("receipt", text(b"trust me"))]);
}

#[test]
fn what_was_replaced_is_shown_by_the_receipt_of_something_else() {
    answered(async |history| vec![("replaced", receipt_of(history, STRANGER.id()).await)]);
}

#[test]
fn the_head_still_names_the_version_before() {
    answered(async |history| vec![("head", text(history.head(&FIRST).await.bytes()))]);
}

#[test]
fn the_head_is_of_another_record() {
    answered(async |history| vec![("head", text(history.head(&STRANGER).await.bytes()))]);
}

#[test]
fn the_head_has_expired() {
    answered(async |history| {
        let old = history.at(days_ago(2), history.head(&FIRST)).await;
        vec![("head", text(old.bytes()))]
    });
}

/// A log in which the fresh version stands where the author did not put it, with everything signed that a service can
/// sign.
async fn misplaced(history: &History, target: ObjectId) -> (Receipt, Vec<u8>) {
    let mut leaves = history.leaves().await;
    let target = place(&leaves, target);
    let index = u64::try_from(leaves.len()).expect("a small log");
    let mut added = crate::logs::leaf(&leaves, Kind::Version, Some(target));
    added.id = FRESH.id();
    // Not the minute in which the honest log takes it in: another leaf, another tree.
    added.time = NOW.plus(-120).minute();
    leaves.push(added);
    let forged = Forgery::of(leaves);
    let tree = forged.head();
    let head = Head {
        plan: PLAN,
        latest: FRESH.id(),
        leaf: index,
        version_number: 2,
        signed_at: FRESH.version.signed_at(),
        state: HeadState::Current,
        warnings: Vec::new(),
        size: tree.size,
        root: tree.root,
        issued_at: *NOW,
    };
    (
        forged.receipt(index),
        CAST.sign(&head, &CAST.head).envelope().to_vec(),
    )
}

#[test]
fn the_log_puts_the_version_behind_another_patients() {
    answered(async |history| {
        let (receipt, head) = misplaced(history, STRANGER.id()).await;
        vec![
            ("receipt", text(&receipt.encode())),
            ("head", text(&head)),
            ("growth", Value::Array(Vec::new())),
        ]
    });
}

#[test]
fn receipt_and_head_are_of_two_trees() {
    answered(async |history| {
        let (receipt, _) = misplaced(history, FIRST.id()).await;
        vec![("receipt", text(&receipt.encode()))]
    });
}

#[test]
fn the_author_alone_is_shown_a_log_that_holds_the_version() {
    answered(async |history| {
        let (receipt, head) = misplaced(history, FIRST.id()).await;
        vec![
            ("receipt", text(&receipt.encode())),
            ("head", text(&head)),
            ("growth", Value::Array(Vec::new())),
        ]
    });
}

#[test]
fn the_author_is_served_by_another_history_than_everybody_else() {
    let liar = RUNTIME.block_on(async {
        let (shown, apart) = (History::until_second().await, History::until_first().await);
        Liar::replacing(shown.router(), apart.router()).await
    });
    let scene = Scene::of(liar);
    assert_eq!(scene.monitor(None), CONSISTENT, "the control");
    scene.liar().lie();
    let (code, said) = scene.publish(&FRESH);
    assert_eq!(
        code, PUBLISHED,
        "nothing in that history contradicts itself: {said}"
    );
    assert_eq!(
        scene.monitor(None),
        CONTRADICTION,
        "whoever saw the other one knows"
    );
}

#[test]
fn two_publishers_race_and_one_of_them_is_told() {
    let liar = RUNTIME.block_on(async {
        let history = History::until_first().await;
        Liar::changing(history.router(), |_, honest| honest).await
    });
    let scene = Scene::of(liar);
    let (left, right) = std::thread::scope(|threads| {
        let other = threads.spawn(|| scene.publish(&RACING));
        (scene.publish(&FRESH), other.join().expect("the other publisher"))
    });
    let mut codes = [left.0, right.0];
    codes.sort_unstable();
    assert_eq!(codes, [PUBLISHED, NOT_PUBLISHED], "{} {}", left.1, right.1);
    assert_eq!(scene.monitor(None), CONSISTENT, "no fork was logged");
}
