//! Repositories in every state.

use super::testing::TestRepository;
use super::*;

fn open(repository: &TestRepository) -> Repository {
    Repository::discover(repository.path()).unwrap()
}

fn head_tree(repository: &Repository) -> Tree<'_> {
    repository.tree(repository.approved(Some("HEAD")).unwrap().commit).unwrap()
}

#[test]
fn no_repository_says_so_and_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let error = Repository::discover(folder.path()).unwrap_err();
    assert!(matches!(error, GitError::NoRepository { .. }), "{error:?}");
    assert!(error.to_string().starts_with("no git repository at or above "));
    assert!(error.hint().unwrap().contains("clone"));
}

#[test]
fn a_broken_repository_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".git"), "gitdir: /nonexistent/elsewhere\n").unwrap();
    assert!(Repository::discover(folder.path()).is_err());
}

#[test]
fn an_unborn_branch_is_an_error() {
    let error = open(&TestRepository::new()).approved(None).unwrap_err();
    assert_eq!(error.to_string(), "branch main has no commit yet");
}

#[test]
fn approved_is_the_remote_default_branch_then_main_then_master_then_head() {
    let test = TestRepository::with(&[("a.tf", "")]);
    let first = test.git(&["rev-parse", "HEAD"]);
    let approved = |reference: Option<&str>| {
        let approved = open(&test).approved(reference).unwrap();
        (approved.reference, approved.commit.to_string())
    };
    assert_eq!(approved(None), ("main".into(), first.clone()));

    let second = test.commit("second");
    test.git(&["update-ref", "refs/remotes/origin/master", &first]);
    assert_eq!(approved(None), ("origin/master".into(), first.clone()));
    test.git(&["update-ref", "refs/remotes/origin/main", &second]);
    assert_eq!(approved(None), ("origin/main".into(), second.clone()));
    test.git(&["update-ref", "refs/remotes/origin/trunk", &first]);
    test.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk"]);
    assert_eq!(approved(None), ("origin/trunk".into(), first.clone()));
    test.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone"]);
    assert_eq!(approved(None), ("origin/main".into(), second.clone()));

    test.git(&["tag", "--annotate", "v1", "--message", "one", &first]);
    test.git(&["tag", "--annotate", "v1b", "--message", "tag of a tag", "v1"]);
    assert_eq!(approved(Some("v1b")), ("v1b".into(), first.clone()));
    assert_eq!(approved(Some(&first[..12])).1, first);
    assert_eq!(approved(Some("main~1")).1, first);

    test.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    test.git(&["update-ref", "-d", "refs/remotes/origin/master"]);
    test.git(&["checkout", "--quiet", "--detach", &first]);
    assert_eq!(approved(None), ("HEAD".into(), first));
}

#[test]
fn what_names_no_commit_is_refused() {
    let test = TestRepository::with(&[("a.tf", "x")]);
    for reference in ["nonsense", "HEAD:a.tf", "HEAD^{tree}", "", "main..main", "--all", "\u{1b}[31m"] {
        let error = open(&test).approved(Some(reference)).unwrap_err();
        assert!(matches!(error, GitError::Reference { .. }), "{reference}: {error:?}");
        assert!(!error.to_string().contains('\u{1b}'), "{error}");
    }
}

#[test]
fn replacement_refs_do_not_change_what_was_approved() {
    let test = TestRepository::with(&[("a.tf", "approved")]);
    let first = test.git(&["rev-parse", "HEAD"]);
    test.write("a.tf", b"planted");
    let second = test.commit("second");
    test.git(&["replace", &first, &second]);
    let repository = open(&test);
    let commit = repository.approved(Some(&first)).unwrap().commit;
    assert_eq!(repository.tree(commit).unwrap().read("a.tf", 100).unwrap(), b"approved");
}

#[test]
fn relative_paths_stay_inside_the_work_tree() {
    let test = TestRepository::with(&[("net/prod/a.tf", "")]);
    let repository = open(&test);
    let root = test.path();
    for (dir, expected) in [
        (root.to_path_buf(), Some("")),
        (root.join("net/prod"), Some("net/prod")),
        (root.join("net/prod/../prod/"), Some("net/prod")),
        (root.join("not/on/disk"), Some("not/on/disk")),
        (root.join(".."), None),
        (root.join("not/../../.."), None),
        (std::env::temp_dir(), None),
    ] {
        assert_eq!(repository.relative(&dir).ok().as_deref(), expected, "{}", dir.display());
    }
    std::os::unix::fs::symlink(root.join("net"), root.join("link")).unwrap();
    assert_eq!(repository.relative(&root.join("link/prod")).unwrap(), "net/prod");
    assert_eq!(Repository::discover(&root.join("net/prod")).unwrap().work_dir().unwrap(), root);
    assert_eq!(Repository::discover(&root.join("not/on/disk")).unwrap().work_dir().unwrap(), root);
}

#[test]
fn bare_repositories_and_linked_work_trees_are_read() {
    let test = TestRepository::with(&[("net/a.tf", "a")]);
    let place = tempfile::tempdir().unwrap();
    let linked = place.path().join("linked");
    test.git(&["worktree", "add", "--quiet", linked.to_str().unwrap(), "-b", "other"]);
    let repository = Repository::discover(&linked.join("net")).unwrap();
    assert_eq!(repository.relative(&linked.join("net")).unwrap(), "net");
    assert_eq!(repository.approved(None).unwrap().reference, "other");

    let bare = place.path().join("bare.git");
    test.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let repository = Repository::discover(&bare).unwrap();
    assert_eq!(repository.work_dir(), None);
    assert_eq!(repository.relative(&bare).unwrap(), "");
    assert!(repository.relative(&bare.join("objects")).is_err());
    assert_eq!(head_tree(&repository).read("net/a.tf", 10).unwrap(), b"a");
}

