//! A table itself: whose is it, and do its policies apply to everybody?

use super::{Hole, Inspection};
use crate::name::{Identifier, TableName};

/// Ordinary and partitioned tables: nothing else has policies.
const TABLE: &str = "select c.oid::bigint as id, \
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name, \
    c.relrowsecurity as enabled, c.relforcerowsecurity as forced, \
    pg_catalog.pg_get_userbyid(c.relowner)::text as owner, \
    pg_catalog.pg_has_role($3, c.relowner, 'MEMBER') as owned \
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    where c.relname = $2 and c.relkind in ('r', 'p') and case when $1::text is null \
    then pg_catalog.pg_table_is_visible(c.oid) else n.nspname = $1 end";

/// Of a table, what the catalogue says.
#[derive(sqlx::FromRow)]
pub(super) struct Table {
    pub(super) id: i64,
    /// With its schema, in quotes where it needs them.
    pub(super) name: String,
    pub(super) enabled: bool,
    pub(super) forced: bool,
    pub(super) owner: String,
    /// Whether the role is its owner or can become it.
    pub(super) owned: bool,
}

impl Inspection<'_> {
    pub(super) async fn find(&mut self, name: &TableName) -> Result<Option<Table>, sqlx::Error> {
        sqlx::query_as(TABLE)
            .bind(name.schema.as_ref().map(Identifier::as_str))
            .bind(name.table.as_str())
            .bind(&self.role)
            .persistent(false)
            .fetch_optional(&mut *self.connection)
            .await
    }

    pub(super) fn check_owner_and_force(&mut self, table: &Table) {
        if table.owned && !self.is_superuser {
            let (owner, role) = (table.owner.clone(), self.role.clone());
            self.add(table.name.clone(), Hole::OwnedByRole { owner, role });
        }
        if !table.enabled {
            self.add(table.name.clone(), Hole::NotEnabled);
        } else if !table.forced {
            self.add(table.name.clone(), Hole::NotForced);
        }
    }
}
