//! The value of an expression.
//! Knows nothing of blocks, modules or files: what a reference stands for, the [`Scope`] tells.

use super::ast::{Expression, For, Key, Node, Span, Step};
use super::convert::{convert, to_text, unmarked};
use super::operators;
use super::types::Type;
use super::unify::unify;
use super::value::{Kind, Marks, Range, Value};
use super::{Failure, Reference, Scope};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value, or why there is none. `try` and `can` live on the latter.
pub(super) type Evaluated = Result<Value, Box<Failure>>;

/// Values with the keys that `for` gives them; the keys are empty where it gives none.
type Keyed = Vec<(Arc<str>, Value)>;

/// Bytes of a template's beginning that are remembered when the rest is unknown, as HCL does.
const PREFIX: usize = 128;

/// Templates within templates.
const TEMPLATES: usize = 16;

pub(super) struct Evaluator<'a> {
    pub(super) scope: &'a dyn Scope,
    /// Names that `for`, `dynamic` and templates brought in, innermost last.
    names: Vec<(Arc<str>, Value)>,
    /// How many templates this is within; inside of one only its names are seen.
    templates: usize,
}

/// A failure at a place.
pub(super) fn failed<T>(span: Span, message: impl Into<String>) -> Result<T, Box<Failure>> {
    Err(Box::new(Failure { message: message.into(), span, exhausted: false }))
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(scope: &'a dyn Scope, names: &[(Arc<str>, Value)]) -> Self {
        Self { scope, names: names.to_vec(), templates: 0 }
    }

    /// Takes so many steps off what evaluation may still cost.
    pub(super) fn spend(&self, steps: usize, span: Span) -> Result<(), Box<Failure>> {
        match self.scope.spend(steps) {
            true => Ok(()),
            false => Err(Box::new(Failure { message: "takes too much to be evaluated".into(), span, exhausted: true })),
        }
    }

    pub(super) fn expression(&mut self, expression: &Expression) -> Evaluated {
        self.spend(1, expression.span)?;
        let span = expression.span;
        match &expression.node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Template(parts) => self.template(parts, span),
            Node::Join(inner) => self.joined(inner),
            Node::Parenthesis(inner) => self.expression(inner),
            Node::Tuple(elements) => {
                Ok(Value::tuple(elements.iter().map(|element| self.expression(element)).collect::<Result<_, _>>()?))
            }
            Node::Object(entries) => self.object(entries),
            Node::Name(name) => match self.named(name) {
                Some(value) => Ok(value),
                None if self.templates > 0 => failed(span, format!("the template is not given {name}")),
                None => Ok(Value::dynamic()),
            },
            Node::Steps(source, steps) => self.lookup(source, steps, span),
            Node::Call(call) => self.call(call, span),
            Node::Conditional(parts) => self.conditional(parts),
            Node::Unary(operator, operand) => {
                let operand = self.expression(operand)?;
                operators::unary(*operator, &operand).or_else(|message| failed(span, message))
            }
            Node::Binary(operands, operator) => {
                let left = self.expression(&operands[0])?;
                let right = self.expression(&operands[1])?;
                operators::binary(&left, *operator, &right).or_else(|message| failed(span, message))
            }
            Node::For(inner) => self.for_expression(inner),
        }
    }

    /// Evaluates a template with names of its own and nothing else to refer to.
    pub(super) fn within_template(&mut self, template: &Expression, names: Vec<(Arc<str>, Value)>) -> Evaluated {
        if self.templates >= TEMPLATES {
            return failed(template.span, format!("more than {TEMPLATES} templates within each other"));
        }
        let outer = std::mem::replace(&mut self.names, names);
        self.templates += 1;
        let result = self.expression(template);
        self.templates -= 1;
        self.names = outer;
        result
    }

    fn named(&self, name: &str) -> Option<Value> {
        self.names.iter().rev().find(|(known, _)| &**known == name).map(|(_, value)| value.clone())
    }

    fn template(&mut self, parts: &[Expression], span: Span) -> Evaluated {
        let mut text = String::new();
        let mut known = true;
        let mut marks = Marks::default();
        for part in parts {
            let value = self.expression(part)?.unmarked(&mut marks);
            if value.is_null() {
                return failed(part.span, "null cannot be part of a string");
            }
            if !value.is_known() {
                known = false;
                continue;
            }
            let Some(piece) = to_text(&value) else {
                return failed(part.span, format!("{} cannot be part of a string", value.value_type().name()));
            };
            if known {
                text.push_str(&piece);
            }
            self.spend(1 + piece.len() / 64, span)?;
        }
        let value = match known {
            true => Value::string(text),
            false => {
                Value::ranged(Type::String, Range { not_null: true, prefix: known_prefix(&text), ..Range::default() })
            }
        };
        Ok(value.marked(marks))
    }

    /// `%{ for }`: the elements of a tuple as one string.
    fn joined(&mut self, inner: &Expression) -> Evaluated {
        let (tuple, mut marks) = unmarked(&self.expression(inner)?);
        let Some(elements) = tuple.elements() else { return Ok(Value::unknown(Type::String).marked(marks)) };
        let mut text = String::new();
        for element in elements {
            let element = element.clone().unmarked(&mut marks);
            if element.is_null() {
                return failed(inner.span, "null cannot be part of a string");
            }
            if !element.is_known() {
                return Ok(Value::unknown(Type::String).marked(marks));
            }
            match to_text(&element) {
                Some(piece) => text.push_str(&piece),
                None => return failed(inner.span, "a part of the template is no string"),
            }
            self.spend(1 + text.len() / 4096, inner.span)?;
        }
        Ok(Value::string(text).marked(marks))
    }

    fn object(&mut self, entries: &[(Key, Expression)]) -> Evaluated {
        let mut values = BTreeMap::new();
        let mut marks = Marks::default();
        let mut known = true;
        for (key, value) in entries {
            let key = match key {
                Key::Name(name) => name.clone(),
                Key::Expression(expression) if is_reference(expression) => {
                    return failed(expression.span, "a key with dots needs parentheses or quotes");
                }
                Key::Expression(expression) => {
                    let key = self.expression(expression)?.unmarked(&mut marks);
                    if key.is_null() {
                        return failed(expression.span, "null cannot be a key");
                    }
                    match to_text(&key) {
                        Some(key) => key,
                        None if key.is_known() => {
                            return failed(expression.span, format!("{} cannot be a key", key.value_type().name()));
                        }
                        None => {
                            known = false;
                            continue;
                        }
                    }
                }
            };
            values.insert(key, self.expression(value)?);
        }
        Ok(if known { Value::object(values).marked(marks) } else { Value::dynamic() })
    }

    fn conditional(&mut self, [condition, on_true, on_false]: &[Expression; 3]) -> Evaluated {
        // Both sides are evaluated, for both lend their types; only the chosen one may not fail.
        let first = self.expression(on_true);
        let second = self.expression(on_false);
        for side in [&first, &second] {
            if let Err(failure) = side
                && failure.exhausted
            {
                return Err(failure.clone());
            }
        }
        let lent = |side: &Evaluated| side.as_ref().map_or_else(|_| Value::dynamic(), Value::clone);
        let (one, other) = (lent(&first), lent(&second));
        let result_type = if plain_null(&one) {
            other.value_type()
        } else if plain_null(&other) {
            one.value_type()
        } else if one.is_dynamic() || other.is_dynamic() {
            Type::Dynamic
        } else {
            match unify(&[one.value_type(), other.value_type()], true) {
                Some(result_type) => result_type,
                None => {
                    let (one, other) = (one.value_type().name(), other.value_type().name());
                    return failed(
                        on_true.span,
                        format!("the results of a condition have no type in common: {one} and {other}"),
                    );
                }
            }
        };
        let chosen = self.expression(condition)?;
        if chosen.is_null() {
            return failed(condition.span, "the condition is null");
        }
        let chosen = match convert(&chosen, &Type::Bool) {
            Ok(chosen) => chosen,
            Err(error) => return failed(condition.span, format!("the condition is no boolean: {error}")),
        };
        let Some(condition) = chosen.boolean() else {
            return Ok(either(&one, &other, result_type).marked(chosen.marks.or(one.marks).or(other.marks)));
        };
        let (value, side) = if condition { (first?, on_true) } else { (second?, on_false) };
        Ok(convert(&value, &result_type).or_else(|error| failed(side.span, error))?.marked(chosen.marks))
    }

    fn for_expression(&mut self, inner: &For) -> Evaluated {
        let (collection, mut marks) = unmarked(&self.expression(&inner.collection)?);
        if collection.is_null() {
            return failed(inner.collection.span, "null cannot be iterated over");
        }
        let Some(pairs) = collection.pairs() else {
            return match collection.is_known() || collection.value_type().is_primitive() {
                true => {
                    failed(inner.collection.span, format!("{} cannot be iterated over", collection.value_type().name()))
                }
                false => Ok(Value::dynamic().marked(marks)),
            };
        };
        let depth = self.names.len();
        let results = self.for_pairs(inner, pairs, &mut marks);
        self.names.truncate(depth);
        let Some(results) = results? else { return Ok(Value::dynamic()) };
        let value = match (&inner.key, inner.grouping) {
            (None, _) => Value::tuple(results.into_iter().map(|(_, value)| value).collect()),
            (Some(_), true) => {
                let mut groups: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
                for (key, value) in results {
                    groups.entry(key).or_default().push(value);
                }
                Value::object(groups.into_iter().map(|(key, values)| (key, Value::tuple(values))).collect())
            }
            (Some(key), false) => {
                let mut entries = BTreeMap::new();
                for (name, value) in results {
                    if entries.insert(name, value).is_some() {
                        return failed(key.span, "two elements have the same key");
                    }
                }
                Value::object(entries)
            }
        };
        Ok(value.marked(marks))
    }

    /// Keys (empty where there are none) and values; none where it is unknown which there are.
    fn for_pairs(
        &mut self,
        inner: &For,
        pairs: Vec<(Value, Value)>,
        marks: &mut Marks,
    ) -> Result<Option<Keyed>, Box<Failure>> {
        let mut results = Vec::with_capacity(pairs.len());
        let mut known = true;
        for (key, value) in pairs {
            let depth = self.names.len();
            if let Some(name) = &inner.key_name {
                self.names.push((name.clone(), key));
            }
            self.names.push((inner.value_name.clone(), value));
            let wanted = match &inner.condition {
                Some(condition) => self.included(condition, marks)?,
                None => Some(true),
            };
            match wanted {
                Some(true) => match &inner.key {
                    None => results.push(("".into(), self.expression(&inner.value)?)),
                    Some(key) => {
                        let name = self.for_key(key, marks)?;
                        let value = self.expression(&inner.value)?;
                        match name {
                            Some(name) => results.push((name, value)),
                            None => known = false,
                        }
                    }
                },
                Some(false) => {}
                None => known = false,
            }
            self.names.truncate(depth);
        }
        Ok(known.then_some(results))
    }

    fn included(&mut self, condition: &Expression, marks: &mut Marks) -> Result<Option<bool>, Box<Failure>> {
        let value = self.expression(condition)?.unmarked(marks);
        if value.is_null() {
            return failed(condition.span, "the condition is null");
        }
        match convert(&value, &Type::Bool) {
            Ok(value) => Ok(value.boolean()),
            Err(error) => failed(condition.span, format!("the condition is no boolean: {error}")),
        }
    }

    fn for_key(&mut self, key: &Expression, marks: &mut Marks) -> Result<Option<Arc<str>>, Box<Failure>> {
        let value = self.expression(key)?.unmarked(marks);
        if value.is_null() {
            return failed(key.span, "null cannot be a key");
        }
        match to_text(&value) {
            Some(text) => Ok(Some(text)),
            None if value.is_known() => failed(key.span, format!("{} cannot be a key", value.value_type().name())),
            None => Ok(None),
        }
    }

    fn lookup(&mut self, source: &Expression, steps: &[Step], span: Span) -> Evaluated {
        let (value, used) = match &source.node {
            Node::Name(name) => match self.named(name) {
                Some(value) => (value, 0),
                None => self.reference(name, steps)?,
            },
            _ => (self.expression(source)?, 0),
        };
        self.steps(value, &steps[used..], span)
    }

    /// The value of the reference that a lookup begins with, and how many of its steps belong to it.
    fn reference(&mut self, root: &str, steps: &[Step]) -> Result<(Value, usize), Box<Failure>> {
        let name = |position: usize| match steps.get(position) {
            Some(Step::Attribute(name)) => Some(&**name),
            _ => None,
        };
        if self.templates > 0 {
            return failed(Span::default(), format!("the template is not given {root}"));
        }
        let Some(first) = name(0) else { return Ok((Value::dynamic(), steps.len())) };
        let reference = match (root, first) {
            ("var", _) => Reference::Variable(first),
            ("local", _) => Reference::Local(first),
            ("each", "key") => Reference::EachKey,
            ("each", "value") => Reference::EachValue,
            ("count", "index") => Reference::CountIndex,
            ("terraform" | "tofu", "workspace") => Reference::Workspace,
            ("path", _) => Reference::Path(first),
            ("module", _) => return self.module(first, steps),
            ("data" | "ephemeral", resource_type) => {
                return Ok(match (root, name(1)) {
                    ("data", Some(name)) => {
                        (self.scope.resolve(Reference::Resource { data: true, resource_type, name }), 2)
                    }
                    ("ephemeral", Some(_)) => {
                        (Value::dynamic().marked(Marks { sensitive: false, ephemeral: true }), steps.len())
                    }
                    _ => (Value::dynamic(), steps.len()),
                });
            }
            ("self" | "terraform" | "tofu" | "each" | "count", _) => return Ok((Value::dynamic(), steps.len())),
            (resource_type, name) => Reference::Resource { data: false, resource_type, name },
        };
        Ok((self.scope.resolve(reference), 1))
    }

    /// `module.name…`: where one output of one instance is meant, only that is evaluated.
    fn module(&mut self, module: &str, steps: &[Step]) -> Result<(Value, usize), Box<Failure>> {
        match steps {
            [_, Step::Attribute(output), ..] => {
                Ok((self.scope.resolve(Reference::Output { module, key: None, output }), 2))
            }
            [_, Step::Index(key), Step::Attribute(output), ..] => {
                let key = self.expression(key)?;
                Ok((self.scope.resolve(Reference::Output { module, key: Some(&key), output }), 3))
            }
            _ => Ok((self.scope.resolve(Reference::Module(module)), 1)),
        }
    }

    fn steps(&mut self, value: Value, steps: &[Step], span: Span) -> Evaluated {
        let mut value = value;
        for (position, step) in steps.iter().enumerate() {
            let rest = &steps[position + 1..];
            value = match step {
                Step::Attribute(name) => attribute(&value, name).or_else(|message| failed(span, message))?,
                Step::Index(key) => {
                    let key = self.expression(key)?;
                    index(&value, &key).or_else(|message| failed(span, message))?
                }
                Step::Splat => return self.splat(value, rest, span),
                Step::AttributeSplat => {
                    let names = rest.iter().take_while(|step| matches!(step, Step::Attribute(_))).count();
                    let each = self.splat(value, &rest[..names], span)?;
                    return self.steps(each, &rest[names..], span);
                }
            };
        }
        Ok(value)
    }

    /// What the steps find in each element. A value that is no list stands for a list of one, null for one of none.
    fn splat(&mut self, value: Value, steps: &[Step], span: Span) -> Evaluated {
        let (source, marks) = unmarked(&value);
        let value_type = source.value_type();
        let sequence = matches!(value_type, Type::List(_) | Type::Set(_) | Type::Tuple(_));
        if source.is_null() {
            return match sequence {
                true => failed(span, "null has no elements"),
                false => Ok(Value::tuple(Vec::new()).marked(marks)),
            };
        }
        if value_type == Type::Dynamic {
            return Ok(Value::dynamic().marked(marks));
        }
        if !sequence {
            let element = self.steps(value.clone(), steps, span)?;
            // It may still turn out to be null, and then there is no element.
            return Ok(match source.is_known() || source.is_not_null() {
                true => Value::tuple(vec![element]),
                false => Value::dynamic(),
            });
        }
        let Some(elements) = source.elements() else { return self.unknown_splat(&source, steps, span, marks) };
        self.spend(elements.len(), span)?;
        let found: Vec<Value> =
            elements.iter().map(|element| self.steps(element.clone(), steps, span)).collect::<Result<_, _>>()?;
        let result = match &value_type {
            Type::Tuple(_) => Value::tuple(found),
            Type::List(element) | Type::Set(element) => {
                let element = match found.first() {
                    Some(first) => first.value_type(),
                    None => self.steps(Value::unknown((**element).clone()), steps, span)?.value_type(),
                };
                Value::list(element, found)
            }
            _ => Value::dynamic(),
        };
        Ok(result.marked(marks))
    }

    fn unknown_splat(&mut self, source: &Value, steps: &[Step], span: Span, marks: Marks) -> Evaluated {
        let mut found = |inner: &Type| Ok(self.steps(Value::unknown(inner.clone()), steps, span)?.value_type());
        let result = match &source.value_type() {
            Type::Tuple(elements) => Type::Tuple(elements.iter().map(&mut found).collect::<Result<_, Box<Failure>>>()?),
            Type::List(element) | Type::Set(element) => Type::list(found(element)?),
            _ => Type::Dynamic,
        };
        let range = Range { not_null: true, length: source.range().length, ..Range::default() };
        Ok(Value::ranged(result, range).marked(marks))
    }
}

