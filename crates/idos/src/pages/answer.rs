//! From a request to the answer of a page's server: a pure function.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG,
            IF_NONE_MATCH, InvalidHeaderValue, VARY,
        },
    },
    response::{IntoResponse as _, Response},
};
use idos_client::Client;
use idos_pages::{Asset, CacheFor, Found, Page, look_up};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

use super::{config::PageConfig, headers::PageHeaders};
use crate::web::{hosts::Hosts, problem::Problem};

/// Where a page finds its configuration.
const CONFIG: &str = "/config.json";
/// How often the network is followed. Validators change every few minutes at most.
const FOLLOW_AGAIN: Duration = Duration::from_secs(60);

/// Everything that the answers of a page's server follow from.
#[derive(Debug)]
pub(crate) struct PageServer {
    assets: &'static [Asset],
    hosts: Hosts,
    headers: PageHeaders,
    config: PageConfig,
}

impl PageServer {
    /// The server of a page. It fails if the configuration cannot be written into headers, which
    /// that of [`WebUrl`](crate::web::web_url::WebUrl)s always can.
    pub(crate) fn new(
        page: Page,
        config: &PageConfig,
        hosts: Hosts,
    ) -> Result<Self, InvalidHeaderValue> {
        Ok(Self {
            assets: page.assets(),
            hosts,
            headers: PageHeaders::new(page, config)?,
            config: config.clone(),
        })
    }

    /// Its routes: everything that no other route of a router is for. From now on the network is
    /// followed, so that visitors begin with validators of today.
    pub(crate) fn router(self) -> Router {
        tokio::spawn(follow(self.config.network.clone()));
        let server = Arc::new(self);
        Router::new().fallback(move |request: Request| {
            let (method, path) = (request.method(), request.uri().path());
            let response = server.answer(method, path, request.headers());
            async move { response }
        })
    }

    fn answer(&self, method: &Method, path: &str, asked: &HeaderMap) -> Response {
        let mut response = match self.hosts.check(asked) {
            Err(problem) => problem.into_response(),
            Ok(()) if method != Method::GET && method != Method::HEAD => {
                let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "a page is only read");
                let allowed = HeaderValue::from_static("GET, HEAD");
                response.headers_mut().insert(ALLOW, allowed);
                response
            }
            Ok(()) if path == CONFIG => self.config(),
            Ok(()) => match look_up(self.assets, path) {
                Found::Asset(asset) | Found::Place(asset) => {
                    let mut response = file(asset, asked);
                    add(&mut response, self.headers.of(asset.path));
                    response
                }
                Found::Nothing => text(StatusCode::NOT_FOUND, "nothing is here"),
            },
        };
        add(&mut response, self.headers.of(path.trim_start_matches('/')));
        if method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        response
    }

    fn config(&self) -> Response {
        let mut response = Response::new(Body::from(self.config.json().to_string()));
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        headers.insert(CONTENT_TYPE, json);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
}

/// Follows the network as long as the server runs.
async fn follow(network: Client) {
    loop {
        if let Err(error) = network.follow().await {
            tracing::warn!("the network cannot be followed: {error}");
        }
        sleep(FOLLOW_AGAIN).await;
    }
}

/// Adds headers that are not there yet.
fn add(response: &mut Response, headers: &HeaderMap) {
    for (name, value) in headers {
        let entry = response.headers_mut().entry(name);
        entry.or_insert_with(|| value.clone());
    }
}

fn text(status: StatusCode, text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, plain);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn file(asset: &Asset, asked: &HeaderMap) -> Response {
    let Some(kind) = asset.content_type() else {
        let path = asset.path;
        let reason = format_args!("the embedded file {path} is of no known type");
        return Problem::internal(reason).into_response();
    };
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_static(asset.etag));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    let cache = match asset.cache_for() {
        CacheFor::Ever => "public, max-age=31536000, immutable",
        CacheFor::Nothing => "no-cache",
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    if knows(asked, asset.etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let content = match asset.gzip.filter(|_| takes_gzip(asked)) {
        Some(packed) => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            packed
        }
        None => asset.content,
    };
    *response.body_mut() = Body::from(content);
    response
}

/// The elements of a header that is a list.
fn elements(headers: &HeaderMap, name: axum::http::HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).map(str::trim)
}

