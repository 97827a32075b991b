//! The documented examples of both forges, and `git check-ignore` as a second opinion on patterns.

use super::{Dialect, Owner, OwnerRule, Owners, Pattern};
use proptest::prelude::*;
use std::process::{Command, Stdio};

fn owners(text: &str, dialect: Dialect) -> Owners {
    Owners::parse(text.as_bytes(), dialect).expect("a small file")
}

/// A rule for people: `Section?[2]: owner owner`, with `?` for an optional section.
fn shown(rule: &OwnerRule) -> String {
    let owners: Vec<_> = rule
        .owners
        .iter()
        .map(|owner| match owner {
            Owner::Name(name) => format!("@{name}"),
            Owner::Role(role) => format!("@@{role}"),
            Owner::Email(address) => address.clone(),
        })
        .collect();
    let optional = if rule.optional { "?" } else { "" };
    let approvals = if rule.approvals == 1 { String::new() } else { format!("[{}]", rule.approvals) };
    let section = rule.section.as_deref().map(|name| format!("{name}{optional}{approvals}: ")).unwrap_or_default();
    format!("{section}{}", owners.join(" "))
}

#[track_caller]
fn check(text: &str, dialect: Dialect, path: &str, expected: &[&str]) {
    let found: Vec<_> = owners(text, dialect).owners_of(path).iter().map(shown).collect();
    assert_eq!(found, expected, "{path}");
}

