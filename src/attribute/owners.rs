//! Reads CODEOWNERS files as GitHub and GitLab do: who may approve a change to a path.
//! Knows nothing of who approved anything, and not who is in a team.

/// The largest file that is read, in bytes, as GitHub has it.
const MAX_FILE: usize = 3_000_000;

/// The longest pattern, in bytes: longer paths than this cannot be checked out.
const MAX_PATTERN: usize = 4096;

/// Whose rules a file follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The last pattern that matches counts.
    GitHub,
    /// The last pattern of each section that matches counts, and all sections do.
    GitLab,
}

impl Dialect {
    /// Where the file may stand; the first that is there counts.
    pub(crate) fn places(self) -> [&'static str; 3] {
        match self {
            Self::GitHub => [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"],
            Self::GitLab => ["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"],
        }
    }
}

/// Somebody who owns a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Owner {
    /// A user, or a team or group (`org/team`, `group/sub/group`), without `@`. On GitLab a name without slash may be
    /// a group's too.
    Name(String),
    /// Everybody who has a role in the project, on GitLab: `@@maintainer`.
    Role(String),
    /// A mail address.
    Email(String),
}

/// A line that says who owns a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnerRule {
    /// Counted from 1.
    pub(crate) line: usize,
    /// The section's name as first written. None outside sections.
    pub(crate) section: Option<String>,
    /// Whether the owners are asked and need not approve.
    pub(crate) optional: bool,
    /// How many of the owners have to approve.
    pub(crate) approvals: u32,
    /// Those of whom any may approve; at least one.
    pub(crate) owners: Vec<Owner>,
}

/// A CODEOWNERS file.
#[derive(Debug)]
pub(crate) struct Owners {
    sections: Vec<Section>,
    skipped: Vec<Skipped>,
}

/// A line that was not understood, and so counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// Counted from 1.
    pub(crate) line: usize,
    /// Why.
    pub(crate) cause: &'static str,
}

#[derive(Debug)]
struct Section {
    name: Option<String>,
    optional: bool,
    approvals: u32,
    defaults: Vec<Owner>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    line: usize,
    pattern: Pattern,
    /// Whether the pattern takes paths out of the section instead.
    excludes: bool,
    owners: Vec<Owner>,
}

impl Owners {
    /// Reads a file. Err for one that is larger than GitHub reads, which then counts for nothing there either.
    pub(crate) fn parse(text: &[u8], dialect: Dialect) -> Result<Self, String> {
        if text.len() > MAX_FILE {
            return Err(format!("CODEOWNERS is larger than {} MB", MAX_FILE / 1_000_000));
        }
        let mut owners = Self { sections: vec![Section::new(None)], skipped: Vec::new() };
        let mut current = 0;
        for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let number = at + 1;
            let Ok(line) = std::str::from_utf8(line) else {
                owners.skipped.push(Skipped { line: number, cause: "it is not UTF-8" });
                continue;
            };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(heading) = Heading::read(line).filter(|_| dialect == Dialect::GitLab) {
                current = owners.section(heading);
                continue;
            }
            let defaults = &owners.sections[current].defaults;
            match entry(line, number, dialect, defaults) {
                Ok(entry) => owners.sections[current].entries.push(entry),
                Err(cause) => owners.skipped.push(Skipped { line: number, cause }),
            }
        }
        Ok(owners)
    }

    /// Who owns a path, given from the root of the repository, without leading slash: on GitHub one rule at most, on
    /// GitLab one for each section. None is owned by nobody.
    pub(crate) fn owners_of(&self, path: &str) -> Vec<OwnerRule> {
        let path: Vec<&str> = path.split('/').collect();
        self.sections.iter().filter_map(|section| section.rule(&path)).collect()
    }

    /// The lines that were not understood.
    pub(crate) fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The section that a heading begins or goes on with. It is optional if all its headings say so.
    fn section(&mut self, heading: Heading<'_>) -> usize {
        let name = heading.name.to_lowercase();
        let same = |section: &Section| section.name.as_ref().is_some_and(|other| other.to_lowercase() == name);
        let at = self.sections.iter().position(same).unwrap_or_else(|| {
            let new = Section { optional: true, ..Section::new(Some(heading.name.to_owned())) };
            self.sections.push(new);
            self.sections.len() - 1
        });
        let section = &mut self.sections[at];
        section.optional &= heading.optional;
        section.approvals = section.approvals.max(heading.approvals);
        section.defaults = heading.defaults;
        at
    }
}

impl Section {
    fn new(name: Option<String>) -> Self {
        Self { name, optional: false, approvals: 1, defaults: Vec::new(), entries: Vec::new() }
    }

    fn rule(&self, path: &[&str]) -> Option<OwnerRule> {
        let mut found = None;
        for entry in self.entries.iter().filter(|entry| entry.pattern.matches(path)) {
            // What was taken out of a section does not come back in.
            if entry.excludes {
                return None;
            }
            found = Some(entry);
        }
        // A pattern with no owners takes the path from those before it.
        let entry = found.filter(|entry| !entry.owners.is_empty())?;
        Some(OwnerRule {
            line: entry.line,
            section: self.name.clone(),
            optional: self.optional,
            approvals: self.approvals,
            owners: entry.owners.clone(),
        })
    }
}

