//! Replays a recording of what another provider read.
//! Knows nothing of the remote system that was recorded.
