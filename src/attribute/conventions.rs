//! Recognizes pull and merge requests by what each forge writes into commit messages.
//! Knows nothing of approvals.

use super::trailers::Trailer;

/// Where a forge writes the number.
enum Place {
    /// The first line starts with this, then comes the number.
    SubjectStart(&'static str),
    /// The first line ends with the number between these.
    SubjectEnd(&'static str, &'static str),
    /// A line of the body starts with this, and the number stands behind the last of the given character.
    BodyLine(&'static str, char),
    /// The trailer of this key holds the whole name.
    Trailer(&'static str),
}

/// One convention: where, and what is written in front of the number.
struct Convention {
    place: Place,
    prefix: &'static str,
}

/// In order; the first that fits wins. The texts are the forges' defaults for merges and squashes; a rebase or a
/// fast-forward leaves none. A change of the table needs a line in the test below.
const CONVENTIONS: [Convention; 8] = [
    // GitHub, merge commit.
    Convention { place: Place::SubjectStart("Merge pull request #"), prefix: "#" },
    // GitLab, merge commit, and squash where the template has %{reference}.
    Convention { place: Place::BodyLine("See merge request ", '!'), prefix: "!" },
    // Bitbucket, merge and squash.
    Convention { place: Place::SubjectEnd("(pull request #", ")"), prefix: "#" },
    // Bitbucket Data Center.
    Convention { place: Place::SubjectStart("Pull request #"), prefix: "#" },
    // Azure DevOps, merge and squash.
    Convention { place: Place::SubjectStart("Merged PR "), prefix: "PR " },
    // GitHub, squash.
    Convention { place: Place::SubjectEnd("(#", ")"), prefix: "#" },
    // Gerrit.
    Convention { place: Place::Trailer("Reviewed-on"), prefix: "" },
    Convention { place: Place::Trailer("Change-Id"), prefix: "" },
];

/// Longest number or name taken.
const LIMIT: usize = 200;

/// Lines of the body looked at.
const BODY_LINES: usize = 10_000;

/// The pull request that a message names, as its forge writes it: `#12`, `!7`, `PR 3`, or Gerrit's URL or change id.
pub(super) fn pull_request(message: &str, trailers: &[Trailer]) -> Option<String> {
    let subject = message.trim_start().lines().next().unwrap_or_default().trim_end();
    CONVENTIONS.iter().find_map(|convention| {
        let name = match convention.place {
            Place::SubjectStart(start) => number(subject.strip_prefix(start)?)?,
            Place::SubjectEnd(before, after) => {
                let inner = subject.strip_suffix(after)?;
                let digits = &inner[inner.rfind(before)? + before.len()..];
                number(digits).filter(|number| number.len() == digits.len())?
            }
            Place::BodyLine(start, mark) => message.lines().take(BODY_LINES).find_map(|line| {
                let reference = line.strip_prefix(start)?;
                number(&reference[reference.rfind(mark)? + mark.len_utf8()..])
            })?,
            Place::Trailer(key) => {
                let value = &trailers.iter().find(|trailer| trailer.key.eq_ignore_ascii_case(key))?.value;
                Some(value.as_str()).filter(|value| !value.is_empty() && value.len() <= LIMIT)?
            }
        };
        Some(format!("{}{name}", convention.prefix))
    })
}

/// The decimal number that a text starts with.
fn number(text: &str) -> Option<&str> {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    (end > 0 && end <= 20).then(|| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::trailers::trailers;

    #[test]
    fn every_convention() {
        for (message, expected) in [
            ("Merge pull request #12 from owner/branch\n\nTitle\n", Some("#12")),
            ("Merge branch 'a' into 'main'\n\nTitle\n\nSee merge request group/project!7\n", Some("!7")),
            ("Merged in feature (pull request #33)\n\nTitle\n", Some("#33")),
            ("Pull request #4: Title\n\nMerge in P/r from b to main\n", Some("#4")),
            ("Merged PR 5: title\n\nRelated work items: #9\n", Some("PR 5")),
            ("Title (#6)\n\n* a\n", Some("#6")),
            ("Revert \"Title (#6)\" (#8)\n", Some("#8")),
            ("Revert \"Title (#6)\"\n", None),
            ("T\n\nChange-Id: I1\nReviewed-on: https://review.example/c/1\n", Some("https://review.example/c/1")),
            ("T\n\nChange-Id: I123\n", Some("I123")),
            ("Title (#)\n", None),
            ("Title (#6x)\n", None),
            ("Title (#ä)\n", None),
            ("Merge pull request # from\n", None),
            ("Merge branch 'x'\n", None),
            ("Title\n\nfixes (#6)\n", None),
            ("", None),
        ] {
            assert_eq!(pull_request(message, &trailers(message)).as_deref(), expected, "{message:?}");
        }
    }
}
