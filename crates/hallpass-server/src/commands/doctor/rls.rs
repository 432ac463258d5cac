//! The rows of users in an application's own tables: does PostgreSQL keep them
//! apart?

use hallpass::rls::{Finding, RoleName, Severity, TableName};

use super::report::Report;
use crate::commands::library;
use crate::commands::output::harmless;
use crate::exit::Failure;

pub(super) fn check(
    tables: &[TableName],
    role: Option<&RoleName>,
    report: &mut Report,
) -> Result<(), Failure> {
    let settings = library::checked()?.look()?;
    if settings.database.sqlite_path().is_some() {
        return Err(no_such_thing());
    }
    let findings = library::look(settings, async |hallpass| {
        let findings = hallpass.inspect_rows(tables, role).await;
        findings.map_err(|error| Failure::schema(hallpass, &error))
    })?;
    tell(tables, &findings.ok_or_else(no_such_thing)?, report);
    Ok(())
}

fn no_such_thing() -> Failure {
    Failure::refused(
        "row-level security is PostgreSQL's, and DATABASE_URL names a SQLite database, where the \
         SQL alone keeps the rows of users apart; name the database that holds the tables",
    )
}

fn tell(tables: &[TableName], findings: &[Finding], report: &mut Report) {
    for finding in findings {
        let subject = harmless(&finding.subject);
        let (found, fix) = (finding.hole.to_string(), finding.fix());
        let (found, fix) = (harmless(&found), harmless(&fix));
        match finding.hole.severity() {
            Severity::Warning => report.warning(&subject, found, fix),
            Severity::Serious => report.serious(&subject, found, fix),
        }
    }
    if findings.is_empty() {
        for table in tables {
            let table = harmless(&table.to_string());
            report.ok(&table, "each user gets at their own rows alone");
        }
    }
}