/// Whether it is a bare reference, which is no key: nobody can tell whether its value or its text is meant.
fn is_reference(expression: &Expression) -> bool {
    matches!(&expression.node, Node::Steps(root, _) if root.name().is_some())
}

/// `null` as it is written, without a type.
fn plain_null(value: &Value) -> bool {
    matches!(value.kind, Kind::Null(Type::Dynamic))
}

/// What is known of the result of an unknown condition.
fn either(one: &Value, other: &Value, result: Type) -> Value {
    let not_null = one.is_not_null() && other.is_not_null();
    let mut range = Range { not_null, ..Range::default() };
    if let (Some(one), Some(other), true) = (one.number(), other.number(), not_null) {
        range.low = Some((one.min(other).clone(), true));
        range.high = Some((one.max(other).clone(), true));
    }
    if let (Some(one), Some(other)) = (one.length(), other.length())
        && result.is_collection()
    {
        range.length = (one.min(other), Some(one.max(other)));
    }
    Value::ranged(result, range)
}

/// The beginning of a text that is certain to stay what it is, whatever follows.
fn known_prefix(text: &str) -> Option<Arc<str>> {
    let mut end = text.len().min(PREFIX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // Nothing combines with what usually separates the parts of a name.
    if text[..end].ends_with(|last: char| "-_:;/\\,.(){}[]|?!~ \t@#$%^&*+\"'".contains(last)) {
        return Some(text[..end].into());
    }
    // What follows may combine with the last character.
    let end = unicode_segmentation::UnicodeSegmentation::grapheme_indices(&text[..end], true).next_back()?.0;
    (end > 0).then(|| text[..end].into())
}

/// `value.name`.
pub(super) fn attribute(value: &Value, name: &str) -> Result<Value, String> {
    let found = match &value.kind {
        Kind::Null(_) => return Err(format!("null has no attribute {name}")),
        Kind::Unknown(Type::Dynamic, _) => Some(Value::dynamic()),
        Kind::Unknown(Type::Object(object), _) => object.attributes.get(name).cloned().map(Value::unknown),
        Kind::Unknown(Type::Map(element), _) => Some(Value::unknown((**element).clone())),
        Kind::Object(items) => items.values.get(name).cloned(),
        Kind::Map(_, items) => match items.values.get(name) {
            Some(found) => Some(found.clone()),
            None => return Err(format!("the map has no element \"{name}\"")),
        },
        _ => None,
    };
    let what = || format!("{} has no attribute \"{name}\"", value.value_type().name());
    Ok(found.ok_or_else(what)?.marked(value.marks))
}

/// `value[key]`.
pub(super) fn index(value: &Value, key: &Value) -> Result<Value, String> {
    if value.is_null() {
        return Err("null has no elements".into());
    }
    if key.is_null() {
        return Err("null is no index".into());
    }
    let (key, marks) = unmarked(key);
    // A message would tell the key.
    indexed(value, &key, marks).map_err(|error| match marks.sensitive {
        true => "there is no element with this key, which is sensitive".into(),
        false => error,
    })
}

fn indexed(value: &Value, key: &Value, marks: Marks) -> Result<Value, String> {
    let value_type = value.value_type();
    if value_type == Type::Dynamic || key.value_type() == Type::Dynamic {
        return Ok(Value::dynamic().marked(value.marks));
    }
    let marks = match value_type {
        Type::Object(_) => value.marks,
        _ => value.marks.or(marks),
    };
    let found = match &value_type {
        Type::List(_) | Type::Tuple(_) => {
            let key = convert(key, &Type::Number).map_err(|error| format!("no such element: {error}"))?;
            sequence_element(value, &key, &value_type)?
        }
        Type::Map(_) | Type::Object(_) => {
            let key = convert(key, &Type::String).map_err(|error| format!("no such element: {error}"))?;
            match (key.text(), &value_type) {
                (Some(name), _) => return Ok(attribute(value, name)?.marked(marks)),
                (None, Type::Map(element)) => Value::unknown((**element).clone()),
                _ => Value::dynamic(),
            }
        }
        Type::Set(_) => return Err("elements of a set have no index".into()),
        other => return Err(format!("{} has no elements", other.name())),
    };
    Ok(found.marked(marks))
}

fn sequence_element(value: &Value, key: &Value, value_type: &Type) -> Result<Value, String> {
    let Some(number) = key.number() else {
        return Ok(match value_type {
            Type::List(element) => Value::unknown((**element).clone()),
            _ => Value::dynamic(),
        });
    };
    let Some(position) = number.to_usize() else { return Err(format!("{number} is no index")) };
    let missing = || format!("there is no element {position}");
    match (&value.kind, value_type) {
        (Kind::Unknown(..), Type::Tuple(elements)) => {
            elements.get(position).cloned().map(Value::unknown).ok_or_else(missing)
        }
        (Kind::Unknown(..), Type::List(element)) => match value.range().length.1 {
            Some(most) if position >= most => Err(missing()),
            _ => Ok(Value::unknown((**element).clone())),
        },
        _ => value.elements().and_then(|elements| elements.get(position)).cloned().ok_or_else(missing),
    }
}
