//! Enrolment as the organisation's machine must judge it (SECURITY T8): for the good path one journey, for each rule a
//! refusal that the ledger records.
#![expect(clippy::unwrap_used, reason = "a journey that fails anywhere has failed")]

use std::path::Path;

use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::log::note::{KeyType, VerifierKey};
use planseal::sign::ToBeSigned;
use planseal::statement::Enrolment;
use planseal::time::{Date, Timestamp};
use planseal::trust::{Custody, Directory, OrgCode, OrgKind, Registration, Role, TrustPolicy};
use planseal_signer::authority::{
    Authority, AuthorityError, CandidateDetails, Confirmation, IssueRefusal, OrganisationDetails, RootDetails,
};
use planseal_signer::enrolment::{AnswerError, Invite};
use planseal_signer::key_file::{Cost, FileKey, Passphrase};
use tempfile::TempDir;

const NOW: &str = "2026-11-22T12:00:00Z";
const SECOND: &str = "Second Person";

fn now() -> Timestamp {
    Timestamp::parse(NOW).unwrap()
}

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn phrase() -> Passphrase {
    Passphrase::new("public example".into())
}

fn code(text: &str) -> OrgCode {
    OrgCode::parse(text).unwrap()
}

fn root(folder: &Path) -> Authority {
    let details = RootDetails {
        organisation: code("TEST-HOST"),
        organisation_name: "Nowhere Shared Care Plans".into(),
        name: "Test root".into(),
        not_after: date("2040-01-01"),
    };
    Authority::init_root(folder, details, &phrase(), Cost::EXAMPLE_KEYS, now()).unwrap()
}

fn heard(key: &FileKey) -> String {
    key.public_key().fingerprint()
}

fn issue(
    authority: &mut Authority,
    request: &[u8],
    key: &FileKey,
    at: Timestamp,
) -> Result<SignedObject, AuthorityError> {
    authority.issue(
        request,
        &Confirmation {
            by: SECOND,
            fingerprint: &heard(key),
        },
        at,
    )
}

/// A root, an organisation it certified, and the policy that pins the root.
struct World {
    folder: TempDir,
    organisation: Authority,
    policy: TrustPolicy,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let mut root = root(&folder.path().join("root"));
    let home = folder.path().join("hospice");
    std::fs::create_dir(&home).unwrap();
    let key = FileKey::generate().unwrap();
    key.save_at_cost(&home.join("key.pem"), &phrase(), Cost::EXAMPLE_KEYS)
        .unwrap();
    let details = OrganisationDetails {
        organisation: code("TEST-HOS1"),
        organisation_name: "Saint Nowhere's Hospice".into(),
        kind: OrgKind::Hospice,
        custody: Custody::File,
        not_after: date("2028-01-01"),
    };
    let invite = root.invite_organisation(details, now()).unwrap();
    let request = invite.answer(&key, now()).unwrap();
    let certificate = issue(&mut root, request.bytes(), &key, now()).unwrap();
    let log = FileKey::generate().unwrap().public_key();
    let vkey = VerifierKey::new("example.test/log", KeyType::Log, log)
        .unwrap()
        .to_string();
    let policy = TrustPolicy::new(
        root.certificate().object(),
        &vkey,
        "quorum none\n",
        "ask the host",
    )
    .unwrap();
    let organisation = Authority::organisation(&home, &policy, &certificate, &phrase(), now()).unwrap();
    World {
        folder,
        organisation,
        policy,
    }
}

fn candidate() -> CandidateDetails {
    CandidateDetails {
        name: "Tomas Sandbox-Ivers".into(),
        registration: Some(Registration {
            body: "gmc".into(),
            number: "9900022".into(),
        }),
        roles: vec![Role::Finaliser],
        custody: Custody::File,
        not_after: date("2027-11-22"),
    }
}

impl World {
    fn invite(&mut self) -> Invite {
        self.organisation.invite(candidate(), now()).unwrap()
    }

    fn ledger(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("hospice/ledger.jsonl")).unwrap()
    }

    /// The refusal, which must also be the ledger's last line.
    fn refusal(&mut self, request: &[u8], key: &FileKey, at: Timestamp) -> IssueRefusal {
        let refused = issue(&mut self.organisation, request, key, at);
        self.recorded(refused, request)
    }

    fn recorded(&self, refused: Result<SignedObject, AuthorityError>, request: &[u8]) -> IssueRefusal {
        let Err(AuthorityError::Refused(refusal)) = refused else {
            panic!("expected a refusal, got {refused:?}");
        };
        let ledger = self.ledger();
        let last = ledger.lines().last().unwrap();
        assert!(last.contains("\"refused\""), "{last}");
        assert!(last.contains(&ObjectId::of(request).to_string()), "{last}");
        refusal
    }
}

