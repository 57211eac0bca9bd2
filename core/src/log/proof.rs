//! Proofs of logging in text (C2SP tlog-proof): index, audit path and checkpoint in one file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::log::tree::Hash;

/// The first line of every proof.
const MAGIC: &str = "c2sp.org/tlog-proof@v1";
/// 64 hashes: a tree of 2⁶⁴ leaves has no longer path.
const MAX_PATH: usize = 64;

/// An audit path with the checkpoint it leads to. Nothing is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// Leaf index.
    pub index: u64,
    /// Audit path, from the leaf's sibling up.
    pub path: Vec<Hash>,
    /// The checkpoint, a signed note.
    pub checkpoint: String,
}

impl LogProof {
    /// Reads the text. Extra data is not accepted: it would be unauthenticated.
    ///
    /// # Errors
    /// [`ProofError`] when the text is no such proof.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ProofError)?;
        let mut lines = head.split('\n');
        if lines.next() != Some(MAGIC) {
            return Err(ProofError);
        }
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .ok_or(ProofError)?;
        let path = lines
            .map(Hash::from_base64)
            .collect::<Option<Vec<Hash>>>()
            .ok_or(ProofError)?;
        let proof = Self {
            index: index.parse().map_err(|_| ProofError)?,
            path,
            checkpoint: checkpoint.into(),
        };
        if proof.path.len() <= MAX_PATH && proof.to_string() == text {
            Ok(proof)
        } else {
            Err(ProofError)
        }
    }
}

impl core::fmt::Display for LogProof {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{MAGIC}\nindex {}\n", self.index)?;
        self.path
            .iter()
            .try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash.as_bytes())))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Not a proof in the text form of C2SP tlog-proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a log proof in the form c2sp.org/tlog-proof@v1")]
pub struct ProofError;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tree::leaf_hash;

    #[test]
    fn the_text_round_trips_and_nothing_else_parses() {
        let path = vec![leaf_hash(b"a"), leaf_hash(b"b")];
        let proof = LogProof {
            index: 5,
            path,
            checkpoint: "log\n9\nroot\n\n\u{2014} log AAAA\n".into(),
        };
        let text = proof.to_string();
        assert_eq!(LogProof::parse(&text), Ok(proof));
        for wrong in [
            text.replace("@v1", "@v2"),
            text.replace("index 5", "index 05"),
            text.replace("index 5", "extra AAAA\nindex 5"),
            text.replacen('\n', "\r\n", 1),
            String::new(),
        ] {
            assert_eq!(LogProof::parse(&wrong), Err(ProofError));
        }
    }
}
