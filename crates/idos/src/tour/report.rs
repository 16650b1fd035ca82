//! What each party saw, and the table of what was checked.

use serde_json::json;

use super::TourError;
use crate::command::output::Output;

/// One line of the table.
struct Check {
    scene: &'static str,
    who: &'static str,
    what: &'static str,
    holds: bool,
}

/// What happened so far.
pub(crate) struct Report {
    output: Output,
    scene: &'static str,
    checks: Vec<Check>,
}

impl Report {
    pub(crate) fn new(output: Output) -> Self {
        Self {
            output,
            scene: "",
            checks: Vec::new(),
        }
    }

    /// Begins a scene.
    pub(crate) fn scene(&mut self, scene: &'static str) -> Result<(), TourError> {
        self.scene = scene;
        let json = json!({ "event": "scene", "scene": scene });
        self.print(&format!("\n{scene}"), &json)
    }

    /// Tells what a party saw.
    pub(crate) fn saw(&self, who: &str, what: &str) -> Result<(), TourError> {
        let json = json!({ "event": "saw", "who": who, "what": what });
        self.print(&format!("  {who}: {what}"), &json)
    }

    /// Notes whether something holds.
    pub(crate) fn check(
        &mut self,
        who: &'static str,
        what: &'static str,
        holds: bool,
    ) -> Result<(), TourError> {
        self.checks.push(Check {
            scene: self.scene,
            who,
            what,
            holds,
        });
        let json = json!({
            "event": "check", "scene": self.scene, "who": who, "what": what, "holds": holds,
        });
        let mark = if holds { "ok" } else { "FAILED" };
        self.print(&format!("  {who}: {what}: {mark}"), &json)
    }

    /// Prints the table.
    pub(crate) fn close(&self) -> Result<(), TourError> {
        let widest = |of: fn(&Check) -> &str| {
            let widths = self.checks.iter().map(|check| of(check).len());
            widths.max().unwrap_or(0)
        };
        let (scene, who) = (widest(|check| check.scene), widest(|check| check.who));
        let lines = self.checks.iter().map(|check| {
            let mark = if check.holds { "ok    " } else { "FAILED" };
            format!(
                "{mark}  {:scene$}  {:who$}  {}\n",
                check.scene, check.who, check.what
            )
        });
        let failed = self.failed();
        let all = self.checks.len();
        let table: String = lines.collect();
        let text = format!("\nWhat was checked\n\n{table}\n{all} checks, {failed} failed");
        let json = json!({ "event": "done", "checks": all, "failed": failed });
        self.print(&text, &json)
    }

    /// Fails if a check did.
    pub(crate) fn verdict(&self) -> Result<(), TourError> {
        let (failed, all) = (self.failed(), self.checks.len());
        if failed == 0 {
            Ok(())
        } else {
            Err(TourError::Failed { failed, all })
        }
    }

    fn failed(&self) -> usize {
        self.checks.iter().filter(|check| !check.holds).count()
    }

    fn print(&self, text: &str, json: &serde_json::Value) -> Result<(), TourError> {
        Ok(self.output.print(text, json)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_check_fails_the_tour() {
        let mut report = Report::new(Output::new(true));
        report.check("somebody", "something", true).unwrap();
        assert!(report.verdict().is_ok());
        report.check("somebody", "something else", false).unwrap();
        let verdict = report.verdict();
        assert!(matches!(
            verdict,
            Err(TourError::Failed { failed: 1, all: 2 })
        ));
    }
}
