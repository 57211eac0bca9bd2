//! Private keys and the planseal hand tool.
//!
//! Private keys are opened here and nowhere else: an encrypted file ([`key_file`]), the way a candidate proves
//! that they hold one ([`enrolment`]), the organisation's own machine that certifies it ([`authority`]), and the
//! X.509 keys of the connections between systems ([`tls`]) and of the seal around PDFs ([`seal`]). What is signed, and how it is judged, is the work of the
//! `planseal` crate.

pub mod key_file;
pub mod enrolment;
pub mod authority;
mod x509;
pub mod tls;
pub mod seal;

pub mod output;
pub mod random;