/// The line above a section: `^[Name][2] @owner`.
struct Heading<'a> {
    name: &'a str,
    optional: bool,
    approvals: u32,
    defaults: Vec<Owner>,
}

impl<'a> Heading<'a> {
    /// None if the line is none, so that it is an entry.
    fn read(line: &'a str) -> Option<Self> {
        let (optional, rest) = line.strip_prefix('^').map_or((false, line), |rest| (true, rest));
        let (name, rest) = rest.strip_prefix('[')?.split_once(']')?;
        let (approvals, rest) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((number, rest)) => (number.trim().parse().unwrap_or(1), rest),
            None => (1, rest),
        };
        let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
        let name = name.trim();
        let defaults = rest.split_whitespace().filter_map(|word| owner(word, Dialect::GitLab)).collect();
        (ends && !name.is_empty()).then_some(Self { name, optional, approvals: approvals.max(1), defaults })
    }
}

fn entry(line: &str, number: usize, dialect: Dialect, defaults: &[Owner]) -> Result<Entry, &'static str> {
    let (pattern, rest) = split_pattern(line);
    if pattern.len() > MAX_PATTERN {
        return Err("its pattern is too long");
    }
    let mut owners = Vec::new();
    for word in rest.split_whitespace() {
        match (owner(word, dialect), dialect) {
            (Some(owner), _) => owners.push(owner),
            (None, Dialect::GitHub) if word.starts_with('#') => break,
            (None, Dialect::GitHub) => return Err("one of its owners is malformed"),
            // GitLab knows no comments here and passes over what is no owner.
            (None, Dialect::GitLab) => {}
        }
    }
    let (excludes, pattern) = match (dialect, pattern.strip_prefix('!')) {
        (Dialect::GitLab, Some(pattern)) => (true, pattern),
        (Dialect::GitHub, Some(_)) => return Err("GitHub knows no patterns with `!`"),
        (_, None) => (false, pattern),
    };
    if owners.is_empty() {
        owners.extend_from_slice(defaults);
    }
    let pattern = match dialect {
        Dialect::GitHub => Pattern::github(pattern)?,
        Dialect::GitLab => Pattern::gitlab(pattern),
    };
    Ok(Entry { line: number, pattern, excludes, owners })
}

/// The pattern up to the first white space without a backslash before it, and what follows.
fn split_pattern(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|character: char| {
        let ends = character.is_whitespace() && !escaped;
        escaped = character == '\\' && !escaped;
        ends
    });
    line.split_at(end.unwrap_or(line.len()))
}

fn owner(word: &str, dialect: Dialect) -> Option<Owner> {
    let is_name = |name: &str| {
        let plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        name.split('/').all(|part| !part.is_empty() && part.chars().all(plain))
    };
    if let Some(role) = word.strip_prefix("@@").filter(|role| dialect == Dialect::GitLab && is_name(role)) {
        return Some(Owner::Role(role.to_owned()));
    }
    if let Some(name) = word.strip_prefix('@') {
        let parts = name.split('/').count();
        return (is_name(name) && (parts <= 2 || dialect == Dialect::GitLab)).then(|| Owner::Name(name.to_owned()));
    }
    let (local, domain) = word.split_once('@')?;
    let odd = |character: char| character.is_control() || "@<>()[],;:\"\\#".contains(character);
    let whole = !local.is_empty() && !local.contains(odd) && is_name(domain) && !domain.contains('/');
    whole.then(|| Owner::Email(word.to_owned()))
}

/// A pattern over whole paths.
#[derive(Debug)]
struct Pattern {
    parts: Vec<Part>,
    reach: Reach,
}

/// What a pattern that matches a path says of what is inside that path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Nothing.
    Itself,
    /// It matches all of that too.
    AndInside,
    /// It matches only that.
    OnlyInside,
}

#[derive(Debug)]
enum Part {
    /// `**`: any number of directories, none too.
    Directories,
    /// `**` at the end: anything, something at least.
    Anything,
    /// One name.
    Name(Vec<Piece>),
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    One(char),
    AnyOne,
    Any,
    /// `[a-z]`, and whether it is negated.
    Set(Vec<(char, char)>, bool),
}

