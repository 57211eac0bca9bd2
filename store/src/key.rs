//! Names of stored objects.
//!
//! A key is built from typed ids and numbers only, never from text that came from outside, so its characters
//! are lower-case letters, digits and `/ . _ -` by construction (SECURITY T14). The table of all keys is in
//! `STORAGE.md`.

use core::fmt;

use object_store::path::Path;
use planseal::id::{ObjectId, PlanId};

use crate::tile::TilePath;

/// The name of one object that is created once and never changed.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key(Path);

/// The name of an object that may be replaced, because it can be made again from the others.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MutableKey(Path);

/// A folder of keys, for the few places that list one.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Prefix(Path);

impl Key {
    /// What the store is, and in which format.
    pub(crate) fn format() -> Self {
        Self(Path::from("meta/format"))
    }

    /// Record `n` of a chain, from 1.
    pub(crate) fn chain_record(chain: &ChainId, n: u32) -> Self {
        Self(Path::from(format!("{chain}/{n:010}")))
    }

    /// A blob of a patient's record.
    pub(crate) fn blob(plan: PlanId, name: &[u8; 32]) -> Self {
        let plan = hex::encode(plan.as_bytes());
        Self(Path::from(format!(
            "b/{}/{plan}/{}",
            &plan[..2],
            hex::encode(name)
        )))
    }

    /// Claim `n` on a value of an index, from 1; `index_key` is the number of the key that made `name`.
    pub(crate) fn claim(index: Index, index_key: u32, name: &[u8; 32], n: u32) -> Self {
        let name = hex::encode(name);
        Self(Path::from(format!(
            "x/{index}/{index_key}/{}/{name}/{n:010}",
            &name[..2]
        )))
    }

    /// A segment of one writer's audit stream, from 1.
    pub(crate) fn segment(epoch: u64, sequence: u64) -> Self {
        Self(Path::from(format!("a/{epoch:012}/{sequence:012}")))
    }

    /// The registration of a writer.
    pub(crate) fn node(epoch: u64) -> Self {
        Self(Path::from(format!("n/{epoch:012}")))
    }

    /// Says that a writer's stream has ended, so that nobody needs to read it to know.
    pub(crate) fn ended(epoch: u64) -> Self {
        Self(Path::from(format!("n/{epoch:012}.ended")))
    }

    /// Log commit `n`, from 0.
    pub(crate) fn commit(n: u64) -> Self {
        Self(Path::from(format!("log/c/{n:012}")))
    }

    /// What a node handed over to the sequencing one, from 1.
    pub(crate) fn handover(node: &[u8; 16], n: u64) -> Self {
        Self(Path::from(format!("q/{}/{n:012}", hex::encode(node))))
    }

    /// Which node sequences the log, from 1; the last one counts.
    pub(crate) fn lease(n: u64) -> Self {
        Self(Path::from(format!("log/lease/{n:012}")))
    }

    /// A tile or entry bundle of the log.
    pub(crate) fn tile(path: &TilePath) -> Self {
        Self(Path::from(format!("log/{path}")))
    }

    /// Where a logged object lies and which leaf it has.
    pub(crate) fn logged(id: ObjectId) -> Self {
        let id = id.to_string();
        Self(Path::from(format!("log/idx/{}/{id}", &id[..2])))
    }

    /// The wrapped data key of a patient's record.
    pub(crate) fn wrapped_plan_key(plan: PlanId) -> Self {
        let plan = hex::encode(plan.as_bytes());
        Self(Path::from(format!("k/p/{}/{plan}", &plan[..2])))
    }

    /// The wrapped data key of everything that belongs to no patient's record.
    pub(crate) fn wrapped_store_key() -> Self {
        Self(Path::from("k/store"))
    }

    /// A name that the store listed and [`Name::of`] knows.
    pub(crate) fn listed(name: &str) -> Self {
        Self(Path::from(name))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether the object is part of what a court may ask for: no data key, which must stay destroyable, and nothing
    /// that follows from other objects.
    pub(crate) fn is_evidence(&self) -> bool {
        let name = self.0.as_ref();
        ["p/", "b/", "r/", "v/", "a/", "n/", "log/c/"]
            .iter()
            .any(|folder| name.starts_with(folder))
    }

    /// Whether the object follows from others.
    pub(crate) fn is_derived(&self) -> bool {
        let name = self.0.as_ref();
        name.starts_with("log/tile/") || name.starts_with("log/idx/")
    }

    /// A key outside the product's own names, for putting an engine to the rules.
    pub(crate) fn probe(round: u64, n: u64) -> Self {
        Self(Path::from(format!("probe/{round:020}/{n:010}")))
    }
}

impl MutableKey {
    /// The signed checkpoint, written after every commit it covers.
    pub(crate) fn checkpoint() -> Self {
        Self(Path::from("log/checkpoint"))
    }

    /// The newest checkpoint that enough witnesses cosigned.
    pub(crate) fn cosigned() -> Self {
        Self(Path::from("log/cosigned"))
    }