#[test]
fn a_candidate_is_certified_by_what_the_invite_says() {
    let mut world = world();
    let key = FileKey::generate().unwrap();
    let request = world.invite().answer(&key, now()).unwrap();
    let issued = issue(&mut world.organisation, request.bytes(), &key, now().plus(60)).unwrap();
    let mut directory = Directory::pinned(&world.policy);
    directory
        .admit(world.organisation.certificate().object())
        .unwrap();
    let certificate = directory.admit(&issued).unwrap().content();
    assert_eq!(certificate.key(), key.public_key());
    assert_eq!(certificate.name(), "Tomas Sandbox-Ivers");
    assert_eq!(certificate.fields().roles, [Role::Finaliser]);
    assert_eq!(certificate.organisation().as_str(), "TEST-HOS1");
    assert!(world.ledger().contains(&issued.id().to_string()));
}

#[test]
fn an_answer_is_used_once_even_after_a_restart() {
    let mut world = world();
    let key = FileKey::generate().unwrap();
    let request = world.invite().answer(&key, now()).unwrap();
    issue(&mut world.organisation, request.bytes(), &key, now()).unwrap();
    assert!(matches!(
        world.refusal(request.bytes(), &key, now()),
        IssueRefusal::Replayed { .. }
    ));
    let World {
        folder,
        organisation,
        policy,
    } = world;
    drop(organisation);
    let organisation = Authority::open(&folder.path().join("hospice"), &phrase()).unwrap();
    let mut world = World {
        folder,
        organisation,
        policy,
    };
    assert!(matches!(
        world.refusal(request.bytes(), &key, now()),
        IssueRefusal::Replayed { .. }
    ));
}

#[test]
fn an_invite_expires_after_fifteen_minutes() {
    let mut world = world();
    let key = FileKey::generate().unwrap();
    let invite = world.invite();
    let request = invite.answer(&key, now()).unwrap();
    for late in [now().plus(15 * 60), now().plus(86_400), now().plus(-1)] {
        assert!(matches!(
            world.refusal(request.bytes(), &key, late),
            IssueRefusal::Expired { .. }
        ));
    }
    assert!(matches!(
        invite.answer(&key, now().plus(15 * 60)),
        Err(AnswerError::Expired { .. })
    ));
    issue(
        &mut world.organisation,
        request.bytes(),
        &key,
        now().plus(15 * 60 - 1),
    )
    .unwrap();
}

/// An answer that the candidate's own tool would never make.
fn forged(invite: &Invite, key: &FileKey, change: impl FnOnce(&mut Enrolment)) -> SignedObject {
    let honest = invite.answer(key, now()).unwrap();
    let mut enrolment = planseal::verify::enrolment(&honest).unwrap().content().clone();
    change(&mut enrolment);
    ToBeSigned::enrolment(&enrolment).unwrap().sign(key).unwrap()
}

#[test]
fn another_persons_nonce_is_refused() {
    let mut world = world();
    let (mine, theirs) = (world.invite(), world.invite());
    let key = FileKey::generate().unwrap();
    let other = planseal::verify::enrolment(&theirs.answer(&key, now()).unwrap())
        .unwrap()
        .content()
        .nonce;
    let request = forged(&mine, &key, |enrolment| enrolment.nonce = other);
    assert!(matches!(
        world.refusal(request.bytes(), &key, now()),
        IssueRefusal::OtherNonce
    ));
    let request = forged(&mine, &key, |enrolment| {
        enrolment.invite = "0000000000000000".into()
    });
    assert!(matches!(
        world.refusal(request.bytes(), &key, now()),
        IssueRefusal::UnknownInvite
    ));
}

#[test]
fn another_name_organisation_or_custody_is_refused() {
    let mut world = world();
    let invite = world.invite();
    let key = FileKey::generate().unwrap();
    let changes: [fn(&mut Enrolment); 3] = [
        |enrolment| enrolment.name = "Somebody Else".into(),
        |enrolment| enrolment.organisation = code("TEST-GP01"),
        |enrolment| enrolment.custody = Custody::Token,
    ];
    for change in changes {
        let request = forged(&invite, &key, change);
        assert!(matches!(
            world.refusal(request.bytes(), &key, now()),
            IssueRefusal::OtherPerson
        ));
    }
}

#[test]
fn a_key_that_did_not_sign_its_own_request_is_refused() {
    let mut world = world();
    let invite = world.invite();
    let (key, other) = (FileKey::generate().unwrap(), FileKey::generate().unwrap());
    let request = invite.answer(&key, now()).unwrap();
    let swapped = replaced(
        request.bytes(),
        key.public_key().as_bytes(),
        other.public_key().as_bytes(),
    );
    assert!(matches!(
        world.refusal(&swapped, &other, now()),
        IssueRefusal::Request(_)
    ));
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    let mut changed = bytes.to_vec();
    changed[at..at + to.len()].copy_from_slice(to);
    changed
}

