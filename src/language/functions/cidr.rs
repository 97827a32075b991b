//! Functions of IP networks.
//! Know nothing of expressions.

use super::{
    Context, Function, NUMBER, Outcome, STRING, bool_type, function, string_list, string_type, strings_type, text,
};
use crate::language::value::Value;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const FUNCTIONS: &[Function] = &[
    function("cidrcontains", &[STRING, STRING], bool_type, contains),
    function("cidrhost", &[STRING, NUMBER], string_type, host),
    function("cidrnetmask", &[STRING], string_type, |_, arguments| {
        let network = Network::given(&arguments[0])?;
        match network.width {
            32 => Ok(Value::string(network.address(network.mask()).to_string())),
            _ => Err("networks of IPv6 have no mask".into()),
        }
    }),
    function("cidrsubnet", &[STRING, NUMBER, NUMBER], string_type, |_, arguments| {
        let network = Network::given(&arguments[0])?;
        let index = number(&arguments[2])?.to_u128();
        let subnet = index.and_then(|index| network.subnet(bits(&arguments[1]).ok()?, index));
        subnet.map(|subnet| Value::string(subnet.to_text())).ok_or_else(|| "there is no such part".into())
    }),
    function("cidrsubnets", &[STRING], strings_type, subnets).and(NUMBER),
];

fn number(value: &Value) -> Result<BigInt, String> {
    value.number().and_then(|number| number.integer()).ok_or_else(|| "a whole number is required".to_owned())
}

fn bits(value: &Value) -> Result<u32, String> {
    number(value)?.to_u32().ok_or_else(|| "the number of bits is negative or too large".to_owned())
}

fn host(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let network = Network::given(&arguments[0])?;
    let index = number(&arguments[1])?;
    let room = network.room();
    let missing = || "the network has not as many addresses".to_owned();
    let magnitude = index.magnitude().to_u128().ok_or_else(missing)?;
    // All addresses of `::/0` are more than fit the type; nobody counts through those.
    let offset = match index.is_negative() {
        false => magnitude,
        true => room.and_then(|room| room.checked_sub(magnitude)).ok_or_else(missing)?,
    };
    if room.is_some_and(|room| offset >= room) {
        return Err(missing());
    }
    let address = network.base.checked_add(offset).ok_or_else(missing)?;
    Ok(Value::string(network.address(address).to_string()))
}

fn subnets(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let network = Network::given(&arguments[0])?;
    let full = || "the network has no room for all parts".to_owned();
    let mut found: Vec<Network> = Vec::new();
    for argument in &arguments[1..] {
        let bits = bits(argument)?;
        if bits == 0 {
            return Err("a part must be smaller than the whole".into());
        }
        let next = match found.last() {
            None => network.subnet(bits, 0),
            Some(last) => network.following(last, bits),
        };
        found.push(next.ok_or_else(full)?);
    }
    Ok(string_list(found.iter().map(Network::to_text)))
}

/// OpenTofu's: whether an address or a whole network lies in a network.
fn contains(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let network = Network::given(&arguments[0])?;
    let inner = text(&arguments[1]);
    let inner = match inner.contains('/') {
        true => Network::given(&arguments[1])?,
        false => Network::parse(&format!("{inner}/{}", if inner.contains(':') { 128 } else { 32 }))
            .ok_or_else(|| format!("{inner:?} is no address"))?,
    };
    if network.width != inner.width {
        return Err("one is of IPv4 and the other of IPv6".into());
    }
    Ok((inner.length >= network.length && inner.base & network.mask() == network.base).into())
}
/// A block of addresses.
struct Network {
    /// The first address.
    base: u128,
    /// Bits that all have in common.
    length: u32,
    /// Bits of an address: 32 or 128.
    width: u32,
}

impl Network {
    fn given(value: &Value) -> Result<Self, String> {
        Self::parse(text(value)).ok_or_else(|| format!("{:?} is no network such as 10.0.0.0/16", text(value)))
    }

    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let (base, width) = match address.parse::<IpAddr>().ok()? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            // Written as IPv4 by one program and as IPv6 by the other.
            IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => return None,
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        let digits = length.bytes().all(|byte| byte.is_ascii_digit()) && (length == "0" || !length.starts_with('0'));
        let length = length.parse().ok().filter(|length| digits && *length <= width)?;
        let mut network = Self { base, length, width };
        network.base &= network.mask();
        Some(network)
    }

    fn mask(&self) -> u128 {
        let all = u128::MAX >> (128 - self.width);
        all & !all.checked_shr(self.length).unwrap_or(0)
    }

    /// How many addresses it has; none if the number does not fit.
    fn room(&self) -> Option<u128> {
        1_u128.checked_shl(self.width - self.length)
    }

    fn subnet(&self, bits: u32, index: u128) -> Option<Self> {
        let length = self.length.checked_add(bits).filter(|length| *length <= self.width)?;
        let fits = 1_u128.checked_shl(bits).is_none_or(|subnets| index < subnets);
        let offset = if index == 0 { 0 } else { index.checked_shl(self.width - length)? };
        fits.then_some(Self { base: self.base | offset, length, width: self.width })
    }

    /// The first subnet with so many more bits that begins behind another.
    fn following(&self, last: &Self, bits: u32) -> Option<Self> {
        let length = self.length.checked_add(bits).filter(|length| *length <= self.width)?;
        let mut next = Self { base: last.base + (last.room()? - 1), length, width: self.width };
        next.base &= next.mask();
        next.base = next.base.checked_add(next.room()?)?;
        let end = self.base + (self.room()? - 1);
        (next.base <= end).then_some(next)
    }

    fn address(&self, value: u128) -> IpAddr {
        match u32::try_from(value) {
            Ok(value) if self.width == 32 => Ipv4Addr::from(value).into(),
            _ => Ipv6Addr::from(value).into(),
        }
    }

    fn to_text(&self) -> String {
        format!("{}/{}", self.address(self.base), self.length)
    }
}
