//! What validators said about states.

use std::collections::BTreeMap;

use idos_proof::{RootCertificate, RootStatement, ValidatorSet};
use idos_types::{BlockTime, ValidatorKey};

/// Most heights for which signatures of one validator are kept.
pub(super) const HEIGHTS_PER_VALIDATOR: usize = 128;
/// For how long a validator counts as heard of lately.
pub(super) const LATELY_MS: u64 = 1_000;
/// By how many heights a validator may be behind and counts as heard of lately all the same: a
/// network that was idle has heard of nobody for long.
pub(super) const LATELY_HEIGHTS: u64 = 2;

/// A signature with the number of its validator in the set.
type Numbered = (usize, [u8; 64]);

/// Valid signatures of validators, each on what it said last about a height.
#[derive(Default)]
pub(super) struct Voices(BTreeMap<ValidatorKey, Voice>);

#[derive(Default)]
struct Voice {
    heard_ms: u64,
    signed: BTreeMap<u64, (RootStatement, [u8; 64])>,
}

impl Voices {
    /// Remembers a valid signature.
    pub(super) fn hear(
        &mut self,
        key: ValidatorKey,
        statement: RootStatement,
        signature: [u8; 64],
        now: BlockTime,
    ) {
        let voice = self.0.entry(key).or_default();
        voice.heard_ms = now.millis();
        voice
            .signed
            .insert(statement.height, (statement, signature));
        while voice.signed.len() > HEIGHTS_PER_VALIDATOR {
            voice.signed.pop_first();
        }
    }

    /// Whether this is what a validator said last about the height.
    pub(super) fn says(&self, key: ValidatorKey, statement: &RootStatement) -> bool {
        self.said(key, statement.height)
            .is_some_and(|(said, _)| said == statement)
    }

    fn said(&self, key: ValidatorKey, height: u64) -> Option<&(RootStatement, [u8; 64])> {
        self.0.get(&key)?.signed.get(&height)
    }

    /// The certificate of a height, once enough of its validators say the same.
    pub(super) fn certificate(&self, height: u64, set: &ValidatorSet) -> Option<RootCertificate> {
        // Almost always all say the same.
        let mut said: Vec<(&RootStatement, Vec<Numbered>)> = Vec::new();
        for (number, key) in set.keys().enumerate() {
            let Some((statement, signature)) = self.said(ValidatorKey(key), height) else {
                continue;
            };
            match said.iter_mut().find(|(other, _)| *other == statement) {
                Some((_, signatures)) => signatures.push((number, *signature)),
                None => said.push((statement, vec![(number, *signature)])),
            }
        }
        let (statement, signatures) = said
            .into_iter()
            .find(|(_, signatures)| set.is_quorum(signatures.len()))?;
        // Numbers in order and of the set make a certificate.
        RootCertificate::new(statement.clone(), set.len(), signatures).ok()
    }

    /// What vouches for a statement of which there is no certificate: signatures of so many validators
    /// that one of them is honest.
    pub(super) fn vouched(
        &self,
        statement: &RootStatement,
        set: &ValidatorSet,
    ) -> Option<RootCertificate> {
        let signed = set.keys().enumerate().filter_map(|(number, key)| {
            let (said, signature) = self.said(ValidatorKey(key), statement.height)?;
            (said == statement).then_some((number, *signature))
        });
        let signed: Vec<Numbered> = signed.collect();
        let is_enough = set.is_more_than_a_third(signed.len());
        let vouched = RootCertificate::new(statement.clone(), set.len(), signed);
        vouched.ok().filter(|_| is_enough)
    }

    /// Whether a validator other than `own` that was heard of lately did not say anything about
    /// this height yet.
    pub(super) fn is_anybody_behind(&self, height: u64, own: ValidatorKey, now: BlockTime) -> bool {
        self.0.iter().any(|(key, voice)| {
            let newest = voice
                .signed
                .last_key_value()
                .map_or(0, |(newest, _)| *newest);
            let is_late = voice.heard_ms.saturating_add(LATELY_MS) > now.millis()
                || newest.saturating_add(LATELY_HEIGHTS) >= height;
            *key != own && newest < height && is_late
        })
    }

    #[cfg(test)]
    pub(super) fn heights_of(&self, key: ValidatorKey) -> usize {
        self.0.get(&key).map_or(0, |voice| voice.signed.len())
    }
}