#[test]
fn shallow_clones_are_told_apart() {
    let test = TestRepository::with(&[("a.tf", "")]);
    test.commit("second");
    assert!(!open(&test).is_shallow());
    let place = tempfile::tempdir().unwrap();
    let url = format!("file://{}", test.path().display());
    test.git(&["clone", "--quiet", "--depth=1", &url, place.path().to_str().unwrap()]);
    assert!(Repository::discover(place.path()).unwrap().is_shallow());
}

#[test]
fn reads_the_commit_and_not_the_work_tree() {
    let test = TestRepository::with(&[("net/a.tf", "committed"), ("net/deep/b.tf", ""), ("c.txt", "")]);
    test.write("net/a.tf", b"edited");
    test.write("net/new.tf", b"");
    let repository = open(&test);
    let tree = head_tree(&repository);
    assert_eq!(tree.read("net/a.tf", 100).unwrap(), b"committed");
    assert_eq!(tree.files("net").unwrap(), ["a.tf"]);
    assert_eq!(tree.files("").unwrap(), ["c.txt"]);
    assert!(tree.is_directory("net/deep") && !tree.is_directory("net/a.tf") && !tree.is_directory("gone"));
    let found = tree.walk("", |_| true, |name| name.ends_with(".tf")).unwrap();
    let expected = [("net".to_owned(), vec!["a.tf".to_owned()]), ("net/deep".to_owned(), vec!["b.tf".to_owned()])];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(tree.walk("", |name| name != "deep", |_| true).unwrap().len(), 2);
}

#[test]
fn reading_is_bounded_and_never_leaves_the_repository() {
    let test = TestRepository::with(&[("net/a.tf", "0123456789"), ("shared/b.tf", "b")]);
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, test.path().join(name)).unwrap();
    link("../shared/b.tf", "net/inside.tf");
    link("../shared", "net/folder");
    link("/etc/passwd", "net/absolute.tf");
    link("../../../etc/passwd", "net/outside.tf");
    link("circle.tf", "net/circle.tf");
    link("nowhere.tf", "net/dangling.tf");
    let module = test.git(&["rev-parse", "HEAD"]);
    test.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{module},net/module")]);
    std::fs::create_dir(test.path().join("net/module")).unwrap();
    test.commit("links");
    let repository = open(&test);
    let tree = head_tree(&repository);

    assert_eq!(
        tree.files("net").unwrap(),
        ["a.tf", "absolute.tf", "circle.tf", "dangling.tf", "inside.tf", "outside.tf"]
    );
    assert_eq!(tree.read("net/inside.tf", 100).unwrap(), b"b");
    assert_eq!(tree.read("net/folder/b.tf", 100).unwrap(), b"b");
    assert_eq!(tree.resolved("net/folder").unwrap(), "shared");
    assert_eq!(tree.read("net/../shared/b.tf", 100).unwrap(), b"b");
    for (path, expected) in [
        ("net/a.tf", "net/a.tf has 10 bytes, more than the 9 that are read"),
        ("net/absolute.tf", "net/absolute.tf is a link that leads out of the repository"),
        ("net/outside.tf", "net/outside.tf is outside the repository"),
        ("net/circle.tf", "net/circle.tf is a link in a circle"),
        ("net/dangling.tf", "no such path in the commit: net/dangling.tf"),
        ("../x", "../x is outside the repository"),
        ("net", "net is a directory, not a file"),
        ("net/a.tf/x", "no such path in the commit: net/a.tf/x"),
        ("net/module", "net/module is a submodule, whose content is in another repository"),
        ("net/module/a.tf", "net/module is a submodule, whose content is in another repository"),
    ] {
        assert_eq!(tree.read(path, 9).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_missing_object_is_an_error() {
    let test = TestRepository::with(&[("a.tf", "a")]);
    let blob = test.git(&["rev-parse", "HEAD:a.tf"]);
    std::fs::remove_file(test.path().join(".git/objects").join(&blob[..2]).join(&blob[2..])).unwrap();
    let repository = open(&test);
    let error = head_tree(&repository).read("a.tf", 10).unwrap_err();
    assert!(matches!(&error, GitError::Object { id, .. } if *id == blob), "{error:?}");
    assert!(error.hint().unwrap().contains("partial clone"));
}

#[test]
fn nothing_that_the_repository_configures_runs() {
    let test = TestRepository::with(&[("a.tf", "a"), (".gitattributes", "*.tf filter=evil diff=evil\n")]);
    let mark = test.path().join("ran");
    let command = format!("touch {}", mark.display());
    for key in ["core.fsmonitor", "core.hooksPath", "core.sshCommand", "filter.evil.smudge", "diff.evil.textconv"] {
        test.git(&["config", key, &command]);
    }
    test.git(&["config", "include.path", "/nonexistent/include"]);
    let repository = open(&test);
    assert_eq!(head_tree(&repository).read("a.tf", 10).unwrap(), b"a");
    assert!(!mark.exists());
}

#[cfg(unix)]
#[test]
fn a_repository_planted_above_by_another_user_is_refused() {
    let test = TestRepository::with(&[("a.tf", "a")]);
    let mine = test.path().join("mine");
    std::fs::create_dir(&mine).unwrap();
    if std::os::unix::fs::chown(test.path().join(".git"), Some(12345), None).is_err() {
        return; // Only root may give files away; elsewhere there is nothing to test with.
    }
    assert!(matches!(Repository::discover(&mine), Err(GitError::Owner { .. })));
    std::os::unix::fs::chown(&mine, Some(12345), None).unwrap();
    assert!(Repository::discover(&mine).is_ok(), "a clone that belongs to somebody else as a whole");
}
