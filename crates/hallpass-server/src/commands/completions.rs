use crate::exit::Failure;
pub(super) fn run(_: clap_complete::Shell) -> Result<(), Failure> {
    Err(Failure::refused("stub"))
}
