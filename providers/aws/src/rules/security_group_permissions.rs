//! Permissions of security groups in one form, whichever resource recorded them: the group with its inline rules, or one
//! of the three kinds of rule resources.
//! Knows nothing of how groups are read, nor of resource types as such.

use super::canonical_cidr;
use provider_api::Attributes;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Where traffic comes from or goes to: the attribute that lists it, and its text (empty for the group itself).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    Cidr(String),
    Ipv6Cidr(String),
    PrefixList(String),
    /// `sg-…`, or `account/sg-…` across accounts.
    Group(String),
    /// The group that holds the rule.
    Itself,
}

/// What peers are let in or out by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Traffic {
    protocol: String,
    from_port: i64,
    to_port: i64,
    description: String,
}

impl Traffic {
    /// Whether protocol and ports are the same.
    #[cfg(feature = "sdk")]
    fn same_ports(&self, other: &Self) -> bool {
        (&self.protocol, self.from_port, self.to_port) == (&other.protocol, other.from_port, other.to_port)
    }

    /// Brings protocol and ports to one form: protocols by name where security groups have one, and no ports where the
    /// protocol has none (the API keeps none then, and different resources record that as null, 0 or -1).
    pub(crate) fn new(protocol: &str, from_port: Option<i64>, to_port: Option<i64>, description: &str) -> Self {
        let protocol = protocol_name(protocol);
        let (from_port, to_port) = match protocol.as_str() {
            "tcp" | "udp" => (from_port.unwrap_or(0), to_port.unwrap_or(0)),
            "icmp" | "icmpv6" => (from_port.unwrap_or(-1), to_port.unwrap_or(-1)),
            _ => (0, 0),
        };
        Self { protocol, from_port, to_port, description: description.to_owned() }
    }
}

/// One peer for one kind of traffic: what a rule id stands for.
pub(crate) type Permission = (Traffic, Peer);

/// Whether two permissions are the same but for their description, and for the account that a group is written with:
/// group ids are unique, and the account is optional within one's own.
#[cfg(feature = "sdk")]
pub(crate) fn same(one: &Permission, other: &Permission) -> bool {
    fn group(peer: &Peer) -> Option<&str> {
        if let Peer::Group(text) = peer { text.rsplit('/').next() } else { None }
    }
    let same_peer = one.1 == other.1 || group(&one.1).is_some_and(|id| Some(id) == group(&other.1));
    same_peer && one.0.same_ports(&other.0)
}

/// The description of a rule whose recorded permissions are all live: that of the first described one, as the provider
/// takes it, or empty. None where one of them is gone.
#[cfg(feature = "sdk")]
pub(crate) fn live_description(recorded: &[Permission], live: &[Permission]) -> Option<String> {
    let mut description = String::new();
    for permission in recorded {
        let found = live.iter().find(|live| same(permission, live))?;
        if description.is_empty() {
            description.clone_from(&found.0.description);
        }
    }
    Some(description).filter(|_| !recorded.is_empty())
}

/// The name by which security groups call a protocol; other protocols keep their number.
pub(crate) fn protocol_name(protocol: &str) -> String {
    let protocol = protocol.to_ascii_lowercase();
    match protocol.as_str() {
        "all" => "-1".to_owned(),
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        "1" => "icmp".to_owned(),
        "58" => "icmpv6".to_owned(),
        _ => protocol,
    }
}

/// [`protocol_name`] of an attribute value, for rules.
pub(crate) fn canonical_protocol(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| Value::from(protocol_name(text)))
}

/// The permissions of an `ingress` or `egress` attribute. What is not of its shape is left out.
pub(crate) fn inline(value: &Value) -> Vec<Permission> {
    let mut permissions = Vec::new();
    for element in value.as_array().into_iter().flatten().filter_map(Value::as_object) {
        let traffic = Traffic::new(
            text(element, "protocol"),
            integer(element, "from_port"),
            integer(element, "to_port"),
            text(element, "description"),
        );
        let peers = peers(element, "security_groups");
        permissions.extend(peers.into_iter().map(|peer| (traffic.clone(), peer)));
    }
    permissions
}

/// The permissions that an `aws_security_group_rule` recorded for one direction.
pub(crate) fn of_rule(rule: &Attributes, direction: &str) -> Vec<Permission> {
    if text(rule, "type") != direction {
        return Vec::new();
    }
    let traffic = Traffic::new(
        text(rule, "protocol"),
        integer(rule, "from_port"),
        integer(rule, "to_port"),
        text(rule, "description"),
    );
    let mut peers = peers(rule, "");
    let source = text(rule, "source_security_group_id");
    if !source.is_empty() {
        peers.push(group_peer(source, text(rule, "security_group_id")));
    }
    // The group itself can be recorded both ways at once.
    peers.dedup();
    peers.into_iter().map(|peer| (traffic.clone(), peer)).collect()
}

