//! Which statements `user.query` answers: the one that clients send to learn the actions.
//!
//! Nothing is ever run as SQL. The statement is recognized word by word; all others are refused,
//! reads of the tables of `main` with the text of a missing privilege.

use idos_types::Value;
use thiserror::Error;

use crate::{ErrorCode, Query, RpcError};

/// The namespace of the tables that nobody may read.
const MAIN: &str = "main";

/// The one query that is answered: the actions of a namespace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InfoActions {
    /// The namespace in lower case.
    pub namespace: String,
}

/// A statement is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QueryRefusal {
    /// It reads tables of `main`.
    #[error("user does not have privilege SELECT on namespace \"main\"")]
    MainForbidden,
    /// It is something else.
    #[error("the only supported query is SELECT * FROM info.actions WHERE namespace = $namespace")]
    Unsupported,
    /// Its parameter is absent or not a text.
    #[error("the parameter of the query has to be a text")]
    Parameter,
}

impl From<QueryRefusal> for RpcError {
    fn from(refusal: QueryRefusal) -> Self {
        Self::new(ErrorCode::Engine, refusal.to_string())
    }
}

impl Query {
    /// Recognizes the one statement that is answered.
    pub fn recognize(&self) -> Result<InfoActions, QueryRefusal> {
        let tokens = tokens(&self.statement).ok_or(QueryRefusal::Unsupported)?;
        let tokens = match tokens.as_slice() {
            [tokens @ .., Token::Symbol(';')] => tokens,
            tokens => tokens,
        };
        let [
            select,
            star,
            from,
            info,
            dot,
            actions,
            filter,
            column,
            equals,
            value,
        ] = tokens
        else {
            return Err(refusal(tokens));
        };
        let is_known = select.is("select")
            && *star == Token::Symbol('*')
            && from.is("from")
            && info.is("info")
            && *dot == Token::Symbol('.')
            && actions.is("actions")
            && filter.is("where")
            && column.is("namespace")
            && *equals == Token::Symbol('=');
        let namespace = match value {
            Token::Text(text) if is_known => text,
            Token::Parameter(name) if is_known => match self.parameters.get(*name) {
                Some(parameter) => match parameter.value() {
                    Value::Text(text) => text.as_str(),
                    _ => return Err(QueryRefusal::Parameter),
                },
                None => return Err(QueryRefusal::Parameter),
            },
            _ => return Err(refusal(tokens)),
        };
        Ok(InfoActions {
            namespace: namespace.to_ascii_lowercase(),
        })
    }
}

