//! Entries of network ACLs in one form, whichever resource recorded them: the ACL with its inline entries, or a rule resource.
//! Knows nothing of how ACLs are read, nor of resource types as such.

use provider_api::Attributes;
use serde_json::{Map, Value, json};

/// The entry numbers that AWS itself puts at the end of every ACL, for IPv4 and IPv6. They cannot be changed.
#[cfg(feature = "sdk")]
pub(crate) const DEFAULT_ENTRIES: [i32; 2] = [32767, 32768];

/// Protocol keywords of the IANA registry in lower case, by number: the provider takes them in place of numbers.
#[rustfmt::skip]
const PROTOCOLS: [&str; 143] = [
    "hopopt", "icmp", "igmp", "ggp", "ipv4", "st", "tcp", "cbt", "egp", "igp", "bbn-rcc-mon", "nvp-ii", "pup", "argus",
    "emcon", "xnet", "chaos", "udp", "mux", "dcn-meas", "hmp", "prm", "xns-idp", "trunk-1", "trunk-2", "leaf-1",
    "leaf-2", "rdp", "irtp", "iso-tp4", "netblt", "mfe-nsp", "merit-inp", "dccp", "3pc", "idpr", "xtp", "ddp",
    "idpr-cmtp", "tp++", "il", "ipv6", "sdrp", "ipv6-route", "ipv6-frag", "idrp", "rsvp", "gre", "dsr", "bna", "esp",
    "ah", "i-nlsp", "swipe", "narp", "mobile", "tlsp", "skip", "ipv6-icmp", "ipv6-nonxt", "ipv6-opts", "61", "cftp",
    "63", "sat-expak", "kryptolan", "rvd", "ippc", "68", "sat-mon", "visa", "ipcv", "cpnx", "cphb", "wsn", "pvp",
    "br-sat-mon", "sun-nd", "wb-mon", "wb-expak", "iso-ip", "vmtp", "secure-vmtp", "vines", "ttp", "nsfnet-igp", "dgp",
    "tcf", "eigrp", "ospfigp", "sprite-rpc", "larp", "mtp", "ax.25", "ipip", "micp", "scc-sp", "etherip", "encap", "99",
    "gmtp", "ifmp", "pnni", "pim", "aris", "scps", "qnx", "a/n", "ipcomp", "snp", "compaq-peer", "ipx-in-ip", "vrrp",
    "pgm", "114", "l2tp", "dd", "iatp", "stp", "srp", "uti", "smp", "sm", "ptp", "isis-over-ipv4", "fire", "crtp",
    "crudp", "sscopmce", "iplt", "sps", "pipe", "sctp", "fc", "rsvp-e2e-ignore", "mobility-header", "udplite",
    "mpls-in-ip", "manet", "hip", "shim6", "wesp", "rohc",
];

/// A protocol by its number, as the API answers it; `-1` is all. What is no known keyword stays as it is.
pub(crate) fn protocol_number(protocol: &str) -> String {
    let keyword = protocol.to_ascii_lowercase();
    if keyword == "all" {
        return "-1".to_owned();
    }
    PROTOCOLS.iter().position(|&known| known == keyword).map_or(keyword, |number| number.to_string())
}

/// [`protocol_number`] of an attribute value, for rules.
pub(crate) fn canonical_protocol(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| Value::from(protocol_number(text)))
}

/// An `ingress` or `egress` attribute in the form that the API answers: protocols by number, ports and ICMP types only
/// where the protocol has them, unset numbers as 0. Anything else, such as a value inside an entry, stays as it is.
pub(crate) fn canonical(value: &Value) -> Value {
    let is_attribute = value.as_array().is_some_and(|elements| elements.iter().all(Value::is_object));
    if is_attribute { Value::Array(split(value)) } else { value.clone() }
}

/// The entries of an `ingress` or `egress` attribute, each on its own.
pub(crate) fn split(value: &Value) -> Vec<Value> {
    let elements = value.as_array().into_iter().flatten().filter_map(Value::as_object);
    elements.map(|element| entry(element, "rule_no", "action")).collect()
}

/// The entry that an `aws_network_acl_rule` recorded, if it is of the direction.
pub(crate) fn of_rule(rule: &Attributes, egress: bool) -> Vec<Value> {
    if rule.get("egress").and_then(Value::as_bool).unwrap_or(false) != egress {
        return Vec::new();
    }
    vec![entry(rule, "rule_number", "rule_action")]
}