    /// A wrapped data key, or a derived name, that the store listed.
    pub(crate) fn listed(name: &str) -> Self {
        Self(Path::from(name))
    }

    /// The store's wrapped key.
    pub(crate) fn store_key() -> Self {
        Self(Key::wrapped_store_key().0)
    }

    /// A name that follows from commits and chains, for making it again when a crash left other bytes there.
    pub(crate) fn derived(key: &Key) -> Self {
        debug_assert!(key.is_derived());
        Self(key.0.clone())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The mutable name beside [`Key::probe`].
    pub(crate) fn probe(round: u64) -> Self {
        Self(Path::from(format!("probe/{round:020}/checkpoint")))
    }
}

impl Prefix {
    /// All records of one chain.
    pub(crate) fn chain(chain: &ChainId) -> Self {
        Self(Path::from(chain.to_string()))
    }

    /// All writers that ever registered: one key for each time the store was opened.
    pub(crate) fn nodes() -> Self {
        Self(Path::from("n"))
    }

    /// The segments of one writer.
    pub(crate) fn stream(epoch: u64) -> Self {
        Self(Path::from(format!("a/{epoch:012}")))
    }

    /// A folder of keys by its name, for copying a store in order.
    pub(crate) fn folder(name: &str) -> Self {
        Self(Path::from(name))
    }

    /// Every record of every plan. Nothing that answers a request lists this.
    pub(crate) fn every_plan() -> Self {
        Self(Path::from("p"))
    }

    /// The whole store.
    pub(crate) fn everything() -> Self {
        Self(Path::default())
    }

    /// All wrapped data keys.
    pub(crate) fn wrapped_keys() -> Self {
        Self(Path::from("k"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn probe(round: u64) -> Self {
        Self(Path::from(format!("probe/{round:020}")))
    }
}

/// What a listed name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Format,
    /// A record of this chain.
    ChainRecord(ChainId),
    /// A file of this record.
    Blob(PlanId),
    Claim,
    Audit,
    Commit,
    /// Of the nodes among themselves: batches handed over, leases.
    Among,
    Derived,
    /// `log/checkpoint`, `log/cosigned`.
    Checkpoint,
    WrappedKey,
    /// What a probe of the engine left.
    Probe,
}

impl Name {
    /// Reads a listed name; nothing when no object of a store has such a name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('/').collect();
        match parts.as_slice() {
            ["meta", "format"] => Some(Self::Format),
            ["log", "checkpoint" | "cosigned"] => Some(Self::Checkpoint),
            ["log", "c", number] if is_number(number, 12) => Some(Self::Commit),
            ["log", "lease", number] | ["q", _, number] if is_number(number, 12) => Some(Self::Among),
            ["log", "idx", _, id] => ObjectId::parse(id).ok().map(|_| Self::Derived),
            ["log", "tile", ..] => TilePath::parse(name.strip_prefix("log/")?).map(|_| Self::Derived),
            ["k", "store"] => Some(Self::WrappedKey),
            ["k", "p", _, plan] => parse_plan(plan).map(|_| Self::WrappedKey),
            ["b", _, plan, hmac] if is_hex(hmac) => parse_plan(plan).map(Self::Blob),
            ["x", "nhs" | "ndp", _, _, hmac, number] if is_hex(hmac) && is_number(number, 10) => {
                Some(Self::Claim)
            }
            ["n", number] => {
                is_number(number.strip_suffix(".ended").unwrap_or(number), 12).then_some(Self::Audit)
            }
            ["a", epoch, number] if is_number(epoch, 12) && is_number(number, 12) => Some(Self::Audit),
            ["probe", ..] => Some(Self::Probe),
            [.., number] if is_number(number, 10) => {
                let chain = name.strip_suffix(number)?.strip_suffix('/')?;
                ChainId::parse(chain).map(Self::ChainRecord)
            }
            _ => None,
        }
    }
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn parse_plan(text: &str) -> Option<PlanId> {
    let mut bytes = [0; 16];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(PlanId::from_bytes(bytes))
}

/// Which chain of records an object belongs to: one for each patient's record, one for each other subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ChainId {
    /// Every statement about a patient's record.
    Plan(PlanId),
    /// A certificate, by its own id.
    Certificate(ObjectId),
    /// The revocations of a certificate.
    Revocations(ObjectId),
    /// Statements of one kind about no single record, by the certificate that signs them.
    Register(Register, ObjectId),
}

/// The kinds of statement that are kept in one chain for each signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Register {
    Snapshots,
    StaffLists,
    Rehashes,
}

impl Register {
    const ALL: [Self; 3] = [Self::Snapshots, Self::StaffLists, Self::Rehashes];

