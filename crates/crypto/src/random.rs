//! Randomness of the operating system.

use thiserror::Error;
use zeroize::Zeroizing;

/// There is no randomness, so that nothing can be sealed and no key made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the operating system gives no randomness; nothing was sealed and no key was made")]
pub struct RandomError(#[from] getrandom::Error);

/// `N` fresh bytes.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, RandomError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice())?;
    Ok(bytes)
}
