//! The role: is it one that policies apply to?

use super::{Hole, Inspection};

const ROLE: &str = "select rolsuper from pg_catalog.pg_roles where rolname = $1";

/// Every role that it is or can become, as far as that has a power of its own.
const POWERS: &str = "select r.rolname::text as through, r.rolsuper as superuser, \
    r.rolbypassrls as bypassrls, r.rolcreaterole as createrole, r.rolreplication as replication, \
    r.rolname in ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program') as files \
    from pg_catalog.pg_roles r where pg_catalog.pg_has_role($1, r.oid, 'MEMBER') order by r.rolname";

const PRESETS: &str = "select coalesce(r.rolname::text, 'the database') as subject \
    from pg_catalog.pg_db_role_setting s \
    left join pg_catalog.pg_roles r on r.oid = s.setrole \
    where s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database())) \
    and (s.setrole = 0 or r.rolname = $1) \
    and exists (select from unnest(s.setconfig) one where one like 'hallpass.user_id=_%') \
    order by 1";

#[derive(sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "a row of the catalogue")]
struct Powers {
    through: String,
    superuser: bool,
    bypassrls: bool,
    createrole: bool,
    replication: bool,
    files: bool,
}

impl Powers {
    /// A superuser that one can become has them all; one is enough to say.
    fn list(&self) -> Vec<&'static str> {
        let all = [
            (self.bypassrls || self.superuser, "bypassrls"),
            (self.createrole && !self.superuser, "createrole"),
            (self.replication && !self.superuser, "replication"),
            (self.files, "server files"),
        ];
        let had = all.into_iter().filter(|(has, _)| *has);
        had.map(|(_, power)| power).collect()
    }
}

impl Inspection<'_> {
    /// Whether there is such a role, so that there is more to look at.
    pub(super) async fn check_role(&mut self) -> Result<bool, sqlx::Error> {
        let superuser: Option<bool> = sqlx::query_scalar(ROLE)
            .bind(&self.role)
            .persistent(false)
            .fetch_optional(&mut *self.connection)
            .await?;
        let role = self.role.clone();
        let Some(superuser) = superuser else {
            self.add(role, Hole::RoleMissing);
            return Ok(false);
        };
        self.is_superuser = superuser;
        if superuser {
            self.add(role, Hole::Superuser);
        } else {
            self.check_powers().await?;
        }
        let presets: Vec<String> = sqlx::query_scalar(PRESETS)
            .bind(&self.role)
            .persistent(false)
            .fetch_all(&mut *self.connection)
            .await?;
        for subject in presets {
            self.add(subject, Hole::PresetUser);
        }
        Ok(true)
    }

    async fn check_powers(&mut self) -> Result<(), sqlx::Error> {
        let all: Vec<Powers> = sqlx::query_as(POWERS)
            .bind(&self.role)
            .persistent(false)
            .fetch_all(&mut *self.connection)
            .await?;
        for powers in all {
            for power in powers.list() {
                let through = powers.through.clone();
                self.add(self.role.clone(), Hole::Power { through, power });
            }
        }
        Ok(())
    }
}
