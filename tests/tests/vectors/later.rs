//! What the log holds after the sample: staff, a revocation, and registrations that come too early or too late.

use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::log::leaf::Leaf;
use planseal::statement::{KeyStatus, Kind, RevocationReason, Withdrawal, WithdrawalReason};
use planseal::time::Timestamp;
use planseal::trust::{OrgKind, Role, TrustList, TrustPolicy};
use planseal::verify::Verified;
use planseal_tests::cbor::Cbor;
use planseal_tests::key::FixedKey;
use planseal_tests::sample::{PLAN, Sample};
use planseal_tests::staff::{self, Staff, joining};
use planseal_tests::witness;
use planseal_tests::world::{Party, World, certificate_fields, envelope, instant};

/// The log as it stands at last, and the objects in it that vectors are made of.
pub(crate) struct Later {
    pub(crate) staff: Staff,
    /// What every reader of the vectors holds, beside the pinned policy.
    pub(crate) trust_list: Verified<TrustList>,
    /// The same root and log, pinned with two of three witnesses.
    pub(crate) witnessed: TrustPolicy,
    /// The leaver's revocation.
    pub(crate) revocation: SignedObject,
    /// Registrations under their names: the object, what a reader says of it, and why.
    pub(crate) registrations: Vec<(&'static str, SignedObject, &'static str, &'static str)>,
}

const ACCEPTED: &str = planseal_tests::vector::ACCEPTED;

impl Later {
    /// Goes on with the world of the sample.
    pub(crate) fn go_on(world: &mut World, sample: &Sample) -> Self {
        let staff = Staff::join(world);
        let mut log = Registrar {
            world,
            sample,
            made: Vec::new(),
        };
        let at = instant("2025-11-19T12:00:00Z");
        log.honest(
            "genuine",
            &staff.colleague,
            at,
            ACCEPTED,
            "a withdrawal by a second finaliser",
        );
        log.honest(
            "before_revocation",
            &staff.leaver,
            at,
            ACCEPTED,
            "the signer was revoked later: it counts",
        );
        let leaver = staff.leaver.certificate.id();
        let from = log.world.ledger.size();
        let revoked_at = instant("2025-11-20T09:00:00Z");
        let (revocation, fact) = staff::revoke(log.world, leaver, from, revoked_at);
        let after = instant("2025-11-24T12:00:00Z");
        log.honest(
            "after_revocation",
            &staff.leaver,
            after,
            "Revoked",
            "logged after the signer's revocation",
        );
        log.honest(
            "after_expiry",
            &staff.locum,
            after,
            "NotValid",
            "logged four days after the certificate's last day",
        );
        log.forged(&staff);
        let trust_list = staff::list(log.world, after, &[(leaver, fact)]);
        let registrations = log.made;
        let witnessed = TrustPolicy::new(
            world.root.certificate.object(),
            &world.ledger.verifier().to_string(),
            &witness::policy(),
            "Ring the test host",
        );
        Self {
            staff,
            trust_list,
            witnessed: witnessed.expect("a trust policy"),
            revocation: revocation.object().clone(),
            registrations,
        }
    }
}

/// Name, seconds after joining, leaf's signer, target and kind, outcome, note.
type Forged = (
    &'static str,
    i64,
    u64,
    Option<u64>,
    Kind,
    &'static str,
    &'static str,
);

/// Writes the log on, honestly and otherwise.
struct Registrar<'a> {
    world: &'a mut World,
    sample: &'a Sample,
    made: Vec<(&'static str, SignedObject, &'static str, &'static str)>,
}

impl Registrar<'_> {
    fn honest(
        &mut self,
        name: &'static str,
        by: &Party,
        at: Timestamp,
        expect: &'static str,
        note: &'static str,
    ) {
        let signed = self.world.sign(&self.withdrawal(at), by);
        self.world.ledger.append(&signed, at);
        self.made.push((name, signed.object().clone(), expect, note));
    }