impl Pattern {
    /// As in `.gitignore`, but that `*` alone at the end of a path does not reach into directories.
    fn github(text: &str) -> Result<Self, &'static str> {
        if text.starts_with("\\#") || text.contains(['[', ']']) {
            return Err("GitHub knows no patterns with `[`, `]` or an escaped `#`");
        }
        let (text, directory) = text.strip_suffix('/').map_or((text, false), |text| (text, true));
        if text.is_empty() {
            return Err("its pattern is empty");
        }
        let (text, anchored) = match text.strip_prefix('/') {
            Some(text) => (text, true),
            None => (text, text.contains('/')),
        };
        let names: Vec<&str> = text.split('/').collect();
        let reach = match names.last() {
            _ if directory => Reach::OnlyInside,
            Some(&"*") if anchored => Reach::Itself,
            _ => Reach::AndInside,
        };
        let mut parts = if anchored { Vec::new() } else { vec![Part::Directories] };
        for (at, name) in names.iter().enumerate() {
            parts.push(match *name {
                "**" if at + 1 == names.len() => Part::Anything,
                "**" => Part::Directories,
                name => Part::Name(pieces(name, false)),
            });
        }
        Ok(Self { parts, reach })
    }

    /// As Ruby's `File.fnmatch` with `FNM_DOTMATCH` and `FNM_PATHNAME` has it, on what GitLab makes of the pattern.
    fn gitlab(text: &str) -> Self {
        let (text, anchored) = text.strip_prefix('/').map_or((text, false), |text| (text, true));
        let (text, directory) = text.strip_suffix('/').map_or((text, false), |text| (text, true));
        let mut parts = if anchored { Vec::new() } else { vec![Part::Directories] };
        if !text.is_empty() {
            let names: Vec<&str> = text.split('/').collect();
            for (at, name) in names.iter().enumerate() {
                // Directories must follow with a slash; at the end it is a name like `*`.
                let deep = *name == "**" && (at + 1 < names.len() || directory);
                parts.push(if deep { Part::Directories } else { Part::Name(pieces(name, true)) });
            }
        }
        if directory {
            parts.push(Part::Anything);
        }
        Self { parts, reach: Reach::Itself }
    }

    fn matches(&self, path: &[&str]) -> bool {
        // Which numbers of the path's names the parts so far match.
        let mut counts = vec![false; path.len() + 1];
        counts[0] = true;
        for part in &self.parts {
            let Some(first) = counts.iter().position(|count| *count) else { return false };
            match part {
                Part::Directories => counts[first..].fill(true),
                Part::Anything => {
                    counts[first] = false;
                    counts[first + 1..].fill(true);
                }
                Part::Name(pieces) => {
                    for at in (0..path.len()).rev() {
                        counts[at + 1] = counts[at] && name_matches(pieces, path[at]);
                    }
                    counts[0] = false;
                }
            }
        }
        match (self.reach, counts.split_last()) {
            (Reach::Itself, Some((whole, _))) => *whole,
            (Reach::AndInside, _) => counts[1..].contains(&true),
            (Reach::OnlyInside, Some((_, [_, directories @ ..]))) => directories.contains(&true),
            _ => false,
        }
    }
}

fn pieces(name: &str, sets: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut characters = name.chars();
    while let Some(character) = characters.next() {
        let piece = match character {
            '*' if pieces.last() == Some(&Piece::Any) => continue,
            '*' => Piece::Any,
            '?' => Piece::AnyOne,
            '\\' => Piece::One(characters.next().unwrap_or('\\')),
            '[' if sets => match set(characters.as_str()) {
                Some((set, rest)) => {
                    characters = rest.chars();
                    set
                }
                None => Piece::One('['),
            },
            character => Piece::One(character),
        };
        pieces.push(piece);
    }
    pieces
}

/// What follows `[`, up to `]`, and the rest. None if it does not end.
fn set(text: &str) -> Option<(Piece, &str)> {
    let (negated, text) = text.strip_prefix(['!', '^']).map_or((false, text), |text| (true, text));
    let (inside, rest) = text.split_once(']').filter(|(inside, _)| !inside.is_empty())?;
    let mut ranges = Vec::new();
    let mut characters = inside.chars().filter(|character| *character != '\\').peekable();
    while let Some(from) = characters.next() {
        let to = if characters.peek() == Some(&'-') {
            characters.next();
            characters.next()
        } else {
            Some(from)
        };
        match to {
            Some(to) => ranges.push((from, to)),
            None => ranges.extend([(from, from), ('-', '-')]),
        }
    }
    Some((Piece::Set(ranges, negated), rest))
}

fn name_matches(pieces: &[Piece], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    // Which numbers of the name's characters the pieces so far match.
    let mut counts = vec![false; name.len() + 1];
    counts[0] = true;
    for piece in pieces {
        let Some(first) = counts.iter().position(|count| *count) else { return false };
        if *piece == Piece::Any {
            counts[first..].fill(true);
            continue;
        }
        for at in (0..name.len()).rev() {
            counts[at + 1] = counts[at] && piece.is(name[at]);
        }
        counts[0] = false;
    }
    counts[name.len()]
}

impl Piece {
    fn is(&self, character: char) -> bool {
        match self {
            Self::One(wanted) => *wanted == character,
            Self::AnyOne | Self::Any => true,
            Self::Set(ranges, negated) => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&character)) != *negated
            }
        }
    }
}

#[cfg(test)]
mod tests;