/// The permission that an `aws_vpc_security_group_ingress_rule` or `…_egress_rule` recorded.
pub(crate) fn of_single_rule(rule: &Attributes) -> Vec<Permission> {
    let traffic = Traffic::new(
        text(rule, "ip_protocol"),
        integer(rule, "from_port"),
        integer(rule, "to_port"),
        text(rule, "description"),
    );
    let present = |name: &str| Some(text(rule, name)).filter(|text| !text.is_empty()).map(str::to_owned);
    let peer = present("cidr_ipv4")
        .map(Peer::Cidr)
        .or_else(|| present("cidr_ipv6").map(|cidr| Peer::Ipv6Cidr(canonical_cidr(&cidr))))
        .or_else(|| present("prefix_list_id").map(Peer::PrefixList))
        .or_else(|| {
            present("referenced_security_group_id").map(|group| group_peer(&group, text(rule, "security_group_id")))
        });
    peer.map(|peer| (traffic, peer)).into_iter().collect()
}

/// The group that holds a rule, out of the rule's recorded attributes.
pub(crate) fn parent_group(rule: &Attributes) -> Vec<String> {
    Some(text(rule, "security_group_id")).filter(|id| !id.is_empty()).map(str::to_owned).into_iter().collect()
}

/// Permissions as values that can be told apart one by one.
pub(crate) fn atoms(permissions: Vec<Permission>) -> Vec<Value> {
    permissions.into_iter().map(|permission| element(&permission.0, &BTreeSet::from([permission.1]))).collect()
}

/// The parts of an `ingress` or `egress` attribute, for owners.
pub(crate) fn split(value: &Value) -> Vec<Value> {
    atoms(inline(value))
}

/// Permissions as a group's attribute holds them: one element for each kind of traffic, peers and elements sorted.
pub(crate) fn gathered(permissions: Vec<Permission>) -> Value {
    let mut by_traffic: BTreeMap<Traffic, BTreeSet<Peer>> = BTreeMap::new();
    for (traffic, peer) in permissions {
        by_traffic.entry(traffic).or_default().insert(peer);
    }
    Value::Array(by_traffic.iter().map(|(traffic, peers)| element(traffic, peers)).collect())
}

/// An `ingress` or `egress` attribute with equal traffic gathered: the configuration may spread it over several blocks,
/// which the API does not keep. Anything else, such as a list inside an element, stays as it is.
pub(crate) fn canonical(value: &Value) -> Value {
    let is_attribute = value.as_array().is_some_and(|elements| elements.iter().all(Value::is_object));
    if is_attribute { gathered(inline(value)) } else { value.clone() }
}

/// One element of `ingress` or `egress`.
fn element(traffic: &Traffic, peers: &BTreeSet<Peer>) -> Value {
    let list = |pick: fn(&Peer) -> Option<&String>| peers.iter().filter_map(pick).collect::<Vec<_>>();
    json!({
        "cidr_blocks": list(|peer| if let Peer::Cidr(text) = peer { Some(text) } else { None }),
        "description": traffic.description,
        "from_port": traffic.from_port,
        "ipv6_cidr_blocks": list(|peer| if let Peer::Ipv6Cidr(text) = peer { Some(text) } else { None }),
        "prefix_list_ids": list(|peer| if let Peer::PrefixList(text) = peer { Some(text) } else { None }),
        "protocol": traffic.protocol,
        "security_groups": list(|peer| if let Peer::Group(text) = peer { Some(text) } else { None }),
        "self": peers.contains(&Peer::Itself),
        "to_port": traffic.to_port,
    })
}

/// The peers that an element or a rule lists; `groups` names the list of groups, if it has one.
fn peers(object: &Map<String, Value>, groups: &str) -> Vec<Peer> {
    let mut peers = Vec::new();
    peers.extend(texts(object, "cidr_blocks").map(|text| Peer::Cidr(text.to_owned())));
    peers.extend(texts(object, "ipv6_cidr_blocks").map(|text| Peer::Ipv6Cidr(canonical_cidr(text))));
    peers.extend(texts(object, "prefix_list_ids").map(|text| Peer::PrefixList(text.to_owned())));
    peers.extend(texts(object, groups).map(|text| Peer::Group(text.to_owned())));
    if object.get("self").and_then(Value::as_bool) == Some(true) {
        peers.push(Peer::Itself);
    }
    peers
}

