//! Randomness of the operating system, for keys, nonces and salts.

/// Fills an array.
///
/// # Errors
/// [`NoRandomness`] when the operating system gives none; nothing was made then.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(bytes)
}

/// The operating system gave no randomness; nothing secret can be made.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no randomness; try again, and restart this machine if it persists")]
pub struct NoRandomness(#[source] getrandom::Error);
