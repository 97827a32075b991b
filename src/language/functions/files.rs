//! Functions of files, which are those of the approved commit; and of paths.
//! Know nothing of how files are read: the scope hands them in.

use super::{ANY, Context, Function, Outcome, STRING, any_type, bool_type, function, render, string_type, text};
use crate::language::FileError;
use crate::language::types::Type;
use crate::language::value::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[
    // Depends on where the repository lies on a machine.
    function("abspath", &[STRING], string_type, |_, _| Ok(Value::unknown(Type::String))),
    function("basename", &[STRING], string_type, |_, arguments| Ok(Value::string(basename(text(&arguments[0]))))),
    function("dirname", &[STRING], string_type, |_, arguments| Ok(Value::string(dirname(text(&arguments[0]))))),
    function("pathexpand", &[STRING], string_type, |_, arguments| {
        Ok(match text(&arguments[0]) {
            path if path.starts_with('~') => Value::unknown(Type::String),
            path => Value::string(path),
        })
    }),
    function("file", &[STRING], string_type, |context, arguments| {
        text_of(context, text(&arguments[0])).map(|text| text.map_or_else(unknown, Value::string))
    }),
    function("filebase64", &[STRING], string_type, |context, arguments| {
        Ok(read(context, text(&arguments[0]))?.map_or_else(unknown, |bytes| Value::string(STANDARD.encode(bytes))))
    }),
    function("fileexists", &[STRING], bool_type, |context, arguments| match read(context, text(&arguments[0])) {
        Ok(Some(_)) => Ok(true.into()),
        Ok(None) => Ok(Value::unknown(Type::Bool)),
        Err(_) => Ok(false.into()),
    }),
    function("fileset", &[STRING, STRING], |_| Type::set(Type::String), file_set),
    function("templatefile", &[STRING, ANY.marked()], any_type, |context, arguments| {
        let path = text(&arguments[0]);
        match text_of(context, path)? {
            Some(source) => render(context, &source, &arguments[1]).map_err(|error| format!("{path}: {error}")),
            None => Ok(Value::dynamic()),
        }
    }),
    function("templatestring", &[STRING, ANY.marked()], any_type, |context, arguments| {
        render(context, text(&arguments[0]), &arguments[1])
    }),
];

fn unknown() -> Value {
    Value::unknown(Type::String)
}

/// The content of a file; none where it cannot be told.
///
/// # Errors
/// Where there is no such file.
pub(super) fn read(context: &mut Context<'_, '_>, path: &str) -> Result<Option<Arc<[u8]>>, String> {
    match context.evaluator.scope.file(path) {
        Ok(bytes) => {
            context.spend(bytes.len() / 256)?;
            Ok(Some(bytes))
        }
        Err(FileError::Missing) => Err(format!("there is no file {path:?} in the repository")),
        Err(FileError::NotKnown) => Ok(None),
    }
}

fn text_of(context: &mut Context<'_, '_>, path: &str) -> Result<Option<String>, String> {
    let Some(bytes) = read(context, path)? else { return Ok(None) };
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Some(text.to_owned())),
        Err(_) => Err(format!("{path:?} is not UTF-8")),
    }
}

/// The last part of a path, as Go's `path.Base` has it.
fn basename(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => ".",
        (_, true) => "/",
        _ => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

/// All but the last part of a path, as Go's `path.Dir` has it.
fn dirname(path: &str) -> String {
    cleaned(&path[..path.rfind('/').map_or(0, |at| at + 1)])
}

/// The shortest path of the same meaning, as Go's `path.Clean` has it.
fn cleaned(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".into(),
        (false, false) => parts.join("/"),
    }
}

fn file_set(context: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let [directory, pattern] = arguments else { return Err("two arguments are taken".into()) };
    let pattern = cleaned(text(pattern));
    // `*` stays within a directory, `**` does not, and braces list alternatives.
    let glob = globset::GlobBuilder::new(&pattern).literal_separator(true).build();
    let glob = glob.map_err(|_| format!("{pattern:?} is no pattern of paths"))?.compile_matcher();
    let listed = match context.evaluator.scope.files(text(directory)) {
        Ok(listed) => listed,
        Err(FileError::NotKnown) => return Ok(Value::unknown(Type::set(Type::String))),
        Err(FileError::Missing) => Vec::new(),
    };
    context.spend(listed.len())?;
    let found = listed.iter().filter(|path| glob.is_match(path)).map(Value::string).collect();
    Ok(Value::set(Type::String, found))
}
