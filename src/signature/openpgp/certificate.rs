//! A trusted OpenPGP key with what its holder says of it: names, subkeys, expiry, revocation.
//! Knows nothing of signatures over anything else.

use super::packet::{Cause, Key, Signature};
use super::{PUBLIC_KEY, PUBLIC_SUBKEY, SIGNATURE, USER_ATTRIBUTE, USER_ID};
use crate::signature::text;

// Types of signatures over keys, RFC 9580 section 5.2.1.
const CERTIFICATION: std::ops::RangeInclusive<u8> = 0x10..=0x13;
const SUBKEY_BINDING: u8 = 0x18;
const PRIMARY_BINDING: u8 = 0x19;
const DIRECT: u8 = 0x1f;
const KEY_REVOCATION: u8 = 0x20;
const SUBKEY_REVOCATION: u8 = 0x28;
const CERTIFICATION_REVOCATION: u8 = 0x30;

/// The key flag that lets a key sign data.
const MAY_SIGN: u8 = 0x02;

/// Whether a key was revoked, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Revocation {
    None,
    /// By another key, which the holder allows to some.
    Unclear,
    Revoked,
}

/// A primary key and all that belongs to it.
#[derive(Debug)]
pub(super) struct Certificate {
    /// Those that the holder signed and did not take back.
    pub(super) user_ids: Vec<String>,
    pub(super) revocation: Revocation,
    /// The primary key, then its subkeys.
    pub(super) keys: Vec<SigningKey>,
}

/// A key with what the primary key says of it.
#[derive(Debug)]
pub(super) struct SigningKey {
    pub(super) key: Key,
    /// In seconds since 1970; that of the primary key too.
    pub(super) expires: Option<i64>,
    pub(super) revocation: Revocation,
    /// Why its signatures over data do not count.
    pub(super) unfit: Option<Cause>,
}

/// A packet of a certificate, with the signatures that follow it.
struct Component<'a> {
    tag: u8,
    body: &'a [u8],
    signatures: Vec<Signature>,
    /// Whether a signature among them could not be read, which might revoke.
    unread: bool,
}

impl Certificate {
    /// Reads the packets from one primary key up to the next.
    pub(super) fn read(packets: &[(u8, &[u8])]) -> Result<Self, Cause> {
        let components = components(packets);
        let (first, others) = components.split_first().ok_or("it is empty")?;
        let primary = Key::read(first.body)?;
        let hashed = primary.hashed();
        let own = |signature: &&Signature, data: &[u8]| primary.signed(signature, data) == Ok(true);

        let direct: Vec<_> =
            first.signatures.iter().filter(|found| found.kind == DIRECT && own(found, &hashed)).collect();
        let mut certified: Option<&Signature> = None;
        let mut user_ids = Vec::new();
        for component in others.iter().filter(|component| component.tag == USER_ID) {
            let length = u32::try_from(component.body.len()).unwrap_or(u32::MAX).to_be_bytes();
            let data = [&hashed, &[0xb4][..], &length, component.body].concat();
            let newest = |wanted: fn(u8) -> bool| {
                let all = component.signatures.iter().filter(|found| wanted(found.kind));
                all.filter(|found| own(found, &data)).max_by_key(|found| found.created)
            };
            let Some(statement) = newest(|kind| CERTIFICATION.contains(&kind)) else { continue };
            let revoked = newest(|kind| kind == CERTIFICATION_REVOCATION);
            if revoked.is_none_or(|revoked| revoked.created < statement.created) {
                user_ids.push(text(component.body));
                certified = certified.into_iter().chain([statement]).max_by_key(|found| found.created);
            }
        }
        // What the newest of each kind says. One that is silent takes nothing back: `gpg` makes direct ones that only
        // name a revoker.
        let statements: Vec<&Signature> =
            certified.into_iter().chain(direct.iter().copied().max_by_key(|found| found.created)).collect();
        if statements.is_empty() {
            return Err("nothing that its holder says of it can be verified: too old, or its signatures were left out");
        }
        let names_revoker = statements.iter().chain(&direct).any(|statement| statement.names_revoker);
        let lasts = statements.iter().filter_map(|statement| statement.key_lasts).min();
        let expires = lasts.map(|seconds| primary.created + seconds);
        let flags = statements.iter().find_map(|statement| statement.key_flags);
        let revocation = revocation(first, KEY_REVOCATION, names_revoker, |found| own(&found, &hashed));
        let subkeys = others.iter().filter(|component| component.tag == PUBLIC_SUBKEY);
        let subkeys: Vec<_> = subkeys.filter_map(|component| subkey(&primary, expires, component)).collect();
        let unfit = flags.is_some_and(|flags| flags & MAY_SIGN == 0).then_some("it may not sign data");
        let mut keys = vec![SigningKey { key: primary, expires, revocation, unfit }];
        keys.extend(subkeys);
        Ok(Self { user_ids, revocation, keys })
    }

