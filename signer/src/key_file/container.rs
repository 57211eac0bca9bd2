//! The encrypted container of every private key that lies in a file, whatever its kind (RFC 5958, RFC 8018).

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use pkcs8::der::pem::{LineEnding, PemLabel as _};
use pkcs8::pkcs5::pbes2::{EncryptionScheme as Cipher, Kdf, Parameters, ScryptParams};
use pkcs8::pkcs5::{EncryptionScheme, scrypt};
use pkcs8::{EncryptedPrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

use super::{OpenKeyError, Passphrase, SaveKeyError};
use crate::output::{self, Access, Existing};
use crate::random;

/// Encrypts a PKCS#8 document into a file for its owner alone. An existing file is never touched.
///
/// # Errors
/// [`SaveKeyError`].
pub(crate) fn save(
    plain: &SecretDocument,
    path: &Path,
    passphrase: &Passphrase,
    cost: Cost,
) -> Result<(), SaveKeyError> {
    let scheme = cost.scheme(&random::bytes()?, random::bytes()?);
    let encrypted = scheme
        .encrypt(&passphrase.0, plain.as_bytes())
        .map_err(pkcs8::Error::from)?;
    let info = EncryptedPrivateKeyInfoRef {
        encryption_algorithm: EncryptionScheme::from(scheme),
        encrypted_data: pkcs8::der::asn1::OctetStringRef::new(&encrypted).map_err(pkcs8::Error::from)?,
    };
    let pem = SecretDocument::try_from(info)?
        .to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF)
        .map_err(pkcs8::Error::from)?;
    output::write(path, pem.as_bytes(), Access::Owner, Existing::Keep)?;
    Ok(())
}

/// The PKCS#8 document in such a file.
///
/// # Errors
/// [`OpenKeyError`]; none of them tells anything about the secret.
pub(crate) fn open(path: &Path, passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, OpenKeyError> {
    let not_a_key = || OpenKeyError::NotAKey {
        path: path.to_owned(),
    };
    let pem = read_private(path)?;
    let (label, document) = SecretDocument::from_pem(&pem).map_err(|_| not_a_key())?;
    match label {
        "PRIVATE KEY" => {
            return Err(OpenKeyError::NotEncrypted {
                path: path.to_owned(),
            });
        }
        EncryptedPrivateKeyInfoRef::PEM_LABEL => {}
        _ => return Err(not_a_key()),
    }
    let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| not_a_key())?;
    let scheme = accepted(&info.encryption_algorithm).ok_or_else(|| OpenKeyError::OtherEncryption {
        path: path.to_owned(),
    })?;
    let plain = scheme.decrypt(&passphrase.0, info.encrypted_data.as_bytes());
    let plain = plain.map_err(|_| OpenKeyError::WrongPassphrase {
        path: path.to_owned(),
    })?;
    Ok(Zeroizing::new(plain))
}

/// Reads a file that its owner alone may read. The permissions are those of the opened file, not of its name.
fn read_private(path: &Path) -> Result<Zeroizing<String>, OpenKeyError> {
    let failed = |cause| OpenKeyError::Read {
        path: path.to_owned(),
        cause,
    };
    let file = File::open(path).map_err(failed)?;
    let facts = file.metadata().map_err(failed)?;
    let mode = facts.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(OpenKeyError::Readable {
            path: path.to_owned(),
            mode,
        });
    }
    if !facts.is_file() || facts.len() > MAX_KEY_FILE {
        return Err(OpenKeyError::NotAKey {
            path: path.to_owned(),
        });
    }
    let mut text = Zeroizing::new(String::new());
    match file.take(MAX_KEY_FILE).read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(fault) if fault.kind() == io::ErrorKind::InvalidData => Err(OpenKeyError::NotAKey {
            path: path.to_owned(),
        }),
        Err(fault) => Err(failed(fault)),
    }
}

/// How much work one guess of a passphrase costs: scrypt's N as a power of two; r = 8, p = 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost(u8);

impl Cost {
    /// N = 2^17 (128 MiB, under a second): the least that any real key gets (SECURITY §3).
    pub const STANDARD: Self = Self(17);
    /// N = 2^10: only for keys that are public anyway, so that demonstrations and tests do not wait.
    pub const EXAMPLE_KEYS: Self = Self(10);

    /// A higher cost than the standard.
    ///
    /// # Errors
    /// [`CostError`] outside 17 to 20.
    pub const fn new(log_n: u8) -> Result<Self, CostError> {
        if log_n < Self::STANDARD.0 || log_n > LARGEST_LOG_N {
            return Err(CostError { log_n });
        }
        Ok(Self(log_n))
    }

    fn scheme(self, salt: &[u8; 16], iv: [u8; 16]) -> Parameters {
        let params = scrypt::Params::new(self.0, BLOCK_SIZE, PARALLELISM)
            .expect("N = 2^10 to 2^20, r = 8 and p = 1 are within scrypt's limits");
        Parameters::generate_scrypt_aes256cbc(params, salt, iv)
            .expect("sixteen bytes are a salt that PBES2 admits")
    }
}

/// A cost that no key file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("scrypt cost 2^{log_n} is outside 2^17 to 2^20")]
pub struct CostError {
    log_n: u8,
}

/// N = 2^20 with r = 8 takes 1 GiB and ten seconds: a file that asks for more is an attack on this machine.
const LARGEST_LOG_N: u8 = 20;
const BLOCK_SIZE: u32 = 8;
const PARALLELISM: u32 = 1;

/// 8 KiB: twenty times a key file; a bound on work before anything is parsed.
const MAX_KEY_FILE: u64 = 8 << 10;

/// Whether a file's own parameters are ones this product makes, at a bounded cost.
fn accepted(scheme: &EncryptionScheme) -> Option<&Parameters> {
    let EncryptionScheme::Pbes2(parameters) = scheme else {
        return None;
    };
    let Kdf::Scrypt(ScryptParams {
        cost_parameter,
        block_size,
        parallelization,
        ..
    }) = &parameters.kdf
    else {
        return None;
    };
    let bounded = *cost_parameter <= 1 << LARGEST_LOG_N
        && u32::from(*block_size) == BLOCK_SIZE
        && u32::from(*parallelization) == PARALLELISM;
    (bounded && matches!(parameters.encryption, Cipher::Aes256Cbc { .. })).then_some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_cannot_ask_for_unbounded_work() {
        let scheme = |log_n: u8, block: u32, parallel: u32| {
            let params = scrypt::Params::new(log_n, block, parallel).expect("within scrypt's limits");
            EncryptionScheme::from(
                Parameters::generate_scrypt_aes256cbc(params, &[7; 16], [7; 16]).expect("parameters"),
            )
        };
        assert!(accepted(&scheme(17, 8, 1)).is_some());
        assert!(accepted(&scheme(20, 8, 1)).is_some());
        for (log_n, block, parallel) in [(21, 8, 1), (30, 8, 1), (17, 16, 1), (17, 8, 64)] {
            assert!(accepted(&scheme(log_n, block, parallel)).is_none());
        }
    }
}
