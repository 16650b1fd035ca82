//! The exit codes of all commands. `docs/cli.md` explains them to whoever writes scripts.

use std::{error::Error, process::ExitCode};

use idos_client::Error as ClientError;

use crate::{
    command::end::Interrupted,
    consumer::CannotSay,
    credential_verify::VerifyError,
    node::{doctor::DoctorError, operator::OperatorError},
    role::RoleError,
};

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// It is done; what was verified is valid.
    Done = 0,
    /// It is not done, or what was verified is not valid.
    Failed = 1,
    /// The command line is wrong (the parser of arguments ends so too), or a verification or a
    /// diagnosis cannot say.
    CannotSay = 2,
    /// A write was sent, and nobody could tell whether it took effect, or nothing proves what a node says of it.
    Unknown = 3,
    /// Somebody ended it before it was done: by this shells know that.
    Interrupted = 130,
}

impl Exit {
    /// The code for a command that ended by this error.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let is_unknown = match (error.downcast_ref(), error.downcast_ref()) {
            (Some(OperatorError::Client(error)), _) => matches!(error, ClientError::Unknown { .. }),
            (_, Some(error)) => RoleError::is_unknown(error),
            _ => false,
        };
        if is_unknown {
            return Self::Unknown;
        }
        let mut cause = Some(error);
        while let Some(error) = cause {
            if error.is::<Interrupted>() {
                return Self::Interrupted;
            }
            cause = error.source();
        }
        let cannot_say = match error.downcast_ref::<CannotSay>() {
            Some(error) => !error.is_verdict(),
            None => error.is::<VerifyError>() || error.is::<DoctorError>(),
        };
        if cannot_say {
            Self::CannotSay
        } else {
            Self::Failed
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use idos_client::FlowError;
    use idos_types::{CredentialId, Digest, GrantId, Uuid};

    use super::*;
    use crate::{command::run::RunError, demo::DemoError, web::serving::ServingError};

    #[test]
    fn scripts_can_tell_what_happened() {
        let unknown = || ClientError::Unknown {
            hash: Digest([7; 32]),
        };
        let flow = |error: ClientError| RoleError::Flow(FlowError::Client(error));
        assert_eq!(Exit::of(&flow(unknown())), Exit::Unknown);
        assert_eq!(Exit::of(&OperatorError::Client(unknown())), Exit::Unknown);
        assert_eq!(Exit::of(&flow(ClientError::NoWallet)), Exit::Failed);
        assert_eq!(Exit::of(&OperatorError::NoKey), Exit::Failed);
        let of_a_list = |error: ClientError| flow(error).of_row(1, "profile.json");
        assert_eq!(Exit::of(&of_a_list(unknown())), Exit::Unknown);
        // Whatever is told beside it.
        let older_stays = FlowError::OlderStays {
            copy: CredentialId(Uuid::nil()),
            older: GrantId(Uuid::nil()),
            source: Box::new(FlowError::Client(unknown())),
        };
        assert_eq!(Exit::of(&RoleError::Flow(older_stays)), Exit::Unknown);
        // A node says that it was executed, and nothing shows what it changed.
        let unproved = FlowError::Unproved {
            hash: Digest([7; 32]),
            node: "https://node.example".to_owned(),
            source: None,
        };
        let unprovable = FlowError::Unprovable {
            hash: Digest([7; 32]),
            source: Box::new(FlowError::NoProfile),
        };
        for error in [unproved, unprovable] {
            assert_eq!(Exit::of(&RoleError::Flow(error)), Exit::Unknown);
        }
        assert_eq!(Exit::of(&flow(unknown()).after("done")), Exit::Unknown);
        assert_eq!(Exit::of(&VerifyError::Nobody), Exit::CannotSay);
        let nothing_fetched = CannotSay::from(flow(ClientError::NoTrust));
        assert_eq!(Exit::of(&nothing_fetched), Exit::CannotSay);
        assert_eq!(Exit::of(&flow(ClientError::NoTrust)), Exit::Failed);
        let swapped = RoleError::Flow(FlowError::Swapped(CredentialId(Uuid::nil())));
        assert_eq!(Exit::of(&CannotSay::from(swapped)), Exit::Failed);
        for ended in [
            Exit::of(&RoleError::from(RunError::Interrupted(Interrupted))),
            Exit::of(&OperatorError::from(RunError::Interrupted(Interrupted))),
            Exit::of(&DoctorError::from(RunError::Interrupted(Interrupted))),
        ] {
            assert_eq!(ended, Exit::Interrupted);
        }
        let ended = ServingError::Interrupted(Interrupted);
        assert_eq!(Exit::of(&DemoError::from(ended)), Exit::Interrupted);
    }
}