/// An entry as `ingress` and `egress` hold it; `number` and `action` name the two attributes that differ by resource.
fn entry(object: &Map<String, Value>, number: &str, action: &str) -> Value {
    let protocol = protocol_number(text(object, "protocol"));
    let has_ports = !matches!(protocol.as_str(), "-1" | "1" | "58");
    let is_icmp = matches!(protocol.as_str(), "1" | "58");
    let when = |applies: bool, name: &str| if applies { integer(object, name) } else { 0 };
    json!({
        "action": text(object, action).to_ascii_lowercase(),
        "cidr_block": text(object, "cidr_block"),
        "from_port": when(has_ports, "from_port"),
        "icmp_code": when(is_icmp, "icmp_code"),
        "icmp_type": when(is_icmp, "icmp_type"),
        "ipv6_cidr_block": super::canonical_cidr(text(object, "ipv6_cidr_block")),
        "protocol": protocol,
        "rule_no": integer(object, number),
        "to_port": when(has_ports, "to_port"),
    })
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn integer(object: &Map<String, Value>, name: &str) -> i64 {
    object.get(name).and_then(Value::as_i64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, inline: Value, rule: Value, egress: bool, same: bool) {
        let rule = of_rule(rule.as_object().expect("an object"), egress);
        assert_eq!(split(&json!([inline])) == rule, same, "{name}");
    }

    #[test]
    fn a_rule_is_recognized_in_its_acl() {
        let inline = json!({"action": "allow", "cidr_block": "10.1.0.0/16", "from_port": 22, "icmp_code": 0, "icmp_type": 0,
            "ipv6_cidr_block": "", "protocol": "6", "rule_no": 100, "to_port": 22});
        let rule = |protocol: &str, port: i64, action: &str| {
            json!({"cidr_block": "10.1.0.0/16", "egress": false, "from_port": port, "icmp_code": null, "icmp_type": null,
                "ipv6_cidr_block": null, "network_acl_id": "acl-1", "protocol": protocol, "rule_action": action, "rule_number": 100, "to_port": port})
        };
        check("as recorded", inline.clone(), rule("6", 22, "allow"), false, true);
        check("by name", inline.clone(), rule("TCP", 22, "ALLOW"), false, true);
        check("other direction", inline.clone(), rule("6", 22, "allow"), true, false);
        check("other port", inline.clone(), rule("6", 23, "allow"), false, false);
        check("other action", inline.clone(), rule("6", 22, "deny"), false, false);
        check("other protocol", inline, rule("udp", 22, "allow"), false, false);
    }

    #[test]
    fn spellings_of_one_entry_are_equal() {
        let all = |protocol: &str, port: Value, code: Value| {
            canonical(&json!([{"action": "Allow", "cidr_block": "0.0.0.0/0", "from_port": port, "to_port": port,
                "icmp_code": code, "icmp_type": code, "protocol": protocol, "rule_no": 1}]))
        };
        assert_eq!(all("-1", json!(0), Value::Null), all("all", Value::Null, json!(0)));
        assert_eq!(all("icmp", json!(0), json!(-1)), all("1", Value::Null, json!(-1)));
        assert_ne!(all("icmp", json!(0), json!(-1)), all("1", json!(0), json!(8)), "another ICMP type");
        assert_ne!(all("tcp", json!(1), Value::Null), all("tcp", json!(2), Value::Null), "another port");
        for untouched in [Value::Null, json!("tcp"), json!(["x"]), json!({"protocol": "tcp"})] {
            assert_eq!(canonical(&untouched), untouched);
        }
    }

    #[test]
    fn protocols_are_numbers() {
        for (given, expected) in [
            ("tcp", "6"),
            ("UDP", "17"),
            ("icmp", "1"),
            ("ipv6-icmp", "58"),
            ("all", "-1"),
            ("-1", "-1"),
            ("6", "6"),
            ("254", "254"),
            ("esp", "50"),
            ("sctp", "132"),
            ("rohc", "142"),
            ("no such", "no such"),
        ] {
            assert_eq!(protocol_number(given), expected);
        }
    }

    #[test]
    fn nonsense_yields_nothing() {
        assert_eq!(split(&json!({"a": 1})), Vec::<Value>::new());
        assert_eq!(split(&json!([null, 3])), Vec::<Value>::new());
    }
}
