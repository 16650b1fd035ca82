//! One document from a host that nobody vouches for, with bounds on everything.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use idos_credential::{DocumentError, FetchPolicy, is_public_address};
use idos_types::limits::{CREDENTIAL_BYTES, DID_DOCUMENT_BYTES};
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use thiserror::Error;

/// How long one document may take as a whole.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why something was not fetched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Connections cannot be set up here.
    #[error("connections cannot be set up")]
    Setup(#[source] reqwest::Error),
    /// It is no address that may be asked.
    #[error("{0:?} is no address with https and the name of a host; its issuer must correct it")]
    Address(String),
    /// The host is not of the public internet.
    #[error("the host {0:?} has no public address: nothing inside a network is asked")]
    Private(String),
    /// The host sends elsewhere.
    #[error("{0} sends elsewhere, which is not followed; its issuer must serve it in its place")]
    Redirect(String),
    /// The host says that it cannot.
    #[error("{host} answered with HTTP status {status}; its issuer must serve it")]
    Status {
        /// The host.
        host: String,
        /// What it answered.
        status: u16,
    },
    /// It is too large.
    #[error("what {host} serves has more than {most} bytes; its issuer must make it smaller")]
    TooLong {
        /// The host.
        host: String,
        /// Most bytes.
        most: usize,
    },
    /// It took too long.
    #[error("{0} did not serve it within {seconds} seconds; try again later", seconds = PATIENCE.as_secs())]
    TooSlow(String),
    /// There was no connection, or it broke.
    #[error("{host} cannot be reached, or broke off; try again later")]
    Connection {
        /// The host.
        host: String,
        /// Why.
        source: reqwest::Error,
    },
    /// It is no text.
    #[error("what {0} serves is no text in UTF-8; its issuer must correct it")]
    NotText(String),
}

/// What may be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reach {
    /// Public addresses, by HTTPS.
    Public,
    /// This machine, by HTTP.
    #[cfg(test)]
    Tests,
}

/// Fetches documents: by HTTPS, from public addresses, without following redirections or using a
/// proxy, of bounded size and in bounded time.
pub struct Fetcher {
    http: reqwest::Client,
    policy: FetchPolicy,
    reach: Reach,
}

impl Fetcher {
    /// One that asks the hosts of this policy for documents of `did:web`.
    pub fn new(policy: FetchPolicy) -> Result<Self, FetchError> {
        Self::reaching(policy, Reach::Public)
    }

    /// Every name is this machine, and HTTP takes the place of HTTPS. All other bounds hold.
    #[cfg(test)]
    pub(super) fn of_tests(policy: FetchPolicy) -> Result<Self, FetchError> {
        Self::reaching(policy, Reach::Tests)
    }

    fn reaching(policy: FetchPolicy, reach: Reach) -> Result<Self, FetchError> {
        let http = reqwest::Client::builder()
            .https_only(reach == Reach::Public)
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would look names up by itself.
            .no_proxy()
            .timeout(PATIENCE)
            .dns_resolver(Resolver(reach))
            .user_agent(concat!("idos-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(FetchError::Setup)?;
        Ok(Self {
            http,
            policy,
            reach,
        })
    }

    /// The document of a `did:web`, if the policy lets its host be asked.
    pub async fn did_document(&self, did: &str) -> Result<String, DocumentError> {
        let url = self.policy.url(did)?;
        let fetched = self.text(&url, DID_DOCUMENT_BYTES).await;
        fetched.map_err(|error| DocumentError::Unavailable(error.to_string()))
    }

    /// The status list credential at an address.
    pub async fn status_list(&self, url: &str) -> Result<String, FetchError> {
        self.text(url, CREDENTIAL_BYTES).await
    }

    async fn text(&self, address: &str, most: usize) -> Result<String, FetchError> {
        let (url, host) = self.checked(address)?;
        let failed = |error| failed(&host, error);
        let mut response = self.http.get(url).send().await.map_err(failed)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(FetchError::Redirect(host));
        }
        if status != reqwest::StatusCode::OK {
            let status = status.as_u16();
            return Err(FetchError::Status { host, status });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > most {
                return Err(FetchError::TooLong { host, most });
            }
            body.extend_from_slice(&chunk);
        }
        String::from_utf8(body).map_err(|_| FetchError::NotText(host))
    }

    /// The address as it is asked, with the name of its host.
    fn checked(&self, address: &str) -> Result<(Url, String), FetchError> {
        let wrong = || FetchError::Address(address.chars().take(200).collect());
        let mut url = Url::parse(address).map_err(|_| wrong())?;
        let has_login = !url.username().is_empty() || url.password().is_some();
        if url.scheme() != "https" || has_login {
            return Err(wrong());
        }
        let host = url.host_str().ok_or_else(wrong)?.to_owned();
        // Names are looked up by the resolver; addresses would pass it by.
        if url.domain().is_none() {
            let bare = host.trim_matches(['[', ']']);
            let is_private = bare.parse().is_ok_and(|it: IpAddr| !is_public_address(it));
            return Err(if is_private {
                FetchError::Private(host)
            } else {
                wrong()
            });
        }
        if self.reach != Reach::Public {
            url.set_scheme("http").map_err(|()| wrong())?;
        }
        Ok((url, host))
    }
}

fn failed(host: &str, error: reqwest::Error) -> FetchError {
    let host = host.to_owned();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if error.is::<NoPublicAddress>() {
            return FetchError::Private(host);
        }
        cause = error.source();
    }
    if error.is_timeout() {
        return FetchError::TooSlow(host);
    }
    let source = error.without_url();
    FetchError::Connection { host, source }
}

/// The name leads nowhere outside.
#[derive(Debug, Error)]
#[error("the name has no public address")]
struct NoPublicAddress;

/// Looks names up, and passes on only addresses that may be reached: what is connected to is what
/// was checked.
struct Resolver(Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            if reach != Reach::Public {
                let here = SocketAddr::from(([127, 0, 0, 1], 0));
                return Ok(Box::new(std::iter::once(here)) as Addrs);
            }
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<_> = found.filter(|at| is_public_address(at.ip())).collect();
            if public.is_empty() {
                return Err(NoPublicAddress.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher")
            .field("policy", &self.policy)
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}
