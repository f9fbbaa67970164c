//! The part of Python's syntax that the cases are written in.

use super::value::Value;

/// An expression of a case.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Literal(Value),
    Name(String),
    Tuple(Vec<Expression>),
    List(Vec<Expression>),
    /// A function, or a method of the expression before it.
    Call(Option<Box<Expression>>, String, Vec<Expression>),
    Attribute(Box<Expression>, String),
    Index(Box<Expression>, i128),
    /// `a | b`, for flags.
    Or(Box<Expression>, Box<Expression>),
}

/// `targets = expression`, or an expression alone.
pub(crate) struct Statement {
    pub(crate) targets: Vec<String>,
    pub(crate) expression: Expression,
}

/// The statements of a case.
pub(crate) fn statements(case: &str) -> Vec<Statement> {
    case.split(" ; ").map(statement).collect()
}

fn statement(text: &str) -> Statement {
    let (targets, expression) = match text.split_once(" = ") {
        Some((targets, expression)) => {
            (targets.split(',').map(|target| target.trim().to_owned()).collect(), expression)
        }
        None => (Vec::new(), text),
    };
    let mut parser = Parser { text: expression, at: 0 };
    let parsed = parser.expression();
    assert!(parser.peek().is_none(), "what is {:?} in: {text}", &expression[parser.at..]);
    Statement { targets, expression: parsed }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.as_bytes().get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) {
        assert!(self.take(byte), "{:?} is missing at {:?}", char::from(byte), &self.text[self.at..]);
    }

    fn word(&mut self) -> String {
        self.peek();
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_owned()
    }

    fn expression(&mut self) -> Expression {
        let left = self.operand();
        if self.take(b'|') {
            return Expression::Or(Box::new(left), Box::new(self.expression()));
        }
        left
    }

    fn operand(&mut self) -> Expression {
        let mut expression = self.primary();
        loop {
            if self.take(b'.') {
                let name = self.word();
                expression = if self.take(b'(') {
                    Expression::Call(Some(Box::new(expression)), name, self.list(b')').0)
                } else {
                    Expression::Attribute(Box::new(expression), name)
                };
            } else if self.take(b'[') {
                let Expression::Literal(Value::Int(index)) = self.expression() else {
                    panic!("an index is a number: {}", self.text)
                };
                self.expect(b']');
                expression = Expression::Index(Box::new(expression), index);
            } else {
                return expression;
            }
        }
    }

    fn primary(&mut self) -> Expression {
        match self.peek() {
            Some(b'(') => {
                self.at += 1;
                match self.list(b')') {
                    (mut items, false) if items.len() == 1 => items.remove(0),
                    (items, _) => Expression::Tuple(items),
                }
            }
            Some(b'[') => {
                self.at += 1;
                Expression::List(self.list(b']').0)
            }
            Some(b'\'') => Expression::Literal(Value::Str(
                String::from_utf8(self.quoted(true)).expect("a text of Unicode characters"),
            )),
            Some(b'b') if self.text[self.at..].starts_with("b'") => {
                self.at += 1;
                Expression::Literal(Value::Bytes(self.quoted(false)))
            }
            Some(b'-' | b'0'..=b'9') => Expression::Literal(self.number()),
            _ => self.name(),
        }
    }

    fn name(&mut self) -> Expression {
        let name = self.word();
        assert!(!name.is_empty(), "an expression is missing at {:?} in {}", &self.text[self.at..], self.text);
        match name.as_str() {
            "None" => return Expression::Literal(Value::None),
            "True" | "False" => return Expression::Literal(Value::Bool(name == "True")),
            _ => {}
        }
        if self.take(b'(') { Expression::Call(None, name, self.list(b')').0) } else { Expression::Name(name) }
    }

    /// Expressions up to a closing byte, and whether a comma ends them.
    fn list(&mut self, close: u8) -> (Vec<Expression>, bool) {
        let mut items = Vec::new();
        let mut comma = false;
        while !self.take(close) {
            assert!(items.is_empty() || comma, "a comma is missing at {:?}", &self.text[self.at..]);
            items.push(self.expression());
            comma = self.take(b',');
        }
        (items, comma)
    }

    fn number(&mut self) -> Value {
        let negative = self.take(b'-');
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
        // An exponent may have a sign.
        let end = match rest[..end].strip_suffix('e') {
            Some(_) => {
                let sign = end + 1;
                sign + rest[sign..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - sign)
            }
            None => end,
        };
        let text = &rest[..end];
        self.at += end;
        let sign = if negative { -1 } else { 1 };
        if let Some(digits) = text.strip_prefix("0x") {
            return Value::Int(sign * i128::from_str_radix(digits, 16).expect("hexadecimal digits"));
        }
        match text.parse::<i128>() {
            Ok(number) => Value::Int(sign * number),
            Err(_) => Value::Float(sign as f64 * text.parse::<f64>().expect("a number")),
        }
    }

    /// The bytes between quotation marks. `\x..` is a character in a text, and a byte in bytes.
    fn quoted(&mut self, text: bool) -> Vec<u8> {
        self.expect(b'\'');
        let mut bytes = Vec::new();
        loop {
            let byte = self.text.as_bytes()[self.at];
            self.at += 1;
            match byte {
                b'\'' => return bytes,
                b'\\' => {
                    let escape = self.text.as_bytes()[self.at];
                    self.at += 1;
                    let value = match escape {
                        b'n' => b'\n',
                        b'0' => 0,
                        b'\\' => b'\\',
                        b'x' => {
                            self.at += 2;
                            u8::from_str_radix(&self.text[self.at - 2..self.at], 16).expect("two digits")
                        }
                        other => panic!("what is \\{} in {}", char::from(other), self.text),
                    };
                    if text {
                        bytes.extend(char::from(value).encode_utf8(&mut [0; 4]).bytes());
                    } else {
                        bytes.push(value);
                    }
                }
                byte => bytes.push(byte),
            }
        }
    }
}
