use lrt::prelude::*;

struct User;

#[lambda(authorizer)]
async fn auth(_: AuthRequest) -> Result<Allow<User>, Deny> {
    Ok(Allow::new(User))
}
