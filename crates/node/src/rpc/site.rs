//! Where a request came from and went to, as sessions need to know it.

use idos_connections::names_this_machine;

use crate::{config::Config, http::RequestFacts, sessions::Site};

/// Name of the cookie, as the clients know it.
const COOKIE: &str = "kgw_session";

/// A request's site, and the token it brought.
pub(crate) struct Visit {
    pub(crate) site: Site,
    pub(crate) token: Option<String>,
}

impl Visit {
    pub(crate) fn new(config: &Config, facts: RequestFacts) -> Self {
        let origin = facts.origin.unwrap_or_default();
        let domain = domain(config, facts.host.as_deref().unwrap_or_default());
        Self {
            site: Site { domain, origin },
            token: facts.cookie.as_deref().and_then(token),
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

/// The token in a `Cookie` header. Clients outside browsers send back the whole `Set-Cookie` line,
/// attributes included; those are other names, and ignored.
fn token(cookies: &str) -> Option<String> {
    cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE && !value.is_empty())
        .map(|(_, value)| value.trim_matches('"').to_owned())
}

/// The line that sets the cookie of a session.
pub(crate) fn set_cookie(config: &Config, token: &str, seconds: u64) -> String {
    format!(
        "{COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; {}",
        cross_site(config)
    )
}

/// The line that clears it. Clients look at its beginning.
pub(crate) fn clear_cookie(config: &Config) -> String {
    format!(
        "{COOKIE}=; Path=/; Max-Age=0; HttpOnly; {}",
        cross_site(config)
    )
}

/// dApps live on other sites than nodes. Which of them may use the session is not the browser's
/// to decide: it is bound to the web origin that signed in.
fn cross_site(config: &Config) -> &'static str {
    if config.insecure_cookies {
        "SameSite=Lax"
    } else {
        "Secure; SameSite=None"
    }
}

#[cfg(test)]
mod tests {
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
            assert_eq!(token(cookies).as_deref(), Some("abc"), "{cookies}");
        }
        for cookies in [
            "",
            "kgw_session=",
            "kgw_session",
            "xkgw_session=abc",
            "Path=/",
        ] {
            assert_eq!(token(cookies), None, "{cookies}");
        }
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
        assert!(set_cookie(&config, "t", 5).contains("; Secure; SameSite=None"));
        assert!(clear_cookie(&config).starts_with("kgw_session=;"));
        config.insecure_cookies = true;
        assert!(set_cookie(&config, "t", 5).ends_with("SameSite=Lax"));
    }
}
