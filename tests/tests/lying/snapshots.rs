//! Lies about every record at once: snapshots and trust lists that are old, false, stolen or never logged, for readers who
//! have no connection when it matters.

use planseal::check::State::{self, CurrencyUnknown, Current, Superseded, Suspended, Withdrawn};
use planseal::envelope::SignedObject;
use planseal::log::tree::leaf_hash;
use planseal::statement::{KeyStatus, RevocationReason};
use planseal::trust::TrustList;
use planseal_tests::cbor::Cbor;
use planseal_tests::forge::Parts;

use crate::cast::{CAST, FIRST, NOW, SECOND, days_ago};
use crate::history::History;
use crate::liar::{Answer, Asked, Liar, RUNTIME};
use crate::scene::{CONSISTENT, CONTRADICTION, NOT_CONFIRMED, Outcome, Scene, object};

/// Whose paper is checked, and what an honest service says of it.
#[derive(Clone, Copy)]
enum Paper {
    /// The first version's, printed eight days ago: superseded.
    Old,
    /// The second's, printed three days ago: current.
    Latest,
}

impl Paper {
    const fn honest(self) -> State {
        match self {
            Self::Old => Superseded,
            Self::Latest => Current,
        }
    }

    async fn print(self, history: &History) -> Vec<u8> {
        match self {
            Self::Old => History::old_paper().await,
            Self::Latest => history.at(days_ago(3), history.bundle(&SECOND)).await,
        }
    }
}

/// Another object is served at this path.
fn instead(path: &'static str, lie: Vec<u8>) -> impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static {
    move |asked, honest| match asked.path == path {
        true => Answer::object(&lie),
        false => honest,
    }
}

fn shown(
    paper: Paper,
    told: State,
    monitor: i32,
    path: &'static str,
    forge: impl AsyncFnOnce(&History) -> Vec<u8>,
) {
    let (liar, printed) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let printed = paper.print(&history).await;
        let lie = forge(&history).await;
        (
            Liar::changing(history.router(), instead(path, lie)).await,
            printed,
        )
    });
    let expected = Outcome {
        honest: paper.honest(),
        told,
        monitor,
    };
    Scene::of(liar).offline(&printed, expected);
}

/// Changes a served object and signs it again.
type Twist = Box<dyn Fn(&SignedObject) -> Vec<u8> + Send + Sync>;

/// What is served at this path is signed again with something changed.
fn twisted(
    paper: Paper,
    told: State,
    monitor: i32,
    path: &'static str,
    twist: impl AsyncFnOnce(&History) -> Twist,
) {
    let (liar, printed) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let (printed, twist) = (paper.print(&history).await, twist(&history).await);
        let change = move |asked: &Asked, honest: Answer| match object(&honest.body) {
            Some(honest) if asked.path == path => Answer::object(&twist(&honest)),
            _ => honest,
        };
        (Liar::changing(history.router(), change).await, printed)
    });
    let scene = Scene::of(liar);
    assert_eq!(scene.checked(&printed), paper.honest(), "the control");
    assert_eq!(scene.monitor(None), CONSISTENT, "the monitor's control");
    scene.liar().lie();
    // Whoever holds an honest snapshot of the same tree keeps it; this reader had none.
    assert_eq!(scene.checked(&printed), told);
    assert_eq!(scene.monitor(None), monitor);
}

const SNAPSHOT: &str = "/api/v1/snapshot";
const TRUST_LIST: &str = "/api/v1/trust-list";

/// The snapshot that is served, with the nibble of one leaf changed.
fn nibble(leaf: u64, nibble: u8) -> Twist {
    Box::new(move |honest| changed(honest, |payload| set_nibble(payload, leaf, nibble)))
}

fn set_nibble(payload: &mut Cbor, leaf: u64, nibble: u8) {
    let Cbor::Bytes(nibbles) = payload.at(&Cbor::text("status")) else {
        panic!("status is bytes");
    };
    let at = usize::try_from(leaf / 2).expect("a small log");
    nibbles[at] = match leaf % 2 {
        0 => (nibbles[at] & 0xf0) | nibble,
        _ => (nibbles[at] & 0x0f) | (nibble << 4),
    };
}

fn changed(honest: &SignedObject, change: impl FnOnce(&mut Cbor)) -> Vec<u8> {
    Parts::of(honest)
        .payload(change)
        .signed_by(&CAST.status.key)
        .encode()
}

async fn leaf_of(history: &History, signed: &crate::cast::Signed) -> u64 {
    let receipt = history.service.receipt(signed.id()).await.expect("registered");
    receipt.proof().index
}

