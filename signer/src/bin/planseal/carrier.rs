//! What a file is, by its first bytes: a PDF, a bundle, an envelope, or the text of a printed code (FORMAT §6, §7).

use planseal::bundle::{self, Bundle, BundleError};
use planseal::check::Verdict;
use planseal::code::{OfflineCode, Pointer};
use planseal::envelope::SignedObject;
use planseal::plan::PlanVersion;
use planseal::statement::Statement as _;
use planseal_render::{carried, picture};

/// A file that may carry a plan.
pub(crate) enum Carrier {
    Pdf(Box<Bundle>),
    Bundle(Box<Bundle>),
    Envelope(Box<SignedObject>),
    Code(Box<OfflineCode>),
}

impl Carrier {
    /// Recognises a file. What cannot be read says nothing about the plan, and that is the verdict.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, Box<Verdict>> {
        let carrier = match bytes {
            [] => return Err(unreadable("the file is empty")),
            _ if picture::is_picture(bytes) => photographed(bytes),
            _ if carried::is_pdf(bytes) => return opened(carried::bundle(bytes), Self::Pdf),
            [0x84, ..] => SignedObject::parse(bytes)
                .map(|object| Self::Envelope(Box::new(object)))
                .map_err(|_| "the envelope is damaged or cut short".to_owned()),
            _ if bytes.starts_with(bundle::MAGIC) => return opened(Bundle::decode(bytes), Self::Bundle),
            _ => code(bytes),
        };
        carrier.map_err(|reason| unreadable(&reason))
    }

    /// The version's envelope, where the file carries one.
    pub(crate) fn version(&self) -> Option<&SignedObject> {
        match self {
            Self::Pdf(bundle) | Self::Bundle(bundle) => Some(&bundle.version),
            Self::Envelope(object) => Some(object),
            Self::Code(_) => None,
        }
    }

    /// Which version this says it is, for asking a service about it. Not verified.
    pub(crate) fn pointer(&self) -> Option<Pointer> {
        let (plan, number, version) = match self {
            Self::Code(code) => {
                let card = code.peek_unverified().ok()?;
                (card.plan(), card.version_number(), card.version())
            }
            _ => {
                let object = self.version()?;
                let version = PlanVersion::from_payload(object.peek_unverified().1).ok()?;
                (version.plan(), version.version_number(), object.id().prefix())
            }
        };
        Some(Pointer {
            plan,
            version_number: u16::try_from(number).ok()?,
            version,
        })
    }
}

/// The code with content, if the picture shows it whole; the pointer alone holds no plan.
fn photographed(bytes: &[u8]) -> Result<Carrier, String> {
    match picture::code(bytes).map_err(|fault| fault.to_string())? {
        Some(text) => code(text.as_bytes()),
        None => Err("no code can be read in this picture: hold the camera straight above the larger code, in even light".into()),
    }
}

fn code(bytes: &[u8]) -> Result<Carrier, String> {
    let text = core::str::from_utf8(bytes)
        .map_err(|_| "this is no PDF, bundle, envelope or text of a code".to_owned())?;
    let text = text.trim();
    let digits = text.rsplit_once('#').map_or(text, |(_, digits)| digits);
    if Pointer::parse(digits).is_ok() {
        return Err(
            "this code names a plan and carries none of it; scan the larger code beside it, or give the file"
                .into(),
        );
    }
    if !text.starts_with("PS1:") {
        return Err("this text is not a planseal code".into());
    }
    OfflineCode::parse(text)
        .map(|code| Carrier::Code(Box::new(code)))
        .map_err(|_| "the code was read only in part; scan it again".into())
}

fn opened(
    found: Result<Bundle, BundleError>,
    carrier: fn(Box<Bundle>) -> Carrier,
) -> Result<Carrier, Box<Verdict>> {
    match found {
        Ok(bundle) => Ok(carrier(Box::new(bundle))),
        Err(fault) => Err(Box::new(Verdict::of_unopened(&fault))),
    }
}

fn unreadable(reason: &str) -> Box<Verdict> {
    Box::new(Verdict::cannot_read(reason.to_owned()))
}
