//! Finds the provider that a root module already uses, in the places and the order in which Terraform looks, and lets
//! nothing be executed but what the lock file vouches for. Never downloads.
//! Knows nothing of how a provider is started.

use crate::cli_config::{self, CliConfig, Mirror};
use crate::lock::{self, Locked};
use crate::package::Package;
use crate::schema::Protocol;
use crate::source::{Source, platform};
use provider_api::Installation;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Directories that are mirrors without being named, below the home directory or the data directory.
const IMPLIED: [(&str, &str); 4] = [
    ("HOME", ".terraform.d/plugins"),
    ("HOME", ".local/share/terraform/plugins"),
    ("XDG_DATA_HOME", "terraform/plugins"),
    ("XDG_DATA_HOME", "opentofu/plugins"),
];

/// The same for the whole machine.
const IMPLIED_GLOBAL: [&str; 2] = ["/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"];

/// A provider that may be used.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// Somebody else started it, to be debugged (`TF_REATTACH_PROVIDERS`).
    Attached { socket: PathBuf, protocol: Protocol },
    /// Its package is what the lock file says.
    Verified { package: Arc<Package>, version: String },
    /// Under development (`dev_overrides`): nothing vouches for it but the user's own settings.
    Override { package: Arc<Package> },
}

/// Looks for providers.
pub(crate) struct Finder {
    environment: BTreeMap<OsString, OsString>,
    cli: Result<CliConfig, String>,
    attached: Result<BTreeMap<Source, (PathBuf, Protocol)>, String>,
    /// Whether the default registries of Terraform and OpenTofu are one.
    registries_are_one: bool,
    opened: Mutex<HashMap<PathBuf, Opening>>,
}

/// A package that is opened once, whoever asks.
type Opening = Arc<OnceLock<Result<Arc<Package>, String>>>;

impl Finder {
    pub(crate) fn new(environment: BTreeMap<OsString, OsString>, registries_are_one: bool) -> Self {
        let variable = |name: &str| path_variable(&environment, name);
        let cli = cli_config::read(variable);
        let attached = attached(&environment);
        Self { environment, cli, attached, registries_are_one, opened: Mutex::default() }
    }

    /// The provider of an address that a root module uses. Reads files, of which the largest have hundreds of megabytes.
    ///
    /// # Errors
    /// Why there is none that may be used, with the way out.
    pub(crate) fn find(&self, source: &Source, installation: &Installation) -> Result<Found, String> {
        if let Some((socket, protocol)) = self.attached.as_ref().map_err(Clone::clone)?.get(source) {
            return Ok(Found::Attached { socket: socket.clone(), protocol: *protocol });
        }
        let cli = self.cli.as_ref().map_err(Clone::clone)?;
        if let Some((_, directory)) = cli.overrides.iter().find(|(other, _)| other == source) {
            let package = Package::open_override(directory, &source.name)?;
            return Ok(Found::Override { package: Arc::new(package) });
        }
        let (source, locked) = self.locked(source, installation)?;
        let hashes: Vec<&String> = locked.hashes.iter().filter(|hash| hash.starts_with("h1:")).collect();
        let directory = shown(&installation.name);
        if hashes.is_empty() {
            return Err(format!(
                "the lock file holds no h1 hash of {source} {}, so nothing tells which program may run: run \
                 `terraform providers lock` in {directory}",
                locked.version
            ));
        }
        let Some(place) =
            self.places(&source, &locked.version, installation, cli).into_iter().find(|place| place.exists())
        else {
            return Err(format!("{source} {} is not installed: run `terraform init` in {directory}", locked.version));
        };
        let package = self.open(&place, &source.name)?;
        if !hashes.contains(&&package.h1) {
            return Err(format!(
                "`{}` is not what the lock file of {directory} names as {source} {} (it hashes to {}), and is not executed: \
                 find out why, then run `terraform init` there",
                place.display(),
                locked.version,
                package.h1
            ));
        }
        Ok(Found::Verified { package, version: locked.version })
    }

