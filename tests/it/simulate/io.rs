//! Functions that do real I/O: real time passes during their deliveries, and is not part of the report.

use lrt::Error;
use lrt::testing::{TestContext, events, simulate};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// Starts a server that replies to each byte with the same byte, after some real time.
fn slow_echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            std::thread::spawn(move || {
                let mut byte = [0];
                while connection.read_exact(&mut byte).is_ok() {
                    std::thread::sleep(Duration::from_millis(150));
                    connection.write_all(&byte).unwrap();
                }
            });
        }
    });
    address
}

/// Sends a byte to the server and waits for it to come back. Fails for 0.
async fn echo(server: SocketAddr, byte: u8) -> Result<(), Error> {
    let mut connection = TcpStream::connect(server).await?;
    connection.write_all(&[byte]).await?;
    assert_eq!(connection.read_u8().await?, byte);
    if byte == 0 { Err(Error::msg("zero")) } else { Ok(()) }
}

#[tokio::test(start_paused = true)]
async fn deliveries_with_real_io_have_the_same_times_in_each_run() {
    let server = slow_echo();
    let start = Instant::now();
    for run in 0..3 {
        let function = move |byte: u8| async move {
            match run {
                // Long work before the first wait, as of an SDK that prepares its first request.
                1 => std::thread::sleep(Duration::from_millis(120)),
                // A task that yields is not one that waits.
                2 => tokio::task::yield_now().await,
                _ => {}
            }
            echo(server, byte).await
        };
        let harness = lrt::sqs(function).concurrency(2).harness();
        let harness = harness.context(TestContext::new().deadline_in(Duration::from_secs(5)));
        let messages = events::sqs().json(&1).json(&0).json(&2);
        let report = simulate::sqs(harness).messages(messages).max_receive(2).run().await;
        assert_eq!(
            report.to_string(),
            "\
record     deliveries  at      ended
message-1  1           0s      done at 0s
message-2  2           0s 30s  dead-letter queue at 60s
message-3  1           0s      done at 0s
",
            "run {run}"
        );
    }
    assert!(start.elapsed() < Duration::from_secs(30), "the delays between deliveries took real time");
}

#[tokio::test(start_paused = true)]
async fn stream_deliveries_with_real_io_have_the_same_times_in_each_run() {
    let server = slow_echo();
    for _ in 0..2 {
        let harness = lrt::kinesis(move |byte: u8| echo(server, byte)).harness();
        let records = events::kinesis().json(&1).json(&0);
        let report = simulate::kinesis(harness).records(records).max_retries(2).run().await;
        let record = &report.records()[1];
        assert_eq!(record.deliveries(), [0, 1, 2].map(Duration::from_secs));
    }
}

#[tokio::test(start_paused = true)]
async fn delays_of_functions_with_real_io_are_not_in_the_report() {
    let server = slow_echo();
    let function = move |byte: u8| async move {
        let result = echo(server, byte).await;
        sleep(Duration::from_millis(300)).await;
        result
    };
    let report = simulate::sqs(lrt::sqs(function).harness()).messages(events::sqs().json(&1).json(&2)).run().await;
    assert!(report.to_string().contains("done at 0s"), "{report}");
}

#[tokio::test(start_paused = true)]
async fn delays_of_functions_without_real_io_take_no_real_time() {
    let function = |hours: u64| async move {
        tokio::task::yield_now().await;
        sleep(Duration::from_millis(1)).await;
        sleep(Duration::from_secs(hours * 3600)).await;
        Ok::<(), Error>(())
    };
    let harness = lrt::sqs(function).concurrency(1).harness();
    let harness = harness.context(TestContext::new().deadline_in(Duration::from_secs(12 * 3600)));
    let visibility = Duration::from_secs(12 * 3600);
    let report = simulate::sqs(harness).messages(events::sqs().json(&7).json(&3)).visibility(visibility).run().await;
    assert_eq!(report.record("message-2").ended_at(), Some(Duration::from_millis(10 * 3_600_000 + 2)));
}
