//! Where a request came from and went to, as sessions need to know it.

use std::net::IpAddr;

use idos_connections::names_this_machine;
use idos_types::Digest;

use crate::{config::Config, http::RequestFacts, sessions::Site};

/// Name of the cookie outside browsers, as the clients there know it.
const COOKIE: &str = "kgw_session";
/// How many hexadecimal digits tell the cookies of web origins apart.
const ORIGIN_DIGITS: usize = 16;

/// A request's site, and the token it brought.
pub(crate) struct Visit {
    /// The address of the client.
    pub(crate) peer: IpAddr,
    pub(crate) site: Site,
    pub(crate) token: Option<String>,
}

impl Visit {
    pub(crate) fn new(config: &Config, facts: RequestFacts) -> Self {
        let origin = facts.origin.unwrap_or_default();
        let domain = domain(config, facts.host.as_deref().unwrap_or_default());
        let cookie = facts.cookie.as_deref();
        Self {
            peer: facts.peer,
            token: cookie.and_then(|cookies| token(cookies, &cookie_name(&origin))),
            site: Site { domain, origin },
        }
    }
}

/// The public URL by which the client reached this node: the one whose host it named. A client that
/// used another name is shown the first, and says so instead of signing.
fn domain(config: &Config, host: &str) -> String {
    let urls = &config.public_urls;
    let named = urls.iter().find(|url| url.is_host(host));
    match named.or(urls.first()) {
        Some(url) => url.as_str().to_owned(),
        // Nothing is configured: a node for development, reached by plain HTTP on its machine.
        // Any other name could be that of somebody who passes sign-ins on.
        None if names_this_machine(host) => format!("http://{host}"),
        None => format!("http://{}", config.listen),
    }
}

/// The name of the cookie of a web origin, which is empty outside browsers. A browser keeps the cookies
/// of a node for all pages together: by one name each page would end the session of every other.
pub(crate) fn cookie_name(origin: &str) -> String {
    if origin.is_empty() {
        return COOKIE.to_owned();
    }
    let mut digits = Digest::of(origin.as_bytes()).to_string();
    digits.truncate(ORIGIN_DIGITS);
    format!("{COOKIE}_{digits}")
}

/// The token in a `Cookie` header. Clients outside browsers send back the whole `Set-Cookie` line,
/// attributes included; those are other names, and ignored.
fn token(cookies: &str, cookie: &str) -> Option<String> {
    cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == cookie && !value.is_empty())
        .map(|(_, value)| value.trim_matches('"').to_owned())
}

/// The line that sets the cookie of a session of a web origin.
pub(crate) fn set_cookie(config: &Config, origin: &str, token: &str, seconds: u64) -> String {
    let name = cookie_name(origin);
    format!(
        "{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; {}",
        cross_site(config, origin)
    )
}

/// The line that clears it. Clients look at its beginning.
pub(crate) fn clear_cookie(config: &Config, origin: &str) -> String {
    let name = cookie_name(origin);
    format!(
        "{name}=; Path=/; Max-Age=0; HttpOnly; {}",
        cross_site(config, origin)
    )
}

/// dApps live on other sites than nodes. Which of them may use the session is not the browser's
/// to decide: it is bound to the web origin that signed in. Browsers that know `Partitioned` (CHIPS) keep
/// the cookies of each site apart, so that no page can fill what others send, and take such a cookie
/// also where they block those of third parties.
fn cross_site(config: &Config, origin: &str) -> &'static str {
    match (config.insecure_cookies, origin) {
        (true, _) => "SameSite=Lax",
        (false, "") => "Secure; SameSite=None",
        (false, _) => "Secure; SameSite=None; Partitioned",
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::config::PublicUrl;

    #[test]
    fn tokens_are_found_among_other_cookies_and_attributes() {
        for cookies in [
            "kgw_session=abc",
            "a=b; kgw_session=abc; c=d",
            "kgw_session=abc; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=None",
            "kgw_session=\"abc\"",
        ] {
            assert_eq!(token(cookies, COOKIE).as_deref(), Some("abc"), "{cookies}");
        }
        for cookies in [
            "",
            "kgw_session=",
            "kgw_session",
            "xkgw_session=abc",
            "Path=/",
        ] {
            assert_eq!(token(cookies, COOKIE), None, "{cookies}");
        }
    }

    #[test]
    fn each_web_origin_has_a_cookie_of_its_own() {
        let config = Config::default();
        let bank = set_cookie(&config, "https://bank.test", "a", 5);
        let other = set_cookie(&config, "https://other.test", "b", 5);
        let (bank, other) = (bank.split(';').next(), other.split(';').next());
        let cookies = format!("{}; {}; kgw_session=c", bank.unwrap(), other.unwrap());
        let visit = |origin: &str| {
            let facts = RequestFacts {
                peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
                origin: Some(origin.to_owned()),
                host: None,
                cookie: Some(cookies.clone()),
            };
            Visit::new(&config, facts).token
        };
        assert_eq!(visit("https://bank.test").as_deref(), Some("a"));
        assert_eq!(visit("https://other.test").as_deref(), Some("b"));
        assert_eq!(visit("").as_deref(), Some("c"));
        assert_eq!(visit("https://third.test"), None);
    }

    #[test]
    fn the_domain_is_the_public_url_of_the_host_that_was_named() {
        let mut config = Config::default();
        config.public_urls.clear();
        for host in ["127.0.0.1:1", "localhost", "LOCALHOST:80", "[::1]:8484"] {
            assert_eq!(domain(&config, host), format!("http://{host}"));
        }
        for host in ["evil.test", "127.0.0.1.evil.test", "10.0.0.1:80", ""] {
            assert_eq!(domain(&config, host), format!("http://{}", config.listen));
        }
        config.public_urls = vec![
            PublicUrl::parse("https://a.test").unwrap(),
            PublicUrl::parse("https://b.test/x").unwrap(),
        ];
        assert_eq!(domain(&config, "B.test"), "https://b.test/x");
        assert_eq!(domain(&config, "evil.test"), "https://a.test");
    }

    #[test]
    fn cookies_are_for_https_unless_development_says_otherwise() {
        let mut config = Config {
            insecure_cookies: false,
            ..Config::default()
        };
        assert!(set_cookie(&config, "", "t", 5).ends_with("; Secure; SameSite=None"));
        let of_page = [
            set_cookie(&config, "https://a.test", "t", 5),
            clear_cookie(&config, "https://a.test"),
        ];
        for line in of_page {
            assert!(
                line.ends_with("; Secure; SameSite=None; Partitioned"),
                "{line}"
            );
        }
        assert!(clear_cookie(&config, "").starts_with("kgw_session=;"));
        config.insecure_cookies = true;
        assert!(set_cookie(&config, "", "t", 5).ends_with("SameSite=Lax"));
    }
}
