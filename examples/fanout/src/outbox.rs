//! Outgoing mail, in memory: it is lost when the execution environment ends. A real function would use a mail service,
//! and a table of sent emails.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Client of the mail service; clones share it.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Mutex<Mail>>);

/// Result of [`Outbox::send`].
pub(crate) enum Send {
    Sent,
    SentBefore,
    MailboxFull,
    InvalidAddress,
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

    /// Sends an email, unless one with this id has been sent before.
    pub(crate) async fn send(&self, id: &str, to: &str, subject: &str) -> Send {
        if !to.contains('@') {
            return Send::InvalidAddress;
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
