//! The policies of a table: does each command see the rows of the user alone?

use super::table::Table;
use super::{Hole, Inspection};

const POLICIES: &str = "select p.polname::text as name, p.polpermissive as permissive, \
    p.polcmd::text as command, 0 = any (p.polroles) as everybody, \
    exists (select from unnest(p.polroles) one \
        where one <> 0 and pg_catalog.pg_has_role($2, one, 'MEMBER')) as reachable, \
    exists (select from unnest(p.polroles) one \
        where one <> 0 and pg_catalog.pg_has_role($2, one, 'USAGE')) as held, \
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) as reads, \
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as writes, \
    array(select distinct a.attname::text from pg_catalog.pg_depend d \
        join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid \
        where d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = p.oid \
        and d.refobjid = p.polrelid and d.refobjsubid > 0) as columns \
    from pg_catalog.pg_policy p where p.polrelid = $1::bigint::oid order by p.polname";

const INDEXED: &str = "select exists (select from pg_catalog.pg_index i \
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] \
    where i.indrelid = $1::bigint::oid and a.attname = $2 \
    and i.indisvalid and i.indpred is null)";

const COMMANDS: [(&str, &str); 4] = [
    ("r", "select"),
    ("a", "insert"),
    ("w", "update"),
    ("d", "delete"),
];

#[derive(sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "a row of the catalogue")]
pub(super) struct Policy {
    name: String,
    permissive: bool,
    /// `*`, or one of [`COMMANDS`].
    command: String,
    /// To PUBLIC.
    everybody: bool,
    /// To a role that ours can become.
    reachable: bool,
    /// To a role whose rights ours has without becoming it.
    held: bool,
    reads: Option<String>,
    writes: Option<String>,
    columns: Vec<String>,
}

impl Policy {
    /// Whether its conditions are about the user at all.
    fn names_the_user(&self) -> bool {
        let both = [&self.reads, &self.writes];
        let mut there = both.into_iter().flatten().peekable();
        there.peek().is_some() && there.all(|condition| condition.contains("hallpass.user_id"))
    }

    /// A condition that is not "the owner is the user" and nothing more.
    fn unclear_condition(&self) -> Option<&str> {
        let both = [self.reads.as_deref(), self.writes.as_deref()];
        both.into_iter().flatten().find(|condition| {
            !self
                .columns
                .iter()
                .any(|column| is_owner_is_user(condition, column))
        })
    }

    fn takes_empty_for_a_value(&self) -> bool {
        let both = [&self.reads, &self.writes];
        both.into_iter().flatten().any(|condition| {
            condition.contains("hallpass.user_id") && !condition.contains("NULLIF(")
        })
    }

    /// What is wrong with it, where no restrictive policy limits the `open`
    /// commands.
    fn hole(&self, open: &[(&str, &str)]) -> Option<Hole> {
        let policy = self.name.clone();
        if self.takes_empty_for_a_value() {
            return Some(Hole::EmptyUser { policy });
        }
        let unclear = self.unclear_condition();
        if self.permissive {
            let applies = self.everybody || self.reachable;
            let adds = open.iter().any(|(letter, _)| self.is_for(letter));
            return (adds && applies && unclear.is_some()).then_some(Hole::PermissiveOr { policy });
        }
        // A restrictive one about something else only takes away.
        match unclear.filter(|_| self.names_the_user()) {
            Some(condition) => {
                let condition = condition.to_owned();
                Some(Hole::Unclear { policy, condition })
            }
            None if self.names_the_user() && !self.everybody => {
                Some(Hole::NotForEverybody { policy })
            }
            None => None,
        }
    }

    fn is_for(&self, command: &str) -> bool {
        self.command == "*" || self.command == command
    }

    /// Whether it lets nobody but the owner through, for our role.
    fn guards(&self, command: &str) -> bool {
        !self.permissive
            && self.is_for(command)
            && (self.everybody || self.held)
            && self.names_the_user()
            && self.unclear_condition().is_none()
    }
}

/// Whether a condition, as PostgreSQL shows it, is
/// `column = nullif(current_setting('hallpass.user_id', true), '')`, perhaps
/// cast, perhaps in a `select` of its own. Brackets, spaces and casts that keep
/// every letter cannot make another meaning of these words in this order.
fn is_owner_is_user(condition: &str, column: &str) -> bool {
    let quoted = format!("\"{}\"", column.replace('"', "\"\""));
    let words = "NULLIFcurrent_setting'hallpass.user_id',true,''";
    let mut rest = condition.trim_start_matches('(');
    let named = [quoted.as_str(), column];
    let Some(after) = named.iter().find_map(|name| rest.strip_prefix(name)) else {
        return false;
    };
    rest = after;
    let said = without_casts(rest);
    said == format!("={words}") || said == format!("=SELECT{words}")
}

