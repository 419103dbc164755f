use lrt::prelude::*;

struct Expired;

#[lambda(authorizer)]
async fn auth(_: AuthRequest) -> Result<Allow<()>, Expired> {
    Err(Expired)
}