    const fn word(self) -> &'static str {
        match self {
            Self::Snapshots => "snapshot",
            Self::StaffLists => "staff",
            Self::Rehashes => "rehash",
        }
    }
}

impl ChainId {
    /// Reads the text form back, as kept in audit intents.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let chain = match parts.as_slice() {
            ["p", _, plan] => Self::Plan(parse_plan(plan)?),
            ["r", "cert", id] => Self::Certificate(ObjectId::parse(id).ok()?),
            ["v", id] => Self::Revocations(ObjectId::parse(id).ok()?),
            ["r", word, id] => {
                let register = Register::ALL
                    .into_iter()
                    .find(|register| register.word() == *word)?;
                Self::Register(register, ObjectId::parse(id).ok()?)
            }
            _ => return None,
        };
        (chain.to_string() == text).then_some(chain)
    }
}

/// The folder of the chain.
impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(plan) => {
                let plan = hex::encode(plan.as_bytes());
                write!(f, "p/{}/{plan}", &plan[..2])
            }
            Self::Certificate(id) => write!(f, "r/cert/{id}"),
            Self::Revocations(id) => write!(f, "v/{id}"),
            Self::Register(register, id) => write!(f, "r/{}/{id}", register.word()),
        }
    }
}

/// The indexes by which a record is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Index {
    /// By NHS number.
    Nhs,
    /// By name, date of birth and postcode.
    Person,
}

impl Index {
    /// As records name it.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Nhs => 1,
            Self::Person => 2,
        }
    }

    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Nhs),
            2 => Some(Self::Person),
            _ => None,
        }
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nhs => "nhs",
            Self::Person => "ndp",
        })
    }
}

/// Keys hold ids and keyed hashes only, so errors and logs may name them.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for MutableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref())
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chains() -> [ChainId; 5] {
        let id = ObjectId::from_bytes([0xcd; 32]);
        [
            ChainId::Plan(PlanId::from_bytes([0xab; 16])),
            ChainId::Certificate(id),
            ChainId::Revocations(id),
            ChainId::Register(Register::Snapshots, id),
            ChainId::Register(Register::StaffLists, id),
        ]
    }

    #[test]
    fn every_key_keeps_to_the_character_set() {
        let plan = PlanId::from_bytes([0xfe; 16]);
        let mut keys = vec![
            Key::format(),
            Key::blob(plan, &[0x0f; 32]),
            Key::claim(Index::Nhs, 1, &[0xa0; 32], 3),
            Key::segment(1, 2),
            Key::node(7),
            Key::commit(12),
            Key::logged(ObjectId::from_bytes([0x5e; 32])),
            Key::wrapped_plan_key(plan),
            Key::wrapped_store_key(),
        ];
        keys.extend(chains().iter().map(|chain| Key::chain_record(chain, 9)));
        for key in keys {
            let text = key.to_string();
            let legal =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"/._-".contains(&byte);
            assert!(text.bytes().all(legal), "{text}");
            assert!(!text.contains(".."), "{text}");
        }
    }

    #[test]
    fn every_name_is_known_again_and_no_other() {
        let plan = PlanId::from_bytes([0xfe; 16]);
        let id = ObjectId::from_bytes([0x5e; 32]);
        let tile = TilePath::parse("tile/0/001").expect("a tile");
        for (key, expected) in [
            (Key::format(), Name::Format),
            (Key::blob(plan, &[0x0f; 32]), Name::Blob(plan)),
            (Key::claim(Index::Person, 1, &[0xa0; 32], 3), Name::Claim),
            (Key::segment(1, 2), Name::Audit),
            (Key::node(7), Name::Audit),
            (Key::ended(7), Name::Audit),
            (Key::commit(12), Name::Commit),
            (Key::handover(&[3; 16], 4), Name::Among),
            (Key::lease(4), Name::Among),
            (Key::logged(id), Name::Derived),
            (Key::tile(&tile), Name::Derived),
            (Key::wrapped_plan_key(plan), Name::WrappedKey),
            (Key::wrapped_store_key(), Name::WrappedKey),
        ] {
            assert_eq!(Name::of(&key.to_string()), Some(expected));
        }
        for chain in chains() {
            let key = Key::chain_record(&chain, 9);
            assert_eq!(Name::of(&key.to_string()), Some(Name::ChainRecord(chain)));
        }
        for stray in [
            "",
            "p",
            "notes.txt",
            "p/fe/fe/0000000001",
            "log/c/1",
            "log/other",
            "k/p/fe/x",
            "n/1",
        ] {
            assert_eq!(Name::of(stray), None, "{stray}");
        }
    }

    #[test]
    fn chains_are_read_back_from_their_folder_and_nothing_else_is() {
        for chain in chains() {
            assert_eq!(ChainId::parse(&chain.to_string()), Some(chain));
        }
        let id = ObjectId::from_bytes([0xcd; 32]);
        for wrong in [
            "p/00/abababababababababababababababab".to_owned(),
            "p/ab/ABABABABABABABABABABABABABABABAB".to_owned(),
            format!("r/other/{id}"),
            format!("v/{id}/"),
            "../etc/passwd".to_owned(),
            String::new(),
        ] {
            assert_eq!(ChainId::parse(&wrong), None, "{wrong}");
        }
    }
}
