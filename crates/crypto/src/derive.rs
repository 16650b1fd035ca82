//! Keys from keys: HKDF-SHA256 (RFC 5869), each use with a label of its own.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// `N` bytes from a secret, for the use that `label` names and the public `context`. Labels are of
/// fixed text in this crate, and none is the beginning of another with a context behind it: each
/// ends with a version and a zero byte.
pub(crate) fn derive<const N: usize>(
    secret: &[u8],
    salt: &[u8],
    label: &'static str,
    context: &[u8],
) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 255 * 32, "HKDF gives no more") };
    let mut key = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand_multi_info(&[label.as_bytes(), &[0], context], key.as_mut_slice())
        .unwrap_or_else(|_| unreachable!("the length was checked when this was compiled"));
    key
}
