//! The committed table.

use std::{collections::BTreeMap, fmt, fs, path::Path};

use crate::world::Role;

/// What an action comes to for a caller; each is more power than those before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Cell {
    /// Refused, or nothing happens and nothing is shown.
    No,
    /// It works, but touches and shows only what is the caller's own, or nobody's.
    Own,
    /// It counts as one vote among others; alone, nothing happens.
    Vote,
    /// It works on the victim's data with the victim's signature, and not without.
    Signed,
    /// It works on the victim's data.
    Yes,
}

impl Cell {
    const ALL: [(Self, &str); 5] = [
        (Self::No, "no"),
        (Self::Own, "own"),
        (Self::Vote, "vote"),
        (Self::Signed, "signed"),
        (Self::Yes, "yes"),
    ];

    fn parse(text: &str) -> Self {
        let known = Self::ALL.into_iter().find(|(_, name)| *name == text);
        known.unwrap_or_else(|| panic!("unknown cell {text:?}")).0
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(cell, _)| cell == self).unwrap().1;
        f.write_str(name)
    }
}

/// One row for each action, one cell for each role.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) rows: BTreeMap<String, [Cell; Role::ALL.len()]>,
}

impl Table {
    /// The table of `docs/authorization.md`.
    pub(crate) fn committed() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/authorization.md");
        Self::parse(&fs::read_to_string(file).unwrap())
    }

    /// The one table in a Markdown text whose first heading is `action`.
    fn parse(text: &str) -> Self {
        let cells = |line: &str| -> Vec<String> {
            let inner = line.trim().trim_matches('|');
            inner
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect()
        };
        let mut lines = text
            .lines()
            .skip_while(|line| !line.starts_with("| action |"));
        let headings = cells(lines.next().expect("a table of actions"));
        assert_eq!(
            headings[1..],
            Role::ALL.map(|(_, heading)| heading.to_owned())
        );
        let mut rows = BTreeMap::new();
        for line in lines.skip(1).take_while(|line| line.starts_with('|')) {
            let row = cells(line);
            let name = row[0].trim_matches('`').to_owned();
            let cells: Vec<_> = row[1..].iter().map(|cell| Cell::parse(cell)).collect();
            let cells = cells.try_into().expect("a cell for each role");
            assert!(
                rows.insert(name, cells).is_none(),
                "two rows for {}",
                row[0]
            );
        }
        Self { rows }
    }

    /// What is otherwise in `found`, cell by cell.
    pub(crate) fn differences(&self, found: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        for (action, cells) in &found.rows {
            let Some(said) = self.rows.get(action) else {
                differences.push(format!("{action}: no row"));
                continue;
            };
            for ((said, found), (_, role)) in said.iter().zip(cells).zip(Role::ALL) {
                if said != found {
                    differences.push(format!("{action}, {role}: said {said}, is {found}"));
                }
            }
        }
        let extra = self
            .rows
            .keys()
            .filter(|action| !found.rows.contains_key(*action));
        differences.extend(extra.map(|action| format!("{action}: there is no such action")));
        differences
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (action, cells) in &self.rows {
            let cells = cells.map(|cell| cell.to_string()).join(" | ");
            writeln!(f, "| `{action}` | {cells} |")?;
        }
        Ok(())
    }
}
