//! Staff lists: an organisation's trained, authorised people, sent again and again under its agreement (FORMAT §3).

use serde::{Deserialize, Serialize};

use super::short::short;
use super::{ContentError, Kind, LoggedStatement, Statement, Words};
use crate::canonical::{CanonicalBytes, EncodeError};
use crate::time::{Date, Timestamp};
use crate::trust::{Registration, Role};

short! {
    /// One list; a later number replaces an earlier one whole.
    StaffList {
        /// 1, 2, 3 …; a list of a number already seen, or a lower one, is not taken.
        number: u32;
        /// The agreement under which the organisation sends it.
        agreement: Words;
        /// Everybody who is authorised today.
        staff: Vec<StaffMember>;
    }
}

/// One person on a list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaffMember {
    /// Name as in the person's certificate.
    pub name: Words,
    /// Professional registration, where there is one.
    #[serde(rename = "reg", default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// The last day on which the person's training counts.
    pub trained_until: Date,
}

/// 5000 people: the largest hospital trusts authorise fewer for one service, and the list stays below 1 MiB.
const MAX_STAFF: usize = 5000;

impl StaffList {
    fn check(self) -> Result<Self, ContentError> {
        if self.number == 0 {
            return Err(ContentError::value("number", "lists are counted from 1"));
        }
        if self.staff.len() > MAX_STAFF {
            return Err(ContentError::value("staff", "at most 5000 people"));
        }
        let people = |member: &StaffMember| {
            let ordered = member.roles.windows(2).all(|pair| pair[0] < pair[1]);
            ordered && !member.roles.is_empty() && member.roles.iter().all(|role| role.is_of_a_person())
        };
        if self.staff.iter().all(people) {
            Ok(self)
        } else {
            Err(ContentError::value(
                "staff.roles",
                "each person has roles of people, in order of their numbers, each once",
            ))
        }
    }
}

impl core::fmt::Debug for StaffMember {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "StaffMember({:?})", self.roles)
    }
}

impl Statement for StaffList {
    const KIND: Kind = Kind::StaffList;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        self.to_wire()
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        Self::of_wire(payload)?.check()
    }

    fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    fn subject(&self) -> String {
        format!("urn:planseal:staff-list:{:016x}", self.number)
    }
}

impl LoggedStatement for StaffList {}
