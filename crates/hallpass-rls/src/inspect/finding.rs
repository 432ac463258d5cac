//! The known holes: what each is, how bad it is, and how to close it.

use std::fmt;

use crate::name::Identifier;

/// How bad a hole is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It will hurt one day: with the next policy, the next million rows.
    Warning,
    /// Rows of other users can be reached or removed.
    Serious,
}

/// A hole that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Where: a table, view or function as SQL names it, or a role.
    pub subject: String,
    /// What.
    pub hole: Hole,
}

/// A known way around row-level security.
///
/// The roles, policies and others that a variant holds are named as PostgreSQL
/// names them, without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hole {
    /// There is no such role.
    RoleMissing,
    /// The role is a superuser, to whom no policy applies.
    Superuser,
    /// The role is or can become `through`, to whom policies do not apply, who
    /// can become any other, or who reads the server's files.
    Power {
        /// The role itself, or one that it is a member of.
        through: String,
        /// What that role has: `bypassrls`, `createrole`, `replication` or
        /// `server files`.
        power: &'static str,
    },
    /// The user is set once and for all, for a role or a database, and not by
    /// the transaction.
    PresetUser,
    /// There is no such table, or it is a view or something else that has no
    /// policies.
    TableMissing,
    /// The role owns the table, or is a member of its `owner`: it can switch
    /// everything off.
    OwnedByRole {
        /// The owner.
        owner: String,
        /// The role.
        role: String,
    },
    /// Row-level security is off.
    NotEnabled,
    /// Its owner is exempt from the policies, and so is what runs as the owner.
    NotForced,
    /// No restrictive policy limits this command to the rows of the user, so
    /// that each permissive policy adds rows.
    NotRestricted {
        /// `select`, `insert`, `update` or `delete`.
        command: &'static str,
    },
    /// The restrictive policy is for some roles alone.
    NotForEverybody {
        /// The policy.
        policy: String,
    },
    /// A permissive policy lets rows through that are not the user's, and no
    /// restrictive one stands in its way.
    PermissiveOr {
        /// The policy.
        policy: String,
    },
    /// A policy compares with the setting as it is, which is empty after a
    /// transaction that had a user: an error, or a match with an empty owner.
    EmptyUser {
        /// The policy.
        policy: String,
    },
    /// A restrictive policy has a condition that is more than "the owner is the
    /// user", so that nobody can say what it lets through.
    Unclear {
        /// The policy.
        policy: String,
        /// Its condition, as PostgreSQL shows it.
        condition: String,
    },
    /// No policy lets the role see anything.
    Closed,
    /// The role may do this, which policies do not govern.
    Right {
        /// `truncate`, `references` or `trigger`.
        right: &'static str,
        /// The role.
        role: String,
    },
    /// The owner column begins no index, so that each query reads every row.
    NoIndex {
        /// The column.
        column: String,
    },
    /// A view reads the `table` as the view's owner.
    View {
        /// The table.
        table: String,
        /// The role that may use the view.
        role: String,
    },
    /// A materialised view keeps a copy of rows of the `table`, and policies do
    /// not apply to it.
    MaterializedView {
        /// The table.
        table: String,
        /// The role that may read the view.
        role: String,
    },
    /// A partition, child or parent of the `table`, that the role may use
    /// directly, without policies of its own.
    Relative {
        /// The table.
        table: String,
        /// The role.
        role: String,
    },
    /// A `SECURITY DEFINER` function that the role may execute.
    Definer {
        /// As whom it runs.
        owner: String,
        /// The role.
        role: String,
        /// Whether its `search_path` is fixed. Else its caller chooses the
        /// tables and functions that its names mean.
        fixed_path: bool,
    },
}

impl Hole {
    /// A name for scripts that stays the same between versions.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RoleMissing => "role_missing",
            Self::Superuser => "superuser",
            Self::Power { .. } => "power",
            Self::PresetUser => "preset_user",
            Self::TableMissing => "table_missing",
            Self::OwnedByRole { .. } => "owned_by_role",
            Self::NotEnabled => "not_enabled",
            Self::NotForced => "not_forced",
            Self::NotRestricted { .. } => "not_restricted",
            Self::NotForEverybody { .. } => "not_for_everybody",
            Self::PermissiveOr { .. } => "permissive_or",
            Self::EmptyUser { .. } => "empty_user",
            Self::Unclear { .. } => "unclear",
            Self::Closed => "closed",
            Self::Right { .. } => "right",
            Self::NoIndex { .. } => "no_index",
            Self::View { .. } => "view",
            Self::MaterializedView { .. } => "materialized_view",
            Self::Relative { .. } => "relative",
            Self::Definer { .. } => "definer",
        }
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::NotRestricted { .. }
            | Self::NotForEverybody { .. }
            | Self::EmptyUser { .. }
            | Self::Closed
            | Self::NoIndex { .. }
            | Self::Right {
                right: "references" | "trigger",
                ..
            }
            | Self::Definer {
                fixed_path: true, ..
            } => Severity::Warning,
            _ => Severity::Serious,
        }
    }
}

