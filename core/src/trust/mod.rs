//! Who may sign what: keys, roles, certificates, the pinned root and the directory of verified certificates
//! (FORMAT §3.3, §3.4).
//!
//! Signatures are checked in [`crate::verify`]; here stand the facts and the rules they must satisfy.

mod certificate;
mod directory;
mod key;
mod list;
mod organisation;
mod policy;
mod role;

pub use certificate::{Certificate, CertificateError, CertificateFields, Custody, Registration};
pub use directory::{ChainError, Directory, ListError, Revocation};
pub use key::{KeyError, PublicKey};
pub use list::{ListedCertificate, TrustList};
pub use organisation::{OrgCode, OrgCodeError, OrgKind};
pub use policy::{PolicyError, TrustPolicy};
pub use role::{Role, UnknownRole};
