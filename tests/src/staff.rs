//! People certified after the sample was logged: for the rules that depend on who signs, and when.

use planseal::id::ObjectId;
use planseal::statement::{KeyStatus, RevocationReason};
use planseal::time::Timestamp;
use planseal::trust::{OrgKind, Revocation, Role, TrustList};
use planseal::verify::Verified;

use crate::key::FixedKey;
use crate::sample::trust_list;
use crate::world::{Party, World, certificate_fields, day, instant};

/// Everybody who joined later. One finaliser has left again, and one was certified for two days.
pub struct Staff {
    /// A second finaliser of the author's practice.
    pub colleague: Party,
    /// Takes advance decisions in, at the hospice.
    pub intake: Party,
    /// Governance, at the host.
    pub governance: Party,
    /// Privacy officer, at the host.
    pub privacy: Party,
    /// Reads whole plans and signs nothing.
    pub viewer: Party,
    /// A finaliser whose certificate was revoked on the day after.
    pub leaver: Party,
    /// A finaliser certified from 19 to 20 November 2025.
    pub locum: Party,
}

/// When they joined.
#[must_use]
pub fn joining() -> Timestamp {
    instant("2025-11-19T09:00:00Z")
}

impl Staff {
    /// Certifies them all, in the log.
    ///
    /// # Panics
    /// When the code under test refuses an honest certificate.
    pub fn join(world: &mut World) -> Self {
        type By = fn(&World) -> &Party;
        let practice: (&str, OrgKind, By) = ("TEST-GP01", OrgKind::GpPractice, |world| &world.practice);
        let hospice: (&str, OrgKind, By) = ("TEST-HOS1", OrgKind::Hospice, |world| &world.hospice);
        let host: (&str, OrgKind, By) = ("TEST-HOST", OrgKind::Host, |world| &world.host);
        let mut join = |(code, kind, by): (&str, OrgKind, By), name, role, seed| {
            let key = FixedKey::from_seed(seed);
            let mut fields = certificate_fields(code, kind, name, role, &key);
            if seed == LOCUM {
                (fields.issued_at, fields.not_before) = (joining(), day("2025-11-19"));
                fields.not_after = day("2025-11-20");
            }
            world.certify(fields, key, by, joining())
        };
        Self {
            colleague: join(practice, "Colleague Testperson", Role::Finaliser, 20),
            intake: join(hospice, "Intake Testperson", Role::AdrtIntake, 21),
            governance: join(host, "Governance Testperson", Role::Governance, 22),
            privacy: join(host, "Privacy Testperson", Role::PrivacyOfficer, 23),
            viewer: join(practice, "Viewer Testperson", Role::ViewerFull, 24),
            leaver: join(practice, "Leaver Testperson", Role::Finaliser, 25),
            locum: join(practice, "Locum Testperson", Role::Finaliser, LOCUM),
        }
    }
}

const LOCUM: u8 = 26;

/// The practice says, in the log, that a key counts no more from this leaf on.
///
/// # Panics
/// When the code under test refuses it.
pub fn revoke(
    world: &mut World,
    certificate: ObjectId,
    from_index: u64,
    at: Timestamp,
) -> (Verified<KeyStatus>, Revocation) {
    let reason = RevocationReason::Left;
    let revoked = KeyStatus {
        certificate,
        reason,
        from_index,
        issued_at: at,
    };
    let revoked = world.sign(&revoked, &world.practice);
    let index = world.ledger.append(&revoked, at);
    let fact = Revocation {
        from_index,
        index,
        reason,
        at,
    };
    (revoked, fact)
}

/// The list of everybody as of now, signed.
///
/// # Panics
/// When the code under test refuses it.
#[must_use]
pub fn list(world: &World, at: Timestamp, revoked: &[(ObjectId, Revocation)]) -> Verified<TrustList> {
    world.sign(&trust_list(world, at, revoked), &world.status)
}
