//! Signatures as texts, in the spellings that wallets and applications use.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_types::WalletType;

use crate::ed25519;

/// Reads hexadecimal digits of any case with or without `0x`; for Stellar and FaceSign also
/// base64, in which some of their wallets answer. Applications put `0x` before either.
///
/// The two cannot be confused: as hexadecimal an ed25519 signature has 128 characters, as base64
/// it has 88.
pub(crate) fn decode(kind: WalletType, text: &str) -> Option<Vec<u8>> {
    let bare = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .unwrap_or(text);
    if let Ok(bytes) = hex::decode(bare) {
        return Some(bytes);
    }
    match kind {
        WalletType::Stellar | WalletType::FaceSign => {
            // Base64 may itself begin with "0x", so the whole text goes first.
            [text, bare].into_iter().find_map(|text| {
                STANDARD
                    .decode(text)
                    .ok()
                    .filter(|it| it.len() == ed25519::SIGNATURE_BYTES)
            })
        }
        WalletType::Evm | WalletType::Near | WalletType::Xrpl => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_of_any_case_with_or_without_prefix() {
        for kind in WalletType::ALL {
            for text in ["ABCDEF", "abcdef", "0xAbCdEf", "0XabCDef"] {
                assert_eq!(decode(kind, text), Some(vec![0xab, 0xcd, 0xef]), "{text}");
            }
            for text in ["abc", "0x0xab", "ab cd", "zz"] {
                assert_eq!(decode(kind, text), None, "{text}");
            }
        }
    }

    #[test]
    fn base64_only_where_wallets_use_it_also_when_it_begins_like_a_prefix() {
        // "0x" at the start of base64 stands for these bits.
        let mut bytes = vec![7; 64];
        bytes[..2].copy_from_slice(&[0xd3, 0x1c]);
        let text = STANDARD.encode(&bytes);
        assert!(text.starts_with("0x"));
        for kind in WalletType::ALL {
            let takes = matches!(kind, WalletType::Stellar | WalletType::FaceSign);
            for spelling in [text.clone(), format!("0x{text}")] {
                assert_eq!(
                    decode(kind, &spelling),
                    takes.then(|| bytes.clone()),
                    "{spelling}"
                );
            }
            assert_eq!(
                decode(kind, text.trim_end_matches('=')),
                None,
                "padding is required"
            );
        }
    }
}
