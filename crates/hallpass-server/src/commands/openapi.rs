//! `hallpass openapi`

use super::output;
use crate::cli::OpenapiArgs;
use crate::exit::Failure;

pub(super) fn run(args: OpenapiArgs) -> Result<(), Failure> {
    if args.yaml {
        let yaml = hallpass::openapi_yaml().map_err(Failure::refused)?;
        return output::print(yaml.trim_end());
    }
    output::print(hallpass::openapi_json().map_err(Failure::refused)?)
}
