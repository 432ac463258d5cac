//! What each hole is and how to close it, for people.

use std::fmt;

use super::{Finding, Hole};
use crate::name::Identifier;

/// What is wrong, in a sentence that follows the subject.
impl fmt::Display for Hole {
    #[expect(clippy::too_many_lines, reason = "one sentence for each hole")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoleMissing => write!(f, "there is no such role"),
            Self::Superuser => write!(f, "is a superuser, to whom no policy applies"),
            Self::Power { through, power } => match *power {
                "bypassrls" => write!(
                    f,
                    "is or can become {through}, to whom no policy applies (bypassrls)"
                ),
                "createrole" => write!(
                    f,
                    "is or can become {through}, who can become the table's owner (createrole)"
                ),
                "replication" => write!(
                    f,
                    "is or can become {through}, who can read all changes as they happen (replication)"
                ),
                _ => write!(
                    f,
                    "is or can become {through}, who can read the server's files"
                ),
            },
            Self::PresetUser => write!(
                f,
                "has hallpass.user_id set for good: without a transaction of their own, all are that user"
            ),
            Self::TableMissing => write!(f, "there is no such table, or it is no table"),
            Self::OwnedByRole { owner, role } if owner == role => {
                write!(f, "belongs to {role}, who can switch its policies off")
            }
            Self::OwnedByRole { owner, role } => write!(
                f,
                "belongs to {owner}, whom {role} can become and switch its policies off"
            ),
            Self::NotEnabled => write!(
                f,
                "row-level security is off: everybody with a right to the table sees every row"
            ),
            Self::NotForced => write!(
                f,
                "its owner is exempt from the policies, and so is what runs as the owner"
            ),
            Self::NotRestricted { command } => write!(
                f,
                "no restrictive policy limits {command} to the rows of the user: the next permissive policy adds rows"
            ),
            Self::NotForEverybody { policy } => {
                write!(f, "the restrictive policy {policy} is for some roles alone")
            }
            Self::PermissiveOr { policy } => write!(
                f,
                "the permissive policy {policy} lets through rows that are not the user's; permissive policies are joined by OR"
            ),
            Self::EmptyUser { policy } => write!(
                f,
                "the policy {policy} takes an empty hallpass.user_id for a value: an error after each transaction, or the rows without owner"
            ),
            Self::Unclear { policy, condition } => write!(
                f,
                "the restrictive policy {policy} says something else than that the owner is the user: {condition}"
            ),
            Self::Closed => write!(f, "no policy lets the role see anything"),
            Self::Right {
                right: "truncate",
                role,
            } => write!(f, "{role} may truncate it, which no policy stops"),
            Self::Right {
                right: "references",
                role,
            } => write!(
                f,
                "{role} may make foreign keys to it, which tell whether a row is there"
            ),
            Self::Right { right, role } => write!(
                f,
                "{role} may make triggers on it ({right}), which run as whoever writes"
            ),
            Self::NoIndex { column } => write!(
                f,
                "no index begins with {column}: each query reads every row"
            ),
            Self::View { table, role } => write!(
                f,
                "this view reads {table} as its own owner, and {role} may use it"
            ),
            Self::MaterializedView { table, role } => write!(
                f,
                "this materialised view holds a copy of {table} without policies, and {role} may read it"
            ),
            Self::Relative { table, role } => write!(
                f,
                "is a partition, child or parent of {table} without policies of its own that apply to everybody, and {role} may use it directly"
            ),
            Self::Definer {
                owner,
                role,
                fixed_path,
            } => {
                write!(f, "this function runs as {owner}, and {role} may call it")?;
                if *fixed_path {
                    Ok(())
                } else {
                    write!(
                        f,
                        "; its caller chooses what its names mean, by search_path"
                    )
                }
            }
        }
    }
}

impl Finding {
    /// What to do: SQL for the table's owner, or a step.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one step for each hole")]
    pub fn fix(&self) -> String {
        let subject = &self.subject;
        let policies = || {
            format!(
                "run the SQL of `hallpass rls {subject} --owner COLUMN --role ROLE` as the table's owner"
            )
        };
        match &self.hole {
            Hole::RoleMissing => "make it: the SQL of `hallpass rls` does".to_owned(),
            Hole::Superuser => {
                "let the application log in as another role: the SQL of `hallpass rls` makes one"
                    .to_owned()
            }
            Hole::Power { through, power } if through == subject && *power != "server files" => {
                format!("alter role {} no{power};", sql(through))
            }
            Hole::Power { through, .. } => {
                format!("revoke {} from {};", sql(through), sql(subject))
            }
            Hole::PresetUser => {
                "alter role … reset hallpass.user_id; or alter database … reset hallpass.user_id;"
                    .to_owned()
            }
            Hole::TableMissing => {
                "name a table with its schema, in double quotes where it has capitals".to_owned()
            }
            Hole::OwnedByRole { .. } => {
                format!("let migrations run as another role: alter table {subject} owner to …;")
            }
            Hole::NotForced => format!("alter table {subject} force row level security;"),
            Hole::NotEnabled | Hole::NotRestricted { .. } | Hole::Closed => policies(),
            Hole::NotForEverybody { policy } => {
                format!("alter policy {} on {subject} to public;", sql(policy))
            }
            Hole::PermissiveOr { policy } | Hole::Unclear { policy, .. } => format!(
                "drop policy {} on {subject}; then {}",
                sql(policy),
                policies()
            ),
            Hole::EmptyUser { .. } => {
                "compare with nullif(current_setting('hallpass.user_id', true), '')".to_owned()
            }
            Hole::Right { right, role } => {
                format!("revoke {right} on {subject} from {}, public;", sql(role))
            }
            Hole::NoIndex { column } => format!("create index on {subject} ({});", sql(column)),
            Hole::View { .. } => format!(
                "alter view {subject} set (security_invoker = true); (from PostgreSQL 15; before, revoke the right to it)"
            ),
            Hole::MaterializedView { role, .. } => {
                format!("revoke all on {subject} from {}, public;", sql(role))
            }
            Hole::Relative { role, .. } => format!(
                "revoke all on {subject} from {}, public; or {}",
                sql(role),
                policies()
            ),
            Hole::Definer {
                fixed_path: false, ..
            } => format!(
                "alter function {subject} set search_path = pg_catalog, pg_temp; and read what it does, or alter function {subject} security invoker;"
            ),
            Hole::Definer { role, .. } => format!(
                "read what it does with rows of others, or revoke execute on function {subject} from {}, public;",
                sql(role)
            ),
        }
    }
}

fn sql(name: &str) -> String {
    Identifier::kept(name).to_string()
}