/// What is wrong, in a sentence that follows the subject.
impl fmt::Display for Hole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoleMissing => write!(f, "there is no such role"),
            Self::Superuser => write!(f, "is a superuser, to whom no policy applies"),
            Self::Power { through, power } => match *power {
                "bypassrls" => write!(f, "is or can become {through}, to whom no policy applies (bypassrls)"),
                "createrole" => write!(f, "is or can become {through}, who can become the table's owner (createrole)"),
                "replication" => write!(f, "is or can become {through}, who can read all changes as they happen (replication)"),
                _ => write!(f, "is or can become {through}, who can read the server's files"),
            },
            Self::PresetUser => write!(f, "has hallpass.user_id set for good: without a transaction of their own, all are that user"),
            Self::TableMissing => write!(f, "there is no such table, or it is no table"),
            Self::OwnedByRole { owner, role } if owner == role => write!(f, "belongs to {role}, who can switch its policies off"),
            Self::OwnedByRole { owner, role } => write!(f, "belongs to {owner}, whom {role} can become and switch its policies off"),
            Self::NotEnabled => write!(f, "row-level security is off: everybody with a right to the table sees every row"),
            Self::NotForced => write!(f, "its owner is exempt from the policies, and so is what runs as the owner"),
            Self::NotRestricted { command } => write!(f, "no restrictive policy limits {command} to the rows of the user: the next permissive policy adds rows"),
            Self::NotForEverybody { policy } => write!(f, "the restrictive policy {policy} is for some roles alone"),
            Self::PermissiveOr { policy } => write!(f, "the permissive policy {policy} lets through rows that are not the user's; permissive policies are joined by OR"),
            Self::EmptyUser { policy } => write!(f, "the policy {policy} takes an empty hallpass.user_id for a value: an error after each transaction, or the rows without owner"),
            Self::Unclear { policy, condition } => write!(f, "the restrictive policy {policy} says something else than that the owner is the user: {condition}"),
            Self::Closed => write!(f, "no policy lets the role see anything"),
            Self::Right { right: "truncate", role } => write!(f, "{role} may truncate it, which no policy stops"),
            Self::Right { right: "references", role } => write!(f, "{role} may make foreign keys to it, which tell whether a row is there"),
            Self::Right { right, role } => write!(f, "{role} may make triggers on it ({right}), which run as whoever writes"),
            Self::NoIndex { column } => write!(f, "no index begins with {column}: each query reads every row"),
            Self::View { table, role } => write!(f, "this view reads {table} as its own owner, and {role} may use it"),
            Self::MaterializedView { table, role } => write!(f, "this materialised view holds a copy of {table} without policies, and {role} may read it"),
            Self::Relative { table, role } => write!(f, "is a partition, child or parent of {table} without policies of its own, and {role} may use it directly"),
            Self::Definer { owner, role, fixed_path } => {
                write!(f, "this function runs as {owner}, and {role} may call it")?;
                if *fixed_path { Ok(()) } else { write!(f, "; its caller chooses what its names mean, by search_path") }
            }
        }
    }
}

impl Finding {
    /// What to do: SQL for the table's owner, or a step.
    #[must_use]
    pub fn fix(&self) -> String {
        let subject = &self.subject;
        let policies = || format!("run the SQL of `hallpass rls {subject} --owner COLUMN --role ROLE` as the table's owner");
        match &self.hole {
            Hole::RoleMissing => "make it: the SQL of `hallpass rls` does".to_owned(),
            Hole::Superuser => "let the application log in as another role: the SQL of `hallpass rls` makes one".to_owned(),
            Hole::Power { through, power } if through == subject && *power != "server files" => format!("alter role {} no{power};", sql(through)),
            Hole::Power { through, .. } => format!("revoke {} from {};", sql(through), sql(subject)),
            Hole::PresetUser => "alter role … reset hallpass.user_id; or alter database … reset hallpass.user_id;".to_owned(),
            Hole::TableMissing => "name a table with its schema, in double quotes where it has capitals".to_owned(),
            Hole::OwnedByRole { .. } => format!("let migrations run as another role: alter table {subject} owner to …;"),
            Hole::NotEnabled => policies(),
            Hole::NotForced => format!("alter table {subject} force row level security;"),
            Hole::NotRestricted { .. } | Hole::Closed => policies(),
            Hole::NotForEverybody { policy } => format!("alter policy {} on {subject} to public;", sql(policy)),
            Hole::PermissiveOr { policy } => format!("drop policy {} on {subject}; then {}", sql(policy), policies()),
            Hole::EmptyUser { .. } => "compare with nullif(current_setting('hallpass.user_id', true), '')".to_owned(),
            Hole::Unclear { policy, .. } => format!("drop policy {} on {subject}; then {}", sql(policy), policies()),
            Hole::Right { right, role } => format!("revoke {right} on {subject} from {}, public;", sql(role)),
            Hole::NoIndex { column } => format!("create index on {subject} ({});", sql(column)),
            Hole::View { .. } => format!("alter view {subject} set (security_invoker = true); (from PostgreSQL 15; before, revoke the right to it)"),
            Hole::MaterializedView { role, .. } => format!("revoke all on {subject} from {}, public;", sql(role)),
            Hole::Relative { role, .. } => format!("revoke all on {subject} from {}, public; or {}", sql(role), policies()),
            Hole::Definer { fixed_path: false, .. } => format!("alter function {subject} set search_path = pg_catalog, pg_temp; and read what it does, or alter function {subject} security invoker;"),
            Hole::Definer { role, .. } => format!("read what it does with rows of others, or revoke execute on function {subject} from {}, public;", sql(role)),
        }
    }
}

fn sql(name: &str) -> String {
    Identifier::kept(name).to_string()
}
