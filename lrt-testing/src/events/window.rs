//! Tumbling windows.

use crate::EventError;
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) state: Result<Value, EventError>,
    pub(super) times: [String; 2],
    pub(super) shard_id: String,
    pub(super) is_final: bool,
    pub(super) terminated_early: bool,
}

impl Default for Window {
    fn default() -> Window {
        Window {
            state: Ok(Map::new().into()),
            times: ["2026-01-01T00:00:00Z".to_owned(), "2026-01-01T00:05:00Z".to_owned()],
            shard_id: "shardId-00000000000000000001-00000001".to_owned(),
            is_final: false,
            terminated_early: false,
        }
    }
}

impl Window {
    pub(super) fn to_json<'a>(&'a self, arn: &'a str) -> Result<WindowJson<'a>, EventError> {
        let [start, end] = &self.times;
        Ok(WindowJson {
            window: WindowTimesJson { start, end },
            state: self.state.as_ref().map_err(EventError::clone)?,
            shard_id: &self.shard_id,
            arn,
            is_final_invoke_for_window: self.is_final,
            is_window_terminated_early: self.terminated_early,
        })
    }
}

/// The members that an event with a window has in addition to its records.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WindowJson<'a> {
    window: WindowTimesJson<'a>,
    state: &'a Value,
    shard_id: &'a str,
    #[serde(rename = "eventSourceARN")]
    arn: &'a str,
    is_final_invoke_for_window: bool,
    is_window_terminated_early: bool,
}

#[derive(Serialize)]
struct WindowTimesJson<'a> {
    start: &'a str,
    end: &'a str,
}