#[test]
fn small_order_keys_are_refused() {
    const SMALL_ORDER: [&str; 14] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];
    let mut world = world();
    let invite = world.invite();
    let key = FileKey::generate().unwrap();
    let request = invite.answer(&key, now()).unwrap();
    for encoding in SMALL_ORDER {
        let swapped = replaced(
            request.bytes(),
            key.public_key().as_bytes(),
            &hex::decode(encoding).unwrap(),
        );
        assert!(
            matches!(world.refusal(&swapped, &key, now()), IssueRefusal::Request(_)),
            "{encoding}"
        );
    }
}

#[test]
fn trailing_bytes_and_every_cut_are_refused() {
    let mut world = world();
    let invite = world.invite();
    let key = FileKey::generate().unwrap();
    let request = invite.answer(&key, now()).unwrap();
    let longer = [request.bytes(), &[0]].concat();
    assert!(matches!(
        world.refusal(&longer, &key, now()),
        IssueRefusal::Request(_)
    ));
    for at in (0..request.bytes().len()).step_by(11) {
        assert!(
            matches!(
                world.refusal(&request.bytes()[..at], &key, now()),
                IssueRefusal::Request(_)
            ),
            "{at}"
        );
    }
}

#[test]
fn a_second_person_must_have_heard_this_very_fingerprint() {
    let mut world = world();
    let invite = world.invite();
    let (key, other) = (FileKey::generate().unwrap(), FileKey::generate().unwrap());
    let request = invite.answer(&key, now()).unwrap();
    assert!(matches!(
        world.refusal(request.bytes(), &other, now()),
        IssueRefusal::OtherFingerprint
    ));
    for nobody in ["", "  ", "tomas sandbox-ivers"] {
        let confirmation = Confirmation {
            by: nobody,
            fingerprint: &heard(&key),
        };
        let refused = world.organisation.issue(request.bytes(), &confirmation, now());
        assert!(
            matches!(
                world.recorded(refused, request.bytes()),
                IssueRefusal::NoSecondPerson
            ),
            "{nobody:?}"
        );
    }
    let spoken = heard(&key).to_uppercase().replace(' ', "");
    let confirmation = Confirmation {
        by: SECOND,
        fingerprint: &spoken,
    };
    world
        .organisation
        .issue(request.bytes(), &confirmation, now())
        .unwrap();
}

#[test]
fn a_key_is_certified_once() {
    let mut world = world();
    let key = FileKey::generate().unwrap();
    let first = world.invite().answer(&key, now()).unwrap();
    issue(&mut world.organisation, first.bytes(), &key, now()).unwrap();
    let second = world.invite().answer(&key, now()).unwrap();
    assert!(matches!(
        world.refusal(second.bytes(), &key, now()),
        IssueRefusal::KeyInUse { .. }
    ));
}

#[test]
fn nobody_is_certified_beyond_the_rules() {
    let mut world = world();
    let longer = CandidateDetails {
        not_after: date("2027-11-24"),
        ..candidate()
    };
    assert!(matches!(
        world.organisation.invite(longer, now()),
        Err(AuthorityError::Certificate(_))
    ));
    for role in [Role::Root, Role::Organisation] {
        let other = CandidateDetails {
            roles: vec![role],
            registration: None,
            ..candidate()
        };
        assert!(
            matches!(
                world.organisation.invite(other, now()),
                Err(AuthorityError::NotIssuable { .. })
            ),
            "{role}"
        );
    }
    let service = CandidateDetails {
        roles: vec![Role::ServiceHead],
        registration: None,
        ..candidate()
    };
    assert!(matches!(
        world.organisation.invite(service, now()),
        Err(AuthorityError::Certificate(_))
    ));
    let folder = tempfile::tempdir().unwrap();
    let mut root = root(folder.path());
    assert!(matches!(
        root.invite(candidate(), now()),
        Err(AuthorityError::NotIssuable { .. })
    ));
}

#[test]
fn an_altered_ledger_stops_the_authority() {
    let mut world = world();
    world.invite();
    let path = world.folder.path().join("hospice/ledger.jsonl");
    let ledger = world.ledger();
    drop(world.organisation);
    let home = world.folder.path().join("hospice");
    let cut: String = ledger.lines().skip(1).map(|line| format!("{line}\n")).collect();
    for altered in [ledger.replace("9900022", "9900023") + &ledger, cut] {
        std::fs::write(&path, altered).unwrap();
        assert!(matches!(
            Authority::open(&home, &phrase()),
            Err(AuthorityError::Ledger(_))
        ));
    }
    std::fs::write(&path, format!("{ledger}{{\"previous\":\"cut sho")).unwrap();
    Authority::open(&home, &phrase()).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        ledger,
        "a line cut short speaks of nothing"
    );
}

#[test]
fn only_one_program_holds_an_authority() {
    let world = world();
    let second = Authority::open(&world.folder.path().join("hospice"), &phrase());
    assert!(matches!(second, Err(AuthorityError::Ledger(_))));
}
