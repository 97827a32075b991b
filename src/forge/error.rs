//! Why a forge cannot be read, or has no record of a commit, with the way out.
//! Knows nothing of who asks.

use std::path::PathBuf;

/// Why a forge cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// The API's address is not one that is read.
    #[error("`{api}` is no address of a forge's API")]
    Api {
        /// The address, without user and password.
        api: String,
    },
    /// The repository's name is none.
    #[error("`{repository}` does not name a repository of the forge")]
    Repository {
        /// The name.
        repository: String,
    },
    /// The branch's name is none.
    #[error("`{branch}` does not name a branch")]
    Branch {
        /// The name.
        branch: String,
    },
    /// The token cannot be sent.
    #[error("the forge's token has characters that no token has")]
    Token,
    /// The token belongs to another host.
    #[error("the token is for {bound}, and the API is at {asked}")]
    OtherHost {
        /// The host the token is for.
        bound: String,
        /// The host that would be asked.
        asked: String,
    },
    /// The proxy's address is none.
    #[error("the proxy that the environment names cannot be used")]
    Proxy,
    /// Offline without a cache.
    #[error("nothing can be read offline without a cache")]
    NoCache,
    /// The cache's folder cannot be made or written.
    #[error("the forge's answers cannot be kept in `{}`: {cause}", path.display())]
    Cache {
        /// The folder.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// No certificate authority is trusted.
    #[error("no certificate authorities are installed that the forge could be known by")]
    Roots,
}

impl ForgeError {
    /// The way out.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Api { .. } => {
                "name the API: https://api.github.com, https://HOST/api/v3 for GitHub Enterprise Server, https://HOST/api/v4 for GitLab"
            }
            Self::Repository { .. } => "name it as its page does: OWNER/NAME, for GitLab GROUP/…/NAME",
            Self::Branch { .. } => "name the branch without refs/heads/",
            Self::Token => "set the variable to the token alone, without quotes or line ends",
            Self::OtherHost { .. } => "name the API's host in GH_HOST or GITLAB_HOST, beside its own token",
            Self::Proxy => "write HTTPS_PROXY as http://HOST:PORT",
            Self::NoCache => "name the folder where an earlier run kept the answers",
            Self::Cache { .. } => "name a folder that can be written",
            Self::Roots => "install the system's ca-certificates, or name a bundle in SSL_CERT_FILE",
        }
    }
}

/// Why there is no record of a commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// Offline, and an earlier run did not keep it.
    #[error("{call}: not in the cache")]
    NotCached {
        /// The call.
        call: String,
    },
    /// The forge answers no more calls for now.
    #[error("the forge's rate limit is used up until {until}")]
    RateLimited {
        /// When it answers again (RFC 3339, UTC).
        until: String,
    },
    /// The forge does not take the token.
    #[error("the forge does not accept the token (401)")]
    Unauthorized,
    /// The forge wants a token.
    #[error("the forge answers nobody without a token (401)")]
    Anonymous,
    /// There is no such repository, or the token may not see it: forges do not tell these apart.
    #[error("the forge shows no repository `{repository}`")]
    Repository {
        /// Its name.
        repository: String,
    },
    /// The forge does not have the commit.
    #[error("the forge does not have commit {sha}")]
    Commit {
        /// The commit.
        sha: String,
    },
    /// It took too long.
    #[error("{call}: the time for asking the forge was over")]
    Deadline {
        /// The call that was not made or not answered.
        call: String,
    },
    /// The user asked for an end.
    #[error("interrupted")]
    Interrupted,
    /// A call failed.
    #[error("{call}: {cause}")]
    Call {
        /// The call.
        call: String,
        /// The status, where there was an answer.
        status: Option<u16>,
        /// Why.
        cause: String,
    },
}

impl Missing {
    /// The way out, where there is one to tell.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotCached { .. } => Some("run once online with the same cache"),
            Self::RateLimited { .. } => Some("run again then, or with a token, which has a higher limit"),
            Self::Unauthorized => Some("renew the token: it may have expired"),
            Self::Anonymous => Some("set GITHUB_TOKEN or GITLAB_TOKEN to a token that may read the repository"),
            Self::Repository { .. } => Some("check the name, and whether the token may read the repository"),
            Self::Commit { .. } => Some("push the branch, or name the repository that it was pushed to"),
            Self::Deadline { .. } => Some("run again: what was read is kept in the cache; or allow more time"),
            Self::Call { status: Some(403 | 404), .. } => Some("check whether the token may read it"),
            Self::Call { .. } => Some("run again later"),
            Self::Interrupted => None,
        }
    }

    /// Whether it would meet any other call as well, so that nothing more can be said of the commit.
    pub(super) fn is_general(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. } | Self::Unauthorized | Self::Anonymous | Self::Deadline { .. } | Self::Interrupted
        )
    }

    /// An answer that is not what the documentation says.
    pub(super) fn malformed(call: &str, what: &str) -> Self {
        Self::Call { call: call.to_owned(), status: None, cause: format!("the answer {what}") }
    }
}
