//! Small expressions in Python's notation, such as `0.95 ** epoch`: arithmetic, comparisons,
//! conditions and a few functions of one variable.

use std::iter::Peekable;
use std::vec::IntoIter;

/// An expression in one variable.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A number.
    Number(f64),
    /// A name: the variable, or `math.pi`.
    Name(String),
    /// A function and its arguments.
    Call(String, Vec<Expression>),
    /// An operator between two operands.
    Binary(String, Box<[Expression; 2]>),
    /// `a if condition else b`, as `[a, condition, b]`.
    Condition(Box<[Expression; 3]>),
}

/// Operators between operands, from the weakest to the strongest; all group to the left.
const LEVELS: &[&[&str]] = &[
    &["<", "<=", ">", ">=", "==", "!="],
    &["+", "-"],
    &["*", "/", "//", "%"],
];

type Tokens = Peekable<IntoIter<String>>;

impl Expression {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = tokens(text).into_iter().peekable();
        let expression = condition(&mut tokens);
        match (expression, tokens.next()) {
            (Some(expression), None) => Ok(expression),
            _ => Err(format!("not an expression: {text}")),
        }
    }

    /// The value where the variable has the given one; what has none is not a number.
    pub fn value(&self, variable: &str, x: f64) -> f64 {
        let value = |expression: &Self| expression.value(variable, x);
        match self {
            Self::Number(number) => *number,
            Self::Name(name) if name == variable => x,
            Self::Name(name) if name == "math.pi" => std::f64::consts::PI,
            Self::Name(_) => f64::NAN,
            Self::Call(name, arguments) => {
                call(name, &arguments.iter().map(value).collect::<Vec<_>>())
            }
            Self::Binary(operator, operands) => {
                binary(operator, value(&operands[0]), value(&operands[1]))
            }
            Self::Condition(parts) => match value(&parts[1]) != 0.0 {
                true => value(&parts[0]),
                false => value(&parts[2]),
            },
        }
    }
}

fn call(name: &str, arguments: &[f64]) -> f64 {
    match (name, arguments) {
        ("min", [first, rest @ ..]) => rest.iter().fold(*first, |a, b| a.min(*b)),
        ("max", [first, rest @ ..]) => rest.iter().fold(*first, |a, b| a.max(*b)),
        ("abs", [x]) => x.abs(),
        ("float", [x]) => *x,
        ("int", [x]) => x.trunc(),
        ("math.cos", [x]) => x.cos(),
        ("math.sin", [x]) => x.sin(),
        ("math.exp", [x]) => x.exp(),
        ("math.log", [x]) => x.ln(),
        ("math.sqrt", [x]) => x.sqrt(),
        ("math.floor", [x]) => x.floor(),
        ("math.pow", [x, y]) => x.powf(*y),
        _ => f64::NAN,
    }
}

fn binary(operator: &str, a: f64, b: f64) -> f64 {
    let truth = |is_true: bool| if is_true { 1.0 } else { 0.0 };
    match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "//" => (a / b).floor(),
        "%" => a - b * (a / b).floor(),
        "**" => a.powf(b),
        "<" => truth(a < b),
        "<=" => truth(a <= b),
        ">" => truth(a > b),
        ">=" => truth(a >= b),
        "==" => truth(a == b),
        "!=" => truth(a != b),
        _ => f64::NAN,
    }
}

fn condition(tokens: &mut Tokens) -> Option<Expression> {
    let value = level(tokens, LEVELS)?;
    if tokens.next_if_eq("if").is_none() {
        return Some(value);
    }
    let test = level(tokens, LEVELS)?;
    tokens.next_if_eq("else")?;
    let otherwise = condition(tokens)?;
    Some(Expression::Condition(Box::new([value, test, otherwise])))
}

fn level(tokens: &mut Tokens, levels: &[&[&str]]) -> Option<Expression> {
    let [operators, stronger @ ..] = levels else {
        return signed(tokens);
    };
    let mut left = level(tokens, stronger)?;
    while let Some(operator) = tokens.next_if(|token| operators.contains(&token.as_str())) {
        let right = level(tokens, stronger)?;
        left = Expression::Binary(operator, Box::new([left, right]));
    }
    Some(left)
}

fn signed(tokens: &mut Tokens) -> Option<Expression> {
    if tokens.next_if_eq("-").is_some() {
        let negated = [Expression::Number(0.0), signed(tokens)?];
        return Some(Expression::Binary("-".into(), Box::new(negated)));
    }
    let base = atom(tokens)?;
    match tokens.next_if_eq("**") {
        Some(operator) => {
            let operands = Box::new([base, signed(tokens)?]);
            Some(Expression::Binary(operator, operands))
        }
        None => Some(base),
    }
}

fn atom(tokens: &mut Tokens) -> Option<Expression> {
    let token = tokens.next()?;
    if token == "(" {
        let inner = condition(tokens)?;
        tokens.next_if_eq(")")?;
        return Some(inner);
    }
    if let Ok(number) = token.parse() {
        return Some(Expression::Number(number));
    }
    if !token.starts_with(char::is_alphabetic) {
        return None;
    }
    if tokens.next_if_eq("(").is_none() {
        return Some(Expression::Name(token));
    }
    let mut arguments = Vec::new();
    while tokens.next_if_eq(")").is_none() {
        arguments.push(condition(tokens)?);
        tokens.next_if_eq(",");
    }
    Some(Expression::Call(token, arguments))
}

/// Numbers, names with dots, and operators of one or two signs.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut continues = false;
    for c in text.chars() {
        let last = tokens.last().map_or("", String::as_str);
        let is_word = c.is_alphanumeric() || "._".contains(c);
        let word_before = last.ends_with(|c: char| c.is_alphanumeric() || "._".contains(c));
        let is_number = last.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        // The sign of an exponent, and the digits behind it.
        let in_exponent = is_number
            && (("+-".contains(c) && last.ends_with(['e', 'E']))
                || (c.is_ascii_digit() && last.ends_with(['+', '-'])));
        let pair = [last, &c.to_string()].concat();
        let doubles = ["**", "//", "<=", ">=", "==", "!="].contains(&pair.as_str());
        if c.is_whitespace() {
            continues = false;
        } else if continues && ((is_word && word_before) || in_exponent || doubles) {
            if let Some(last) = tokens.last_mut() {
                last.push(c);
            }
        } else {
            tokens.push(c.into());
            continues = true;
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_have_the_value_they_have_in_python() {
        let cases = [
            ("0.5", 0.5),
            ("1.0 / (1.0 + 0.1 * epoch)", 1.0 / 1.3),
            ("0.5 ** epoch", 0.125),
            ("-2 ** 2 + epoch", -1.0),
            ("0.1 if epoch > 5 else 1e-1 * 2", 0.2),
            ("min(1.0, (epoch + 1) / 8)", 0.5),
            ("epoch // 2 + epoch % 2", 2.0),
            ("0.5 * (1 + math.cos(math.pi * epoch / 3))", 0.0),
            ("7 - 2 - 1", 4.0),
        ];
        for (text, expected) in cases {
            let value = Expression::parse(text).unwrap().value("epoch", 3.0);
            assert!((value - expected).abs() < 1e-15, "{text}: {value}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in ["", "1 +", "(1", "1 2", "lambda epoch: 1"] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
    }
}