#[test]
fn a_false_withdrawn_bit_is_set() {
    twisted(
        Paper::Latest,
        Withdrawn,
        CONTRADICTION,
        SNAPSHOT,
        async |history| nibble(leaf_of(history, &SECOND).await, 1),
    );
}

#[test]
fn a_false_suspended_bit_is_set() {
    twisted(
        Paper::Latest,
        Suspended,
        CONTRADICTION,
        SNAPSHOT,
        async |history| nibble(leaf_of(history, &SECOND).await, 2),
    );
}

#[test]
fn a_false_warning_bit_is_set() {
    twisted(
        Paper::Latest,
        State::CurrentWithWarning,
        CONTRADICTION,
        SNAPSHOT,
        async |history| nibble(leaf_of(history, &SECOND).await, 4),
    );
}

#[test]
fn the_superseded_bits_are_cleared() {
    twisted(Paper::Old, Current, CONTRADICTION, SNAPSHOT, async |history| {
        nibble(leaf_of(history, &FIRST).await, 0)
    });
}

#[test]
fn a_snapshot_of_before_the_successor_is_signed_again_today() {
    shown(Paper::Old, Superseded, CONTRADICTION, SNAPSHOT, async |_| {
        let old = History::until_first().await;
        old.service.snapshot().await.expect("a snapshot").bytes().to_vec()
    });
}

#[test]
fn a_reader_who_never_had_another_snapshot_believes_the_old_state() {
    let (liar, printed) = RUNTIME.block_on(async {
        let (history, old) = (History::until_second().await, History::until_first().await);
        let printed = Paper::Old.print(&history).await;
        let lie = old.service.snapshot().await.expect("a snapshot").bytes().to_vec();
        (
            Liar::changing(history.router(), instead(SNAPSHOT, lie)).await,
            printed,
        )
    });
    let scene = Scene::of(liar);
    assert_eq!(scene.monitor(None), CONSISTENT, "the control");
    scene.liar().lie();
    assert_eq!(scene.checked(&printed), Current);
    assert_eq!(scene.monitor(None), CONTRADICTION);
}

#[test]
fn a_snapshot_of_two_days_ago_is_replayed() {
    shown(Paper::Latest, Current, CONSISTENT, SNAPSHOT, async |history| {
        let made = history.at(days_ago(2), history.service.snapshot()).await;
        made.expect("a snapshot").bytes().to_vec()
    });
}

#[test]
fn a_reader_who_never_had_another_snapshot_is_told_that_this_one_is_too_old() {
    let (liar, printed) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let printed = Paper::Latest.print(&history).await;
        let made = history.at(days_ago(2), history.service.snapshot()).await;
        let lie = made.expect("a snapshot").bytes().to_vec();
        (
            Liar::changing(history.router(), instead(SNAPSHOT, lie)).await,
            printed,
        )
    });
    let scene = Scene::of(liar);
    scene.liar().lie();
    assert_eq!(scene.checked(&printed), CurrencyUnknown);
    assert_eq!(scene.monitor(None), CONSISTENT);
}

#[test]
fn a_snapshot_from_tomorrow_says_latest() {
    let (liar, printed) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let printed = Paper::Latest.print(&history).await;
        let made = history
            .at(NOW.plus(crate::cast::DAY), history.service.snapshot())
            .await;
        let lie = made.expect("a snapshot").bytes().to_vec();
        (
            Liar::changing(history.router(), instead(SNAPSHOT, lie)).await,
            printed,
        )
    });
    let scene = Scene::of(liar);
    scene.liar().lie();
    assert_eq!(scene.checked(&printed), CurrencyUnknown);
}

#[test]
fn a_snapshot_is_handed_out_and_never_logged() {
    shown(Paper::Latest, Current, NOT_CONFIRMED, SNAPSHOT, async |_| {
        let elsewhere = History::until_second().await;
        let made = elsewhere.at(NOW.plus(-120), elsewhere.service.snapshot()).await;
        made.expect("a snapshot").bytes().to_vec()
    });
}

#[test]
fn the_head_key_signs_a_snapshot() {
    shown(Paper::Old, Superseded, NOT_CONFIRMED, SNAPSHOT, async |history| {
        let honest = history.service.snapshot().await.expect("a snapshot");
        let leaf = leaf_of(history, &FIRST).await;
        let lie = Parts::of(&honest).payload(|payload| set_nibble(payload, leaf, 0));
        lie.signed_by(&CAST.head.key).encode()
    });
}

