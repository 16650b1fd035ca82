//! How often SQLite runs the statements of a view, on the database of the node, with nothing around
//! them: one connection per core, statements prepared, rows read.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use idos_types::fold;
use rusqlite::{Connection, OpenFlags, ToSql, config::DbConfig, params};

use crate::{
    machine,
    people::Person,
    timing::{self, Rate},
};

/// How long one round takes, and how many there are.
const ROUND: Duration = Duration::from_secs(1);
const ROUNDS: usize = 5;

/// The page cache of one of the node's readers, in KiB.
const CACHE_KIB: u32 = 16 * 1024;

const REVOKED: &str = "SELECT 1 FROM session_revocations WHERE id = ?1 AND expires_ms > ?2";
const WALLET: &str = "SELECT id, user_id, address, public_key, wallet_type, message, signature, \
                      inserter FROM wallets WHERE identity = ?1";
const CREDENTIALS: &str = "SELECT c.id, c.public_notes, c.issuer_auth_public_key, c.inserter, \
     s.original_id FROM credentials AS c LEFT JOIN shared_credentials AS s ON s.copy_id = c.id \
     WHERE c.user_id = ?1 ORDER BY c.seq";
const COUNT: &str = "SELECT grants FROM grant_counts WHERE grantee = ?1 AND owner_user_id = ?2";
const GRANTS: &str = "SELECT id, owner_user_id, grantee, data_id, locked_until, expires_at, \
     content_hash, height, origin, origin_id FROM access_grants \
     WHERE lower(grantee) = ?1 ORDER BY height, id LIMIT ?2 OFFSET ?3";
const GRANTS_FROM_END: &str = "SELECT id, owner_user_id, grantee, data_id, locked_until, \
     expires_at, content_hash, height, origin, origin_id FROM access_grants \
     WHERE lower(grantee) = ?1 ORDER BY height DESC, id DESC LIMIT ?2 OFFSET ?3";
const GRANTS_FROM_MARK: &str = "SELECT id, owner_user_id, grantee, data_id, locked_until, \
     expires_at, content_hash, height, origin, origin_id FROM access_grants \
     WHERE lower(grantee) = ?1 AND (height, id) >= (?4, ?5) ORDER BY height, id \
     LIMIT ?2 OFFSET ?3";
const MARKS: &str = "SELECT height, id, grants FROM grant_marks WHERE grantee = ?1 AND level = ?2 \
     AND (height, id) >= (?3, ?4) AND (height, id) < (?5, ?6) ORDER BY height, id";
/// Grants that are counted rather than found by marks.
const NEAR: i64 = 2_000;

/// The statements of `get_credentials`: is the session revoked, whose wallet is it, the list.
pub fn credentials(database: &Path, people: &[Person]) -> Rate {
    let people: Vec<_> = people
        .iter()
        .map(|person| (fold(&person.sender.caller()), person.user_id().0))
        .collect();
    rate(database, |conn, turn| {
        let (identity, user) = people.get(turn % people.len()).expect("somebody");
        read(conn, REVOKED, params![[0_u8; 32], 0]);
        read(conn, WALLET, params![identity]);
        read(conn, CREDENTIALS, params![user]);
    })
}

/// The statements of `get_access_grants_granted`: is the session revoked, how many are there, marks
/// on the way if it is long, the page. `pages` are numbered from 1, of 20 grants each; those of the
/// second half are counted from the end of all.
pub fn grants(database: &Path, person: &Person, pages: &[i64], all: i64) -> Rate {
    let grantee = fold(&person.sender.caller());
    let conn = open(database);
    let ways: Vec<_> = pages
        .iter()
        .map(|page| Way::to(&conn, &grantee, (page - 1) * 20, all))
        .collect();
    rate(database, |conn, turn| {
        let way = ways.get(turn % ways.len()).expect("a page");
        read(conn, REVOKED, params![[0_u8; 32], 0]);
        read(conn, COUNT, params![grantee, [0_u8; 0]]);
        way.go(conn, &grantee);
    })
}

/// Height and id of a grant.
type Cursor = (i64, Vec<u8>);

/// A mark, with what it counts or with how many grants are before it.
type Mark = (Cursor, i64);

/// How a page is come by.
enum Way {
    /// So many grants are skipped from the beginning of the list.
    Begin(i64),
    /// Or from its end.
    End(i64),
    /// The marks of the lower level between two of the upper one are read as well as all of that,
    /// then so many grants are skipped from one of them.
    Marks {
        from: Cursor,
        end: Cursor,
        mark: Cursor,
        skipped: i64,
    },
}

