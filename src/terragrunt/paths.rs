//! Paths as Terragrunt has them: absolute, though nobody knows where the repository lies on the machine that deploys.
//! Knows nothing of what is there.
//!
//! The root of the repository stands in paths as a text that nothing else holds. Everything is evaluated twice, with roots
//! of different length and depth: what comes out the same does not depend on the machine, and what begins with the root
//! both times is a path in the repository. Anything else is not known.

/// What stands for the root of the repository.
pub(super) const ROOTS: [&str; 2] = ["/\u{e000}", "/\u{e001}\u{e002}/\u{e003}"];

/// The absolute path of something in the repository.
pub(super) fn absolute(root: &str, path: &str) -> String {
    if path.is_empty() { root.to_owned() } else { format!("{root}/{path}") }
}

/// A path from the root of the repository, of a path that is absolute or relative to a directory; none for what lies
/// outside.
pub(super) fn inside(root: &str, directory: &str, path: &str) -> Option<String> {
    match below(root, path) {
        Some(rest) => normal(rest),
        None if path.starts_with(['/', '~']) || path.contains('\\') => None,
        None => normal(&format!("{directory}/{path}")),
    }
}

/// What follows the root in an absolute path.
pub(super) fn below<'a>(root: &str, path: &'a str) -> Option<&'a str> {
    path.strip_prefix(root).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path without `.`, `..` and doubled slashes; none if it leads out.
pub(super) fn normal(path: &str) -> Option<String> {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()?),
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

/// The way from one directory of the repository to another.
pub(super) fn relative(from: &str, to: &str) -> String {
    let steps = |path: &str| path.split('/').filter(|step| !step.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (from, to) = (steps(from), steps(to));
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
    let way: Vec<String> = up.chain(to[common..].iter().cloned()).collect();
    if way.is_empty() { ".".into() } else { way.join("/") }
}

/// The directory of a path.
pub(super) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// A path one step further down.
pub(super) fn joined(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_repository() {
        let root = ROOTS[0];
        let inside = |path: &str| inside(root, "live/a", path);
        assert_eq!(inside(&absolute(root, "x/y")).as_deref(), Some("x/y"));
        assert_eq!(inside(&format!("{root}/live/../x//y/")).as_deref(), Some("x/y"));
        assert_eq!(inside(root).as_deref(), Some(""));
        assert_eq!(inside("../b").as_deref(), Some("live/b"));
        assert_eq!(inside("../../..").as_deref(), None);
        assert_eq!(inside(&format!("{root}/../x")), None);
        assert_eq!(inside(&format!("{root}x/y")), None);
        assert_eq!(inside("/etc/passwd"), None);
        assert_eq!(inside("~/x"), None);
    }

    #[test]
    fn the_way_between_directories() {
        for (from, to, expected) in
            [("", "a/b", "a/b"), ("a/b", "", "../.."), ("a/b", "a/c", "../c"), ("a", "a", "."), ("", "", ".")]
        {
            assert_eq!(relative(from, to), expected);
        }
    }
}
