//! The kinds of object and their places in header and leaf (FORMAT §3, first table).

use core::fmt;

/// A kind of signed object. The content type in the protected header names it, so a signature made for one kind
/// is never accepted for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A whole plan version.
    Version,
    /// A record withdrawn, with its reason.
    Withdrawal,
    /// A second clinician's endorsement of a version.
    Endorsement,
    /// A key bound to a person, an organisation or a service.
    Certificate,
    /// A certificate revoked from a leaf index on.
    KeyStatus,
    /// Status bits of every leaf, as of a tree size.
    Snapshot,
    /// Something reported about a record by a reader.
    Report,
    /// The way of an original document.
    Custody,
    /// An organisation's list of authorised staff.
    StaffList,
    /// The destruction of a record at the end of its retention.
    Destruction,
    /// A report confirmed or resolved.
    Resolution,
    /// A legal hold or quarantine.
    Hold,
    /// An ADRT as received.
    Intake,
    /// A scheduled re-reading of stored scans.
    Rehash,
    /// The emergency summary that fits a printed code.
    Card,
    /// The latest version of one record, for ten minutes.
    Head,
    /// "Latest when printed".
    Stamp,
    /// Every certificate and revocation, as of a tree size.
    TrustList,
    /// A candidate's proof that they hold their new key.
    Enrolment,
}

/// Kinds in the order of their leaf codes; code 1 is the first.
const LOGGED: [Kind; 14] = [
    Kind::Version,
    Kind::Withdrawal,
    Kind::Endorsement,
    Kind::Certificate,
    Kind::KeyStatus,
    Kind::Snapshot,
    Kind::Report,
    Kind::Custody,
    Kind::StaffList,
    Kind::Destruction,
    Kind::Resolution,
    Kind::Hold,
    Kind::Intake,
    Kind::Rehash,
];

const UNLOGGED: [Kind; 5] = [
    Kind::Card,
    Kind::Head,
    Kind::Stamp,
    Kind::TrustList,
    Kind::Enrolment,
];

impl Kind {
    /// The code in a log leaf; kinds that are never logged have none.
    #[must_use]
    pub fn leaf_code(self) -> Option<u8> {
        let place = LOGGED.iter().position(|kind| *kind == self)?;
        u8::try_from(place + 1).ok()
    }

    /// The kind of a leaf code.
    #[must_use]
    pub fn from_leaf_code(code: u64) -> Option<Self> {
        let place = usize::try_from(code).ok()?.checked_sub(1)?;
        LOGGED.get(place).copied()
    }

    /// `application/vnd.planseal.<kind>+cbor`.
    #[must_use]
    pub fn content_type(self) -> String {
        format!("application/vnd.planseal.{self}+cbor")
    }

    /// The kind of a content type.
    #[must_use]
    pub fn from_content_type(content_type: &str) -> Option<Self> {
        let name = content_type
            .strip_prefix("application/vnd.planseal.")?
            .strip_suffix("+cbor")?;
        LOGGED
            .iter()
            .chain(&UNLOGGED)
            .copied()
            .find(|kind| kind.name() == name)
    }

    /// The word for this kind in content types, payloads and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Withdrawal => "withdrawal",
            Self::Endorsement => "endorsement",
            Self::Certificate => "certificate",
            Self::KeyStatus => "key-status",
            Self::Snapshot => "snapshot",
            Self::Report => "report",
            Self::Custody => "custody",
            Self::StaffList => "staff-list",
            Self::Destruction => "destruction",
            Self::Resolution => "resolution",
            Self::Hold => "hold",
            Self::Intake => "intake",
            Self::Rehash => "rehash",
            Self::Card => "card",
            Self::Head => "head",
            Self::Stamp => "stamp",
            Self::TrustList => "trust-list",
            Self::Enrolment => "enrolment",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_content_types_name_one_kind_each() {
        for (code, kind) in (1_u64..).zip(LOGGED) {
            assert_eq!(kind.leaf_code().map(u64::from), Some(code));
            assert_eq!(Kind::from_leaf_code(code), Some(kind));
        }
        for kind in LOGGED.into_iter().chain(UNLOGGED) {
            assert_eq!(Kind::from_content_type(&kind.content_type()), Some(kind));
        }
        assert_eq!(Kind::from_leaf_code(0), None);
        assert_eq!(Kind::from_leaf_code(15), None);
        assert_eq!(
            Kind::from_content_type("application/vnd.planseal.other+cbor"),
            None
        );
    }
}
