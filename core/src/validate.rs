//! What must hold before a plan can be signed: findings, rule ids.

/// One thing to put right before a plan can be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The field, such as `recommendations.cpr.reasons.1`; list entries count from 1.
    pub field: String,
    /// The rule's stable id within the rule set.
    pub rule: &'static str,
    /// What to do. It never repeats what was typed in.
    pub message: String,
}

/// Stable rule ids of the rule set `EW-PLAN-2026-11`.
pub(crate) mod rule {
    pub(crate) const NEEDED: &str = "V01";
    pub(crate) const CODED: &str = "V02";
    pub(crate) const TEXT: &str = "V03";
    pub(crate) const LENGTH: &str = "V04";
    pub(crate) const DATE: &str = "V05";
    pub(crate) const NHS_NUMBER: &str = "V06";
    pub(crate) const REGISTRATION: &str = "V07";
    pub(crate) const ORGANISATION: &str = "V08";
    pub(crate) const PHONE: &str = "V09";
    pub(crate) const CARD_LINE: &str = "V10";
    pub(crate) const ADRT_FORMALITIES: &str = "V11";
}
