//! The register of roles and what each may sign (FORMAT §3: one key, one role).
//!
//! Numbers are fixed for ever; later roles take new numbers.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::statement::Kind;

/// What a certificate's holder may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Role {
    /// The pinned root: certifies organisations.
    Root,
    /// An organisation: certifies its people and, for the host, the service's keys.
    Organisation,
    /// The service's key for heads and stamps.
    ServiceHead,
    /// The service's key for snapshots and trust lists.
    ServiceStatus,
    /// The service's key that records what readers report.
    ServiceRecorder,
    /// Reads the emergency view.
    ViewerEmergency,
    /// Reads whole plans.
    ViewerFull,
    /// Writes drafts.
    Drafter,
    /// Signs plan versions and withdrawals.
    Finaliser,
    /// Endorses versions that another signed.
    Endorser,
    /// Receives advance decisions.
    AdrtIntake,
    /// Sends the organisation's staff list.
    OrgAdmin,
    /// Caldicott guardian.
    CaldicottGuardian,
    /// Reviews emergency access.
    PrivacyOfficer,
    /// Proves histories, places holds, destroys at the end of retention.
    Governance,
    /// Confirms enrolments as the second person.
    KeyRegistrar,
    /// Reads the access audit.
    Auditor,
    /// Runs the service; no clinical reading.
    Operator,
}

/// Every role with its number in certificates and its word.
const REGISTER: [(u8, Role, &str); 18] = [
    (1, Role::Root, "root"),
    (2, Role::Organisation, "organisation"),
    (3, Role::ServiceHead, "service head"),
    (4, Role::ServiceStatus, "service status"),
    (5, Role::ServiceRecorder, "service recorder"),
    (16, Role::ViewerEmergency, "viewer-emergency"),
    (17, Role::ViewerFull, "viewer-full"),
    (18, Role::Drafter, "drafter"),
    (19, Role::Finaliser, "finaliser"),
    (20, Role::Endorser, "endorser"),
    (21, Role::AdrtIntake, "adrt-intake"),
    (22, Role::OrgAdmin, "org-admin"),
    (23, Role::CaldicottGuardian, "caldicott-guardian"),
    (24, Role::PrivacyOfficer, "privacy-officer"),
    (25, Role::Governance, "governance"),
    (26, Role::KeyRegistrar, "key-registrar"),
    (27, Role::Auditor, "auditor"),
    (28, Role::Operator, "operator"),
];

/// Who stands behind a key: each certificate belongs to exactly one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Root,
    Organisation,
    Service,
    Person,
}

impl Role {
    /// Whether this role may sign objects of this kind.
    #[must_use]
    pub const fn permits(self, kind: Kind) -> bool {
        match kind {
            Kind::Version | Kind::Card | Kind::Withdrawal => matches!(self, Self::Finaliser),
            Kind::Endorsement => matches!(self, Self::Endorser),
            Kind::Certificate | Kind::KeyStatus => matches!(self, Self::Root | Self::Organisation),
            Kind::Snapshot | Kind::TrustList => matches!(self, Self::ServiceStatus),
            Kind::Head | Kind::Stamp => matches!(self, Self::ServiceHead),
            Kind::Report | Kind::Rehash => matches!(self, Self::ServiceRecorder),
            Kind::Custody | Kind::Intake => matches!(self, Self::Finaliser | Self::AdrtIntake),
            Kind::StaffList => matches!(self, Self::Organisation),
            Kind::Resolution => matches!(self, Self::Finaliser | Self::Governance | Self::PrivacyOfficer),
            Kind::Destruction | Kind::Hold => matches!(self, Self::Governance),
            Kind::Enrolment => false,
        }
    }

    pub(crate) const fn class(self) -> Class {
        match self {
            Self::Root => Class::Root,
            Self::Organisation => Class::Organisation,
            Self::ServiceHead | Self::ServiceStatus | Self::ServiceRecorder => Class::Service,
            _ => Class::Person,
        }
    }

    /// Whether this is a role of people, as opposed to one of authorities and services.
    #[must_use]
    pub const fn is_of_a_person(self) -> bool {
        matches!(self.class(), Class::Person)
    }

    /// The role of a word, for example `finaliser`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        REGISTER
            .iter()
            .find(|(_, _, name)| *name == word)
            .map(|(_, role, _)| *role)
    }

    fn entry(self) -> (u8, &'static str) {
        let (number, _, word) = REGISTER
            .iter()
            .find(|(_, role, _)| *role == self)
            .expect("the register names every role");
        (*number, word)
    }
}

impl TryFrom<u8> for Role {
    type Error = UnknownRole;

    fn try_from(number: u8) -> Result<Self, UnknownRole> {
        let entry = REGISTER.iter().find(|(known, _, _)| *known == number);
        entry.map(|(_, role, _)| *role).ok_or(UnknownRole(number))
    }
}

impl From<Role> for u8 {
    fn from(role: Role) -> Self {
        role.entry().0
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.entry().1)
    }
}

/// A role number that this software does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("role {0} is not in the register; a newer role needs newer software")]
pub struct UnknownRole(u8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_names_every_role_once() {
        for (number, role, word) in REGISTER {
            assert_eq!(Role::try_from(number), Ok(role));
            assert_eq!(u8::from(role), number);
            assert_eq!(Role::parse(word), Some(role));
        }
        assert!(Role::try_from(0).is_err());
    }

    #[test]
    fn people_never_sign_for_the_service_and_the_service_never_signs_plans() {
        for (_, role, _) in REGISTER {
            let signs_plans = role.permits(Kind::Version) || role.permits(Kind::Endorsement);
            let signs_status = role.permits(Kind::Head) || role.permits(Kind::Snapshot);
            assert!(!(signs_plans && signs_status));
            assert!(!role.permits(Kind::Enrolment));
        }
    }
}
