//! What is around a table and leads to its rows: rights that policies do not
//! govern, views, functions, partitions and other relatives.

use super::policies::guard_everything;
use super::table::Table;
use super::{Hole, Inspection};

const RIGHTS: &str = "select pg_catalog.has_table_privilege($2, $1::bigint::oid, 'TRUNCATE') as truncate, \
    pg_catalog.has_any_column_privilege($2, $1::bigint::oid, 'REFERENCES') as references, \
    pg_catalog.has_table_privilege($2, $1::bigint::oid, 'TRIGGER') as trigger";

/// Views over the table, and views over those, that do not ask as their caller.
const VIEWS: &str = "with recursive found(id) as ( \
        select $1::bigint::oid \
        union \
        select w.ev_class from found \
        join pg_catalog.pg_depend d on d.refobjid = found.id \
            and d.refclassid = 'pg_catalog.pg_class'::regclass \
            and d.classid = 'pg_catalog.pg_rewrite'::regclass \
        join pg_catalog.pg_rewrite w on w.oid = d.objid \
    ) \
    select pg_catalog.format('%I.%I', n.nspname, v.relname) as name, v.relkind = 'm' as materialized \
    from found join pg_catalog.pg_class v on v.oid = found.id \
    join pg_catalog.pg_namespace n on n.oid = v.relnamespace \
    where v.relkind in ('v', 'm') \
    and (pg_catalog.has_any_column_privilege($2, v.oid, 'SELECT, INSERT, UPDATE') \
        or pg_catalog.has_table_privilege($2, v.oid, 'DELETE')) \
    and not exists (select from pg_catalog.pg_options_to_table(v.reloptions) o \
        where case when o.option_name = 'security_invoker' then o.option_value::boolean end) \
    order by 1";

/// Partitions and children with theirs, and what the table is a part of.
const RELATIVES: &str = "with recursive below(id) as ( \
        select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = $1::bigint::oid \
        union \
        select i.inhrelid from below join pg_catalog.pg_inherits i on i.inhparent = below.id \
    ), above(id) as ( \
        select i.inhparent from pg_catalog.pg_inherits i where i.inhrelid = $1::bigint::oid \
        union \
        select i.inhparent from above join pg_catalog.pg_inherits i on i.inhrelid = above.id \
    ) \
    select c.oid::bigint as id, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, \
    c.relrowsecurity as enabled, c.relforcerowsecurity as forced, \
    pg_catalog.pg_get_userbyid(c.relowner)::text as owner, \
    pg_catalog.pg_has_role($2, c.relowner, 'MEMBER') as owned \
    from (select id from below union select id from above) r \
    join pg_catalog.pg_class c on c.oid = r.id \
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    where pg_catalog.has_any_column_privilege($2, c.oid, 'SELECT, INSERT, UPDATE') \
    or pg_catalog.has_table_privilege($2, c.oid, 'DELETE, TRUNCATE') \
    order by 2";

/// The role's own functions give it nothing that it has not.
const FUNCTIONS: &str = "select pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, \
        pg_catalog.pg_get_function_identity_arguments(p.oid)) as name, \
    o.rolname::text as owner, \
    exists (select from unnest(p.proconfig) one where one like 'search_path=%') as fixed_path \
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace \
    join pg_catalog.pg_roles o on o.oid = p.proowner \
    where p.prosecdef and o.rolname <> $1 \
    and n.nspname not in ('pg_catalog', 'information_schema') \
    and pg_catalog.has_function_privilege($1, p.oid, 'EXECUTE') \
    and pg_catalog.has_schema_privilege($1, n.oid, 'USAGE') \
    order by 1";

#[derive(sqlx::FromRow)]
struct Rights {
    truncate: bool,
    references: bool,
    trigger: bool,
}

#[derive(sqlx::FromRow)]
struct View {
    name: String,
    materialized: bool,
}

#[derive(sqlx::FromRow)]
struct Function {
    name: String,
    owner: String,
    fixed_path: bool,
}

impl Inspection<'_> {
    pub(super) async fn check_rights(&mut self, table: &Table) -> Result<(), sqlx::Error> {
        let rights: Rights = sqlx::query_as(RIGHTS)
            .bind(table.id)
            .bind(&self.role)
            .persistent(false)
            .fetch_one(&mut *self.connection)
            .await?;
        let all = [
            (rights.truncate, "truncate"),
            (rights.references, "references"),
            (rights.trigger, "trigger"),
        ];
        for (_, right) in all.into_iter().filter(|(has, _)| *has) {
            let role = self.role.clone();
            self.add(table.name.clone(), Hole::Right { right, role });
        }
        Ok(())
    }

    pub(super) async fn check_views(&mut self, table: &Table) -> Result<(), sqlx::Error> {
        let views: Vec<View> = sqlx::query_as(VIEWS)
            .bind(table.id)
            .bind(&self.role)
            .persistent(false)
            .fetch_all(&mut *self.connection)
            .await?;
        for view in views {
            let (table, role) = (table.name.clone(), self.role.clone());
            let hole = if view.materialized {
                Hole::MaterializedView { table, role }
            } else {
                Hole::View { table, role }
            };
            self.add(view.name, hole);
        }
        Ok(())
    }

    /// Those that are `known` are looked at themselves.
    pub(super) async fn check_relatives(
        &mut self,
        table: &Table,
        known: &[Table],
    ) -> Result<(), sqlx::Error> {
        let relatives: Vec<Table> = sqlx::query_as(RELATIVES)
            .bind(table.id)
            .bind(&self.role)
            .persistent(false)
            .fetch_all(&mut *self.connection)
            .await?;
        for relative in relatives {
            if known.iter().any(|one| one.id == relative.id) {
                continue;
            }
            let applies = relative.enabled && relative.forced && !relative.owned;
            let guarded = applies && guard_everything(&self.policies(relative.id).await?);
            if !guarded {
                let (table, role) = (table.name.clone(), self.role.clone());
                self.add(relative.name, Hole::Relative { table, role });
            }
        }
        Ok(())
    }

    pub(super) async fn check_functions(&mut self) -> Result<(), sqlx::Error> {
        let functions: Vec<Function> = sqlx::query_as(FUNCTIONS)
            .bind(&self.role)
            .persistent(false)
            .fetch_all(&mut *self.connection)
            .await?;
        for Function {
            name,
            owner,
            fixed_path,
        } in functions
        {
            let role = self.role.clone();
            self.add(
                name,
                Hole::Definer {
                    owner,
                    role,
                    fixed_path,
                },
            );
        }
        Ok(())
    }
}
