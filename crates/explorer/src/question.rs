//! What may be asked, and how: the paths, and what is read from them.

use idos_types::{
    Digest, Uuid,
    limits::{EXPLORER_GRANTEE_BYTES, EXPLORER_LIST, EXPLORER_TARGET_BYTES},
};
use thiserror::Error;

use crate::assets;

/// Elements of a page of a list, unless fewer are asked for.
const PAGE: usize = 25;

/// In which form an answer is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For programs.
    Json,
    /// For people.
    Page,
}

/// Where a list of grants goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// Height of the last grant that was seen.
    pub height: u64,
    /// Its id.
    pub id: Uuid,
}

impl Cursor {
    /// Its text in a query.
    pub fn to_text(self) -> String {
        format!("{}-{}", self.height, self.id.simple())
    }

    fn parse(text: &str) -> Option<Self> {
        let (height, id) = text.split_once('-')?;
        Some(Self {
            height: number(height)?,
            id: Uuid::try_parse(id).ok()?,
        })
    }
}

/// By what grants are searched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GrantsBy {
    /// By who may read.
    Grantee(String),
    /// By what may be read.
    Data(Uuid),
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// The state of the network; as a page, the first one.
    Network,
    /// Blocks below a height.
    Blocks {
        /// The height; the newest blocks without.
        before: Option<u64>,
        /// At most so many.
        limit: usize,
    },
    /// One block.
    Block(u64),
    /// One transaction.
    Transaction(Digest),
    /// Grants; as a page, the form without.
    Grants {
        /// Which.
        by: Option<GrantsBy>,
        /// Those behind this one.
        before: Option<Cursor>,
        /// At most so many.
        limit: usize,
    },
    /// One grant.
    Grant(Uuid),
    /// What proves it.
    GrantProof(Uuid),
    /// Who validates.
    Validators,
    /// What is voted on.
    Motions {
        /// Behind so many.
        offset: u32,
        /// At most so many.
        limit: usize,
    },
    /// What the plots show.
    Stats,
    /// News, as they come.
    Events,
    /// The OpenAPI document.
    OpenApi,
    /// What is proved, and what is not.
    About,
    /// Whatever somebody typed.
    Search(String),
    /// The look of the pages.
    Stylesheet,
    /// The script of the pages.
    Script,
}

/// A question that cannot be answered. Whoever asks is at fault.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Fault {
    /// Nothing has this path.
    #[error("there is nothing at this path: /api/v1/openapi.json says what there is")]
    NoPath,
    /// The path and its query are too long.
    #[error("the path and its query are longer than {EXPLORER_TARGET_BYTES} bytes")]
    TooLong,
    /// A value cannot be read.
    #[error("{name} must be {expected}")]
    Value {
        /// Which.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A parameter that does not exist here, or stands there twice.
    #[error("a parameter of the query is unknown here, or is there twice")]
    Parameter,
    /// Neither or both of two.
    #[error("grants are searched by one of grantee and data_id")]
    GrantsBy,
}

/// Reads the path and the query of a request.
///
/// # Errors
///
/// There is nothing at the path, or a value in it or in the query is none.
pub fn read(path: &str, query: &str) -> Result<(Format, Asked), Fault> {
    if path.len() + query.len() > EXPLORER_TARGET_BYTES {
        return Err(Fault::TooLong);
    }
    if let Some(rest) = path.strip_prefix("/api/v1/") {
        return json(rest, query).map(|asked| (Format::Json, asked));
    }
    let rest = path.strip_prefix("/explorer").ok_or(Fault::NoPath)?;
    let rest = match rest {
        "" => "",
        rest => rest.strip_prefix('/').ok_or(Fault::NoPath)?,
    };
    page(rest, query).map(|asked| (Format::Page, asked))
}

fn json(path: &str, query: &str) -> Result<Asked, Fault> {
    let parts: Vec<_> = path.split('/').collect();
    let asked = match parts.as_slice() {
        ["network"] => Asked::Network,
        ["stats"] => Asked::Stats,
        ["events"] => Asked::Events,
        ["openapi.json"] => Asked::OpenApi,
        ["grants", id, "proof"] => Asked::GrantProof(uuid("id", id)?),
        ["grants"] => match grants(query)? {
            Asked::Grants { by: None, .. } => return Err(Fault::GrantsBy),
            asked => return Ok(asked),
        },
        _ => return shared(&parts, query),
    };
    Query::of(query, &[])?;
    Ok(asked)
}

fn page(path: &str, query: &str) -> Result<Asked, Fault> {
    let parts: Vec<_> = path.split('/').collect();
    let asked = match parts.as_slice() {
        [""] => Asked::Network,
        ["about"] => Asked::About,
        // Answers are kept for ever: under another digest belongs another file.
        ["assets", ..] if assets::stylesheet_path().ends_with(path) => Asked::Stylesheet,
        ["assets", ..] if assets::script_path().ends_with(path) => Asked::Script,
        ["grants"] => return grants(query),
        ["search"] => {
            let mut query = Query::of(query, &["q"])?;
            return Ok(Asked::Search(query.take("q").unwrap_or_default()));
        }
        _ => return shared(&parts, query),
    };
    Query::of(query, &[])?;
    Ok(asked)
}

