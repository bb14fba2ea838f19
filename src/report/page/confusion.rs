//! The confusion matrix as a heat map.

use crate::data::ClassNames;
use crate::evaluate::Evaluation;

/// With more classes than this, nobody can read the table.
const MAX_CLASSES: usize = 64;

/// Number of shades from faint to full colour.
const SHADES: f64 = 8.0;

/// A confusion matrix with a shade for every cell.
pub struct Heat {
    /// A row for each true class: its name, and a cell for each predicted class.
    pub rows: Vec<(String, Vec<Cell>)>,
}

/// A cell of the matrix.
pub struct Cell {
    /// Number of images.
    pub count: usize,
    /// The style class: "right-1" to "right-8" on the diagonal, "wrong-1" to "wrong-8" elsewhere, "none" without
    /// images.
    pub shade: String,
}

impl Heat {
    /// The shade stands for the count as a fraction of the row's total: relative to 1 on the diagonal, elsewhere
    /// relative to the largest such fraction off the diagonal. `None` if there are too many classes.
    pub fn of(evaluation: &Evaluation, names: &ClassNames) -> Option<Self> {
        let confusion = evaluation.confusion();
        let classes = confusion.nrows();
        if classes > MAX_CLASSES {
            return None;
        }
        let share =
            |row: usize, column: usize| confusion[[row, column]] as f64 / confusion.row(row).sum().max(1) as f64;
        let pairs = (0..classes).flat_map(|row| (0..classes).map(move |column| (row, column)));
        let worst =
            pairs.filter(|(row, column)| row != column).map(|(row, column)| share(row, column)).fold(0.0, f64::max);
        let cell = |row: usize, column: usize| {
            let (kind, most) = if row == column { ("right", 1.0) } else { ("wrong", worst) };
            let shade = match confusion[[row, column]] {
                0 => "none".to_string(),
                _ => format!("{kind}-{}", (SHADES * share(row, column) / most).ceil().clamp(1.0, SHADES)),
            };
            Cell { count: confusion[[row, column]], shade }
        };
        let row = |row: usize| (names.of(row), (0..classes).map(|column| cell(row, column)).collect());
        Some(Heat { rows: (0..classes).map(row).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_darkest_shades_are_a_perfect_class_and_the_worst_confusion() {
        let mut evaluation = Evaluation::new(3);
        for (label, predicted) in [(0, 0), (1, 1), (1, 1), (1, 0), (1, 2), (2, 0), (2, 2), (2, 2), (2, 2)] {
            evaluation.add(label, predicted, 0.0);
        }
        let names = ClassNames::default();
        let heat = Heat::of(&evaluation, &names).unwrap();
        let shades: Vec<Vec<_>> =
            heat.rows.iter().map(|(_, row)| row.iter().map(|cell| cell.shade.as_str()).collect()).collect();
        assert_eq!(
            shades,
            [["right-8", "none", "none"], ["wrong-8", "right-4", "wrong-8"], ["wrong-8", "none", "right-6"]]
        );
        assert!(Heat::of(&Evaluation::new(3), &names).is_some() && Heat::of(&Evaluation::new(65), &names).is_none());
    }
}
