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
const CACHE_KIB: u32 = 32 * 1024;

const REVOKED: &str = "SELECT 1 FROM session_revocations WHERE id = ?1 AND expires_ms > ?2";
const WALLET: &str = "SELECT id, user_id, address, public_key, wallet_type, message, signature, \
                      inserter FROM wallets WHERE identity = ?1";
const CREDENTIALS: &str = "SELECT c.id, c.user_id, c.verifiable_credential_id, c.public_notes, \
     c.encryptor_public_key, c.issuer_auth_public_key, c.inserter, s.copy_id, s.original_id \
     FROM credentials AS c LEFT JOIN shared_credentials AS s ON s.copy_id = c.id \
     WHERE c.user_id = ?1 ORDER BY c.seq";
const COUNT: &str = "SELECT grants FROM grant_counts WHERE grantee = ?1 AND owner_user_id = ?2";
const GRANTS: &str = "SELECT id, owner_user_id, grantee, data_id, locked_until, expires_at, \
     content_hash, height, origin, origin_id FROM access_grants \
     WHERE lower(grantee) = ?1 ORDER BY height, id LIMIT ?2 OFFSET ?3";
const GRANTS_FROM_END: &str = "SELECT id, owner_user_id, grantee, data_id, locked_until, \
     expires_at, content_hash, height, origin, origin_id FROM access_grants \
     WHERE lower(grantee) = ?1 ORDER BY height DESC, id DESC LIMIT ?2 OFFSET ?3";

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

/// The statements of `get_access_grants_granted`: is the session revoked, how many are there, the
/// page. `pages` are numbered from 1, of 20 grants each; those of the second half are skipped to from
/// the end of all.
pub fn grants(database: &Path, person: &Person, pages: &[i64], all: i64) -> Rate {
    let grantee = fold(&person.sender.caller());
    rate(database, |conn, turn| {
        let page = pages.get(turn % pages.len()).expect("a page");
        read(conn, REVOKED, params![[0_u8; 32], 0]);
        read(conn, COUNT, params![grantee, [0_u8; 0]]);
        let (before, behind) = ((page - 1) * 20, all - page * 20);
        if behind < before {
            read(conn, GRANTS_FROM_END, params![grantee, 20, behind]);
        } else {
            read(conn, GRANTS, params![grantee, 20, before]);
        }
    })
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
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(database.join("state.db"), flags).expect("a database");
    conn.execute_batch(&format!("PRAGMA cache_size = -{CACHE_KIB}"))
        .expect("a setting");
    // Otherwise some statements are prepared again for every value that is bound.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .expect("a setting");
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
