//! Signed notes and verifier keys (C2SP signed-note).
//!
//! A note is text, an empty line, and lines `— name base64(key id ‖ signature)`. Two signature types are known:
//! 0x01 Ed25519 for logs and 0x04 timestamped Ed25519 cosignatures for witnesses. Lines under unknown keys are
//! ignored, as the standard says.

use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::trust::{KeyError, PublicKey};

/// 64 KiB: a checkpoint with a hundred cosignatures needs a quarter of it.
const MAX_NOTE: usize = 64 << 10;
/// 100 signature lines; more is no note of ours.
const MAX_SIGNATURES: usize = 100;

/// What a key in a note signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// 0x01: Ed25519 over the text.
    Log,
    /// 0x04: timestamped cosignature (C2SP tlog-cosignature).
    Witness,
}

impl KeyType {
    const fn byte(self) -> u8 {
        match self {
            Self::Log => 1,
            Self::Witness => 4,
        }
    }
}

/// A note verifier key: `name+key id+base64(type ‖ key)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key_type: KeyType,
    key: PublicKey,
}

impl VerifierKey {
    /// Names a key.
    ///
    /// # Errors
    /// [`NoteError::Name`] when the name is empty or holds white space or `+`.
    pub fn new(name: &str, key_type: KeyType, key: PublicKey) -> Result<Self, NoteError> {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
            return Err(NoteError::Name);
        }
        Ok(Self {
            name: name.to_owned(),
            key_type,
            key,
        })
    }

    /// Parses the text form.
    ///
    /// # Errors
    /// [`NoteError`] with the broken rule.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        // The base64 part may itself hold '+', so the text is split at its first two.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(material)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::VerifierKey);
        };
        let material = STANDARD.decode(material).map_err(|_| NoteError::VerifierKey)?;
        let (first, key) = material.split_first().ok_or(NoteError::VerifierKey)?;
        let key_type = match first {
            1 => KeyType::Log,
            4 => KeyType::Witness,
            other => return Err(NoteError::KeyType { found: *other }),
        };
        let key = PublicKey::parse(key.try_into().map_err(|_| NoteError::VerifierKey)?)?;
        let parsed = Self::new(name, key_type, key)?;
        if hex::encode(parsed.id()) == id {
            Ok(parsed)
        } else {
            Err(NoteError::KeyId)
        }
    }

    /// The key's name; a log's origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the key signs.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The public key.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    /// `SHA-256(name ‖ "\n" ‖ type ‖ key)[:4]`.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update([b'\n', self.key_type.byte()])
            .chain_update(self.key.as_bytes())
            .finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut material = vec![self.key_type.byte()];
        material.extend_from_slice(self.key.as_bytes());
        write!(
            f,
            "{}+{}+{}",
            self.name,
            hex::encode(self.id()),
            STANDARD.encode(material)
        )
    }
}

/// A note whose lines were taken apart and whose signatures were not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub key_id: [u8; 4],
    /// What follows the id: 64 bytes for a log, 72 for a witness.
    pub bytes: Vec<u8>,
}

impl Note {
    /// Puts a note together; `text` ends with a line feed.
    #[must_use]
    pub fn new(text: String, signatures: Vec<NoteSignature>) -> Self {
        Self { text, signatures }
    }

    /// Takes a note apart.
    ///
    /// # Errors
    /// [`NoteError::Shape`] when it is none.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE || note.contains(|c: char| c != '\n' && c.is_control()) {
            return Err(NoteError::Shape);
        }
        let at = note.rfind("\n\n").ok_or(NoteError::Shape)?;
        let (text, lines) = (&note[..=at], &note[at + 2..]);
        Ok(Self {
            text: text.to_owned(),
            signatures: NoteSignature::parse_lines(lines)?,
        })
    }

    /// The text that is signed, with its final line feed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The one signature line under this key's name and id.
    ///
    /// # Errors
    /// [`NoteError::RepeatedKey`] when there are several: a log that signs twice is no log of ours.
    pub fn signature_of(&self, key: &VerifierKey) -> Result<Option<&NoteSignature>, NoteError> {
        let id = key.id();
        let mut lines = self
            .signatures
            .iter()
            .filter(|line| line.name == key.name && line.key_id == id);
        match (lines.next(), lines.next()) {
            (found, None) => Ok(found),
            _ => Err(NoteError::RepeatedKey {
                name: key.name.clone(),
            }),
        }
    }

    /// Adds a signature line, for example a witness's.
    pub fn push(&mut self, signature: NoteSignature) {
        self.signatures.push(signature);
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// One line, without its line feed.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut material = self.key_id.to_vec();
        material.extend_from_slice(&self.bytes);
        write!(f, "\u{2014} {} {}", self.name, STANDARD.encode(material))
    }
}

