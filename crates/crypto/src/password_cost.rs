//! What a try of a password costs: the parameters of Argon2id (RFC 9106).

use argon2::{Algorithm, Argon2, Block, Params, Version};
use idos_types::limits::{
    FEWEST_ARGON2_PASSES, LEAST_ARGON2_KIB, MOST_ARGON2_KIB, MOST_ARGON2_LANES, MOST_ARGON2_PASSES,
};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::password::Password;

/// The parameters are weaker than what is accepted, or would exhaust whoever opens a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{what} is {got}; a key ring has {least} to {most}: whoever wrote it is to be distrusted")]
pub struct CostError {
    /// Which parameter.
    pub what: &'static str,
    /// Its value.
    pub got: u32,
    /// The floor.
    pub least: u32,
    /// The ceiling.
    pub most: u32,
}

/// Memory, passes and lanes of Argon2id, within the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    kib: u32,
    passes: u32,
    lanes: u32,
}

impl PasswordCost {
    /// What is used if nothing else is said: the second of the two choices that RFC 9106
    /// recommends, for machines with little memory. 64 MiB, three passes, four lanes.
    pub const DEFAULT: Self = Self {
        kib: 64 * 1024,
        passes: 3,
        lanes: 4,
    };
    /// The least that is accepted: for devices that cannot do the default.
    pub const LEAST: Self = Self {
        kib: LEAST_ARGON2_KIB,
        passes: FEWEST_ARGON2_PASSES,
        lanes: 1,
    };

    /// Checks floors and ceilings.
    pub fn new(kib: u32, passes: u32, lanes: u32) -> Result<Self, CostError> {
        for (what, got, least, most) in [
            ("memory in KiB", kib, LEAST_ARGON2_KIB, MOST_ARGON2_KIB),
            (
                "number of passes",
                passes,
                FEWEST_ARGON2_PASSES,
                MOST_ARGON2_PASSES,
            ),
            ("number of lanes", lanes, 1, MOST_ARGON2_LANES),
        ] {
            if !(least..=most).contains(&got) {
                return Err(CostError {
                    what,
                    got,
                    least,
                    most,
                });
            }
        }
        Ok(Self { kib, passes, lanes })
    }

    /// Memory in KiB, passes, lanes.
    pub const fn parameters(&self) -> [u32; 3] {
        [self.kib, self.passes, self.lanes]
    }

    /// The secret that the password gives with this salt.
    pub(crate) fn stretch(&self, password: &Password, salt: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        let params = Params::new(self.kib, self.passes, self.lanes, Some(32))
            .unwrap_or_else(|_| unreachable!("our limits are narrower than those of Argon2"));
        let mut memory = vec![Block::default(); params.block_count()];
        let mut secret = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                password.bytes(),
                salt,
                secret.as_mut_slice(),
                &mut memory,
            )
            .unwrap_or_else(|_| unreachable!("lengths of password and salt are within limits"));
        memory.zeroize();
        secret
    }
}

impl Default for PasswordCost {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_weaker_and_nothing_exhausting_is_accepted() {
        let [kib, passes, lanes] = PasswordCost::DEFAULT.parameters();
        assert_eq!(
            PasswordCost::new(kib, passes, lanes),
            Ok(PasswordCost::DEFAULT)
        );
        let [kib, passes, lanes] = PasswordCost::LEAST.parameters();
        assert_eq!(
            PasswordCost::new(kib, passes, lanes),
            Ok(PasswordCost::LEAST)
        );
        assert!(PasswordCost::new(MOST_ARGON2_KIB, MOST_ARGON2_PASSES, MOST_ARGON2_LANES).is_ok());
        for (kib, passes, lanes) in [
            (kib - 1, passes, lanes),
            (MOST_ARGON2_KIB + 1, passes, lanes),
            (u32::MAX, passes, lanes),
            (kib, passes - 1, lanes),
            (kib, MOST_ARGON2_PASSES + 1, lanes),
            (kib, passes, 0),
            (kib, passes, MOST_ARGON2_LANES + 1),
        ] {
            assert!(PasswordCost::new(kib, passes, lanes).is_err());
        }
    }
}
