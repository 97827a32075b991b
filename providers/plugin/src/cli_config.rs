//! What Terraform's own CLI configuration says of where providers come from.
//! Knows nothing of what is there.
//! <https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation>

use crate::lock;
use crate::source::Source;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};
use std::path::{Path, PathBuf};

/// Names in order: OpenTofu's own file counts before Terraform's.
const FILES: [&str; 2] = [".tofurc", ".terraformrc"];

/// The longest file that is read.
const MAX_BYTES: u64 = 1 << 20;

/// The part of a CLI configuration that says where providers are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CliConfig {
    /// Providers under development, with the directory of each.
    pub(crate) overrides: Vec<(Source, PathBuf)>,
    /// Directories in order, with the patterns of what is taken from each.
    pub(crate) mirrors: Vec<Mirror>,
    /// `plugin_cache_dir`.
    pub(crate) cache: Option<PathBuf>,
    /// Whether there is a `provider_installation` block: without one some directories are looked at by themselves.
    pub(crate) explicit: bool,
}

/// A `filesystem_mirror`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mirror {
    pub(crate) path: PathBuf,
    /// Empty for all.
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Mirror {
    /// A mirror of everything.
    pub(crate) fn of_all(path: PathBuf) -> Self {
        Self { path, include: Vec::new(), exclude: Vec::new() }
    }

    /// Whether a provider may be taken from it.
    pub(crate) fn serves(&self, source: &Source) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| source.matches(pattern));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }
}

/// Reads the file that `TF_CLI_CONFIG_FILE` names, else the one in the home directory; nothing where there is none.
///
/// # Errors
/// Names the file and says what is wrong with it.
pub(crate) fn read(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<CliConfig, String> {
    let home = variable("HOME");
    let named = variable("TF_CLI_CONFIG_FILE");
    let usual = FILES.iter().filter_map(|name| Some(home.as_ref()?.join(name))).find(|path| path.is_file());
    let Some(path) = named.or(usual) else { return Ok(CliConfig::default()) };
    let wrong = |cause: String| format!("the CLI configuration `{}` cannot be used: {cause}", path.display());
    match std::fs::metadata(&path) {
        // Terraform only warns of it.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(CliConfig::default()),
        Err(error) => return Err(wrong(error.to_string())),
        Ok(metadata) if metadata.len() > MAX_BYTES => return Err(wrong("it is far too long".into())),
        Ok(_) => {}
    }
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    parse(&text, home.as_deref()).map_err(wrong)
}

fn parse(text: &str, home: Option<&Path>) -> Result<CliConfig, String> {
    let body = lock::parse(&with_object(text))?;
    let mut config = CliConfig { cache: path(&body, "plugin_cache_dir", home), ..CliConfig::default() };
    for installation in body.blocks().filter(|block| block.ident.as_str() == "provider_installation") {
        config.explicit = true;
        // What comes over the network is left out: nothing is ever fetched.
        let mirrors = installation.body.blocks().filter(|method| method.ident.as_str() == "filesystem_mirror");
        config.mirrors.extend(mirrors.filter_map(|method| mirror(method, home)));
        if let Some(Expression::Object(object)) =
            installation.body.get_attribute("dev_overrides").map(|attribute| &attribute.value)
        {
            let entry = |(key, value): (&hcl_edit::expr::ObjectKey, &hcl_edit::expr::ObjectValue)| {
                let name =
                    key.as_expr().and_then(Expression::as_str).or_else(|| key.as_ident().map(|ident| ident.as_str()));
                Some((Source::parse(name?)?, PathBuf::from(value.expr().as_str()?)))
            };
            config.overrides.extend(object.iter().filter_map(entry));
        }
    }
    Ok(config)
}

/// Within `dev_overrides` providers are named in quotes. That is the first version of HCL, in which CLI configurations are
/// written; in the second the block has to be an object.
fn with_object(text: &str) -> String {
    const WORD: &str = "dev_overrides";
    let mut whole = String::with_capacity(text.len() + 1);
    let mut rest = text;
    while let Some(at) = rest.find(WORD) {
        let (before, after) = rest.split_at(at + WORD.len());
        whole.push_str(before);
        if after.trim_start().starts_with('{') {
            whole.push_str(" =");
        }
        rest = after;
    }
    whole + rest
}

fn mirror(block: &Block, home: Option<&Path>) -> Option<Mirror> {
    let texts = |name: &str| match block.body.get_attribute(name).map(|attribute| &attribute.value) {
        Some(Expression::Array(elements)) => {
            elements.iter().filter_map(|element| element.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    let path = path(&block.body, "path", home)?;
    Some(Mirror { path, include: texts("include"), exclude: texts("exclude") })
}

/// A path, in which a leading `$HOME` or `~` is the home directory.
fn path(body: &Body, name: &str, home: Option<&Path>) -> Option<PathBuf> {
    let text = body.get_attribute(name)?.value.as_str()?;
    for begin in ["$HOME/", "${HOME}/", "~/"] {
        if let Some(rest) = text.strip_prefix(begin) {
            return Some(home?.join(rest));
        }
    }
    Some(PathBuf::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_providers_come_from_is_read() {
        let text = r#"
            plugin_cache_dir = "$HOME/.terraform.d/plugin-cache"
            disable_checkpoint = true
            provider_installation {
              filesystem_mirror {
                path    = "/srv/mirror"
                include = ["example.com/*/*"]
                exclude = ["example.com/corp/other"]
              }
              network_mirror { url = "https://example.com/" }
              direct {}
            }"#;
        let config = parse(text, Some(Path::new("/home/ada"))).expect("a configuration");
        assert_eq!(config.cache, Some(PathBuf::from("/home/ada/.terraform.d/plugin-cache")));
        assert!(config.explicit && config.mirrors.len() == 1);
        let serves = |text| config.mirrors[0].serves(&Source::parse(text).expect("an address"));
        assert!(serves("example.com/corp/thing") && !serves("example.com/corp/other") && !serves("hashicorp/aws"));
    }

    #[test]
    fn overrides_are_read_in_terraforms_syntax() {
        let text = "provider_installation {\n  dev_overrides {\n    \"hashicorp/null\" = \"/home/ada/null\"\n  }\n  direct {}\n}";
        let config = parse(text, None).expect("a configuration");
        let source = Source::parse("hashicorp/null").expect("an address");
        assert_eq!(config.overrides, [(source, PathBuf::from("/home/ada/null"))]);
    }
}
