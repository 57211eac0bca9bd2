//! People who are enrolled for one test each, and the organisation that enrols and revokes them.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use axum::http::{Method, StatusCode};
use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::plan::person::Author;
use planseal::sign::ToBeSigned;
use planseal::statement::{RevocationReason, Statement};
use planseal::trust::{Certificate, Custody, Directory, OrgCode, Role};
use planseal::validate::{NumberRange, Predecessor};
use planseal::verify::Verified;
use planseal_signer::authority::{Authority, CandidateDetails, Confirmation};
use planseal_signer::key_file::{FileKey, Passphrase};

use crate::kit::{Answer, STAGE, Signer, ask, draft, now, policy};

/// The organisation on a copy of its folder: the demonstration holds the folder itself.
static AUTHORITY: LazyLock<Mutex<Authority>> = LazyLock::new(|| {
    let copy = std::env::temp_dir().join(format!("planseal-http-{}", std::process::id()));
    std::fs::create_dir_all(&copy).unwrap();
    for entry in std::fs::read_dir(STAGE.played.folder().join(ORGANISATION)).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    let authority = Authority::open(&copy, &passphrase()).unwrap();
    std::fs::remove_dir_all(&copy).unwrap();
    Mutex::new(authority)
});
const ORGANISATION: &str = "keys/TEST-NHS1";

fn passphrase() -> Passphrase {
    Passphrase::new("these keys are public".into())
}

fn authority() -> MutexGuard<'static, Authority> {
    AUTHORITY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Somebody with a certificate in the log.
pub(crate) struct Person {
    signer: Signer,
}

impl Person {
    /// Enrols somebody at TEST-NHS1 and registers the certificate through the API.
    pub(crate) fn enrolled(name: &str, roles: &[Role]) -> Self {
        let mut authority = authority();
        let at = now().plus(-60);
        let details = CandidateDetails {
            name: name.into(),
            registration: None,
            roles: roles.to_vec(),
            custody: Custody::File,
            not_after: at.date().plus_days(100),
        };
        let invite = authority.invite(details, at).unwrap();
        let key = FileKey::generate().unwrap();
        let request = invite.answer(&key, at).unwrap();
        let confirmation = Confirmation {
            by: "Noor Registrar-Placeholder",
            fingerprint: &key.public_key().fingerprint(),
        };
        let object = authority.issue(request.bytes(), &confirmation, at).unwrap();
        let answer = post("/api/v1/certificates", &object);
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        let mut directory = Directory::pinned(&policy());
        directory
            .admit_all([authority.certificate().object(), &object])
            .unwrap();
        let certificate = directory.certificate(&object.id()).unwrap().clone();
        Self::of(name, key, certificate)
    }

    /// The organisation itself, as it signs staff lists.
    pub(crate) fn organisation() -> Self {
        let key = STAGE.played.folder().join(ORGANISATION).join("key.pem");
        let key = FileKey::open(&key, &passphrase(), None).unwrap();
        Self::of("the organisation", key, authority().certificate().clone())
    }

    fn of(name: &str, key: FileKey, certificate: Verified<Certificate>) -> Self {
        let organisation = OrgCode::parse("TEST-NHS1").unwrap();
        let author = Author::new(name, None, "Consultant", organisation).unwrap();
        Self {
            signer: Signer::of(key, certificate, author),
        }
    }

    pub(crate) const fn signer(&self) -> &Signer {
        &self.signer
    }

    pub(crate) fn sign(&self, statement: &impl Statement) -> SignedObject {
        let prepared = ToBeSigned::statement(statement, &self.signer.certificate).unwrap();
        prepared.sign(&self.signer.key).unwrap()
    }

    /// A statement as somebody would have to send it whose roles do not allow it: no tool of this house signs it, so
    /// the name in the header is exchanged. Roles are asked before the signature.
    pub(crate) fn in_the_name_of(&self, other: &Self, statement: &impl Statement) -> SignedObject {
        let object = self.sign(statement);
        let (own, others) = (self.signer.certificate.id(), other.signer.certificate.id());
        let mut bytes = object.bytes().to_vec();
        let at = bytes
            .windows(32)
            .position(|window| window == own.as_bytes())
            .unwrap();
        bytes[at..at + 32].copy_from_slice(others.as_bytes());
        SignedObject::parse(&bytes).unwrap()
    }

