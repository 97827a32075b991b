//! `driftline permissions`: the least-privilege policy for scanning a stack.
//! Knows nothing of how a policy is put together.

use crate::cli::{PermissionsArguments, PolicyFormat};
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::judge::IN_SYNC;
use crate::permissions;
use crate::report::inert;
use crate::scan::{self, Subject};

/// Prints the policy; what it cannot cover is said on standard error.
pub(super) fn run(arguments: PermissionsArguments, interrupt: &Interrupt) -> Result<u8, Error> {
    let permissions = if arguments.all {
        permissions::of_all()
    } else {
        let subject = Subject {
            dir: arguments.dir,
            reference: arguments.r#ref,
            states: arguments.state,
            workspaces: super::workspaces(&arguments.states.workspaces),
            include: arguments.selection.include,
            exclude: arguments.selection.exclude,
            backend_config: arguments.states.backend_config,
            allow_programs: arguments.states.allow_programs,
            variables: super::variables(&[]),
            deadline: super::DEADLINE,
        };
        let environment = std::env::vars_os().collect();
        let recorded = super::awaited(scan::recorded_types(&subject, environment, interrupt))?;
        permissions::of_types(recorded.iter().map(|(source, name)| (source.as_str(), name.as_str())))
    };
    for name in &permissions.not_read {
        eprintln!(
            "note: {} is not read natively, so nothing is granted for it: its provider needs permissions of its own, and \
             without them a scan calls it unknown",
            inert(name)
        );
    }
    let text = match arguments.format {
        PolicyFormat::Json => permissions.json(),
        PolicyFormat::Terraform => permissions.terraform(),
    };
    super::write(None, &text)?;
    Ok(IN_SYNC)
}