/// What [`Policies`](crate::Policies) and PostgreSQL itself cast to. Another type
/// may cut the value short, as `"char"` and `name` do, so that users share it.
const WHOLE: [&str; 3] = ["character varying", "text", "uuid"];

/// The words, without brackets, spaces and casts that keep the whole value.
fn without_casts(text: &str) -> String {
    let mut said = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = past_cast(rest) {
            rest = after;
            continue;
        }
        if !matches!(letter, '(' | ')' | ' ' | '\n') {
            said.push(letter);
        }
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    // The name that PostgreSQL gives the column of a `select`.
    said.strip_suffix("AS\"nullif\"")
        .unwrap_or(&said)
        .to_owned()
}

/// Behind a cast to one of [`WHOLE`], where a text begins with one.
fn past_cast(text: &str) -> Option<&str> {
    let kind = text.strip_prefix("::")?;
    let after = WHOLE.iter().find_map(|whole| kind.strip_prefix(whole))?;
    let more = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '(' | '[' | '"');
    (!after.starts_with(more)).then_some(after)
}

impl Inspection<'_> {
    pub(super) async fn policies(&mut self, table: i64) -> Result<Vec<Policy>, sqlx::Error> {
        sqlx::query_as(POLICIES)
            .bind(table)
            .bind(&self.role)
            .persistent(false)
            .fetch_all(&mut *self.connection)
            .await
    }

    pub(super) async fn check_policies(&mut self, table: &Table) -> Result<(), sqlx::Error> {
        let all = self.policies(table.id).await?;
        let open: Vec<_> = unguarded(&all).collect();
        let mut holes: Vec<_> = open
            .iter()
            .map(|(_, command)| Hole::NotRestricted { command })
            .collect();
        holes.extend(all.iter().filter_map(|policy| policy.hole(&open)));
        let lets_in = |one: &Policy| one.permissive && (one.everybody || one.reachable);
        if !self.is_superuser && !all.iter().any(lets_in) {
            holes.push(Hole::Closed);
        }
        for hole in holes {
            self.add(table.name.clone(), hole);
        }
        self.check_index(table, &all).await
    }

    /// For each column that the policies compare with the user.
    async fn check_index(&mut self, table: &Table, all: &[Policy]) -> Result<(), sqlx::Error> {
        let of_users = all.iter().filter(|policy| policy.names_the_user());
        let mut columns: Vec<_> = of_users.flat_map(|policy| &policy.columns).collect();
        columns.sort();
        columns.dedup();
        for column in columns {
            let indexed: bool = sqlx::query_scalar(INDEXED)
                .bind(table.id)
                .bind(column)
                .persistent(false)
                .fetch_one(&mut *self.connection)
                .await?;
            if !indexed {
                let column = column.clone();
                self.add(table.name.clone(), Hole::NoIndex { column });
            }
        }
        Ok(())
    }
}

/// The commands that no restrictive policy limits to the rows of the user.
fn unguarded(all: &[Policy]) -> impl Iterator<Item = (&'static str, &'static str)> {
    COMMANDS
        .into_iter()
        .filter(|(letter, _)| !all.iter().any(|policy| policy.guards(letter)))
}

/// Whether every command is limited to the rows of the user.
pub(super) fn guard_everything(all: &[Policy]) -> bool {
    unguarded(all).next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts_that_may_cut_the_value_short_are_no_guard() {
        for (cast, kept) in [
            ("::uuid", true),
            ("::text", true),
            ("::character varying", true),
            ("", true),
            ("::\"char\"", false),
            ("::character(1)", false),
            ("::character varying(1)", false),
            ("::name", false),
            ("::text::name", false),
            ("::text[]", false),
            ("::text.cut", false),
            ("::uuid_of_mine", false),
        ] {
            let user = "NULLIF(current_setting('hallpass.user_id'::text, true), ''::text)";
            let condition = format!("((owner){cast} = ( SELECT ({user}){cast} AS \"nullif\"))");
            assert_eq!(is_owner_is_user(&condition, "owner"), kept, "{condition}");
        }
    }
}
