//! Order statistics of samples, and randomness that repeats.

/// Samples in ascending order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sorted(Vec<f64>);

impl Sorted {
    pub(crate) fn new(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self(samples)
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.0
    }

    /// The sample below which this share of them lies (nearest rank).
    pub(crate) fn percentile(&self, percent: f64) -> f64 {
        let rank = to_index(percent / 100.0 * to_float(self.0.len())).max(1);
        let last = self.0.len().saturating_sub(1);
        self.0
            .get((rank - 1).min(last))
            .copied()
            .unwrap_or(f64::NAN)
    }

    pub(crate) fn median(&self) -> f64 {
        self.percentile(50.0)
    }
}

/// The median of a few figures, one for each round. Of an even number it is
/// the mean of the middle two.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let sorted = Sorted::new(figures.to_vec());
    let half = sorted.0.len() / 2;
    let at = |index: usize| sorted.0.get(index).copied();
    match (at(half), half.checked_sub(1).and_then(at)) {
        (Some(upper), Some(lower)) if sorted.0.len().is_multiple_of(2) => {
            f64::midpoint(lower, upper)
        }
        (Some(middle), _) => middle,
        (None, _) => f64::NAN,
    }
}

/// How probable it is that a sample of `b` is greater than one of `a`: the
/// Mann–Whitney U over the number of pairs, which is the area under the ROC
/// curve (AUC) of whoever guesses the class from the time. 0.5 is a coin toss.
pub(crate) fn auc(a: &Sorted, b: &Sorted) -> f64 {
    // For each of `b`, how many of `a` are below it, and half of those equal.
    let wins: f64 =
        b.0.iter()
            .map(|value| {
                let below = a.0.partition_point(|other| other < value);
                let up_to = a.0.partition_point(|other| other <= value);
                f64::midpoint(to_float(below), to_float(up_to))
            })
            .sum();
    wins / (to_float(a.0.len()) * to_float(b.0.len()))
}

/// A generator that gives every run the same order (`SplitMix64`): nothing here
/// has to be unpredictable.
pub(crate) struct Shuffler(u64);

impl Shuffler {
    pub(crate) const fn new() -> Self {
        Self(0x5eed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Fisher–Yates.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let bound = u64::try_from(end + 1).unwrap_or(u64::MAX);
            let pick = usize::try_from(self.next() % bound).unwrap_or(end);
            items.swap(pick, end);
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of samples stay far below 2^52"
)]
pub(crate) const fn to_float(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded up and never negative; a cast saturates"
)]
fn to_index(rank: f64) -> usize {
    rank.ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(samples: &[f64]) -> Sorted {
        Sorted::new(samples.to_vec())
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn percentiles_are_samples_by_nearest_rank() {
        let hundred = sorted(&(1..=100).rev().map(f64::from).collect::<Vec<_>>());
        assert!(close(hundred.percentile(50.0), 50.0));
        assert!(close(hundred.percentile(99.0), 99.0));
        assert!(close(hundred.percentile(100.0), 100.0));
        assert!(close(hundred.percentile(0.0), 1.0));
        assert!(sorted(&[]).median().is_nan());
    }

    #[test]
    fn the_median_of_an_even_number_lies_in_the_middle() {
        assert!(close(median(&[4.0, 1.0, 2.0, 3.0]), 2.5));
        assert!(close(median(&[3.0, 1.0, 2.0]), 2.0));
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn the_auc_is_a_share_of_pairs() {
        assert!(close(auc(&sorted(&[1.0, 2.0]), &sorted(&[3.0, 4.0])), 1.0));
        assert!(close(auc(&sorted(&[3.0, 4.0]), &sorted(&[1.0, 2.0])), 0.0));
        assert!(close(auc(&sorted(&[1.0, 2.0]), &sorted(&[1.0, 2.0])), 0.5));
        assert!(close(auc(&sorted(&[1.0, 3.0]), &sorted(&[2.0])), 0.5));
    }

    #[test]
    fn a_shuffle_keeps_every_item_and_repeats() {
        let shuffled = || {
            let mut items: Vec<u32> = (0..100).collect();
            Shuffler::new().shuffle(&mut items);
            items
        };
        let mut items = shuffled();
        assert_eq!(items, shuffled());
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
