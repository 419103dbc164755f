//! Mail that goes out. This is memory, so it lasts as long as one execution environment: a mail service belongs here, and
//! a table of what was sent.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// A connection to the mail service; its clones are connections to the same.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Mutex<Mail>>);

/// What came of [`Outbox::send`].
pub(crate) enum Send {
    Sent,
    SentBefore,
    MailboxFull,
    NoAddress,
}

#[derive(Default)]
struct Mail {
    ids: HashSet<String>,
    sent: Vec<String>,
}

impl Outbox {
    pub(crate) fn new() -> Outbox {
        Outbox(Arc::default())
    }

    /// Sends a mail, unless one of this id was sent before.
    pub(crate) async fn send(&self, id: &str, to: &str, subject: &str) -> Send {
        if !to.contains('@') {
            return Send::NoAddress;
        }
        if to.starts_with("full@") {
            return Send::MailboxFull;
        }
        let mut mail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !mail.ids.insert(id.to_owned()) {
            return Send::SentBefore;
        }
        mail.sent.push(format!("{to}: {subject}"));
        Send::Sent
    }

    #[cfg(test)]
    pub(crate) fn sent(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sent.clone()
    }
}