    /// What the lock file says, under the address that it uses.
    fn locked(&self, source: &Source, installation: &Installation) -> Result<(Source, Locked), String> {
        let directory = shown(&installation.name);
        let Some(text) = &installation.lock else {
            return Err(format!(
                "{directory} has no lock file, so nothing tells which {source} it uses: run `terraform init` there"
            ));
        };
        let wrong = |cause| format!("the lock file of {directory} cannot be used: {cause}");
        let other = source.in_other_registry().filter(|_| self.registries_are_one);
        for candidate in [Some(source.clone()), other].into_iter().flatten() {
            if let Some(locked) = lock::locked(text, &candidate).map_err(wrong)? {
                return Ok((candidate, locked));
            }
        }
        Err(format!("the lock file of {directory} does not name {source}: run `terraform init` there"))
    }

    /// Where the package can be, in the order in which Terraform takes it.
    fn places(&self, source: &Source, version: &str, installation: &Installation, cli: &CliConfig) -> Vec<PathBuf> {
        let unpacked = |root: &Path| {
            root.join(&source.host).join(&source.namespace).join(&source.name).join(version).join(platform())
        };
        let packed = |root: &Path| {
            let file = format!("terraform-provider-{}_{version}_{}.zip", source.name, platform());
            root.join(&source.host).join(&source.namespace).join(&source.name).join(file)
        };
        let variable = |name: &str| path_variable(&self.environment, name);
        let data = variable("TF_DATA_DIR").unwrap_or_else(|| PathBuf::from(".terraform"));
        let mut places = vec![unpacked(&installation.directory.join(data).join("providers"))];
        places.extend(variable("TF_PLUGIN_CACHE_DIR").or_else(|| cli.cache.clone()).map(|cache| unpacked(&cache)));
        let implied: Vec<Mirror> = match cli.explicit {
            true => Vec::new(),
            false => {
                let below = IMPLIED.iter().filter_map(|(root, path)| Some(variable(root)?.join(path)));
                below.chain(IMPLIED_GLOBAL.map(PathBuf::from)).map(Mirror::of_all).collect()
            }
        };
        let mirrors = cli.mirrors.iter().chain(&implied).filter(|mirror| mirror.serves(source));
        places.extend(mirrors.flat_map(|mirror| [unpacked(&mirror.path), packed(&mirror.path)]));
        places
    }

    /// Opens a package once, however many root modules use it.
    fn open(&self, place: &Path, name: &str) -> Result<Arc<Package>, String> {
        let real = place.canonicalize().map_err(|error| format!("`{}` cannot be read: {error}", place.display()))?;
        let opening = {
            let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
            opened.entry(real.clone()).or_default().clone()
        };
        let opened = opening.get_or_init(|| {
            let package =
                if real.is_dir() { Package::open_directory(&real, name) } else { Package::open_archive(&real, name) };
            package.map(Arc::new)
        });
        opened.clone()
    }
}

/// Where the user goes to put it right.
fn shown(name: &str) -> String {
    if name.is_empty() { "the root module".into() } else { format!("`{name}`") }
}

