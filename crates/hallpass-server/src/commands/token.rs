use crate::exit::Failure;
pub(super) fn run(_: crate::cli::TokenCommand) -> Result<(), Failure> {
    Err(Failure::refused("stub"))
}
