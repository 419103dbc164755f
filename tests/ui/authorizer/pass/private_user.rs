use lrt::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

type Decision = Result<Allow<User>, Deny>;
type Me = Caller<User>;

#[handler(authorizer)]
async fn auth(request: AuthRequest, _: Context) -> Decision {
    request.token().map(|_| Allow::new(User { id: 7 })).ok_or(Deny)
}

#[handler(authorizer)]
async fn fallible() -> Result<Allow<User>, Error> {
    Err(Deny::unauthorized().into())
}

#[handler(http_api, route = "GET /me", authorizer = auth)]
async fn me(Caller(user): Me) -> String {
    user.id.to_string()
}

#[handler(rest_api, authorizer = self::fallible)]
async fn optional(user: Option<Caller<User>>) -> String {
    user.map_or(0, |Caller(user)| user.id).to_string()
}

#[lrt::defaults(api_gateway, authorizer = super::auth)]
mod orders {
    use lrt::prelude::*;

    #[handler(route = "GET /orders")]
    pub(crate) async fn list() -> StatusCode {
        StatusCode::OK
    }
}

lrt::main!(auth, fallible, me, optional, orders::list);
