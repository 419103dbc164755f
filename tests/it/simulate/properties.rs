//! Property tests with random records, functions and mappings: no record is lost or out of order.

use crate::simulate::job::{Job, Jobs};
use lrt::dynamodb::Change;
use lrt::testing::simulate::{self, RecordOutcome, SimulationReport};
use lrt::testing::{TestContext, events};
use lrt::{Error, dynamodb, sqs};
use proptest::prelude::*;
use std::time::Duration;

/// A job, its message group, and its send time.
type Sent = (Job, usize, Duration);

fn sent() -> impl Strategy<Value = Vec<Sent>> {
    let fails = prop_oneof![4 => Just(0), 2 => 1..4_u32, 1 => Just(u32::MAX)];
    let takes = prop_oneof![3 => Just(0), 1 => 0..50_u64];
    let when = prop_oneof![3 => Just(0), 1 => 0..100_u64];
    let sent = (fails, takes, 0..3_usize, when).prop_map(|(fails, seconds, group, at)| {
        (Job { id: String::new(), fails, seconds }, group, Duration::from_secs(at))
    });
    proptest::collection::vec(sent, 0..12).prop_map(|mut all| {
        all.sort_by_key(|(_, _, at)| *at);
        for (n, (job, _, _)) in all.iter_mut().enumerate() {
            job.id = format!("{n:02}");
        }
        all
    })
}

fn paused<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(run)
}

/// Returns the end time of each record. All records must have an outcome.
fn ends(report: &SimulationReport) -> Result<Vec<Duration>, TestCaseError> {
    prop_assert!(report.converged(), "\n{report}");
    Ok(report.records().iter().map(|record| record.ended_at().unwrap()).collect())
}

/// Asserts that records reported as done were handled.
fn check_done(report: &SimulationReport, jobs: &Jobs) -> Result<(), TestCaseError> {
    let done = jobs.done();
    for id in report.with_outcome(RecordOutcome::Done) {
        prop_assert!(done.iter().any(|done| done == id), "{id} was not done\n{report}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_message_is_processed_or_dead_lettered_and_groups_keep_their_order(
        sent in sent(),
        fifo: bool,
        batch_size in 1..=10_usize,
        visibility in 10..60_u64,
        max_receive in 1..5_u32,
        timeout in prop_oneof![Just(900), 1..60_u64],
    ) {
        let jobs = Jobs::default();
        let work = jobs.clone();
        let harness = sqs(move |job: Job| work.clone().run(job)).harness();
        let context = TestContext::new().deadline_in(Duration::from_secs(timeout));
        let visibility = Duration::from_secs(visibility);
        let mut run = simulate::sqs(harness.context(context))
            .visibility(visibility)
            .max_receive(max_receive)
            .batch_size(batch_size);
        for (job, group, at) in &sent {
            let event = if fifo { events::sqs_fifo() } else { events::sqs() };
            let message = events::message().id(&job.id).group_id(group.to_string()).json(job);
            run = run.messages_at(*at, event.message(message));
        }
        let report = paused(run.run());

        let ends = ends(&report)?;
        check_done(&report, &jobs)?;
        for (record, (_, _, at)) in report.records().iter().zip(&sent) {
            let deliveries = record.deliveries();
            prop_assert!(deliveries.iter().all(|delivery| delivery >= at), "\n{report}");
            prop_assert!(deliveries.windows(2).all(|pair| pair[1] >= pair[0] + visibility), "\n{report}");
            prop_assert!(deliveries.len() <= max_receive as usize, "\n{report}");
            match record.outcome() {
                RecordOutcome::Done => {}
                RecordOutcome::DeadLetterQueue => prop_assert_eq!(deliveries.len(), max_receive as usize, "\n{}", report),
                other => prop_assert!(false, "{other:?}\n{report}"),
            }
        }
        // The handlers' order: the first success of each message of a group.
        let mut first_done = Vec::new();
        for id in jobs.done() {
            if !first_done.contains(&id) {
                first_done.push(id);
            }
        }
        for group in (0..3).filter(|_| fifo) {
            let in_group = first_done.iter().filter(|id| sent[id.parse::<usize>().unwrap()].1 == group);
            prop_assert!(in_group.is_sorted(), "{first_done:?}\n{report}");
        }
        for (later, (_, group, _)) in sent.iter().enumerate().filter(|_| fifo) {
            for earlier in (0..later).filter(|earlier| sent[*earlier].1 == *group) {
                prop_assert!(ends[earlier] <= ends[later], "{earlier} and {later}\n{report}");
            }
        }
    }

    #[test]
    fn each_change_is_processed_or_discarded_in_order(
        sent in sent(),
        batch_size in 1..=12_usize,
        window in 0..20_u64,
        max_retries in 0..4_u32,
        max_age in proptest::option::of(60..200_u64),
        bisects: bool,
    ) {
        let jobs = Jobs::default();
        let work = jobs.clone();
        let follow = move |change: Change<Job>| {
            let jobs = work.clone();
            async move {
                match change {
                    Change::Insert { new, .. } => jobs.run(new).await,
                    other => Err(Error::msg(format!("{other:?}"))),
                }
            }
        };
        let mut run = simulate::dynamodb(dynamodb(follow).harness())
            .batch_size(batch_size)
            .batching_window(Duration::from_secs(window))
            .max_retries(max_retries);
        if let Some(max_age) = max_age {
            run = run.max_record_age(Duration::from_secs(max_age));
        }
        if bisects {
            run = run.bisect_on_error();
        }
        for (job, _, at) in &sent {
            run = run.records_at(*at, events::dynamodb().record(events::insert(job).sequence_number(&job.id)));
        }
        let report = paused(run.run());

        let ends = ends(&report)?;
        check_done(&report, &jobs)?;
        prop_assert!(ends.is_sorted(), "\n{report}");
        prop_assert!(jobs.done().is_sorted(), "{:?}\n{report}", jobs.done());
        for (record, (job, _, _)) in report.records().iter().zip(&sent) {
            prop_assert!(matches!(record.outcome(), RecordOutcome::Done | RecordOutcome::Discarded), "\n{report}");
            if bisects && max_age.is_none() && job.fails == 0 {
                prop_assert_eq!(record.outcome(), RecordOutcome::Done, "{}\n{}", record.id(), report);
            }
        }
    }
}