/// What has the same path in both forms.
fn shared(parts: &[&str], query: &str) -> Result<Asked, Fault> {
    let asked = match parts {
        ["blocks"] => {
            let mut query = Query::of(query, &["before", "limit"])?;
            return Ok(Asked::Blocks {
                before: query.read("before", "a height", number)?,
                limit: query.limit()?,
            });
        }
        ["motions"] => {
            let mut query = Query::of(query, &["offset", "limit"])?;
            let offset = query.read("offset", "a whole number", |text| text.parse().ok())?;
            return Ok(Asked::Motions {
                offset: offset.unwrap_or_default(),
                limit: query.limit()?,
            });
        }
        ["blocks", height] => Asked::Block(number(height).ok_or(Fault::Value {
            name: "height",
            expected: "a whole number",
        })?),
        ["transactions", hash] => Asked::Transaction(digest(hash).ok_or(Fault::Value {
            name: "hash",
            expected: "64 hexadecimal digits",
        })?),
        ["grants", id] => Asked::Grant(uuid("id", id)?),
        ["validators"] => Asked::Validators,
        _ => return Err(Fault::NoPath),
    };
    Query::of(query, &[])?;
    Ok(asked)
}

fn grants(query: &str) -> Result<Asked, Fault> {
    let mut query = Query::of(query, &["grantee", "data_id", "before", "limit"])?;
    // A form sends the field that was left empty too.
    let mut filled = |name| query.take(name).filter(|text| !text.is_empty());
    let by = match (filled("grantee"), filled("data_id")) {
        (None, None) => None,
        (Some(_), Some(_)) => return Err(Fault::GrantsBy),
        (Some(grantee), None) => Some(GrantsBy::Grantee(
            Some(grantee.trim().to_owned())
                .filter(|grantee| (1..=EXPLORER_GRANTEE_BYTES).contains(&grantee.len()))
                .ok_or(Fault::Value {
                    name: "grantee",
                    expected: "a text of 1 to 512 bytes",
                })?,
        )),
        (None, Some(data)) => Some(GrantsBy::Data(uuid("data_id", data.trim())?)),
    };
    Ok(Asked::Grants {
        by,
        before: query.read("before", "the `next` of another page", Cursor::parse)?,
        limit: query.limit()?,
    })
}

/// What somebody may have meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// A height.
    Block(u64),
    /// 64 hexadecimal digits: the hash of a transaction, or else a grantee's key.
    Hash(Digest),
    /// An id: of a grant, or else of data.
    Id(Uuid),
    /// A grantee.
    Grantee(String),
}

/// Reads what somebody typed into the search.
///
/// # Errors
///
/// It is empty or too long.
pub fn search(text: &str) -> Result<Found, Fault> {
    let text = text.trim();
    let bare = text.replace([',', ' ', '\u{a0}'], "");
    if let Some(height) = number(bare.strip_prefix('#').unwrap_or(&bare)) {
        return Ok(Found::Block(height));
    }
    if let Some(hash) = digest(text) {
        return Ok(Found::Hash(hash));
    }
    if let Ok(id) = Uuid::try_parse(text) {
        return Ok(Found::Id(id));
    }
    if text.is_empty() || text.len() > EXPLORER_GRANTEE_BYTES {
        return Err(Fault::Value {
            name: "q",
            expected: "a height, a hash, an id or the name of a grantee",
        });
    }
    Ok(Found::Grantee(text.to_owned()))
}

/// Digits only: no sign, no spaces.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn digest(text: &str) -> Option<Digest> {
    Digest::from_hex(text.strip_prefix("0x").unwrap_or(text))
}

fn uuid(name: &'static str, text: &str) -> Result<Uuid, Fault> {
    Uuid::try_parse(text).map_err(|_| Fault::Value {
        name,
        expected: "a UUID",
    })
}

/// The parameters of a query, each at most once.
struct Query(Vec<(String, String)>);

impl Query {
    fn of(query: &str, known: &[&str]) -> Result<Self, Fault> {
        let mut found: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            let is_known = known.contains(&name.as_str());
            if !is_known || found.iter().any(|(other, _)| *other == name) {
                return Err(Fault::Parameter);
            }
            found.push((name, value));
        }
        Ok(Self(found))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    fn read<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        match self.take(name).filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => match read(&text) {
                Some(value) => Ok(Some(value)),
                None => Err(Fault::Value { name, expected }),
            },
        }
    }

    fn limit(&mut self) -> Result<usize, Fault> {
        let read = |text: &str| {
            text.parse()
                .ok()
                .filter(|limit| (1..=EXPLORER_LIST).contains(limit))
        };
        let limit = self.read("limit", "a number from 1 to 100", read)?;
        Ok(limit.unwrap_or(PAGE))
    }
}

#[cfg(test)]
pub(crate) mod tests;