impl Way {
    fn to(conn: &Connection, grantee: &str, offset: i64, all: i64) -> Self {
        let behind = all - offset - 20;
        if offset.min(behind) <= NEAR {
            return if behind < offset {
                Self::End(behind)
            } else {
                Self::Begin(offset)
            };
        }
        let begin = (i64::MIN, vec![0; 16]);
        let upper = marks(conn, grantee, 2, &begin, &(i64::MAX, vec![0xff; 16]));
        let (from, end) = around(upper, offset, all);
        let from = from.map_or(begin, |(place, _)| place);
        let (end, rank) = end.unwrap_or(((i64::MAX, vec![0xff; 16]), all));
        let lower = marks(conn, grantee, 1, &from, &end);
        let (mark, _) = around(lower, offset, rank);
        let (mark, before) = mark.unwrap_or((from.clone(), 0));
        Self::Marks {
            from,
            end,
            mark,
            skipped: offset - before,
        }
    }

    fn go(&self, conn: &Connection, grantee: &str) {
        match self {
            Self::Begin(skipped) => read(conn, GRANTS, params![grantee, 20, skipped]),
            Self::End(skipped) => read(conn, GRANTS_FROM_END, params![grantee, 20, skipped]),
            Self::Marks {
                from,
                end,
                mark,
                skipped,
            } => {
                let all = params![grantee, 2, i64::MIN, [0_u8; 16], i64::MAX, [0xff_u8; 16]];
                read(conn, MARKS, all);
                read(
                    conn,
                    MARKS,
                    params![grantee, 1, from.0, from.1, end.0, end.1],
                );
                let page = params![grantee, 20, skipped, mark.0, mark.1];
                read(conn, GRANTS_FROM_MARK, page);
            }
        }
    }
}

/// The last mark with at most `offset` grants before it and the one after it, each with how many there
/// are; `all` are before what follows the marks.
fn around(marks: Vec<Mark>, offset: i64, all: i64) -> (Option<Mark>, Option<Mark>) {
    let mut rank = all - marks.iter().map(|(_, grants)| grants).sum::<i64>();
    let mut last = None;
    for (place, grants) in marks {
        if rank > offset {
            return (last, Some((place, rank)));
        }
        last = Some((place, rank));
        rank += grants;
    }
    (last, None)
}

/// The marks of a level from one place on and before another, with what they count.
fn marks(conn: &Connection, grantee: &str, level: i64, from: &Cursor, end: &Cursor) -> Vec<Mark> {
    let mut statement = conn.prepare(MARKS).expect("a statement");
    let values = params![grantee, level, from.0, from.1, end.0, end.1];
    let marks = statement.query_map(values, |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)));
    marks
        .expect("marks")
        .map(|mark| mark.expect("a mark"))
        .collect()
}

/// Runs one statement and takes every value of every row.
fn read(conn: &Connection, sql: &str, params: &[&dyn ToSql]) {
    let mut statement = conn.prepare_cached(sql).expect("a statement");
    let columns = statement.column_count();
    let mut rows = statement.query(params).expect("rows");
    while let Some(row) = rows.next().expect("a row") {
        for column in 0..columns {
            let value: rusqlite::types::Value = row.get(column).expect("a value");
            std::hint::black_box(value);
        }
    }
}

/// Views of all cores together: the median of the rounds.
fn rate(database: &Path, view: impl Fn(&Connection, usize) + Sync) -> Rate {
    let this = std::process::id();
    let (mut rates, mut count) = (Vec::new(), 0.0);
    let cpu = machine::cpu_seconds(this);
    for _ in 0..ROUNDS {
        let rounds: Vec<(f64, f64)> = thread::scope(|scope| {
            let threads: Vec<_> = (0..machine::cores())
                .map(|number| {
                    let view = &view;
                    scope.spawn(move || round(database, number, view))
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("a reader"))
                .collect()
        });
        rates.push(rounds.iter().map(|(views, seconds)| views / seconds).sum());
        count += rounds.iter().map(|(views, _)| views).sum::<f64>();
    }
    let cpu = machine::cpu_seconds(this) - cpu;
    Rate {
        per_second: timing::median(rates),
        per_cpu_second: count / cpu,
    }
}

/// How many views in how many seconds.
fn round(database: &Path, number: usize, view: impl Fn(&Connection, usize)) -> (f64, f64) {
    let conn = open(database);
    let start = Instant::now();
    let mut turn = number * 31;
    while start.elapsed() < ROUND {
        conn.execute_batch("BEGIN").expect("a transaction");
        view(&conn, turn);
        conn.execute_batch("ROLLBACK").expect("its end");
        turn += 1;
    }
    ((turn - number * 31) as f64, start.elapsed().as_secs_f64())
}

/// A connection that reads as the node's do.
fn open(database: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(database.join("state.db"), flags).expect("a database");
    conn.execute_batch(&format!("PRAGMA cache_size = -{CACHE_KIB}"))
        .expect("a setting");
    // Otherwise some statements are prepared again for every value that is bound.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .expect("a setting");
    conn
}
