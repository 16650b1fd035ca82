//! Whether the system lets a node have as many open files as it needs.

use idos_node::OpenFiles;

use super::finding::Finding;

const CHECK: &str = "open files";

pub(super) fn check(files: OpenFiles) -> Finding {
    let OpenFiles { limit, wanted } = files;
    match limit {
        Some(limit) if limit < wanted => Finding::wrong(
            CHECK,
            format!("at most {limit} for a process of this user, a full node has {wanted}"),
            format!(
                "raise the hard limit (`ulimit -Hn {wanted}`, or LimitNOFILE={wanted} where systemd \
                 starts the node); until then fewer clients can connect, and fewer blocks may be kept \
                 for nodes that were away"
            ),
        ),
        Some(limit) => Finding::sound(CHECK, format!("up to {limit} for a process of this user")),
        None => Finding::sound(CHECK, "no limit for a process of this user"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::doctor::finding::State;

    #[test]
    fn a_limit_that_is_too_low_is_named() {
        let with = |limit| check(OpenFiles { limit, wanted: 100 }).state;
        assert_eq!(with(None), State::Sound);
        assert_eq!(with(Some(100)), State::Sound);
        assert_eq!(with(Some(99)), State::Wrong);
    }
}
