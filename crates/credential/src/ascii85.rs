//! Files as text, as the official SDK writes them: Adobe's Ascii85.

/// Adobe's Ascii85: groups of four bytes as five digits, four zeros as `z`, between `<~` and `~>`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text =
        String::with_capacity(bytes.len().div_ceil(4).saturating_mul(5).saturating_add(4));
    text.push_str("<~");
    for group in bytes.chunks(4) {
        let mut padded = [0; 4];
        for (to, from) in padded.iter_mut().zip(group) {
            *to = *from;
        }
        let mut number = u32::from_be_bytes(padded);
        if group.len() == 4 && number == 0 {
            text.push('z');
            continue;
        }
        let mut digits = ['!'; 5];
        for digit in digits.iter_mut().rev() {
            *digit = char::from_u32(u32::from('!').saturating_add(number % 85)).unwrap_or('!');
            number /= 85;
        }
        text.extend(digits.iter().take(group.len().saturating_add(1)));
    }
    text.push_str("~>");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_texts_are_written() {
        assert_eq!(encode(b""), "<~~>");
        assert_eq!(encode(b"Man "), "<~9jqo^~>");
        assert_eq!(
            encode(b"Man is distinguished"),
            "<~9jqo^BlbD-BleB1DJ+*+F(f,q~>"
        );
        assert_eq!(encode(&[0; 4]), "<~z~>");
        assert_eq!(encode(&[0; 2]), "<~!!!~>");
        assert_eq!(encode(&[0xff; 4]), "<~s8W-!~>");
        assert_eq!(encode(b"su"), "<~F*.~>");
    }
}
