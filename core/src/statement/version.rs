//! A plan version as a signable statement (FORMAT §3.1). What a plan is stands in [`crate::plan`].

use super::{ContentError, Disagreement, FORMAT_VERSION, Kind, LoggedStatement, Statement, sealed};
use crate::canonical::{CanonicalBytes, EncodeError, encode};
use crate::id::{ObjectId, PlanId};
use crate::plan::{PlanDecodeError, PlanVersion};
use crate::time::Timestamp;
use crate::trust::CertificateFields;

impl sealed::Sealed for PlanVersion {}

impl Statement for PlanVersion {
    const KIND: Kind = Kind::Version;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        encode(self)
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        Self::decode(payload).map_err(|fault| match fault {
            PlanDecodeError::NewerFormat { format } => ContentError::NewerFormat {
                found: u64::from(format),
                known: FORMAT_VERSION,
            },
            other => ContentError::Plan(Box::new(other)),
        })
    }

    fn issued_at(&self) -> Timestamp {
        self.signed_at()
    }

    fn subject(&self) -> String {
        self.plan().urn()
    }

    /// The author printed on the page is the person certified: name, registration and organisation.
    fn agrees_with(&self, signer: &CertificateFields) -> Result<(), Disagreement> {
        let author = self.author();
        let registration = author
            .registration()
            .map(|held| (held.body().code(), held.number().as_str()));
        let certified = signer
            .registration
            .as_ref()
            .map(|held| (held.body.as_str(), held.number.as_str()));
        if author.org() != &signer.organisation {
            return Err(Disagreement { field: "author.org" });
        }
        if author.name().as_str() != signer.name {
            return Err(Disagreement { field: "author.name" });
        }
        if registration == certified {
            Ok(())
        } else {
            Err(Disagreement {
                field: "author.registration",
            })
        }
    }
}

impl LoggedStatement for PlanVersion {
    fn record(&self) -> Option<PlanId> {
        Some(self.plan())
    }

    fn target(&self) -> Option<ObjectId> {
        self.previous()
    }
}
