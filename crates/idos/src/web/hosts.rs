//! By which names a server is asked. A page of somebody else whose name suddenly leads to this
//! machine (DNS rebinding) asks by a name that is not one of them.

use std::net::SocketAddr;

use axum::http::{HeaderMap, StatusCode, header};

use super::{problem::Problem, web_url::WebUrl};

/// The names of a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Hosts {
    this_machine: bool,
    public: Option<String>,
}

impl Hosts {
    /// The names of a server that listens there, and that others reach under `public`; `None` if it
    /// has no name by which it could be asked.
    pub(crate) fn of(listen: SocketAddr, public: Option<&WebUrl>) -> Option<Self> {
        let this_machine = listen.ip().is_loopback();
        let public = public.map(|url| url.authority().to_owned());
        (this_machine || public.is_some()).then_some(Self {
            this_machine,
            public,
        })
    }

    /// Lets a request through that names this server.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let mut values = headers.get_all(header::HOST).iter();
        let named = values.next().and_then(|host| host.to_str().ok());
        let known = named.is_some_and(|host| {
            let public = self.public.as_deref();
            public.is_some_and(|public| host.eq_ignore_ascii_case(public))
                || (self.this_machine && idos_connections::names_this_machine(host))
        });
        if known && values.next().is_none() {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "other-host",
            "this server is not asked by that name; its operator sets the name by --public-url",
        ))
    }
}

/// Whether a request names this machine, and nothing that others could make lead here.
pub(crate) fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
    host.is_some_and(idos_connections::names_this_machine)
}

/// Whether an address leads to this machine and to no other.
pub(crate) fn is_local(url: &WebUrl) -> bool {
    idos_connections::names_this_machine(url.authority())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(listen: &str, public: Option<&str>, host: &str) -> bool {
        let public = public.map(|url| url.parse().unwrap());
        let hosts = Hosts::of(listen.parse().unwrap(), public.as_ref()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("host", host.parse().unwrap());
        hosts.check(&headers).is_ok()
    }

    #[test]
    fn a_server_is_asked_by_its_own_names_only() {
        let public = Some("https://id.example");
        for own in [
            "localhost",
            "localhost:80",
            "127.0.0.1:9",
            "127.0.0.1",
            "[::1]:9",
        ] {
            assert!(asked("127.0.0.1:9", None, own), "{own}");
            assert!(asked("127.0.0.1:9", public, own), "{own}");
            assert!(!asked("10.0.0.1:9", public, own), "{own}");
        }
        for foreign in [
            "example.com",
            "127.0.0.1.example.com:80",
            "10.0.0.1:80",
            "id.example.org",
            "",
        ] {
            assert!(!asked("127.0.0.1:9", public, foreign), "{foreign}");
        }
        assert!(asked("10.0.0.1:9", public, "ID.example"));
        assert!(!asked("10.0.0.1:9", public, "id.example:8080"));
        assert_eq!(Hosts::of("10.0.0.1:9".parse().unwrap(), None), None);
    }

    #[test]
    fn who_names_nobody_or_two_is_refused() {
        let hosts = Hosts::of("127.0.0.1:9".parse().unwrap(), None).unwrap();
        let mut headers = HeaderMap::new();
        assert!(hosts.check(&headers).is_err());
        headers.append("host", "localhost".parse().unwrap());
        assert!(hosts.check(&headers).is_ok());
        headers.append("host", "localhost".parse().unwrap());
        let refused = hosts.check(&headers).unwrap_err();
        assert_eq!(refused.status, StatusCode::MISDIRECTED_REQUEST);
    }
}
