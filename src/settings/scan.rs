//! `[scan]` and `[evidence]`: what flags say, for every run. Values are parsed as those of the flags are.
//! Knows nothing of the command line's own values, nor of what is made of these.

use super::patterns::{directory_pattern, name_pattern};
use crate::activity;
use crate::cli::{Color, LevelArgument, Reader, ReportTarget};
use crate::inventory::{Ignore, NamedScope};
use clap::ValueEnum;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

/// How long reading may take, in seconds.
pub const DEADLINE_SECONDS: RangeInclusive<u64> = 1..=86_400;

/// `[scan]`. Lists that are empty, and what is none, is not set.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScanSettings {
    /// Only the root modules in these directories and below them; shell patterns, from the repository's root.
    #[serde(deserialize_with = "directory_patterns")]
    #[schemars(example = ["live/**"])]
    pub include: Vec<String>,
    /// Not the root modules in these directories and below them; stronger than `include`.
    #[serde(deserialize_with = "directory_patterns")]
    #[schemars(example = ["sandbox"])]
    pub exclude: Vec<String>,
    /// Only these workspaces; shell patterns. By default all that have a state.
    #[serde(deserialize_with = "name_patterns")]
    #[schemars(example = ["default", "prod-*"])]
    pub workspaces: Vec<String>,
    /// Whether to report live objects that are in no state, too.
    #[schemars(extend("default" = false))]
    pub unmanaged: Option<bool>,
    /// With `unmanaged`: look here instead of where the states live: `[ACCOUNT/]REGION`.
    #[serde(deserialize_with = "parsed")]
    #[schemars(with = "Vec<String>", example = ["123456789012/eu-west-1"])]
    pub scope: Vec<NamedScope>,
    /// With `unmanaged`: leave out such objects: `TYPE`, `TYPE:ID` or `tag:KEY=VALUE`, each part a shell pattern.
    #[serde(deserialize_with = "parsed")]
    #[schemars(with = "Vec<String>", example = ["aws_s3_bucket:cdk-*", "tag:ManagedBy=*"])]
    pub ignore: Vec<Ignore>,
    /// How to read live objects.
    #[serde(deserialize_with = "choice")]
    #[schemars(schema_with = "choices::<Reader>", extend("default" = "auto"))]
    pub reader: Option<Reader>,
    /// What counts as a difference.
    #[serde(deserialize_with = "choice")]
    #[schemars(schema_with = "choices::<LevelArgument>", extend("default" = "normalized"))]
    pub level: Option<LevelArgument>,
    /// Whether what native readers suspect is read once more through the provider plugin.
    #[schemars(extend("default" = false))]
    pub confirm: Option<bool>,
    /// Give up reading after this many seconds.
    #[schemars(range(min = 1, max = 86_400), extend("default" = 900))]
    pub deadline: Option<u64>,
    /// Ask no service of an account and region more often than this many times a second.
    #[schemars(range(min = 1, max = 1000), example = 5)]
    pub max_rps: Option<u32>,
    /// Who changed live what drifted: `cloudtrail`, a folder of a trail's files, or `s3://BUCKET/PREFIX`.
    #[serde(deserialize_with = "parsed")]
    #[schemars(with = "Vec<String>", example = ["cloudtrail"])]
    pub activity: Vec<activity::Source>,
    /// Keep what was read in this directory, for `--live`.
    #[schemars(example = &"evidence")]
    pub record: Option<PathBuf>,
    /// Reports to write: `text`, `json` or `sarif`, optionally `=FILE`. By default text on standard output.
    #[serde(deserialize_with = "parsed")]
    #[schemars(with = "Vec<String>", example = ["text", "json=drift.json"])]
    pub report: Vec<ReportTarget>,
    /// When to use color.
    #[serde(deserialize_with = "choice")]
    #[schemars(schema_with = "choices::<Color>", extend("default" = "auto"))]
    pub color: Option<Color>,
    /// Whether the text report lists what comparison rules folded, and shortens nothing.
    #[schemars(extend("default" = false))]
    pub show_folds: Option<bool>,
    /// Earlier SARIF report whose findings an incomplete scan carries forward; `none` for the first upload of all.
    #[schemars(example = &"drift.sarif")]
    pub sarif_previous: Option<PathBuf>,
}

/// `[evidence]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EvidenceTable {
    /// Whether no forge is asked, so that only what an earlier run kept of its records counts.
    #[schemars(extend("default" = false))]
    pub offline: Option<bool>,
    /// The forge's API; its token goes there, so that only a file that `--config` names may say it.
    #[schemars(example = &"https://github.example.com/api/v3")]
    pub forge: Option<String>,
    /// Keep what was walked and what a forge answered in this directory, instead of beside the repository's own data.
    #[schemars(example = &"cache")]
    pub cache: Option<PathBuf>,
    /// Whether nothing is kept of what was walked and of what a forge answered.
    #[schemars(extend("default" = false))]
    pub no_cache: Option<bool>,
}

fn choice<'de, D: Deserializer<'de>, T: ValueEnum>(deserializer: D) -> Result<Option<T>, D::Error> {
    let name = String::deserialize(deserializer)?;
    T::from_str(&name, false).map(Some).map_err(serde::de::Error::custom)
}

fn choices<T: ValueEnum>(_: &mut SchemaGenerator) -> Schema {
    let names = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
    schemars::json_schema!({"type": "string", "enum": names})
}

fn each<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| parse(text)).collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    each(deserializer, str::parse)
}

pub(super) fn directory_patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    each(deserializer, directory_pattern)
}

pub(super) fn name_patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    each(deserializer, name_pattern)
}
