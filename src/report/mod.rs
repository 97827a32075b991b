//! Renders a report. Each format is a projection of [`crate::model::Report`].
//! Knows nothing of how the report came to be.