    /// Of the primary key.
    pub(super) fn fingerprint(&self) -> &[u8] {
        self.keys.first().map_or(&[], |primary| &primary.key.fingerprint)
    }
}

fn components<'a>(packets: &[(u8, &'a [u8])]) -> Vec<Component<'a>> {
    let mut components: Vec<Component<'a>> = Vec::new();
    for (tag, body) in packets.iter().copied() {
        match (tag, components.last_mut()) {
            (SIGNATURE, Some(component)) => match Signature::read(body) {
                Ok(signature) => component.signatures.push(signature),
                Err(_) => component.unread |= is_revocation(body),
            },
            (PUBLIC_KEY | PUBLIC_SUBKEY | USER_ID | USER_ATTRIBUTE, _) => {
                components.push(Component { tag, body, signatures: Vec::new(), unread: false });
            }
            _ => {}
        }
    }
    components
}

/// Whether a signature that cannot be read looks like the revocation of a key: in versions 4 to 6 its type is the
/// second byte, in version 3 the third.
fn is_revocation(body: &[u8]) -> bool {
    let kind = if body.first() == Some(&3) { body.get(2) } else { body.get(1) };
    matches!(kind.copied(), Some(KEY_REVOCATION | SUBKEY_REVOCATION))
}

fn revocation(
    component: &Component<'_>,
    kind: u8,
    names_revoker: bool,
    own: impl Fn(&Signature) -> bool,
) -> Revocation {
    let all: Vec<_> = component.signatures.iter().filter(|found| found.kind == kind).collect();
    if all.iter().any(|found| own(found)) {
        return Revocation::Revoked;
    }
    let others = names_revoker && !all.is_empty();
    if others || component.unread { Revocation::Unclear } else { Revocation::None }
}

/// A subkey that the primary key binds. None if it does not.
fn subkey(primary: &Key, primary_expires: Option<i64>, component: &Component<'_>) -> Option<SigningKey> {
    let key = Key::read(component.body).ok()?;
    let data = [primary.hashed(), key.hashed()].concat();
    let own = |found: &Signature| primary.signed(found, &data) == Ok(true);
    let bindings = component.signatures.iter().filter(|found| found.kind == SUBKEY_BINDING);
    let binding = bindings.filter(|found| own(found)).max_by_key(|found| found.created)?;
    let expires = binding.key_lasts.map(|seconds| key.created + seconds);
    let expires = expires.into_iter().chain(primary_expires).min();
    let revocation = revocation(component, SUBKEY_REVOCATION, false, own);
    let unfit = if binding.key_flags.is_some_and(|flags| flags & MAY_SIGN == 0) {
        Some("it may not sign data")
    } else if !answers(&key, binding, &data) {
        Some("the subkey does not confirm its primary key")
    } else {
        None
    };
    Some(SigningKey { key, expires, revocation, unfit })
}

/// Whether a subkey confirms that it belongs to the primary key. Otherwise anybody could adopt another's subkey, and
/// with it what it signed.
fn answers(key: &Key, binding: &Signature, data: &[u8]) -> bool {
    let Some(Ok(answer)) = binding.embedded.as_deref().map(Signature::read) else { return false };
    answer.kind == PRIMARY_BINDING && key.signed(&answer, data) == Ok(true)
}
