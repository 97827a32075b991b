//! Who declared and approved resources, and all that happened to them.
//! Knows nothing of state, of what is live, or of output formats.

use crate::attribute::{BlockId, Event, History};
use crate::config::{BlockPlace, Configuration};
use crate::model::{Address, Attribution, SourceRange};
use std::collections::BTreeSet;

/// A resource to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Address without instance keys.
    pub address: Address,
    /// Directory of the root module from the repository's root.
    pub root_module: String,
    /// The block that declares it, or did; none where its module is not in this repository.
    pub block: Option<BlockId>,
    /// What else determines it.
    pub contributors: Vec<Contributor>,
}

/// A block that takes part in determining a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contributor {
    /// Its name, for example `module.net`.
    pub what: String,
    /// Where it stands.
    pub source: Option<SourceRange>,
    /// The block.
    pub block: BlockId,
}

/// The answer for one resource.
#[derive(Debug)]
pub struct Blamed<'a> {
    /// The resource.
    pub resource: &'a Resource,
    /// Who declared and approved it.
    pub attribution: Attribution,
    /// The same of its contributors, in their order.
    pub contributing: Vec<(&'a Contributor, Attribution)>,
    /// All that happened to it, in the order of history.
    pub events: &'a [Event],
}

/// The resources of a root module: those of the given addresses, declared or not, or all that are declared.
///
/// Of what determines a resource besides its block, the module calls that enclose it are listed, from the root inwards,
/// then the locals, variables and outputs that it refers to, one leading to the next. Provider configurations are not
/// followed.
pub fn resources(configuration: &Configuration, addresses: &[Address]) -> Vec<Resource> {
    let mut wanted: Vec<Address> = match addresses {
        [] => configuration.resources.keys().cloned().collect(),
        addresses => addresses.iter().map(|address| configuration.refactored(address).resource()).collect(),
    };
    wanted.sort();
    wanted.dedup();
    wanted.into_iter().map(|address| resource(configuration, address)).collect()
}

fn resource(configuration: &Configuration, address: Address) -> Resource {
    let block = configuration.block(&address);
    let block =
        block.map(|block| BlockId { directory: block.directory, kind: block.kind.into(), labels: block.labels });
    let mut contributors = module_calls(configuration, &address);
    contributors.extend(configuration.contributing(&address, None).into_iter().map(|contribution| {
        let BlockPlace { directory, kind, labels } = contribution.block;
        let block = BlockId { directory, kind: kind.into(), labels };
        Contributor { what: contribution.what, source: contribution.range, block }
    }));
    Resource { root_module: configuration.directory.clone(), block, contributors, address }
}

fn module_calls(configuration: &Configuration, address: &Address) -> Vec<Contributor> {
    let mut calls = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut caller = Some(configuration.directory.clone());
    for step in address.module.iter() {
        path.push(step.name.to_string());
        let Some(call) = configuration.modules.get(&path) else { break };
        if let Some(directory) = caller.take() {
            let block = BlockId { directory, kind: "module".into(), labels: vec![step.name.to_string()] };
            let what = path.iter().map(|name| format!("module.{name}")).collect::<Vec<_>>().join(".");
            calls.push(Contributor { what, source: call.range.clone(), block });
        }
        caller.clone_from(&call.directory);
    }
    calls
}

/// Drops the resources that neither are nor ever were declared where they are looked for, unless nothing else is left of
/// their address: several root modules rarely hold the same ones.
pub fn found(history: &History, resources: Vec<Resource>) -> Vec<Resource> {
    let known = |resource: &Resource| resource.block.as_ref().is_some_and(|block| history.knows(block));
    let somewhere: BTreeSet<Address> =
        resources.iter().filter(|resource| known(resource)).map(|resource| resource.address.clone()).collect();
    let mut unknown = BTreeSet::new();
    let mut kept = resources;
    kept.retain(|resource| {
        known(resource) || !somewhere.contains(&resource.address) && unknown.insert(resource.address.clone())
    });
    kept
}

/// Asks the history about each resource.
pub fn report<'a>(history: &'a History, resources: &'a [Resource]) -> Vec<Blamed<'a>> {
    let blamed = |resource: &'a Resource| Blamed {
        resource,
        attribution: match &resource.block {
            Some(block) => history.attribution(block),
            None => Attribution::unknown("the module that declares it is not in this repository"),
        },
        contributing: resource
            .contributors
            .iter()
            .map(|contributor| (contributor, history.attribution(&contributor.block)))
            .collect(),
        events: resource.block.as_ref().map_or(&[], |block| history.events(block)),
    };
    resources.iter().map(blamed).collect()
}