    /// Leaves that an honest service would not write, each about an honest object.
    fn forged(&mut self, staff: &Staff) {
        let place = |world: &World, party: &Party| world.ledger.place_of(&party.certificate.id());
        let colleague = place(self.world, &staff.colleague);
        let version = self.sample.version.index();
        let cases: [Forged; 4] = [
            (
                "of_another_signer",
                60,
                place(self.world, &staff.leaver),
                Some(version),
                Kind::Withdrawal,
                "OtherSigner",
                "the leaf names another certificate than the object",
            ),
            (
                "without_target",
                120,
                colleague,
                None,
                Kind::Withdrawal,
                "OtherTarget",
                "the leaf acts on nothing, the object withdraws a version",
            ),
            (
                "of_another_kind",
                180,
                colleague,
                Some(version),
                Kind::Endorsement,
                "OtherObject",
                "the leaf says endorsement",
            ),
            (
                "minute_before_certificate",
                -30 * 86_400,
                colleague,
                Some(version),
                Kind::Withdrawal,
                "NotValid",
                "the leaf's time lies before the certificate's first day",
            ),
        ];
        for (name, seconds, signer, target, kind, expect, note) in cases {
            let at = joining().plus(seconds);
            let object = envelope(&self.withdrawal(at), &staff.colleague);
            self.leaf(kind, object.id(), at, signer, target, None);
            self.made.push((name, object, expect, note));
        }
        self.too_early();
        self.other_from(staff);
    }

    /// The certificate is logged behind what it is needed for.
    fn too_early(&mut self) {
        let key = FixedKey::from_seed(27);
        let fields = certificate_fields(
            "TEST-GP01",
            OrgKind::GpPractice,
            "Newcomer Testperson",
            Role::Finaliser,
            &key,
        );
        let certificate = planseal::trust::Certificate::new(fields.clone()).expect("a certificate");
        let issued = envelope(&certificate, &self.world.practice);
        let newcomer = self
            .world
            .directory
            .admit(&issued)
            .expect("an honest certificate")
            .clone();
        let newcomer = Party {
            key,
            certificate: newcomer,
        };
        let at = joining().plus(240);
        let object = envelope(&self.withdrawal(at), &newcomer);
        let (signer, version) = (self.world.ledger.size() + 1, self.sample.version.index());
        self.leaf(Kind::Withdrawal, object.id(), at, signer, Some(version), None);
        self.world
            .certify(fields, FixedKey::from_seed(27), |world| &world.practice, at);
        self.made.push((
            "before_certificate",
            object,
            "Order",
            "logged before its signer's certificate",
        ));
    }

    fn other_from(&mut self, staff: &Staff) {
        let (certificate, at) = (staff.viewer.certificate.id(), joining().plus(300));
        let status = KeyStatus {
            certificate,
            reason: RevocationReason::Replaced,
            from_index: 1000,
            issued_at: at,
        };
        let object = envelope(&status, &self.world.practice);
        let practice = self.world.ledger.place_of(&self.world.practice.certificate.id());
        let target = self.world.ledger.place_of(&certificate);
        self.leaf(Kind::KeyStatus, object.id(), at, practice, Some(target), Some(0));
        self.made.push((
            "of_another_from_index",
            object,
            "OtherTarget",
            "the leaf revokes from leaf 0 on, the object from leaf 1000 on",
        ));
    }

    fn leaf(
        &mut self,
        kind: Kind,
        id: ObjectId,
        at: Timestamp,
        signer: u64,
        target: Option<u64>,
        from: Option<u64>,
    ) {
        self.world.ledger.append_leaf(Leaf {
            kind,
            id,
            time: at.minute(),
            signer,
            target,
            from,
        });
    }

    fn withdrawal(&self, at: Timestamp) -> Withdrawal {
        Withdrawal {
            plan: PLAN,
            version: self.sample.version.id(),
            reason: WithdrawalReason::WithdrawnByClinician,
            issued_at: at,
        }
    }
}

/// `[envelope, receipt]`, as vectors of registrations are written.
pub(crate) fn registration(object: &SignedObject, receipt: &[u8]) -> Vec<u8> {
    let parts = [
        Cbor::Bytes(object.bytes().to_vec()),
        Cbor::Bytes(receipt.to_vec()),
    ];
    Cbor::Array(parts.to_vec()).encode()
}
