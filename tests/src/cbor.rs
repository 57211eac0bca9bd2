//! CBOR written as told, right or wrong: for making what the product must refuse.
//!
//! The product's own encoder cannot write any of it. Reading knows only the profile of FORMAT §2.

/// A value as it will be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cbor {
    /// An unsigned integer, in its shortest form.
    Unsigned(u64),
    /// The negative integer −1 − *n*, in its shortest form.
    Negative(u64),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A text string.
    Text(String),
    /// An array.
    Array(Vec<Self>),
    /// A map, in the order given.
    Map(Vec<(Self, Self)>),
    /// Bytes written as they are.
    Raw(Vec<u8>),
}

impl Cbor {
    /// A text string.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// The bytes of this value.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Unsigned(number) => head(0, *number),
            Self::Negative(number) => head(1, *number),
            Self::Bytes(bytes) => [head(2, length(bytes.len())), bytes.clone()].concat(),
            Self::Text(text) => [head(3, length(text.len())), text.clone().into_bytes()].concat(),
            Self::Array(items) => {
                let items = items.iter().map(Self::encode);
                [vec![head(4, length(items.len()))], items.collect()]
                    .concat()
                    .concat()
            }
            Self::Map(entries) => {
                let pairs = entries
                    .iter()
                    .map(|(key, value)| [key.encode(), value.encode()].concat());
                [vec![head(5, length(pairs.len()))], pairs.collect()]
                    .concat()
                    .concat()
            }
            Self::Raw(bytes) => bytes.clone(),
        }
    }

    /// Reads bytes of the profile.
    ///
    /// # Panics
    /// When they are not: a mistake in the test.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        let (value, rest) = item(bytes);
        assert!(rest.is_empty(), "one item and nothing after it");
        value
    }

    /// The value under a key of a map.
    ///
    /// # Panics
    /// When this is no map or has no such key: a mistake in the test.
    pub fn at(&mut self, key: &Self) -> &mut Self {
        let Self::Map(entries) = self else {
            panic!("not a map");
        };
        let entry = entries.iter_mut().find(|(known, _)| known == key);
        &mut entry.expect("the map has this key").1
    }

    /// Puts a value under a key of a map, new or not, and sorts the map by its encoded keys.
    ///
    /// # Panics
    /// When this is no map: a mistake in the test.
    pub fn put(&mut self, key: &Self, value: Self) {
        self.remove(key);
        let Self::Map(entries) = self else {
            panic!("not a map");
        };
        entries.push((key.clone(), value));
        entries.sort_by_key(|(key, _)| key.encode());
    }

    /// Takes a key out of a map.
    ///
    /// # Panics
    /// When this is no map: a mistake in the test.
    pub fn remove(&mut self, key: &Self) {
        let Self::Map(entries) = self else {
            panic!("not a map");
        };
        entries.retain(|(known, _)| known != key);
    }
}

/// A head in its shortest form.
#[must_use]
pub fn head(major: u8, argument: u64) -> Vec<u8> {
    let bytes = argument.to_be_bytes();
    let (short, skip) = match argument {
        0..=23 => (bytes[7], 8),
        24..=0xff => (24, 7),
        0x100..=0xffff => (25, 6),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 0),
    };
    [&[(major << 5) | short], &bytes[skip..]].concat()
}

fn length(length: usize) -> u64 {
    u64::try_from(length).expect("a length in memory fits 64 bit")
}

fn item(bytes: &[u8]) -> (Cbor, &[u8]) {
    let (major, argument, rest) = read_head(bytes);
    let count = usize::try_from(argument).unwrap_or(usize::MAX);
    match major {
        0 => (Cbor::Unsigned(argument), rest),
        1 => (Cbor::Negative(argument), rest),
        2 => (Cbor::Bytes(rest[..count].to_vec()), &rest[count..]),
        3 => {
            let text = core::str::from_utf8(&rest[..count]).expect("text is UTF-8");
            (Cbor::text(text), &rest[count..])
        }
        4 => {
            let (items, rest) = items(rest, count);
            (Cbor::Array(items), rest)
        }
        5 => {
            let (items, rest) = items(rest, count * 2);
            let pairs = items
                .chunks_exact(2)
                .map(|pair| (pair[0].clone(), pair[1].clone()));
            (Cbor::Map(pairs.collect()), rest)
        }
        _ => (Cbor::Raw(bytes[..1].to_vec()), rest),
    }
}

fn items(bytes: &[u8], count: usize) -> (Vec<Cbor>, &[u8]) {
    let (mut found, mut rest) = (Vec::new(), bytes);
    for _ in 0..count {
        let (value, after) = item(rest);
        found.push(value);
        rest = after;
    }
    (found, rest)
}

fn read_head(bytes: &[u8]) -> (u8, u64, &[u8]) {
    let (major, short) = (bytes[0] >> 5, bytes[0] & 0x1f);
    let width = match short {
        24..=27 => 1 << (short - 24),
        _ => 0,
    };
    let argument = match width {
        0 => u64::from(short),
        _ => bytes[1..=width]
            .iter()
            .fold(0, |value, byte| (value << 8) | u64::from(*byte)),
    };
    (major, argument, &bytes[1 + width..])
}
