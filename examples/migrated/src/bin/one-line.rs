//! The service as it was written for lambda_http. Only the last line of `main` has changed.

use lambda_http::{Body, Error, Request, RequestExt, Response, service_fn};
use migrated::Links;

/// Redirects to the target of a link.
async fn follow(request: Request, links: &Links) -> Result<Response<Body>, Error> {
    let parameters = request.path_parameters();
    let code = parameters.first("code").ok_or("the route has no parameter `code`")?;
    let response = match links.target(code).await {
        Some(target) => Response::builder().status(302).header("location", target),
        None => Response::builder().status(404),
    };
    Ok(response.body(Body::Empty)?)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    // The service must be `'static`, so the links live as long as the process.
    let links: &'static Links = Box::leak(Box::new(Links::open().await?));
    let follow = service_fn(move |request| follow(request, links));
    // Before: lambda_http::run(follow).await
    lrt_compat::lambda_http(follow).serve().await
}
