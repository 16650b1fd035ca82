//! How fast both suites seal and open, beside libsodium doing the same on the same machine.
//!
//! `cargo bench -p idos-crypto --features libsodium` prints the table. libsodium is built from source.
//! Sealing is everything: a key for the sender, a nonce, the box and its memory. The two libraries
//! take turns, so that what else the machine does meets both; figures are medians.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark fails by panicking and prints what it finds"
)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use idos_crypto::{HybridSecretKey, PublicKey, Sealed, SecretKey};
use libsodium_rs::{crypto_aead::xchacha20poly1305 as aead, crypto_box, crypto_kem, ensure_init};

/// Bytes of the texts.
const SIZES: [(&str, usize); 3] = [("1 KB", 1_000), ("100 KB", 100_000), ("5 MB", 5_000_000)];
/// Turns of each library.
const TURNS: usize = 40;
/// How long a turn is to take.
const TURN: Duration = Duration::from_millis(15);
/// How much slower than libsodium we may be.
const GOAL: f64 = 1.2;

fn main() {
    ensure_init().unwrap();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load average {}", load.trim());
    println!(
        "\n| what | size | ours, per second | ours, MB/s | libsodium, MB/s | times libsodium's time | goal {GOAL} |"
    );
    println!("|---|---:|---:|---:|---:|---:|---|");
    for (size, len) in SIZES {
        let text = vec![7; len];
        compatible(size, &text);
        hybrid(size, &text);
    }
}

fn compatible(size: &str, text: &[u8]) {
    let ours = SecretKey::generate().unwrap();
    let public = ours.public_key();
    let their_public = crypto_box::PublicKey::from_bytes(public.as_bytes()).unwrap();
    let their_secret = crypto_box::SecretKey::from_bytes(ours.expose()).unwrap();
    let seal = || {
        let sender = crypto_box::KeyPair::generate();
        let nonce = crypto_box::Nonce::generate();
        let boxed = crypto_box::seal(text, &nonce, &their_public, &sender.secret_key).unwrap();
        (sender.public_key, nonce, boxed)
    };
    let sealed = public.seal(text).unwrap();
    let (sender, nonce, boxed) = seal();

    // Each opens what the other sealed.
    let content = [nonce.as_bytes().as_slice(), &boxed].concat();
    let theirs = Sealed::new(content, PublicKey::from_bytes(*sender.as_bytes())).unwrap();
    assert_eq!(ours.open(&theirs).unwrap().as_bytes(), text);
    let (first, rest) = sealed.content().split_first_chunk::<24>().unwrap();
    let mut our_nonce = crypto_box::Nonce::generate();
    our_nonce.as_bytes_mut().copy_from_slice(first);
    let encryptor = sealed.encryptor_public_key();
    let our_sender = crypto_box::PublicKey::from_bytes(encryptor.as_bytes()).unwrap();
    let open = || crypto_box::open(rest, &our_nonce, &our_sender, &their_secret).unwrap();
    assert_eq!(open(), text);

    report("seal, box", size, text, || public.seal(text).unwrap(), seal);
    report(
        "open, box",
        size,
        text,
        || ours.open(&sealed).unwrap(),
        open,
    );
}

fn hybrid(size: &str, text: &[u8]) {
    let ours = HybridSecretKey::generate().unwrap();
    let public = ours.public_key();
    let their_public = crypto_kem::PublicKey::from_bytes(public.as_bytes()).unwrap();
    let their_secret = crypto_kem::SecretKey::from_bytes(ours.expose()).unwrap();
    let nonce = aead::Nonce::generate();
    let seal = || {
        let (encapsulated, shared) = crypto_kem::encapsulate(&their_public).unwrap();
        let key = aead::Key::from_bytes(shared.as_bytes()).unwrap();
        (
            encapsulated,
            aead::encrypt(text, None, &nonce, &key).unwrap(),
        )
    };
    let (encapsulated, ciphertext) = seal();
    let open = || {
        let shared = crypto_kem::decapsulate(&encapsulated, &their_secret).unwrap();
        let key = aead::Key::from_bytes(shared.as_bytes()).unwrap();
        aead::decrypt(&ciphertext, None, &nonce, &key).unwrap()
    };
    assert_eq!(open(), text);
    let envelope = public.seal(b"", text).unwrap();
    assert_eq!(ours.open(b"", &envelope).unwrap().as_bytes(), text);

    report(
        "seal, envelope",
        size,
        text,
        || public.seal(b"", text).unwrap(),
        seal,
    );
    report(
        "open, envelope",
        size,
        text,
        || ours.open(b"", &envelope).unwrap(),
        open,
    );
    // A key that opens its first text computes its public key too.
    let first = || HybridSecretKey::from_bytes((*ours.expose()).into());
    report(
        "open first, envelope",
        size,
        text,
        || first().open(b"", &envelope).unwrap(),
        open,
    );
}

/// Prints a line about two ways of doing the same.
fn report<A, B>(
    what: &str,
    size: &str,
    text: &[u8],
    mut ours: impl FnMut() -> A,
    mut theirs: impl FnMut() -> B,
) {
    let [mut our_turns, mut their_turns] = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        our_turns.push(turn(&mut ours));
        their_turns.push(turn(&mut theirs));
    }
    let [ours, theirs] = [our_turns, their_turns].map(|mut turns| {
        turns.sort_by(f64::total_cmp);
        turns[TURNS / 2]
    });
    let megabytes = text.len() as f64 / 1e6;
    let times = ours / theirs;
    println!(
        "| {what} | {size} | {:.0} | {:.0} | {:.0} | **{times:.2}** | {} |",
        1.0 / ours,
        megabytes / ours,
        megabytes / theirs,
        if times <= GOAL { "met" } else { "missed" },
    );
}

/// Seconds that one call takes.
fn turn<T>(work: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    let mut calls = 0_u32;
    while start.elapsed() < TURN {
        black_box(work());
        calls += 1;
    }
    start.elapsed().as_secs_f64() / f64::from(calls)
}
