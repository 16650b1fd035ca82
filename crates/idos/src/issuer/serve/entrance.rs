//! Who may ask for what: a secret token, or nobody but this machine.

use std::path::Path;

use axum::http::{HeaderMap, StatusCode, header};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    command::secret_file::{self, SecretFileError},
    web::{hosts::names_this_machine, problem::Problem},
};

/// Headers that proxies add.
const PROXIES: [&str; 4] = ["forwarded", "via", "x-forwarded-for", "x-real-ip"];

/// Who may issue.
pub(super) enum Entrance {
    /// Whoever knows the token.
    Token(Zeroizing<[u8; 32]>),
    /// Programs of this machine. Not web pages: a name of the internet that leads here is refused.
    ThisMachine,
}

impl Entrance {
    /// With the token of a file.
    pub(super) fn with_token(path: &Path) -> Result<Self, SecretFileError> {
        Ok(Self::Token(secret_file::read(path)?))
    }

    /// Lets through whoever may issue.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        match self {
            Self::Token(token) if knows(headers, token) => Ok(()),
            Self::Token(_) => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "no-token",
                "this needs the issuer's token: send `Authorization: Bearer …`",
            )),
            Self::ThisMachine if names_this_machine(headers) && !is_passed_on(headers) => Ok(()),
            Self::ThisMachine => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "foreign-host",
                "without a token this is for localhost only: the operator can set --token-file",
            )),
        }
    }
}

/// Whether a proxy says that it asks for somebody else.
fn is_passed_on(headers: &HeaderMap) -> bool {
    PROXIES.iter().any(|name| headers.contains_key(*name))
}

fn knows(headers: &HeaderMap, token: &[u8; 32]) -> bool {
    let sent = headers.get(header::AUTHORIZATION);
    let Some((scheme, digits)) = sent
        .and_then(|sent| sent.to_str().ok())
        .and_then(|sent| sent.split_once(' '))
    else {
        return false;
    };
    let mut bytes = Zeroizing::new([0; 32]);
    scheme.eq_ignore_ascii_case("bearer")
        && hex::decode_to_slice(digits, bytes.as_mut_slice()).is_ok()
        && bool::from(bytes.ct_eq(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn the_token_and_nothing_else_opens() {
        let entrance = Entrance::Token(Zeroizing::new([7; 32]));
        let digits = "07".repeat(32);
        let with = |value: &str| entrance.check(&headers("authorization", value));
        assert!(with(&format!("Bearer {digits}")).is_ok());
        assert!(with(&format!("bearer {digits}")).is_ok());
        for wrong in [
            String::new(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            digits.clone(),
            format!("Basic {digits}"),
            format!("Bearer {}", &digits[2..]),
            format!("Bearer {}", "08".repeat(32)),
        ] {
            assert!(with(&wrong).is_err(), "{wrong}");
        }
        assert!(entrance.check(&HeaderMap::new()).is_err());
        assert!(entrance.check(&headers("host", "localhost")).is_err());
    }

    #[test]
    fn without_a_token_only_names_of_this_machine_open() {
        let host = |name: &str| Entrance::ThisMachine.check(&headers("host", name));
        for own in [
            "localhost",
            "localhost:80",
            "127.0.0.1:9",
            "127.0.0.1",
            "[::1]:9",
        ] {
            assert!(host(own).is_ok(), "{own}");
        }
        for foreign in ["example.com", "127.0.0.1.example.com:80", "10.0.0.1:80", ""] {
            assert!(host(foreign).is_err(), "{foreign}");
        }
        assert!(Entrance::ThisMachine.check(&HeaderMap::new()).is_err());
        for proxy in PROXIES {
            let mut passed_on = headers("host", "localhost");
            passed_on.insert(proxy, "192.0.2.1".parse().unwrap());
            assert!(Entrance::ThisMachine.check(&passed_on).is_err(), "{proxy}");
        }
    }
}
