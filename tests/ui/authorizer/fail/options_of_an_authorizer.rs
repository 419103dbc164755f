use lrt::prelude::*;

#[lambda(authorizer, identity_sources = ["header.Authorization", "token"], cache = 300, iam_policy = true, route = "GET /")]
async fn auth(_: AuthRequest) -> Result<Allow<()>, Deny> {
    Ok(Allow::new(()))
}
