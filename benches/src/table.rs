//! The table at the end: each figure beside the limit that was measured in the same run.

/// Part of its limit that a figure should reach.
const GOAL: f64 = 0.6;

/// A rate, and what bounds it.
pub struct Line {
    /// What was done.
    pub what: String,
    /// How often per second.
    pub rate: f64,
    /// What bounds the rate, each with its name.
    pub limits: Vec<(&'static str, f64)>,
    /// Rates of what no server can do without, if that was measured: HTTP with answers as large, and the
    /// statements.
    pub needed: Vec<f64>,
}

/// The rate of work that is done one after the other, with nothing in between.
fn in_turn(rates: impl Iterator<Item = f64>) -> f64 {
    rates.map(f64::recip).sum::<f64>().recip()
}

impl Line {
    /// The lowest bound.
    fn limit(&self) -> (&'static str, f64) {
        let lowest = self.limits.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        lowest.copied().unwrap_or(("none", f64::NAN))
    }

    /// The rate if all the bounding work is done one after the other.
    fn in_turn(&self) -> f64 {
        in_turn(self.limits.iter().map(|(_, rate)| *rate))
    }

    /// The rate of a server that does nothing but what is needed, if that is known.
    fn reachable(&self) -> Option<f64> {
        (!self.needed.is_empty()).then(|| in_turn(self.needed.iter().copied()))
    }
}

/// Prints lines as a table of Markdown; `unit` is per what the rates are.
pub fn print(unit: &str, lines: &[Line]) {
    println!(
        "| what | per {unit} | limits, per {unit} | share of the lowest | goal {:.0} % | reachable | share of all in turn |",
        GOAL * 100.0
    );
    println!("|---|---:|---|---:|---|---:|---:|");
    for line in lines {
        let (name, limit) = line.limit();
        let share = line.rate / limit;
        let limits: Vec<_> = line
            .limits
            .iter()
            .map(|(name, rate)| format!("{name} {}", number(*rate)))
            .collect();
        println!(
            "| {} | **{}** | {} | {:.0} % of {name} | {} | {} | {:.0} % |",
            line.what,
            number(line.rate),
            limits.join(", "),
            share * 100.0,
            if share >= GOAL { "met" } else { "missed" },
            line.reachable()
                .map_or_else(String::new, |most| format!("{:.0} %", most / limit * 100.0)),
            line.rate / line.in_turn() * 100.0,
        );
    }
}

/// A figure with as many digits as it deserves.
pub fn number(figure: f64) -> String {
    match figure {
        figure if figure >= 10_000.0 => format!("{:.1}k", figure / 1000.0),
        figure if figure >= 100.0 => format!("{figure:.0}"),
        figure => format!("{figure:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_limit_counts_and_work_in_turn_adds_up() {
        let limits = vec![("a", 300.0), ("b", 150.0)];
        let line = Line {
            what: String::new(),
            rate: 50.0,
            limits,
            needed: vec![100.0, 100.0],
        };
        assert_eq!(line.limit(), ("b", 150.0));
        assert!((line.in_turn() - 100.0).abs() < 1e-9);
        assert_eq!(line.reachable(), Some(50.0));
    }
}
