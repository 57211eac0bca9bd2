//! Bundles: what a PDF or an evidence pack carries so that it can be verified by itself (FORMAT §7).
//!
//! A magic, a length and one CBOR map, stored unfiltered: a reader finds it without parsing PDF. Where it was found
//! does not matter; its signatures do.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::canonical::{EncodeError, encode};
use crate::envelope::{EnvelopeError, SignedObject};
use crate::id::ObjectId;
use crate::receipt::{Receipt, ReceiptError};
use crate::statement::{ContentError, FORMAT_VERSION, check_type_named, decode_payload_named};

/// What a bundle begins with.
pub const MAGIC: &[u8; 17] = b"PLANSEAL-BUNDLE-1";
/// 8 MiB: a version, its evidence and room for hundreds of statements about it.
pub const MAX_BUNDLE: usize = 8 << 20;
/// The `typ` of the map.
const TYPE: &str = "planseal.bundle";

/// A version with the evidence about it. Nothing in it is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The version.
    pub version: SignedObject,
    /// The card, where the version has one.
    pub card: Option<SignedObject>,
    /// The stamp that was printed.
    pub stamp: Option<SignedObject>,
    /// The certificates of every signer, up to the root.
    pub certificates: Vec<SignedObject>,
    /// Endorsements of the version.
    pub endorsements: Vec<SignedObject>,
    /// Advance decisions received, reviewed or not.
    pub intakes: Vec<SignedObject>,
    /// Reports known when it was made.
    pub reports: Vec<SignedObject>,
    /// How reports and intakes among these were dealt with.
    pub resolutions: Vec<SignedObject>,
    /// The way of the originals.
    pub custody: Vec<SignedObject>,
    /// Receipts by the id of the object they are of.
    pub receipts: Vec<(ObjectId, Receipt)>,
    /// A head, where one was fetched.
    pub head: Option<SignedObject>,
    /// Id of the root certificate under which it was made; a reader who pins another cannot check it.
    pub root: ObjectId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    typ: String,
    v: u64,
    version: ByteBuf,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    card: Option<ByteBuf>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    stamp: Option<ByteBuf>,
    certificates: Vec<ByteBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    endorsements: Vec<ByteBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    intakes: Vec<ByteBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    reports: Vec<ByteBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    resolutions: Vec<ByteBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    custody: Vec<ByteBuf>,
    receipts: Vec<(ObjectId, ByteBuf)>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    head: Option<ByteBuf>,
    root: ObjectId,
}