/// Whether the client has this version already.
fn knows(headers: &HeaderMap, etag: &str) -> bool {
    elements(headers, IF_NONE_MATCH).any(|it| it == "*" || it.trim_start_matches("W/") == etag)
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    elements(headers, ACCEPT_ENCODING).any(|element| {
        let mut parts = element.split(';').map(str::trim);
        let is_gzip = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        let refused = quality.is_some_and(|it| it.parse::<f32>().is_ok_and(|it| it == 0.0));
        is_gzip && !refused
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;
    use http_body_util::BodyExt as _;

    use super::{super::config::tests::config, *};

    const ASSETS: [Asset; 3] = [
        Asset {
            path: "assets/index-1.js",
            etag: "\"aa\"",
            content: b"a script",
            gzip: Some(b"packed"),
        },
        Asset {
            path: "index.html",
            etag: "\"bb\"",
            content: b"a page",
            gzip: None,
        },
        Asset {
            path: "window.html",
            etag: "\"cc\"",
            content: b"a window",
            gzip: None,
        },
    ];

    fn server(page: Page) -> PageServer {
        let hosts = Hosts::of("127.0.0.1:1".parse().unwrap(), None).unwrap();
        PageServer {
            assets: &ASSETS,
            ..PageServer::new(page, &config(), hosts).unwrap()
        }
    }

    fn asked(server: &PageServer, method: Method, path: &str, more: &[(&str, &str)]) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("localhost:1"));
        for (name, value) in more {
            let name: HeaderName = name.parse().unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        server.answer(&method, path, &headers)
    }

    fn get(server: &PageServer, path: &str) -> Response {
        asked(server, Method::GET, path, &[])
    }

    fn header<'a>(response: &'a Response, name: &str) -> &'a str {
        let value = response.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    async fn body(response: Response) -> Vec<u8> {
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec()
    }

    #[tokio::test]
    async fn files_come_with_what_browsers_need_to_know() {
        let server = server(Page::Dashboard);
        let page = get(&server, "/some/place");
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&page, "cache-control"), "no-cache");
        assert_eq!(header(&page, "x-content-type-options"), "nosniff");
        assert_eq!(header(&page, "referrer-policy"), "strict-origin");
        assert_eq!(
            header(&page, "cross-origin-opener-policy"),
            "same-origin-allow-popups"
        );
        assert_eq!(header(&page, "cross-origin-resource-policy"), "same-origin");
        assert!(header(&page, "content-security-policy").contains("default-src 'none'"));
        assert!(header(&page, "permissions-policy").contains("camera=()"));
        assert_eq!(body(page).await, b"a page");
        let script = get(&server, "/assets/index-1.js");
        assert!(header(&script, "cache-control").contains("immutable"));
        assert_eq!(body(script).await, b"a script");
    }

    #[tokio::test]
    async fn what_is_known_is_not_sent_and_what_is_packed_stays_so() {
        let server = server(Page::Dashboard);
        let path = "/assets/index-1.js";
        for known in ["\"aa\"", "\"x\", W/\"aa\"", "*"] {
            let response = asked(&server, Method::GET, path, &[("if-none-match", known)]);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert_eq!(header(&response, "etag"), "\"aa\"");
            assert!(body(response).await.is_empty());
        }
        let other = asked(&server, Method::GET, path, &[("if-none-match", "\"bb\"")]);
        assert_eq!(other.status(), StatusCode::OK);
        let packed = asked(
            &server,
            Method::GET,
            path,
            &[("accept-encoding", "br, gzip")],
        );
        assert_eq!(header(&packed, "content-encoding"), "gzip");
        assert_eq!(header(&packed, "vary"), "Accept-Encoding");
        assert_eq!(body(packed).await, b"packed");
        let plain = asked(
            &server,
            Method::GET,
            path,
            &[("accept-encoding", "gzip;q=0, br")],
        );
        assert_eq!(header(&plain, "content-encoding"), "");
        let head = asked(&server, Method::HEAD, path, &[]);
        assert_eq!(head.status(), StatusCode::OK);
        assert!(body(head).await.is_empty());
    }

    #[test]
    fn the_frame_of_the_enclave_is_for_everybody_and_its_window_for_nobody() {
        let server = server(Page::Enclave);
        let frame = get(&server, "/");
        assert!(header(&frame, "content-security-policy").contains("frame-ancestors *"));
        assert_eq!(
            header(&frame, "cross-origin-resource-policy"),
            "cross-origin"
        );
        let window = get(&server, "/window.html");
        assert!(header(&window, "content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(
            header(&window, "cross-origin-resource-policy"),
            "same-origin"
        );
        for response in [frame, window] {
            assert_eq!(header(&response, "referrer-policy"), "no-referrer");
            assert_eq!(
                header(&response, "cross-origin-opener-policy"),
                "unsafe-none"
            );
        }
    }

    #[tokio::test]
    async fn everything_else_is_refused() {
        let server = server(Page::Dashboard);
        let missing = get(&server, "/assets/index-2.js");
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
        assert!(header(&missing, "content-security-policy").contains("default-src 'none'"));
        let post = asked(&server, Method::POST, "/", &[]);
        assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(header(&post, "allow"), "GET, HEAD");
        let foreign = asked(&server, Method::GET, "/", &[("host", "evil.example")]);
        assert_eq!(foreign.status(), StatusCode::MISDIRECTED_REQUEST);
        let config = get(&server, CONFIG);
        assert_eq!(header(&config, "cache-control"), "no-cache");
        assert!(header(&config, "content-type").starts_with("application/json"));
    }
}