#[test]
fn a_snapshot_is_cut_short() {
    shown(Paper::Old, Superseded, NOT_CONFIRMED, SNAPSHOT, async |history| {
        let honest = history.service.snapshot().await.expect("a snapshot");
        changed(&honest, |payload| {
            let Cbor::Bytes(nibbles) = payload.at(&Cbor::text("status")) else {
                panic!("status is bytes");
            };
            nibbles.pop();
        })
    });
}

#[test]
fn a_snapshot_speaks_of_a_tree_that_never_was() {
    shown(Paper::Latest, Current, CONTRADICTION, SNAPSHOT, async |history| {
        let honest = history.service.snapshot().await.expect("a snapshot");
        let root = leaf_hash(b"no tree at all");
        let lie = Parts::of(&honest).field("root", Cbor::Bytes(root.as_bytes().to_vec()));
        let subject = format!("urn:planseal:snapshot:{root}");
        lie.claim(2, Cbor::text(&subject))
            .signed_by(&CAST.status.key)
            .encode()
    });
}

/// The author's certificate, revoked by the practice yesterday as never entitled.
async fn revoke(history: &History) {
    let from_index = leaf_of(history, &FIRST).await;
    let revoked = KeyStatus {
        certificate: CAST.author.certificate.id(),
        reason: RevocationReason::NotEntitled,
        from_index,
        issued_at: days_ago(1),
    };
    let object = CAST.sign(&revoked, &CAST.practice);
    history.clock.set(days_ago(1));
    history
        .service
        .revoke(object.object())
        .await
        .expect("the issuer revokes");
    history.clock.release();
}

#[test]
fn a_revocation_is_left_out_of_the_trust_list() {
    let (liar, printed) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let printed = Paper::Latest.print(&history).await;
        revoke(&history).await;
        let honest = history.service.trust_list().await.expect("a list");
        let lie = changed(&honest, |payload| {
            *payload.at(&Cbor::text("revocations")) = Cbor::Array(Vec::new());
        });
        (
            Liar::changing(history.router(), instead(TRUST_LIST, lie)).await,
            printed,
        )
    });
    // The snapshot still says it: one lie is not enough.
    let expected = Outcome {
        honest: Suspended,
        told: Suspended,
        monitor: CONTRADICTION,
    };
    Scene::of(liar).offline(&printed, expected);
}

#[test]
fn a_revocation_is_made_up_in_the_trust_list() {
    twisted(
        Paper::Latest,
        State::NotGenuine,
        CONTRADICTION,
        TRUST_LIST,
        async |_| {
            let twist: Twist = Box::new(|honest: &SignedObject| {
                let certificate = leaf_of_certificate(honest, &CAST.author);
                let row = [
                    Cbor::Unsigned(certificate),
                    Cbor::Unsigned(0),
                    Cbor::Unsigned(certificate + 1),
                    Cbor::text("not_entitled"),
                    Cbor::Unsigned(days_ago(30).seconds()),
                ];
                changed(honest, |payload| {
                    *payload.at(&Cbor::text("revocations")) = Cbor::Array(vec![Cbor::Array(row.to_vec())]);
                })
            });
            twist
        },
    );
}

fn leaf_of_certificate(list: &SignedObject, party: &planseal_tests::world::Party) -> u64 {
    let (_, payload) = list.peek_unverified();
    let list: TrustList = planseal::statement::Statement::from_payload(payload).expect("a list");
    let mut listed = list.certificates().iter();
    let found = listed.find(|listed| listed.object.id() == party.certificate.id());
    found.expect("everybody is listed").index
}

#[test]
fn the_trust_list_of_another_log_under_the_same_root_is_shown() {
    shown(
        Paper::Latest,
        Current,
        NOT_CONFIRMED,
        TRUST_LIST,
        async |history| {
            let honest = history.service.trust_list().await.expect("a list");
            let other =
                planseal_tests::ledger::Ledger::new(planseal_tests::key::FixedKey::from_seed(77)).verifier();
            changed(&honest, |payload| {
                *payload.at(&Cbor::text("policy")) = Cbor::text(&format!("log {other}\nquorum none\n"));
            })
        },
    );
}

#[test]
fn the_author_is_left_out_of_the_trust_list() {
    shown(
        Paper::Latest,
        Current,
        CONTRADICTION,
        TRUST_LIST,
        async |history| {
            let honest = history.service.trust_list().await.expect("a list");
            let left_out = leaf_of_certificate(&honest, &CAST.author);
            changed(&honest, |payload| {
                let Cbor::Array(rows) = payload.at(&Cbor::text("certificates")) else {
                    panic!("certificates are an array");
                };
                rows.retain(|row| !matches!(row, Cbor::Array(row) if row[0] == Cbor::Unsigned(left_out)));
            })
        },
    );
}
