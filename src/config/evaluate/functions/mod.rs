//! The functions of the language that are evaluated: pure, common, and done exactly as Terraform 1.11 does them.
//! Every other function's result is unknown.
//! Knows nothing of references.

mod collections;
mod encoding;
mod network;
mod strings;

use super::number::Number;
use super::{Evaluated, Evaluator, Failed, Value};
use hcl_edit::expr::{Expression, FuncCall};

/// The result of a function; none where it cannot be told, or where the call is one that Terraform refuses.
type Outcome = Option<Value>;

impl Evaluator<'_> {
    pub(super) fn call(&mut self, call: &FuncCall) -> Evaluated {
        let name = call.name.name.as_str();
        let core = call.name.namespace.iter().all(|part| part.as_str() == "core");
        match name {
            _ if !core => return Ok(Value::Unknown),
            "try" => return self.attempt(call),
            "can" => {
                let Some(argument) = call.args.get(0) else { return Ok(Value::Unknown) };
                return Ok(match self.certain(argument) {
                    Ok(Value::Unknown) => Value::Unknown,
                    result => Value::Bool(result.is_ok()),
                });
            }
            _ => {}
        }
        let mut arguments =
            call.args.iter().map(|argument| self.expression(argument)).collect::<Result<Vec<_>, _>>()?;
        if call.args.expand_final() {
            match arguments.pop() {
                Some(last) if last.is_ordered() => arguments.extend(last.elements().unwrap_or_default().to_vec()),
                _ => return Ok(Value::Unknown),
            }
        }
        let cost = arguments.iter().map(|argument| argument.elements().map_or(1, <[Value]>::len)).sum();
        if !self.scope.spend(cost) {
            return Ok(Value::Unknown);
        }
        dispatch(name, &arguments)
    }

    /// `try`: the first argument that has a value.
    fn attempt(&mut self, call: &FuncCall) -> Evaluated {
        for argument in call.args.iter() {
            if let Ok(value) = self.certain(argument) {
                return Ok(value);
            }
        }
        Err(Failed)
    }

    /// The value of an expression that may fail. Something unknown in it may be what fails, unless all it does is to
    /// look something up in a value from elsewhere.
    fn certain(&mut self, expression: &Expression) -> Evaluated {
        let lookup = matches!(expression, Expression::Variable(_) | Expression::Traversal(_));
        let value = self.expression(expression)?;
        Ok(if lookup || value.is_known() { value } else { Value::Unknown })
    }
}

fn dispatch(name: &str, arguments: &[Value]) -> Evaluated {
    // These two have no value, rather than an unknown one, where the key is not there.
    match (name, arguments) {
        ("lookup", [Value::Map(items), key]) => {
            return match key.to_text() {
                Some(key) => items.values.get(&key).cloned().ok_or(Failed),
                None => Ok(Value::Unknown),
            };
        }
        ("index", [Value::List(items), value]) if items.values.iter().all(Value::is_known) && value.is_known() => {
            return collections::position(&items.values, value).map(Value::integer).ok_or(Failed);
        }
        _ => {}
    }
    let outcome = collections::call(name, arguments)
        .or_else(|| strings::call(name, arguments))
        .or_else(|| encoding::call(name, arguments))
        .or_else(|| network::call(name, arguments))
        .or_else(|| scalar(name, arguments));
    Ok(outcome.unwrap_or(Value::Unknown))
}

/// Numbers and conversions.
fn scalar(name: &str, arguments: &[Value]) -> Outcome {
    match (name, arguments) {
        ("tostring" | "tonumber" | "tobool", [Value::Null]) => Some(Value::Null),
        ("tostring", [value]) => value.to_text().map(Value::String),
        ("tonumber", [value]) => value.to_number().map(Value::Number),
        ("tobool", [value]) => value.to_bool().map(Value::Bool),
        ("sensitive" | "nonsensitive", [value]) => Some(value.clone()),
        ("abs", [value]) => {
            let number = value.to_number()?;
            let negative = number.compare(&Number::from(0))?.is_lt();
            Some(Value::Number(if negative { number.negated()? } else { number }))
        }
        ("floor", [value]) => value.to_number()?.floor().map(Value::Number),
        ("ceil", [value]) => value.to_number()?.negated()?.floor()?.negated().map(Value::Number),
        ("max" | "min", [_, ..]) => {
            let numbers = arguments.iter().map(Value::to_number).collect::<Option<Vec<_>>>()?;
            let mut best = numbers.first()?.clone();
            for number in numbers {
                let order = number.compare(&best)?;
                if if name == "max" { order.is_gt() } else { order.is_lt() } {
                    best = number;
                }
            }
            Some(Value::Number(best))
        }
        _ => None,
    }
}
