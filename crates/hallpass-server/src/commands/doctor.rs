use crate::exit::Failure;
pub(super) fn run(_: crate::cli::JsonArgs) -> Result<(), Failure> {
    Err(Failure::refused("stub"))
}
