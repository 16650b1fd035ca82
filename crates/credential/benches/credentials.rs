//! Issuing, disclosing and verifying one credential about a person, by each suite.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark that fails stops"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use idos_credential::{NoDocuments, StatusList, Suite, derive};
use support::*;

fn suites(c: &mut Criterion) {
    for suite in Suite::ALL {
        let issuer = issuer(suite);
        let document = unsigned(&issuer).to_string();
        let options = options(suite);
        c.bench_function(&format!("issue {suite}"), |b| {
            b.iter(|| issuer.issue(black_box(&document), &options).unwrap());
        });
        let mut credential = signed(suite).to_string();
        if suite == Suite::Bbs2023 {
            let stored = credential.clone();
            let pointers = ["/credentialSubject/ageOver18"];
            c.bench_function("derive bbs-2023", |b| {
                b.iter(|| derive(black_box(&stored), &pointers, b"", &NoDocuments).unwrap());
            });
            credential = derive(&stored, &pointers, b"", &NoDocuments).unwrap();
        }
        let verifier = verifier();
        c.bench_function(&format!("verify {suite}"), |b| {
            b.iter(|| assert!(verifier.verify(black_box(&credential), NOW).verified));
        });
    }
}

fn lists(c: &mut Criterion) {
    let mut list = StatusList::new(131_072).unwrap();
    for index in (0..131_072).step_by(97) {
        list.set(index, true).unwrap();
    }
    let encoded = list.encode().unwrap();
    c.bench_function("status list of 131,072: decode and look up", |b| {
        b.iter(|| StatusList::decode(black_box(&encoded)).unwrap().get(94_567));
    });
}

criterion_group!(benches, suites, lists);
criterion_main!(benches);