/// Why a statement is not answered. Tables without a namespace are those of the namespace named
/// in braces before the statement, which is `main` if there is none.
fn refusal(tokens: &[Token<'_>]) -> QueryRefusal {
    let (default_is_main, tokens) = match tokens {
        [Token::Symbol('{'), namespace, Token::Symbol('}'), rest @ ..] => {
            (namespace.is(MAIN), rest)
        }
        tokens => (true, tokens),
    };
    let is_read = tokens
        .first()
        .is_some_and(|first| first.is("select") || first.is("with"));
    let names_main = tokens
        .windows(2)
        .any(|pair| matches!(pair, [name, Token::Symbol('.')] if name.is(MAIN)));
    let reads_default = tokens.iter().enumerate().any(|(index, token)| {
        (token.is("from") || token.is("join"))
            && matches!(tokens.get(index + 1), Some(Token::Word(_)))
            && tokens.get(index + 2) != Some(&Token::Symbol('.'))
    });
    if is_read && (names_main || (default_is_main && reads_default)) {
        QueryRefusal::MainForbidden
    } else {
        QueryRefusal::Unsupported
    }
}

/// A word of SQL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token<'a> {
    /// A keyword or name, quoted or not.
    Word(&'a str),
    /// A parameter, `$` included.
    Parameter(&'a str),
    /// A text without its quotes; one with a quote inside is several tokens.
    Text(&'a str),
    /// Anything else.
    Symbol(char),
}

impl Token<'_> {
    /// Whether it is this keyword or name; letter case does not count.
    fn is(&self, word: &str) -> bool {
        matches!(self, Token::Word(text) if text.eq_ignore_ascii_case(word))
    }
}

/// The tokens of a statement without its white space and comments; `None` if a quote or comment
/// is not closed.
fn tokens(statement: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = statement.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..)?;
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/")?.1;
        } else {
            let (token, left) = match first {
                '\'' => {
                    let (text, left) = after.split_once('\'')?;
                    (Token::Text(text), left)
                }
                '"' => {
                    let (name, left) = after.split_once('"')?;
                    (Token::Word(name), left)
                }
                '$' => {
                    let len = 1 + word_len(after);
                    (Token::Parameter(rest.get(..len)?), rest.get(len..)?)
                }
                first if is_word(first) => {
                    let len = word_len(rest);
                    (Token::Word(rest.get(..len)?), rest.get(len..)?)
                }
                symbol => (Token::Symbol(symbol), after),
            };
            tokens.push(token);
            rest = left;
        }
        rest = rest.trim_start();
    }
    Some(tokens)
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn word_len(text: &str) -> usize {
    text.find(|character| !is_word(character))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use idos_types::DataType;

    use super::*;
    use crate::payload::EncodedValue;

    fn recognize(statement: &str, parameter: Option<Value>) -> Result<String, QueryRefusal> {
        let parameter = parameter.map(|value| {
            let data_type = match value {
                Value::Int(_) => DataType::INT8,
                _ => DataType::TEXT,
            };
            let value = EncodedValue::new(data_type, value).unwrap();
            ("$namespace".to_owned(), value)
        });
        let query = Query {
            statement: statement.to_owned(),
            parameters: parameter.into_iter().collect(),
        };
        query.recognize().map(|found| found.namespace)
    }

    #[test]
    fn the_statement_is_recognized_in_every_dress() {
        for statement in [
            "SELECT * FROM info.actions WHERE namespace = $namespace",
            "select*from info . actions where namespace=$namespace;",
            "\n SELECT *\tFROM \"info\".\"actions\" -- all\n WHERE /* only */ namespace = $namespace ;\n",
        ] {
            assert_eq!(recognize(statement, Some("MAIN".into())), Ok(MAIN.into()));
        }
        let literal = "SELECT * FROM INFO.ACTIONS WHERE NAMESPACE = 'main'";
        assert_eq!(recognize(literal, None), Ok(MAIN.into()));
    }

    #[test]
    fn every_word_of_the_statement_counts() {
        let statement = "SELECT * FROM info . actions WHERE namespace = $namespace";
        let words: Vec<_> = statement.split(' ').collect();
        for at in 0..words.len() {
            for other in ["other", "+"] {
                let mut words = words.clone();
                words[at] = other;
                let statement = words.join(" ");
                assert!(
                    recognize(&statement, Some("main".into())).is_err(),
                    "{statement}"
                );
            }
        }
    }

    #[test]
    fn the_parameter_has_to_be_a_text() {
        let statement = "SELECT * FROM info.actions WHERE namespace = $namespace";
        for parameter in [None, Some(Value::Null), Some(Value::Int(1))] {
            assert_eq!(
                recognize(statement, parameter),
                Err(QueryRefusal::Parameter)
            );
        }
    }

    #[test]
    fn reads_of_main_lack_the_privilege() {
        for statement in [
            "SELECT * FROM main.users",
            "select id from users",
            "{main}SELECT 1 FROM wallets;",
            "{info}SELECT * FROM actions, main . users",
            "SELECT * FROM info.actions JOIN users ON true",
            "WITH x AS (SELECT * FROM \"main\".\"users\") SELECT * FROM x",
            "SELECT * FROM/**/users",
        ] {
            assert_eq!(
                recognize(statement, None),
                Err(QueryRefusal::MainForbidden),
                "{statement}"
            );
        }
        assert_eq!(
            QueryRefusal::MainForbidden.to_string(),
            "user does not have privilege SELECT on namespace \"main\""
        );
    }

    #[test]
    fn everything_else_is_unsupported() {
        for statement in [
            "",
            ";",
            "SELECT 1",
            "SELECT $t, $u",
            "{info}SELECT * FROM actions",
            "SELECT * FROM info.tables WHERE namespace = $namespace",
            "SELECT * FROM info.actions WHERE namespace = $namespace;;",
            "SELECT * FROM info.actions WHERE namespace = 'ma''in'",
            "SELECT * FROM info.actions WHERE namespace = 'main",
            "SELECT * FROM info.actions /* WHERE namespace = 'main'",
            "DROP TABLE main.users",
            "INSERT INTO users SELECT * FROM users",
            "sélect 'é",
        ] {
            let parameter = Some("main".into());
            assert_eq!(
                recognize(statement, parameter),
                Err(QueryRefusal::Unsupported),
                "{statement}"
            );
        }
    }
}
