//! Lies about one record: heads that are rolled back, made up, stolen, stale or from the future.
//!
//! A reader with nothing but a fresh head believes it; the lie is signed, and a monitor that is shown it proves it.

use planseal::check::State::{self, CurrencyUnknown, Current, CurrentWithWarning, Superseded, Withdrawn};
use planseal::head::{Head, HeadState};
use planseal::log::tree::leaf_hash;
use planseal::statement::{ReportCode, Withdrawal, WithdrawalReason};
use planseal::verify;
use planseal_server::service::Observation;
use planseal_tests::cbor::Cbor;
use planseal_tests::forge::Parts;
use planseal_tests::world::Party;

use crate::cast::{CAST, FIRST, NOW, RIVAL, SECOND, STRANGER, Signed, days_ago};
use crate::history::History;
use crate::liar::{Answer, Asked, Liar, RUNTIME};
use crate::scene::{CONSISTENT, CONTRADICTION, NOT_CONFIRMED, Outcome, Scene};

/// What the honest head of a record says now.
async fn said(history: &History, of: &Signed) -> Head {
    let head = history.head(of).await;
    let head = verify::statement::<Head>(&head, &CAST.directory).expect("an honest head");
    head.content().clone()
}

/// An envelope by whoever holds a key, allowed or not.
fn signed_by(head: &Head, by: &Party) -> Vec<u8> {
    let issuer = by.certificate.content().organisation().as_str();
    let honest = Parts::of(CAST.sign(head, &CAST.head).object());
    let forged = honest.signer(by.certificate.id()).claim(1, Cbor::text(issuer));
    forged.signed_by(&by.key).encode()
}

/// The same answer to every question about a record.
fn instead(head: Vec<u8>) -> impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static {
    move |asked, honest| match asked.path.as_str() {
        "/api/v1/status" => Answer::object(&head),
        _ => honest,
    }
}

/// The first version's paper, printed eight days ago, is superseded; this head is shown instead of the honest one.
fn shown_for_old_paper(told: State, monitor: i32, forge: impl AsyncFnOnce(&History) -> Vec<u8>) {
    let (liar, paper) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let paper = History::old_paper().await;
        let head = forge(&history).await;
        (Liar::changing(history.router(), instead(head)).await, paper)
    });
    let expected = Outcome {
        honest: Superseded,
        told,
        monitor,
    };
    Scene::of(liar).online(&paper, expected);
}

#[test]
fn the_head_is_rolled_back_to_before_the_successor() {
    shown_for_old_paper(Current, CONTRADICTION, async |_| {
        let old = History::until_first().await;
        old.head(&FIRST).await.bytes().to_vec()
    });
}

#[test]
fn a_head_of_the_whole_tree_names_the_superseded_version() {
    shown_for_old_paper(Current, CONTRADICTION, async |history| {
        let old = said(&History::until_first().await, &FIRST).await;
        let now = said(history, &SECOND).await;
        let lie = Head {
            size: now.size,
            root: now.root,
            ..old
        };
        CAST.sign(&lie, &CAST.head).envelope().to_vec()
    });
}

#[test]
fn a_head_speaks_of_a_tree_that_never_was() {
    shown_for_old_paper(Current, CONTRADICTION, async |history| {
        let old = said(&History::until_first().await, &FIRST).await;
        let lie = Head {
            size: said(history, &SECOND).await.size,
            root: leaf_hash(b"no tree at all"),
            ..old
        };
        CAST.sign(&lie, &CAST.head).envelope().to_vec()
    });
}

#[test]
fn a_head_speaks_of_leaves_that_nobody_has_seen() {
    shown_for_old_paper(Current, NOT_CONFIRMED, async |_| {
        let old = said(&History::until_first().await, &FIRST).await;
        let lie = Head {
            size: 1_000_000,
            root: leaf_hash(b"a tree to come"),
            ..old
        };
        CAST.sign(&lie, &CAST.head).envelope().to_vec()
    });
}

#[test]
fn a_head_is_kept_back_and_shown_when_it_has_expired() {
    shown_for_old_paper(CurrencyUnknown, CONSISTENT, async |_| {
        let old = History::until_first().await;
        old.at(days_ago(6), old.head(&FIRST)).await.bytes().to_vec()
    });
}

#[test]
fn a_head_comes_from_an_hour_in_the_future() {
    shown_for_old_paper(CurrencyUnknown, CONTRADICTION, async |_| {
        let old = History::until_first().await;
        old.at(NOW.plus(3600), old.head(&FIRST)).await.bytes().to_vec()
    });
}

#[test]
fn the_clock_of_the_service_goes_back_a_year() {
    shown_for_old_paper(CurrencyUnknown, CONSISTENT, async |_| {
        let old = said(&History::until_first().await, &FIRST).await;
        let lie = Head {
            issued_at: days_ago(39),
            ..old
        };
        CAST.sign(&lie, &CAST.head).envelope().to_vec()
    });
}

#[test]
fn the_status_key_signs_a_head() {
    shown_for_old_paper(CurrencyUnknown, NOT_CONFIRMED, async |_| {
        let old = said(&History::until_first().await, &FIRST).await;
        signed_by(&old, &CAST.status)
    });
}

