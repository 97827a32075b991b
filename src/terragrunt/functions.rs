//! The functions that Terragrunt adds to those of Terraform.
//! Knows nothing of blocks. What would run something, or ask somebody, is not known.

use super::file::{File, exists};
use super::paths::{absolute, directory, inside, joined, relative};
use crate::config::shown;
use crate::config::source::SourceFile;
use crate::config::syntax;
use crate::language::{Type, Value, to_json};
use std::sync::Arc;

/// Directories above one another that are looked into, as many as Terragrunt does.
const PARENTS: usize = 100;

/// Commands with each kind of arguments (pkg/config/config_helpers.go).
const VARS: &[&str] = &["apply", "console", "destroy", "import", "plan", "push", "refresh"];
const LOCKING: &[&str] = &["apply", "destroy", "import", "plan", "refresh", "taint", "untaint"];
const INPUT: &[&str] = &["apply", "import", "init", "plan", "refresh"];
const PARALLELISM: &[&str] = &["apply", "plan", "destroy"];

/// The value of a call; none where the function is not one of Terragrunt's.
pub(super) fn call(file: &File<'_>, name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
    let text = |position: usize| arguments.get(position).and_then(Value::text).map(|text| &**text);
    let known = arguments.iter().all(Value::is_known);
    Some(match name {
        "get_env" if known => environment(file, text(0), arguments.get(1)),
        "find_in_parent_folders" if known => find_in_parent_folders(file, text(0), arguments.get(1)),
        "path_relative_to_include" if known => {
            file.parent(text(0)).map(|parent| Value::string(parent.map_or(".".into(), |one| relative(one, &file.here))))
        }
        "path_relative_from_include" if known => {
            file.parent(text(0)).map(|parent| Value::string(parent.map_or(".".into(), |one| relative(&file.here, one))))
        }
        "get_parent_terragrunt_dir" if known => {
            file.parent(text(0)).map(|parent| path(file, parent.unwrap_or(&file.here)))
        }
        "get_terragrunt_dir" => Ok(path(file, &file.here)),
        "get_original_terragrunt_dir" => Ok(path(file, &file.run.unit)),
        "get_repo_root" => Ok(path(file, "")),
        "get_path_from_repo_root" => Ok(Value::string(relative("", &file.here))),
        "get_path_to_repo_root" => Ok(Value::string(relative(&file.here, ""))),
        "read_terragrunt_config" if known => read_config(file, text(0), arguments.get(1)),
        "read_tfvars_file" if known => read_values(file, text(0)),
        "mark_as_read" => Ok(arguments.first().cloned().unwrap_or_else(Value::dynamic)),
        "get_terraform_commands_that_need_vars" => Ok(commands(VARS)),
        "get_terraform_commands_that_need_locking" => Ok(commands(LOCKING)),
        "get_terraform_commands_that_need_input" => Ok(commands(INPUT)),
        "get_terraform_commands_that_need_parallelism" => Ok(commands(PARALLELISM)),
        "run_cmd" | "sops_decrypt_file" | "get_platform" | "get_working_dir" => Ok(unknown(file, name)),
        name if name.starts_with("get_aws_") || name.starts_with("get_terraform_") => Ok(unknown(file, name)),
        "get_terragrunt_source_cli_flag" | "get_default_retryable_errors" => Ok(unknown(file, name)),
        _ => return None,
    })
}

fn unknown(file: &File<'_>, name: &str) -> Value {
    file.run.note(format!("{name}() is not run: what depends on it is not known"));
    Value::dynamic()
}

fn commands(names: &[&str]) -> Value {
    Value::list(Type::String, names.iter().map(Value::string).collect())
}

fn path(file: &File<'_>, path: &str) -> Value {
    Value::string(absolute(file.run.root, path))
}

fn environment(file: &File<'_>, name: Option<&str>, default: Option<&Value>) -> Result<Value, String> {
    let name = name.ok_or("get_env takes the name of a variable")?;
    match (file.run.shared.environment.get(name), default) {
        (Some(value), _) => Ok(Value::string(value)),
        (None, Some(default)) => {
            file.run.note(format!("{} is not set in the environment: its default counts", shown(name)));
            Ok(default.clone())
        }
        (None, None) => {
            file.run.note(format!("{} is not set in the environment: what depends on it is not known", shown(name)));
            Ok(Value::dynamic())
        }
    }
}

fn find_in_parent_folders(file: &File<'_>, name: Option<&str>, fallback: Option<&Value>) -> Result<Value, String> {
    let mut above = file.here.as_str();
    for _ in 0..PARENTS {
        if above.is_empty() {
            break;
        }
        above = directory(above);
        let names: &[&str] = match &name {
            Some(name) => &[*name],
            None => &["terragrunt.hcl", "terragrunt.hcl.json"],
        };
        for name in names {
            let found = inside(file.run.root, above, name).filter(|path| exists(file.run.shared.files, path));
            if let Some(found) = found {
                return Ok(path(file, &found));
            }
        }
    }
    // What lies above the repository is approved by nobody.
    let what = || format!("there is no {} in the folders above {}", name.unwrap_or("terragrunt.hcl"), file.here);
    fallback.cloned().ok_or_else(what)
}

fn read_config(file: &File<'_>, path: Option<&str>, default: Option<&Value>) -> Result<Value, String> {
    let run = file.run;
    let path = path.ok_or("read_terragrunt_config takes a path")?;
    let Some(mut path) = inside(run.root, &file.here, path) else {
        run.note(format!("{} lies outside of the repository and is not read", shown(path)));
        return Ok(Value::dynamic());
    };
    if run.shared.files.names(&path).is_ok() {
        path = joined(&path, "terragrunt.hcl");
    }
    if !exists(run.shared.files, &path) {
        return default.cloned().ok_or_else(|| format!("there is no {path} in the repository"));
    }
    match run.read.borrow().get(&path) {
        Some(Some(known)) => return Ok(known.clone()),
        Some(None) => {
            run.note(format!("{} reads itself", shown(&path)));
            return Ok(Value::dynamic());
        }
        None => {}
    }
    run.read.borrow_mut().insert(path.clone(), None);
    let value = run.deeper(|| match run.file(&path) {
        Ok(read) => read.exposed(),
        Err(reason) => {
            run.note(reason);
            Value::dynamic()
        }
    });
    let value = value.unwrap_or_else(Value::dynamic);
    run.read.borrow_mut().insert(path, Some(value.clone()));
    Ok(value)
}

/// The values of a file as JSON, as Terragrunt hands them out.
fn read_values(file: &File<'_>, path: Option<&str>) -> Result<Value, String> {
    let path = path.ok_or("read_tfvars_file takes a path")?;
    let Some(path) = inside(file.run.root, &file.here, path) else { return Ok(Value::dynamic()) };
    let Ok(bytes) = file.run.shared.files.read(&path) else { return Err(format!("{path} cannot be read")) };
    let Ok(text) = String::from_utf8(bytes.to_vec()) else { return Err(format!("{path} is not UTF-8")) };
    let body = syntax::parse_values(&SourceFile::new(&path, text)).map_err(|problem| problem.text)?;
    let values = body.arguments.iter();
    let values = values.map(|argument| (Arc::from(argument.name.as_str()), argument.value.constant()));
    let json = to_json(&Value::object(values.collect())).map(|json| json.to_string());
    Ok(json.map_or_else(Value::dynamic, Value::string))
}
