//! Functions over IP networks.
//! Know nothing of references.

use super::Outcome;
use crate::config::evaluate::value::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) fn call(name: &str, arguments: &[Value]) -> Outcome {
    let number = |value: &Value| value.to_number()?.integer();
    match (name, arguments) {
        ("cidrsubnet", [prefix, bits, index]) => {
            let network = Network::parse(&prefix.to_text()?)?;
            let subnet = network.subnet(u32::try_from(number(bits)?).ok()?, u128::try_from(number(index)?).ok()?)?;
            Some(Value::string(subnet.to_text()))
        }
        ("cidrsubnets", [prefix, bits @ ..]) => {
            let network = Network::parse(&prefix.to_text()?)?;
            let mut subnets: Vec<Network> = Vec::new();
            for bits in bits {
                let bits = u32::try_from(number(bits)?).ok().filter(|bits| *bits > 0)?;
                let next = match subnets.last() {
                    None => network.subnet(bits, 0)?,
                    Some(last) => network.following(last, bits)?,
                };
                subnets.push(next);
            }
            Some(Value::list(subnets.iter().map(|subnet| Value::string(subnet.to_text())).collect()))
        }
        ("cidrhost", [prefix, index]) => {
            let network = Network::parse(&prefix.to_text()?)?;
            let index = number(index)?;
            let room = network.room();
            // All addresses of `::/0` are more than fit the type; nobody counts through those.
            let offset = match u128::try_from(index) {
                Ok(offset) => offset,
                Err(_) => room?.checked_sub(index.unsigned_abs())?,
            };
            if room.is_some_and(|room| offset >= room) {
                return None;
            }
            Some(Value::string(network.address(network.base.checked_add(offset)?).to_string()))
        }
        ("cidrnetmask", [prefix]) => {
            let network = Network::parse(&prefix.to_text()?).filter(|network| network.width == 32)?;
            Some(Value::string(network.address(network.mask()).to_string()))
        }
        _ => None,
    }
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
