//! Publication: the author's own client says PUBLISHED, and only after it checked everything itself (FORMAT §5).
//!
//! Signature, receipt, the version that was replaced, and a fresh head that names the new one. A service that hides
//! the version, or shows the author another tree than everybody else, fails here and not at the bedside.

use crate::currency::CLOCK_TOLERANCE;
use crate::envelope::SignedObject;
use crate::head::{Head, HeadState};
use crate::id::ObjectId;
use crate::log::tree::{Hash, TreeError, TreeHead};
use crate::plan::PlanVersion;
use crate::receipt::Receipt;
use crate::time::Timestamp;
use crate::trust::{Directory, TrustPolicy};
use crate::verify::{self, Logged, RegistrationError, Verified, VerifyError};

/// What a service answers to somebody who publishes. Nothing in it is verified yet.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The receipt of the version.
    pub receipt: &'a Receipt,
    /// What the version replaces; nothing for the first version of a record.
    pub replaced: Option<Replaced<'a>>,
    /// A head of the record.
    pub head: &'a SignedObject,
    /// Consistency proof between the receipt's tree and the head's; empty when they are one.
    pub growth: &'a [Hash],
}

/// Where the version, or withdrawal, is registered that a new version replaces.
#[derive(Debug, Clone, Copy)]
pub struct Replaced<'a> {
    /// Its receipt.
    pub receipt: &'a Receipt,
    /// Consistency proof between its receipt's tree and the version's; empty when they are one.
    pub growth: &'a [Hash],
}

/// A version that its author's client found registered, in its place, and named as the latest.
#[derive(Debug, Clone)]
pub struct Publication {
    version: Logged<PlanVersion>,
    head: Verified<Head>,
}

impl Publication {
    /// The registered version.
    #[must_use]
    pub const fn version(&self) -> &Logged<PlanVersion> {
        &self.version
    }

    /// The head that names it.
    #[must_use]
    pub const fn head(&self) -> &Verified<Head> {
        &self.head
    }
}

/// Checks a service's answer at the author's time.
///
/// # Errors
/// [`NotPublished`] with the reason; the version may be registered all the same, and asking again is harmless.
pub fn confirm(
    version: Verified<PlanVersion>,
    answer: &Answer<'_>,
    policy: &TrustPolicy,
    directory: &Directory,
    at: Timestamp,
) -> Result<Publication, NotPublished> {
    let replaced = version.content().previous();
    let version = verify::logged(version, answer.receipt, policy, directory)?;
    expect_target(&version, replaced, answer.replaced, policy)?;
    let head = verify::statement::<Head>(answer.head, directory).map_err(NotPublished::Head)?;
    verify::view_in_force(&head, head.content().size, directory).map_err(NotPublished::HeadSigner)?;
    expect_named(&version, head.content())?;
    expect_fresh(head.content(), at)?;
    let tree = TreeHead {
        size: head.content().size,
        root: head.content().root,
    };
    version.tree().agrees_with(&tree, answer.growth)?;
    Ok(Publication { version, head })
}

/// The leaf replaces exactly what the author replaced, and that was registered.
fn expect_target(
    version: &Logged<PlanVersion>,
    replaced: Option<ObjectId>,
    shown: Option<Replaced<'_>>,
    policy: &TrustPolicy,
) -> Result<(), NotPublished> {
    let named = match (replaced, shown) {
        (None, _) => None,
        (Some(id), Some(shown)) => {
            let (index, tree) = verify::placed(id, shown.receipt, policy)?;
            version.tree().agrees_with(&tree, shown.growth)?;
            Some(index)
        }
        (Some(id), None) => return Err(NotPublished::ReplacedNotShown { id }),
    };
    if named == version.target() {
        Ok(())
    } else {
        Err(NotPublished::OtherTarget {
            logged: version.target(),
            signed: named,
        })
    }
}

/// The head says that this version, at this leaf, is the latest and can be relied on.
fn expect_named(version: &Logged<PlanVersion>, head: &Head) -> Result<(), NotPublished> {
    let content = version.content();
    let this_record = head.plan == content.plan();
    let this_version = head.latest == version.id()
        && head.leaf == version.index()
        && head.version_number == content.version_number()
        && head.size > version.index();
    match head.state {
        _ if !this_record || !this_version => Err(NotPublished::NotNamed {
            named: head.latest,
            published: version.id(),
        }),
        HeadState::Current => Ok(()),
        HeadState::Withdrawn | HeadState::Suspended => Err(NotPublished::NotCurrent),
    }
}

fn expect_fresh(head: &Head, at: Timestamp) -> Result<(), NotPublished> {
    let made = head.issued_at;
    if made.since(at) > CLOCK_TOLERANCE || at > head.expires_at() {
        return Err(NotPublished::NotFresh { made, at });
    }
    Ok(())
}

/// Why the author's client does not say PUBLISHED.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPublished {
    /// The receipt does not show that the log holds the version.
    #[error("the service has not shown that the version is registered")]
    Registration(#[from] RegistrationError),
    /// The receipt of what was replaced is missing.
    #[error("the service has not shown where {id}, which this replaces, is registered")]
    ReplacedNotShown {
        /// What the version replaces.
        id: ObjectId,
    },
    /// The log recorded another place in the record's chain.
    #[error("the log recorded that leaf {logged:?} was replaced, the author replaced {signed:?}")]
    OtherTarget {
        /// Named by the leaf.
        logged: Option<u64>,
        /// What the author signed.
        signed: Option<u64>,
    },
    /// The head does not verify.
    #[error("the service's word on the latest version does not verify")]
    Head(#[source] VerifyError),
    /// The head's signer does not count.
    #[error("the signer of the service's word on the latest version does not count")]
    HeadSigner(#[source] RegistrationError),
    /// The head names another version.
    #[error("the service names {named} as the latest, not {published}")]
    NotNamed {
        /// Named by the head.
        named: ObjectId,
        /// The version published.
        published: ObjectId,
    },
    /// Withdrawn or suspended since.
    #[error("the version is registered, and was withdrawn or suspended since")]
    NotCurrent,
    /// Too old, or from the future.
    #[error("the service's word on the latest version is of {made}, the time here is {at}")]
    NotFresh {
        /// When the head was made.
        made: Timestamp,
        /// The author's time.
        at: Timestamp,
    },
    /// Receipts and head speak of different trees.
    #[error("receipts and head are not of one log: the service shows different histories")]
    TwoTrees(#[from] TreeError),
}
