use lrt::prelude::*;

#[lambda(authorizer, identity_sources = "header.Authorization")]
async fn auth(_: AuthRequest) -> Result<Allow<()>, Deny> {
    Ok(Allow::new(()))
}
