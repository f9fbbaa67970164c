//! `docs/errors.md` has each code of the library with its number and its text.

const TABLE: &str = include_str!("../../src/ffi/boundary/code_table.rs");
const PAGE: &str = include_str!("../../docs/errors.md");

#[test]
fn the_page_of_errors_has_every_code() {
    let codes: Vec<String> = TABLE.lines().filter_map(row_of).collect();
    assert!(codes.len() > 25, "the table of codes has another form: {codes:?}");
    let missing: Vec<_> = codes.iter().filter(|row| PAGE.matches(row.as_str()).count() != 1).collect();
    assert!(missing.is_empty(), "docs/errors.md lacks rows that begin with {missing:#?}");
    let rows = PAGE.lines().filter(|line| line.starts_with("| `TABI_")).count();
    assert_eq!(rows, codes.len(), "docs/errors.md has rows for codes that do not exist");
}

/// The beginning of the row for a line of the table: `$use_code! { -5201, ERR_TIMEOUT, "timed out" }`.
fn row_of(line: &str) -> Option<String> {
    let (number, rest) = line.trim().strip_prefix("$use_code! { ")?.split_once(", ")?;
    let (name, text) = rest.split_once(", \"")?;
    Some(format!("| `TABI_{name}` | {number} | {} |", text.strip_suffix("\" }")?))
}
