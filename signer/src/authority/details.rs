//! What an authority is told by the people who run it. Nothing here comes from a candidate.

use planseal::time::Date;
use planseal::trust::{Custody, OrgCode, OrgKind, Registration, Role};

/// What a new root says of itself.
pub struct RootDetails {
    /// Code of whoever runs the service.
    pub organisation: OrgCode,
    /// Its name.
    pub organisation_name: String,
    /// The root's own name, for example `North region root 1`.
    pub name: String,
    /// Last day of validity; at most twenty years.
    pub not_after: Date,
}

/// An organisation that a root is to certify.
pub struct OrganisationDetails {
    /// Its code.
    pub organisation: OrgCode,
    /// Its name.
    pub organisation_name: String,
    /// Its kind.
    pub kind: OrgKind,
    /// Where it keeps its key.
    pub custody: Custody,
    /// Last day of validity; at most three years, and never past the root's.
    pub not_after: Date,
}

/// A person, or a service key of the host, that an organisation is to certify.
pub struct CandidateDetails {
    /// The person's name as it will be printed, or what the key is for.
    pub name: String,
    /// Professional registration, people only.
    pub registration: Option<Registration>,
    /// What the key may sign.
    pub roles: Vec<Role>,
    /// Where the key is kept.
    pub custody: Custody,
    /// Last day of validity: at most twelve months, never past the end of training or the organisation's own.
    pub not_after: Date,
}

/// What the second person typed: who they are and the fingerprint that the candidate read out to them.
pub struct Confirmation<'a> {
    /// The second person.
    pub by: &'a str,
    /// The fingerprint as heard; spaces and capitals do not matter.
    pub fingerprint: &'a str,
}
