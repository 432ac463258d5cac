use crate::exit::Failure;
pub(super) fn run(_: crate::cli::OpenapiArgs) -> Result<(), Failure> {
    Err(Failure::refused("stub"))
}
