//! Makes the cases from the lines of the table. Each alternative of each group is a case of its own.
//!
//! `{a|b}` is a group, and so is `{name:a|b}`; every `{name}` in the line has the same alternative.

/// All cases, in the order of the table. Empty lines and lines that begin with `#` are left out.
pub(crate) fn cases(table: &str) -> Vec<String> {
    let lines = table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.flat_map(expand).collect()
}

fn expand(line: &str) -> Vec<String> {
    let Some(begin) = line.find('{') else { return vec![line.to_owned()] };
    let end = begin + line[begin..].find('}').unwrap_or_else(|| panic!("a brace stays open: {line}"));
    let group = &line[begin + 1..end];
    let (name, alternatives) = match group.split_once(':') {
        Some((name, rest)) if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            (Some(name), rest)
        }
        _ => (None, group),
    };
    let choose = |alternative: &str| {
        let chosen = format!("{}{alternative}{}", &line[..begin], &line[end + 1..]);
        let chosen = name.map_or(chosen.clone(), |name| chosen.replace(&format!("{{{name}}}"), alternative));
        expand(&chosen)
    };
    alternatives.split('|').flat_map(choose).collect()
}
