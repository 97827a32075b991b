//! Evaluates expressions as far as that can be done without any provider. The one way in is [`evaluate`]; a fuller
//! implementation of the language takes its place without anybody noticing.
//! Knows nothing of blocks, modules or files: what a reference stands for, the [`Scope`] tells.

mod conditional;
mod functions;
mod number;
mod operators;
mod template;
pub(crate) mod types;
mod value;

use super::syntax::{Expression, JsonValue, settle_template};
use hcl_edit::expr as hcl;
use number::Number;
use std::collections::BTreeMap;
use std::sync::Arc;
pub(crate) use value::Value;

/// What expressions may refer to.
pub(crate) trait Scope {
    /// The value of a reference; [`Value::Unknown`] for whatever cannot be told.
    fn resolve(&self, reference: Reference<'_>) -> Value;

    /// Takes so many steps off what evaluation may still cost; false when that is used up.
    fn spend(&self, steps: usize) -> bool;
}

/// A reference at the start of a traversal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reference<'a> {
    /// `var.name`
    Variable(&'a str),
    /// `local.name`
    Local(&'a str),
    /// `each.key`
    EachKey,
    /// `each.value`
    EachValue,
    /// `count.index`
    CountIndex,
    /// `terraform.workspace`
    Workspace,
    /// `type.name` or `data.type.name`, all instances together.
    Resource { data: bool, resource_type: &'a str, name: &'a str },
    /// `module.name`, all instances together.
    Module(&'a str),
    /// `module.name.output`, or with the key of an instance.
    Output { module: &'a str, key: Option<&'a Value>, output: &'a str },
}

/// An expression that has no value: a key that is not there, for example. `try` and `can` live on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Failed;

type Evaluated = Result<Value, Failed>;

/// Evaluates an expression. `names` are what surrounds it beyond the scope: the iterators of `dynamic` blocks.
pub(crate) fn evaluate(expression: &Expression, scope: &dyn Scope, names: &[(String, Value)]) -> Value {
    let mut evaluator = Evaluator { scope, names: names.to_vec() };
    let value = match expression {
        Expression::Native(expression) => evaluator.expression(expression),
        Expression::Json(value) => evaluator.json(value),
    };
    value.unwrap_or(Value::Unknown)
}

/// The value of an expression in which nothing can be referred to: a default, a file of variable values.
/// Strings of the JSON syntax are no templates there.
pub(crate) fn constant(expression: &Expression) -> Value {
    match expression {
        Expression::Native(_) => evaluate(expression, &Nothing, &[]),
        Expression::Json(value) => plain_json(value),
    }
}

/// The scope in which there is nothing.
struct Nothing;

impl Scope for Nothing {
    fn resolve(&self, _: Reference<'_>) -> Value {
        Value::Unknown
    }

    fn spend(&self, _: usize) -> bool {
        true
    }
}

fn plain_json(value: &JsonValue) -> Value {
    match value {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(value) => Value::Bool(*value),
        JsonValue::Number(text) => Number::parse(text).map_or(Value::Unknown, Value::Number),
        JsonValue::String(text) => Value::string(text.as_str()),
        JsonValue::Array(elements) => Value::list(elements.iter().map(plain_json).collect()),
        JsonValue::Object(entries) => {
            Value::map(entries.iter().map(|entry| (entry.name.as_str().into(), plain_json(&entry.value))).collect())
        }
    }
}

struct Evaluator<'a> {
    scope: &'a dyn Scope,
    /// Names that `for` and `dynamic` brought in, innermost last.
    names: Vec<(String, Value)>,
}

impl Evaluator<'_> {
    fn expression(&mut self, expression: &hcl::Expression) -> Evaluated {
        if !self.scope.spend(1) {
            return Ok(Value::Unknown);
        }
        Ok(match expression {
            hcl::Expression::Null(_) => Value::Null,
            hcl::Expression::Bool(value) => Value::Bool(*value.value()),
            hcl::Expression::Number(number) => {
                let text = number.as_repr().map_or_else(|| number.value().to_string(), |text| text.to_string());
                Number::parse(&text).map_or(Value::Unknown, Value::Number)
            }
            hcl::Expression::String(text) => Value::string(text.value().as_str()),
            hcl::Expression::Array(array) => {
                let values = array.iter().map(|element| self.expression(element)).collect::<Result<_, _>>()?;
                Value::list(values)
            }
            hcl::Expression::Object(object) => self.object(object)?,
            hcl::Expression::StringTemplate(template) => self.string_template(template)?,
            hcl::Expression::HeredocTemplate(heredoc) => self.heredoc(heredoc)?,
            hcl::Expression::Parenthesis(parenthesis) => self.expression(parenthesis.inner())?,
            hcl::Expression::Variable(name) => self.named(name.as_str()).unwrap_or(Value::Unknown),
            hcl::Expression::Conditional(conditional) => self.conditional(conditional)?,
            hcl::Expression::FuncCall(call) => self.call(call)?,
            hcl::Expression::Traversal(traversal) => self.traversal(traversal)?,
            hcl::Expression::UnaryOp(operation) => {
                let operand = self.expression(&operation.expr)?;
                operators::unary(*operation.operator.value(), &operand)
            }
            hcl::Expression::BinaryOp(operation) => {
                let left = self.expression(&operation.lhs_expr)?;
                let right = self.expression(&operation.rhs_expr)?;
                operators::binary(&left, *operation.operator.value(), &right)
            }
            hcl::Expression::ForExpr(expression) => self.for_expression(expression)?,
        })
    }

    fn json(&mut self, value: &JsonValue) -> Evaluated {
        if !self.scope.spend(1) {
            return Ok(Value::Unknown);
        }
        Ok(match value {
            JsonValue::String(text) => self.json_template(text)?,
            JsonValue::Array(elements) => {
                Value::list(elements.iter().map(|element| self.json(element)).collect::<Result<_, _>>()?)
            }
            JsonValue::Object(entries) => {
                let mut values = BTreeMap::new();
                for entry in entries {
                    let Some(name) = self.json_template(&entry.name)?.to_text() else { return Ok(Value::Unknown) };
                    values.insert(name, self.json(&entry.value)?);
                }
                Value::map(values)
            }
            _ => plain_json(value),
        })
    }

    fn json_template(&mut self, text: &str) -> Evaluated {
        if !text.contains("${") && !text.contains("%{") {
            return Ok(Value::string(text));
        }
        match hcl_edit::parser::parse_template(text) {
            Ok(mut template) => {
                settle_template(&mut template, false);
                self.wrapped_template(&template)
            }
            Err(_) => Ok(Value::Unknown),
        }
    }

    fn object(&mut self, object: &hcl::Object) -> Evaluated {
        let mut values = BTreeMap::new();
        for (key, value) in object.iter() {
            let key = match key {
                hcl::ObjectKey::Ident(name) => Value::string(name.as_str()),
                // A lone word is a key, not a reference.
                hcl::ObjectKey::Expression(hcl::Expression::Variable(name)) => Value::string(name.as_str()),
                hcl::ObjectKey::Expression(expression) => self.expression(expression)?,
            };
            let value = self.expression(value.expr())?;
            let Some(key) = key.to_text() else { return Ok(Value::Unknown) };
            values.insert(key, value);
        }
        Ok(Value::map(values))
    }

    fn named(&self, name: &str) -> Option<Value> {
        self.names.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn traversal(&mut self, traversal: &hcl::Traversal) -> Evaluated {
        let operators: Vec<&hcl::TraversalOperator> =
            traversal.operators.iter().map(|operator| operator.value()).collect();
        let hcl::Expression::Variable(root) = &traversal.expr else {
            let value = self.expression(&traversal.expr)?;
            return self.steps(value, &operators);
        };
        if let Some(value) = self.named(root.as_str()) {
            return self.steps(value, &operators);
        }
        let (value, used) = self.reference(root.as_str(), &operators)?;
        self.steps(value, &operators[used..])
    }

    /// The value of the reference that a traversal begins with, and how many of its steps belong to it.
    fn reference(&mut self, root: &str, operators: &[&hcl::TraversalOperator]) -> Result<(Value, usize), Failed> {
        let name = |position: usize| match operators.get(position) {
            Some(hcl::TraversalOperator::GetAttr(name)) => Some(name.as_str()),
            _ => None,
        };
        let Some(first) = name(0) else { return Ok((Value::Unknown, operators.len())) };
        let reference = match (root, first, name(1)) {
            ("var", ..) => Reference::Variable(first),
            ("local", ..) => Reference::Local(first),
            ("each", "key", _) => Reference::EachKey,
            ("each", "value", _) => Reference::EachValue,
            ("count", "index", _) => Reference::CountIndex,
            ("terraform", "workspace", _) => Reference::Workspace,
            ("module", ..) => return self.module(first, operators),
            ("data", resource_type, Some(name)) => {
                return Ok((self.scope.resolve(Reference::Resource { data: true, resource_type, name }), 2));
            }
            ("path" | "self" | "terraform" | "each" | "count" | "data" | "ephemeral", ..) => {
                return Ok((Value::Unknown, operators.len()));
            }
            (resource_type, name, _) => Reference::Resource { data: false, resource_type, name },
        };
        Ok((self.scope.resolve(reference), 1))
    }

    /// `module.name…`: where one output of one instance is meant, only that is evaluated.
    fn module(&mut self, module: &str, operators: &[&hcl::TraversalOperator]) -> Result<(Value, usize), Failed> {
        use hcl::TraversalOperator::{GetAttr, Index};
        match operators {
            [_, GetAttr(output), ..] => {
                let reference = Reference::Output { module, key: None, output: output.as_str() };
                Ok((self.scope.resolve(reference), 2))
            }
            [_, Index(key), GetAttr(output), ..] => {
                let key = self.expression(key)?;
                let reference = Reference::Output { module, key: Some(&key), output: output.as_str() };
                Ok((self.scope.resolve(reference), 3))
            }
            _ => Ok((self.scope.resolve(Reference::Module(module)), 1)),
        }
    }

    fn steps(&mut self, value: Value, operators: &[&hcl::TraversalOperator]) -> Evaluated {
        use hcl::TraversalOperator as Operator;
        let mut value = value;
        for (position, operator) in operators.iter().enumerate() {
            let rest = &operators[position + 1..];
            value = match operator {
                Operator::GetAttr(name) => step(&value, &Value::string(name.as_str()))?,
                Operator::LegacyIndex(index) => {
                    step(&value, &usize::try_from(*index.value()).map_or(Value::Unknown, Value::integer))?
                }
                Operator::Index(key) => {
                    let key = self.expression(key)?;
                    step(&value, &key)?
                }
                Operator::FullSplat(_) => return self.splat(&value, rest),
                Operator::AttrSplat(_) => {
                    let names = rest.iter().take_while(|operator| matches!(operator, Operator::GetAttr(_))).count();
                    let each = self.splat(&value, &rest[..names])?;
                    return self.steps(each, &rest[names..]);
                }
            };
        }
        Ok(value)
    }

    fn splat(&mut self, value: &Value, steps: &[&hcl::TraversalOperator]) -> Evaluated {
        let single = [value.clone()];
        let elements = match value {
            Value::Unknown => return Ok(Value::Unknown),
            Value::Null => &[],
            Value::List(_) | Value::Set(_) if !value.is_ordered() => return Ok(Value::Unknown),
            Value::List(items) | Value::Set(items) => items.values.as_slice(),
            _ => &single,
        };
        if !self.scope.spend(elements.len()) {
            return Ok(Value::Unknown);
        }
        Ok(Value::list(elements.iter().map(|element| self.steps(element.clone(), steps)).collect::<Result<_, _>>()?))
    }

    fn for_expression(&mut self, expression: &hcl::ForExpr) -> Evaluated {
        let collection = self.expression(&expression.intro.collection_expr)?;
        let Some(pairs) = pairs(&collection) else { return Ok(Value::Unknown) };
        let depth = self.names.len();
        let result = self.for_pairs(expression, pairs);
        self.names.truncate(depth);
        result
    }

    fn for_pairs(&mut self, expression: &hcl::ForExpr, pairs: Vec<(Value, Value)>) -> Evaluated {
        let mut results = Vec::new();
        for (key, value) in pairs {
            let depth = self.names.len();
            if let Some(name) = &expression.intro.key_var {
                self.names.push((name.as_str().to_owned(), key));
            }
            self.names.push((expression.intro.value_var.as_str().to_owned(), value));
            let wanted = match &expression.cond {
                Some(condition) => self.expression(&condition.expr)?.to_bool(),
                None => Some(true),
            };
            let key = match (&expression.key_expr, wanted) {
                (_, None) => return Ok(Value::Unknown),
                (Some(key), Some(true)) => self.expression(key)?,
                _ => Value::Null,
            };
            if wanted == Some(true) {
                results.push((key, self.expression(&expression.value_expr)?));
            }
            self.names.truncate(depth);
        }
        match &expression.key_expr {
            None => Ok(Value::list(results.into_iter().map(|(_, value)| value).collect())),
            Some(_) => Ok(keyed(results, expression.grouping)),
        }
    }
}

/// The object that a `for` yields.
fn keyed(results: Vec<(Value, Value)>, grouping: bool) -> Value {
    let mut groups: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
    for (key, value) in results {
        let Some(key) = key.to_text() else { return Value::Unknown };
        groups.entry(key).or_default().push(value);
    }
    if grouping {
        return Value::map(groups.into_iter().map(|(key, values)| (key, Value::list(values))).collect());
    }
    let mut entries = BTreeMap::new();
    for (key, mut values) in groups {
        match (values.pop(), values.is_empty()) {
            (Some(value), true) => entries.insert(key, value),
            // Two values under one key are an error of the configuration.
            _ => return Value::Unknown,
        };
    }
    Value::map(entries)
}

/// What a `for` or a `dynamic` block iterates over: keys with values. None where that is not known.
pub(crate) fn pairs(collection: &Value) -> Option<Vec<(Value, Value)>> {
    match collection {
        Value::List(items) => {
            let pair = |(position, value): (usize, &Value)| (Value::integer(position), value.clone());
            Some(items.values.iter().enumerate().map(pair).collect())
        }
        Value::Set(items) if collection.is_ordered() => {
            Some(items.values.iter().map(|value| (value.clone(), value.clone())).collect())
        }
        Value::Map(items) => {
            Some(items.values.iter().map(|(key, value)| (Value::String(key.clone()), value.clone())).collect())
        }
        _ => None,
    }
}

/// One step into a value.
fn step(value: &Value, key: &Value) -> Evaluated {
    match (value, key) {
        (Value::Unknown, _) | (_, Value::Unknown) => Ok(Value::Unknown),
        (Value::List(items), _) => match key.to_number().map(|number| number.integer()) {
            Some(Some(index)) => {
                usize::try_from(index).ok().and_then(|index| items.values.get(index)).cloned().ok_or(Failed)
            }
            _ => Err(Failed),
        },
        (Value::Map(items), _) => key.to_text().and_then(|key| items.values.get(&key).cloned()).ok_or(Failed),
        _ => Err(Failed),
    }
}

#[cfg(test)]
mod tests;
