//! The server's clock.

use crate::domain::Timestamp;

/// Now, by this machine.
pub(super) fn now() -> Timestamp {
    chrono::Utc::now().into()
}
