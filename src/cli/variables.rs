//! `--var` and `--var-file`, as Terraform takes them.
//! Knows nothing of variables.

use crate::config::VariableSource;
use crate::scan::VariableInput;
use clap::{Args, FromArgMatches};
use std::path::PathBuf;

/// `--var` and `--var-file`, whose order counts.
#[derive(Debug, Default, Clone)]
pub struct VariableArguments {
    /// In the order of the command line.
    given: Vec<VariableInput>,
}

impl VariableArguments {
    /// What is given, the stronger later.
    pub fn in_order(&self) -> Vec<VariableInput> {
        self.given.clone()
    }
}

/// The two arguments as clap sees them.
#[derive(Debug, Args)]
struct VariableFlags {
    /// Value of a variable of the root modules, as for terraform; can be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = named_value, help_heading = "Input")]
    var: Vec<(String, String)>,

    /// File with values of variables, as for terraform; can be repeated
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    var_file: Vec<PathBuf>,
}

fn named_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".into()),
    }
}

impl Args for VariableArguments {
    fn augment_args(command: clap::Command) -> clap::Command {
        VariableFlags::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        VariableFlags::augment_args_for_update(command)
    }
}

impl FromArgMatches for VariableArguments {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let indices = |name: &str| matches.indices_of(name).into_iter().flatten().collect::<Vec<usize>>();
        let flags = VariableFlags::from_arg_matches(matches)?;
        let texts = flags.var.into_iter().map(|(name, text)| VariableInput::Given(VariableSource::Text { name, text }));
        let files = flags.var_file.into_iter().map(VariableInput::File);
        let mut given: Vec<(usize, VariableInput)> =
            indices("var").into_iter().zip(texts).chain(indices("var_file").into_iter().zip(files)).collect();
        given.sort_by_key(|(position, _)| *position);
        Ok(Self { given: given.into_iter().map(|(_, given)| given).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