/// GitHub's documented example, piece by piece.
#[test]
fn github_s_examples() {
    type Paths<'a> = &'a [(&'a str, &'a [&'a str])];
    let cases: [(&str, Paths<'_>); 11] = [
        ("*  @all @both\n*.js @js #This is an inline comment.", &[("x.go", &["@all @both"]), ("a/x.js", &["@js"])]),
        ("*.go docs@example.com", &[("a/b.go", &["docs@example.com"]), ("go", &[])]),
        ("*.txt @octo-org/octocats", &[("x.txt", &["@octo-org/octocats"])]),
        ("/build/logs/ @d", &[("build/logs/a/b", &["@d"]), ("x/build/logs/a", &[]), ("build/logs", &[])]),
        (
            "docs/* docs@example.com",
            &[("docs/a.md", &["docs@example.com"]), ("docs/a/b.md", &[]), ("x/docs/a.md", &[])],
        ),
        ("apps/ @o", &[("apps/a", &["@o"]), ("x/apps/a/b", &["@o"]), ("apps", &[])]),
        ("/docs/ @d", &[("docs/a/b", &["@d"]), ("x/docs/a", &[])]),
        ("/scripts/ @d @o", &[("scripts/x", &["@d @o"])]),
        (
            "**/logs @o",
            &[("build/logs", &["@o"]), ("logs/x", &["@o"]), ("deeply/nested/logs/x/y", &["@o"]), ("logsx/a", &[])],
        ),
        ("/apps/ @o\n/apps/github", &[("apps/a", &["@o"]), ("apps/github/x", &[]), ("apps/github", &[])]),
        ("/apps/ @o\n/apps/github @d", &[("apps/a", &["@o"]), ("apps/github/x", &["@d"])]),
    ];
    for (text, paths) in cases {
        for (path, expected) in paths {
            check(text, Dialect::GitHub, path, expected);
        }
    }
}

#[test]
fn github_skips_what_it_does_not_know() {
    let text =
        "* @all\n!a @x\n[ab] @x\n\\#a @x\nb nobody\nc @org/team/sub\nd @\ne @@maintainer\n[Docs]\n/ @x\nf\\ g @f";
    let owners = owners(text, Dialect::GitHub);
    let lines: Vec<_> = owners.skipped().iter().map(|skipped| skipped.line).collect();
    assert_eq!(lines, (2..=10).collect::<Vec<_>>(), "{:?}", owners.skipped());
    check(text, Dialect::GitHub, "b", &["@all"]);
    check(text, Dialect::GitHub, "f g", &["@f"]);
    // Names are as written: capital letters count in paths.
    check("/A @x", Dialect::GitHub, "a", &[]);
    check("/A @x\r\n", Dialect::GitHub, "A", &["@x"]);
}

/// The examples in GitLab's reference.
#[test]
fn gitlab_s_examples() {
    let readme = "* @admin\n\n[README Owners]\nREADME.md @user1 @user2\ninternal/README.md @user4\n\n\
                  [README other owners]\nREADME.md @user3\n";
    let of_readme = ["@admin", "README Owners: @user1 @user2", "README other owners: @user3"];
    check(readme, Dialect::GitLab, "README.md", &of_readme);
    let internal = ["@admin", "README Owners: @user4", "README other owners: @user3"];
    check(readme, Dialect::GitLab, "internal/README.md", &internal);

    let defaults = "[Documentation][2] @docs-team\ndocs/\nREADME.md\n\n^[Database] @database-team @agarcia\nmodel/db/\n\
                    config/db/database-setup.md @docs-team\n";
    check(defaults, Dialect::GitLab, "docs/a/b", &["Documentation[2]: @docs-team"]);
    check(defaults, Dialect::GitLab, "model/db/x", &["Database?: @database-team @agarcia"]);
    check(defaults, Dialect::GitLab, "config/db/database-setup.md", &["Database?: @docs-team"]);

    let all = "* @general\n[Documentation] @docs\ndocs/\n*.txt\n[Database] @db\nmodel/db/\n";
    check(all, Dialect::GitLab, "model/db/CHANGELOG.txt", &["@general", "Documentation: @docs", "Database: @db"]);

    let twice =
        "^[Documentation]\nee/docs/ @docs\ndocs/ @docs\n[Database]\nREADME.md @db\n[DOCUMENTATION][3]\nREADME.md @d";
    check(twice, Dialect::GitLab, "README.md", &["Documentation[3]: @d", "Database: @db"]);

    let excluded =
        "* @default\n!*.rb\n/special/*.rb @ruby\n[Ruby]\n*.rb @ruby-team\n!/config/**/*.rb\n/config/routes.rb @ops";
    check(excluded, Dialect::GitLab, "special/a.rb", &["Ruby: @ruby-team"]);
    check(excluded, Dialect::GitLab, "config/routes.rb", &[]);
    check(excluded, Dialect::GitLab, "pom.xml", &["@default"]);
}

#[test]
fn gitlab_s_owners() {
    let cases: [(&str, &[&str]); 9] = [
        ("a @legal janedoe@gitlab.com", &["@legal janedoe@gitlab.com"]),
        ("a @group @group/with-nested/subgroup", &["@group @group/with-nested/subgroup"]),
        ("a @@maintainer", &["@@maintainer"]),
        // What is no owner is passed over; what stands in a comment is one.
        ("a @group user_without_at_symbol @user", &["@group @user"]),
        ("a @docs  # for @all of it", &["@docs @all"]),
        ("a", &[]),
        ("* @x\na", &[]),
        ("[Section name\na @docs_group", &["@docs_group"]),
        ("[Name][0] @x\na", &["Name: @x"]),
    ];
    for (text, expected) in cases {
        check(text, Dialect::GitLab, "a", expected);
    }
}

#[test]
fn gitlab_s_paths() {
    let cases: [(&str, &[&str], &[&str]); 14] = [
        ("*", &["a", "a/b", ".a/.b"], &[]),
        ("/README.md", &["README.md"], &["docs/README.md"]),
        ("README.md", &["README.md", "app/lib/README.md"], &["README.md/x", "XREADME.md"]),
        ("internal/README.md", &["internal/README.md", "docs/internal/README.md"], &["README.md"]),
        ("/docs/", &["docs/a", "docs/a/b"], &["docs", "x/docs/a"]),
        ("docs/", &["docs/a", "x/docs/a/b"], &["docs"]),
        ("/docs", &["docs"], &["docs/a"]),
        ("/docs/*", &["docs/a", "docs/.a"], &["docs/a/b"]),
        ("/docs/*.md", &["docs/a.md"], &["docs/api/a.md", "docs/a.rb"]),
        ("/docs/*/README.md", &["docs/api/README.md"], &["docs/README.md", "docs/a/b/README.md"]),
        ("/docs/**/index.md", &["docs/index.md", "docs/a/b/index.md"], &["index.md"]),
        ("/docs/**", &["docs/a"], &["docs/a/b"]),
        ("path\\ with\\ spaces/", &["path with spaces/a"], &["path/a"]),
        ("\\#file[0-9a].r?", &["#file7.rb", "#filea.rs"], &["#fileb.rb", "file7.rb", "#file7.r/"]),
    ];
    for (pattern, inside, outside) in cases {
        let owners = owners(&format!("{pattern} @x"), Dialect::GitLab);
        for path in inside {
            assert_eq!(owners.owners_of(path).len(), 1, "{pattern} {path}");
        }
        for path in outside {
            assert_eq!(owners.owners_of(path).len(), 0, "{pattern} {path}");
        }
    }
}

#[test]
fn the_places_are_those_of_the_forges() {
    assert_eq!(Dialect::GitHub.places()[0], ".github/CODEOWNERS");
    assert_eq!(Dialect::GitLab.places()[2], ".gitlab/CODEOWNERS");
}

#[test]
fn files_and_patterns_are_bounded() {
    let huge = vec![b'#'; super::MAX_FILE + 1];
    assert_eq!(Owners::parse(&huge, Dialect::GitHub).err().as_deref(), Some("CODEOWNERS is larger than 3 MB"));
    assert!(Owners::parse(&huge[1..], Dialect::GitHub).is_ok());
    let long = owners(&format!("{} @x\n", "*a".repeat(3000)), Dialect::GitLab);
    assert_eq!(long.skipped().len(), 1);
    // Patterns that would take forever if each way to match were tried.
    let pattern = format!("{}b @x\n", "**/*a*/".repeat(100));
    let many = owners(&pattern.repeat(100), Dialect::GitLab);
    let start = std::time::Instant::now();
    assert!(many.owners_of(&"a/".repeat(100)).is_empty());
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// Those of the paths that git ignores by a pattern.
fn ignored(pattern: &str, paths: &[String]) -> Vec<String> {
    use std::io::Write;
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join(".gitignore"), format!("{pattern}\n")).expect("a file");
    let git = |arguments: &[&str], input: &str| {
        let mut child = Command::new("git")
            .args(arguments)
            .current_dir(directory.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", directory.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git is installed");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("git reads");
        let output = child.wait_with_output().expect("git ends");
        // 1 is for "none is ignored".
        assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    git(&["init", "-q"], "");
    let found = git(&["check-ignore", "--no-index", "--stdin"], &paths.join("\n"));
    found.lines().map(str::to_owned).collect()
}

fn patterns() -> impl Strategy<Value = String> {
    // Not `a**`, which git takes for `**` behind an `a`, other than its manual says.
    let name = prop::sample::select(vec!["a", "b", "ab", "*", "a*", "?", "**", "*b", "?b", "**b", "a.b"]);
    (any::<bool>(), prop::collection::vec(name, 1..5), any::<bool>()).prop_map(|(anchored, names, directory)| {
        let (start, end) = (if anchored { "/" } else { "" }, if directory { "/" } else { "" });
        format!("{start}{}{end}", names.join("/"))
    })
}

fn paths() -> impl Strategy<Value = Vec<String>> {
    let name = prop::sample::select(vec!["a", "b", "ab", "abb", "a.b"]);
    let path = prop::collection::vec(name, 1..5).prop_map(|names| names.join("/"));
    prop::collection::vec(path, 30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// But for `*` at the end, which GitHub takes otherwise than git.
    #[test]
    fn github_s_patterns_are_those_of_gitignore(pattern in patterns(), paths in paths()) {
        let ours = Pattern::github(&pattern).expect("a pattern");
        prop_assume!(ours.reach != super::Reach::Itself);
        let matching = paths.iter().filter(|path| ours.matches(&path.split('/').collect::<Vec<_>>()));
        prop_assert_eq!(matching.cloned().collect::<Vec<_>>(), ignored(&pattern, &paths), "{}", pattern);
    }

    #[test]
    fn no_file_panics(text in "([\\[\\]^!#@*?/\\\\ a\n-]|é|\u{202e}){0,80}", path in "[a/é*\\[]{0,12}") {
        for dialect in [Dialect::GitHub, Dialect::GitLab] {
            for rule in owners(&text, dialect).owners_of(&path) {
                prop_assert!(!rule.owners.is_empty() && rule.line > 0);
                let inert = !shown(&rule).contains('\u{202e}');
                prop_assert!(inert);
            }
        }
    }
}
