//! The text of a module, cut into statements.

/// A piece of a module.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    pub(crate) line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What a semicolon ends.
    Statement,
    /// What precedes the body of a function.
    Header,
    Label,
    Open,
    Close,
}

/// Cuts a module into pieces, without comments and without the lines that describe the module.
pub(crate) fn pieces(source: &str) -> Vec<Piece> {
    let source = without_comments(source);
    let (mut pieces, mut text, mut line, mut depth) = (Vec::new(), String::new(), 1, 0usize);
    let mut push = |kind, text: &mut String, line| {
        let text = std::mem::take(text).trim().to_string();
        pieces.push(Piece { kind, text, line });
    };
    for c in source.chars() {
        if c == '\n' {
            line += 1;
            if [".version", ".target", ".address_size"]
                .iter()
                .any(|d| text.trim().starts_with(d))
            {
                text.clear();
            }
        }
        let before = text.trim();
        let is_header = before.contains(".entry") || before.contains(".func");
        match c {
            ';' => push(Kind::Statement, &mut text, line),
            '{' if before.is_empty() => push(Kind::Open, &mut text, line),
            '{' if is_header && depth == 0 => {
                push(Kind::Header, &mut text, line);
                push(Kind::Open, &mut text, line);
            }
            '{' => {
                depth += 1;
                text.push(c);
            }
            '}' if depth > 0 => {
                depth -= 1;
                text.push(c);
            }
            '}' => push(Kind::Close, &mut text, line),
            ':' if is_identifier(before) => push(Kind::Label, &mut text, line),
            _ => text.push(c),
        }
    }
    pieces
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}

/// Line comments removed; lines keep their numbers.
fn without_comments(source: &str) -> String {
    let line = |line: &str| line.split("//").next().unwrap_or_default().to_string() + "\n";
    source.lines().map(line).collect()
}

/// Splits at commas outside all brackets.
pub(crate) fn list(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// What stands between a bracket and its partner: `(a, b)` is `a, b`.
pub(crate) fn inside(text: &str) -> &str {
    text.trim().trim_matches(|c| "()[]{}".contains(c)).trim()
}
