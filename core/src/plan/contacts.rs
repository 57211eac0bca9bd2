//! Whom to call (DOMAIN §2.3 G), other documents (H), human acts the author saw, and attached files (FORMAT §3.1).

use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::plan::field::{Line, Reader, Text, Value, Whole};
use crate::plan::person::{NAME, PHRASE, PhoneNumber};
use crate::plan::table::{coded, section};
use crate::time::Date;

section! {
    /// Somebody to call. The order of contacts is the order of calling.
    Contact / ContactWire {
        /// What this contact is for. At least one is needed to sign.
        many roles: ContactRole,
        /// Name. Needed to sign.
        needed name: Line<NAME>,
        /// Relation or post.
        maybe relation: Line<NAME>,
        /// Telephone. Needed to sign.
        needed phone: PhoneNumber,
        /// When to call, or what to know.
        maybe note: Line<PHRASE>,
    }
}

coded! {
    /// What a contact is for.
    ContactRole {
        Emergency = "emergency", "Emergency contact";
        NextOfKin = "next_of_kin", "Next of kin";
        MainCarer = "main_carer", "Main carer";
        KeyWorker = "key_worker", "Key worker";
        Attorney = "attorney", "Attorney";
        OutOfHours = "out_of_hours", "Out-of-hours service";
        Residence = "residence", "Where the person lives";
        Clinician = "clinician", "Clinical team";
    }
}

section! {
    /// A document kept elsewhere.
    OtherDocument / OtherDocumentWire {
        /// Its name. Needed to sign.
        needed name: Line<PHRASE>,
        /// Where it is. Needed to sign.
        needed location: Line<PHRASE>,
        /// Who issued it. Needed to sign.
        needed source: Line<PHRASE>,
    }
}

section! {
    /// A human act the author saw: shown as "recorded by" the author, never as signed by the person named.
    Act / ActWire {
        /// What was done. Needed to sign.
        needed_copy kind: ActKind,
        /// By whom. Needed to sign.
        needed by: Line<NAME>,
        /// When. Needed to sign.
        needed_copy date: Date,
        /// In words.
        maybe words: Text<PHRASE>,
    }
}

coded! {
    /// Human acts an author can attest.
    ActKind {
        Discussion = "discussion", "Took part in a discussion";
        WetInkSignature = "wet_ink_signature", "Signed on paper";
        WetInkWitness = "wet_ink_witness", "Witnessed a signature on paper";
        OriginalSeen = "original_seen", "Showed the original document";
    }
}

/// Most attachments one version may name (FORMAT §3.1).
pub const MAX_ATTACHMENTS: usize = 16;
/// Most bytes of one attachment: 20 MiB (FORMAT §3.1).
pub const MAX_ATTACHMENT_SIZE: u64 = 20 << 20;
/// Most bytes of all attachments together: 24 MiB (FORMAT §3.1).
pub const MAX_ATTACHMENTS_SIZE: u64 = 24 << 20;

section! {
    /// An attached file, named by its digest; the bytes travel beside the plan.
    Attachment / AttachmentWire {
        /// SHA-256 of the bytes as received. Filled in from the file. Needed to sign.
        needed_copy sha256: Digest,
        /// Length in bytes. Filled in from the file. Needed to sign.
        needed_copy size: Whole<1, MAX_ATTACHMENT_SIZE>,
        /// Media type. Needed to sign.
        needed_copy media_type: MediaType,
        /// What the file is. Needed to sign.
        needed_copy role: AttachmentRole,
        /// Title as printed. Needed to sign.
        needed title: Line<PHRASE>,
        /// Which entry of `adrt` it shows, counted from 1.
        maybe_copy adrt: Whole<1, 16>,
    }
}

/// SHA-256 of an attached file: 64 hexadecimal digits in a draft, 32 bytes in a signed payload.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// A digest that was computed elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&hex::encode(self.0))
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            let bytes = <serde_bytes::ByteArray<32> as Deserialize>::deserialize(deserializer)?;
            return Ok(Self(bytes.into_array()));
        }
        let text = String::deserialize(deserializer)?;
        let mut digest = [0; 32];
        match hex::decode_to_slice(&text, &mut digest) {
            Ok(()) if !text.bytes().any(|byte| byte.is_ascii_uppercase()) => Ok(Self(digest)),
            _ => Err(serde::de::Error::custom(
                "a digest is 64 lower-case hexadecimal digits",
            )),
        }
    }
}

impl Value for Digest {
    type Wire = Self;

    fn read(wire: Self, _: &mut Reader) -> Option<Self> {
        Some(wire)
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

coded! {
    /// The media types a plan may carry.
    MediaType {
        Pdf = "application/pdf", "PDF document";
        Png = "image/png", "PNG image";
        Jpeg = "image/jpeg", "JPEG image";
    }
}

coded! {
    /// What an attached file is.
    AttachmentRole {
        AdrtScan = "adrt_scan", "Scan of an advance decision";
        LpaScan = "lpa_scan", "Scan of a lasting power of attorney";
        HospitalPassport = "hospital_passport", "Hospital passport";
        AdvanceStatement = "advance_statement", "Advance statement";
        Other = "other", "Other document";
    }
}
