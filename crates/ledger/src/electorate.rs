//! Who votes: the operators of the validators in the newest set, each with as many votes as
//! validators.

use std::collections::BTreeMap;

use idos_types::limits::VOTING_VALIDATORS;

use crate::{
    governance_row::Vote,
    state::{State, StateResult},
};

/// Operators with how many validators of the newest set each runs.
pub(crate) struct Electorate {
    weights: BTreeMap<String, usize>,
    validators: usize,
}

impl Electorate {
    pub(crate) fn of(state: &dyn State) -> StateResult<Self> {
        let Some((_, set)) = state.newest_validator_set()? else {
            return Ok(Self::new([], 0));
        };
        let mut operators = Vec::with_capacity(set.len());
        for member in set.members() {
            // A member keeps its row for as long as it is in a set that counts.
            operators.extend(state.validator(member.key)?.map(|row| row.operator));
        }
        Ok(Self::new(operators, set.len()))
    }

    fn new(operators: impl IntoIterator<Item = String>, validators: usize) -> Self {
        let mut weights = BTreeMap::new();
        for operator in operators {
            *weights.entry(operator).or_default() += 1;
        }
        Self {
            weights,
            validators,
        }
    }

    /// Whether there are enough validators for decisions by vote.
    pub(crate) fn decides(&self) -> bool {
        self.validators >= VOTING_VALIDATORS
    }

    /// How many validators there are.
    pub(crate) fn validators(&self) -> usize {
        self.validators
    }

    /// How many validators somebody operates.
    pub(crate) fn weight(&self, operator: &str) -> usize {
        self.weights.get(operator).copied().unwrap_or_default()
    }

    /// How many validators these votes stand for. Votes of operators that are none any more do
    /// not count.
    pub(crate) fn approvals(&self, votes: &[Vote]) -> usize {
        votes.iter().map(|vote| self.weight(&vote.operator)).sum()
    }

    /// How many validators have to approve: more than two thirds.
    pub(crate) fn needed(&self) -> usize {
        self.validators * 2 / 3 + 1
    }
}

#[cfg(test)]
mod tests {
    use idos_types::Digest;

    use super::*;

    #[test]
    fn more_than_two_thirds_are_needed() {
        for (validators, needed) in [
            (1, 1),
            (2, 2),
            (3, 3),
            (4, 3),
            (5, 4),
            (6, 5),
            (7, 5),
            (128, 86),
        ] {
            let electorate = Electorate::new([], validators);
            assert_eq!(electorate.needed(), needed, "{validators}");
            assert!(needed * 3 > validators * 2 && (needed - 1) * 3 <= validators * 2);
            assert_eq!(electorate.decides(), validators >= 4);
        }
    }

    #[test]
    fn an_operator_counts_once_for_each_validator() {
        let electorate = Electorate::new(["a", "b", "a", "c"].map(str::to_owned), 4);
        let vote = |operator: &str| Vote {
            motion: Digest::default(),
            operator: operator.to_owned(),
        };
        let votes = ["a", "stranger", "c"].map(vote);
        assert_eq!(electorate.approvals(&votes), 3);
        assert_eq!(electorate.weight("stranger"), 0);
    }
}