#[test]
fn a_clinician_signs_a_head() {
    shown_for_old_paper(CurrencyUnknown, NOT_CONFIRMED, async |_| {
        let old = said(&History::until_first().await, &FIRST).await;
        signed_by(&old, &CAST.author)
    });
}

#[test]
fn the_head_of_another_record_is_shown() {
    shown_for_old_paper(CurrencyUnknown, CONSISTENT, async |history| {
        history.head(&STRANGER).await.bytes().to_vec()
    });
}

#[test]
fn a_head_of_this_record_names_the_version_of_another() {
    shown_for_old_paper(CurrencyUnknown, CONTRADICTION, async |history| {
        let (own, other) = (said(history, &SECOND).await, said(history, &STRANGER).await);
        let lie = Head {
            latest: other.latest,
            version_number: 1,
            ..own
        };
        CAST.sign(&lie, &CAST.head).envelope().to_vec()
    });
}

#[test]
fn a_head_changes_one_bit_of_its_signature() {
    shown_for_old_paper(CurrencyUnknown, NOT_CONFIRMED, async |_| {
        let mut head = History::until_first().await.head(&FIRST).await.bytes().to_vec();
        let last = head.len() - 1;
        head[last] ^= 1;
        head
    });
}

#[test]
fn no_head_is_given_at_all() {
    let (liar, paper) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let paper = History::old_paper().await;
        let silent = |asked: &Asked, honest| match asked.path.as_str() {
            "/api/v1/status" => Answer::missing(),
            _ => honest,
        };
        (Liar::changing(history.router(), silent).await, paper)
    });
    let expected = Outcome {
        honest: Superseded,
        told: CurrencyUnknown,
        monitor: CONSISTENT,
    };
    Scene::of(liar).online(&paper, expected);
}

/// The second version's paper, printed three days ago, is current; something happened to it, and a lie is told about that.
fn shown_for_current_paper(
    honest: State,
    told: State,
    monitor: i32,
    happened: impl AsyncFnOnce(&History),
    forge: impl FnOnce(Head) -> Head,
) {
    let (liar, paper) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let paper = history.at(days_ago(3), history.bundle(&SECOND)).await;
        history.clock.set(days_ago(1));
        happened(&history).await;
        history.clock.release();
        let lie = CAST.sign(&forge(said(&history, &SECOND).await), &CAST.head);
        let head = lie.envelope().to_vec();
        (Liar::changing(history.router(), instead(head)).await, paper)
    });
    let expected = Outcome {
        honest,
        told,
        monitor,
    };
    Scene::of(liar).online(&paper, expected);
}

async fn withdraw(history: &History) {
    let withdrawal = Withdrawal {
        plan: SECOND.version.content().plan(),
        version: SECOND.id(),
        reason: WithdrawalReason::WithdrawnByClinician,
        issued_at: days_ago(1),
    };
    let object = CAST.sign(&withdrawal, &CAST.colleague);
    let plan = withdrawal.plan;
    let done = history.service.withdraw(plan, SECOND.id(), object.object());
    done.await.expect("any entitled finaliser withdraws");
}

async fn report(history: &History) {
    let observed = Observation {
        version: SECOND.id(),
        code: ReportCode::WithdrawalReported,
        words: "not that again",
        reporter: "Paramedic Test",
    };
    let plan = SECOND.version.content().plan();
    history
        .service
        .report(plan, &observed)
        .await
        .expect("anybody reports");
}

#[test]
fn a_withdrawal_is_hidden() {
    shown_for_current_paper(Withdrawn, Current, CONTRADICTION, withdraw, |head| Head {
        state: HeadState::Current,
        ..head
    });
}

#[test]
fn a_withdrawal_is_made_up() {
    shown_for_current_paper(
        Current,
        Withdrawn,
        CONTRADICTION,
        async |_| {},
        |head| Head {
            state: HeadState::Withdrawn,
            ..head
        },
    );
}

#[test]
fn a_suspension_is_made_up() {
    shown_for_current_paper(
        Current,
        State::Suspended,
        CONTRADICTION,
        async |_| {},
        |head| Head {
            state: HeadState::Suspended,
            ..head
        },
    );
}

#[test]
fn a_reported_withdrawal_is_hidden() {
    shown_for_current_paper(CurrentWithWarning, Current, CONTRADICTION, report, |head| Head {
        warnings: Vec::new(),
        ..head
    });
}

#[test]
fn a_warning_is_made_up() {
    shown_for_current_paper(
        Current,
        CurrentWithWarning,
        CONTRADICTION,
        async |_| {},
        |head| Head {
            warnings: vec!["something was reported".into()],
            ..head
        },
    );
}

#[test]
fn a_successor_is_made_up() {
    shown_for_current_paper(
        Current,
        Superseded,
        CONTRADICTION,
        async |_| {},
        |head| Head {
            latest: RIVAL.id(),
            version_number: 3,
            ..head
        },
    );
}

#[test]
fn the_version_is_given_another_number() {
    shown_for_current_paper(
        Current,
        CurrencyUnknown,
        CONTRADICTION,
        async |_| {},
        |head| Head {
            version_number: 3,
            ..head
        },
    );
}

#[test]
fn the_version_is_given_another_leaf() {
    shown_for_current_paper(
        Current,
        CurrencyUnknown,
        CONTRADICTION,
        async |_| {},
        |head| Head {
            leaf: head.leaf - 1,
            ..head
        },
    );
}
