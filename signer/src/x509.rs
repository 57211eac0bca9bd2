//! What every X.509 certificate of this crate begins with (RFC 5280): a name, a term, a serial number.

use core::time::Duration;

use planseal::time::Timestamp;
use planseal::trust::OrgCode;
use rcgen::{CertificateParams, DistinguishedName, DnType, SerialNumber, date_time_ymd};

use crate::random::{self, NoRandomness};

/// A certificate of this name for so many days from now, which may do nothing yet.
pub(crate) fn blank(
    name: &str,
    organisation: Option<&OrgCode>,
    at: Timestamp,
    days: i64,
) -> Result<CertificateParams, NoRandomness> {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished(name, organisation);
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(at.plus(-SKEW).seconds());
    params.not_after = epoch + Duration::from_secs(at.plus(days * 24 * 60 * 60).seconds());
    let mut serial = random::bytes::<16>()?;
    // RFC 5280 §4.1.2.2: a positive number.
    serial[0] &= 0x7f;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

pub(crate) fn distinguished(name: &str, organisation: Option<&OrgCode>) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    if let Some(code) = organisation {
        distinguished.push(DnType::OrganizationName, code.as_str());
    }
    distinguished
}

/// Clocks of others may be slow by an hour.
const SKEW: i64 = 60 * 60;
