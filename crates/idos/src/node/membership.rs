//! What the network says about its validators and motions.

use idos_client::{Client, Error, Row, Rows};
use idos_types::Value;
use serde_json::{Value as Json, json};

/// Motions on one page: more are never open at once than operators may have.
const MOTIONS: i64 = 1_000;

/// A validator, a request or an observer.
pub(crate) struct Validator {
    pub(crate) key: String,
    pub(crate) operator: String,
    pub(crate) address: String,
    pub(crate) status: String,
    pub(crate) votes_now: bool,
}

/// A motion that is open.
pub(crate) struct Motion {
    pub(crate) id: String,
    pub(crate) action: String,
    pub(crate) arguments: String,
    pub(crate) approvals: i64,
    pub(crate) needed: i64,
}

impl Validator {
    fn of(row: Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            key: row.get("key")?,
            operator: row.get("operator")?,
            address: row.get("address")?,
            status: row.get("status")?,
            votes_now: row.get("in_current_set")?,
        })
    }

    pub(crate) fn json(&self) -> Json {
        json!({
            "key": self.key,
            "operator": self.operator,
            "address": self.address,
            "status": self.status,
            "validates": self.votes_now,
        })
    }
}

impl Motion {
    fn of(row: Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            id: row.get("id")?,
            action: row.get("action")?,
            arguments: row.get("arguments")?,
            approvals: row.get("approvals")?,
            needed: row.get("needed")?,
        })
    }

    pub(crate) fn json(&self) -> Json {
        json!({
            "id": self.id,
            "action": self.action,
            "arguments": self.arguments,
            "approvals": self.approvals,
            "needed": self.needed,
        })
    }

    /// Whether it is about this call with this one argument.
    pub(crate) fn is_about(&self, action: &str, argument: &str) -> bool {
        let arguments = serde_json::from_str::<Vec<Json>>(&self.arguments);
        self.action == action && arguments.is_ok_and(|it| it == [Json::from(argument)])
    }
}

/// Every validator, request and observer.
pub(crate) async fn validators(client: &Client) -> Result<Vec<Validator>, Error> {
    all(&client.call("get_validators", vec![]).await?, Validator::of)
}

/// The validator of a key.
pub(crate) async fn validator(client: &Client, key: &str) -> Result<Option<Validator>, Error> {
    let all = validators(client).await?;
    Ok(all.into_iter().find(|validator| validator.key == key))
}

/// Every open motion, the oldest first.
pub(crate) async fn motions(client: &Client) -> Result<Vec<Motion>, Error> {
    let page = vec![Value::Int(1), Value::Int(MOTIONS)];
    all(&client.call("get_motions", page).await?, Motion::of)
}

fn all<T>(rows: &Rows, of: impl Fn(Row<'_>) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    rows.iter().map(of).collect()
}