    /// The organisation's revocation of this certificate.
    pub(crate) fn revoked_from(&self, from_index: u64) -> SignedObject {
        let mut authority = authority();
        let at = now();
        let reason = RevocationReason::KeyCompromised;
        let revocation = authority
            .revocation(self.signer.certificate.object(), &[], reason, from_index, at)
            .unwrap();
        authority.revoke(&revocation, at).unwrap()
    }
}

/// Refused because the signer's roles do not allow this kind.
pub(crate) fn not_granted(answer: &Answer) {
    assert_eq!(answer.problem(), "not-verified", "{}", answer.text());
    assert!(
        answer.text().contains("is not granted a role"),
        "{}",
        answer.text()
    );
}

pub(crate) fn post(path: &str, object: &SignedObject) -> Answer {
    let headers = [("content-type", "application/cose")];
    ask(Method::POST, path, &headers, object.bytes().to_vec())
}

pub(crate) fn post_if(path: &str, latest: ObjectId, object: &SignedObject) -> Answer {
    let tag = format!("\"{latest}\"");
    let headers = [("content-type", "application/cose"), ("if-match", tag.as_str())];
    ask(Method::POST, path, &headers, object.bytes().to_vec())
}

/// A record of a person nobody else is, with its first version.
pub(crate) struct Begun {
    pub(crate) plan: PlanId,
    pub(crate) version: ObjectId,
    pub(crate) signed_at: planseal::time::Timestamp,
    pub(crate) answer: Answer,
}

impl Begun {
    /// Publishes the first version of record `n` by the clinician of P5.
    pub(crate) fn record(n: u8) -> Self {
        let begun = Self::tried(n);
        assert_eq!(
            begun.answer.status,
            StatusCode::CREATED,
            "{}",
            begun.answer.text()
        );
        begun
    }

    /// As [`record`](Self::record), whatever comes of it.
    pub(crate) fn tried(n: u8) -> Self {
        let plan = plan(n);
        let mut draft = draft();
        draft["person"]["nhs_number"] = nhs_number(n).into();
        let signed = Signer::of_p5().sign(&draft.to_string(), plan, None, NumberRange::Test);
        let headers = [("content-type", "application/cose")];
        let answer = ask(Method::POST, "/api/v1/plans", &headers, signed.encode().unwrap());
        Self {
            plan,
            version: signed.version.id(),
            signed_at: signed.version.peek_unverified().0.issued_at,
            answer,
        }
    }

    /// Publishes version 2 of the record by the same clinician, after the version or a withdrawal of it.
    pub(crate) fn follow(&self, n: u8, previous: ObjectId) -> (ObjectId, Answer) {
        self.follow_by(&Signer::of_p5(), n, previous)
    }

    /// As [`follow`](Self::follow), by somebody else.
    pub(crate) fn follow_by(&self, signer: &Signer, n: u8, previous: ObjectId) -> (ObjectId, Answer) {
        let predecessor = Predecessor {
            id: previous,
            version: 1,
            signed_at: self.signed_at,
        };
        let mut draft = draft();
        draft["person"]["nhs_number"] = nhs_number(n).into();
        let numbers = NumberRange::Test;
        let signed = signer.sign(&draft.to_string(), self.plan, Some(&predecessor), numbers);
        let tag = format!("\"{previous}\"");
        let headers = [("content-type", "application/cose"), ("if-match", tag.as_str())];
        let path = self.path("versions");
        let answer = ask(Method::POST, &path, &headers, signed.encode().unwrap());
        (signed.version.id(), answer)
    }

    pub(crate) fn path(&self, part: &str) -> String {
        format!("/api/v1/plans/{}/{part}", self.plan)
    }
}

/// The id of record `n` of these tests.
pub(crate) fn plan(n: u8) -> PlanId {
    PlanId::from_bytes([0xa0, n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
}

/// A test number with its check digit (modulus 11).
fn nhs_number(n: u8) -> String {
    let number = |middle: u32| {
        let digits = format!("999{middle:06}");
        let weights = (2..=10).rev();
        let sum: u32 = digits
            .chars()
            .zip(weights)
            .map(|(digit, weight)| digit.to_digit(10).unwrap() * weight)
            .sum();
        let check = (11 - sum % 11) % 11;
        (check < 10).then(|| format!("{digits}{check}"))
    };
    let first = 700_000 + u32::from(n) * 10;
    (first..first + 10).find_map(number).unwrap()
}