fn path_variable(environment: &BTreeMap<OsString, OsString>, name: &str) -> Option<PathBuf> {
    environment.get(std::ffi::OsStr::new(name)).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// What `TF_REATTACH_PROVIDERS` says is running already.
fn attached(environment: &BTreeMap<OsString, OsString>) -> Result<BTreeMap<Source, (PathBuf, Protocol)>, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Reattach {
        protocol: String,
        #[serde(default = "five")]
        protocol_version: u32,
        addr: Addr,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Addr {
        network: String,
        string: String,
    }
    fn five() -> u32 {
        5
    }
    let Some(text) = environment.get(std::ffi::OsStr::new("TF_REATTACH_PROVIDERS")).filter(|text| !text.is_empty())
    else {
        return Ok(BTreeMap::new());
    };
    let wrong = |cause: &str| format!("TF_REATTACH_PROVIDERS cannot be used: {cause}");
    let text = text.to_str().ok_or_else(|| wrong("it is no text"))?;
    let entries: BTreeMap<String, Reattach> = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
    let mut found = BTreeMap::new();
    for (name, entry) in entries {
        let source = Source::parse(&name).ok_or_else(|| wrong("it names something that is no provider"))?;
        let protocol = match entry.protocol_version {
            5 => Protocol::V5,
            6 => Protocol::V6,
            _ => return Err(wrong("it names a protocol that is neither 5 nor 6")),
        };
        if entry.protocol != "grpc" || entry.addr.network != "unix" {
            return Err(wrong("only gRPC on a Unix socket is known"));
        }
        found.insert(source, (PathBuf::from(entry.addr.string), protocol));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const THING: &str = "example.com/corp/thing";

    /// A root module in a home directory, with a provider in one of the places.
    struct Home(tempfile::TempDir);

    impl Home {
        fn new() -> Self {
            Self(tempfile::tempdir().expect("a folder"))
        }

        /// An unpacked package below a directory of the home; its hash.
        fn install(&self, root: &str, content: &str) -> String {
            let package = self.0.path().join(root).join(THING).join("1.2.3").join(platform());
            fs::create_dir_all(&package).expect("folders");
            fs::write(package.join("terraform-provider-thing_v1.2.3"), content).expect("a file");
            Package::open_directory(&package, "thing").expect("a package").h1
        }

        fn find(&self, lock: Option<String>, variables: &[(&str, &str)]) -> Result<Found, String> {
            let home = self.0.path().to_str().expect("a text").to_owned();
            let text = |text: &str| OsString::from(text.replace("HOME", &home));
            let mut environment = BTreeMap::from([("HOME".into(), home.clone().into())]);
            environment.extend(variables.iter().map(|(name, value)| (OsString::from(name), text(value))));
            let installation = Installation { directory: self.0.path().join("root"), name: "root".into(), lock };
            Finder::new(environment, false).find(&Source::parse(THING).expect("an address"), &installation)
        }
    }

    fn lock(hash: &str) -> Option<String> {
        Some(format!("provider \"{THING}\" {{\n  version = \"1.2.3\"\n  hashes = [\"{hash}\", \"zh:00\"]\n}}\n"))
    }

    fn is_verified(found: &Result<Found, String>) -> bool {
        matches!(found, Ok(Found::Verified { version, .. }) if version == "1.2.3")
    }

    #[test]
    fn a_provider_is_found_wherever_terraform_finds_it() {
        for (root, variables) in [
            ("root/.terraform/providers", vec![]),
            ("root/data/providers", vec![("TF_DATA_DIR", "data")]),
            ("cache", vec![("TF_PLUGIN_CACHE_DIR", "HOME/cache")]),
            (".terraform.d/plugins", vec![]),
            ("share/terraform/plugins", vec![("XDG_DATA_HOME", "HOME/share")]),
        ] {
            let home = Home::new();
            let hash = home.install(root, "one");
            let found = home.find(lock(&hash), &variables);
            assert!(is_verified(&found), "{root}: {found:?}");
        }
    }

    #[test]
    fn mirrors_of_the_cli_configuration_count_and_hide_the_implied_ones() {
        let home = Home::new();
        let hash = home.install("mirror", "one");
        home.install(".terraform.d/plugins", "another");
        let mirror = home.0.path().join("mirror");
        let text = format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
            mirror.display()
        );
        fs::write(home.0.path().join(".terraformrc"), text).expect("a file");
        let found = home.find(lock(&hash), &[]);
        assert!(is_verified(&found), "{found:?}");
    }

    #[test]
    fn a_packed_provider_of_a_mirror_hashes_as_the_unpacked_one() {
        let home = Home::new();
        let hash = home.install("elsewhere", "one");
        let mirror = home.0.path().join(".terraform.d/plugins").join(THING);
        fs::create_dir_all(&mirror).expect("folders");
        let archive = fs::File::create(mirror.join(format!("terraform-provider-thing_1.2.3_{}.zip", platform())));
        let mut zip = zip::ZipWriter::new(archive.expect("a file"));
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("terraform-provider-thing_v1.2.3", options).expect("an entry");
        std::io::Write::write_all(&mut zip, b"one").expect("written");
        zip.finish().expect("an archive");
        let found = home.find(lock(&hash), &[]);
        assert!(is_verified(&found), "{found:?}");
    }

    #[test]
    fn the_default_registries_are_one_only_where_settings_say_so() {
        let environment = BTreeMap::new();
        let lock =
            "provider \"registry.opentofu.org/hashicorp/thing\" {\n  version = \"1.0.0\"\n  hashes = [\"h1:x\"]\n}\n";
        let installation =
            Installation { directory: PathBuf::from("/nowhere"), name: String::new(), lock: Some(lock.into()) };
        let source = Source::parse("hashicorp/thing").expect("an address");
        for (are_one, expected) in [
            (false, "does not name registry.terraform.io"),
            (true, "registry.opentofu.org/hashicorp/thing 1.0.0 is not installed"),
        ] {
            let refused = Finder::new(environment.clone(), are_one).find(&source, &installation).expect_err("nothing");
            assert!(refused.contains(expected), "{refused}");
        }
    }

    #[test]
    fn what_nobody_vouches_for_is_not_used() {
        let home = Home::new();
        let missing = home.find(lock("h1:x"), &[]).expect_err("not installed");
        assert!(missing.contains("is not installed: run `terraform init`"), "{missing}");
        let hash = home.install("root/.terraform/providers", "one");
        for (lock, expected) in [
            (None, "has no lock file"),
            (Some(String::new()), "does not name"),
            (lock("zh:11"), "no h1 hash"),
            (lock("h1:AAAA"), "is not executed"),
            (Some("provider {".into()), "cannot be used"),
        ] {
            let refused = home.find(lock, &[]).expect_err(expected);
            assert!(refused.contains(expected), "{refused}");
        }
        home.install("root/.terraform/providers", "changed since");
        assert!(home.find(lock(&hash), &[]).is_err_and(|refused| refused.contains("is not executed")));
    }

    #[test]
    fn providers_that_run_already_are_attached_to() {
        let home = Home::new();
        let text = format!(
            "{{\"{THING}\":{{\"Protocol\":\"grpc\",\"ProtocolVersion\":6,\"Pid\":1,\"Test\":true,\
             \"Addr\":{{\"Network\":\"unix\",\"String\":\"/run/socket\"}}}}}}"
        );
        let found = home.find(None, &[("TF_REATTACH_PROVIDERS", &text)]);
        assert!(matches!(found, Ok(Found::Attached { protocol: Protocol::V6, .. })), "{found:?}");
        assert!(home.find(None, &[("TF_REATTACH_PROVIDERS", "{")]).is_err());
    }

    #[test]
    fn a_provider_under_development_needs_no_lock_file() {
        let home = Home::new();
        let build = home.0.path().join("build");
        fs::create_dir_all(&build).expect("a folder");
        fs::write(build.join("terraform-provider-thing"), "one").expect("a file");
        let text = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"{THING}\" = \"{}\"\n  }}\n}}\n",
            build.display()
        );
        fs::write(home.0.path().join("dev.tfrc"), text).expect("a file");
        let found = home.find(None, &[("TF_CLI_CONFIG_FILE", "HOME/dev.tfrc")]);
        assert!(matches!(found, Ok(Found::Override { .. })), "{found:?}");
    }
}
