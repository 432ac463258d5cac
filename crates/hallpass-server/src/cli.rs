//! The command line: what can be asked of `hallpass`.

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use hallpass::rls::{ColumnName, RoleName, TableName};

use crate::paint;

const SETTINGS: &str = "\
Settings come from the environment, or from a file named .env in the working
folder; the environment wins. The most used:

  BETTER_AUTH_SECRET   signs tokens; 32 bytes or more     [made once if missing]
  BETTER_AUTH_URL      public URL            [default: http://localhost:$PORT]
  DATABASE_URL         sqlite://… or postgres://…         [default: a SQLite file]
  CORS_ORIGINS         front ends  [default: http://localhost:3000; https: none]
  HOST, PORT           where to listen        [default: 127.0.0.1, 8000]
  HALLPASS_DATA_DIR    database and secret    [default: ./hallpass-data]

`hallpass doctor` checks them all and says how to mend what is wrong.";

/// Registers and signs in people, and issues short-lived tokens that any
/// service can verify.
#[derive(Debug, Parser)]
#[command(name = "hallpass", version, after_help = SETTINGS, styles = paint::HELP)]
pub(crate) struct Cli {
    /// What to do; `serve` when nothing is said.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve (what happens when no command is given)
    Serve(ServeArgs),
    /// Bring the database's schema up to date
    Migrate(MigrateArgs),
    /// Make, list, show, change or delete accounts
    #[command(subcommand)]
    User(UserCommand),
    /// List, rotate or retire the keys that sign tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look at tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print a fresh secret for `BETTER_AUTH_SECRET`
    Secret,
    /// Print the description of the HTTP API (OpenAPI 3.1)
    Openapi(OpenapiArgs),
    /// Check settings, secret, database, clock and cookies, and say how to mend what is wrong
    Doctor(DoctorArgs),
    /// Print the SQL that lets PostgreSQL keep the rows of each user apart (row-level security)
    Rls(RlsArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell to complete for
        shell: Shell,
    },
}

#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct ServeArgs {
    /// Leave the database's schema as it is; not ready until it is up to date
    #[arg(long)]
    pub(crate) no_migrate: bool,
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct MigrateArgs {
    /// Only show which migrations are applied and which are pending
    #[arg(long)]
    pub(crate) status: bool,
    #[command(flatten)]
    pub(crate) output: JsonArgs,
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct JsonArgs {
    /// Print JSON, for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct DoctorArgs {
    /// Look at the row-level security of these tables in `DATABASE_URL`, and at nothing else
    #[arg(long, value_name = "TABLE", num_args = 1..)]
    pub(crate) rls: Vec<TableName>,
    /// The role that your application logs in as [default: that of `DATABASE_URL`]
    #[arg(long, requires = "rls")]
    pub(crate) role: Option<RoleName>,
    /// Look at settings and files only: ask no database, take no port
    #[arg(long, conflicts_with = "rls")]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) output: JsonArgs,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct RlsArgs {
    /// The tables that hold rows of users, written as in SQL
    #[arg(required = true, value_name = "TABLE")]
    pub(crate) tables: Vec<TableName>,
    /// The column that holds the id of a row's owner
    #[arg(long, value_name = "COLUMN")]
    pub(crate) owner: ColumnName,
    /// The role that your application logs in as; it must own nothing
    #[arg(long)]
    pub(crate) role: RoleName,
    /// The column is of type text, not uuid
    #[arg(long)]
    pub(crate) text: bool,
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct OpenapiArgs {
    /// Print YAML instead of JSON
    #[arg(long)]
    pub(crate) yaml: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Make an account; the password is asked for, or read from standard input
    Create {
        /// The address of the account
        email: String,
        /// What to call its owner
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// List all accounts, oldest first
    List {
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Show one account
    Show {
        /// Its address or id
        user: String,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Give an account a new password, and its address a clean slate of tries
    SetPassword {
        /// Its address or id
        user: String,
    },
    /// Delete an account for good
    Delete {
        /// Its address or id
        user: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Verify a token from standard input: explain its claims, or why it is refused
    Verify(JsonArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// List the live signing keys, newest first
    List(JsonArgs),
    /// Make a new key, and let it sign once every verifier knows it
    ///
    /// The new key is published at once. The old one signs until the new one
    /// does, and verifies until its last token is dead; nobody is signed out.
    Rotate {
        /// Seconds until the new key signs; in an emergency 0, which means two
        #[arg(long, value_name = "SECONDS", default_value_t = hallpass::ROTATION_LEAD.as_secs(), value_parser = clap::value_parser!(u64).range(..=MOST_SECONDS))]
        after: u64,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// End a key at once, as after a theft: its tokens are refused from now on
    Retire {
        /// Its id, the `kid` of its tokens
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Thirty days: who wants to rotate later, rotates later.
const MOST_SECONDS: u64 = 30 * 24 * 3600;
