//! The words of a command that people choose freely, so that one look sees all of them before they are recorded.

use crate::domain::Command;

impl Command {
    /// Each free text of this wish with the name of what it is: `text`, `title`, `reason`. Names of people, roles and dimensions are none, nor is a
    /// briefing, which is made of what is recorded already, nor are settings, which are files.
    pub fn texts_mut(&mut self) -> Vec<(&'static str, &mut String)> {
        match self {
            Self::Declare { title, summary, services, .. } => {
                let services = services.iter_mut().map(|service| ("service", service));
                [("title", title), ("summary", summary)].into_iter().chain(services).collect()
            }
            Self::Edit { title, summary, services } => {
                let services = services.iter_mut().flatten().map(|service| ("service", service));
                let title = title.iter_mut().map(|title| ("title", title));
                title.chain(summary.iter_mut().map(|summary| ("summary", summary))).chain(services).collect()
            }
            Self::AddEntry(entry) => {
                let components = entry.components.iter_mut().map(|component| ("component", component));
                let audience = entry.audience.iter_mut().map(|audience| ("audience", audience));
                [("text", &mut entry.text)].into_iter().chain(audience).chain(components).collect()
            }
            Self::AmendEntry { text, audience, reason, .. } => {
                let audience = audience.iter_mut().map(|audience| ("audience", audience));
                text.iter_mut().map(|text| ("text", text)).chain(audience).chain([("reason", reason)]).collect()
            }
            Self::GiveTask { text, .. } => vec![("text", text)],
            Self::FinishTask { result, .. } => vec![("result", result)],
            Self::SetStatus { reason, .. }
            | Self::SetSeverity { reason, .. }
            | Self::Assess { reason, .. }
            | Self::OverridePriority { reason, .. }
            | Self::TakeCommand { reason }
            | Self::DeclineCommand { reason }
            | Self::WithdrawTask { reason, .. }
            | Self::StrikeEntry { reason, .. }
            | Self::RedactEntry { reason, .. }
            | Self::Redact { reason, .. }
            | Self::Restrict { reason, .. }
            | Self::LiftRestriction { reason } => vec![("reason", reason)],
            Self::Together(commands) => commands.iter_mut().flat_map(Self::texts_mut).collect(),
            Self::AssignRole { .. }
            | Self::ReleaseRole { .. }
            | Self::AcknowledgeRole { .. }
            | Self::OfferCommand { .. }
            | Self::AcceptCommand
            | Self::WithdrawOffer
            | Self::UnderstandTask { .. }
            | Self::MoveEntry { .. }
            | Self::Merge { .. }
            | Self::Split
            | Self::TakeBack { .. }
            | Self::PublishSettings { .. } => Vec::new(),
        }
    }
}
