//! Reads AWS in bulk, and holds what is known of its resource types.
//! The only place that names the AWS SDK; knows nothing of addresses, configuration or Git.
