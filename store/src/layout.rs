//! The byte layout of the store's own records.
//!
//! Fields in a fixed order, integers big-endian, byte strings preceded by their length in four bytes, an
//! optional field preceded by 0 or 1. Each record begins with its format number. Readers take every length from
//! the bytes that are there, and refuse what is left over; `STORAGE.md` lists the fields of each record.

/// Writes fields in order.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new(format: u8) -> Self {
        Self(vec![format])
    }

    pub(crate) fn byte(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(crate) fn number32(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(crate) fn number(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// Bytes whose count the format fixes.
    pub(crate) fn fixed(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Bytes of any count below 4 GiB; every writer is far below, by the limits of what it stores.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        self.count(bytes.len()).fixed(bytes)
    }

    /// How many of something follow.
    pub(crate) fn count(self, count: usize) -> Self {
        let count = u32::try_from(count).expect("limits keep every record below 4 GiB");
        self.number32(count)
    }

    pub(crate) fn option<T>(self, value: Option<T>, write: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            None => self.byte(0),
            Some(value) => write(self.byte(1), value),
        }
    }

    pub(crate) fn each<T>(self, values: &[T], write: impl Fn(Self, &T) -> Self) -> Self {
        values.iter().fold(self.count(values.len()), write)
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads fields in order.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// The bytes do not have the layout they should have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LayoutError {
    #[error("format {found} is not format {known}: this store was written by another release")]
    Format { found: u8, known: u8 },
    #[error("the record ends in the middle of its {field}")]
    Short { field: &'static str },
    #[error("the record has {count} bytes after its end")]
    Trailing { count: usize },
    #[error("the record's {field} holds a value that means nothing")]
    Meaningless { field: &'static str },
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], format: u8) -> Result<Self, LayoutError> {
        let mut reader = Self { rest: bytes };
        match reader.byte("format")? {
            found if found == format => Ok(reader),
            found => Err(LayoutError::Format { found, known: format }),
        }
    }

    pub(crate) fn fixed<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], LayoutError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(LayoutError::Short { field })?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn byte(&mut self, field: &'static str) -> Result<u8, LayoutError> {
        Ok(self.fixed::<1>(field)?[0])
    }

    pub(crate) fn number32(&mut self, field: &'static str) -> Result<u32, LayoutError> {
        Ok(u32::from_be_bytes(self.fixed(field)?))
    }

    pub(crate) fn number(&mut self, field: &'static str) -> Result<u64, LayoutError> {
        Ok(u64::from_be_bytes(self.fixed(field)?))
    }

    pub(crate) fn bytes(&mut self, field: &'static str) -> Result<&'a [u8], LayoutError> {
        let count = self.number32(field)?;
        let count = usize::try_from(count).map_err(|_| LayoutError::Short { field })?;
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(LayoutError::Short { field })?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn text(&mut self, field: &'static str) -> Result<&'a str, LayoutError> {
        core::str::from_utf8(self.bytes(field)?).map_err(|_| LayoutError::Meaningless { field })
    }

    pub(crate) fn option<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, LayoutError>,
    ) -> Result<Option<T>, LayoutError> {
        match self.byte(field)? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(LayoutError::Meaningless { field }),
        }
    }

    /// Nothing is set aside before it is read, so a wrong count costs nothing.
    pub(crate) fn each<T>(
        &mut self,
        field: &'static str,
        read: impl Fn(&mut Self) -> Result<T, LayoutError>,
    ) -> Result<Vec<T>, LayoutError> {
        let count = self.number32(field)?;
        (0..count).map(|_| read(self)).collect()
    }

    pub(crate) fn end(self) -> Result<(), LayoutError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(LayoutError::Trailing { count }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(Option<u64>, Vec<Vec<u8>>), LayoutError> {
        let mut reader = Reader::new(bytes, 1)?;
        let number = reader.option("number", |reader| reader.number("number"))?;
        let list = reader.each("list", |reader| reader.bytes("item").map(<[u8]>::to_vec))?;
        reader.end()?;
        Ok((number, list))
    }

    #[test]
    fn what_is_written_is_read_and_every_truncation_is_refused() {
        let list = vec![b"one".to_vec(), Vec::new()];
        let bytes = Writer::new(1)
            .option(Some(7), Writer::number)
            .each(&list, |writer, item| writer.bytes(item))
            .finish();
        assert_eq!(read(&bytes), Ok((Some(7), list)));
        for end in 0..bytes.len() {
            assert!(
                matches!(read(&bytes[..end]), Err(LayoutError::Short { .. })),
                "{end}"
            );
        }
        let longer = [bytes.as_slice(), b"x"].concat();
        assert_eq!(read(&longer), Err(LayoutError::Trailing { count: 1 }));
        assert_eq!(read(&[2]), Err(LayoutError::Format { found: 2, known: 1 }));
        assert_eq!(read(&[1, 2]), Err(LayoutError::Meaningless { field: "number" }));
        assert_eq!(
            read(&[1, 0, 0xff, 0xff, 0xff, 0xff]),
            Err(LayoutError::Short { field: "item" })
        );
    }
}