impl Bundle {
    /// Magic, length, map.
    ///
    /// # Errors
    /// [`EncodeError`] when the parts cannot be encoded.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let one = |object: &SignedObject| ByteBuf::from(object.bytes().to_vec());
        let many = |objects: &[SignedObject]| objects.iter().map(one).collect();
        let certificates: BTreeMap<ObjectId, ByteBuf> = self
            .certificates
            .iter()
            .map(|object| (object.id(), one(object)))
            .collect();
        let receipts: BTreeMap<ObjectId, ByteBuf> = self
            .receipts
            .iter()
            .map(|(id, receipt)| (*id, ByteBuf::from(receipt.encode())))
            .collect();
        let map = encode(&Wire {
            typ: TYPE.into(),
            v: FORMAT_VERSION,
            version: one(&self.version),
            card: self.card.as_ref().map(one),
            stamp: self.stamp.as_ref().map(one),
            certificates: certificates.into_values().collect(),
            endorsements: many(&self.endorsements),
            intakes: many(&self.intakes),
            reports: many(&self.reports),
            resolutions: many(&self.resolutions),
            custody: many(&self.custody),
            receipts: receipts.into_iter().collect(),
            head: self.head.as_ref().map(one),
            root: self.root,
        })?;
        let length = u32::try_from(map.as_slice().len())
            .map_err(|_| EncodeError::Unsupported("a map beyond 4 GiB"))?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(map.as_slice());
        Ok(bytes)
    }

    /// Reads exactly one bundle.
    ///
    /// # Errors
    /// [`BundleError`] with what is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, BundleError> {
        match Self::split(bytes) {
            Some((map, [])) => Self::from_map(map),
            Some(_) => Err(BundleError::Trailing),
            None => Err(BundleError::Frame),
        }
    }

    /// Finds the one bundle inside a larger file, for example a PDF.
    ///
    /// # Errors
    /// [`BundleError::NotFound`] without a bundle, [`BundleError::Several`] with more than one: which of them a
    /// reader would see must not be a matter of taste.
    pub fn find(file: &[u8]) -> Result<Self, BundleError> {
        let mut found = positions(file).filter_map(|at| Self::split(&file[at..]));
        match (found.next(), found.next()) {
            (Some((map, _)), None) => Self::from_map(map),
            (None, _) => Err(BundleError::NotFound),
            (Some(_), Some(_)) => Err(BundleError::Several),
        }
    }

    /// The map, and what follows the bundle.
    fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
        let rest = bytes.strip_prefix(MAGIC.as_slice())?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
    }

    /// Nothing in a bundle is idle: receipts stand in order of their ids, once each, and only of objects that are here
    /// and that the log holds; certificates stand in order, once each, and each belongs to a signer here.
    fn check_parts(&self) -> Result<(), BundleError> {
        let logged: BTreeSet<ObjectId> = core::iter::once(&self.version)
            .chain(&self.certificates)
            .chain(self.statements())
            .map(SignedObject::id)
            .collect();
        let in_order = self.receipts.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let distinct: BTreeSet<ObjectId> = self.statements().map(SignedObject::id).collect();
        if distinct.len() != self.statements().count() {
            return Err(BundleError::StrayObject);
        }
        self.check_certificates()?;
        if in_order && self.receipts.iter().all(|(id, _)| logged.contains(id)) {
            Ok(())
        } else {
            Err(BundleError::StrayReceipt)
        }
    }

    /// The same bundle without the certificates that nobody's signature here needs, and without their receipts.
    #[must_use]
    pub fn without_strays(mut self) -> Self {
        let used = self.used_certificates();
        let stray = |object: &SignedObject| !used.contains(&object.id());
        let strays: BTreeSet<ObjectId> = self
            .certificates
            .iter()
            .filter(|object| stray(object))
            .map(SignedObject::id)
            .collect();
        self.certificates.retain(|object| !strays.contains(&object.id()));
        self.receipts.retain(|(id, _)| !strays.contains(id));
        self
    }

    fn check_certificates(&self) -> Result<(), BundleError> {
        let used = self.used_certificates();
        let in_order = self
            .certificates
            .windows(2)
            .all(|pair| pair[0].id() < pair[1].id());
        let all_used = self.certificates.iter().all(|object| used.contains(&object.id()));
        if in_order && all_used {
            Ok(())
        } else {
            Err(BundleError::StrayObject)
        }
    }

    /// The certificates of everybody who signed something here, and of those above them.
    fn used_certificates(&self) -> BTreeSet<ObjectId> {
        let issuers: BTreeMap<ObjectId, Option<ObjectId>> = self
            .certificates
            .iter()
            .map(|object| (object.id(), object.claimed_key()))
            .collect();
        let mut waiting: Vec<ObjectId> = core::iter::once(&self.version)
            .chain(&self.card)
            .chain(&self.stamp)
            .chain(&self.head)
            .chain(self.statements())
            .filter_map(SignedObject::claimed_key)
            .collect();
        let mut used = BTreeSet::new();
        while let Some(signer) = waiting.pop() {
            if let Some(issuer) = issuers.get(&signer).filter(|_| used.insert(signer)) {
                waiting.extend(issuer);
            }
        }
        used
    }

    fn from_map(map: &[u8]) -> Result<Self, BundleError> {
        let wire: Wire = decode_payload_named(TYPE, map, MAX_BUNDLE)?;
        check_type_named(TYPE, &wire.typ, wire.v)?;
        let one = |bytes: ByteBuf| SignedObject::parse(&bytes);
        let many = |items: Vec<ByteBuf>| items.into_iter().map(one).collect::<Result<Vec<_>, _>>();
        let receipts = wire
            .receipts
            .into_iter()
            .map(|(id, bytes)| Ok((id, Receipt::decode(&bytes)?)));
        let bundle = Self {
            version: one(wire.version)?,
            card: wire.card.map(one).transpose()?,
            stamp: wire.stamp.map(one).transpose()?,
            certificates: many(wire.certificates)?,
            endorsements: many(wire.endorsements)?,
            intakes: many(wire.intakes)?,
            reports: many(wire.reports)?,
            resolutions: many(wire.resolutions)?,
            custody: many(wire.custody)?,
            receipts: receipts.collect::<Result<_, ReceiptError>>()?,
            head: wire.head.map(one).transpose()?,
            root: wire.root,
        };
        bundle.check_parts()?;
        Ok(bundle)
    }

    /// The logged statements beside the version.
    pub fn statements(&self) -> impl Iterator<Item = &SignedObject> {
        let of_others = self.endorsements.iter().chain(&self.intakes);
        let of_doubts = self.reports.iter().chain(&self.resolutions);
        of_others.chain(of_doubts).chain(&self.custody)
    }

    /// The receipt of an object.
    #[must_use]
    pub fn receipt_of(&self, id: &ObjectId) -> Option<&Receipt> {
        self.receipts
            .iter()
            .find(|(of, _)| of == id)
            .map(|(_, receipt)| receipt)
    }
}

fn positions(file: &[u8]) -> impl Iterator<Item = usize> {
    file.windows(MAGIC.len())
        .enumerate()
        .filter(|(_, window)| *window == MAGIC)
        .map(|(at, _)| at)
}

/// Why bytes are not a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// No magic, or the length goes past the end.
    #[error("this is not a planseal bundle, or it is cut short")]
    Frame,
    /// Bytes follow the bundle.
    #[error("bytes follow the bundle")]
    Trailing,
    /// A file without a bundle.
    #[error("this file carries no planseal bundle")]
    NotFound,
    /// A file with several.
    #[error("this file carries more than one planseal bundle; it was put together from others")]
    Several,
    /// A certificate of nobody who signed here, or an object twice or out of order.
    #[error("an object in the bundle belongs to nothing in it, or stands there twice")]
    StrayObject,
    /// A receipt of nothing that is here, out of order, or twice.
    #[error("a receipt in the bundle belongs to nothing in it")]
    StrayReceipt,
    /// The map is not a bundle's.
    #[error("the bundle is damaged")]
    Content(#[from] ContentError),
    /// An object in it is damaged.
    #[error("an object in the bundle is damaged")]
    Object(#[from] EnvelopeError),
    /// A receipt in it is damaged.
    #[error("a receipt in the bundle is damaged")]
    Receipt(#[from] ReceiptError),
}
