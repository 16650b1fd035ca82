//! Plots, drawn on the server: bars without script and without inline style.

use maud::{Markup, html};

use super::text::number;

const WIDTH: u64 = 600;
const HEIGHT: u64 = 120;

/// What is plotted: values with what stands for each of them, the oldest first.
pub(super) struct Plot<'a> {
    /// Of the plot on its page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// What it is measured from.
    pub(super) note: &'a str,
    /// What a value counts.
    pub(super) unit: &'a str,
    pub(super) values: Vec<u64>,
    /// What stands under the first and the last value.
    pub(super) ends: [&'a str; 2],
}

impl Plot<'_> {
    /// The plot as a figure.
    pub(super) fn draw(&self) -> Markup {
        let Self {
            id,
            title,
            note,
            unit,
            values,
            ends: [first, last],
        } = self;
        let most = values.iter().copied().max().unwrap_or(0);
        let count = u64::try_from(values.len()).unwrap_or(1).max(1);
        let slot = WIDTH / count;
        let newest = values.last().copied().unwrap_or(0);
        let title_id = format!("{id}-title");
        html! {
            figure class="card plot" {
                figcaption {
                    h3 id=(title_id) { (title) }
                    p class="plot-now" {
                        span class="plot-value" { (number(most)) } " "
                        span class="muted small" { (unit) " at most" }
                    }
                }
                @if values.is_empty() {
                    p class="muted" { "Nothing was measured yet." }
                } @else {
                    svg class="bars" viewBox=(format!("0 0 {WIDTH} {HEIGHT}"))
                        preserveAspectRatio="none" role="img"
                        aria-label=(format!(
                            "{title}: at most {} {unit}, {} in the newest sample",
                            number(most), number(newest)
                        )) {
                        line class="axis" x1="0" y1=(HEIGHT) x2=(WIDTH) y2=(HEIGHT) {}
                        @for (index, value) in (0u64..).zip(values) {
                            @let tall = bar(*value, most);
                            rect x=(index * WIDTH / count) y=(HEIGHT - tall)
                                width=(slot.saturating_sub(2).max(1)) height=(tall) {
                                title { (number(*value)) " " (unit) }
                            }
                        }
                    }
                    p class="plot-ends small muted" aria-hidden="true" {
                        span { (first) } span { (last) }
                    }
                }
                p class="small muted" { (note) }
            }
        }
    }
}

/// How tall a bar is; whatever is not nothing can be seen.
fn bar(value: u64, most: u64) -> u64 {
    if value == 0 || most == 0 {
        return 0;
    }
    let tall = u128::from(value) * u128::from(HEIGHT) / u128::from(most);
    u64::try_from(tall).unwrap_or(HEIGHT).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_never_invisible() {
        assert_eq!(bar(0, 10), 0);
        assert_eq!(bar(10, 10), HEIGHT);
        assert_eq!(bar(5, 10), HEIGHT / 2);
        assert_eq!(bar(1, 1_000_000), 2);
        assert_eq!(bar(u64::MAX, u64::MAX), HEIGHT);
        assert_eq!(bar(0, 0), 0);
    }
}