/// A group as seen from the group `own`.
pub(crate) fn group_peer(group: &str, own: &str) -> Peer {
    if group == own { Peer::Itself } else { Peer::Group(group.to_owned()) }
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn texts<'a>(object: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a str> {
    object.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// A port, which states write as a number; a fraction or a text is none.
fn integer(object: &Map<String, Value>, name: &str) -> Option<i64> {
    object.get(name).and_then(Value::as_i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that a group's attribute and a rule's record come to the same parts, or not.
    fn check(name: &str, attribute: Value, of_rule: Vec<Permission>, same: bool) {
        let mut parent = split(&attribute);
        let mut rule = atoms(of_rule);
        parent.sort_by_key(Value::to_string);
        rule.sort_by_key(Value::to_string);
        assert_eq!(parent == rule, same, "{name}: {parent:?} against {rule:?}");
    }

    fn attributes(value: Value) -> Attributes {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn a_rule_is_recognized_in_its_group() {
        let parent = json!([{"cidr_blocks": ["10.20.0.0/16", "10.10.0.0/16"], "description": "mysql", "from_port": 3306,
            "ipv6_cidr_blocks": [], "prefix_list_ids": [], "protocol": "tcp", "security_groups": [], "self": false, "to_port": 3306}]);
        let rule = json!({"cidr_blocks": ["10.10.0.0/16", "10.20.0.0/16"], "description": "mysql", "from_port": 3306,
            "ipv6_cidr_blocks": null, "prefix_list_ids": null, "protocol": "6", "security_group_id": "sg-1", "self": false,
            "source_security_group_id": null, "to_port": 3306, "type": "ingress"});
        let changed = |name: &str, value: Value| {
            let mut changed = attributes(rule.clone());
            changed.insert(name.to_owned(), value);
            of_rule(&changed, "ingress")
        };
        check("as recorded", parent.clone(), of_rule(&attributes(rule.clone()), "ingress"), true);
        check("other direction", parent.clone(), of_rule(&attributes(rule.clone()), "egress"), false);
        check("other port", parent.clone(), changed("to_port", json!(3307)), false);
        check("other description", parent.clone(), changed("description", json!("x")), false);
        check("one block less", parent.clone(), changed("cidr_blocks", json!(["10.10.0.0/16"])), false);
        check("itself too", parent, changed("self", json!(true)), false);
    }

    #[test]
    fn forms_of_one_rule_are_equal() {
        let all = json!([{"cidr_blocks": [], "description": "", "from_port": 0, "ipv6_cidr_blocks": ["::/0"],
            "prefix_list_ids": [], "protocol": "-1", "security_groups": [], "self": false, "to_port": 0}]);
        let rule = json!({"cidr_ipv6": "0:0::/0", "from_port": null, "ip_protocol": "ALL", "to_port": -1, "security_group_id": "sg-1"});
        check("all protocols keep no ports", all, of_single_rule(&attributes(rule)), true);

        let own = json!([{"from_port": 1, "to_port": 2, "protocol": "udp", "self": true}]);
        for rule in [
            json!({"from_port": 1, "to_port": 2, "ip_protocol": "17", "security_group_id": "sg-1", "referenced_security_group_id": "sg-1"}),
            json!({"from_port": 1, "to_port": 2, "ip_protocol": "udp", "security_group_id": "sg-1", "referenced_security_group_id": "sg-1", "description": null}),
        ] {
            check("the group itself", own.clone(), of_single_rule(&attributes(rule)), true);
        }
        let rule = json!({"type": "egress", "from_port": 1, "to_port": 2, "protocol": "udp", "self": true,
            "source_security_group_id": "sg-1", "security_group_id": "sg-1"});
        check("itself twice", own.clone(), of_rule(&attributes(rule), "egress"), true);
        let other = json!({"from_port": 1, "to_port": 2, "ip_protocol": "udp", "security_group_id": "sg-1", "referenced_security_group_id": "123/sg-1"});
        check("a group of another account", own, of_single_rule(&attributes(other)), false);
    }

    #[test]
    fn equal_traffic_is_gathered() {
        let block = |cidr: &str, description: Value| json!({"cidr_blocks": [cidr], "from_port": 443, "to_port": 443, "protocol": "tcp", "description": description});
        let spread = canonical(&json!([block("10.0.0.0/8", json!("x")), block("192.168.0.0/16", json!("x"))]));
        let gathered = canonical(
            &json!([{"cidr_blocks": ["192.168.0.0/16", "10.0.0.0/8"], "from_port": 443, "to_port": 443, "protocol": "6", "description": "x"}]),
        );
        assert_eq!(spread, gathered);
        assert_eq!(gathered.as_array().map(Vec::len), Some(1));
        let apart = canonical(&json!([block("10.0.0.0/8", json!("x")), block("192.168.0.0/16", Value::Null)]));
        assert_ne!(apart, gathered);
        for untouched in [Value::Null, json!("tcp"), json!(["10.0.0.0/8"]), json!({"cidr_blocks": ["10.0.0.0/8"]})] {
            assert_eq!(canonical(&untouched), untouched, "rules see what lies inside an element too");
        }
    }

    #[test]
    fn nonsense_yields_nothing() {
        for value in
            [json!({}), json!([1, "x", null, []]), json!([{"cidr_blocks": {"a": 1}, "self": "true"}]), json!("x")]
        {
            assert_eq!(split(&value), Vec::<Value>::new(), "{value}");
        }
        assert_eq!(of_single_rule(&Attributes::new()), Vec::new());
        assert!(parent_group(&Attributes::new()).is_empty());
    }
}
