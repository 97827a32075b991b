//! Who is who, by mailmap, settings and forges.

use super::*;

#[test]
fn one_person_by_address_and_mailmap() {
    let mut people = People::new(b"Ann Lee <ann@corp> <ann@home>\nnot a mailmap line\n");
    let ann = people.person("ann".into(), "ann@home".into());
    assert_eq!(people.display(ann), "Ann Lee <ann@corp>");
    assert_eq!(people.named("Somebody <ANN@corp>"), Some(ann));
    let hidden = people.person("b".into(), "123+bob@users.noreply.github.com".into());
    assert_eq!(people.named("bob@users.noreply.github.com"), Some(hidden));
}

#[test]
fn names_alone_resolve_to_their_one_bearer() {
    let mut people = People::new(b"");
    let ann = people.person("Ann Lee".into(), "ann@corp".into());
    let named = people.named("ann lee").expect("a name");
    assert_ne!(named, ann);
    assert_eq!(people.resolved(named), ann);
    people.person("Ann Lee".into(), "other@corp".into());
    assert_eq!(people.resolved(named), named);
    assert_eq!(people.named("  "), None);
    assert_eq!(people.named("<>"), None);
}

#[test]
fn programs_and_shared_accounts() {
    let mut people = People::new(b"");
    let (bots, shared) = (["ci-*".into(), "*@robots.corp".into()], ["ops@*".into()]);
    let entries = [entry("Deploy", &["deploy@corp"], &[])];
    let web = ["gitlab@git.corp".into()];
    people.identify(&Identity { entries: &entries, bots: &bots, shared: &shared, web: &web });
    for (name, email, kind) in [
        ("renovate[bot]", "1+renovate[bot]@users.noreply.github.com", Kind::Bot),
        ("GitHub", "noreply@github.com", Kind::Bot),
        ("GitLab", "noreply@gitlab.com", Kind::Bot),
        ("GitLab", "gitlab@git.corp", Kind::Bot),
        ("CI-north", "x@corp", Kind::Bot),
        ("Robert", "bert@robots.corp", Kind::Bot),
        ("Operations", "ops@corp", Kind::Shared),
        ("Robot", "robot@corp", Kind::Human),
        ("ci-deploy", "deploy@corp", Kind::Human),
    ] {
        let person = people.person(name.into(), email.into());
        assert_eq!(people.kind(person), kind, "{name}");
    }
}

fn entry(name: &str, emails: &[&str], logins: &[&str]) -> PersonSettings {
    let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let (emails, logins) = (all(emails), all(logins));
    PersonSettings { name: name.into(), emails, logins, shared: false, bot: false, owner: None }
}

fn identify(people: &mut People, entries: &[PersonSettings]) {
    people.identify(&Identity { entries, bots: &[], shared: &[], web: &[] });
}

fn account<'a>(forge: &'a str, login: &'a str, name: &'a str, email: Option<&'a str>) -> Account<'a> {
    Account { forge, host: None, login, name: Some(name), email, is_bot: false }
}

#[test]
fn settings_join_addresses_and_accounts() {
    let mut people = People::new(b"Ann Lee <ann@corp> <ann@home>\n");
    let home = people.person("annie".into(), "ann@home".into());
    let old = people.person("A. Lee".into(), "ann@old".into());
    let other = people.person("Ann Lee".into(), "ann@other".into());
    identify(&mut people, &[entry("Ann Lee", &["ann@corp", "ANN@old"], &["github:Ann"])]);
    assert_eq!(people.canonical(home), people.canonical(old));
    assert_eq!(people.display(old), "Ann Lee <ann@corp>");
    assert_eq!(people.compare(home, other), Likeness::Unclear);
    let by_account = people.account(&account("github", "ann", "Somebody", None));
    assert_eq!(people.canonical(by_account), people.canonical(home));
    let elsewhere = people.account(&account("gitlab", "ann", "Ann L", None));
    assert_eq!(people.compare(elsewhere, home), Likeness::Unclear);
    assert_eq!(people.display(elsewhere), "Ann L <gitlab:ann>");
    let later = people.named("x <ann@OLD>").expect("a person");
    assert_eq!(people.compare(later, home), Likeness::Same);
    assert_eq!(people.referred("Ann lee").map(|id| people.canonical(id)), Some(people.canonical(home)));
}

