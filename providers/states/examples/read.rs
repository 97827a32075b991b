//! Reads states through a backend and says what came, for trying one backend by hand:
//! `cargo run -p provider-states --example read -- s3 '{"bucket":"b","key":"k","region":"eu-west-1"}' [DIRECTORY]`
//! Knows nothing of AWS credentials: without a module for those, s3 takes static keys alone.

use provider_states::{Backend, Surroundings, open};
use std::sync::Arc;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let kind = arguments.get(1).ok_or("the backend's kind is missing")?.clone();
    let given = arguments.get(2).map_or("{}", String::as_str);
    let around = Surroundings {
        environment: Arc::new(std::env::vars_os().collect()),
        directory: arguments.get(3).map_or(".".into(), Into::into),
        patience: Duration::from_secs(30),
        aws: None,
    };
    let store = open(&Backend { kind, arguments: serde_json::from_str(given)? }, &around)?;
    for workspace in store.workspaces().await? {
        let kept = store.read(&workspace).await?;
        println!("{workspace}\t{}\t{kept:?}", store.place(&workspace));
    }
    Ok(())
}
