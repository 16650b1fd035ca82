//! Rates from repeated measurements.

use std::{
    cell::RefCell,
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::Criterion;

/// Times a computation with criterion, which prints its own analysis. Returns how often it runs per
/// second on one core: the median of criterion's samples.
pub fn per_second<T>(criterion: &mut Criterion, name: &str, mut work: impl FnMut() -> T) -> f64 {
    let samples = RefCell::new(Vec::new());
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|times| {
            let start = Instant::now();
            for _ in 0..times {
                black_box(work());
            }
            let elapsed = start.elapsed();
            samples.borrow_mut().push(rate(times as f64, elapsed));
            elapsed
        });
    });
    median(samples.into_inner())
}

/// How often something was done that takes more than one thread.
#[derive(Clone, Copy)]
pub struct Rate {
    /// Per second of the clock.
    pub per_second: f64,
    /// Per second of one core that the process in question was given: what other processes take is
    /// not in it.
    pub per_cpu_second: f64,
}

/// How many per second.
pub fn rate(count: f64, elapsed: Duration) -> f64 {
    count / elapsed.as_secs_f64()
}

/// The middle of some figures; no number if there are none.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_not_moved_by_an_outlier() {
        assert_eq!(median(vec![3.0, 1000.0, 1.0]), 3.0);
        assert!(median(Vec::new()).is_nan());
    }
}
