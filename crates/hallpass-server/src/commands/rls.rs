//! `hallpass rls`: row-level security as SQL.

use hallpass::rls::Policies;

use super::output;
use crate::cli::RlsArgs;
use crate::exit::Failure;

pub(super) fn run(args: RlsArgs) -> Result<(), Failure> {
    output::print(
        "-- Run this as the owner of the tables; running it again changes nothing.\n\
         -- The role has no password: give it one, or a certificate.\n\
         begin;",
    )?;
    output::print(Policies::role_sql(&args.role))?;
    for table in args.tables {
        let mut policies = Policies::new(table, args.owner.clone(), args.role.clone());
        if args.text {
            policies = policies.text_owners();
        }
        output::print(format!("\n{}", policies.to_string().trim_end()))?;
    }
    // One transaction: no moment is without a policy or a right.
    output::print("\ncommit;")?;
    Ok(())
}
