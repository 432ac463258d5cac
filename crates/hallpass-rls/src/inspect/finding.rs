//! The known holes: what each is, how bad it is, and how to close it.

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
