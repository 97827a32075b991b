//! Tells by its name what a file of a repository says, and in which language.
//! Knows nothing of what it says.

/// The language of a file that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub(super) enum Syntax {
    /// Configuration.
    Hcl,
    /// Configuration in JSON.
    Json,
    /// Values of variables.
    Values,
    /// The same in JSON.
    JsonValues,
    /// The versions and hashes of providers that `terraform init` chose.
    Lock,
    /// No file but the commit of another repository.
    Submodule,
}

impl Syntax {
    /// That of a file's name; none where neither Terraform nor OpenTofu would read it. Hidden files are skipped as they do.
    pub(super) fn of(name: &[u8]) -> Option<Self> {
        const ENDINGS: [(&[u8], Syntax); 6] = [
            (b".tf", Syntax::Hcl),
            (b".tofu", Syntax::Hcl),
            (b".tf.json", Syntax::Json),
            (b".tofu.json", Syntax::Json),
            (b".tfvars", Syntax::Values),
            (b".tfvars.json", Syntax::JsonValues),
        ];
        if name == b".terraform.lock.hcl" {
            return Some(Self::Lock);
        }
        let ending = ENDINGS.iter().find(|(ending, _)| name.ends_with(ending));
        ending.filter(|_| !name.starts_with(b".")).map(|(_, syntax)| *syntax)
    }

    /// Whether the names in a file are its own, and not those of a module: two files of values give a variable two values.
    pub(super) fn is_scope(self) -> bool {
        matches!(self, Self::Values | Self::JsonValues | Self::Submodule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        for (name, expected) in [
            ("main.tf", Some(Syntax::Hcl)),
            ("main.tf.json", Some(Syntax::Json)),
            ("a.tofu", Some(Syntax::Hcl)),
            ("a.tofu.json", Some(Syntax::Json)),
            (".hidden.tf", None),
            ("main.tf~", None),
            ("#main.tf#", None),
            ("prod.tfvars", Some(Syntax::Values)),
            ("a.auto.tfvars.json", Some(Syntax::JsonValues)),
            (".hidden.tfvars", None),
            (".terraform.lock.hcl", Some(Syntax::Lock)),
            ("terraform.lock.hcl", None),
            ("main.json", None),
        ] {
            assert_eq!(Syntax::of(name.as_bytes()), expected, "{name}");
        }
    }
}
