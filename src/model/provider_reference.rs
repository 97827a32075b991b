//! Which provider configuration a resource uses, as state writes it.
//! Knows nothing of what the configuration says.

use super::{ModuleStep, address::parse_module};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A reference such as `module.net.provider["registry.terraform.io/hashicorp/aws"].west`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderReference {
    /// The module whose provider block it is; empty for the root module.
    pub module: Arc<[ModuleStep]>,
    /// The provider's address, for example `registry.terraform.io/hashicorp/aws`.
    pub source: Arc<str>,
    /// The alias, if any.
    pub alias: Option<Arc<str>>,
}

impl fmt::Display for ProviderReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.module.iter() {
            write!(f, "module.{}", step.name)?;
            if let Some(key) = &step.key {
                write!(f, "{key}")?;
            }
            f.write_str(".")?;
        }
        write!(f, "provider[{}]", serde_json::Value::from(&*self.source))?;
        match &self.alias {
            Some(alias) => write!(f, ".{alias}"),
            None => Ok(()),
        }
    }
}

impl FromStr for ProviderReference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let error = || format!("`{}` is not a provider reference", text.chars().take(200).collect::<String>());
        let start = text.rfind("provider[\"").ok_or_else(error)?;
        let module = parse_module(text[..start].trim_end_matches('.')).map_err(|_| error())?;
        let (source, tail) = text[start + "provider[\"".len()..].split_once("\"]").ok_or_else(error)?;
        let alias = match tail.strip_prefix('.') {
            Some(alias) if !alias.is_empty() => Some(alias.into()),
            None if tail.is_empty() => None,
            _ => return Err(error()),
        };
        Ok(Self { module, source: source.into(), alias })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_parses_the_same() {
        for text in [
            r#"provider["registry.terraform.io/hashicorp/aws"]"#,
            r#"provider["registry.terraform.io/hashicorp/aws"].west"#,
            r#"module.a["x"].provider["registry.opentofu.org/hashicorp/aws"].west"#,
        ] {
            assert_eq!(text.parse::<ProviderReference>().map(|reference| reference.to_string()), Ok(text.to_owned()));
        }
        assert!("aws.west".parse::<ProviderReference>().is_err());
    }
}