#[test]
fn entries_of_the_settings_are_never_joined() {
    let mut people = People::new(b"");
    identify(&mut people, &[entry("Ann Lee", &["ann@x"], &["github:ann"]), entry("ann lee ", &["ann@y"], &[])]);
    let (one, other) = (people.named("<ann@x>").expect("one"), people.named("<ann@y>").expect("another"));
    assert_eq!(people.compare(one, other), Likeness::Different);
    people.account(&account("github", "ann", "Ann", Some("ann@y")));
    assert_eq!(people.compare(one, other), Likeness::Different);
}

#[test]
fn accounts_and_hidden_addresses() {
    let mut people = People::new(b"");
    for (forge, host, email) in [
        ("github", None, "1+ann@users.noreply.github.com"),
        ("github", Some("github.com"), "bob@users.noreply.github.com"),
        ("gitlab", None, "7-cy@users.noreply.gitlab.com"),
        ("gitlab", Some("git.corp"), "7-di@users.noreply.git.corp"),
        ("github", Some("ghe.corp"), "8+ed@users.noreply.ghe.corp"),
        // The account was seen before the address.
        ("github", None, "9+ann@users.noreply.github.com"),
    ] {
        let login = email.split('@').next().and_then(|local| local.rsplit(['+', '-']).next()).expect("a login");
        let by_mail = people.person("Somebody".into(), email.into());
        let found = people.account(&Account { host, ..account(forge, &login.to_uppercase(), "", None) });
        assert_eq!(people.compare(by_mail, found), Likeness::Same, "{email}");
    }
    // Accounts of another host are other people's.
    let there = people.person("".into(), "3-fay@users.noreply.gitlab.com".into());
    let here = people.account(&Account { host: Some("git.corp"), ..account("gitlab", "fay", "", None) });
    assert_ne!(people.compare(there, here), Likeness::Same);
    let stranger = people.person("".into(), "7-ann@users.noreply.other.example".into());
    let ann = people.account(&account("gitlab", "ann", "", None));
    assert_ne!(people.compare(stranger, ann), Likeness::Same);
    assert_eq!(key("", "1-a@users.noreply.github.com"), "1-a@users.noreply.github.com");
    assert_eq!(key("", "45-1-a@users.noreply.gitlab.com"), "1-a@users.noreply.gitlab.com");
    assert_eq!(key("", "12+@users.noreply.github.com"), "12+@users.noreply.github.com");
}

#[test]
fn accounts_without_an_address() {
    let mut people = People::new(b"");
    let ann = people.person("".into(), "ann@x".into());
    let bob = people.account(&account("github", "bob", "Bob", None));
    assert_eq!(people.compare(ann, bob), Likeness::Unclear);
    let linked = people.account(&account("github", "ann", "Ann", None));
    people.join(linked, ann);
    assert_eq!(people.compare(ann, bob), Likeness::Different);
    let gitlab = people.account(&account("gitlab", "bob", "", None));
    assert_eq!(people.compare(bob, gitlab), Likeness::Unclear);
    let namesake = people.account(&account("github", "bob2", "bob", None));
    assert_eq!(people.compare(bob, namesake), Likeness::Unclear);
}

#[test]
fn hostile_names_stay_short() {
    let mut people = People::new(b"");
    let long = "x\u{202e}".repeat(1 << 19);
    let person = people.named(&format!("{long} <{long}@x>")).expect("a person");
    assert!(people.display(person).chars().count() <= 2 * LIMIT + 3);
    let account = people.account(&account("github", &long, &long, Some(&long)));
    assert!(people.display(account).chars().count() <= 2 * LIMIT + 3);
}