impl NoteSignature {
    /// Reads the lines below a note's empty line, each ended by a line feed.
    pub(crate) fn parse_lines(lines: &str) -> Result<Vec<Self>, NoteError> {
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Shape)?;
        let signatures: Vec<Self> = lines.split('\n').map(Self::parse).collect::<Result<_, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::Shape);
        }
        Ok(signatures)
    }

    fn parse(line: &str) -> Result<Self, NoteError> {
        let rest = line.strip_prefix("\u{2014} ").ok_or(NoteError::Shape)?;
        let (name, material) = rest.split_once(' ').ok_or(NoteError::Shape)?;
        let material = STANDARD.decode(material).map_err(|_| NoteError::Shape)?;
        let (key_id, bytes) = material.split_first_chunk::<4>().ok_or(NoteError::Shape)?;
        if name.is_empty() || bytes.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
            return Err(NoteError::Shape);
        }
        Ok(Self {
            name: name.to_owned(),
            key_id: *key_id,
            bytes: bytes.to_vec(),
        })
    }
}

/// Why a note or a verifier key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not text, empty line, signature lines.
    #[error("this is not a signed note")]
    Shape,
    /// Not `name+key id+base64`.
    #[error("a verifier key is written name+key id+base64")]
    VerifierKey,
    /// A signature type that this software does not know.
    #[error("a verifier key of type {found}; known are 1 (log) and 4 (witness)")]
    KeyType {
        /// The type byte.
        found: u8,
    },
    /// The id is not the digest of name and key.
    #[error("the key id does not belong to this name and key")]
    KeyId,
    /// A name that a note line cannot carry.
    #[error("a key name is not empty and holds no white space and no '+'")]
    Name,
    /// A key that breaks the strict rules.
    #[error("the key of a note is not acceptable")]
    Key(#[from] KeyError),
    /// The same key signed twice.
    #[error("{name} signed this note more than once")]
    RepeatedKey {
        /// The key's name.
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of C2SP signed-note.
    const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AW7b7KIJX9lE20CqpKqAYzWwRkVxbV8TNwaNVE13S9LG";

    #[test]
    fn verifier_keys_round_trip_and_are_checked() {
        let secret = ed25519_dalek::SigningKey::from_bytes(&[3; 32]);
        let key = PublicKey::parse(&secret.verifying_key().to_bytes()).expect("an honest key");
        let named = VerifierKey::new("example.com/log", KeyType::Log, key).expect("a name");
        assert_eq!(VerifierKey::parse(&named.to_string()), Ok(named.clone()));
        let other_name = named.to_string().replace("/log", "/lag");
        assert_eq!(VerifierKey::parse(&other_name), Err(NoteError::KeyId));
        for wrong in ["", "a+b", "a+00000000+", EXAMPLE_KEY] {
            assert!(VerifierKey::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn notes_are_taken_apart_exactly() {
        let note = "text\n\n\u{2014} a AAAAAAE=\n\u{2014} b AAAAAAE=\n";
        let parsed = Note::parse(note).expect("a note");
        assert_eq!(parsed.to_string(), note);
        assert_eq!(parsed.text(), "text\n");
        for wrong in [
            "text",
            "text\n\n",
            "text\n\n\u{2014} a AAAAAAE=",
            "text\n\n- a AAAAAAE=\n",
        ] {
            assert_eq!(Note::parse(wrong), Err(NoteError::Shape), "{wrong}");
        }
    }
}
