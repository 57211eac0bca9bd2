//! Witness policies (C2SP tlog-policy).
//!
//! A policy names witnesses, groups and a quorum. Only the quorum judges a checkpoint; what one cosignature says is
//! [`cosign`](super::cosign)'s work, asking witnesses for them the server's.

use std::collections::{BTreeMap, BTreeSet};

use crate::log::cosign::cosigned_at;
use crate::log::note::{KeyType, Note, NoteError, VerifierKey};

/// Which witnesses must have cosigned a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessPolicy {
    logs: Vec<VerifierKey>,
    members: BTreeMap<String, Member>,
    quorum: Option<String>,
}

/// 256 witnesses and groups, eight times what the standard recommends; also a bound on how deep groups can nest.
const MAX_MEMBERS: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Member {
    Witness(VerifierKey),
    Group { threshold: usize, names: Vec<String> },
}

impl WitnessPolicy {
    /// Parses the text form: lines `log`, `witness`, `group`, `quorum`, comments and empty lines.
    ///
    /// # Errors
    /// [`WitnessError`] with the line.
    pub fn parse(text: &str) -> Result<Self, WitnessError> {
        let mut policy = Parser::default();
        for (number, line) in (1..).zip(text.split('\n')) {
            if policy.members.len() > MAX_MEMBERS {
                return Err(WitnessError::Line { number });
            }
            let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            let known = match *words.as_slice() {
                [] => Some(()),
                [first, ..] if first.starts_with('#') => Some(()),
                ["log", key] | ["log", key, _] => policy.log(key),
                ["witness", name, key] | ["witness", name, key, _] => policy.witness(name, key),
                ["group", name, threshold, ref names @ ..] => policy.group(name, threshold, names),
                ["quorum", name] => policy.quorum(name),
                _ => None,
            };
            known.ok_or(WitnessError::Line { number })?;
        }
        match policy.quorum {
            Some(quorum) => Ok(Self {
                logs: policy.logs,
                members: policy.members,
                quorum,
            }),
            None => Err(WitnessError::NoQuorum),
        }
    }

    /// The logs that the policy is for, as far as it names them.
    #[must_use]
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// The witnesses it names, by their keys.
    pub fn witnesses(&self) -> impl Iterator<Item = &VerifierKey> {
        self.members.values().filter_map(|member| match member {
            Member::Witness(key) => Some(key),
            Member::Group { .. } => None,
        })
    }

    /// Whether a checkpoint counts without any witness; such a policy is allowed, and said on screen.
    #[must_use]
    pub const fn asks_for_none(&self) -> bool {
        self.quorum.is_none()
    }

    /// Checks that enough witnesses cosigned a note.
    ///
    /// # Errors
    /// [`WitnessError::Quorum`] when they did not.
    pub fn check(&self, note: &Note) -> Result<(), WitnessError> {
        match &self.quorum {
            None => Ok(()),
            Some(quorum) if self.witnessed(quorum, note)? => Ok(()),
            Some(quorum) => Err(WitnessError::Quorum {
                quorum: quorum.clone(),
            }),
        }
    }

    fn witnessed(&self, name: &str, note: &Note) -> Result<bool, WitnessError> {
        match &self.members[name] {
            Member::Witness(key) => Ok(note
                .signature_of(key)?
                .is_some_and(|line| cosigned_at(key, note, line).is_some())),
            Member::Group { threshold, names } => {
                let mut count = 0;
                for name in names {
                    count += usize::from(self.witnessed(name, note)?);
                }
                Ok(count >= *threshold)
            }
        }
    }
}

#[derive(Default)]
struct Parser {
    logs: Vec<VerifierKey>,
    members: BTreeMap<String, Member>,
    keys: BTreeSet<[u8; 32]>,
    used: BTreeSet<String>,
    quorum: Option<Option<String>>,
}

/// `None` means that the line breaks a rule of tlog-policy.
impl Parser {
    fn log(&mut self, key: &str) -> Option<()> {
        let key = VerifierKey::parse(key)
            .ok()
            .filter(|key| key.key_type() == KeyType::Log)?;
        let new = !self.logs.contains(&key) && self.logs.len() < MAX_MEMBERS;
        self.logs.push(key);
        new.then_some(())
    }

    fn witness(&mut self, name: &str, key: &str) -> Option<()> {
        let key = VerifierKey::parse(key)
            .ok()
            .filter(|key| key.key_type() == KeyType::Witness)?;
        let new_key = self.keys.insert(*key.key().as_bytes());
        self.define(name, Member::Witness(key)).filter(|()| new_key)
    }

