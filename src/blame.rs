//! Who declared and approved resources, and all that happened to them.
//! Knows nothing of state, of what is live, or of output formats.

use crate::attribute::{BlockId, Event, History};
use crate::attributions::{self, Determining};
use crate::config::Configuration;
use crate::model::{Address, Attribution};
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
    pub contributors: Vec<Determining>,
}

/// The answer for one resource.
#[derive(Debug)]
pub struct Blamed<'a> {
    /// The resource.
    pub resource: &'a Resource,
    /// Who declared and approved it.
    pub attribution: Attribution,
    /// The same of its contributors, in their order.
    pub contributing: Vec<(&'a Determining, Attribution)>,
    /// All that happened to it, in the order of history, each with its approval.
    pub events: Vec<(&'a Event, Attribution)>,
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
    let mut contributors = attributions::enclosing(configuration, &address);
    contributors.extend(attributions::referred(configuration, &address, None));
    let block = attributions::block(configuration, &address);
    Resource { root_module: configuration.directory.clone(), block, contributors, address }
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
            Some(block) => attributions::of_block(history, block),
            None => Attribution::unknown("the module that declares it is not in this repository"),
        },
        contributing: resource
            .contributors
            .iter()
            .filter(|contributor| contributor.block.kind != "lock" || history.knows(&contributor.block))
            .map(|contributor| (contributor, history.attribution(&contributor.block)))
            .collect(),
        events: match &resource.block {
            Some(block) => {
                history.events(block).iter().map(|event| (event, history.event_attribution(event))).collect()
            }
            None => Vec::new(),
        },
    };
    resources.iter().map(blamed).collect()
}
