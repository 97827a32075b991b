//! Which variables of the scanner's environment a provider may see.
//! Knows nothing of values.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// What any program needs: where things are, how to reach the network, whom to believe.
const EVERY: [&str; 24] = [
    "HOME",
    "PATH",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_*",
    "TZ",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SSH_AUTH_SOCK",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "GODEBUG",
    "GOMAXPROCS",
    "GOMEMLIMIT",
];

/// What providers call their variables, where that is not their own name. From their documentation.
const OF: [(&str, &[&str]); 16] = [
    ("aws", &["AWS_*"]),
    ("awscc", &["AWS_*"]),
    ("azapi", &["ARM_*", "AZURE_*"]),
    ("azuread", &["ARM_*", "AZURE_*"]),
    ("azurerm", &["ARM_*", "AZURE_*"]),
    ("datadog", &["DD_*"]),
    ("digitalocean", &["DIGITALOCEAN_*", "SPACES_*"]),
    ("google", &["GOOGLE_*", "CLOUDSDK_*", "GCLOUD_*", "GCE_*"]),
    ("google-beta", &["GOOGLE_*", "CLOUDSDK_*", "GCLOUD_*", "GCE_*"]),
    ("helm", &["KUBE_*", "KUBECONFIG", "HELM_*"]),
    ("kubectl", &["KUBE_*", "KUBECONFIG"]),
    ("kubernetes", &["KUBE_*", "KUBECONFIG", "KUBERNETES_*"]),
    ("openstack", &["OS_*"]),
    ("postgresql", &["PG*"]),
    ("tfe", &["TFE_*"]),
    ("vsphere", &["VSPHERE_*", "GOVC_*"]),
];

/// The variables that a provider may see: those of any program, those that bear its name, and those that the settings
/// allow. A pattern may end in `*`.
pub(crate) fn allowed(
    environment: &BTreeMap<OsString, OsString>,
    name: &str,
    further: &[String],
) -> BTreeMap<OsString, OsString> {
    let own = format!("{}_*", name.to_uppercase().replace('-', "_"));
    let known = OF.iter().filter(|(provider, _)| *provider == name).flat_map(|(_, patterns)| patterns.iter().copied());
    let patterns: Vec<&str> =
        EVERY.into_iter().chain(known).chain([own.as_str()]).chain(further.iter().map(String::as_str)).collect();
    let covers = |pattern: &str, variable: &str| match pattern.strip_suffix('*') {
        Some(begin) => variable.starts_with(begin),
        None => variable == pattern,
    };
    let may = |variable: &OsString| {
        variable.to_str().is_some_and(|variable| patterns.iter().any(|pattern| covers(pattern, variable)))
    };
    environment
        .iter()
        .filter(|(variable, _)| may(variable))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_sees_its_own_variables_and_nobody_elses() {
        let names =
            ["HOME", "AWS_PROFILE", "GITHUB_TOKEN", "TF_LOG", "TF_VAR_password", "LC_ALL", "CORP_TOKEN", "FOO_BAR_X"];
        let environment = names.iter().map(|name| (OsString::from(name), OsString::new())).collect();
        let seen = |name: &str, further: &[&str]| -> Vec<String> {
            let further: Vec<String> = further.iter().map(|text| (*text).to_owned()).collect();
            allowed(&environment, name, &further).into_keys().filter_map(|name| name.into_string().ok()).collect()
        };
        assert_eq!(seen("aws", &[]), ["AWS_PROFILE", "HOME", "LC_ALL"]);
        assert_eq!(seen("github", &["CORP_*"]), ["CORP_TOKEN", "GITHUB_TOKEN", "HOME", "LC_ALL"]);
        assert_eq!(seen("foo-bar", &[]), ["FOO_BAR_X", "HOME", "LC_ALL"]);
    }
}
