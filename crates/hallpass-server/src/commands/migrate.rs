use crate::exit::Failure;
pub(super) fn run(_: crate::cli::MigrateArgs) -> Result<(), Failure> {
    Err(Failure::refused("stub"))
}
