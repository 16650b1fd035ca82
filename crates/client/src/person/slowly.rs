//! What is slow on purpose, so that passwords cannot be tried fast: done on a thread of its own, lest it
//! hold up everything else that the program does.

use std::panic::resume_unwind;

use idos_crypto::{
    Factor, KeyRing, NewFactor, PasskeyId, PasskeyInput, PasskeySecret, Password, PasswordChange,
    PasswordCost, RecoveryWords, Unlocked, UserKey, UserKeys, WrapId,
};
use tokio::task;

use super::keys::OpenRing;
use crate::flow_error::FlowError;

/// [`Factor`] for another thread: copies that are wiped when dropped.
enum OwnFactor {
    Password(Password),
    Words(RecoveryWords),
    Passkey(PasskeyId, PasskeySecret),
}

impl OwnFactor {
    fn of(factor: &Factor<'_>) -> Self {
        match *factor {
            Factor::Password(password) => Self::Password(password.clone()),
            Factor::Words(words) => Self::Words(words.clone()),
            Factor::Passkey(id, secret) => Self::Passkey(id.clone(), secret.clone()),
        }
    }

    fn factor(&self) -> Factor<'_> {
        match self {
            Self::Password(password) => Factor::Password(password),
            Self::Words(words) => Factor::Words(words),
            Self::Passkey(id, secret) => Factor::Passkey(id, secret),
        }
    }
}

/// [`NewFactor`] for another thread: copies that are wiped when dropped.
enum OwnNewFactor {
    Password(Password, PasswordCost),
    Words(RecoveryWords),
    Passkey(PasskeyId, PasskeyInput, PasskeySecret),
}

impl OwnNewFactor {
    fn of(factor: &NewFactor<'_>) -> Self {
        match *factor {
            NewFactor::Password(password, cost) => Self::Password(password.clone(), cost),
            NewFactor::Words(words) => Self::Words(words.clone()),
            NewFactor::Passkey(id, input, secret) => {
                Self::Passkey(id.clone(), input, secret.clone())
            }
        }
    }

    fn factor(&self) -> NewFactor<'_> {
        match self {
            Self::Password(password, cost) => NewFactor::Password(password, *cost),
            Self::Words(words) => NewFactor::Words(words),
            Self::Passkey(id, input, secret) => NewFactor::Passkey(id, *input, secret),
        }
    }
}

/// [`KeyRing::unlock`].
pub(super) async fn unlock(
    ring: &KeyRing,
    factor: &Factor<'_>,
    seen: u64,
) -> Result<Unlocked, FlowError> {
    let (ring, factor) = (ring.clone(), OwnFactor::of(factor));
    Ok(apart(move || ring.unlock(&factor.factor(), seen)).await?)
}

/// [`KeyRing::change_password`].
pub(super) async fn change_password(
    open: &OpenRing,
    password: &Password,
    cost: PasswordCost,
) -> Result<PasswordChange, FlowError> {
    let (open, password) = (open.clone(), password.clone());
    let change = move || open.ring.change_password(&open.unlocked, &password, cost);
    Ok(apart(change).await?)
}

/// [`KeyRing::with_factor`].
pub(super) async fn with_factor(
    open: &OpenRing,
    factor: &NewFactor<'_>,
) -> Result<(KeyRing, WrapId), FlowError> {
    let (open, factor) = (open.clone(), OwnNewFactor::of(factor));
    let change = move || open.ring.with_factor(&open.unlocked.keys, &factor.factor());
    Ok(apart(change).await?)
}

/// [`KeyRing::replace_key`].
pub(super) async fn replace_key(
    open: &OpenRing,
    key: UserKey,
    factors: &[NewFactor<'_>],
) -> Result<(KeyRing, UserKeys), FlowError> {
    let open = open.clone();
    let factors: Vec<_> = factors.iter().map(OwnNewFactor::of).collect();
    let change = move || {
        let factors: Vec<_> = factors.iter().map(OwnNewFactor::factor).collect();
        open.ring.replace_key(&open.unlocked.keys, key, &factors)
    };
    Ok(apart(change).await?)
}

/// Does something on a thread that may be kept busy.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        // The runtime ends, and with it whoever waits.
        Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use idos_types::{UserId, Uuid};
    use tokio::select;

    use super::*;
    use crate::person::{Keys, keys::Kind};

    /// What comes of it, and whether anything else was done on its thread meanwhile.
    async fn beside<T>(slow: impl Future<Output = T>) -> (T, bool) {
        let mut turns = 0;
        let others = async {
            loop {
                task::yield_now().await;
                turns += 1;
            }
        };
        let done = select! {
            biased;
            done = slow => done,
            () = others => unreachable!("it goes on for ever"),
        };
        (done, turns > 0)
    }

    fn password(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    #[tokio::test]
    async fn a_program_of_one_thread_goes_on_while_a_password_is_tried() {
        let [old, new] = ["the old password", "the new password"].map(password);
        let cost = PasswordCost::LEAST;
        let user = UserId(Uuid::from_u128(7));
        let keys = Keys::new_ring(user, &NewFactor::Password(&old, cost)).unwrap();
        let Kind::Ring(open) = keys.kind else {
            panic!("a ring was made");
        };
        let (unlocked, goes_on) = beside(unlock(&open.ring, &Factor::Password(&old), 0)).await;
        assert!(unlocked.is_ok() && goes_on);
        let (change, goes_on) = beside(change_password(&open, &new, cost)).await;
        assert!(change.is_ok() && goes_on);
        let factor = NewFactor::Password(&new, cost);
        let (added, goes_on) = beside(with_factor(&open, &factor)).await;
        assert!(added.is_ok() && goes_on);
        let key = UserKey::generate().unwrap();
        let (replaced, goes_on) = beside(replace_key(&open, key, &[factor])).await;
        assert!(goes_on);
        let (ring, _) = replaced.unwrap();
        let (wrong, _) = beside(unlock(&ring, &Factor::Password(&old), 0)).await;
        assert!(matches!(wrong, Err(FlowError::Unlock(_))));
    }
}
