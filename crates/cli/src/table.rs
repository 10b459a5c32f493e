//! Columns of text.

use std::io::{self, Write};

/// Rows whose columns are aligned: the last ones to the right, as numbers are.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with a first row.
    pub(crate) fn new(head: &[&str]) -> Table {
        let head = head.iter().map(|&text| text.to_owned()).collect();
        Table { rows: vec![head] }
    }

    pub(crate) fn row(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Writes the table; `numbers` columns at its end are aligned to the right.
    pub(crate) fn write(&self, out: &mut impl Write, numbers: usize) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).enumerate();
            let cells = cells.map(|(column, (cell, &width))| {
                match column >= columns - numbers.min(columns) {
                    true => format!("{cell:>width$}"),
                    false => format!("{cell:width$}"),
                }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A number with commas between thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes in the largest unit that it fills.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = (0..UNITS.len()).rfind(|&unit| count >= 1 << (10 * unit));
    match unit {
        None | Some(0) => format!("{count} B"),
        Some(unit) => {
            let number = count as f64 / (1_u64 << (10 * unit)) as f64;
            format!("{number:.1} {}", UNITS[unit])
        }
    }
}

/// A shape as PyTorch writes it.
pub(crate) fn shape(sizes: &[usize]) -> String {
    format!("{sizes:?}")
}

#[cfg(test)]
mod tests {
    use super::{Table, bytes, grouped};

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [0, 999, 1000, 11_689_512].map(grouped),
            ["0", "999", "1,000", "11,689,512"]
        );
        assert_eq!(
            [0, 1023, 1024, 5 << 19].map(bytes),
            ["0 B", "1023 B", "1.0 KiB", "2.5 MiB"]
        );
    }

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(&["name", "count"]);
        table.row(vec!["a".into(), "10".into()]);
        let mut text = Vec::new();
        table.write(&mut text, 1).expect("memory");
        assert_eq!(
            String::from_utf8(text).expect("text"),
            "name  count\na        10\n"
        );
    }
}
