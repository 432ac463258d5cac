use crate::exit::Failure;
pub(super) fn run(_: crate::cli::UserCommand) -> Result<(), Failure> {
    Err(Failure::refused("stub"))
}
