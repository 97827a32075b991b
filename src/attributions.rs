//! Who declared and approved what an address of a root module declares: the resource, one attribute, and what else
//! determines it.
//! Knows nothing of findings, of state or of what is live.

use crate::attribute::{BlockId, History};
use crate::config::{BlockPlace, Configuration, Contribution};
use crate::model::{Address, Attribution, Contributor, SourceRange};

/// A block that takes part in determining a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Determining {
    /// Its name, for example `module.net` or `local.size`.
    pub what: String,
    /// Where it stands.
    pub source: Option<SourceRange>,
    /// The block.
    pub block: BlockId,
}

/// The block that declares a resource, or did. Of a module that lies in a submodule, the submodule; none where the module is
/// in another repository altogether.
pub fn block(configuration: &Configuration, address: &Address) -> Option<BlockId> {
    if let Some(place) = configuration.block(address) {
        return Some(id(place));
    }
    let path: Vec<String> = address.module.iter().map(|step| step.name.to_string()).collect();
    let call = (1..=path.len()).rev().find_map(|length| configuration.modules.get(&path[..length]))?;
    Some(BlockId { directory: call.directory.clone()?, kind: SUBMODULE.into(), labels: Vec::new() })
}

/// The kind of a submodule's block.
const SUBMODULE: &str = "submodule";

/// What determines a resource besides its own block, whatever it says: the module calls that enclose it, from the root
/// inwards, and what the dependency lock file says of its provider.
pub fn enclosing(configuration: &Configuration, address: &Address) -> Vec<Determining> {
    let mut found = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut caller = Some(configuration.source_directory.clone());
    for step in address.module.iter() {
        path.push(step.name.to_string());
        let Some(call) = configuration.modules.get(&path) else { break };
        if let Some(directory) = caller.take() {
            let block = BlockId { directory, kind: "module".into(), labels: vec![step.name.to_string()] };
            let what = path.iter().map(|name| format!("module.{name}")).collect::<Vec<_>>().join(".");
            found.push(Determining { what, source: call.range.clone(), block });
        }
        caller.clone_from(&call.directory);
    }
    let resource = configuration.resources.get(&address.resource());
    if let Some(provider) = resource.and_then(|resource| resource.provider.as_ref()) {
        let source = provider.source.to_string();
        found.push(Determining {
            what: format!(".terraform.lock.hcl: {source}"),
            source: None,
            block: BlockId { directory: configuration.directory.clone(), kind: "lock".into(), labels: vec![source] },
        });
    }
    found
}

/// What a resource, or one of its arguments or nested blocks, refers to, one leading to the next.
pub fn referred(configuration: &Configuration, address: &Address, argument: Option<&str>) -> Vec<Determining> {
    let determining = |contribution: Contribution| Determining {
        what: contribution.what,
        source: contribution.range,
        block: id(contribution.block),
    };
    configuration.contributing(address, argument).into_iter().map(determining).collect()
}

fn id(place: BlockPlace) -> BlockId {
    BlockId { directory: place.directory, kind: place.kind.into(), labels: place.labels }
}

/// The history, asked about addresses; none where there was nothing to ask about.
pub struct Attributions<'a>(pub Option<&'a History>);

impl Attributions<'_> {
    /// Who approved what declares a resource.
    pub fn of_resource(&self, configuration: &Configuration, address: &Address) -> Attribution {
        let Some(history) = self.0 else { return Attribution::unknown("the history was not read") };
        match block(configuration, address) {
            Some(block) => of_block(history, &block),
            None => Attribution::unknown("the module that declares it is not in this repository"),
        }
    }

    /// Who approved what a resource declares for one top-level attribute or nested block.
    pub fn of_attribute(
        &self,
        configuration: &Configuration,
        address: &Address,
        attribute: &str,
    ) -> Option<Attribution> {
        let block = block(configuration, address).filter(|block| block.kind == "resource")?;
        Some(self.0?.attribute_attribution(&block, attribute))
    }

    /// What else determines an attribute, and who approved that.
    pub fn of_referred(&self, configuration: &Configuration, address: &Address, attribute: &str) -> Vec<Contributor> {
        let referred = referred(configuration, address, Some(attribute));
        referred.into_iter().map(|one| self.contributor(one)).collect()
    }

    /// What else determines a resource, and who approved that.
    pub fn of_enclosing(&self, configuration: &Configuration, address: &Address) -> Vec<Contributor> {
        let Some(history) = self.0 else { return Vec::new() };
        let enclosing = enclosing(configuration, address).into_iter();
        let known = enclosing.filter(|one| one.block.kind != "lock" || history.knows(&one.block));
        known.map(|one| self.contributor(one)).collect()
    }

    fn contributor(&self, determining: Determining) -> Contributor {
        let Determining { what, source, block } = determining;
        let attribution = self.0.map(|history| history.attribution(&block));
        let (declaring_commit, approving_commit) =
            attribution.map(|one| (one.declaring_commit, one.approving_commit)).unwrap_or_default();
        Contributor { what, source, declaring_commit, approving_commit }
    }
}

/// Who approved a block. What a submodule declares was approved by whoever put its commit there; who wrote it is in the other
/// repository.
pub fn of_block(history: &History, block: &BlockId) -> Attribution {
    if block.kind != SUBMODULE {
        return history.attribution(block);
    }
    let mut path = block.directory.as_str();
    loop {
        let submodule = BlockId { directory: path.to_owned(), ..block.clone() };
        if history.knows(&submodule) {
            let attribution = history.attribution(&submodule);
            let place = format!(
                "declared in the submodule {path}: the commit that stands there was approved here, its authors are known there"
            );
            let reason = match attribution.reason {
                Some(reason) => format!("{place}; {reason}"),
                None => place,
            };
            return Attribution { reason: Some(reason), ..attribution };
        }
        match path.rsplit_once('/') {
            Some((parent, _)) => path = parent,
            None => return Attribution::unknown("the module that declares it is not in this repository"),
        }
    }
}
