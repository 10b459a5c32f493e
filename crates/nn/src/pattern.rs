//! Patterns over names such as `layer1.0.conv1.weight`.

/// Whether `pattern` matches `name`, or a module that `name` lies in.
///
/// `*` stands for any text, dots included, `?` for one character, `[1-3]` for one of a set and
/// `[!1-3]` for one outside of it; everything else stands for itself.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let ends = name.match_indices('.').map(|(end, _)| end);
    let pattern: Vec<char> = pattern.chars().collect();
    ends.chain([name.len()])
        .any(|end| matches_whole(&pattern, &name[..end].chars().collect::<Vec<_>>()))
}

/// Matches from the left; a mismatch lets the last star take one more character.
fn matches_whole(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
        } else if let Some(next) = one_character(pattern, p, name[n]) {
            (p, n) = (next, n + 1);
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            (p, n) = (at + 1, taken + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&rest| rest == '*')
}

/// The place behind the part of the pattern at `p` if that part matches `character`.
fn one_character(pattern: &[char], p: usize, character: char) -> Option<usize> {
    match *pattern.get(p)? {
        '?' => Some(p + 1),
        '[' => match pattern[p + 1..].iter().position(|&c| c == ']') {
            Some(length) => {
                let set = &pattern[p + 1..p + 1 + length];
                let (negated, set) = match set.split_first() {
                    Some(('!', rest)) => (true, rest),
                    _ => (false, set),
                };
                (in_set(set, character) != negated).then_some(p + length + 2)
            }
            None => (character == '[').then_some(p + 1),
        },
        literal => (literal == character).then_some(p + 1),
    }
}

fn in_set(set: &[char], character: char) -> bool {
    let mut rest = set;
    loop {
        rest = match rest {
            [low, '-', high, tail @ ..] => {
                if (*low..=*high).contains(&character) {
                    return true;
                }
                tail
            }
            [one, tail @ ..] => {
                if *one == character {
                    return true;
                }
                tail
            }
            [] => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_pattern_matches_names_and_the_modules_they_lie_in() {
        for (pattern, name) in [
            ("*", "conv1.weight"),
            ("layer[1-3].*", "layer2.0.conv1.weight"),
            ("layer[1-3]", "layer2.0.conv1.weight"),
            ("layer1.0", "layer1.0.bn1.bias"),
            ("*.bias", "layer1.0.bn1.bias"),
            ("*bn?*", "layer1.0.bn1.bias"),
            ("fc.weight", "fc.weight"),
            ("[!l]*", "conv1.weight"),
            ("*.conv[12].*", "layer1.0.conv2.weight"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_does_not_match_parts_of_a_name() {
        for (pattern, name) in [
            ("layer1", "layer10.weight"),
            ("layer[1-3]", "layer4.0.weight"),
            ("weight", "fc.weight"),
            ("bias", "fc.weight"),
            ("", "fc"),
            ("fc.?", "fc.weight"),
            ("[", "fc"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let (pattern, name) = ("*a".repeat(50), "a".repeat(2000) + "b");
        assert!(!matches(&pattern, &name));
    }
}