    fn group(&mut self, name: &str, threshold: &str, names: &[&str]) -> Option<()> {
        let threshold = match threshold {
            "any" => 1,
            "all" => names.len(),
            number if number.bytes().all(|digit| digit.is_ascii_digit()) => number.parse().ok()?,
            _ => return None,
        };
        let each_once = names
            .iter()
            .all(|name| self.members.contains_key(*name) && self.used.insert((*name).to_owned()));
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        if !each_once || threshold == 0 || threshold > names.len() {
            return None;
        }
        self.define(name, Member::Group { threshold, names })
    }

    fn quorum(&mut self, name: &str) -> Option<()> {
        let quorum = match name {
            "none" => None,
            name if self.members.contains_key(name) => Some(name.to_owned()),
            _ => return None,
        };
        self.quorum.replace(quorum).is_none().then_some(())
    }

    fn define(&mut self, name: &str, member: Member) -> Option<()> {
        (name != "none" && self.members.insert(name.to_owned(), member).is_none()).then_some(())
    }
}

/// Why a witness policy cannot be used, or is not satisfied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// A line that is none of the four kinds, repeats a name or key, or uses a name not yet defined.
    #[error("line {number} of the witness policy is not understood")]
    Line {
        /// Counted from one.
        number: usize,
    },
    /// No quorum line.
    #[error("the witness policy has no quorum line; write 'quorum none' to ask for no witness")]
    NoQuorum,
    /// A note that repeats a key.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Too few cosignatures.
    #[error("the quorum {quorum} is not reached")]
    Quorum {
        /// The quorum's name.
        quorum: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::note::NoteSignature;
    use crate::trust::PublicKey;
    use ed25519_dalek::{Signer, SigningKey};

    fn witness(seed: u8) -> (SigningKey, VerifierKey) {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let key = PublicKey::parse(&secret.verifying_key().to_bytes()).expect("an honest key");
        let named = VerifierKey::new(&format!("w{seed}.example"), KeyType::Witness, key).expect("a name");
        (secret, named)
    }

    fn cosign(note: &mut Note, (secret, key): &(SigningKey, VerifierKey)) {
        let message = format!("cosignature/v1\ntime 7\n{}", note.text());
        let mut bytes = 7_u64.to_be_bytes().to_vec();
        bytes.extend_from_slice(&secret.sign(message.as_bytes()).to_bytes());
        note.push(NoteSignature {
            name: key.name().into(),
            key_id: key.id(),
            bytes,
        });
    }

    #[test]
    fn a_quorum_counts_each_witness_once() {
        let witnesses: Vec<_> = (1..=3).map(witness).collect();
        let lines: String = witnesses
            .iter()
            .map(|(_, key)| format!("witness {} {key}\n", key.name()))
            .collect();
        let text = format!("{lines}group g 2 w1.example w2.example w3.example\nquorum g\n");
        let policy = WitnessPolicy::parse(&text).expect("a policy");
        let mut note = Note::new("log.example\n1\nAAAA\n".into(), Vec::new());
        assert!(policy.check(&note).is_err());
        cosign(&mut note, &witnesses[0]);
        assert!(matches!(policy.check(&note), Err(WitnessError::Quorum { .. })));
        let mut twice = note.clone();
        cosign(&mut twice, &witnesses[0]);
        assert!(matches!(policy.check(&twice), Err(WitnessError::Note(_))));
        cosign(&mut note, &witnesses[2]);
        assert_eq!(policy.check(&note), Ok(()));
    }

    #[test]
    fn broken_policies_are_refused_with_their_line() {
        let (secret, key) = witness(1);
        let log = PublicKey::parse(&secret.verifying_key().to_bytes()).expect("an honest key");
        let log = VerifierKey::new("log.example", KeyType::Log, log).expect("a name");
        assert_eq!(WitnessPolicy::parse(""), Err(WitnessError::NoQuorum));
        assert!(
            WitnessPolicy::parse("quorum none")
                .expect("a policy")
                .asks_for_none()
        );
        let cases = [
            ("quorum nobody".to_owned(), 1),
            ("quorum none\nquorum none".to_owned(), 2),
            (format!("witness a {key}\nwitness b {key}\nquorum a"), 2),
            (format!("witness a {key}\ngroup g 2 a\nquorum g"), 2),
            (format!("witness none {key}"), 1),
            ("group g any x".to_owned(), 1),
            ("quorum none\r\n".to_owned(), 1),
            (format!("witness a {key}\ngroup g +1 a\nquorum g"), 2),
            (format!("log {log}\nlog {log}\nquorum none"), 2),
        ];
        for (text, number) in cases {
            assert_eq!(
                WitnessPolicy::parse(&text),
                Err(WitnessError::Line { number }),
                "{text}"
            );
        }
    }
}
